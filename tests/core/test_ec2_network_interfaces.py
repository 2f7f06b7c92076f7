"""Amazon EC2: the network interfaces of instances and of load balancers, as programs look for them."""

from __future__ import annotations

from typing import Any

import pytest

from eslabon import Cloud
from eslabon.elbv2.operations.examples import Example, example
from eslabon.errors import NotModelled
from tests.core.refusals import refused_code


@pytest.fixture
def shop() -> Example:
    return example()


@pytest.fixture
def ec2(shop: Example) -> Any:
    return shop.cloud.client("ec2")


def found(ec2: Any, **filters: str) -> list[dict[str, Any]]:
    wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    return list(ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"])


def test_a_load_balancer_has_an_interface_in_each_subnet_which_it_manages_itself(shop: Example, ec2: Any) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html"""
    name = f"ELB {shop.balancer.arn.partition('loadbalancer/')[2]}"
    interfaces = found(ec2, description=name)
    assert sorted(one["SubnetId"] for one in interfaces) == sorted(shop.subnets[:2])
    for one in interfaces:
        assert (one["RequesterId"], one["RequesterManaged"], one["InterfaceType"]) == ("amazon-elb", True, "interface")
        assert (one["Status"], one["Attachment"]["InstanceOwnerId"]) == ("in-use", "amazon-elb")
        assert "InstanceId" not in one["Attachment"]
    public = {one["Association"]["PublicIp"] for one in interfaces}
    assert public == {node.public for node in shop.balancer.nodes}


def test_the_interfaces_of_a_network_load_balancer_have_a_type_of_their_own(shop: Example, ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html"""
    shop.elbv2.create_load_balancer(Name="flows", Type="network", Scheme="internal", Subnets=shop.subnets[:1])
    [interface] = found(ec2, interface_type="network_load_balancer")
    assert interface["Description"].startswith("ELB net/flows/")
    assert "Association" not in interface, "an internal one has no public address"
    assert interface["Groups"] == []


def test_an_instances_interface_is_found_by_its_id(shop: Example, ec2: Any) -> None:
    image = ec2.describe_images()["Images"][0]["ImageId"]
    launched = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]
    interfaces = ec2.describe_network_interfaces(
        Filters=[{"Name": "attachment.instance-id", "Values": [launched["InstanceId"]]}]
    )["NetworkInterfaces"]
    assert [one["PrivateIpAddress"] for one in interfaces] == [launched["PrivateIpAddress"]]
    assert interfaces[0]["Attachment"]["DeleteOnTermination"]
    assert not interfaces[0]["RequesterManaged"]
    again = ec2.describe_network_interfaces(NetworkInterfaceIds=[interfaces[0]["NetworkInterfaceId"]])
    assert again["NetworkInterfaces"] == interfaces


def test_a_security_group_is_free_when_no_interface_has_it(shop: Example, ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html"""
    group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
    shop.elbv2.set_security_groups(LoadBalancerArn=shop.balancer.arn, SecurityGroups=[group])
    assert len(found(ec2, group_id=group)) == 2
    assert refused_code(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
    assert found(ec2, group_id=group) == []
    ec2.delete_security_group(GroupId=group)


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("vpc_id", "vpc-*", 2),
        ("availability_zone", "us-east-1a", 1),
        ("requester_managed", "true", 2),
        ("requester_id", "amazon-elb", 2),
        ("status", "available", 0),
        ("description", "ELB app/shop/*", 2),
        ("description", "ELB app/other/*", 0),
    ],
)
def test_filters_in_use(ec2: Any, name: str, value: str, count: int) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html"""
    assert len(found(ec2, **{name: value})) == count


@pytest.mark.parametrize(
    ("name", "code"),
    [("eni-0", "InvalidNetworkInterfaceId.Malformed"), ("eni-01234567", "InvalidNetworkInterfaceID.NotFound")],
)
def test_ids_that_name_nothing(ec2: Any, name: str, code: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    assert refused_code(ec2.describe_network_interfaces, NetworkInterfaceIds=[name]) == code


def test_what_is_not_modelled_is_refused(cloud: Cloud, ec2: Any) -> None:
    interface = found(ec2)[0]["NetworkInterfaceId"]
    with pytest.raises(NotModelled, match="tags of eni-"):
        ec2.create_tags(Resources=[interface], Tags=[{"Key": "team", "Value": "shop"}])
    with pytest.raises(NotModelled, match="create_network_interface"):
        ec2.create_network_interface(SubnetId="subnet-01234567")
    with pytest.raises(NotModelled, match="mac-address"):
        found(ec2, mac_address="*")
