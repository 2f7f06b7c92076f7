"""The EC2 API: what it models, put together from its operations, an area a module.

Left out: VPCs and subnets of one's own, other gateways and routes, IPv6 addresses of instances, volumes, key pairs,
launch templates, Spot, network interfaces of one's own, elastic addresses, ids of security group rules, pages of lists,
DryRun, quotas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from eslabon.support.ec2.blockoperations import Blocks
from eslabon.support.ec2.groupoperations import SecurityGroups
from eslabon.support.ec2.instanceoperations import Instances
from eslabon.support.ec2.interfaceoperations import NetworkInterfaces
from eslabon.support.ec2.placeoperations import Places
from eslabon.support.ec2.requests import Requests
from eslabon.support.ec2.routeoperations import Routes
from eslabon.support.ec2.tagging import Tagging


class Ec2(Requests, Places, Blocks, Routes, SecurityGroups, Instances, NetworkInterfaces, Tagging):
    """Amazon EC2, asked in one account and Region.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
    """

    modelled: ClassVar[Mapping[str, str]] = {
        "Filter": "*",
        "IpPermission": "*",  # but no entry of PrefixListIds
        "IpRange": "*",
        "Ipv6Range": "*",
        "Tag": "*",
        "TagSpecification": "*",
        "UserIdGroupPair": "Description GroupId UserId",
    }
    inert: ClassVar[Mapping[str, str]] = {
        "run_instances.UserData": "No script is run; the server of snippets/elbv2/web.sh listens, no other.",
    }
    gate_skips: ClassVar[frozenset[str]] = frozenset({"TagSpecification.ResourceType"})
