"""Amazon EC2: instances, their states in virtual time, and what listens in them."""

from __future__ import annotations

from typing import Any

import pytest

from eslabon import Cloud
from eslabon.errors import NotModelled, ServiceError
from tests.core.refusals import refused_code


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")


def wanted(ec2: Any, **more: Any) -> dict[str, Any]:
    """What RunInstances needs, for one instance."""
    named = [{"Name": "architecture", "Values": ["x86_64"]}]
    [image] = ec2.describe_images(Owners=["amazon"], Filters=named)["Images"]
    return {"ImageId": image["ImageId"], "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **more}


def launched(ec2: Any, **more: Any) -> str:
    """The id of a new instance."""
    return str(ec2.run_instances(**wanted(ec2, **more))["Instances"][0]["InstanceId"])


def running(ec2: Any, **more: Any) -> str:
    """The id of an instance that runs."""
    instance = launched(ec2, **more)
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    return instance


def shown(ec2: Any, instance: str) -> Any:
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def test_an_instance_is_pending_and_then_runs_in_the_default_group_with_two_addresses(cloud: Cloud, ec2: Any) -> None:
    instance = launched(ec2)
    assert shown(ec2, instance)["State"] == {"Code": 0, "Name": "pending"}
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    told = shown(ec2, instance)
    assert told["State"] == {"Code": 16, "Name": "running"}
    assert [group["GroupName"] for group in told["SecurityGroups"]] == ["default"]
    assert told["PrivateIpAddress"].startswith("172.31.")
    assert told["PrivateDnsName"] == f"ip-{told['PrivateIpAddress'].replace('.', '-')}.ec2.internal"
    assert told["PublicDnsName"] == f"ec2-{told['PublicIpAddress'].replace('.', '-')}.compute-1.amazonaws.com"
    assert cloud.resources() == [f"arn:aws:ec2:us-east-1:123456789012:instance/{instance}"]


def test_an_instance_is_in_the_zone_and_range_of_its_subnet_and_takes_one_of_its_addresses(ec2: Any) -> None:
    in_c = [{"Name": "availability-zone", "Values": ["us-east-1c"]}]
    [subnet] = ec2.describe_subnets(Filters=in_c)["Subnets"]
    told = shown(ec2, launched(ec2, SubnetId=subnet["SubnetId"]))
    assert told["Placement"]["AvailabilityZone"] == "us-east-1c"
    assert 32 <= int(told["PrivateIpAddress"].split(".")[2]) <= 47, "172.31.32.0/20"
    [after] = ec2.describe_subnets(Filters=in_c)["Subnets"]
    assert after["AvailableIpAddressCount"] == subnet["AvailableIpAddressCount"] - 1


def test_instances_that_are_launched_together_are_one_reservation(ec2: Any) -> None:
    together = ec2.run_instances(**wanted(ec2, MinCount=2, MaxCount=3))
    alone = ec2.run_instances(**wanted(ec2))
    assert [one["AmiLaunchIndex"] for one in together["Instances"]] == [0, 1, 2]
    assert len({one["PrivateIpAddress"] for one in together["Instances"]}) == 3
    found = {one["ReservationId"]: len(one["Instances"]) for one in ec2.describe_instances()["Reservations"]}
    assert found == {together["ReservationId"]: 3, alone["ReservationId"]: 1}


def test_stopping_keeps_the_private_address_and_gives_the_public_one_back(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html"""
    instance = running(ec2)
    before = shown(ec2, instance)
    [change] = ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance])
    stopped = shown(ec2, instance)
    assert stopped["State"]["Code"] == 80
    assert "PublicIpAddress" not in stopped
    assert stopped["StateTransitionReason"].startswith("User initiated (2026-01-01 ")
    ec2.start_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    after = shown(ec2, instance)
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["PublicIpAddress"] != before["PublicIpAddress"]


def test_a_terminated_instance_is_described_for_an_hour_without_its_place(cloud: Cloud, ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-termination-works.html"""
    instance = running(ec2)
    ec2.terminate_instances(InstanceIds=[instance])
    assert shown(ec2, instance)["State"]["Name"] == "shutting-down"
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance])
    told = shown(ec2, instance)
    assert told["State"]["Code"] == 48
    assert not {"PrivateIpAddress", "PublicIpAddress", "SubnetId", "VpcId"} & told.keys()
    assert cloud.resources() == []
    cloud.clock.advance(3600)
    assert refused_code(ec2.describe_instances, InstanceIds=[instance]) == "InvalidInstanceID.NotFound"
    assert ec2.describe_instances()["Reservations"] == []


@pytest.mark.parametrize("after", [0, 30])
def test_a_pending_or_running_instance_may_be_terminated_and_never_runs_again(
    cloud: Cloud, ec2: Any, after: float
) -> None:
    instance = launched(ec2)
    cloud.clock.advance(after)
    ec2.terminate_instances(InstanceIds=[instance])
    cloud.clock.advance(600)
    assert shown(ec2, instance)["State"]["Name"] == "terminated"


def test_terminating_and_stopping_again_succeed(cloud: Cloud, ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html"""
    instance = running(ec2)
    for operation, answer in (("stop", "StoppingInstances"), ("terminate", "TerminatingInstances")):
        for _ in range(2):
            getattr(ec2, f"{operation}_instances")(InstanceIds=[instance])
        cloud.clock.advance(60)
        [change] = getattr(ec2, f"{operation}_instances")(InstanceIds=[instance])[answer]
        assert change["PreviousState"] == change["CurrentState"]


def test_what_a_state_does_not_allow_is_refused_for_all_instances(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""
    old, new = running(ec2), launched(ec2)
    assert refused_code(ec2.stop_instances, InstanceIds=[old, new]) == "IncorrectInstanceState"
    assert shown(ec2, old)["State"]["Name"] == "running"
    ec2.stop_instances(InstanceIds=[old])
    assert refused_code(ec2.start_instances, InstanceIds=[old]) == "IncorrectInstanceState"
    ec2.terminate_instances(InstanceIds=[new])
    for call in (ec2.start_instances, ec2.stop_instances):
        assert refused_code(call, InstanceIds=[new]) == "IncorrectInstanceState"
    ids = [old, "i-0123456789abcdef0"]
    assert refused_code(ec2.terminate_instances, InstanceIds=ids) == "InvalidInstanceID.NotFound"
    assert shown(ec2, old)["State"]["Name"] == "stopping"


def test_a_client_token_launches_once_and_serves_one_request(ec2: Any) -> None:
    """https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html"""
    first, again = (ec2.run_instances(**wanted(ec2, ClientToken="deploy-1")) for _ in range(2))
    assert first["ReservationId"] == again["ReservationId"]
    assert len(ec2.describe_instances()["Reservations"]) == 1
    other = wanted(ec2, ClientToken="deploy-1", MaxCount=2)
    assert refused_code(ec2.run_instances, **other) == "IdempotentParameterMismatch"
    assert ec2.run_instances(**wanted(ec2))["ReservationId"] != first["ReservationId"]
    ids = [first["Instances"][0]["InstanceId"]]
    ec2.terminate_instances(InstanceIds=ids)
    ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
    assert refused_code(ec2.run_instances, **wanted(ec2, ClientToken="deploy-1")) == "IdempotentInstanceTerminated"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"MinCount": 0}, "InvalidParameterValue"),
        ({"MinCount": 2}, "InvalidParameterValue"),
        ({"InstanceType": "t9.micro"}, "InvalidParameterValue"),
        ({"InstanceType": "t4g.micro"}, "InvalidParameterValue"),
        ({"InstanceType": None}, "MissingParameter"),
        ({"ImageId": None}, "MissingParameter"),
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
        ({"ImageId": "linux"}, "InvalidAMIID.Malformed"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
        ({"UserData": "x" * 16_385}, "InvalidUserData.Malformed"),
        ({"ClientToken": "t" * 65}, "InvalidParameterValue"),
        ({"MinCount": 4092, "MaxCount": 4092}, "InsufficientFreeAddressesInSubnet"),
        ({"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a"}]}]}, "InvalidParameterValue"),
        ({"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "aws:a"}]}]}, "InvalidParameterValue"),
    ],
)
def test_a_request_beyond_the_rules_launches_nothing(
    cloud: Cloud, ec2: Any, change: dict[str, Any], expected: str
) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    asked = {name: value for name, value in (wanted(ec2) | change).items() if value is not None}
    assert refused_code(ec2.run_instances, **asked) == expected
    assert cloud.resources() == []


def test_user_data_that_is_not_base64_is_refused_where_boto3_does_not_encode_it(cloud: Cloud, ec2: Any) -> None:
    asked = wanted(ec2, UserData="#!/bin/bash")
    with pytest.raises(ServiceError, match="InvalidUserData.Malformed"):
        cloud.call("ec2", "run_instances", asked)
    ec2.run_instances(**asked)


def test_volumes_are_not_tagged_because_they_are_not_modelled(ec2: Any) -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "shop"}]}]
    with pytest.raises(NotModelled, match="volume"):
        ec2.run_instances(**wanted(ec2, TagSpecifications=tags))


def test_instances_are_found_by_state_zone_group_and_tag(ec2: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "till"}]}]
    group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
    till, other = launched(ec2, TagSpecifications=tags, SecurityGroupIds=[group]), launched(ec2)
    ec2.terminate_instances(InstanceIds=[other])

    def found(name: str, *values: str) -> list[str]:
        answer = ec2.describe_instances(Filters=[{"Name": name, "Values": list(values)}])
        return [one["InstanceId"] for each in answer["Reservations"] for one in each["Instances"]]

    assert found("tag:Name", "till") == [till]
    assert found("instance.group-id", group) == [till]
    assert found("instance.group-name", "web") == [till]
    assert found("instance-state-name", "pending", "running") == [till]
    assert found("instance-state-code", "32") == [other]
    assert found("availability-zone", "us-east-1a") == [till, other]


def test_a_group_is_in_use_until_the_last_instance_that_has_it_is_terminated(cloud: Cloud, ec2: Any) -> None:
    group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
    instance = running(ec2, SecurityGroupIds=[group])
    ec2.terminate_instances(InstanceIds=[instance])
    assert refused_code(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance])
    ec2.delete_security_group(GroupId=group)
    assert cloud.resources() == []


def test_all_states_are_in_the_journal_with_the_name(cloud: Cloud, ec2: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "till"}]}]
    instance = running(ec2, TagSpecifications=tags)
    ec2.terminate_instances(InstanceIds=[instance])
    cloud.clock.run_until_idle()
    states = [(entry["name"], entry["state"]) for entry in cloud.journal.of("resource") if entry["type"] == "instance"]
    assert states == [("till", state) for state in ("pending", "running", "shutting-down", "terminated")]
