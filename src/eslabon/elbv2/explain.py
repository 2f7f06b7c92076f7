"""What a listener would do with a request, and why, for people; nothing is sent, and no turn is taken."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application.answers import CAUSES, refusal
from eslabon.elbv2.application.desync import classify, treatment
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.application.outcome import named
from eslabon.elbv2.balancing.choosing import Key
from eslabon.elbv2.balancing.zones import crosses_zones, eligible, minimum
from eslabon.elbv2.inprocess import InProcess
from eslabon.elbv2.resources import Listener, LoadBalancer, Rule, TargetGroup
from eslabon.elbv2.rules.actions import Action, FixedResponse, Redirect
from eslabon.ids import Arn
from eslabon.network import CLIENT, is_private

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

DESYNC = "routing.http.desync_mitigation_mode"


@dataclass
class Explained:
    """The sentences, the rule that decides (None: it does not come to that), and the targets that may get the request.

    targets: ids and ports. str() is the text for people.
    """

    sentences: list[str]
    rule: Rule | None = None
    targets: list[Key] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def explain(
    cloud: Cloud,
    listener_arn: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    client: str = CLIENT,
) -> Explained:
    """Explain which rule of an Application Load Balancer's listener decides on a request, and what may then get it.

    url: with the host name that the client uses, or a path alone. client: its address. Raises ServiceError for a
    listener that does not exist, ValueError for one that does not speak HTTP.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> print(explain(shop.cloud, shop.listener.arn, "http://shop.example.com/cart"))
    The balancer is still being provisioned: its name leads nowhere yet.
    The default rule decides: no other rule has all its conditions met.
    It forwards to the target group shop.
    172.31.0.10:80 is initial: Target registration is in progress.
    Too few are healthy, so the balancer fails open: 172.31.0.10:80 may get it.
    >>> explain(shop.cloud, shop.listener.arn, "/cart", method="TRACE").sentences[-1]
    'The balancer itself answers 405: the method is TRACE.'
    """
    place = Arn.parse(listener_arn)
    service: Any = cloud.service("elbv2", region=place.region, account=place.account)
    listener: Listener = service._listener(listener_arn)
    decision = listener.decision
    if listener.protocol not in ("HTTP", "HTTPS") or decision is None:
        raise ValueError(f"{listener_arn} is a listener of {listener.protocol}: it sees no requests, and has no rules")
    balancer: LoadBalancer = service.balancers[listener.balancer]
    request = _request(listener, balancer, url, method, headers or {}, client)
    told = Explained(list(_obstacles(service, balancer, listener, client)))
    tier, reason = classify(request)
    refused = refusal(request)
    if treatment(balancer.attributes.get(DESYNC, "defensive"), tier) == "blocked":
        told.sentences.append(f"The balancer itself answers 400: the request is {tier} ({reason}); {DESYNC} blocks it.")
    elif refused:
        told.sentences.append(f"The balancer itself answers {CAUSES[refused].status}: {CAUSES[refused].when}.")
    else:
        decided = decision.explain(request)
        told.rule = decided.won
        told.sentences += decided.sentences()
        _tell_action(told, service, balancer, decision.action(decided.won), request)
    return told


def _request(
    listener: Listener, balancer: LoadBalancer, url: str, method: str, headers: Mapping[str, str], client: str
) -> Request:
    parts = urllib.parse.urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = {} if any(name.lower() == "host" for name in headers) else {"Host": parts.netloc or balancer.dns_name or ""}
    scheme = (listener.protocol or "HTTP").lower()
    return Request(
        method, target, (*host.items(), *headers.items()), b"", client, scheme=scheme, port=listener.port or 0
    )


def _obstacles(service: InProcess, balancer: LoadBalancer, listener: Listener, client: str) -> Iterator[str]:
    """Why the client does not even get through to the listener."""
    if service.clock.now < balancer.active:
        yield "The balancer is still being provisioned: its name leads nowhere yet."
    elif balancer.scheme == "internal" and not is_private(client):
        yield f"{client} does not get through: the balancer is internal, reached from its VPC alone."
    elif not service.client_seen(balancer.nodes[0], client, listener.port or 0):
        yield f"{client} does not get through: no security group of the balancer lets it in on port {listener.port}."


def _tell_action(told: Explained, service: InProcess, balancer: LoadBalancer, action: Action, request: Request) -> None:
    if isinstance(action, Redirect):
        told.sentences.append(f"It answers {action.status}: go to {action.location(request)}.")
    elif isinstance(action, FixedResponse):
        told.sentences.append(f"It answers {action.status}: its fixed response.")
    else:
        total = sum(weight for _, weight in action.groups)
        for arn, weight in action.groups:
            group = service.groups[arn]
            service.settle(group)
            share = "" if len(action.groups) == 1 else f" {weight} of {total} requests"
            told.sentences.append(f"It forwards{share} to the target group {group.name}.")
            if weight:
                _tell_targets(told, balancer, group)


def _tell_targets(told: Explained, balancer: LoadBalancer, group: TargetGroup) -> None:
    """How each target is, and which ones each node would use; when they cross zones, all nodes use the same ones."""
    for target in group.targets.values():
        why = f": {target.health.description}" if target.health.description else ""
        told.sentences.append(f"{named(target)} is {target.health.state}{why}.")
    cross_zone = crosses_zones(balancer.attributes, group.attributes)
    settings = minimum(group.attributes, "unhealthy_state_routing")
    for node in balancer.nodes[:1] if cross_zone else balancer.nodes:
        targets, fail_open = eligible(node.zone, group.targets.values(), cross_zone, settings)
        told.targets += [target.key for target in targets if target.key not in told.targets]
        where = "" if cross_zone else f"From the node in {node.zone}: "
        names = ", ".join(map(named, targets))
        if not targets:
            told.sentences.append(f"{where}Nobody can get it: 503, because {CAUSES['no targets'].when}.")
        elif fail_open:
            told.sentences.append(f"{where}Too few are healthy, so the balancer fails open: {names} may get it.")
        else:
            told.sentences.append(f"{where}{names} may get it.")
