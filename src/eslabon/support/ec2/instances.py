"""Instances: their states as a table, how they are shown. What runs in them is in userdata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from eslabon.clock import Handle
from eslabon.network import Host
from eslabon.support.ec2.interfaces import Interface, private_name, public_name
from eslabon.support.ec2.places import Shown

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

BOOT = 15.0  # seconds from pending to running
SCRIPT = 20.0  # seconds from running until cloud-init has run the script
HALT = 30.0  # seconds from stopping to stopped, and from shutting-down to terminated
REMEMBERED = 3600.0  # seconds for which a terminated instance is still described

# Action -> the states in which it is no mistake -> the state that follows, and after so many seconds another; or none.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
ACTIONS: dict[str, dict[str, tuple[str, float, str] | None]] = {
    "started": {"stopped": ("pending", BOOT, "running"), "pending": None, "running": None},
    "stopped": {"running": ("stopping", HALT, "stopped"), "stopping": None, "stopped": None},
    "terminated": {
        **dict.fromkeys(("pending", "running", "stopping", "stopped"), ("shutting-down", HALT, "terminated")),
        **dict.fromkeys(("shutting-down", "terminated")),
    },
}

_ARM = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\..+")  # instance types with AWS's own processors


@dataclass(slots=True)
class Instance:
    """A virtual machine."""

    id: str
    image: Shown
    type: str
    interface: Interface
    reservation: str
    index: int  # its place among those that were launched together
    launched: float
    user_data: bytes
    state: str = "pending"
    reason: str = ""  # of the last change of state
    listening: str = "nothing listens: it does not run"  # in words: what listens, or why nothing does
    served: dict[int, Host] = field(default_factory=dict)  # by port: what its UserData has started
    next: Handle | None = None  # the change of state that is under way
    changed: float = 0.0  # when the state last changed

    @property
    def zone(self) -> str:
        """The name of its Availability Zone."""
        return str(self.interface.subnet["AvailabilityZone"])

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


def shown(instance: Instance, groups: Mapping[str, str], region: str) -> Shown:
    """An instance as DescribeInstances shows it; groups: names by id. A terminated one has no place any more.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html

    >>> from eslabon.support.ec2.places import default_vpc, images
    >>> subnet = next(iter(default_vpc("123456789012", "us-east-1")[1].values()))
    >>> image = next(iter(images("us-east-1").values()))
    >>> interface = Interface("172.31.0.9", subnet, ["sg-1"], "i-1", "198.18.0.9")
    >>> instance = Instance("i-1", image, "t3.micro", interface, "r-1", 0, 0.0, b"", state="running")
    >>> told = shown(instance, {"sg-1": "web"}, "us-east-1")
    >>> told["PrivateDnsName"], told["PublicDnsName"], told["SecurityGroups"]
    ('ip-172-31-0-9.ec2.internal', 'ec2-198-18-0-9.compute-1.amazonaws.com', [{'GroupId': 'sg-1', 'GroupName': 'web'}])
    >>> instance.state = "terminated"
    >>> "PrivateIpAddress" in shown(instance, {}, "us-east-1")
    False
    """
    interface = instance.interface
    described: Shown = {
        "AmiLaunchIndex": instance.index,
        "ImageId": instance.image["ImageId"],
        "InstanceId": instance.id,
        "InstanceType": instance.type,
        "LaunchTime": datetime.fromtimestamp(int(instance.launched), UTC),
        "Placement": {"AvailabilityZone": instance.zone, "Tenancy": "default"},
        "Architecture": instance.image["Architecture"],
        "State": shown_state(instance.state),
        "StateTransitionReason": instance.reason,
        "PrivateDnsName": "",
        "PublicDnsName": "",
    }
    if instance.state == "terminated":
        return described
    described |= {
        "SubnetId": interface.subnet["SubnetId"],
        "VpcId": interface.subnet["VpcId"],
        "PrivateIpAddress": interface.address,
        "PrivateDnsName": private_name(interface.address, region),
        "SecurityGroups": [{"GroupId": group, "GroupName": groups[group]} for group in interface.groups],
    }
    if interface.public:
        described["PublicIpAddress"] = interface.public
        described["PublicDnsName"] = public_name(interface.public, region)
    return described
