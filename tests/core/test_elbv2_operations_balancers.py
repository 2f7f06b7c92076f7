"""Load balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from eslabon import Cloud, NotModelled
from eslabon.elbv2.operations.examples import Example, example
from tests.core.refusals import refused


@pytest.fixture
def shop() -> Example:
    return example()


def create(shop: Example, name: str = "orders", **parameters: Any) -> Any:
    asked = {"Subnets": shop.subnets} | parameters
    return shop.elbv2.create_load_balancer(Name=name, **asked)["LoadBalancers"][0]


def attribute(shop: Example, arn: str, key: str) -> str:
    found = shop.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return str({one["Key"]: one["Value"] for one in found}[key])


def modify(shop: Example, arn: str, **values: str) -> Any:
    given = [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]
    return shop.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=given)


class TestCreation:
    def test_it_is_provisioned_for_about_two_minutes_and_a_waiter_sees_it_active(self, shop: Example) -> None:
        made = create(shop)
        assert made["State"] == {"Code": "provisioning"}
        began = shop.cloud.clock.now
        shop.elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[made["LoadBalancerArn"]])
        assert 100 < shop.cloud.clock.now - began < 150
        described = shop.elbv2.describe_load_balancers(Names=["orders"])["LoadBalancers"][0]
        assert described["State"] == {"Code": "active"}

    def test_an_application_load_balancer_is_internet_facing_and_gets_the_default_security_group(
        self, shop: Example
    ) -> None:
        made = create(shop)
        default = shop.cloud.client("ec2").describe_security_groups(
            Filters=[{"Name": "group-name", "Values": ["default"]}]
        )["SecurityGroups"]
        assert made["Type"] == "application"
        assert made["Scheme"] == "internet-facing"
        assert made["IpAddressType"] == "ipv4"
        assert made["SecurityGroups"] == [default[0]["GroupId"]]
        assert made["VpcId"] == default[0]["VpcId"]
        assert [zone["SubnetId"] for zone in made["AvailabilityZones"]] == shop.subnets
        assert made["CreatedTime"].year == 2026

    @pytest.mark.parametrize(
        ("parameters", "arn", "dns"),
        [
            ({}, "loadbalancer/app/orders/", r"orders-\d{10}\.us-east-1\.elb\.amazonaws\.com"),
            (
                {"Scheme": "internal"},
                "loadbalancer/app/orders/",
                r"internal-orders-\d{10}\.us-east-1\.elb\.amazonaws\.com",
            ),
            ({"Type": "network"}, "loadbalancer/net/orders/", r"orders-[0-9a-f]{16}\.elb\.us-east-1\.amazonaws\.com"),
        ],
    )
    def test_arns_and_dns_names_have_the_forms_of_their_type(
        self, shop: Example, parameters: dict[str, str], arn: str, dns: str
    ) -> None:
        made = create(shop, **parameters)
        assert made["LoadBalancerArn"].split(":", 5)[-1].startswith(arn)
        assert re.fullmatch(dns, made["DNSName"])

    def test_hosted_zones_are_those_of_the_type_in_the_region(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/general/latest/gr/elb.html"""
        assert create(shop)["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
        assert create(shop, "flows", Type="network")["CanonicalHostedZoneId"] == "Z26RNL4JYFTOTI"

    def test_a_gateway_load_balancer_has_neither_a_name_in_dns_nor_a_scheme_nor_security_groups(
        self, shop: Example
    ) -> None:
        made = create(shop, Type="gateway")
        assert made.keys().isdisjoint({"DNSName", "Scheme", "SecurityGroups"})
        code = "InvalidConfigurationRequest"
        assert refused(create, shop=shop, name="a", Type="gateway", Scheme="internal")[0] == code
        assert refused(create, shop=shop, name="a", Type="gateway", SecurityGroups=["sg-0"])[0] == code

    def test_a_network_load_balancer_may_be_in_one_zone_and_without_security_groups(self, shop: Example) -> None:
        made = create(shop, Type="network", Subnets=shop.subnets[:1])
        assert len(made["AvailabilityZones"]) == 1
        assert "SecurityGroups" not in made

    def test_the_same_request_again_finds_the_same_one(self, shop: Example) -> None:
        first = create(shop)
        assert create(shop)["LoadBalancerArn"] == first["LoadBalancerArn"]
        assert create(shop, Subnets=shop.subnets[::-1])["LoadBalancerArn"] == first["LoadBalancerArn"]

    @pytest.mark.parametrize("other", [{"Scheme": "internal"}, {"Type": "network"}])
    def test_another_one_of_the_same_name_is_refused(self, shop: Example, other: dict[str, str]) -> None:
        create(shop)
        assert refused(create, shop=shop, **other) == (
            "DuplicateLoadBalancerName",
            "A load balancer with the same name 'orders' exists, but with different settings",
        )

    @pytest.mark.parametrize("name", ["", "a" * 33, "two words", "under_score", "-shop", "shop-", "internal-shop"])
    def test_names_have_32_letters_digits_and_hyphens(self, shop: Example, name: str) -> None:
        assert refused(create, shop=shop, name=name)[0] == "ValidationError"

    def test_a_name_of_32_characters_is_taken(self, shop: Example) -> None:
        assert create(shop, "a" * 32)["LoadBalancerName"] == "a" * 32

    def test_an_application_load_balancer_needs_two_zones(self, shop: Example) -> None:
        assert refused(create, shop=shop, Subnets=shop.subnets[:1]) == (
            "ValidationError",
            "At least two subnets in two different Availability Zones must be specified",
        )

    def test_subnets_are_one_a_zone_known_and_given_in_one_way(self, shop: Example) -> None:
        first, mapping = shop.subnets[0], [{"SubnetId": subnet} for subnet in shop.subnets]
        assert refused(create, shop=shop, Subnets=[first, first])[0] == "InvalidConfigurationRequest"
        gone = refused(create, shop=shop, Subnets=[first, "subnet-0123456789abcdef0"])
        assert gone[0] == "SubnetNotFound"
        assert refused(create, shop=shop, SubnetMappings=mapping)[0] == "ValidationError"
        assert refused(create, shop=shop, Subnets=[])[0] == "ValidationError"
        made = shop.elbv2.create_load_balancer(Name="mapped", SubnetMappings=mapping)["LoadBalancers"][0]
        assert [zone["SubnetId"] for zone in made["AvailabilityZones"]] == shop.subnets

    def test_security_groups_exist(self, shop: Example) -> None:
        assert refused(create, shop=shop, SecurityGroups=["sg-0123456789abcdef0"])[0] == "InvalidSecurityGroup"

    def test_ipv6_addresses_need_subnets_that_have_some(self, shop: Example) -> None:
        assert refused(create, shop=shop, IpAddressType="dualstack")[0] == "InvalidSubnet"
        without = "dualstack-without-public-ipv4"
        code = "InvalidConfigurationRequest"
        assert refused(create, shop=shop, Type="network", IpAddressType=without)[0] == code
        assert refused(create, shop=shop, Scheme="internal", IpAddressType=without)[0] == code

    def test_what_is_refused_leaves_nothing_behind(self, shop: Example) -> None:
        before = len(shop.cloud.service("ec2").interfaces)
        tags = [{"Key": "aws:team", "Value": "shop"}]
        assert refused(create, shop=shop, Tags=tags)[0] == "ValidationError"
        assert len(shop.cloud.service("ec2").interfaces) == before
        assert refused(shop.elbv2.describe_load_balancers, Names=["orders"])[0] == "LoadBalancerNotFound"

    def test_a_region_has_at_most_fifty_application_load_balancers(self, shop: Example) -> None:
        for number in range(49):  # and the shop
            create(shop, f"orders-{number}")
        assert refused(create, shop=shop)[0] == "TooManyLoadBalancers"
        assert create(shop, "flows", Type="network")

    def test_chosen_addresses_and_address_pools_are_not_modelled(self, shop: Example) -> None:
        for member in ("AllocationId", "PrivateIPv4Address"):
            with pytest.raises(NotModelled, match=member[1:]):
                shop.elbv2.create_load_balancer(Name="a", SubnetMappings=[{"SubnetId": "subnet-0", member: "x"}])
        with pytest.raises(NotModelled, match="IpamPools"):
            create(shop, IpamPools={})
        with pytest.raises(NotModelled, match="modify_capacity_reservation"):
            shop.elbv2.modify_capacity_reservation(LoadBalancerArn=shop.balancer.arn)


class TestDescription:
    def test_they_are_found_by_arn_and_name_a_page_at_a_time(self, shop: Example) -> None:
        arns = [create(shop, name)["LoadBalancerArn"] for name in ("orders", "payments")]
        found = shop.elbv2.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"]
        assert [one["LoadBalancerName"] for one in found] == ["orders", "payments"]
        pages = shop.elbv2.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 1})
        assert [page["LoadBalancers"][0]["LoadBalancerName"] for page in pages] == ["shop", "orders", "payments"]

    def test_up_to_20_are_named_by_arn(self, shop: Example) -> None:
        """botocore elbv2: DescribeLoadBalancersInput$LoadBalancerArns."""
        describe, arn = shop.elbv2.describe_load_balancers, shop.balancer.arn
        assert len(describe(LoadBalancerArns=[arn] * 20)["LoadBalancers"]) > 0
        assert refused(describe, LoadBalancerArns=[arn] * 21)[0] == "ValidationError"

    def test_what_is_not_there_is_told(self, shop: Example) -> None:
        describe = shop.elbv2.describe_load_balancers
        assert refused(describe, LoadBalancerArns=[shop.balancer.arn + "0"]) == (
            "LoadBalancerNotFound",
            "One or more load balancers not found",
        )
        assert refused(describe, Names=["orders"]) == ("LoadBalancerNotFound", "Load balancers '[orders]' not found")
        assert refused(describe, LoadBalancerArns=["shop"]) == (
            "ValidationError",
            "'shop' is not a valid load balancer ARN",
        )
        assert refused(describe, Marker="next")[0] == "ValidationError"

    def test_the_exception_class_of_the_model_is_raised(self, shop: Example) -> None:
        with pytest.raises(shop.elbv2.exceptions.LoadBalancerNotFoundException):
            shop.elbv2.describe_load_balancers(Names=["orders"])

    def test_regions_know_nothing_of_each_other(self, shop: Example) -> None:
        other = shop.cloud.client("elbv2", region_name="eu-south-1")
        assert other.describe_load_balancers()["LoadBalancers"] == []


class TestDeletion:
    def test_its_listeners_go_and_its_target_groups_stay(self, shop: Example) -> None:
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        shop.elbv2.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[shop.balancer.arn])
        listeners = shop.elbv2.describe_listeners
        assert refused(listeners, ListenerArns=[shop.listener.arn])[0] == "ListenerNotFound"
        group = shop.elbv2.describe_target_groups()["TargetGroups"][0]
        assert group["TargetGroupName"] == "shop"
        assert group["LoadBalancerArns"] == []

    def test_the_targets_stay_registered_and_are_not_in_use_any_more(self, shop: Example) -> None:
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        health = shop.elbv2.describe_target_health(TargetGroupArn=shop.group.arn)["TargetHealthDescriptions"][0]
        assert (health["TargetHealth"]["State"], health["TargetHealth"]["Reason"]) == ("unused", "Target.NotInUse")

    def test_deleting_it_twice_succeeds(self, shop: Example) -> None:
        for _ in range(2):
            shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)

    def test_deletion_protection_keeps_it(self, shop: Example) -> None:
        modify(shop, shop.balancer.arn, deletion_protection__enabled="true")
        code, message = refused(shop.elbv2.delete_load_balancer, LoadBalancerArn=shop.balancer.arn)
        assert code == "OperationNotPermitted"
        assert "deletion protection is enabled" in message
        modify(shop, shop.balancer.arn, deletion_protection__enabled="false")
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)

    def test_after_a_clean_up_the_cloud_is_empty(self, shop: Example) -> None:
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        shop.elbv2.delete_target_group(TargetGroupArn=shop.group.arn)
        assert shop.cloud.resources() == []
        assert not shop.cloud.service("ec2").interfaces


class TestAttributes:
    def test_internal_ones_deny_traffic_of_internet_gateways(self, shop: Example) -> None:
        key = "ipv6.deny_all_igw_traffic"
        assert attribute(shop, create(shop)["LoadBalancerArn"], key) == "false"
        inside = create(shop, "inside", Scheme="internal")["LoadBalancerArn"]
        assert attribute(shop, inside, key) == "true"
        modify(shop, inside, ipv6__deny_all_igw_traffic="true")
        with pytest.raises(NotModelled, match="its default 'true'"):
            modify(shop, inside, ipv6__deny_all_igw_traffic="false")

    def test_a_modified_attribute_is_described(self, shop: Example) -> None:
        assert attribute(shop, shop.balancer.arn, "idle_timeout.timeout_seconds") == "60"
        answer = modify(shop, shop.balancer.arn, idle_timeout__timeout_seconds="30")
        assert {"Key": "idle_timeout.timeout_seconds", "Value": "30"} in answer["Attributes"]
        assert attribute(shop, shop.balancer.arn, "idle_timeout.timeout_seconds") == "30"

    def test_a_key_of_another_type_is_told_from_none(self, shop: Example) -> None:
        arn = create(shop, Type="network")["LoadBalancerArn"]
        assert refused(modify, shop=shop, arn=arn, idle_timeout__timeout_seconds="60") == (
            "InvalidConfigurationRequest",
            "Load balancer attribute key 'idle_timeout.timeout_seconds' is not supported on load balancers with type "
            "'network'",
        )
        assert refused(modify, shop=shop, arn=arn, idle="60") == (
            "ValidationError",
            "Load balancer attribute key 'idle' is not recognized",
        )

    def test_all_attributes_of_a_request_change_or_none(self, shop: Example) -> None:
        given = {"idle_timeout__timeout_seconds": "30", "client_keep_alive__seconds": "1"}
        assert refused(modify, shop=shop, arn=shop.balancer.arn, **given)[0] == "ValidationError"
        assert attribute(shop, shop.balancer.arn, "idle_timeout.timeout_seconds") == "60"

    def test_access_logs_need_a_bucket_whose_policy_lets_them_in(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html"""
        on, s3 = {"access_logs__s3__enabled": "true"}, shop.cloud.client("s3")
        assert refused(modify, shop=shop, arn=shop.balancer.arn, **on)[0] == "ValidationError"
        on["access_logs__s3__bucket"] = "logs-2026"
        for _ in range(2):  # without the bucket, and without its policy
            code, message = refused(modify, shop=shop, arn=shop.balancer.arn, **on)
            assert code == "InvalidConfigurationRequest"
            assert message.startswith("Access Denied for bucket: logs-2026")
            s3.create_bucket(Bucket="logs-2026")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::logs-2026/AWSLogs/123456789012/*",
        }
        s3.put_bucket_policy(Bucket="logs-2026", Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
        modify(shop, shop.balancer.arn, **on)
        assert attribute(shop, shop.balancer.arn, "access_logs.s3.enabled") == "true"
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs-2026")["Contents"]]
        assert keys == ["AWSLogs/123456789012/ELBAccessLogTestFile"]


class TestChanges:
    def test_subnets_are_replaced_and_zones_with_them(self, shop: Example) -> None:
        kept = shop.balancer.nodes[1].address
        answer = shop.elbv2.set_subnets(LoadBalancerArn=shop.balancer.arn, Subnets=shop.subnets[1:])
        assert [zone["ZoneName"] for zone in answer["AvailabilityZones"]] == ["us-east-1b", "us-east-1c"]
        assert shop.balancer.nodes[0].address == kept
        assert len(shop.cloud.service("ec2").interfaces) == 2

    def test_a_gateway_load_balancer_keeps_its_subnets(self, shop: Example) -> None:
        arn = create(shop, Type="gateway", Subnets=shop.subnets[:1])["LoadBalancerArn"]
        assert len(shop.elbv2.set_subnets(LoadBalancerArn=arn, Subnets=shop.subnets)["AvailabilityZones"]) == 3
        less = refused(shop.elbv2.set_subnets, LoadBalancerArn=arn, Subnets=shop.subnets[:1])
        assert less[0] == "InvalidConfigurationRequest"

    def test_a_network_load_balancer_has_security_groups_from_its_creation_or_never(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html"""
        groups = shop.balancer.security_groups
        without = create(shop, "open", Type="network")["LoadBalancerArn"]
        code = refused(shop.elbv2.set_security_groups, LoadBalancerArn=without, SecurityGroups=groups)[0]
        assert code == "InvalidConfigurationRequest"
        made = create(shop, "closed", Type="network", SecurityGroups=groups)
        assert made["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] == "on"
        answer = shop.elbv2.set_security_groups(LoadBalancerArn=made["LoadBalancerArn"], SecurityGroups=groups)
        assert answer["SecurityGroupIds"] == groups

    def test_new_security_groups_have_effect_on_its_nodes(self, shop: Example) -> None:
        ec2: Any = shop.cloud.service("ec2")
        node = shop.balancer.nodes[0].address
        assert not ec2.reaches(node, 80, "tcp", "203.0.113.7")
        client = shop.cloud.client("ec2")
        group = client.create_security_group(GroupName="web", Description="Web", VpcId=shop.balancer.vpc)["GroupId"]
        http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        client.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
        shop.elbv2.set_security_groups(LoadBalancerArn=shop.balancer.arn, SecurityGroups=[group])
        assert ec2.reaches(node, 80, "tcp", "203.0.113.7")
        assert not ec2.reaches(node, 443, "tcp", "203.0.113.7")

    def test_an_application_load_balancer_always_has_a_security_group(self, shop: Example) -> None:
        arn = shop.balancer.arn
        assert refused(shop.elbv2.set_security_groups, LoadBalancerArn=arn, SecurityGroups=[])[0] == "ValidationError"


class TestTags:
    def test_tags_are_given_at_creation_added_changed_and_removed(self, shop: Example) -> None:
        arn = create(shop, Tags=[{"Key": "team", "Value": "shop"}])["LoadBalancerArn"]
        shop.elbv2.add_tags(ResourceArns=[arn, shop.group.arn], Tags=[{"Key": "stage", "Value": "test"}])
        shop.elbv2.add_tags(ResourceArns=[arn], Tags=[{"Key": "stage", "Value": "live"}])
        shop.elbv2.remove_tags(ResourceArns=[arn], TagKeys=["team", "nothing"])
        described = shop.elbv2.describe_tags(ResourceArns=[arn, shop.group.arn])["TagDescriptions"]
        assert described == [
            {"ResourceArn": arn, "Tags": [{"Key": "stage", "Value": "live"}]},
            {"ResourceArn": shop.group.arn, "Tags": [{"Key": "stage", "Value": "test"}]},
        ]

    def test_a_resource_has_at_most_fifty_and_every_resource_exists(self, shop: Example) -> None:
        many = [{"Key": str(number), "Value": ""} for number in range(50)]
        arns = [shop.group.arn, shop.balancer.arn]
        shop.elbv2.add_tags(ResourceArns=arns[1:], Tags=many)
        assert refused(shop.elbv2.add_tags, ResourceArns=arns, Tags=[{"Key": "one"}])[0] == "TooManyTags"
        assert shop.elbv2.describe_tags(ResourceArns=arns[:1])["TagDescriptions"][0]["Tags"] == []
        gone = refused(shop.elbv2.add_tags, ResourceArns=[shop.group.arn + "0"], Tags=[{"Key": "one"}])
        assert gone[0] == "TargetGroupNotFound"

    def test_a_deleted_resource_leaves_no_tags_to_its_successor(self, shop: Example) -> None:
        arn = create(shop, Tags=[{"Key": "team", "Value": "shop"}])["LoadBalancerArn"]
        shop.elbv2.delete_load_balancer(LoadBalancerArn=arn)
        assert refused(shop.elbv2.describe_tags, ResourceArns=[arn])[0] == "LoadBalancerNotFound"


def test_account_limits_are_those_that_the_api_names(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"""
    found = cloud.client("elbv2").describe_account_limits()["Limits"]
    assert {one["Name"]: one["Max"] for one in found} == {
        "application-load-balancers": "50",
        "condition-values-per-alb-rule": "5",
        "condition-wildcards-per-alb-rule": "5",
        "gateway-load-balancers": "100",
        "gateway-load-balancers-per-vpc": "100",
        "geneve-target-groups": "100",
        "listeners-per-application-load-balancer": "50",
        "listeners-per-network-load-balancer": "50",
        "network-load-balancers": "50",
        "rules-per-application-load-balancer": "100",
        "target-groups": "3000",
        "target-groups-per-action-on-application-load-balancer": "5",
        "target-groups-per-action-on-network-load-balancer": "5",
        "target-groups-per-application-load-balancer": "100",
        "targets-per-application-load-balancer": "1000",
        "targets-per-availability-zone-per-gateway-load-balancer": "300",
        "targets-per-availability-zone-per-network-load-balancer": "500",
        "targets-per-network-load-balancer": "3000",
    }
