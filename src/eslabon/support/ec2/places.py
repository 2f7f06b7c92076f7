"""Where things are: the zones of a Region, the default VPC with a subnet in each, and Amazon's images.

An account has them without making them. Other VPCs, subnets, route tables and IPv6 are left out.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

CIDR = "172.31.0.0/16"  # of every default VPC
LETTERS = "abc"  # Regions have three zones or more; here each has three
AMAZON = "137112412989"  # the account that owns Amazon Linux


@dataclass(frozen=True, slots=True)
class Zone:
    """An Availability Zone: its name in this account, and its id, which is the same in all accounts."""

    name: str
    id: str
    region: str


@dataclass(frozen=True, slots=True)
class Vpc:
    """A virtual private cloud."""

    id: str
    cidr: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A range of a VPC's addresses, in one zone."""

    id: str
    vpc: str
    zone: Zone
    cidr: str

    @property
    def addresses(self) -> tuple[int, int]:
        """The first and the last address that a host may have, as numbers: AWS keeps four and the last to itself."""
        network = ipaddress.ip_network(self.cidr)
        return int(network.network_address) + 4, int(network.broadcast_address) - 1


@dataclass(frozen=True, slots=True)
class Image:
    """An Amazon Machine Image."""

    id: str
    name: str
    architecture: str
    description: str
    created: str


def zones(region: str) -> list[Zone]:
    """The Availability Zones of a Region.

    https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html

    >>> [(zone.name, zone.id) for zone in zones("us-east-1")]
    [('us-east-1a', 'use1-az1'), ('us-east-1b', 'use1-az2'), ('us-east-1c', 'use1-az3')]
    >>> zones("ap-southeast-2")[0].id
    'apse2-az1'
    """
    area, *directions, number = region.split("-")
    short = area + "".join(_SHORT.get(word, word) for word in directions) + number
    return [Zone(region + letter, f"{short}-az{place}", region) for place, letter in enumerate(LETTERS, 1)]


_COMPASS = ("north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest")
_SHORT = {word: word[0] + word[5] if len(word) > 7 else word[0] for word in _COMPASS} | {"gov": "g"}


def default_vpc(account: str, region: str) -> tuple[Vpc, dict[str, Subnet]]:
    """The default VPC of an account in a Region, and its subnets by id: one a zone, each of 4,096 addresses.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html

    >>> vpc, subnets = default_vpc("123456789012", "us-east-1")
    >>> vpc.cidr, [subnet.cidr for subnet in subnets.values()]
    ('172.31.0.0/16', ['172.31.0.0/20', '172.31.16.0/20', '172.31.32.0/20'])
    >>> default_vpc("111122223333", "us-east-1")[0].id == vpc.id
    False
    """
    vpc = Vpc(fixed_id("vpc", account, region), CIDR)
    ranges = ipaddress.ip_network(CIDR).subnets(new_prefix=20)
    made = (
        Subnet(fixed_id("subnet", account, zone.name), vpc.id, zone, str(cidr))
        for zone, cidr in zip(zones(region), ranges, strict=False)
    )
    return vpc, {subnet.id: subnet for subnet in made}


def images(region: str) -> dict[str, Image]:
    """Amazon Linux 2023 for both kinds of processor, by id.

    https://docs.aws.amazon.com/linux/al2023/ug/ec2.html

    >>> [image.architecture for image in images("us-east-1").values()]
    ['x86_64', 'arm64']
    """
    found = {}
    for architecture in ("x86_64", "arm64"):
        name = f"al2023-ami-2023.9.20251208.0-kernel-6.1-{architecture}"
        about = f"Amazon Linux 2023 AMI 2023.9.20251208.0 {architecture} HVM kernel-6.1"
        image = Image(fixed_id("ami", region, name), name, architecture, about, "2025-12-08T21:00:00.000Z")
        found[image.id] = image
    return found


def fixed_id(kind: str, *of: str) -> str:
    """An id of what nobody made: the same for the same account, Region and name.

    >>> fixed_id("vpc", "123456789012", "us-east-1") == fixed_id("vpc", "123456789012", "us-east-1")
    True
    >>> len(fixed_id("vpc", "123456789012"))
    21
    """
    return f"{kind}-0{hashlib.sha256(':'.join((kind, *of)).encode()).hexdigest()[:16]}"
