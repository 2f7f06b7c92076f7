"""Operations on instances, and how they pass from state to state in virtual time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from eslabon.boto import service_model
from eslabon.errors import ServiceError
from eslabon.support.ec2.errors import lookup
from eslabon.support.ec2.filters import member, paged, select
from eslabon.support.ec2.instances import (
    ACTIONS,
    BOOT,
    NO_EFFECT,
    REMEMBERED,
    SCRIPT,
    Instance,
    architecture,
    shown,
    shown_state,
)
from eslabon.support.ec2.places import Image
from eslabon.support.ec2.state import Answer, Many, State
from eslabon.support.ec2.userdata import started

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LARGEST_USER_DATA = 16_384  # bytes
LONGEST_TOKEN = 64

FILTERS = {
    "architecture": member("Architecture"),
    "availability-zone": member("Placement", "AvailabilityZone"),
    "dns-name": member("PublicDnsName"),
    "image-id": member("ImageId"),
    "instance-id": member("InstanceId"),
    "instance-state-code": member("State", "Code"),
    "instance-state-name": member("State", "Name"),
    "instance-type": member("InstanceType"),
    "instance.group-id": member("SecurityGroups", "GroupId"),
    "instance.group-name": member("SecurityGroups", "GroupName"),
    "ip-address": member("PublicIpAddress"),
    "private-dns-name": member("PrivateDnsName"),
    "private-ip-address": member("PrivateIpAddress"),
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
}


class Instances(State):
    """Instances: run, described, stopped, started, terminated."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._tokens: dict[str, tuple[Mapping[str, Any], str]] = {}  # of a client: what it asked for, the reservation

    def run_instances(
        self,
        MinCount: int,
        MaxCount: int,
        ImageId: str | None = None,
        InstanceType: str | None = None,
        SubnetId: str | None = None,
        SecurityGroupIds: Sequence[str] = (),
        SecurityGroups: Sequence[str] = (),
        UserData: str | bytes = "",
        ClientToken: str | None = None,
        TagSpecifications: Many = (),
    ) -> Answer:
        """Launch MinCount to MaxCount instances, in the subnet or in the first zone; they are pending for a while.

        What UserData starts listens some time after they run, when eslabon recognises the script: see userdata.

        Raises MissingParameter, InvalidParameterValue, InvalidParameterCombination, the errors of the ids' kinds,
        IdempotentParameterMismatch, InsufficientFreeAddressesInSubnet, TagLimitExceeded.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> image = ec2.describe_images()["Images"][0]["ImageId"]
        >>> wanted = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        >>> [instance] = ec2.run_instances(**wanted)["Instances"]
        >>> instance["State"], instance["Placement"]["AvailabilityZone"]
        ({'Code': 0, 'Name': 'pending'}, 'us-east-1a')
        >>> ec2.run_instances(**wanted | {"InstanceType": "t9.micro"})
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidParameterValue) ... Invalid value 't9.micro' for ...
        """
        given = {name: value for name, value in locals().items() if name not in ("self", "ClientToken")}
        if ClientToken in self._tokens:
            return self._again(ClientToken, given)
        image = self._image(ImageId, InstanceType)
        groups = self._groups(SecurityGroupIds, SecurityGroups, SubnetId)
        user_data = UserData.decode(errors="replace") if isinstance(UserData, bytes) else UserData
        if len(user_data.encode()) > LARGEST_USER_DATA:
            raise _invalid(f"User data is limited to {LARGEST_USER_DATA} bytes")
        if ClientToken and len(ClientToken) > LONGEST_TOKEN:
            raise _invalid(f"The client token has more than {LONGEST_TOKEN} characters")
        tags = self.tags_given(TagSpecifications, "instance", ("volume", "network-interface", "spot-instances-request"))
        subnet = lookup("subnet", [SubnetId] if SubnetId else list(self.subnets)[:1], self.subnets)[0]
        free = self.free_addresses(subnet)
        if not 1 <= MinCount <= MaxCount:
            what = "minCount" if MinCount < 1 else "maxCount"
            message = "minCount must be at least 1, and maxCount not less than minCount"
            raise _invalid(
                f"Value ({MinCount if MinCount < 1 else MaxCount}) for parameter {what} is invalid. {message}"
            )
        if free < MinCount:
            message = "The specified subnet does not have enough free addresses to satisfy the request."
            raise ServiceError("InsufficientFreeAddressesInSubnet", message)
        reservation = self.new_id("r")
        for index in range(min(MaxCount, free)):
            name = self.new_id("i")
            interface = self.new_interface(subnet, groups, name, public=True)
            instance = Instance(
                name, image, InstanceType or "", interface, reservation, index, self.clock.now, user_data
            )
            self.instances[name] = instance
            self.tags.put(name, tags)
            self._pass(instance, "pending", BOOT, "running")
        if ClientToken:
            self._tokens[ClientToken] = given, reservation
        return self._reservation(reservation, [self._shown(one) for one in self._of(reservation)])

    def describe_instances(
        self,
        InstanceIds: Sequence[str] = (),
        Filters: Many = (),
        MaxResults: int | None = None,
        NextToken: str | None = None,
    ) -> Answer:
        """Describe instances, by reservation: those with the ids, or all; terminated ones for an hour.

        Raises InvalidInstanceID.NotFound, InvalidInstanceID.Malformed, InvalidParameterCombination,
        InvalidParameterValue.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> ec2.describe_instances()["Reservations"]
        []
        >>> ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidInstanceID.NotFound) ...
        """
        if MaxResults is not None and InstanceIds:
            message = "The parameter instancesSet cannot be used with the parameter maxResults"
            raise ServiceError("InvalidParameterCombination", message)
        if MaxResults is not None and not 5 <= MaxResults <= 1000:
            raise _invalid(
                f"Value ({MaxResults}) for parameter maxResults is invalid. Expecting a value from 5 to 1000."
            )
        wanted = self._found(InstanceIds or [one.id for one in self._remembered().values()])
        described = select([self._shown(one) for one in wanted], Filters, FILTERS, "describe_instances")
        answer = paged("Reservations", described, MaxResults, NextToken)
        reservations: dict[str, list[dict[str, Any]]] = {}
        for one in answer["Reservations"]:
            reservations.setdefault(self.instances[one["InstanceId"]].reservation, []).append(one)
        answer["Reservations"] = [self._reservation(name, found) for name, found in reservations.items()]
        return answer

    def start_instances(self, InstanceIds: Sequence[str]) -> Answer:
        """Start instances that are stopped, all or none; they get other public addresses.

        Raises InvalidInstanceID.NotFound, IncorrectInstanceState.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html

        >>> from eslabon import Cloud
        >>> Cloud().client("ec2").start_instances(InstanceIds=["i-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidInstanceID.NotFound) ...
        """
        return {"StartingInstances": self._act("started", InstanceIds)}

    def stop_instances(self, InstanceIds: Sequence[str]) -> Answer:
        """Stop instances that run, all or none; they keep their private addresses.

        Raises InvalidInstanceID.NotFound, IncorrectInstanceState.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> image = ec2.describe_images()["Images"][0]["ImageId"]
        >>> launched = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
        >>> ids = [launched["Instances"][0]["InstanceId"]]
        >>> ec2.stop_instances(InstanceIds=ids)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (IncorrectInstanceState) ...
        >>> ec2.get_waiter("instance_running").wait(InstanceIds=ids)
        >>> ec2.stop_instances(InstanceIds=ids)["StoppingInstances"][0]["CurrentState"]["Name"]
        'stopping'
        """
        return {"StoppingInstances": self._act("stopped", InstanceIds)}

    def terminate_instances(self, InstanceIds: Sequence[str]) -> Answer:
        """Terminate instances, all or none; what has been terminated already may be so again.

        Raises InvalidInstanceID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> ec2 = cloud.client("ec2")
        >>> image = ec2.describe_images()["Images"][0]["ImageId"]
        >>> launched = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
        >>> ids = [launched["Instances"][0]["InstanceId"]]
        >>> ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"][0]["CurrentState"]["Name"]
        'shutting-down'
        >>> ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
        >>> cloud.resources()
        []
        """
        return {"TerminatingInstances": self._act("terminated", InstanceIds)}

    # What RunInstances asks

    def _again(self, token: str, given: Mapping[str, Any]) -> Answer:
        """The answer to a request whose token was there before."""
        before, reservation = self._tokens[token]
        if given != before:
            message = "The client token has already been used with other parameters"
            raise ServiceError("IdempotentParameterMismatch", message)
        return self._reservation(reservation, [self._shown(one) for one in self._of(reservation)])

    def _image(self, image_id: str | None, instance_type: str | None) -> Image:
        for name, value in (("ImageId", image_id), ("InstanceType", instance_type)):
            if not value:
                raise ServiceError("MissingParameter", f"The request must contain the parameter {name}")
        image = lookup("ami", [image_id or ""], self.images)[0]
        if instance_type not in service_model("ec2").shape_for("InstanceType").enum:
            raise _invalid(f"Invalid value '{instance_type}' for InstanceType.")
        runs = architecture(instance_type or "")
        if runs != image.architecture:
            raise _invalid(
                f"The architecture '{runs}' of the specified instance type does not match the architecture "
                f"'{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching "
                "architectures, and try again."
            )
        return image

    def _groups(self, ids: Sequence[str], names: Sequence[str], subnet: str | None) -> list[str]:
        if names and subnet:
            message = "The parameter groupName cannot be used with the parameter subnet"
            raise ServiceError("InvalidParameterCombination", message)
        by_name = {group.name: group.id for group in self.groups.values()}
        for name in names:
            if name not in by_name:
                message = f"The security group '{name}' does not exist in default VPC '{self.vpc.id}'"
                raise ServiceError("InvalidGroup.NotFound", message)
        found = [group.id for group in lookup("sg", ids, self.groups)] + [by_name[name] for name in names]
        return list(dict.fromkeys(found)) or [self.default_group]

    # States

    def _act(self, action: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        wanted = self._found(ids)
        for instance in wanted:
            if instance.state not in (*ACTIONS[action], *NO_EFFECT[action]):
                raise ServiceError("IncorrectInstanceState", _refusal(instance, action))
        changes = []
        for instance in wanted:
            before = instance.state
            if before in ACTIONS[action]:
                when = datetime.fromtimestamp(int(self.clock.now), UTC)
                instance.reason = "" if action == "started" else f"User initiated ({when:%Y-%m-%d %H:%M:%S} GMT)"
                self._pass(instance, *ACTIONS[action][before])
            states = {"PreviousState": shown_state(before), "CurrentState": shown_state(instance.state)}
            changes.append({"InstanceId": instance.id, **states})
        return changes

    def _pass(self, instance: Instance, first: str, seconds: float, then: str) -> None:
        """Enter a state now and another one after so many seconds; what was under way is given up."""
        if instance.next:
            instance.next.cancel()
        self._enter(instance, first)
        instance.next = self.clock.call_later(seconds, lambda: self._enter(instance, then))

    def _enter(self, instance: Instance, state: str) -> None:
        instance.state, instance.changed = state, self.clock.now
        interface = instance.interface
        interface.up = state == "running"
        arn = self.arn(f"instance/{instance.id}")
        name = self.tags.get(instance.id).get("Name", instance.id)
        self.journal.record("resource", arn=arn, state=state, type="instance", name=name)
        if state == "running":
            if interface.public is None:
                self.make_public(interface)
            instance.listening = "nothing listens yet: UserData has not run"
            instance.next = self.clock.call_later(SCRIPT, lambda: self._listen(instance))
            return
        for port, host in instance.served.items():
            if self.cloud.network.at(instance.address, port) is host:
                self.cloud.network.detach(instance.address, port)
        instance.served, instance.listening = {}, "nothing listens: it does not run"
        if state == "stopped":
            self.hide(interface)
        elif state == "terminated":
            self.drop_interface(interface)

    def _listen(self, instance: Instance) -> None:
        """What UserData has started listens, but where a program of the reader's does."""
        network, address = self.cloud.network, instance.address
        served, instance.listening = started(instance.user_data, instance.id, instance.zone)
        instance.served = {port: host for port, host in served.items() if network.at(address, port) is None}
        for port, host in instance.served.items():
            network.attach(address, port, host)
        arn, ports = self.arn(f"instance/{instance.id}"), sorted(served)
        self.journal.record("listening", arn=arn, address=address, ports=ports, why=instance.listening)

    # What is found, and how it is shown

    def _remembered(self) -> dict[str, Instance]:
        for instance in list(self.instances.values()):
            if instance.state == "terminated" and instance.changed + REMEMBERED <= self.clock.now:
                del self.instances[instance.id]
                self.tags.remove(instance.id)
        return self.instances

    def _found(self, ids: Sequence[str]) -> list[Instance]:
        return lookup("i", dict.fromkeys(ids), self._remembered())

    def _of(self, reservation: str) -> list[Instance]:
        return [one for one in self._remembered().values() if one.reservation == reservation]

    def _shown(self, instance: Instance) -> dict[str, Any]:
        names = {group.id: group.name for group in self.groups.values()}
        return shown(instance, names, self.shown_tags(instance.id), self.region)

    def _reservation(self, reservation: str, instances: list[dict[str, Any]]) -> Answer:
        return {"ReservationId": reservation, "OwnerId": self.account, "Groups": [], "Instances": instances}


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message)


def _refusal(instance: Instance, action: str) -> str:
    if action == "stopped" and instance.state == "pending":
        return f"Instance '{instance.id}' cannot be stopped as it has never reached the 'running' state."
    return f"The instance '{instance.id}' is not in a state from which it can be {action}."
