"""What explanations of requests and of flows share: who gets through to a listener, and how the targets are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from eslabon.elbv2.application.outcome import named
from eslabon.elbv2.balancing.zones import Eligible, crosses_zones, usable
from eslabon.elbv2.inprocess import InProcess
from eslabon.elbv2.resources import INSTANCE, Key, Listener, LoadBalancer, Node, Rule, TargetGroup
from eslabon.network import is_private


@dataclass
class Explained:
    """The sentences, the rule that decides (None: it does not come to that), and the targets that may get it.

    targets: ids and ports. str() is the text for people.
    """

    sentences: list[str]
    rule: Rule | None = None
    targets: list[Key] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def obstacles(
    service: InProcess, balancer: LoadBalancer, listener: Listener, client: str, protocol: str = "tcp"
) -> Iterator[str]:
    """Why a client does not even get through to the listener.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> list(obstacles(shop.service, shop.balancer, shop.listener, "203.0.113.7"))
    ['The balancer is still being provisioned: its name leads nowhere yet.']
    """
    if service.clock.now < balancer.active:
        yield "The balancer is still being provisioned: its name leads nowhere yet."
    elif balancer.scheme == "internal" and not is_private(client):
        yield f"{client} does not get through: the balancer is internal, reached from its VPC alone."
    elif ":" in client and balancer.address_type == "ipv4":
        yield f"{client} does not get through: the balancer has no IPv6 addresses."
    elif ":" not in client and balancer.scheme == "internet-facing" and not balancer.nodes[0].public:
        yield f"{client} does not get through: the balancer has no public IPv4 addresses."
    elif ":" in client and not service._ec2.ipv6_route and not service._ec2.in_vpc(client):
        yield f"{client} does not get through: the VPC's route table has no route for ::/0 to the internet gateway."
    elif not service.client_seen(balancer, balancer.nodes[0], client, listener.port or 0, protocol):
        yield f"{client} does not get through: no security group of the balancer lets it in on port {listener.port}."


def ways(balancer: LoadBalancer, group: TargetGroup) -> Iterator[tuple[Node, str, Eligible]]:
    """Which targets each node would use, and how that sentence begins; when they cross zones, all use the same ones.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> [(where, len(found.targets)) for _, where, found in ways(shop.balancer, shop.group)]
    [('', 1)]
    """
    cross_zone = crosses_zones(balancer.attributes, group.attributes)
    for node in balancer.nodes[:1] if cross_zone else balancer.nodes:
        where = "" if cross_zone else f"From the node in {node.zone}: "
        yield node, where, usable(node.zone, balancer.attributes, group)


def tell_targets(told: Explained, service: InProcess, balancer: LoadBalancer, group: TargetGroup, nobody: str) -> None:
    """Add how each target is, and which ones may get it; nobody: what happens when there is none.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop, told = example(), Explained([])
    >>> tell_targets(told, shop.service, shop.balancer, shop.group, "503")
    >>> told.sentences[-1]
    'Too few are healthy, so the balancer fails open: 172.31.0.10:80 may get it.'
    """
    for target in group.targets.values():
        why = f": {target.health.description}" if target.health.description else ""
        told.sentences.append(f"{named(target)} is {target.health.state}{why}.")
        instance = service._ec2.instances.get(target.id) if group.type == INSTANCE else None
        if instance and service.cloud.network.at(instance.address, target.port or 80) is None:
            told.sentences.append(f"In {target.id} {instance.listening}.")
    for _, where, (targets, fail_open) in ways(balancer, group):
        told.targets += [target.key for target in targets if target.key not in told.targets]
        names = ", ".join(map(named, targets))
        if not targets:
            told.sentences.append(f"{where}Nobody can get it: {nobody}.")
        elif fail_open:
            told.sentences.append(f"{where}Too few are healthy, so the balancer fails open: {names} may get it.")
        else:
            told.sentences.append(f"{where}{names} may get it.")
