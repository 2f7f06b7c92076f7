"""What exists in EC2 in one account and Region, and its network interfaces."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import ServiceError
from eslabon.service import Service
from eslabon.support.ec2.blocks import Block
from eslabon.support.ec2.finding import lookup, select
from eslabon.support.ec2.groups import ALL, Permission, SecurityGroup
from eslabon.support.ec2.instances import Instance
from eslabon.support.ec2.interfaces import Interface
from eslabon.support.ec2.places import CIDR, Shown, default_vpc, fixed_id, images, zones
from eslabon.tags import Tags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Many = Sequence[Mapping[str, Any]]

PUBLIC = "198.18.0.0/15"  # nobody's on the internet: set apart for tests of networks
RESERVED = 5  # addresses of each subnet that AWS keeps: the first four and the last


class State(Service):
    """EC2 in one account and Region, without its operations. What exists is found in dictionaries, by id."""

    name: ClassVar[str] = "ec2"
    principal: ClassVar[str] = "ec2.amazonaws.com"
    validation_code: ClassVar[str] = "InvalidParameterValue"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.zones = zones(region)
        vpc, self.subnets = default_vpc(account, region)
        self.vpc = str(vpc["VpcId"])
        self.vpcs = {self.vpc: vpc}
        self.blocks: dict[str, Block] = {}  # IPv6, by the id of the VPC or subnet
        self.gateway, self.route_table = (fixed_id(kind, account, region) for kind in ("igw", "rtb"))
        self.ipv6_route = False  # whether the route table has ::/0 lead to the internet
        self.images = images(region)
        self.instances: dict[str, Instance] = {}
        self.interfaces: dict[str, Interface] = {}  # by private address
        self.tags = Tags()  # by id
        self.default_group = fixed_id("sg", account, region)
        group = SecurityGroup(self.default_group, "default", self.vpc, "default VPC security group")
        group.inbound[Permission(ALL, None, None, group.id)] = None
        self.groups = {group.id: group}

    def resources(self) -> list[str]:
        """ARNs of security groups, but for the default one, and of instances that are not terminated.

        Also of a VPC and subnets that have an IPv6 CIDR block, and of a route table that has a route for it.
        """
        groups = [self.arn(f"security-group/{group}") for group in self.groups if group != self.default_group]
        alive = (one.id for one in self.instances.values() if one.state != "terminated")
        places = [self.arn(f"{place.partition('-')[0]}/{place}") for place in self.blocks]
        tables = [self.arn(f"route-table/{self.route_table}")] if self.ipv6_route else []
        return [*groups, *(self.arn(f"instance/{instance}") for instance in alive), *places, *tables]

    def new_id(self, kind: str) -> str:
        """An id of something that is made now.

        >>> from eslabon import Cloud
        >>> len(Cloud().service("ec2").new_id("i"))
        19
        """
        return f"{kind}-0{self.ids.hex(16)}"

    def described(
        self, kind: str, ids: Iterable[str], among: Mapping[str, Shown], filters: Many, known: str
    ) -> list[Shown]:
        """What has the ids, or everything, as it is shown with the tags that it has, if it passes the filters.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> [found["Tags"] for found in ec2.described("vpc", [], ec2.vpcs, [], "vpc-id")]
        [None]
        """
        found = lookup(kind, ids or among, {name: name for name in among})
        tagged = ({**among[name], "Tags": self.shown_tags(name) or None} for name in found)
        return select(tagged, filters, known)

    def shown_tags(self, resource: str) -> list[dict[str, str]]:
        """The tags of what has this id, as the API shows them.

        >>> from eslabon import Cloud
        >>> Cloud().service("ec2").shown_tags("vpc-0123456789abcdef0")
        []
        """
        return [{"Key": key, "Value": value} for key, value in self.tags.get(resource).items()]

    # IPv6 CIDR blocks

    def block(self, place: str) -> Block | None:
        """The IPv6 CIDR block of a VPC or subnet, when it is associated.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> ec2.block(ec2.vpc) is None
        True
        """
        found = self.blocks.get(place)
        return found if found and found.associated(self.clock.now) else None

    def shown_block(self, place: str, state: str) -> Shown:
        """The block of a VPC or subnet with its state; a VPC's is not known while it is being associated.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> _ = ec2.associate_vpc_cidr_block(ec2.vpc, AmazonProvidedIpv6CidrBlock=True)
        >>> ec2.shown_block(ec2.vpc, "associating")["Ipv6CidrBlock"]
        ''
        """
        shown = self.blocks[place].shown(state)
        if place not in self.vpcs:
            return shown
        known = {} if state != "associating" else {"Ipv6CidrBlock": ""}
        return {**shown, **known, "NetworkBorderGroup": self.region, "Ipv6Pool": "Amazon"}

    def in_vpc(self, address: str) -> bool:
        """Whether an address is of the VPC.

        >>> from eslabon import Cloud
        >>> Cloud().service("ec2").in_vpc("172.31.0.9"), Cloud().service("ec2").in_vpc("2001:db8::7")
        (True, False)
        """
        block = self.block(self.vpc)
        networks = [ipaddress.ip_network(CIDR), *([block.network] if block else [])]
        return any(ipaddress.ip_address(address) in network for network in networks)

    # Interfaces

    def free_addresses(self, subnet: str) -> int:
        """How many addresses of a subnet nothing has.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> {ec2.free_addresses(subnet) for subnet in ec2.subnets}
        {4091}
        """
        used = [one for one in self.interfaces.values() if one.subnet["SubnetId"] == subnet]
        return int(ipaddress.ip_network(self.subnets[subnet]["CidrBlock"]).num_addresses) - RESERVED - len(used)

    def new_interface(
        self, subnet: Shown, groups: list[str], purpose: str, *, public: bool = False, ipv6: bool = False
    ) -> Interface:
        """Give an address in a subnet, a public and an IPv6 one if wanted, to an instance or a load balancer's node.

        groups: ids of security groups, which then are in use. Raises InsufficientFreeAddressesInSubnet.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> subnet = next(iter(ec2.subnets.values()))
        >>> interface = ec2.new_interface(subnet, [ec2.default_group], "ELB app/shop/1", public=True)
        >>> ec2.interfaces[interface.address] is interface, interface.public[:4]
        (True, '198.')
        """
        if not self.free_addresses(subnet["SubnetId"]):
            message = "The specified subnet does not have enough free addresses to satisfy the request."
            raise ServiceError("InsufficientFreeAddressesInSubnet", message)
        address = self.new_address(subnet["CidrBlock"])
        interface = self.interfaces[address] = Interface(address, subnet, groups, purpose)
        self.readdress(interface, public=public, ipv6=ipv6)
        return interface

    def readdress(self, interface: Interface, *, public: bool, ipv6: bool) -> None:
        """Give an interface the addresses that it is to have beside its private one, and take others away.

        ipv6: only in a subnet that has an IPv6 CIDR block.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> interface = ec2.new_interface(next(iter(ec2.subnets.values())), [], "ELB net/shop/1", public=True)
        >>> ec2.readdress(interface, public=False, ipv6=False); interface.public is None
        True
        """
        if public and not interface.public:
            interface.public = self.new_address(PUBLIC)
        elif not public:
            self.hide(interface)
        block = self.block(interface.subnet["SubnetId"]) if ipv6 else None
        interface.ipv6 = str(block.network[int(interface.id.removeprefix("eni-"), 16)]) if block else None

    def new_address(self, cidr: str) -> str:
        """Take an address in a range that nothing in the cloud has.

        >>> from eslabon import Cloud
        >>> Cloud().service("ec2").new_address("10.0.0.0/29") in ("10.0.0.4", "10.0.0.5", "10.0.0.6")
        True
        """
        network, taken, address = ipaddress.ip_network(cidr), self.cloud.network.taken, ""
        while not address or address in taken:
            address = str(network[self.ids.random.randint(RESERVED - 1, network.num_addresses - 2)])
        taken.add(address)
        return address

    def hide(self, interface: Interface) -> None:
        """Take an interface's public address away.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> interface = ec2.new_interface(next(iter(ec2.subnets.values())), [], "ELB net/shop/1", public=True)
        >>> ec2.hide(interface); interface.public is None
        True
        """
        if interface.public:
            self.cloud.network.release(interface.public)
        interface.public = None

    def drop_interface(self, interface: Interface) -> None:
        """Take an interface away, with its addresses and what listens there; its groups may be deleted then.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> ec2.drop_interface(ec2.new_interface(next(iter(ec2.subnets.values())), [], "ELB net/shop/1"))
        >>> ec2.interfaces
        {}
        """
        self.hide(interface)
        self.cloud.network.release(interface.address)
        del self.interfaces[interface.address]
