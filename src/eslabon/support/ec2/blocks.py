"""IPv6 CIDR blocks of a VPC and of its subnets: which ones, and how they are shown. Private ones are left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv6Network

from eslabon.support.ec2.places import Shown

ASSOCIATING = 5.0  # seconds until a block is associated
SUBNETS = (56, 60, 64)  # prefix lengths of subnets in a VPC of 56


@dataclass(frozen=True, slots=True)
class Block:
    """An IPv6 CIDR block that a VPC or a subnet has; id: of the association."""

    id: str
    network: IPv6Network
    since: float

    def associated(self, now: float) -> bool:
        """Whether it is in effect already.

        >>> block = Block("vpc-cidr-assoc-1", vpc_block("123456789012", "us-east-1"), since=0)
        >>> block.associated(4.9), block.associated(5)
        (False, True)
        """
        return now >= self.since + ASSOCIATING

    def shown(self, state: str) -> Shown:
        """The association, as the API shows it.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SubnetIpv6CidrBlockAssociation.html

        >>> block = Block("subnet-cidr-assoc-1", IPv6Network("2001:db8:1234:1a00::/64"), since=0)
        >>> block.shown("associated")["Ipv6CidrBlockState"]
        {'State': 'associated'}
        """
        return {
            "AssociationId": self.id,
            "Ipv6CidrBlock": str(self.network),
            "Ipv6CidrBlockState": {"State": state},
            "Ipv6AddressAttribute": "public",
            "IpSource": "amazon",
        }


def vpc_block(account: str, region: str) -> IPv6Network:
    """The block that Amazon provides for a default VPC; here one of those that are set apart for documentation.

    >>> vpc_block("123456789012", "us-east-1").prefixlen
    56
    >>> vpc_block("123456789012", "us-east-1") == vpc_block("123456789012", "eu-south-1")
    False
    """
    number = int(hashlib.sha256(f"ipv6:{account}:{region}".encode()).hexdigest()[:6], 16) | 1
    return IPv6Network((0x20010DB8 << 96 | number << 72, 56))
