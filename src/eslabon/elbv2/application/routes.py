"""Where requests to a node go, as far as settings and health decide it; what a request itself decides is left out.

Whoever knows when something has changed keeps what was worked out until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eslabon.elbv2.balancing.choosing import Chooser
from eslabon.elbv2.balancing.stickiness import Stickiness, stickiness
from eslabon.elbv2.balancing.zones import crosses_zones, eligible, minimum
from eslabon.elbv2.resources import LAMBDA, LoadBalancer, Node, Target, TargetGroup


@dataclass(slots=True)
class Route:
    """A target group as a node sees it; cause: why it gets no request, a key of answers.CAUSES."""

    group: TargetGroup
    function: bool
    chooser: Chooser
    targets: Sequence[Target] = ()
    fail_open: bool = False
    sticky: Stickiness | None = None
    cause: str = ""


@dataclass(slots=True)
class Way:
    """What a rule forwards to; route: None when chance or cookies decide between target groups."""

    groups: Sequence[Mapping[str, Any]]  # as the API has them
    sticky_group: Mapping[str, Any] | None  # TargetGroupStickinessConfig
    route: Route | None = None


@dataclass(slots=True, eq=False)
class Plan:
    """A listener at a node; ways: of the rules that have won so far, by ARN."""

    desync_mode: str
    tells_tls: bool
    set_headers: Mapping[str, str]  # of responses, by name
    ways: dict[str, Way] = field(default_factory=dict)


def route_to(balancer: LoadBalancer, node: Node, group: TargetGroup, chooser: Chooser, *, weighted: bool) -> Route:
    """How a node of a balancer uses a target group; weighted: it is one of several of a forward action.

    >>> from eslabon.elbv2.application.examples import balancer
    >>> shop, exchanges = balancer(targets=["172.31.0.10", "172.31.16.10"])
    >>> group, node = exchanges.groups["group"], shop.nodes[0]
    >>> chooser = exchanges.chooser(group, node.zone)
    >>> [target.id for target in route_to(shop, node, group, chooser, weighted=False).targets]
    ['172.31.0.10', '172.31.16.10']
    >>> group.targets.clear()
    >>> route_to(shop, node, group, chooser, weighted=False).cause
    'no targets'
    """
    found = Route(group, group.type == LAMBDA, chooser)
    if group.protocol_version not in (None, "HTTP1"):
        found.cause = "protocol version"
        return found
    cross_zone = crosses_zones(balancer.attributes, group.attributes)
    settings = minimum(group.attributes, "unhealthy_state_routing")
    found.targets, found.fail_open = eligible(node.zone, group.targets.values(), cross_zone, settings)
    found.sticky = stickiness(group.arn, group.attributes, weighted=weighted)
    if not found.targets:
        found.cause = "no targets"
    return found
