"""Buses, rules and targets: https://docs.aws.amazon.com/eventbridge/latest/APIReference/"""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import Cloud, NotModelled
from tests.core.refusals import refused

PATTERN = '{"source":["shop"]}'
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"


@pytest.fixture
def events(cloud: Cloud) -> Any:
    return cloud.client("events")


class TestBuses:
    def test_every_account_and_region_has_its_default_bus(self, cloud: Cloud) -> None:
        for region in ("us-east-1", "eu-south-1"):
            buses = cloud.client("events", region_name=region).list_event_buses()["EventBuses"]
            assert [bus["Arn"] for bus in buses] == [f"arn:aws:events:{region}:123456789012:event-bus/default"]

    def test_a_custom_bus_is_created_described_updated_and_deleted(self, events: Any) -> None:
        arn = events.create_event_bus(Name="shop", Description="Orders")["EventBusArn"]
        assert events.describe_event_bus(Name=arn)["Description"] == "Orders"
        events.update_event_bus(Name="shop", Description="All orders")
        assert events.describe_event_bus(Name="shop")["Description"] == "All orders"
        events.delete_event_bus(Name="shop")
        code, message = refused(events.describe_event_bus, Name="shop")
        assert (code, message) == ("ResourceNotFoundException", "Event bus shop does not exist.")

    def test_a_name_is_taken_once(self, events: Any) -> None:
        events.create_event_bus(Name="shop")
        assert refused(events.create_event_bus, Name="shop")[0] == "ResourceAlreadyExistsException"

    def test_the_default_bus_stays(self, events: Any) -> None:
        assert refused(events.delete_event_bus, Name="default")[0] == "ValidationException"

    def test_a_bus_with_rules_stays(self, events: Any) -> None:
        events.create_event_bus(Name="shop")
        events.put_rule(Name="r", EventPattern=PATTERN, EventBusName="shop")
        assert refused(events.delete_event_bus, Name="shop") == (
            "ValidationException",
            "Event bus can't be deleted since it has rules.",
        )

    def test_deleting_a_bus_that_is_not_there_succeeds(self, events: Any) -> None:
        assert events.delete_event_bus(Name="nothing")["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_an_account_has_a_hundred_buses(self, events: Any) -> None:
        for number in range(99):
            events.create_event_bus(Name=f"bus-{number}")
        assert refused(events.create_event_bus, Name="one-more")[0] == "LimitExceededException"
        assert len(events.list_event_buses(Limit=100)["EventBuses"]) == 100

    def test_a_bus_policy_is_put_by_statement_and_as_a_whole(self, events: Any) -> None:
        events.put_permission(Action="events:PutEvents", Principal="111122223333", StatementId="partner")
        policy = json.loads(events.describe_event_bus()["Policy"])
        assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
        events.remove_permission(StatementId="partner")
        assert "Policy" not in events.describe_event_bus()
        assert refused(events.put_permission, Policy="{}")[0] == "ValidationException"
        assert "Policy" not in events.describe_event_bus()


class TestRules:
    def test_a_rule_needs_a_pattern_or_a_schedule(self, events: Any) -> None:
        assert refused(events.put_rule, Name="r") == (
            "ValidationException",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        )

    def test_the_arn_of_a_rule_names_its_bus_unless_it_is_the_default(self, events: Any) -> None:
        events.create_event_bus(Name="shop")
        prefix = "arn:aws:events:us-east-1:123456789012:rule"
        assert events.put_rule(Name="r", EventPattern=PATTERN)["RuleArn"] == f"{prefix}/r"
        assert events.put_rule(Name="r", EventPattern=PATTERN, EventBusName="shop")["RuleArn"] == f"{prefix}/shop/r"

    def test_putting_a_rule_again_replaces_it_and_loses_what_is_left_out(self, events: Any) -> None:
        events.put_rule(Name="r", EventPattern=PATTERN, Description="Orders", State="DISABLED")
        events.put_rule(Name="r", EventPattern='{"source":["web"]}')
        rule = events.describe_rule(Name="r")
        assert "Description" not in rule
        assert rule["State"] == "ENABLED"
        assert rule["EventPattern"] == '{"source":["web"]}'

    def test_putting_a_rule_again_keeps_its_targets(self, events: Any) -> None:
        events.put_rule(Name="r", EventPattern=PATTERN)
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
        events.put_rule(Name="r", EventPattern=PATTERN)
        assert len(events.list_targets_by_rule(Rule="r")["Targets"]) == 1

    def test_tags_are_ignored_when_an_existing_rule_is_put(self, events: Any) -> None:
        """PutRule: if you are updating an existing rule, any tags you specify in the PutRule operation are ignored."""
        arn = events.put_rule(Name="r", EventPattern=PATTERN, Tags=[{"Key": "team", "Value": "a"}])["RuleArn"]
        events.put_rule(Name="r", EventPattern=PATTERN, Tags=[{"Key": "team", "Value": "b"}])
        assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
        events.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "test"}])
        events.untag_resource(ResourceARN=arn, TagKeys=["team"])
        assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]

    def test_a_bad_pattern_is_refused_and_nothing_is_stored(self, events: Any) -> None:
        code, message = refused(events.put_rule, Name="r", EventPattern="{}")
        assert code == "InvalidEventPatternException"
        assert message.startswith("Event pattern is not valid.")
        assert events.list_rules()["Rules"] == []

    def test_a_rule_with_targets_is_not_deleted(self, events: Any) -> None:
        events.put_rule(Name="r", EventPattern=PATTERN)
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
        assert refused(events.delete_rule, Name="r") == (
            "ValidationException",
            "Rule can't be deleted since it has targets.",
        )
        events.remove_targets(Rule="r", Ids=["1"])
        events.delete_rule(Name="r")
        assert refused(events.describe_rule, Name="r") == (
            "ResourceNotFoundException",
            "Rule r does not exist on EventBus default.",
        )

    def test_a_rule_is_disabled_and_enabled(self, events: Any) -> None:
        events.put_rule(Name="r", EventPattern=PATTERN)
        events.disable_rule(Name="r")
        assert events.describe_rule(Name="r")["State"] == "DISABLED"
        events.enable_rule(Name="r")
        assert events.describe_rule(Name="r")["State"] == "ENABLED"

    def test_a_bus_has_three_hundred_rules(self, events: Any) -> None:
        for number in range(300):
            events.put_rule(Name=f"rule-{number}", EventPattern=PATTERN)
        assert refused(events.put_rule, Name="one-more", EventPattern=PATTERN)[0] == "LimitExceededException"
        events.put_rule(Name="rule-0", EventPattern='{"source":["other"]}')

    def test_rules_are_listed_by_prefix_and_by_target(self, events: Any) -> None:
        for name in ("order-a", "order-b", "other"):
            events.put_rule(Name=name, EventPattern=PATTERN)
        events.put_targets(Rule="order-b", Targets=[{"Id": "1", "Arn": QUEUE}])
        assert [rule["Name"] for rule in events.list_rules(NamePrefix="order")["Rules"]] == ["order-a", "order-b"]
        assert events.list_rule_names_by_target(TargetArn=QUEUE)["RuleNames"] == ["order-b"]


class TestTargets:
    @pytest.fixture(autouse=True)
    def rule(self, events: Any) -> None:
        events.put_rule(Name="r", EventPattern=PATTERN)

    def test_a_rule_has_five_targets(self, events: Any) -> None:
        events.put_targets(Rule="r", Targets=[{"Id": str(n), "Arn": QUEUE} for n in range(5)])
        error = refused(events.put_targets, Rule="r", Targets=[{"Id": "5", "Arn": QUEUE}])
        assert error == ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        assert len(events.list_targets_by_rule(Rule="r")["Targets"]) == 5

    def test_putting_a_target_again_replaces_it(self, events: Any) -> None:
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE, "Input": '"hello"'}])
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
        assert events.list_targets_by_rule(Rule="r")["Targets"] == [{"Id": "1", "Arn": QUEUE}]

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ({"Arn": "orders"}, "Parameter orders is not valid. Reason: Provided Arn is not in correct format."),
            ({"Arn": QUEUE + ".fifo"}, "Parameter(s) MessageGroupId must be specified for target: 1."),
            (
                {"Arn": QUEUE, "Input": "{}", "InputPath": "$.detail"},
                "Only one of Input, InputPath, or InputTransformer",
            ),
            ({"Arn": QUEUE, "Input": "not JSON"}, "Input"),
            ({"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/x"}, "RoleArn is required for target"),
        ],
    )
    def test_a_bad_target_is_refused_and_none_is_stored(self, events: Any, target: Any, message: str) -> None:
        good = {"Id": "0", "Arn": QUEUE}
        code, said = refused(events.put_targets, Rule="r", Targets=[good, {"Id": "1", **target}])
        assert code == "ValidationException"
        assert said.startswith(message) or message in said
        assert events.list_targets_by_rule(Rule="r")["Targets"] == []

    @pytest.mark.parametrize(
        "arn", ["arn:aws:kinesis:us-east-1:123456789012:stream/s", "arn:aws:sqs:us-east-1:111122223333:q"]
    )
    def test_targets_that_are_not_modelled_are_refused_when_put(self, events: Any, arn: str) -> None:
        with pytest.raises(NotModelled):
            events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])

    def test_removing_a_target_that_is_not_there_is_a_failed_entry(self, events: Any) -> None:
        answer = events.remove_targets(Rule="r", Ids=["nothing"])
        assert answer["FailedEntryCount"] == 1
        assert answer["FailedEntries"][0]["ErrorCode"] == "ResourceNotFoundException"

    @pytest.mark.parametrize(("name", "value"), [("MaximumRetryAttempts", 186), ("MaximumEventAgeInSeconds", 59)])
    def test_a_retry_policy_keeps_its_ranges(self, events: Any, name: str, value: int) -> None:
        with pytest.raises(Exception, match="186|59"):
            events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE, "RetryPolicy": {name: value}}])
