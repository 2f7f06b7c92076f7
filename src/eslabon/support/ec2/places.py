"""What an account has without making it, as the API shows it: zones, the default VPC and its subnets, Amazon's images.

Other VPCs and subnets are left out.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

Shown = dict[str, Any]

CIDR = "172.31.0.0/16"  # of every default VPC
LETTERS = "abc"  # Regions have three zones or more; here each has three
AMAZON = "137112412989"  # the account that owns Amazon Linux
LINUX = "al2023-ami-2023.9.20251208.0-kernel-6.1"

_DIRECTIONS = "north south east west central northeast northwest southeast southwest".split()
_SHORT = {word: word[0] + word[5] if len(word) > 7 else word[0] for word in _DIRECTIONS} | {"gov": "g"}


def zones(region: str) -> list[Shown]:
    """The Availability Zones of a Region.

    https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html

    >>> [(zone["ZoneName"], zone["ZoneId"]) for zone in zones("us-east-1")]
    [('us-east-1a', 'use1-az1'), ('us-east-1b', 'use1-az2'), ('us-east-1c', 'use1-az3')]
    >>> zones("ap-southeast-2")[0]["ZoneId"]
    'apse2-az1'
    """
    area, *directions, number = region.split("-")
    short = area + "".join(_SHORT.get(word, word) for word in directions) + number
    same = {"RegionName": region, "State": "available", "ZoneType": "availability-zone"}
    same["OptInStatus"] = "opt-in-not-required"
    return [
        {"ZoneName": region + letter, "ZoneId": f"{short}-az{place}", **same} for place, letter in enumerate(LETTERS, 1)
    ]


def default_vpc(account: str, region: str) -> tuple[Shown, dict[str, Shown]]:
    """The default VPC of an account in a Region, and its subnets by id: one a zone, each of 4,096 addresses.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html

    >>> vpc, subnets = default_vpc("123456789012", "us-east-1")
    >>> vpc["CidrBlock"], [subnet["CidrBlock"] for subnet in subnets.values()]
    ('172.31.0.0/16', ['172.31.0.0/20', '172.31.16.0/20', '172.31.32.0/20'])
    >>> default_vpc("111122223333", "us-east-1")[0]["VpcId"] == vpc["VpcId"]
    False
    """
    same = {"VpcId": fixed_id("vpc", account, region), "OwnerId": account, "State": "available"}
    ranges = ipaddress.ip_network(CIDR).subnets(new_prefix=20)
    subnets = {}
    for zone, cidr in zip(zones(region), ranges, strict=False):
        name = fixed_id("subnet", account, zone["ZoneName"])
        subnets[name] = {
            "SubnetId": name,
            "CidrBlock": str(cidr),
            "AvailabilityZone": zone["ZoneName"],
            "AvailabilityZoneId": zone["ZoneId"],
            "DefaultForAz": True,
            "MapPublicIpOnLaunch": True,
            **same,
        }
    return {"CidrBlock": CIDR, "IsDefault": True, "InstanceTenancy": "default", **same}, subnets


def images(region: str) -> dict[str, Shown]:
    """Amazon Linux 2023 for both kinds of processor, by id.

    https://docs.aws.amazon.com/linux/al2023/ug/ec2.html

    >>> [image["Architecture"] for image in images("us-east-1").values()]
    ['x86_64', 'arm64']
    """
    found = {}
    for architecture in ("x86_64", "arm64"):
        name = fixed_id("ami", region, architecture)
        found[name] = {
            "ImageId": name,
            "Name": f"{LINUX}-{architecture}",
            "Description": f"Amazon Linux 2023, kernel 6.1, {architecture}",
            "Architecture": architecture,
            "CreationDate": "2025-12-08T21:00:00.000Z",
            "ImageOwnerAlias": "amazon",
            "OwnerId": AMAZON,
            "Public": True,
            "State": "available",
            "RootDeviceType": "ebs",
            "VirtualizationType": "hvm",
        }
    return found


def fixed_id(kind: str, *of: str) -> str:
    """An id of what nobody made: the same for the same account, Region and name.

    >>> fixed_id("vpc", "123456789012", "us-east-1") == fixed_id("vpc", "123456789012", "us-east-1")
    True
    >>> len(fixed_id("vpc", "123456789012"))
    21
    """
    return f"{kind}-0{hashlib.sha256(':'.join((kind, *of)).encode()).hexdigest()[:16]}"
