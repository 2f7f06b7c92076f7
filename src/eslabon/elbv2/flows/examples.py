"""Listeners for the examples of these modules, and for tests. The implementation itself does not use them."""

from __future__ import annotations

from typing import Any

from eslabon import Cloud
from eslabon.elbv2.balancing.examples import group, targets
from eslabon.elbv2.flows.client import BytesServer
from eslabon.elbv2.flows.flows import Flows
from eslabon.elbv2.flows.gateway import GatewayFlows
from eslabon.elbv2.resources import GATEWAY, NETWORK, Listener, LoadBalancer, Rule
from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY


def network(count: int, protocol: str | None = "TCP", **attributes: str) -> Flows:
    """No flows yet, of a listener that forwards to a target group with so many targets; __ in names stands for a dot.

    >>> flows = network(2)
    >>> len(flows.groups), flows.table
    (1, {})
    """
    orders = group(targets(count), **attributes)
    orders.protocol = protocol or "GENEVE"
    rule = Rule("rule", None, [], [{"Type": "forward", "TargetGroupArn": orders.arn}])
    listener = Listener("listener", "shop", protocol, 80 if protocol else None, rule)
    kind = NETWORK if protocol else GATEWAY
    balancer = LoadBalancer("shop", "shop", kind, None, None, "vpc-0", [], [], "ipv4", 0.0, 0.0, {})
    return (Flows if protocol else GatewayFlows)(balancer, listener, {orders.arn: orders})


def gateway(count: int, **attributes: str) -> Flows:
    """The same of a Gateway Load Balancer.

    >>> gateway(1).listener.protocol is None
    True
    """
    return network(count, None, **attributes)


def echo(protocol: str, scheme: str = "internet-facing") -> tuple[Cloud, str]:
    """A cloud with a Network Load Balancer, and its DNS name; its target 10.0.0.5 answers in capitals.

    >>> echo("UDP")[1].startswith("echo-")
    True
    """
    cloud = Cloud()
    elbv2, subnets = cloud.client("elbv2"), cloud.client("ec2").describe_subnets()["Subnets"]
    subnet, vpc = min((one["AvailabilityZone"], one["SubnetId"]) for one in subnets)[1], subnets[0]["VpcId"]
    made = elbv2.create_load_balancer(Name="echo", Type="network", Subnets=[subnet], Scheme=scheme)
    balancer = made["LoadBalancers"][0]
    more: dict[str, Any] = {}
    if protocol == "TLS":
        shown = cloud.client("acm").import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)
        more = {"Certificates": [{"CertificateArn": shown["CertificateArn"]}]}
    asked = {"Name": "echo", "Protocol": protocol, "Port": 80, "TargetType": "ip", "VpcId": vpc}
    arn = elbv2.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.5", "AvailabilityZone": "all"}])
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol=protocol, Port=80, DefaultActions=forward, **more
    )
    cloud.host("10.0.0.5", BytesServer(lambda data, client: data.upper()))
    cloud.clock.advance(300)
    return cloud, str(balancer["DNSName"])
