"""A balancer's nodes, one a zone: which targets each may use, and which nodes its name resolves to.

Zonal shift and DNS caches are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from eslabon.elbv2.resources import APPLICATION, Key, Target, TargetGroup

IN_SERVICE = frozenset({"healthy", "unavailable"})  # unavailable: nobody checks, so nobody finds it unhealthy
REGISTERED = IN_SERVICE | {"initial", "unhealthy", "unhealthy.draining"}  # what gets requests when a node fails open


@dataclass(frozen=True, slots=True)
class Minimum:
    """How many targets must be healthy, as a count and in percent; None: off.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#modify-target-group-health-settings

    >>> Minimum(1, 50).met(healthy=5, registered=10), Minimum(1, 50).met(4, 10), Minimum(None, None).met(0, 0)
    (True, False, True)
    """

    count: int | None = 1
    percentage: int | None = None

    def met(self, healthy: int, registered: int) -> bool:
        """Whether neither threshold is breached.

        >>> Minimum(3).met(healthy=2, registered=2), Minimum(None, 100).met(2, 2)
        (False, True)
        """
        if self.count is not None and healthy < self.count:
            return False
        return self.percentage is None or healthy * 100 >= self.percentage * registered


ONE = Minimum()  # unless the target group says otherwise


def minimum(attributes: Mapping[str, str], action: str) -> Minimum:
    """The minimum for an action in a target group's attributes: "dns_failover" or "unhealthy_state_routing".

    >>> minimum({}, "dns_failover")
    Minimum(count=1, percentage=None)
    >>> minimum({"target_group_health.dns_failover.minimum_healthy_targets.count": "off"}, "dns_failover")
    Minimum(count=None, percentage=None)
    """
    prefix = f"target_group_health.{action}.minimum_healthy_targets."
    return _minimum(attributes.get(prefix + "count", "1"), attributes.get(prefix + "percentage", "off"))


@lru_cache(maxsize=128)
def _minimum(count: str, percentage: str) -> Minimum:
    return Minimum(None if count == "off" else int(count), None if percentage == "off" else int(percentage))


def crosses_zones(balancer: Mapping[str, str], group: Mapping[str, str]) -> bool:
    """Whether nodes use the group's targets in other zones; the attribute of the group goes before the balancer's.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#target-group-cross-zone

    >>> on, off = {"load_balancing.cross_zone.enabled": "true"}, {"load_balancing.cross_zone.enabled": "false"}
    >>> crosses_zones(on, off), crosses_zones(off, on)
    (False, True)
    >>> crosses_zones(on, {"load_balancing.cross_zone.enabled": "use_load_balancer_configuration"})
    True
    """
    key, inherited = "load_balancing.cross_zone.enabled", "use_load_balancer_configuration"
    setting = group.get(key, inherited)
    return (balancer.get(key, "false") if setting == inherited else setting) == "true"


class Eligible(NamedTuple):
    """The targets that may get a request that came to a node, and whether that is because too few are healthy."""

    targets: Sequence[Target]
    fail_open: bool


def reachable(zone: str, targets: Iterable[Target], cross_zone: bool) -> list[Target]:
    """The targets that the node of a zone sends to, healthy or not.

    Those without a zone (functions, balancers) and those of all zones belong to every node.

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> of_two_zones = targets(3, "us-east-1a", "us-east-1b")
    >>> [target.id for target in reachable("us-east-1a", of_two_zones, cross_zone=False)]
    ['i-0', 'i-2']
    >>> len(reachable("us-east-1a", of_two_zones, cross_zone=True))
    3
    >>> len(reachable("us-east-1c", targets(2, None, "all"), cross_zone=False))
    2
    """
    return [
        target
        for target in targets
        if target.health.state in REGISTERED and (cross_zone or target.zone in (zone, "all", None))
    ]


def eligible(zone: str, targets: Iterable[Target], cross_zone: bool, settings: Minimum = ONE) -> Eligible:
    """The targets in service for the node of a zone; all that it reaches when fewer than the minimum are healthy.

    targets: of a target group. settings: its minimum for unhealthy_state_routing. No target at all: an empty sequence.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-health

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> ok, ill = targets(1), targets(2, state="unhealthy", first=1)
    >>> len(eligible("us-east-1a", ok + ill, cross_zone=True).targets)
    1
    >>> opened = eligible("us-east-1a", ill, cross_zone=True)
    >>> len(opened.targets), opened.fail_open
    (2, True)
    >>> eligible("us-east-1b", ok, cross_zone=False)
    Eligible(targets=[], fail_open=False)
    """
    found = reachable(zone, targets, cross_zone)
    healthy = [target for target in found if target.health.state in IN_SERVICE]
    if settings.met(len(healthy), len(found)):
        return Eligible(healthy, False)
    return Eligible(found, bool(found))


def usable(zone: str, balancer: Mapping[str, str], group: TargetGroup) -> Eligible:
    """The targets of a group that the node of a zone may use, as the attributes of the group and of the balancer say.

    >>> from eslabon.elbv2.balancing.examples import group, targets
    >>> orders = group(targets(2, "us-east-1a", "us-east-1b"))
    >>> len(usable("us-east-1a", {"load_balancing.cross_zone.enabled": "false"}, orders).targets)
    1
    """
    settings = minimum(group.attributes, "unhealthy_state_routing")
    return eligible(zone, group.targets.values(), crosses_zones(balancer, group.attributes), settings)


def resolved(
    zones: Sequence[str], groups: Iterable[TargetGroup], attributes: Mapping[str, str], type: str = APPLICATION
) -> list[str]:
    """The zones whose nodes are in DNS: where every target group has its minimum for dns_failover; all when none is.

    groups: that the balancer's rules forward to. attributes, type: of the balancer. A zone without any target of
    a group stays in the DNS of an Application Load Balancer, and not in that of the others.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-health

    >>> from eslabon.elbv2.balancing.examples import group, targets
    >>> half = group(targets(1, "us-east-1a") + targets(1, "us-east-1b", state="unhealthy", first=1))
    >>> resolved(["us-east-1a", "us-east-1b"], [half], {"load_balancing.cross_zone.enabled": "false"})
    ['us-east-1a']
    >>> resolved(["us-east-1a", "us-east-1b"], [half], {"load_balancing.cross_zone.enabled": "true"})
    ['us-east-1a', 'us-east-1b']
    >>> resolved(["us-east-1b"], [half], {"load_balancing.cross_zone.enabled": "false"})
    ['us-east-1b']
    """
    groups = list(groups)
    healthy = [zone for zone in zones if all(_has_enough(zone, group, attributes, type) for group in groups)]
    return healthy or list(zones)


def _has_enough(zone: str, group: TargetGroup, attributes: Mapping[str, str], type: str) -> bool:
    found = reachable(zone, group.targets.values(), crosses_zones(attributes, group.attributes))
    if not found:
        return type == APPLICATION
    healthy = sum(target.health.state in IN_SERVICE for target in found)
    return minimum(group.attributes, "dns_failover").met(healthy, len(found))


def shares(
    zones: Sequence[str],
    targets: Sequence[Target],
    cross_zone: bool,
    settings: Minimum = ONE,
) -> dict[str, dict[Key, Fraction]]:
    """What part of all requests each node sends to each of a group's targets, when clients use all nodes alike.

    zones: of the nodes in DNS. Exact fractions; they add up to 1 unless a node has no target.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html#cross-zone-load-balancing

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> three = targets(3, "us-east-1a", "us-east-1b")
    >>> for zone, parts in shares(["us-east-1a", "us-east-1b"], three, cross_zone=False).items():
    ...     print(zone, {id: str(part) for (id, _), part in parts.items()})
    us-east-1a {'i-0': '1/4', 'i-2': '1/4'}
    us-east-1b {'i-1': '1/2'}
    >>> shares(["us-east-1a"], [], cross_zone=True)
    {'us-east-1a': {}}
    """
    found = {zone: eligible(zone, targets, cross_zone, settings).targets for zone in zones}
    return {
        zone: {target.key: Fraction(1, len(zones) * len(chosen)) for target in chosen} for zone, chosen in found.items()
    }
