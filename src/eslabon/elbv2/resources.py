"""What exists in Elastic Load Balancing: balancers, listeners, rules, target groups and targets, as plain data.

How they come to be is in `operations`, what they do in `rules`, `balancing`, `application` and `flows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eslabon.elbv2.balancing.health import Health
    from eslabon.elbv2.flows.flows import Flows
    from eslabon.elbv2.rules.decision import Decision

APPLICATION, NETWORK, GATEWAY = "application", "network", "gateway"
INSTANCE, IP, LAMBDA, ALB = "instance", "ip", "lambda", "alb"

Key = tuple[str, int | None]  # of a target in its group: the id and the port


@dataclass(slots=True)
class Node:
    """What a balancer is in one Availability Zone: a node with its addresses."""

    zone: str  # us-east-1a
    subnet: str
    address: str  # the private IPv4 address
    public: str | None = None  # the public one, when the balancer is internet-facing
    ipv6: str | None = None  # when it is dual-stack
    prefix: str | None = None  # 2001:db8:0:1:5::/80, for source NAT

    def own(self, *, ipv6: bool) -> str:
        """The address from which the node sends over IPv4, or IPv6; "" when it has none.

        >>> Node("us-east-1a", "subnet-1", "172.31.0.9").own(ipv6=False)
        '172.31.0.9'
        >>> Node("us-east-1a", "subnet-1", "172.31.0.9").own(ipv6=True)
        ''
        """
        return (self.ipv6 or "") if ipv6 else self.address


@dataclass(slots=True)
class HealthCheck:
    """The settings of a target group's health checks; seconds and counts."""

    enabled: bool
    protocol: str
    port: str  # a number, or traffic-port
    path: str | None
    interval: int
    timeout: int
    healthy: int  # passes in a row
    unhealthy: int  # failures in a row
    matcher: str | None  # 200, 200-299, 200,302


@dataclass(slots=True)
class Target:
    """One registration: where requests may go."""

    id: str  # an instance's id, an address, the ARN of a function or of a balancer
    port: int | None
    zone: str | None  # of an instance, of an address in the VPC, or "all"
    registered: float
    health: Health
    deregistered: float | None = None  # since when it drains

    @property
    def key(self) -> Key:
        """A target group holds a target once a port."""
        return self.id, self.port


@dataclass(slots=True)
class TargetGroup:
    """Targets of one type, with their health check."""

    name: str
    arn: str
    type: str
    protocol: str | None
    protocol_version: str | None
    port: int | None
    vpc: str | None
    address_type: str
    check: HealthCheck
    attributes: dict[str, str]
    targets: dict[Key, Target] = field(default_factory=dict)

    @property
    def multi_value(self) -> bool:
        """Whether a function gets, and gives, all values of a header or query parameter."""
        return self.attributes.get("lambda.multi_value_headers.enabled") == "true"


@dataclass(slots=True)
class Rule:
    """What a listener does with the requests that meet all conditions; priority None: the default rule, without any."""

    arn: str
    priority: int | None
    conditions: Sequence[Mapping[str, Any]]  # as the API has them
    actions: Sequence[Mapping[str, Any]]
    transforms: Sequence[Mapping[str, Any]] = ()


@dataclass(slots=True)
class Listener:
    """A port of a balancer, and the rules for what arrives there."""

    arn: str
    balancer: str  # its ARN
    protocol: str | None
    port: int | None
    default: Rule
    rules: dict[str, Rule] = field(default_factory=dict)  # by ARN, without the default one
    certificates: list[str] = field(default_factory=list)  # ARNs, the default certificate first
    ssl_policy: str | None = None
    alpn: Sequence[str] = ()
    mutual: Mapping[str, Any] | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    decision: Decision | None = None  # the rules, compiled
    flows: Flows | None = None  # of a Network Load Balancer's listener, from its first one on


@dataclass(slots=True)
class LoadBalancer:
    """A balancer: one name, a node in every zone."""

    name: str
    arn: str
    type: str
    scheme: str | None
    dns_name: str | None
    vpc: str
    nodes: list[Node]
    security_groups: list[str]
    address_type: str
    created: float
    active: float  # from when on it is not provisioning any more
    attributes: dict[str, str]
    listeners: dict[str, Listener] = field(default_factory=dict)  # by ARN
    extra: dict[str, Any] = field(default_factory=dict)  # members that are shown as they were given

    @property
    def prefixed(self) -> bool:
        """Whether its nodes use IPv6 prefixes for source NAT."""
        return any(node.prefix for node in self.nodes)

    def node_in(self, zone: str | None) -> Node:
        """The node in a zone; where there is none, as for targets of all zones, the first.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example().balancer
        >>> shop.node_in("us-east-1b").zone, shop.node_in("all").zone
        ('us-east-1b', 'us-east-1a')
        """
        return next((node for node in self.nodes if node.zone == zone), self.nodes[0])
