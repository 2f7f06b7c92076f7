"""Targets for the examples of these modules."""

from __future__ import annotations

from eslabon.elbv2.balancing.health import HEALTHY, Health, State
from eslabon.elbv2.resources import HealthCheck, Target, TargetGroup

CHECK = HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, healthy=5, unhealthy=2, matcher="200")


def targets(count: int, *zones: str | None, state: State = "healthy", first: int = 0) -> list[Target]:
    """Targets i-0, i-1, … (or from another number on) on port 80, in these zones by turns.

    >>> [(target.id, target.zone) for target in targets(3, "us-east-1a", "us-east-1b")]
    [('i-0', 'us-east-1a'), ('i-1', 'us-east-1b'), ('i-2', 'us-east-1a')]
    >>> targets(0), targets(1, first=7)[0].id
    ([], 'i-7')
    """
    zones = zones or ("us-east-1a",)
    return [
        Target(f"i-{first + number}", 80, zones[number % len(zones)], 0.0, Health(CHECK, state, HEALTHY))
        for number in range(count)
    ]


def group(members: list[Target], **attributes: str) -> TargetGroup:
    """A target group orders with these targets and attributes; __ in an attribute's name stands for a dot.

    >>> made = group(targets(2, "us-east-1a"), load_balancing__cross_zone__enabled="false")
    >>> made.attributes, len(made.targets)
    ({'load_balancing.cross_zone.enabled': 'false'}, 2)
    """
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/orders/0123456789abcdef"
    given = {key.replace("__", "."): value for key, value in attributes.items()}
    held = {target.key: target for target in members}
    return TargetGroup("orders", arn, "instance", "HTTP", "HTTP1", 80, "vpc-0", "ipv4", CHECK, given, held)
