"""Instances: their states as a table, their network interface, how they are shown. What runs in them is in userdata."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from eslabon.clock import Handle
from eslabon.network import Host
from eslabon.support.ec2.places import Image, Subnet

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

BOOT = 15.0  # seconds from pending to running
SCRIPT = 20.0  # seconds from running until cloud-init has run the script
HALT = 30.0  # seconds from stopping to stopped, and from shutting-down to terminated
REMEMBERED = 3600.0  # seconds for which a terminated instance is still described

# Action -> the states in which it has effect -> the states that follow, the second after so many seconds.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
ACTIONS: dict[str, dict[str, tuple[str, float, str]]] = {
    "started": {"stopped": ("pending", BOOT, "running")},
    "stopped": {"running": ("stopping", HALT, "stopped")},
    "terminated": dict.fromkeys(("pending", "running", "stopping", "stopped"), ("shutting-down", HALT, "terminated")),
}
# The states in which an action is no mistake, but changes nothing; in all others it is refused.
NO_EFFECT = {
    "started": ("pending", "running"),
    "stopped": ("stopping", "stopped"),
    "terminated": ("shutting-down", "terminated"),
}

_ARM = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\..+")  # instance types with AWS's own processors


@dataclass(slots=True)
class Interface:
    """A network interface: an address in a subnet, behind security groups. Instances and load balancers have them."""

    address: str
    subnet: Subnet
    groups: list[str]  # ids; without any, everything passes
    purpose: str  # what has it
    public: str | None = None  # the public address
    up: bool = True  # whether what has it runs


@dataclass(slots=True)
class Instance:
    """A virtual machine."""

    id: str
    image: Image
    type: str
    interface: Interface
    reservation: str
    index: int  # its place among those that were launched together
    launched: float
    user_data: str
    state: str = "pending"
    reason: str = ""  # of the last change of state
    listening: str = "nothing listens: it does not run"  # in words: what listens, or why nothing does
    served: dict[int, Host] = field(default_factory=dict)  # by port: what its UserData has started
    next: Handle | None = None  # the change of state that is under way
    changed: float = 0.0  # when the state last changed

    @property
    def zone(self) -> str:
        """The name of its Availability Zone."""
        return self.interface.subnet.zone.name

    @property
    def address(self) -> str:
        """Its private IPv4 address."""
        return self.interface.address


def architecture(instance_type: str) -> str:
    """The processor of an instance type.

    https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html

    >>> architecture("t3.micro"), architecture("t4g.micro"), architecture("g4dn.xlarge"), architecture("c7gn.large")
    ('x86_64', 'arm64', 'x86_64', 'arm64')
    """
    return "arm64" if _ARM.fullmatch(instance_type) else "x86_64"


def shown_state(state: str) -> dict[str, Any]:
    """A state with its code.

    >>> shown_state("running")
    {'Code': 16, 'Name': 'running'}
    """
    return {"Code": CODES[state], "Name": state}


def shown(instance: Instance, groups: dict[str, str], tags: list[dict[str, str]], region: str) -> dict[str, Any]:
    """An instance as DescribeInstances shows it; groups: names by id. A terminated one has no place any more.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html

    >>> from eslabon.support.ec2.places import default_vpc, images
    >>> subnet = next(iter(default_vpc("123456789012", "us-east-1")[1].values()))
    >>> image = next(iter(images("us-east-1").values()))
    >>> interface = Interface("172.31.0.9", subnet, ["sg-1"], "i-1", "198.18.0.9")
    >>> instance = Instance("i-1", image, "t3.micro", interface, "r-1", 0, 0.0, "", state="running")
    >>> told = shown(instance, {"sg-1": "web"}, [], "us-east-1")
    >>> told["PrivateDnsName"], told["PublicDnsName"], told["SecurityGroups"]
    ('ip-172-31-0-9.ec2.internal', 'ec2-198-18-0-9.compute-1.amazonaws.com', [{'GroupId': 'sg-1', 'GroupName': 'web'}])
    >>> instance.state = "terminated"
    >>> "PrivateIpAddress" in shown(instance, {}, [], "us-east-1")
    False
    """
    interface = instance.interface
    public = interface.public if instance.state == "running" else None
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    public_domain = "compute-1.amazonaws.com" if region == "us-east-1" else f"{region}.compute.amazonaws.com"
    described: dict[str, Any] = {
        "AmiLaunchIndex": instance.index,
        "ImageId": instance.image.id,
        "InstanceId": instance.id,
        "InstanceType": instance.type,
        "LaunchTime": datetime.fromtimestamp(int(instance.launched), UTC),
        "Monitoring": {"State": "disabled"},
        "Placement": {"AvailabilityZone": instance.zone, "GroupName": "", "Tenancy": "default"},
        "Architecture": instance.image.architecture,
        "VirtualizationType": "hvm",
        "RootDeviceType": "ebs",
        "State": shown_state(instance.state),
        "StateTransitionReason": instance.reason,
        "PublicDnsName": f"ec2-{public.replace('.', '-')}.{public_domain}" if public else "",
        "PrivateDnsName": "",
        "SecurityGroups": [],
        "Tags": tags or None,
    }
    if instance.state != "terminated":
        described |= {
            "SubnetId": interface.subnet.id,
            "VpcId": interface.subnet.vpc,
            "PrivateIpAddress": interface.address,
            "PublicIpAddress": public,
            "PrivateDnsName": f"ip-{interface.address.replace('.', '-')}.{domain}",
            "SecurityGroups": [{"GroupId": group, "GroupName": groups[group]} for group in interface.groups],
        }
    return described
