"""Operations that describe what an account has without making it: zones, VPCs, subnets, images. None has pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eslabon.support.ec2.finding import invalid, select
from eslabon.support.ec2.places import AMAZON, Shown
from eslabon.support.ec2.state import Many, State

BLOCK_FILTERS = (
    " ipv6-cidr-block-association.ipv6-cidr-block=Ipv6CidrBlockAssociationSet.Ipv6CidrBlock "
    "ipv6-cidr-block-association.association-id=Ipv6CidrBlockAssociationSet.AssociationId "
    "ipv6-cidr-block-association.state=Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State"
)
VPC_FILTERS = "cidr=CidrBlock is-default isDefault=IsDefault owner-id state vpc-id" + BLOCK_FILTERS
SUBNET_FILTERS = (
    "availability-zone availabilityZone=AvailabilityZone availability-zone-id cidr-block default-for-az owner-id "
    "state subnet-id vpc-id" + BLOCK_FILTERS
)
ZONE_FILTERS = "opt-in-status region-name state zone-id zone-name zone-type"
IMAGE_FILTERS = (
    "architecture description image-id is-public=Public name owner-alias=ImageOwnerAlias owner-id root-device-type "
    "state virtualization-type"
)


class Places(State):
    """Zones, VPCs, subnets and images."""

    def describe_availability_zones(self, ZoneNames: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe the Region's Availability Zones. Raises InvalidParameterValue.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
        ['us-east-1a', 'us-east-1b', 'us-east-1c']
        >>> ec2.describe_availability_zones(ZoneNames=["us-east-1z"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidParameterValue) ...
        """
        there = [zone["ZoneName"] for zone in self.zones]
        wrong = [name for name in ZoneNames if name not in there]
        if wrong:
            raise invalid(f"Invalid availability zone: [{', '.join(wrong)}]")
        wanted = [zone for zone in self.zones if zone["ZoneName"] in (ZoneNames or there)]
        return {"AvailabilityZones": select(wanted, Filters, ZONE_FILTERS)}

    def describe_vpcs(self, VpcIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe VPCs: there is the default one. Raises InvalidVpcID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> default = [{"Name": "is-default", "Values": ["true"]}]
        >>> [vpc["CidrBlock"] for vpc in ec2.describe_vpcs(Filters=default)["Vpcs"]]
        ['172.31.0.0/16']
        >>> ec2.describe_vpcs(VpcIds=["vpc-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidVpcID.NotFound) ... does not exist
        """
        return {"Vpcs": self.described("vpc", VpcIds, self._with_blocks(self.vpcs), Filters, VPC_FILTERS)}

    def describe_subnets(self, SubnetIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe subnets: the default VPC has one in each zone. Raises InvalidSubnetID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> in_b = [{"Name": "availability-zone", "Values": ["us-east-1b"]}]
        >>> [subnet["CidrBlock"] for subnet in ec2.describe_subnets(Filters=in_b)["Subnets"]]
        ['172.31.16.0/20']
        >>> ec2.describe_subnets(SubnetIds=["subnet-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidSubnetID.NotFound) ... does not exist
        """
        found = self.described("subnet", SubnetIds, self._with_blocks(self.subnets), Filters, SUBNET_FILTERS)
        return {"Subnets": [{**one, "AvailableIpAddressCount": self.free_addresses(one["SubnetId"])} for one in found]}

    def _with_blocks(self, places: Mapping[str, Shown]) -> dict[str, Shown]:
        """VPCs or subnets with the IPv6 CIDR block that each has."""
        found = {}
        for name, place in places.items():
            block = self.blocks.get(name)
            state = "associated" if self.block(name) else "associating"
            found[name] = {**place, "Ipv6CidrBlockAssociationSet": [self.shown_block(name, state)] if block else None}
        return found

    def describe_images(self, ImageIds: Sequence[str] = (), Owners: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe images: there are Amazon Linux 2023 for x86_64 and arm64. Raises InvalidAMIID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> named = [{"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}]
        >>> [image["Architecture"] for image in ec2.describe_images(Owners=["amazon"], Filters=named)["Images"]]
        ['x86_64']
        >>> ec2.describe_images(Owners=["self"])["Images"]
        []
        """
        found = self.described("ami", ImageIds, self.images, Filters, IMAGE_FILTERS)
        return {"Images": found if not Owners or {"amazon", AMAZON} & set(Owners) else []}
