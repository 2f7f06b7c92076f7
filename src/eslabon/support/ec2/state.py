"""What exists in EC2 in one account and Region, the network interfaces among it, and who reaches whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import NotModelled, ServiceError
from eslabon.service import Service
from eslabon.support.ec2.errors import KINDS, lookup
from eslabon.support.ec2.groups import ALL, Permission, Rule, SecurityGroup, permits
from eslabon.support.ec2.instances import Instance, Interface
from eslabon.support.ec2.places import CIDR, Subnet, default_vpc, fixed_id, images, zones
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]
Many = Sequence[Mapping[str, Any]]

PUBLIC = ipaddress.ip_network("198.18.0.0/15")  # nobody's on the internet: set apart for tests of networks
LONGEST_KEY, LONGEST_VALUE = 128, 256


class State(Service):
    """EC2 in one account and Region, without its operations. What exists is found in dictionaries, by id."""

    name: ClassVar[str] = "ec2"
    principal: ClassVar[str] = "ec2.amazonaws.com"
    validation_code: ClassVar[str] = "InvalidParameterValue"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.zones = {zone.name: zone for zone in zones(region)}
        self.vpc, self.subnets = default_vpc(account, region)
        self.vpcs = {self.vpc.id: self.vpc}
        self.images = images(region)
        self.instances: dict[str, Instance] = {}
        self.interfaces: dict[str, Interface] = {}  # by private address
        self.tags = Tags()  # by id
        self.default_group = fixed_id("sg", account, region, "default")
        group = SecurityGroup(self.default_group, "default", self.vpc.id, "default VPC security group")
        for egress, peer in ((False, group.id), (True, "0.0.0.0/0")):
            rule = Rule(fixed_id("sgr", group.id, peer), egress, Permission(ALL, None, None, peer))
            group.rules[rule.id] = rule
        self.groups = {group.id: group}

    def resources(self) -> list[str]:
        """ARNs of security groups, but for the default one, and of instances that are not terminated."""
        groups = [self.arn(f"security-group/{group}") for group in self.groups if group != self.default_group]
        alive = (one.id for one in self.instances.values() if one.state != "terminated")
        return groups + [self.arn(f"instance/{instance}") for instance in alive]

    def new_id(self, kind: str) -> str:
        """An id of something that is made now.

        >>> from eslabon import Cloud
        >>> len(Cloud().service("ec2").new_id("i"))
        19
        """
        return f"{kind}-0{self.ids.hex(16)}"

    # Interfaces

    def free_addresses(self, subnet: Subnet) -> int:
        """How many addresses of a subnet nothing has.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> {ec2.free_addresses(subnet) for subnet in ec2.subnets.values()}
        {4091}
        """
        first, last = subnet.addresses
        return last - first + 1 - sum(one.subnet is subnet for one in self.interfaces.values())

    def new_interface(self, subnet: Subnet, groups: Sequence[str], purpose: str, *, public: bool = False) -> Interface:
        """Give an address in a subnet, and a public one if wanted, to an instance or a load balancer's node.

        groups: ids of security groups, which then are in use. Raises InsufficientFreeAddressesInSubnet.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> subnet = next(iter(ec2.subnets.values()))
        >>> interface = ec2.new_interface(subnet, [ec2.default_group], "ELB app/shop/1", public=True)
        >>> ec2.interfaces[interface.address] is interface, interface.public[:4], ec2.free_addresses(subnet)
        (True, '198.', 4090)
        """
        if not self.free_addresses(subnet):
            message = "The specified subnet does not have enough free addresses to satisfy the request."
            raise ServiceError("InsufficientFreeAddressesInSubnet", message)
        first, last = subnet.addresses
        address = ""
        while not address or address in self.cloud.network.taken:
            address = str(ipaddress.IPv4Address(self.ids.random.randint(first, last)))
        interface = Interface(address, subnet, list(groups), purpose)
        self.interfaces[address] = interface
        self.cloud.network.taken.add(address)
        if public:
            self.make_public(interface)
        return interface

    def make_public(self, interface: Interface) -> None:
        """Give an interface a public address, in place of the one that it may have.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> interface = ec2.new_interface(next(iter(ec2.subnets.values())), [], "ELB net/shop/1")
        >>> interface.public is None
        True
        >>> ec2.make_public(interface); interface.public.startswith("198.")
        True
        """
        address = ""
        while not address or address in self.cloud.network.taken:
            address = str(PUBLIC[self.ids.random.randrange(1, PUBLIC.num_addresses - 1)])
        self.hide(interface)
        interface.public = address
        self.cloud.network.taken.add(address)

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
        """Take an interface away, with its addresses; its groups may be deleted then.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> ec2.drop_interface(ec2.new_interface(next(iter(ec2.subnets.values())), [], "ELB net/shop/1"))
        >>> ec2.interfaces
        {}
        """
        self.hide(interface)
        self.cloud.network.release(interface.address)
        del self.interfaces[interface.address]

    def reaches(
        self, destination_ip: str, port: int, protocol: str, source_ip: str, source_groups: Sequence[str] = ()
    ) -> bool:
        """Whether what a source begins to send arrives: where not, it is dropped without a word, and time runs out.

        protocol: tcp or udp. source_groups: ids of the security groups of the source's interface, whose outbound rules
        must let it leave; they are found by the source's address when they are not given. Nothing arrives in the VPC
        where no machine runs.

        https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> node = ec2.new_interface(next(iter(ec2.subnets.values())), [ec2.default_group], "ELB app/shop/1")
        >>> ec2.reaches(node.address, 80, "tcp", "203.0.113.7")  # the default group lets in only its own
        False
        >>> ec2.reaches(node.address, 80, "tcp", "172.31.9.9", [ec2.default_group])
        True
        """
        source, destination = self.interfaces.get(source_ip), self.interfaces.get(destination_ip)
        leaving = source_groups or (source.groups if source else ())
        arriving = destination.groups if destination else ()
        senders = [self.groups[one] for one in leaving]
        if senders and not permits(senders, True, protocol, port, destination_ip, arriving):
            return False
        if destination is None:
            inside = ipaddress.ip_address(destination_ip) in ipaddress.ip_network(CIDR)
            return not inside or self.cloud.network.at(destination_ip, port) is not None
        receivers = [self.groups[one] for one in arriving]
        return destination.up and (not receivers or permits(receivers, False, protocol, port, source_ip, leaving))

    # Tags

    def tags_given(self, specifications: Many, kind: str, others: Sequence[str] = ()) -> dict[str, str]:
        """The tags of TagSpecifications for what is made: a `kind`; others: what else AWS lets be tagged here.

        Raises InvalidParameterValue, TagLimitExceeded.

        >>> from eslabon import Cloud
        >>> given = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "shop"}]}]
        >>> Cloud().service("ec2").tags_given(given, "instance")
        {'Name': 'shop'}
        >>> Cloud().service("ec2").tags_given(given, "security-group")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidParameterValue: 'instance' is not a valid taggable resource type ...
        """
        found: dict[str, str] = {}
        for one in specifications:
            given = one.get("ResourceType")
            if given in others:
                raise NotModelled("ec2", f"TagSpecifications of {given!r}", [kind])
            if given != kind:
                message = f"'{given}' is not a valid taggable resource type for this operation."
                raise ServiceError("InvalidParameterValue", message)
            found |= checked_tags(one.get("Tags", ()))
        self.fits(found)
        return found

    def fits(self, tags: Mapping[str, str]) -> None:
        """Complain of tags that no resource may have, before anything is made or changed.

        >>> from eslabon import Cloud
        >>> Cloud().service("ec2").fits({"aws:team": "shop"})
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use
        """
        try:
            Tags().put("", tags)
        except ReservedTag:
            message = "Tag keys starting with 'aws:' are reserved for internal use"
            raise ServiceError("InvalidParameterValue", message) from None
        except TooManyTags:
            message = "The maximum number of Tags for a resource has been reached."
            raise ServiceError("TagLimitExceeded", message) from None

    def shown_tags(self, resource: str) -> list[dict[str, str]]:
        """The tags of what has this id, as the API shows them.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> ec2.shown_tags(ec2.vpc.id)
        []
        """
        return [{"Key": key, "Value": value} for key, value in self.tags.get(resource).items()]

    def exists(self, resource: str) -> str:
        """Make sure that an id names something that can have tags, and say what; raises the errors of its kind.

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> ec2.exists(ec2.vpc.id)
        'vpc'
        >>> ec2.exists("shop")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidID: The ID 'shop' is not valid
        """
        everything: dict[str, Mapping[str, object]] = {
            "i": self.instances, "sg": self.groups, "subnet": self.subnets, "vpc": self.vpcs, "ami": self.images
        }  # fmt: skip
        kind = resource.partition("-")[0]
        if kind not in KINDS:
            raise ServiceError("InvalidID", f"The ID '{resource}' is not valid")
        lookup(kind, [resource], everything[kind])
        return RESOURCE_TYPES[kind]


RESOURCE_TYPES = {"i": "instance", "sg": "security-group", "subnet": "subnet", "vpc": "vpc", "ami": "image"}


def checked_tags(tags: Many) -> dict[str, str]:
    """Tags as a dictionary; a tag without a value has the empty one. Raises InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html

    >>> checked_tags([{"Key": "team", "Value": "shop"}, {"Key": "new"}])
    {'team': 'shop', 'new': ''}
    >>> checked_tags([{"Key": "team"}, {"Key": "team"}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Duplicate tag key 'team' specified.
    """
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if key in found:
            raise ServiceError("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
        if not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE:
            message = f"Tag keys have 1 to {LONGEST_KEY} characters, and values at most {LONGEST_VALUE}: '{key}'"
            raise ServiceError("InvalidParameterValue", message)
        found[key] = value
    return found
