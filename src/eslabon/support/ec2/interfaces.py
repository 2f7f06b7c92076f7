"""Network interfaces: what instances and load balancers have in a subnet, and how it is shown. Others are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eslabon.support.ec2.places import Shown, fixed_id

BALANCERS = "amazon-elb"  # who makes the interfaces of load balancers
# What a purpose begins with -> the type of the interface; of the others it is "interface".
TYPES = {"ELB net/": "network_load_balancer", "ELB gwy/": "gateway_load_balancer"}


@dataclass(slots=True)
class Interface:
    """A network interface: an address in a subnet, behind security groups. Instances and load balancers have them."""

    address: str
    subnet: Shown
    groups: list[str]  # ids; without any, everything passes
    purpose: str  # what has it: the id of an instance, or "ELB app/shop/0123456789abcdef"
    public: str | None = None  # the public IPv4 address
    ipv6: str | None = None
    up: bool = True  # whether what has it runs

    @property
    def id(self) -> str:
        """Its id, the same whenever one is asked for it."""
        return fixed_id("eni", self.address, self.purpose)


def private_name(address: str, region: str) -> str:
    """The host name of a private address.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-naming.html

    >>> private_name("172.31.0.9", "us-east-1"), private_name("172.31.0.9", "eu-south-1")
    ('ip-172-31-0-9.ec2.internal', 'ip-172-31-0-9.eu-south-1.compute.internal')
    """
    return f"ip-{address.replace('.', '-')}." + (f"{region}.compute" if region != "us-east-1" else "ec2") + ".internal"


def public_name(address: str, region: str) -> str:
    """The host name of a public address.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-naming.html

    >>> public_name("198.18.0.9", "us-east-1"), public_name("198.18.0.9", "eu-south-1")
    ('ec2-198-18-0-9.compute-1.amazonaws.com', 'ec2-198-18-0-9.eu-south-1.compute.amazonaws.com')
    """
    where = f"{region}.compute" if region != "us-east-1" else "compute-1"
    return f"ec2-{address.replace('.', '-')}.{where}.amazonaws.com"


def shown_interface(interface: Interface, groups: Mapping[str, str], region: str) -> Shown:
    """An interface as DescribeNetworkInterfaces shows it; groups: names by id.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html

    >>> from eslabon.support.ec2.places import default_vpc
    >>> subnet = next(iter(default_vpc("123456789012", "us-east-1")[1].values()))
    >>> told = shown_interface(Interface("172.31.0.9", subnet, [], "ELB net/shop/1"), {}, "us-east-1")
    >>> told["InterfaceType"], told["RequesterManaged"], told["Description"]
    ('network_load_balancer', True, 'ELB net/shop/1')
    >>> shown_interface(Interface("172.31.0.9", subnet, [], "i-1"), {}, "us-east-1")["Attachment"]["InstanceId"]
    'i-1'
    """
    subnet, owner = interface.subnet, interface.subnet["OwnerId"]
    managed = interface.purpose.startswith("ELB ")
    attachment = {"InstanceId": interface.purpose, "InstanceOwnerId": owner, "DeviceIndex": 0}
    if managed:
        attachment = {"InstanceOwnerId": BALANCERS, "DeviceIndex": 1}
    association = None
    if interface.public:
        association = {
            "PublicIp": interface.public,
            "PublicDnsName": public_name(interface.public, region),
            "IpOwnerId": BALANCERS if managed else "amazon",
        }
    address = {"PrivateIpAddress": interface.address, "PrivateDnsName": private_name(interface.address, region)}
    return {
        "NetworkInterfaceId": interface.id,
        "Description": interface.purpose if managed else "",
        "InterfaceType": next((TYPES[start] for start in TYPES if interface.purpose.startswith(start)), "interface"),
        "Status": "in-use",
        "Attachment": {**attachment, "DeleteOnTermination": not managed, "Status": "attached"},
        "Association": association,
        **address,
        "PrivateIpAddresses": [{"Primary": True, "Association": association, **address}],
        "Ipv6Addresses": [{"Ipv6Address": interface.ipv6}] if interface.ipv6 else [],
        "Groups": [{"GroupId": group, "GroupName": groups[group]} for group in interface.groups],
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "AvailabilityZoneId": subnet["AvailabilityZoneId"],
        "OwnerId": owner,
        "RequesterManaged": managed,
        "RequesterId": BALANCERS if managed else None,
        "TagSet": [],
    }
