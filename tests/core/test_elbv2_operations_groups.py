"""Target groups and targets: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from eslabon import NotModelled
from eslabon.elbv2.operations.examples import Example, example
from tests.core.refusals import refused


@pytest.fixture
def shop() -> Example:
    return example()


def create(shop: Example, name: str = "orders", **parameters: Any) -> Any:
    place = {} if parameters.get("TargetType") == "lambda" else {"VpcId": shop.balancer.vpc, "Port": 80}
    asked = place | ({"Protocol": "HTTP"} if place else {}) | parameters
    return shop.elbv2.create_target_group(Name=name, **asked)["TargetGroups"][0]


def attributes(shop: Example, arn: str) -> Mapping[str, str]:
    found = shop.elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {one["Key"]: one["Value"] for one in found}


def modify(shop: Example, arn: str, **values: str) -> Any:
    given = [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]
    return shop.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=given)


def health(shop: Example, arn: str, *targets: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Target, state and reason."""
    asked = {"Targets": list(targets)} if targets else {}
    found = shop.elbv2.describe_target_health(TargetGroupArn=arn, **asked)["TargetHealthDescriptions"]
    return [(one["Target"]["Id"], one["TargetHealth"]["State"], one["TargetHealth"].get("Reason")) for one in found]


def run(shop: Example, subnet: int = 0) -> str:
    """The id of a running instance."""
    ec2 = shop.cloud.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    instance = str(ec2.run_instances(SubnetId=shop.subnets[subnet], **asked)["Instances"][0]["InstanceId"])
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    return instance


def used(shop: Example, **parameters: Any) -> str:
    """The ARN of a group that the shop's listener forwards to."""
    arn = create(shop, **parameters)["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    shop.elbv2.modify_listener(ListenerArn=shop.listener.arn, DefaultActions=forward)
    return str(arn)


class TestCreation:
    @pytest.mark.parametrize(
        ("parameters", "check"),
        [
            ({}, ("HTTP", "traffic-port", "/", 30, 5, 5, 2, "200")),
            ({"Protocol": "HTTPS"}, ("HTTP", "traffic-port", "/", 30, 5, 5, 2, "200")),
            ({"Protocol": "TCP"}, ("TCP", "traffic-port", None, 30, 10, 5, 2, None)),
            ({"Protocol": "UDP"}, ("TCP", "traffic-port", None, 30, 10, 5, 2, None)),
            (
                {"Protocol": "TCP", "HealthCheckProtocol": "HTTP"},
                ("HTTP", "traffic-port", "/", 30, 6, 5, 2, "200-399"),
            ),
            (
                {"Protocol": "TLS", "HealthCheckProtocol": "HTTPS"},
                ("HTTPS", "traffic-port", "/", 30, 10, 5, 2, "200-399"),
            ),
            (
                {"Protocol": "TCP", "TargetType": "alb"},
                ("HTTP", "traffic-port", "/", 30, 6, 5, 2, "200-399"),
            ),
            ({"Protocol": "GENEVE", "Port": 6081}, ("TCP", "80", None, 10, 5, 5, 2, None)),
            ({"TargetType": "lambda"}, (None, None, "/", 35, 30, 5, 5, "200")),
        ],
    )
    def test_health_checks_by_default(self, shop: Example, parameters: dict[str, Any], check: tuple[Any, ...]) -> None:
        """The API reference, and /application/, /network/, /gateway/ …-health-checks.html of the guides."""
        made = create(shop, **parameters)
        members = (
            *("HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath", "HealthCheckIntervalSeconds"),
            *("HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"),
        )
        assert (*(made.get(member) for member in members), made.get("Matcher", {}).get("HttpCode")) == check
        assert made["HealthCheckEnabled"] is (made["TargetType"] != "lambda")

    def test_the_version_is_http1_where_there_is_one(self, shop: Example) -> None:
        assert create(shop)["ProtocolVersion"] == "HTTP1"
        assert "ProtocolVersion" not in create(shop, "flows", Protocol="TCP")
        for version in ("HTTP2", "GRPC"):
            with pytest.raises(NotModelled, match=version):
                create(shop, "new", ProtocolVersion=version)
        assert refused(create, shop=shop, name="new", ProtocolVersion="HTTP3")[0] == "ValidationError"

    def test_a_function_has_neither_protocol_nor_port_nor_vpc(self, shop: Example) -> None:
        made = create(shop, TargetType="lambda")
        assert made.keys().isdisjoint({"Protocol", "Port", "VpcId"})
        for member, value in {"Protocol": "HTTP", "Port": 80, "VpcId": shop.balancer.vpc}.items():
            code = refused(create, shop=shop, name="new", TargetType="lambda", **{member: value})[0]
            assert code == "ValidationError"

    @pytest.mark.parametrize("missing", ["Protocol", "Port", "VpcId"])
    def test_others_have_them(self, shop: Example, missing: str) -> None:
        asked = {"Protocol": "HTTP", "Port": 80, "VpcId": shop.balancer.vpc}
        del asked[missing]
        assert refused(shop.elbv2.create_target_group, Name="orders", **asked)[0] == "ValidationError"

    @pytest.mark.parametrize(
        "parameters",
        [
            {"TargetType": "alb"},  # of TCP only
            {"TargetType": "alb", "Protocol": "UDP"},
            {"Protocol": "GENEVE"},  # on port 6081 only
            {"VpcId": "vpc-0123456789abcdef0"},
            {"HealthCheckProtocol": "TCP"},
            {"Protocol": "TCP", "HealthCheckProtocol": "UDP"},
            {"HealthCheckPath": "health"},
            {"HealthCheckPort": "http"},
            {"HealthCheckPort": "65536"},
            {"HealthCheckPort": "0"},
            {"HealthCheckPort": ""},
            {"TargetType": "lambda", "HealthCheckPort": "80"},
            {"TargetType": "lambda", "HealthCheckProtocol": "HTTP"},
            {"HealthCheckEnabled": False},
            {"HealthCheckIntervalSeconds": 301},
            {"HealthCheckIntervalSeconds": 5},  # the time-out is 5 too
            {"HealthCheckTimeoutSeconds": 121},
            {"UnhealthyThresholdCount": 11},
            {"Matcher": {"HttpCode": "500"}},
            {"Matcher": {"HttpCode": "2xx"}},
        ],
    )
    def test_what_does_not_go_together_is_refused(self, shop: Example, parameters: dict[str, Any]) -> None:
        assert refused(create, shop=shop, **parameters)[0] == "ValidationError"

    @pytest.mark.parametrize("member", [{"Matcher": {"HttpCode": "200"}}, {"HealthCheckPath": "/"}])
    def test_a_check_by_connection_has_neither_path_nor_matcher(self, shop: Example, member: dict[str, Any]) -> None:
        code, message = refused(create, shop=shop, Protocol="TCP", **member)
        assert code == "InvalidConfigurationRequest"
        assert message.endswith(" are not supported for TCP health checks")

    def test_a_network_load_balancers_matcher_goes_up_to_599(self, shop: Example) -> None:
        made = create(shop, Protocol="TCP", HealthCheckProtocol="HTTP", Matcher={"HttpCode": "200,503"})
        assert made["Matcher"] == {"HttpCode": "200,503"}

    @pytest.mark.parametrize("name", ["", "a" * 33, "under_score", "-a", "a-"])
    def test_names_have_32_letters_digits_and_hyphens(self, shop: Example, name: str) -> None:
        assert refused(create, shop=shop, name=name)[0] == "ValidationError"

    def test_the_same_request_finds_the_same_group_and_another_one_of_its_name_is_refused(self, shop: Example) -> None:
        first = create(shop)
        assert create(shop) == first
        assert refused(create, shop=shop, Port=8080) == (
            "DuplicateTargetGroupName",
            "A target group with the same name 'orders' exists, but with different settings",
        )

    def test_what_is_newer_is_not_modelled(self, shop: Example) -> None:
        with pytest.raises(NotModelled, match="TargetControlPort"):
            create(shop, TargetControlPort=3000)
        with pytest.raises(NotModelled, match="IPv6"):
            create(shop, IpAddressType="ipv6")
        with pytest.raises(NotModelled, match="QUIC"):
            create(shop, Protocol="QUIC")


class TestChanges:
    def test_health_checks_are_changed_and_the_rest_of_them_stays(self, shop: Example) -> None:
        modify_group = shop.elbv2.modify_target_group
        arn = shop.group.arn
        changed = modify_group(TargetGroupArn=arn, HealthCheckPath="/health", HealthyThresholdCount=2)["TargetGroups"][
            0
        ]
        assert (changed["HealthCheckPath"], changed["HealthyThresholdCount"]) == ("/health", 2)
        assert changed["HealthCheckIntervalSeconds"] == 30
        assert refused(modify_group, TargetGroupArn=arn, HealthCheckTimeoutSeconds=30)[0] == "ValidationError"
        assert next(iter(shop.group.targets.values())).health.check.healthy == 2

    def test_a_functions_checks_are_switched_on(self, shop: Example) -> None:
        arn = create(shop, TargetType="lambda")["TargetGroupArn"]
        changed = shop.elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckEnabled=True)["TargetGroups"][0]
        assert changed["HealthCheckEnabled"] is True

    def test_a_group_in_use_is_not_deleted(self, shop: Example) -> None:
        assert refused(shop.elbv2.delete_target_group, TargetGroupArn=shop.group.arn) == (
            "ResourceInUse",
            f"Target group '{shop.group.arn}' is currently in use by a listener or a rule",
        )
        used(shop)
        shop.elbv2.delete_target_group(TargetGroupArn=shop.group.arn)

    def test_they_are_described_by_name_arn_and_balancer(self, shop: Example) -> None:
        describe = shop.elbv2.describe_target_groups
        arn = create(shop)["TargetGroupArn"]
        found = describe(TargetGroupArns=[arn])["TargetGroups"]
        assert (found[0]["TargetGroupName"], found[0]["LoadBalancerArns"]) == ("orders", [])
        of_balancer = describe(LoadBalancerArn=shop.balancer.arn)["TargetGroups"]
        assert [one["TargetGroupName"] for one in of_balancer] == ["shop"]
        assert refused(describe, TargetGroupArns=[arn + "0"]) == (
            "TargetGroupNotFound",
            "One or more target groups not found",
        )
        assert refused(describe, Names=["orders", "none"]) == (
            "TargetGroupNotFound",
            "One or more target groups not found",
        )
        assert refused(describe, Names=["orders"], TargetGroupArns=[arn])[0] == "ValidationError"


class TestAttributes:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html"""

    def test_a_modified_attribute_is_described(self, shop: Example) -> None:
        assert attributes(shop, shop.group.arn)["deregistration_delay.timeout_seconds"] == "300"
        modify(shop, shop.group.arn, deregistration_delay__timeout_seconds="3600")
        assert attributes(shop, shop.group.arn)["deregistration_delay.timeout_seconds"] == "3600"
        assert refused(modify, shop=shop, arn=shop.group.arn, deregistration_delay__timeout_seconds="3601")[0] == (
            "ValidationError"
        )

    def test_a_key_of_another_type_is_told_from_none(self, shop: Example) -> None:
        code = refused(modify, shop=shop, arn=shop.group.arn, proxy_protocol_v2__enabled="true")[0]
        assert code == "InvalidConfigurationRequest"
        assert refused(modify, shop=shop, arn=shop.group.arn, stickiness="true")[0] == "ValidationError"

    def test_a_type_of_stickiness_of_another_balancer_is_refused_as_aws_says_it(self, shop: Example) -> None:
        arn = create(shop, Protocol="TCP")["TargetGroupArn"]
        assert refused(modify, shop=shop, arn=arn, stickiness__type="lb_cookie") == (
            "InvalidConfigurationRequest",
            "Stickiness type 'lb_cookie' is not supported for target groups with the TCP protocol",
        )
        assert refused(modify, shop=shop, arn=arn, stickiness__type="cookie")[0] == "ValidationError"

    def test_slow_start_goes_with_round_robin_only(self, shop: Example) -> None:
        """…/application/edit-target-group-attributes.html#slow-start-mode"""
        modify(shop, shop.group.arn, slow_start__duration_seconds="30")
        kind = "least_outstanding_requests"
        assert refused(modify, shop=shop, arn=shop.group.arn, load_balancing__algorithm__type=kind)[0] == (
            "InvalidConfigurationRequest"
        )

    def test_groups_among_which_a_rule_chooses_are_sticky_only_if_the_rule_is(self, shop: Example) -> None:
        """…/application/rule-action-types.html#forward-actions; the message is one that users have reported."""
        other, sticky = create(shop)["TargetGroupArn"], {"stickiness__enabled": "true"}

        def forward(**more: Any) -> Any:
            groups = [{"TargetGroupArn": arn, "Weight": 1} for arn in (shop.group.arn, other)]
            config = {"TargetGroups": groups, **more}
            actions = [{"Type": "forward", "ForwardConfig": config}]
            return shop.elbv2.modify_listener(ListenerArn=shop.listener.arn, DefaultActions=actions)

        forward()
        assert refused(modify, shop=shop, arn=other, **sticky) == (
            "InvalidConfigurationRequest",
            f"This target group appears behind a rule with group stickiness disabled ({shop.listener.default.arn}). "
            "You must enable group stickiness before enabling target stickiness",
        )
        forward(TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60})
        modify(shop, other, **sticky)
        assert refused(forward)[0] == "InvalidConfigurationRequest"

    def test_targets_drawn_by_chance_are_not_sticky(self, shop: Example) -> None:
        """…/application/edit-target-group-attributes.html#modify-routing-algorithm"""
        both = {"load_balancing__algorithm__type": "weighted_random", "stickiness__enabled": "true"}
        assert refused(modify, shop=shop, arn=shop.group.arn, **both)[0] == "InvalidConfigurationRequest"

    def test_a_gateway_resets_connections_of_5_tuple_flows_only(self, shop: Example) -> None:
        """botocore elbv2: TargetGroupAttribute$Key."""
        arn = create(shop, Protocol="GENEVE", Port=6081)["TargetGroupArn"]
        for reset in ("send_tcp_reset__on_unhealthy__enabled", "send_tcp_reset__on_deregistration__enabled"):
            modify(shop, arn, **{reset: "true"})
            assert refused(modify, shop=shop, arn=arn, stickiness__enabled="true")[0] == "InvalidConfigurationRequest"
            modify(shop, arn, **{reset: "false"})

    def test_an_applications_cookie_needs_a_name_that_is_not_the_balancers(self, shop: Example) -> None:
        on = {"stickiness__enabled": "true", "stickiness__type": "app_cookie"}
        assert refused(modify, shop=shop, arn=shop.group.arn, **on)[0] == "InvalidConfigurationRequest"
        name = "stickiness__app_cookie__cookie_name"
        assert refused(modify, shop=shop, arn=shop.group.arn, **on, **{name: "AWSALBAPP"})[0] == "ValidationError"
        for reserved in ("AWSALB", "AWSALBTG"):  # "names that start with the following prefixes are not allowed"
            assert refused(modify, shop=shop, arn=shop.group.arn, **{name: reserved})[0] == "ValidationError"
        modify(shop, shop.group.arn, **on, **{name: "cart"})

    def test_dns_failover_comes_with_routing_failover_or_before(self, shop: Example) -> None:
        """…/application/target-group-health.html, requirements and considerations."""
        health = "target_group_health__{}__minimum_healthy_targets__{}"
        for unit, less, more in (("count", "2", "3"), ("percentage", "9", "50")):
            dns, routing = (health.format(action, unit) for action in ("dns_failover", "unhealthy_state_routing"))
            assert refused(modify, shop=shop, arn=shop.group.arn, **{dns: less, routing: more})[0] == (
                "InvalidConfigurationRequest"
            )
            modify(shop, shop.group.arn, **{dns: more, routing: more})
            modify(shop, shop.group.arn, **{dns: "off"})

    def test_an_application_load_balancers_group_that_stays_in_its_zone_is_not_sticky(self, shop: Example) -> None:
        """…/application/disable-cross-zone.html, considerations; a Network Load Balancer's may be."""
        both = {"load_balancing__cross_zone__enabled": "false", "stickiness__enabled": "true"}
        assert refused(modify, shop=shop, arn=shop.group.arn, **both)[0] == "InvalidConfigurationRequest"
        modify(shop, create(shop, Protocol="TCP")["TargetGroupArn"], **both)

    def test_a_group_with_a_target_of_all_zones_cannot_stay_in_its_zone(self, shop: Example) -> None:
        """…/application/disable-cross-zone.html, considerations."""
        arn = create(shop, TargetType="ip")["TargetGroupArn"]
        target = {"Id": "10.0.0.7", "AvailabilityZone": "all"}
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=[target])
        off = {"load_balancing__cross_zone__enabled": "false"}
        assert refused(modify, shop=shop, arn=arn, **off)[0] == "InvalidConfigurationRequest"
        shop.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[target])
        modify(shop, arn, **off)

    def test_an_unhealthy_target_drains_only_where_its_connections_are_not_terminated(self, shop: Example) -> None:
        arn = create(shop, Protocol="TCP")["TargetGroupArn"]
        drain = {"target_health_state__unhealthy__draining_interval_seconds": "60"}
        keep = {"target_health_state__unhealthy__connection_termination__enabled": "false"}
        assert refused(modify, shop=shop, arn=arn, **drain)[0] == "InvalidConfigurationRequest"
        modify(shop, arn, **drain, **keep)

    def test_flows_of_udp_keep_their_clients_address(self, shop: Example) -> None:
        arn = create(shop, Protocol="UDP")["TargetGroupArn"]
        assert refused(modify, shop=shop, arn=arn, preserve_client_ip__enabled="false")[0] == "ValidationError"

    def test_both_failovers_of_a_gateways_group_are_the_same(self, shop: Example) -> None:
        arn = create(shop, Protocol="GENEVE", Port=6081)["TargetGroupArn"]
        one = {"target_failover__on_unhealthy": "rebalance"}
        assert refused(modify, shop=shop, arn=arn, **one)[0] == "InvalidConfigurationRequest"
        modify(shop, arn, **one, target_failover__on_deregistration="rebalance")

    def test_anomaly_mitigation_is_not_modelled(self, shop: Example) -> None:
        with pytest.raises(NotModelled, match="anomaly_mitigation"):
            modify(shop, shop.group.arn, load_balancing__algorithm__anomaly_mitigation="on")


class TestInstances:
    def test_a_target_is_unused_until_a_listener_forwards_to_its_group(self, shop: Example) -> None:
        arn, instance = create(shop)["TargetGroupArn"], run(shop)
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": instance}])
        assert health(shop, arn) == [(instance, "unused", "Target.NotInUse")]
        forward = [{"Type": "forward", "TargetGroupArn": arn}]
        shop.elbv2.modify_listener(ListenerArn=shop.listener.arn, DefaultActions=forward)
        assert health(shop, arn) == [(instance, "initial", "Elb.RegistrationInProgress")]

    def test_a_target_in_a_zone_that_is_not_enabled_is_unused(self, shop: Example) -> None:
        arn, instance = used(shop), run(shop, subnet=2)
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": instance}])
        found = shop.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]["TargetHealth"]
        assert (found["State"], found["Reason"]) == ("unused", "Target.NotInUse")
        assert found["Description"].startswith("Target is in an Availability Zone that is not enabled")
        shop.elbv2.set_subnets(LoadBalancerArn=shop.balancer.arn, Subnets=shop.subnets)
        assert health(shop, arn) == [(instance, "initial", "Elb.RegistrationInProgress")]

    def test_a_stopped_instance_is_unused_and_not_unhealthy(self, shop: Example) -> None:
        arn, instance = used(shop), run(shop)
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": instance}])
        ec2 = shop.cloud.client("ec2")
        ec2.stop_instances(InstanceIds=[instance])
        ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance])
        found = shop.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]["TargetHealth"]
        assert found == {
            "State": "unused",
            "Reason": "Target.InvalidState",
            "Description": "Target is in the stopped state",
        }

    def test_an_instance_runs_when_it_is_registered(self, shop: Example) -> None:
        instance, register = run(shop), shop.elbv2.register_targets
        shop.cloud.client("ec2").stop_instances(InstanceIds=[instance])
        arn = create(shop)["TargetGroupArn"]
        assert refused(register, TargetGroupArn=arn, Targets=[{"Id": instance}]) == (
            "InvalidTarget",
            f"The following targets are not in a running state and cannot be registered: '{instance}'",
        )
        assert refused(register, TargetGroupArn=arn, Targets=[{"Id": "172.31.0.10"}])[0] == "ValidationError"

    def test_all_targets_are_registered_or_none(self, shop: Example) -> None:
        arn, instance = create(shop)["TargetGroupArn"], run(shop)
        given = [{"Id": instance}, {"Id": "i-0123456789abcdef0"}]
        assert refused(shop.elbv2.register_targets, TargetGroupArn=arn, Targets=given)[0] == "ValidationError"
        assert health(shop, arn) == []

    def test_a_target_is_registered_once_a_port(self, shop: Example) -> None:
        arn, instance = create(shop)["TargetGroupArn"], run(shop)
        given = [{"Id": instance}, {"Id": instance, "Port": 8080}, {"Id": instance, "Port": 80}]
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=given)
        found = shop.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        assert [(one["Target"]["Port"], one["HealthCheckPort"]) for one in found] == [(80, "80"), (8080, "8080")]
        assert "AvailabilityZone" not in found[0]["Target"]
        shop.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": instance, "Port": 8080}])
        assert len(health(shop, arn)) == 1

    def test_a_zone_cannot_be_chosen(self, shop: Example) -> None:
        given = [{"Id": run(shop), "AvailabilityZone": "us-east-1a"}]
        arn = create(shop)["TargetGroupArn"]
        assert refused(shop.elbv2.register_targets, TargetGroupArn=arn, Targets=given)[0] == "ValidationError"


class TestAddresses:
    def test_the_zone_of_an_address_in_the_vpc_is_detected(self, shop: Example) -> None:
        target = shop.elbv2.describe_target_health(TargetGroupArn=shop.group.arn)["TargetHealthDescriptions"][0]
        zone = target["Target"]["AvailabilityZone"]
        assert zone.startswith("us-east-1")
        given = [{"Id": "172.31.0.10", "AvailabilityZone": "all"}]
        assert refused(shop.elbv2.register_targets, TargetGroupArn=shop.group.arn, Targets=given) == (
            "ValidationError",
            "The IP address '172.31.0.10' is within the VPC, and cannot have its Availability Zone overridden to 'all' "
            f"from '{zone}'",
        )

    @pytest.mark.parametrize("address", ["8.8.8.8", "203.0.113.7", "10.0.0.256", "2001:db8::1", "shop.example.com"])
    def test_public_addresses_and_names_are_refused(self, shop: Example, address: str) -> None:
        given = [{"Id": address, "AvailabilityZone": "all"}]
        code = refused(shop.elbv2.register_targets, TargetGroupArn=shop.group.arn, Targets=given)[0]
        assert code == "ValidationError"

    @pytest.mark.parametrize("address", ["10.0.0.5", "172.16.0.5", "192.168.0.5", "100.64.0.5"])
    def test_an_address_of_a_private_range_outside_the_vpc_needs_a_zone(self, shop: Example, address: str) -> None:
        register, arn = shop.elbv2.register_targets, shop.group.arn
        assert refused(register, TargetGroupArn=arn, Targets=[{"Id": address}]) == (
            "ValidationError",
            f"The Availability Zone is required for IP address '{address}' because it is not in the VPC",
        )
        elsewhere = [{"Id": address, "AvailabilityZone": "eu-west-1a"}]
        assert refused(register, TargetGroupArn=arn, Targets=elsewhere)[0] == "ValidationError"
        register(TargetGroupArn=arn, Targets=[{"Id": address, "AvailabilityZone": "all"}])
        assert health(shop, arn, {"Id": address})[0][1] == "initial"

    @pytest.mark.parametrize(
        ("protocol", "cross_zone", "given", "shown"),
        [
            ("TCP", "use_load_balancer_configuration", "us-east-1a", "us-east-1a"),
            ("TCP", "use_load_balancer_configuration", "all", "all"),
            ("HTTP", "use_load_balancer_configuration", "us-east-1a", "all"),
            ("HTTP", "true", "us-east-1a", "all"),
            ("HTTP", "false", "us-east-1a", "us-east-1a"),
        ],
    )
    def test_an_application_load_balancer_heeds_the_zone_of_an_address_outside_while_cross_zone_is_off(
        self, shop: Example, protocol: str, cross_zone: str, given: str, shown: str
    ) -> None:
        """botocore elbv2: TargetDescription$AvailabilityZone."""
        arn = create(shop, TargetType="ip", Protocol=protocol)["TargetGroupArn"]
        modify(shop, arn, load_balancing__cross_zone__enabled=cross_zone)
        target = {"Id": "10.0.0.6", "AvailabilityZone": given}
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=[target])
        found = shop.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]["Target"]
        assert found["AvailabilityZone"] == shown

    def test_of_all_zones_nothing_is_while_cross_zone_is_off(self, shop: Example) -> None:
        """botocore elbv2: TargetDescription$AvailabilityZone."""
        arn = create(shop, TargetType="ip")["TargetGroupArn"]
        modify(shop, arn, load_balancing__cross_zone__enabled="false")
        everywhere = [{"Id": "10.0.0.6", "AvailabilityZone": "all"}]
        assert refused(shop.elbv2.register_targets, TargetGroupArn=arn, Targets=everywhere)[0] == "ValidationError"

    def test_a_balancers_own_address_is_no_target(self, shop: Example) -> None:
        address = shop.balancer.nodes[0].address
        shop.elbv2.register_targets(TargetGroupArn=shop.group.arn, Targets=[{"Id": address}])
        assert health(shop, shop.group.arn, {"Id": address}) == [(address, "unused", "Target.IpUnusable")]


class TestFunctions:
    def function(self, shop: Example, name: str = "thumbnails") -> str:
        trust = (
            '{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}'
        )
        role = shop.cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "def handler(event, context): return {'statusCode': 200}")
        made = shop.cloud.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": code.getvalue()},
        )
        shop.cloud.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
        return str(made["FunctionArn"])

    def permit(self, shop: Example, group: str, name: str = "thumbnails") -> None:
        shop.cloud.client("lambda").add_permission(
            FunctionName=name,
            StatementId=group.split("/")[-1],
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            SourceArn=group,
        )

    def test_the_function_must_let_the_group_invoke_it(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html"""
        function, group = self.function(shop), create(shop, TargetType="lambda")["TargetGroupArn"]
        register = shop.elbv2.register_targets
        code, message = refused(register, TargetGroupArn=group, Targets=[{"Id": function}])
        assert code == "AccessDenied"
        assert message == (
            f"elasticloadbalancing principal does not have permission to invoke {function} from target group {group}"
        )
        self.permit(shop, shop.group.arn)
        assert refused(register, TargetGroupArn=group, Targets=[{"Id": function}])[0] == "AccessDenied"
        self.permit(shop, group)
        register(TargetGroupArn=group, Targets=[{"Id": function}])
        assert health(shop, group) == [(function, "unused", "Target.NotInUse")]

    def test_a_group_has_one_function(self, shop: Example) -> None:
        group = create(shop, TargetType="lambda")["TargetGroupArn"]
        functions = [self.function(shop, name) for name in ("thumbnails", "posters")]
        for name in ("thumbnails", "posters"):
            self.permit(shop, group, name)
        shop.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": functions[0]}])
        more = refused(shop.elbv2.register_targets, TargetGroupArn=group, Targets=[{"Id": functions[1]}])
        assert more[0] == "TooManyTargets"

    def test_without_checks_its_health_is_not_known(self, shop: Example) -> None:
        function, group = self.function(shop), used(shop, TargetType="lambda")
        self.permit(shop, group)
        shop.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": function}])
        assert health(shop, group) == [(function, "unavailable", "Target.HealthCheckDisabled")]

    def test_a_function_is_named_by_its_arn_and_not_by_zone_and_port(self, shop: Example) -> None:
        register, group = shop.elbv2.register_targets, create(shop, TargetType="lambda")["TargetGroupArn"]
        function = self.function(shop)
        for target in (
            {"Id": "thumbnails"},
            {"Id": function, "AvailabilityZone": "us-east-1a"},
            {"Id": function, "Port": 80},
        ):
            assert refused(register, TargetGroupArn=group, Targets=[target])[0] == "ValidationError"


class TestBalancersBehindBalancers:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html"""

    def behind(self, shop: Example, **parameters: Any) -> str:
        return str(create(shop, "front", Protocol="TCP", TargetType="alb", **parameters)["TargetGroupArn"])

    def test_an_application_load_balancer_with_a_listener_of_that_port_is_a_target(self, shop: Example) -> None:
        group, register = self.behind(shop), shop.elbv2.register_targets
        register(TargetGroupArn=group, Targets=[{"Id": shop.balancer.arn}])
        code, message = refused(shop.elbv2.delete_listener, ListenerArn=shop.listener.arn)
        assert code == "ResourceInUse"
        assert message == (
            f"Listener port '80' is in use by registered target '{shop.balancer.arn}' and cannot be removed."
        )
        assert refused(shop.elbv2.delete_load_balancer, LoadBalancerArn=shop.balancer.arn)[0] == "ResourceInUse"
        shop.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": shop.balancer.arn}])
        shop.elbv2.delete_listener(ListenerArn=shop.listener.arn)

    def test_it_is_the_target_of_two_groups_at_most(self, shop: Example) -> None:
        first, second, third = (
            create(shop, name, Protocol="TCP", TargetType="alb")["TargetGroupArn"] for name in ("a", "b", "c")
        )
        register, target = shop.elbv2.register_targets, [{"Id": shop.balancer.arn}]
        for group in (first, second, second):
            register(TargetGroupArn=group, Targets=target)
        assert refused(register, TargetGroupArn=third, Targets=target)[0] == "TooManyRegistrationsForTargetId"
        shop.elbv2.deregister_targets(TargetGroupArn=first, Targets=target)
        register(TargetGroupArn=third, Targets=target)

    def test_without_such_a_listener_or_of_another_type_it_is_none(self, shop: Example) -> None:
        group, register = self.behind(shop, Port=8080), shop.elbv2.register_targets
        code = refused(register, TargetGroupArn=group, Targets=[{"Id": shop.balancer.arn}])[0]
        assert code == "InvalidTarget"
        network = shop.elbv2.create_load_balancer(Name="flows", Type="network", Subnets=shop.subnets)
        arn = network["LoadBalancers"][0]["LoadBalancerArn"]
        assert refused(register, TargetGroupArn=group, Targets=[{"Id": arn}])[0] == "InvalidTarget"


class TestDeregistration:
    def test_a_target_in_use_drains_for_the_delay_and_is_forgotten(self, shop: Example) -> None:
        target, arn = {"Id": "172.31.0.10"}, shop.group.arn
        modify(shop, arn, deregistration_delay__timeout_seconds="60")
        shop.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[target])
        assert health(shop, arn) == [("172.31.0.10", "draining", "Target.DeregistrationInProgress")]
        began = shop.cloud.clock.now
        shop.elbv2.get_waiter("target_deregistered").wait(TargetGroupArn=arn, Targets=[target])
        assert 60 <= shop.cloud.clock.now - began < 80
        assert health(shop, arn) == []
        assert health(shop, arn, target) == [("172.31.0.10", "unused", "Target.NotRegistered")]

    def test_registered_again_it_is_in_use_again(self, shop: Example) -> None:
        target, arn = [{"Id": "172.31.0.10"}], shop.group.arn
        shop.elbv2.deregister_targets(TargetGroupArn=arn, Targets=target)
        shop.elbv2.register_targets(TargetGroupArn=arn, Targets=target)
        assert health(shop, arn)[0][1] == "initial"
        shop.cloud.clock.advance(301)
        assert len(health(shop, arn)) == 1

    def test_a_target_that_nobody_uses_goes_at_once(self, shop: Example) -> None:
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        shop.elbv2.deregister_targets(TargetGroupArn=shop.group.arn, Targets=[{"Id": "172.31.0.10"}])
        assert health(shop, shop.group.arn) == []

    def test_a_waiter_sees_a_healthy_target(self, shop: Example) -> None:
        target = next(iter(shop.group.targets.values()))
        shop.cloud.clock.call_at(shop.cloud.clock.now + 20, lambda: target.health.passed(shop.cloud.clock.now))
        shop.elbv2.get_waiter("target_in_service").wait(TargetGroupArn=shop.group.arn)
        assert health(shop, shop.group.arn) == [("172.31.0.10", "healthy", None)]
