"""What the attributes of a target group say of flows: which address targets see, and when flows to them end."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Network

from eslabon.elbv2.attributes import of_group
from eslabon.elbv2.resources import ALB, Node, TargetGroup

# Attributes of a target group, any of which ends the flows to a target in trouble, and when it does not.
_ENDS: Mapping[str, Mapping[str, str]] = {
    "unhealthy": {
        "target_health_state.unhealthy.connection_termination.enabled": "false",
        "target_health_state.unhealthy.draining_interval_seconds": "0",  # it is over when the target is unhealthy
    },
    "deregistered": {"deregistration_delay.connection_termination.enabled": "false"},
}


def ends(group: TargetGroup, trouble: str) -> bool:
    """Whether what is wrong with a flow, a `Trouble`, ends it; of unhealthy and deregistered targets the group decides.

    >>> from eslabon.elbv2.flows.examples import network
    >>> [group] = network(1).groups.values()
    >>> ends(group, "unhealthy"), ends(group, "deregistered"), ends(group, "idle")
    (True, False, True)
    """
    return trouble not in _ENDS or any(setting(group, key) != off for key, off in _ENDS[trouble].items())


def setting(group: TargetGroup, key: str) -> str:
    """An attribute of a target group, or the default for its type and protocol; empty when it has no such attribute.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html

    >>> from eslabon.elbv2.flows.examples import network
    >>> [group] = network(1).groups.values()
    >>> setting(group, "proxy_protocol_v2.enabled"), setting(group, "slow_start.duration_seconds")
    ('false', '')
    """
    if key in group.attributes:
        return group.attributes[key]
    attribute = of_group(group.type, group.protocol).get(key)
    return (attribute.default if attribute else None) or ""


def is_proxied(group: TargetGroup) -> bool:
    """Whether a header of proxy protocol comes before what the targets of a group get.

    >>> from eslabon.elbv2.flows.examples import network
    >>> is_proxied(next(iter(network(1).groups.values())))
    False
    """
    return setting(group, "proxy_protocol_v2.enabled") == "true"


def node_address(node: Node, client: str, port: int, *, udp: bool, ipv6: bool) -> str:
    """The address from which a node sends for a client whose own is not kept; of its prefix over IPv6, for UDP.

    port: the client's. ipv6: how the target is reached. AWS does not say which address of the prefix: here each
    address and port of a client has one.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-network-load-balancer.html

    >>> node = Node("us-east-1a", "subnet-1", "172.31.0.9", ipv6="2001:db8::9", prefix="2001:db8:0:1:5::/80")
    >>> node_address(node, "203.0.113.7", 50_000, udp=True, ipv6=True)
    '2001:db8:0:1:5:cb00:7107:c350'
    >>> node_address(node, "203.0.113.7", 50_000, udp=False, ipv6=True)
    '2001:db8::9'
    """
    if udp and ipv6 and node.prefix and ":" not in client:
        return str(IPv6Network(node.prefix)[int(IPv4Address(client)) << 16 | port])
    return node.own(ipv6=ipv6)


def address_seen(group: TargetGroup, client: str, node: str, *, endpoint: bool = False) -> str:
    """The source address that a target sees: the client's, or the node's private one, of the group's kind of address.

    endpoint: whether the connection came through a VPC endpoint.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation

    >>> from eslabon.elbv2.flows.examples import network
    >>> [group] = network(1).groups.values()
    >>> address_seen(group, "203.0.113.7", "172.31.0.9"), address_seen(group, "2001:db8::7", "172.31.0.9")
    ('203.0.113.7', '172.31.0.9')
    >>> group.attributes["preserve_client_ip.enabled"] = "false"
    >>> address_seen(group, "203.0.113.7", "172.31.0.9")
    '172.31.0.9'
    """
    preserved = group.type == ALB or setting(group, "preserve_client_ip.enabled") == "true"
    converted = (":" in client) != (group.address_type == "ipv6")
    return client if preserved and not converted and not endpoint else node
