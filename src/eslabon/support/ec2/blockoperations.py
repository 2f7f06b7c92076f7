"""Operations on IPv6 CIDR blocks: those of Amazon, one a VPC and one a subnet. Pools and IPAM are left out."""

from __future__ import annotations

from ipaddress import IPv6Network

from eslabon.errors import NotModelled, ServiceError
from eslabon.support.ec2.blocks import SUBNETS, Block, vpc_block
from eslabon.support.ec2.finding import cidr, lookup
from eslabon.support.ec2.groups import EVERYTHING, EVERYTHING_IPV6
from eslabon.support.ec2.places import Shown
from eslabon.support.ec2.state import State


class Blocks(State):
    """IPv6 CIDR blocks. A VPC gets one from Amazon, and each subnet a part of it."""

    def associate_vpc_cidr_block(self, VpcId: str, AmazonProvidedIpv6CidrBlock: bool = False) -> Shown:
        """Let a VPC have an IPv6 CIDR block of Amazon's, some seconds later; describe_vpcs then tells which.

        Security groups whose outbound rules nobody has changed let out all of IPv6 as well.

        Raises InvalidVpcID.NotFound, MissingParameter.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateVpcCidrBlock.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> ec2 = cloud.client("ec2")
        >>> vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        >>> made = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
        >>> made["Ipv6CidrBlockAssociation"]["Ipv6CidrBlockState"]
        {'State': 'associating'}
        >>> cloud.clock.advance(5)
        >>> ec2.describe_vpcs()["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"][:9]
        '2001:db8:'
        >>> ec2.associate_vpc_cidr_block(VpcId=vpc)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (MissingParameter) ...
        """
        lookup("vpc", [VpcId], self.vpcs)
        if not AmazonProvidedIpv6CidrBlock:
            raise ServiceError("MissingParameter", "The request must ask for an Amazon-provided IPv6 CIDR block")
        if VpcId in self.blocks:
            raise NotModelled("ec2", "a second IPv6 CIDR block of a VPC", ["one block"])
        block = Block(self.new_id("vpc-cidr-assoc"), vpc_block(self.account, self.region), self.clock.now)
        self.blocks[VpcId] = block
        for group in self.groups.values():
            if group.outbound.keys() == {EVERYTHING}:
                group.outbound[EVERYTHING_IPV6] = None
        return {"VpcId": VpcId, "Ipv6CidrBlockAssociation": self.shown_block(VpcId, "associating")}

    def disassociate_vpc_cidr_block(self, AssociationId: str) -> Shown:
        """Take a VPC's IPv6 CIDR block away. Raises InvalidVpcCidrBlockAssociationID.NotFound, InvalidCidrBlock.InUse.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateVpcCidrBlock.html

        >>> from eslabon import Cloud
        >>> Cloud().client("ec2").disassociate_vpc_cidr_block(AssociationId="vpc-cidr-assoc-0123456789abcdef0")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidVpcCidrBlockAssociationID.NotFound) ...
        """
        vpc = self._holder("vpc-cidr-assoc", AssociationId)
        if len(self.blocks) > 1:
            message = f"The vpc {vpc} currently has a subnet within CIDR block {self.blocks[vpc].network}"
            raise ServiceError("InvalidCidrBlock.InUse", message)
        shown = self.shown_block(vpc, "disassociating")
        del self.blocks[vpc]
        return {"VpcId": vpc, "Ipv6CidrBlockAssociation": shown}

    def associate_subnet_cidr_block(self, SubnetId: str, Ipv6CidrBlock: str) -> Shown:
        """Let a subnet have a part of its VPC's IPv6 CIDR block, some seconds later; usually one of length 64.

        Raises InvalidSubnetID.NotFound, InvalidParameterValue, InvalidSubnet.Range, InvalidSubnet.Conflict.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateSubnetCidrBlock.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        >>> ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock="2001:db8::/64")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidSubnet.Range) ... is invalid.
        """
        [subnet] = lookup("subnet", [SubnetId], self.subnets)
        network = cidr(Ipv6CidrBlock, IPv6Network)
        whole = self.block(subnet["VpcId"])
        if whole is None or network.prefixlen not in SUBNETS or not network.subnet_of(whole.network):
            raise ServiceError("InvalidSubnet.Range", f"The CIDR '{network}' is invalid.")
        if SubnetId in self.blocks:
            raise ServiceError("InvalidSubnet.Conflict", f"The subnet '{SubnetId}' has an IPv6 CIDR block already")
        if any(network.overlaps(self.blocks[other].network) for other in self.subnets if other in self.blocks):
            raise ServiceError("InvalidSubnet.Conflict", f"The CIDR '{network}' conflicts with another subnet")
        self.blocks[SubnetId] = Block(self.new_id("subnet-cidr-assoc"), network, self.clock.now)
        return {"SubnetId": SubnetId, "Ipv6CidrBlockAssociation": self.shown_block(SubnetId, "associating")}

    def disassociate_subnet_cidr_block(self, AssociationId: str) -> Shown:
        """Take a subnet's IPv6 CIDR block away, when nothing has addresses of it.

        Raises InvalidSubnetCidrBlockAssociationID.NotFound, InvalidCidrBlock.InUse.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateSubnetCidrBlock.html

        >>> from eslabon import Cloud
        >>> Cloud().client("ec2").disassociate_subnet_cidr_block(AssociationId="subnet-cidr-assoc-0123456789abcdef0")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidSubnetCidrBlockAssociationID.NotFound) ...
        """
        subnet = self._holder("subnet-cidr-assoc", AssociationId)
        if any(one.ipv6 and one.subnet["SubnetId"] == subnet for one in self.interfaces.values()):
            held = f"addresses in use within CIDR block {self.blocks[subnet].network}"
            raise ServiceError("InvalidCidrBlock.InUse", f"The subnet {subnet} currently has {held}")
        shown = self.shown_block(subnet, "disassociating")
        del self.blocks[subnet]
        return {"SubnetId": subnet, "Ipv6CidrBlockAssociation": shown}

    def _holder(self, kind: str, association: str) -> str:
        """The id of the VPC or subnet that has an association."""
        holders = {block.id: holder for holder, block in self.blocks.items()}
        return lookup(kind, [association], holders)[0]
