"""Which target a flow through a Network Load Balancer gets, and why, for people; no flow begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.application.outcome import named
from eslabon.elbv2.flows.flows import Flow, Flows
from eslabon.elbv2.flows.hashing import FIELDS, Packet
from eslabon.elbv2.flows.settings import address_seen
from eslabon.elbv2.resources import NETWORK, Listener, LoadBalancer, TargetGroup
from eslabon.elbv2.telling import Explained, obstacles, tell_targets, ways
from eslabon.ids import Arn
from eslabon.network import CLIENT

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

_NOBODY = {"tcp": "the connection is reset", "udp": "the datagram is dropped"}
_WORDS = {
    "protocol": "protocol",
    "source": "source address",
    "source_port": "source port",
    "destination": "destination address",
    "destination_port": "destination port",
    "sequence": "TCP sequence number",
}


def explain_flow(
    cloud: Cloud,
    listener_arn: str,
    *,
    client: str = CLIENT,
    client_port: int | None = None,
    protocol: str | None = None,
) -> Explained:
    """Explain which targets a flow may get from a Network Load Balancer's listener, what chooses one, and what it sees.

    client, client_port: where it comes from; without a port, what depends on it stays open. protocol: TCP or UDP, if
    the listener hears both. Raises ServiceError for a listener that does not exist, ValueError for another balancer's.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html

    >>> from eslabon.elbv2.flows.examples import echo
    >>> cloud, name = echo("UDP")
    >>> [balancer] = cloud.service("elbv2").balancers.values()
    >>> print(explain_flow(cloud, next(iter(balancer.listeners)), client_port=50_000))
    It forwards to the target group echo.
    10.0.0.5:80 is healthy.
    From the node in us-east-1a: 10.0.0.5:80 may get it.
    A hash chooses, of protocol, source address, source port, destination address and destination port.
    From the node in us-east-1a: it chooses 10.0.0.5:80.
    The target sees the client's address, 203.0.113.7.
    A flow is over when nothing has come for 120 seconds.
    """
    place = Arn.parse(listener_arn)
    service: Any = cloud.service("elbv2", region=place.region, account=place.account)
    listener: Listener = service._listener(listener_arn)
    balancer: LoadBalancer = service.balancers[listener.balancer]
    if balancer.type != NETWORK:
        raise ValueError(f"{listener_arn} is no listener of a Network Load Balancer: it takes no flows")
    kind = "udp" if (protocol or listener.protocol) == "UDP" else "tcp"
    told = Explained(list(obstacles(service, balancer, listener, client, kind)))
    flows = listener.flows or Flows(balancer, listener, service.groups)
    known = _known(flows, kind, client, client_port, service.clock.now)
    if known is not None:
        told.sentences.append(f"The flow is known: it stays with {named(known.target)}.")
        told.targets.append(known.target.key)
        return told
    if listener.decision is not None:
        decided = listener.decision.explain(Request("", "", client=client))
        told.rule = decided.won
        told.sentences += decided.sentences() if listener.rules else []
    weights, sticky = flows.forwarding(client)
    for arn, weight in weights.items():
        group = service.groups[arn]
        service.settle(group)
        share = "" if len(weights) == 1 else f" {weight} of {sum(weights.values())} flows"
        told.sentences.append(f"It forwards{share} to the target group {group.name}.")
        if weight:
            tell_targets(told, service, balancer, group, _NOBODY[kind])
            told.sentences += _choice(flows, group, kind, client, client_port)
    if sticky:
        told.sentences.append("A client's address stays with the target group that it has had.")
    idle = flows.idle_seconds(kind)
    told.sentences.append(f"A flow is over when nothing has come for {idle:.0f} seconds.")
    return told


def _known(flows: Flows, kind: str, client: str, port: int | None, now: float) -> Flow | None:
    for node in flows.balancer.nodes if port else ():
        packet = Packet(kind, client, port or 0, node.own(ipv6=":" in client), flows.listener.port or 0)
        flow = flows.table.get(flows.key(packet))
        if flow is not None and not flows.is_over(flow, now):
            return flow
    return None


def _choice(flows: Flows, group: TargetGroup, kind: str, client: str, port: int | None) -> Iterator[str]:
    """What chooses among the targets of a group, and which one where that is certain; what address the target sees."""
    listener, balancer = flows.listener, flows.balancer
    fields = [_WORDS[name] for name in FIELDS[kind]]
    sticky = flows.is_sticky(group)
    if sticky:
        yield "The group is sticky: the client's address alone chooses."
    else:
        yield f"A hash chooses, of {', '.join(fields[:-1])} and {fields[-1]}."
    seen = set()
    for node, where, (targets, _) in ways(balancer, group):
        packet = Packet(kind, client, port or 0, node.own(ipv6=":" in client), listener.port or 0)
        if not targets:
            continue
        seen.add(address_seen(group, client, node.own(ipv6=group.address_type == "ipv6")))
        if sticky or (kind == "udp" and port):
            yield f"{where}it chooses {named(flows.choose(packet, group, targets))}."
        elif len(targets) > 1:
            yield f"{where}each of them is as likely: {_open(kind)}."
    if seen == {client}:
        yield f"The target sees the client's address, {client}."
    elif seen and kind == "udp" and balancer.prefixed and group.address_type == "ipv6":
        yield "The target sees an address of the node's IPv6 prefix for source NAT."
    elif seen:
        yield "The target sees the address of the node."


def _open(kind: str) -> str:
    return "the client's port is not known" if kind == "udp" else "the sequence number is another one each time"
