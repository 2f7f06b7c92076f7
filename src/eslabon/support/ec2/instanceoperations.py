"""Operations on instances."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eslabon.boto import service_model
from eslabon.errors import ServiceError
from eslabon.support.ec2.finding import invalid, lookup
from eslabon.support.ec2.instances import BOOT, Instance, architecture, shown
from eslabon.support.ec2.lifecycle import Lifecycle
from eslabon.support.ec2.places import Shown
from eslabon.support.ec2.state import Many
from eslabon.support.ec2.tagging import tags_given

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LARGEST_USER_DATA = 16_384  # bytes
LONGEST_TOKEN = 64

FILTERS = (
    "architecture availability-zone=Placement.AvailabilityZone dns-name=PublicDnsName image-id instance-id "
    "instance-state-code=State.Code instance-state-name=State.Name instance-type ip-address=PublicIpAddress "
    "instance.group-id=SecurityGroups.GroupId instance.group-name=SecurityGroups.GroupName private-dns-name "
    "private-ip-address subnet-id vpc-id"
)


class Instances(Lifecycle):
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
        UserData: str = "",
        ClientToken: str | None = None,
        TagSpecifications: Many = (),
    ) -> Shown:
        """Launch MinCount to MaxCount instances, in the subnet or in the first zone; they are pending for a while.

        What UserData (boto3 encodes it in base64) starts listens some time after they run, when eslabon recognises the
        script: see userdata.

        Raises MissingParameter, InvalidParameterValue, InvalidUserData.Malformed, the errors of the ids' kinds,
        IdempotentParameterMismatch, IdempotentInstanceTerminated, InsufficientFreeAddressesInSubnet, TagLimitExceeded.

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
        if ClientToken and len(ClientToken) > LONGEST_TOKEN:
            raise invalid(f"The client token has more than {LONGEST_TOKEN} characters")
        before, reservation = self._tokens.get(ClientToken or "", (given, ""))
        if given != before:
            message = "The client token has already been used with other parameters"
            raise ServiceError("IdempotentParameterMismatch", message)
        if reservation:
            return self._again(reservation)
        image = self._image(ImageId, InstanceType)
        groups = [group.id for group in lookup("sg", SecurityGroupIds, self.groups)] or [self.default_group]
        [subnet] = lookup("subnet", [SubnetId] if SubnetId else list(self.subnets)[:1], self.subnets)
        user_data = _decoded(UserData)
        if len(user_data) > LARGEST_USER_DATA:
            raise ServiceError("InvalidUserData.Malformed", f"User data is limited to {LARGEST_USER_DATA} bytes")
        tags = tags_given(TagSpecifications, "instance")
        if not 1 <= MinCount <= MaxCount:
            raise invalid(f"minCount ({MinCount}) must be at least 1, and maxCount ({MaxCount}) not less than minCount")
        count = min(MaxCount, self.free_addresses(subnet["SubnetId"]))
        if count < MinCount:
            message = "The specified subnet does not have enough free addresses to satisfy the request."
            raise ServiceError("InsufficientFreeAddressesInSubnet", message)
        reservation = self.new_id("r")
        for index in range(count):
            name = self.new_id("i")
            interface = self.new_interface(subnet, groups, name, public=True)
            launched = (reservation, index, self.clock.now)
            instance = self.instances[name] = Instance(name, image, InstanceType or "", interface, *launched, user_data)
            self.tags.put(name, tags)
            self._pass(instance, "pending", BOOT, "running")
        if ClientToken:
            self._tokens[ClientToken] = given, reservation
        return self._of(reservation)[0]

    def describe_instances(self, InstanceIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe instances, by reservation: those with the ids, or all; terminated ones for an hour.

        Raises InvalidInstanceID.NotFound, InvalidInstanceID.Malformed, InvalidParameterValue.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> ec2.describe_instances()["Reservations"]
        []
        >>> ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidInstanceID.NotFound) ...
        """
        names = {group.id: group.name for group in self.groups.values()}
        wanted = (one for one in self._remembered().values() if not InstanceIds or one.id in InstanceIds)
        found = {one.id: shown(one, names, self.region) for one in wanted}
        return {"Reservations": self._reservations(self.described("i", InstanceIds, found, Filters, FILTERS))}

    def start_instances(self, InstanceIds: Sequence[str]) -> Shown:
        """Start instances that are stopped, all or none; they get other public addresses.

        Raises InvalidInstanceID.NotFound, IncorrectInstanceState.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html

        >>> from eslabon import Cloud
        >>> Cloud().client("ec2").start_instances(InstanceIds=["i-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidInstanceID.NotFound) ...
        """
        return {"StartingInstances": self._act("started", InstanceIds)}

    def stop_instances(self, InstanceIds: Sequence[str]) -> Shown:
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

    def terminate_instances(self, InstanceIds: Sequence[str]) -> Shown:
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

    def _image(self, image_id: str | None, instance_type: str | None) -> Shown:
        for name, value in (("ImageId", image_id), ("InstanceType", instance_type)):
            if not value:
                raise ServiceError("MissingParameter", f"The request must contain the parameter {name}")
        [image] = lookup("ami", [image_id or ""], self.images)
        if instance_type not in service_model("ec2").shape_for("InstanceType").enum:
            raise invalid(f"Invalid value '{instance_type}' for InstanceType.")
        runs, wants = architecture(instance_type or ""), image["Architecture"]
        if runs != wants:
            raise invalid(
                f"The architecture '{runs}' of the specified instance type does not match the architecture '{wants}' "
                "of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try "
                "again."
            )
        return image

    def _again(self, reservation: str) -> Shown:
        """The answer to a request whose client token has launched already."""
        found = self._of(reservation)
        if not found or all(one["State"]["Name"] == "terminated" for one in found[0]["Instances"]):
            message = "The instances that were launched with this client token have been terminated"
            raise ServiceError("IdempotentInstanceTerminated", message)
        return found[0]

    def _of(self, reservation: str) -> list[Shown]:
        every: list[Shown] = self.describe_instances()["Reservations"]
        return [one for one in every if one["ReservationId"] == reservation]

    def _reservations(self, described: list[Shown]) -> list[Shown]:
        """What was launched together stands together."""
        found: dict[str, Shown] = {}
        for one in described:
            reservation = self.instances[one["InstanceId"]].reservation
            same = {"ReservationId": reservation, "OwnerId": self.account, "Groups": []}
            found.setdefault(reservation, {**same, "Instances": []})["Instances"].append(one)
        return list(found.values())


def _decoded(user_data: str) -> bytes:
    try:
        return base64.b64decode(user_data, validate=True)
    except ValueError:
        raise ServiceError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from None
