"""Operations that describe what an account has without making it: zones, VPCs, subnets, images."""

from __future__ import annotations

from collections.abc import Sequence

from eslabon.errors import ServiceError
from eslabon.support.ec2.errors import lookup
from eslabon.support.ec2.filters import member, paged, select
from eslabon.support.ec2.places import AMAZON
from eslabon.support.ec2.state import Answer, Many, State

VPC_FILTERS = {
    "cidr": member("CidrBlock"),
    "is-default": member("IsDefault"),
    "isDefault": member("IsDefault"),
    "owner-id": member("OwnerId"),
    "state": member("State"),
    "vpc-id": member("VpcId"),
}
SUBNET_FILTERS = {
    "availability-zone": member("AvailabilityZone"),
    "availabilityZone": member("AvailabilityZone"),
    "availability-zone-id": member("AvailabilityZoneId"),
    "cidr-block": member("CidrBlock"),
    "default-for-az": member("DefaultForAz"),
    "state": member("State"),
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
}
ZONE_FILTERS = {
    "opt-in-status": member("OptInStatus"),
    "region-name": member("RegionName"),
    "state": member("State"),
    "zone-id": member("ZoneId"),
    "zone-name": member("ZoneName"),
    "zone-type": member("ZoneType"),
}
IMAGE_FILTERS = {
    "architecture": member("Architecture"),
    "description": member("Description"),
    "image-id": member("ImageId"),
    "image-type": member("ImageType"),
    "is-public": member("Public"),
    "name": member("Name"),
    "owner-alias": member("ImageOwnerAlias"),
    "owner-id": member("OwnerId"),
    "root-device-type": member("RootDeviceType"),
    "state": member("State"),
    "virtualization-type": member("VirtualizationType"),
}


class Places(State):
    """Zones, VPCs, subnets and images."""

    def describe_availability_zones(
        self, ZoneNames: Sequence[str] = (), ZoneIds: Sequence[str] = (), Filters: Many = ()
    ) -> Answer:
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
        found = list(self.zones.values())
        for given, has in ((ZoneNames, [zone.name for zone in found]), (ZoneIds, [zone.id for zone in found])):
            wrong = [one for one in given if one not in has]
            if wrong:
                raise ServiceError("InvalidParameterValue", f"Invalid availability zone: [{', '.join(wrong)}]")
            found = [zone for zone in found if not given or {zone.name, zone.id} & set(given)]
        described = [
            {
                "ZoneName": zone.name,
                "ZoneId": zone.id,
                "RegionName": self.region,
                "State": "available",
                "OptInStatus": "opt-in-not-required",
                "ZoneType": "availability-zone",
                "NetworkBorderGroup": self.region,
            }
            for zone in found
        ]
        return {"AvailabilityZones": select(described, Filters, ZONE_FILTERS, "describe_availability_zones")}

    def describe_vpcs(
        self,
        VpcIds: Sequence[str] = (),
        Filters: Many = (),
        MaxResults: int | None = None,
        NextToken: str | None = None,
    ) -> Answer:
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
        described = [
            {
                "VpcId": vpc.id,
                "CidrBlock": vpc.cidr,
                "IsDefault": True,
                "State": "available",
                "OwnerId": self.account,
                "InstanceTenancy": "default",
                "Tags": self.shown_tags(vpc.id),
            }
            for vpc in lookup("vpc", VpcIds or self.vpcs, self.vpcs)
        ]
        return paged("Vpcs", select(described, Filters, VPC_FILTERS, "describe_vpcs"), MaxResults, NextToken)

    def describe_subnets(
        self,
        SubnetIds: Sequence[str] = (),
        Filters: Many = (),
        MaxResults: int | None = None,
        NextToken: str | None = None,
    ) -> Answer:
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
        described = [
            {
                "SubnetId": subnet.id,
                "SubnetArn": self.arn(f"subnet/{subnet.id}"),
                "VpcId": subnet.vpc,
                "CidrBlock": subnet.cidr,
                "AvailabilityZone": subnet.zone.name,
                "AvailabilityZoneId": subnet.zone.id,
                "AvailableIpAddressCount": self.free_addresses(subnet),
                "DefaultForAz": True,
                "MapPublicIpOnLaunch": True,
                "AssignIpv6AddressOnCreation": False,
                "State": "available",
                "OwnerId": self.account,
                "Tags": self.shown_tags(subnet.id),
            }
            for subnet in lookup("subnet", SubnetIds or self.subnets, self.subnets)
        ]
        return paged("Subnets", select(described, Filters, SUBNET_FILTERS, "describe_subnets"), MaxResults, NextToken)

    def describe_images(
        self,
        ImageIds: Sequence[str] = (),
        Owners: Sequence[str] = (),
        Filters: Many = (),
        MaxResults: int | None = None,
        NextToken: str | None = None,
    ) -> Answer:
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
        described = [
            {
                "ImageId": image.id,
                "Name": image.name,
                "Description": image.description,
                "Architecture": image.architecture,
                "CreationDate": image.created,
                "ImageLocation": f"amazon/{image.name}",
                "ImageOwnerAlias": "amazon",
                "OwnerId": AMAZON,
                "ImageType": "machine",
                "Public": True,
                "State": "available",
                "RootDeviceType": "ebs",
                "RootDeviceName": "/dev/xvda",
                "VirtualizationType": "hvm",
                "EnaSupport": True,
                "PlatformDetails": "Linux/UNIX",
                "Tags": self.shown_tags(image.id),
            }
            for image in lookup("ami", ImageIds or self.images, self.images)
            if not Owners or {"amazon", AMAZON} & set(Owners)
        ]
        return paged("Images", select(described, Filters, IMAGE_FILTERS, "describe_images"), MaxResults, NextToken)
