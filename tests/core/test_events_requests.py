"""What EventBridge refuses when it is asked, so that nothing half-done is left and nothing fails later."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled
from tests.core.conftest import Shop

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:worker"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/other"
ROLE = "arn:aws:iam::123456789012:role/events"


@pytest.fixture
def rule(shop: Shop) -> Shop:
    """A shop with a rule that has no target."""
    shop.rule("orders", {"source": ["shop"]})
    return shop


def put_target(shop: Shop, **target: Any) -> None:
    shop.events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": QUEUE, **target}])


@pytest.mark.parametrize(
    "target",
    [
        {"RoleArn": "events"},
        {"DeadLetterConfig": {"Arn": "letters"}},
        {"Input": "[" * 8000},
        {"InputTransformer": {"InputTemplate": "[" * 8000}},
    ],
)
def test_a_malformed_target_is_a_validation_exception_and_is_not_kept(rule: Shop, target: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        put_target(rule, **target)
    assert rule.events.list_targets_by_rule(Rule="orders")["Targets"] == []


@pytest.mark.parametrize(
    "target",
    [
        {"Arn": "arn:aws:sqs:eu-west-1:123456789012:orders"},  # AWS: a rule reaches another Region through a bus there
        {"Arn": FUNCTION, "SqsParameters": {"MessageGroupId": "orders"}},
        {"Arn": BUS, "RoleArn": ROLE, "Input": '"a text is no event"'},
        {"Arn": BUS, "RoleArn": ROLE, "InputPath": "$.detail"},
    ],
)
def test_what_a_target_would_ignore_is_refused_when_it_is_put(rule: Shop, target: dict[str, Any]) -> None:
    with pytest.raises(NotModelled):
        put_target(rule, **target)
    assert rule.events.list_targets_by_rule(Rule="orders")["Targets"] == []


def test_the_role_of_a_rule_is_an_arn(shop: Shop) -> None:
    with pytest.raises(ClientError, match="Provided Arn is not in correct format"):
        shop.rule("orders", {"source": ["shop"]}, RoleArn="events")


@pytest.mark.parametrize("place", ["us-east-1:210987654321", "eu-west-1:123456789012"])
def test_an_event_for_a_bus_elsewhere_does_not_land_on_the_bus_of_that_name_here(shop: Shop, place: str) -> None:
    url, arn = shop.queue("orders")
    shop.events.create_event_bus(Name="orders")
    shop.allow(url, arn, shop.rule("all", {"source": ["shop"]}, bus="orders"))
    shop.target("all", arn, bus="orders")
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    entries = [{**entry, "EventBusName": name} for name in ("orders", f"arn:aws:events:{place}:event-bus/orders")]
    with pytest.raises(NotModelled, match="another account or Region"):
        shop.events.put_events(Entries=entries)
    shop.cloud.clock.run_until_idle()
    assert shop.received(url) == []  # nor the entry before it: the call has not happened


def test_targets_are_removed_in_the_order_in_which_they_were_put(cloud: Cloud) -> None:
    shop = Shop(cloud)
    shop.rule("orders", {"source": ["shop"]})
    names = ["e", "d", "c", "b", "a"]
    arns = [f"arn:aws:sqs:us-east-1:123456789012:{name}" for name in names]
    targets = [{"Id": name, "Arn": arn} for name, arn in zip(names, arns, strict=True)]
    shop.events.put_targets(Rule="orders", Targets=targets)
    shop.events.remove_targets(Rule="orders", Ids=sorted(names))
    gone = [entry["target"] for entry in cloud.journal.of("link") if entry["state"] == "deleted"]
    assert gone == arns


@pytest.mark.parametrize("depth", [5_000, 100_000])
def test_a_policy_that_nests_too_deeply_is_refused_as_one_that_is_no_json(cloud: Cloud, depth: int) -> None:
    nested = "[" * depth
    with pytest.raises(ClientError, match="InvalidAttributeValue"):
        cloud.client("sqs").create_queue(QueueName="orders", Attributes={"Policy": nested})
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        cloud.client("sqs").create_queue(QueueName="orders", Attributes={"RedrivePolicy": nested})
    with pytest.raises(ClientError, match="ValidationException"):
        cloud.client("events").put_permission(Policy=nested)
    assert cloud.resources() == []


def test_a_policy_is_json(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        cloud.client("events").put_permission(Policy=json.dumps(["no", "object"]))


@pytest.mark.parametrize("beside", ["Action", "Principal", "StatementId"])
def test_a_policy_is_put_instead_of_a_statement_not_with_one(cloud: Cloud, beside: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html: "instead of"."""
    events = cloud.client("events")
    statement = {"Action": "events:PutEvents", "Principal": "111122223333", "StatementId": "partner"}
    events.put_permission(**statement)
    policy = events.describe_event_bus()["Policy"]
    with pytest.raises(ClientError, match="ValidationException.*instead of"):
        events.put_permission(Policy=policy.replace("partner", "all"), **{beside: statement[beside]})
    assert events.describe_event_bus()["Policy"] == policy


def test_a_number_that_no_target_could_read_is_malformed_detail(shop: Shop) -> None:
    entry = {"Source": "shop", "DetailType": "order", "Detail": '{"total": 1e999}'}
    assert shop.events.put_events(Entries=[entry])["Entries"][0]["ErrorCode"] == "MalformedDetail"


@pytest.mark.parametrize(("length", "codes"), [(128, [None]), (129, ["InvalidArgument"])])
def test_a_detail_type_has_at_most_128_characters(shop: Shop, length: int, codes: list[str | None]) -> None:
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
    entry = {"Source": "shop", "DetailType": "o" * length, "Detail": "{}"}
    answer = shop.events.put_events(Entries=[entry])
    assert [one.get("ErrorCode") for one in answer["Entries"]] == codes
