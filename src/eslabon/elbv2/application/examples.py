"""A balancer without an API, for the examples of these modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.elbv2.application.exchange import Exchanges
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.balancing.examples import CHECK
from eslabon.elbv2.balancing.health import HEALTHY, Health
from eslabon.elbv2.resources import APPLICATION, Listener, LoadBalancer, Node, Rule, Target, TargetGroup
from eslabon.elbv2.rules.decision import compile_rules
from eslabon.ids import Ids

FORWARD = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "group", "Weight": 1}]}}


def balancer(
    actions: Sequence[Mapping[str, Any]] = (FORWARD,),
    *,
    rules: Sequence[Rule] = (),
    targets: Sequence[str] = ("172.31.0.10",),
    type: str = "ip",
    group: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | None = None,
    listener: Mapping[str, str] | None = None,
) -> tuple[LoadBalancer, Exchanges]:
    """An active Application Load Balancer in two zones with one listener, of port 80, and a target group behind it.

    actions, rules: the default rule's actions, and other rules. targets: ids, all healthy, of zones by turns. group,
    attributes, listener: attributes of the target group, of the balancer, of the listener.

    >>> shop, exchanges = balancer(targets=["172.31.0.10", "172.31.16.10"])
    >>> [node.zone for node in shop.nodes], [target.zone for target in exchanges.groups["group"].targets.values()]
    (['us-east-1a', 'us-east-1b'], ['us-east-1a', 'us-east-1b'])
    """
    nodes = [Node("us-east-1a", "subnet-a", "172.31.0.5"), Node("us-east-1b", "subnet-b", "172.31.16.5")]
    held = {}
    for number, name in enumerate(targets):
        zone = "all" if type == "lambda" else nodes[number % 2].zone
        target = Target(name, 80, zone, 0.0, Health(CHECK, "healthy", HEALTHY))
        held[target.key] = target
    made = TargetGroup("shop", "group", type, "HTTP", "HTTP1", 80, "vpc-0", "ipv4", CHECK, dict(group or {}), held)
    default = Rule("default", None, [], list(actions))
    on = Listener("listener", "shop", "HTTP", 80, default, {rule.arn: rule for rule in rules})
    on.attributes = dict(listener or {})
    on.decision = compile_rules(default, rules)
    whole = {"load_balancing.cross_zone.enabled": "true", **(attributes or {})}
    shop = LoadBalancer(
        "shop",
        "shop",
        APPLICATION,
        "internet-facing",
        "shop",
        "vpc-0",
        nodes,
        [],
        "ipv4",
        0.0,
        0.0,
        whole,
        {on.arn: on},
    )
    return shop, Exchanges({made.arn: made}, Ids(1))


def request(target: str = "/", *headers: tuple[str, str], method: str = "GET", body: bytes = b"") -> Request:
    """A request of 203.0.113.7 to shop.example.com.

    >>> request("/cart").authority
    'shop.example.com'
    """
    return Request(method, target, (("Host", "shop.example.com"), *headers), body)
