"""What the examples of these modules share: a shop behind a balancer. The implementation itself does not use it."""

from __future__ import annotations

from typing import Any, NamedTuple

from eslabon import Cloud
from eslabon.elbv2.resources import Listener, LoadBalancer, TargetGroup


class Example(NamedTuple):
    """An Application Load Balancer shop in two zones, its listener of port 80, and a target group shop behind it."""

    cloud: Cloud
    elbv2: Any  # the client
    service: Any  # what answers it
    subnets: list[str]  # the ids of the default subnets, of three zones; the balancer is in the first two
    balancer: LoadBalancer
    group: TargetGroup
    listener: Listener


def example() -> Example:
    """The shop; its only target is the address 172.31.0.10.

    >>> shop = example()
    >>> shop.balancer.dns_name.endswith(".us-east-1.elb.amazonaws.com"), list(shop.group.targets)
    (True, [('172.31.0.10', 80)])
    """
    cloud = Cloud()
    elbv2 = cloud.client("elbv2")
    subnets = sorted(cloud.call("ec2", "describe_subnets", {})["Subnets"], key=lambda one: str(one["AvailabilityZone"]))
    ids = [subnet["SubnetId"] for subnet in subnets]
    balancer = elbv2.create_load_balancer(Name="shop", Subnets=ids[:2])["LoadBalancers"][0]["LoadBalancerArn"]
    made = elbv2.create_target_group(Name="shop", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"], TargetType="ip")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.10"}])
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    service: Any = cloud.service("elbv2")
    kept = service.balancers[balancer]
    listener = next(iter(kept.listeners.values()))
    return Example(cloud, elbv2, service, ids, kept, service.groups[group], listener)
