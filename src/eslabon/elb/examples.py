"""What the examples of these modules share: a shop behind a Classic Load Balancer. Nothing else uses it."""

from __future__ import annotations

from typing import Any, NamedTuple

from eslabon import Cloud
from eslabon.elbv2.resources import LoadBalancer


class Example(NamedTuple):
    """A Classic Load Balancer shop in two zones, its listener of port 80, and an instance on which nothing listens."""

    cloud: Cloud
    elb: Any  # the client
    service: Any  # what answers it
    subnets: list[str]  # the ids of the default subnets, of three zones; the balancer is in the first two
    balancer: LoadBalancer
    instance: str  # its id


def example(protocol: str = "HTTP") -> Example:
    """The shop, just made.

    >>> shop = example()
    >>> shop.balancer.name, shop.instance[:2]
    ('shop', 'i-')
    """
    cloud = Cloud()
    elb, ec2 = cloud.client("elb"), cloud.client("ec2")
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: str(one["AvailabilityZone"]))
    ids = [subnet["SubnetId"] for subnet in subnets]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": ids[0]}
    instance = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    listener = {"Protocol": protocol, "LoadBalancerPort": 80, "InstancePort": 80}
    elb.create_load_balancer(LoadBalancerName="shop", Listeners=[listener], Subnets=ids[:2])
    elb.register_instances_with_load_balancer(LoadBalancerName="shop", Instances=[{"InstanceId": instance}])
    service: Any = cloud.service("elb")
    return Example(cloud, elb, service, ids, service.classics["shop"].balancer, instance)
