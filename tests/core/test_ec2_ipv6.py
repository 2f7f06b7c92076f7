"""Amazon EC2: IPv6 CIDR blocks of the default VPC and its subnets."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.errors import NotModelled
from tests.core.refusals import refused, refused_code


class Vpc:
    """The default VPC, with an IPv6 CIDR block."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.ec2 = cloud, cloud.client("ec2")
        self.id = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.subnets = [subnet["SubnetId"] for subnet in self.ec2.describe_subnets()["Subnets"]]
        self.made = self.ec2.associate_vpc_cidr_block(VpcId=self.id, AmazonProvidedIpv6CidrBlock=True)
        cloud.clock.advance(60)
        [told] = self.ec2.describe_vpcs()["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
        self.association, self.block = told["AssociationId"], ipaddress.IPv6Network(told["Ipv6CidrBlock"])

    def part(self, number: int, length: int = 64) -> str:
        return str(list(self.block.subnets(new_prefix=length))[number])

    def give(self, subnet: str, block: str) -> dict[str, Any]:
        made = self.ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)
        return dict(made["Ipv6CidrBlockAssociation"])


@pytest.fixture
def vpc(cloud: Cloud) -> Vpc:
    return Vpc(cloud)


def test_amazon_gives_a_vpc_a_block_of_56_which_only_describe_vpcs_tells(cloud: Cloud, vpc: Vpc) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateVpcCidrBlock.html"""
    answer = vpc.made["Ipv6CidrBlockAssociation"]
    assert (answer["Ipv6CidrBlockState"]["State"], answer["Ipv6CidrBlock"]) == ("associating", "")
    assert answer["AssociationId"] == vpc.association
    assert vpc.block.prefixlen == 56
    assert Vpc(Cloud()).block == vpc.block, "the same in every cloud: a documented output is the output"
    assert cloud.resources() == [f"arn:aws:ec2:us-east-1:123456789012:vpc/{vpc.id}"], "it is to be cleaned up"


def test_until_it_is_associated_no_subnet_can_have_a_part(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    ec2.associate_vpc_cidr_block(VpcId=subnet["VpcId"], AmazonProvidedIpv6CidrBlock=True)
    [told] = ec2.describe_vpcs()["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    assert told["Ipv6CidrBlockState"]["State"] == "associating"
    block = str(Vpc(Cloud()).part(0))
    asked = {"SubnetId": subnet["SubnetId"], "Ipv6CidrBlock": block}
    assert refused_code(ec2.associate_subnet_cidr_block, **asked) == "InvalidSubnet.Range"


def test_a_subnet_has_a_part_of_the_block_and_is_found_by_it(vpc: Vpc) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateSubnetCidrBlock.html"""
    made = vpc.give(vpc.subnets[0], vpc.part(7))
    assert (made["Ipv6CidrBlock"], made["Ipv6CidrBlockState"]["State"]) == (vpc.part(7), "associating")
    named = [{"Name": "ipv6-cidr-block-association.ipv6-cidr-block", "Values": [vpc.part(7)]}]
    vpc.cloud.clock.advance(60)
    [subnet] = vpc.ec2.describe_subnets(Filters=named)["Subnets"]
    [told] = subnet["Ipv6CidrBlockAssociationSet"]
    assert subnet["SubnetId"] == vpc.subnets[0]
    assert told["Ipv6CidrBlockState"] == {"State": "associated"}
    assert all("Ipv6CidrBlockAssociationSet" not in one for one in vpc.ec2.describe_subnets()["Subnets"][1:])


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("2001:db8:ffff:ff00::/64", "InvalidSubnet.Range"),
        ("2001:db8::/33", "InvalidSubnet.Range"),
        ("10.0.0.0/24", "InvalidParameterValue"),
        ("2001:db8::1", "InvalidParameterValue"),
        ("shop", "InvalidParameterValue"),
    ],
)
def test_what_no_subnet_can_have(vpc: Vpc, block: str, code: str) -> None:
    assert refused_code(vpc.give, vpc.subnets[0], block) == code


def test_subnets_do_not_overlap_and_have_one_block_each(vpc: Vpc) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""
    assert refused_code(vpc.give, vpc.subnets[0], vpc.part(0, 65)) == "InvalidSubnet.Range"
    vpc.give(vpc.subnets[0], vpc.part(0, 60))
    assert refused_code(vpc.give, vpc.subnets[1], vpc.part(15)) == "InvalidSubnet.Conflict"
    assert refused_code(vpc.give, vpc.subnets[0], vpc.part(16)) == "InvalidSubnet.Conflict"
    vpc.give(vpc.subnets[1], vpc.part(16))


def test_a_block_is_taken_away_when_nothing_has_a_part_of_it(vpc: Vpc) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateVpcCidrBlock.html"""
    association = vpc.give(vpc.subnets[0], vpc.part(0))["AssociationId"]
    vpc.cloud.clock.advance(60)
    code, message = refused(vpc.ec2.disassociate_vpc_cidr_block, AssociationId=vpc.association)
    assert (code, message) == (
        "InvalidCidrBlock.InUse",
        f"The vpc {vpc.id} currently has a subnet within CIDR block {vpc.block}",
    )
    elbv2 = vpc.cloud.client("elbv2")
    balancer = elbv2.create_load_balancer(
        Name="flows", Type="network", Subnets=vpc.subnets[:1], IpAddressType="dualstack"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    assert refused_code(vpc.ec2.disassociate_subnet_cidr_block, AssociationId=association) == "InvalidCidrBlock.InUse"
    elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    gone = vpc.ec2.disassociate_subnet_cidr_block(AssociationId=association)
    assert gone["Ipv6CidrBlockAssociation"]["Ipv6CidrBlockState"]["State"] == "disassociating"
    assert vpc.ec2.disassociate_vpc_cidr_block(AssociationId=vpc.association)["VpcId"] == vpc.id
    assert "Ipv6CidrBlockAssociationSet" not in vpc.ec2.describe_vpcs()["Vpcs"][0]
    assert vpc.cloud.resources() == []
    code = refused_code(vpc.ec2.disassociate_vpc_cidr_block, AssociationId=vpc.association)
    assert code == "InvalidVpcCidrBlockAssociationID.NotFound"


def test_security_groups_whose_outbound_rules_nobody_changed_let_out_ipv6_too(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/vpc-migrate-ipv6.html"""
    ec2 = cloud.client("ec2")
    before, changed = (ec2.create_security_group(GroupName=name, Description=name)["GroupId"] for name in "ab")
    web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_egress(GroupId=changed, IpPermissions=[web])
    Vpc(cloud)
    after = ec2.create_security_group(GroupName="after", Description="after")["GroupId"]
    ranges = {
        group["GroupId"]: [one["CidrIpv6"] for rule in group["IpPermissionsEgress"] for one in rule["Ipv6Ranges"]]
        for group in ec2.describe_security_groups()["SecurityGroups"]
    }
    assert (ranges[before], ranges[after], ranges[changed]) == (["::/0"], ["::/0"], [])


def test_the_route_table_leads_ipv6_to_the_internet_when_a_route_says_so(vpc: Vpc) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/vpc-migrate-ipv6.html"""

    def destinations() -> dict[str, str]:
        main = [{"Name": "association.main", "Values": ["true"]}, {"Name": "vpc-id", "Values": [vpc.id]}]
        [table] = vpc.ec2.describe_route_tables(Filters=main)["RouteTables"]
        return {
            route.get("DestinationIpv6CidrBlock") or route["DestinationCidrBlock"]: route["GatewayId"]
            for route in table["Routes"]
        }

    attached = [{"Name": "attachment.vpc-id", "Values": [vpc.id]}]
    gateway = vpc.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"][0]["InternetGatewayId"]
    before = {"172.31.0.0/16": "local", "0.0.0.0/0": gateway, str(vpc.block): "local"}
    assert destinations() == before, "a default VPC has a route to the internet for IPv4 alone"
    table = vpc.ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0"}
    vpc.ec2.create_route(GatewayId=gateway, **route)
    assert destinations() == {**before, "::/0": gateway}
    code, message = refused(vpc.ec2.create_route, GatewayId=gateway, **route)
    assert (code, message) == ("RouteAlreadyExists", "The route identified by ::/0 already exists.")
    vpc.ec2.delete_route(**route)
    assert destinations() == before
    assert refused_code(vpc.ec2.delete_route, **route) == "InvalidRoute.NotFound"
    with pytest.raises(NotModelled, match="routes to 2001:db8::/32"):
        vpc.ec2.create_route(GatewayId=gateway, **{**route, "DestinationIpv6CidrBlock": "2001:db8::/32"})
    with pytest.raises(NotModelled, match="NatGatewayId"):
        vpc.ec2.create_route(NatGatewayId="nat-0123456789abcdef0", **route)


def test_what_is_not_modelled_is_refused(vpc: Vpc) -> None:
    with pytest.raises(NotModelled, match="a second IPv6 CIDR block"):
        vpc.ec2.associate_vpc_cidr_block(VpcId=vpc.id, AmazonProvidedIpv6CidrBlock=True)
    with pytest.raises(NotModelled, match="CidrBlock"):
        vpc.ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock="10.1.0.0/16")
    with pytest.raises(NotModelled, match="Ipv6AddressCount"):
        vpc.ec2.run_instances(MinCount=1, MaxCount=1, Ipv6AddressCount=1)
