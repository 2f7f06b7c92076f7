"""Where requests to a node go, as far as settings and health decide it; what a request itself decides is left out.

Whoever knows when something has changed keeps what was worked out until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eslabon.elbv2.application.headers import set_by
from eslabon.elbv2.balancing.choosing import Chooser, chooser_for
from eslabon.elbv2.balancing.stickiness import Stickiness, stickiness
from eslabon.elbv2.balancing.zones import usable
from eslabon.elbv2.resources import LAMBDA, Listener, LoadBalancer, Node, Rule, Target, TargetGroup
from eslabon.ids import Ids

_ALGORITHM, _SLOW_START = "load_balancing.algorithm.type", "slow_start.duration_seconds"
_TLS_HEADERS = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"


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

    balancer: LoadBalancer
    node: Node
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
    found.targets, found.fail_open = usable(node.zone, balancer.attributes, group)
    found.sticky = stickiness(group.arn, group.attributes, weighted=weighted)
    if not found.targets:
        found.cause = "no targets"
    return found


class Plans:
    """What has been worked out of the settings of one account and Region; groups: the target groups by ARN.

    >>> from eslabon.elbv2.application.examples import balancer
    >>> isinstance(balancer()[1], Plans)
    True
    """

    def __init__(self, groups: Mapping[str, TargetGroup], ids: Ids) -> None:
        self.groups = groups
        self._ids = ids
        self._choosers: dict[tuple[str | None, ...], Chooser] = {}
        self._plans: dict[tuple[str, str], Plan] = {}  # by the listener's ARN and the node's zone

    def forget(self) -> None:
        """Something may have changed: settings, rules, targets or their health.

        >>> from eslabon.elbv2.application.examples import balancer
        >>> balancer()[1].forget()
        """
        self._plans.clear()

    def chooser(self, group: TargetGroup, zone: str) -> Chooser:
        """What takes turns among a group's targets at the node of a zone; another one when the algorithm changes.

        >>> from eslabon.elbv2.application.examples import balancer
        >>> _, plans = balancer()
        >>> group = plans.groups["group"]
        >>> plans.chooser(group, "us-east-1a") is plans.chooser(group, "us-east-1a")
        True
        >>> plans.chooser(group, "us-east-1a") is plans.chooser(group, "us-east-1b")
        False
        """
        key = (group.arn, zone, group.attributes.get(_ALGORITHM), group.attributes.get(_SLOW_START))
        found = self._choosers.get(key)
        if found is None:
            found = self._choosers[key] = chooser_for(group.attributes, self._ids.random)
        return found

    def _plan(self, balancer: LoadBalancer, listener: Listener, node: Node) -> Plan:
        mode = balancer.attributes.get("routing.http.desync_mitigation_mode", "defensive")
        tells_tls = balancer.attributes.get(_TLS_HEADERS) == "true"
        plan = Plan(balancer, node, mode, tells_tls, set_by(listener.attributes))
        self._plans[listener.arn, node.zone] = plan
        return plan

    def _way(self, plan: Plan, rule: Rule) -> Way:
        config = rule.actions[-1]["ForwardConfig"]
        groups = config["TargetGroups"]
        way = plan.ways[rule.arn] = Way(groups, config.get("TargetGroupStickinessConfig"))
        if len(groups) == 1 and groups[0].get("Weight", 1):
            way.route = self._route(plan, groups[0]["TargetGroupArn"], weighted=False)
        return way

    def _route(self, plan: Plan, arn: str, *, weighted: bool) -> Route:
        group = self.groups[arn]
        chooser = self.chooser(group, plan.node.zone)
        return route_to(plan.balancer, plan.node, group, chooser, weighted=weighted)
