"""Amazon EC2: what an account has without making it, how it is found, and what may be tagged."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud
from eslabon.errors import NotModelled
from tests.core.refusals import refused_code


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")


def test_a_default_vpc_has_a_range_of_65536_addresses_and_a_subnet_of_4096_in_each_zone(ec2: Any) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html"""
    [vpc] = ec2.describe_vpcs()["Vpcs"]
    assert (vpc["CidrBlock"], vpc["IsDefault"], vpc["State"]) == ("172.31.0.0/16", True, "available")
    subnets = ec2.describe_subnets()["Subnets"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert sorted(subnet["AvailabilityZone"] for subnet in subnets) == zones
    assert {subnet["CidrBlock"].partition("/")[2] for subnet in subnets} == {"20"}
    assert all(subnet["DefaultForAz"] and subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    assert {subnet["VpcId"] for subnet in subnets} == {vpc["VpcId"]}


def test_aws_keeps_five_addresses_of_each_subnet(ec2: Any) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""
    assert {subnet["AvailableIpAddressCount"] for subnet in ec2.describe_subnets()["Subnets"]} == {4096 - 5}


def test_an_empty_account_has_made_nothing_although_it_has_a_vpc(cloud: Cloud, ec2: Any) -> None:
    ec2.describe_vpcs()
    assert cloud.resources() == []


def test_every_region_has_a_default_vpc_of_its_own_with_the_same_range(cloud: Cloud) -> None:
    here, there = (
        cloud.client("ec2", region_name=region).describe_vpcs()["Vpcs"][0] for region in ("us-east-1", "eu-south-1")
    )
    assert here["CidrBlock"] == there["CidrBlock"]
    assert here["VpcId"] != there["VpcId"]


@pytest.mark.parametrize(
    ("region", "zone_id"),
    [
        ("us-east-1", "use1-az1"),
        ("us-west-2", "usw2-az1"),
        ("eu-central-1", "euc1-az1"),
        ("eu-south-2", "eus2-az1"),
        ("ap-northeast-1", "apne1-az1"),
        ("ap-southeast-2", "apse2-az1"),
        ("ca-central-1", "cac1-az1"),
        ("sa-east-1", "sae1-az1"),
    ],
)
def test_zone_ids_begin_with_a_short_name_of_the_region(cloud: Cloud, region: str, zone_id: str) -> None:
    """https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html"""
    zones = cloud.client("ec2", region_name=region).describe_availability_zones()["AvailabilityZones"]
    assert zones[0]["ZoneId"] == zone_id


def test_the_newest_image_of_amazon_linux_is_found_by_owner_and_name(ec2: Any) -> None:
    named = [{"Name": "name", "Values": ["al2023-ami-2023.*"]}, {"Name": "architecture", "Values": ["x86_64"]}]
    [image] = ec2.describe_images(Owners=["amazon"], Filters=named)["Images"]
    assert image["State"] == "available"
    assert image["CreationDate"] < "2026"
    assert ec2.describe_images(ImageIds=[image["ImageId"]])["Images"] == [image]


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("describe_vpcs", {"VpcIds": ["vpc-0123456789abcdef0"]}, "InvalidVpcID.NotFound"),
        ("describe_vpcs", {"VpcIds": ["main"]}, "InvalidVpcID.Malformed"),
        ("describe_subnets", {"SubnetIds": ["subnet-0123456789abcdef0"]}, "InvalidSubnetID.NotFound"),
        ("describe_images", {"ImageIds": ["ami-0123456789abcdef0"]}, "InvalidAMIID.NotFound"),
        ("describe_images", {"ImageIds": ["linux"]}, "InvalidAMIID.Malformed"),
        ("describe_instances", {"InstanceIds": ["i-0123456789abcdef0"]}, "InvalidInstanceID.NotFound"),
        ("describe_instances", {"InstanceIds": ["web"]}, "InvalidInstanceID.Malformed"),
        ("describe_security_groups", {"GroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
        ("describe_security_groups", {"GroupIds": ["web"]}, "InvalidGroupId.Malformed"),
        ("describe_availability_zones", {"ZoneNames": ["us-east-1z"]}, "InvalidParameterValue"),
        ("describe_vpcs", {"Filters": [{"Name": "vpc-id"}]}, "InvalidParameterValue"),
    ],
)
def test_what_is_not_there_is_refused_with_the_code_of_its_kind(
    ec2: Any, operation: str, parameters: dict[str, Any], expected: str
) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    assert refused_code(getattr(ec2, operation), **parameters) == expected


def test_the_message_names_all_ids_that_do_not_exist(ec2: Any) -> None:
    ids = ["i-0123456789abcdef0", "i-0123456789abcdef1"]
    with pytest.raises(ClientError, match="The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist"):
        ec2.describe_instances(InstanceIds=ids)


def test_all_filters_must_match_and_of_a_filter_one_value(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""
    zones = {"Name": "availability-zone", "Values": ["us-east-1a", "us-east-1c"]}
    one = {"Name": "cidr-block", "Values": ["172.31.0.0/20"]}
    assert len(ec2.describe_subnets(Filters=[zones])["Subnets"]) == 2
    assert len(ec2.describe_subnets(Filters=[zones, one])["Subnets"]) == 1


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("us-east-1?", 3), ("*1a", 1), ("US-EAST-1a", 0), ("us-east-1", 0), (r"us-east-1\?", 0), ("us.east.1a", 0)],
)
def test_filters_are_case_sensitive_and_have_wildcards_that_a_backslash_takes_away(
    ec2: Any, pattern: str, matches: int
) -> None:
    filters = [{"Name": "availability-zone", "Values": [pattern]}]
    assert len(ec2.describe_subnets(Filters=filters)["Subnets"]) == matches


def test_a_filter_that_is_not_modelled_is_refused_and_not_ignored(ec2: Any) -> None:
    with pytest.raises(NotModelled, match="by 'outpost-arn'. Modelled nearby: .*vpc-id"):
        ec2.describe_subnets(Filters=[{"Name": "outpost-arn", "Values": ["*"]}])


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("create_vpc", {"CidrBlock": "10.0.0.0/16"}),
        ("describe_vpcs", {"MaxResults": 5}),
        ("describe_vpcs", {"DryRun": True}),
        ("run_instances", {"MinCount": 1, "MaxCount": 1, "KeyName": "mine"}),
        ("run_instances", {"MinCount": 1, "MaxCount": 1, "Placement": {"AvailabilityZone": "us-east-1a"}}),
    ],
)
def test_what_is_not_modelled_is_refused_and_not_ignored(ec2: Any, operation: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(NotModelled):
        getattr(ec2, operation)(**parameters)


def test_tags_are_added_replaced_and_found(ec2: Any) -> None:
    ids = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    ec2.create_tags(Resources=ids[:2], Tags=[{"Key": "team", "Value": "shop"}, {"Key": "new"}])
    ec2.create_tags(Resources=ids[:1], Tags=[{"Key": "team", "Value": "till"}])
    found = ec2.describe_subnets(Filters=[{"Name": "tag:team", "Values": ["till"]}])["Subnets"]
    assert [subnet["SubnetId"] for subnet in found] == ids[:1]
    assert {tag["Key"]: tag["Value"] for tag in found[0]["Tags"]} == {"team": "till", "new": ""}
    assert len(ec2.describe_subnets(Filters=[{"Name": "tag-key", "Values": ["team"]}])["Subnets"]) == 2


def test_a_tag_is_deleted_by_its_key_and_value_by_its_key_or_with_all(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html"""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]

    def keys() -> set[str]:
        return {tag["Key"] for tag in ec2.describe_vpcs()["Vpcs"][0].get("Tags", [])}

    ec2.create_tags(Resources=[vpc], Tags=[{"Key": key, "Value": "1"} for key in "abcd"])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}, {"Key": "c"}])
    assert keys() == {"a", "d"}
    ec2.delete_tags(Resources=[vpc])
    assert keys() == set()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([{"Key": "aws:team", "Value": "shop"}], "InvalidParameterValue"),
        ([{"Key": "team"}, {"Key": "team"}], "InvalidParameterValue"),
        ([{"Key": "k" * 129}], "InvalidParameterValue"),
        ([{"Key": ""}], "InvalidTagKey.Malformed"),
        ([{"Key": "k", "Value": "v" * 257}], "InvalidParameterValue"),
        ([{"Key": str(number)} for number in range(51)], "TagLimitExceeded"),
    ],
)
def test_tags_beyond_the_rules_are_refused_for_all_resources(ec2: Any, tags: list[Any], expected: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert refused_code(ec2.create_tags, Resources=[vpc], Tags=tags) == expected
    assert "Tags" not in ec2.describe_vpcs()["Vpcs"][0]


def test_only_what_exists_is_tagged(ec2: Any) -> None:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    tag = [{"Key": "team", "Value": "shop"}]
    both = [vpc, "i-0123456789abcdef0"]
    assert refused_code(ec2.create_tags, Resources=both, Tags=tag) == "InvalidInstanceID.NotFound"
    assert refused_code(ec2.create_tags, Resources=["shop"], Tags=tag) == "InvalidID"
    assert "Tags" not in ec2.describe_vpcs()["Vpcs"][0]


def test_the_resources_of_boto3_work_over_the_same_operations(cloud: Cloud) -> None:
    ec2 = cloud.resource("ec2")
    [vpc] = ec2.vpcs.all()
    assert len(list(vpc.subnets.all())) == 3
    group = ec2.create_security_group(GroupName="web", Description="the web")
    group.authorize_ingress(IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    assert group.ip_permissions[0]["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}]
    group.delete()
    assert cloud.resources() == []
