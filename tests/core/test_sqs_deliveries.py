"""SQS as a target: what a queue's policy admits, and what a refused delivery says.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import Cloud, NotModelled
from eslabon.errors import Failure

ORDERS = "arn:aws:sqs:us-east-1:123456789012:orders"
RULE = "arn:aws:events:us-east-1:123456789012:rule/all-orders"
PRINCIPAL = "events.amazonaws.com"


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


def policy(resource: str = ORDERS, **more: Any) -> dict[str, str]:
    """The attribute that admits EventBridge to a queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": "sqs:SendMessage",
        "Resource": resource,
        **more,
    }
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def source_arn(arn: str) -> dict[str, Any]:
    return {"Condition": {"ArnEquals": {"aws:SourceArn": arn}}}


def deliver(cloud: Cloud, arn: str = ORDERS, payload: str = '{"order": 1}', **parameters: Any) -> Any:
    """What a rule hears of one delivery: the result's text, or the failure."""
    heard: list[Any] = []
    cloud.deliver(
        arn,
        payload,
        principal=PRINCIPAL,
        source_arn=RULE,
        parameters=parameters,
        reply=lambda result, failure: heard.append(failure or result),
    )
    cloud.clock.run_until_idle()
    (only,) = heard
    return only


def test_a_queue_whose_policy_admits_the_rule_receives_its_events(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes=policy(**source_arn(RULE)))["QueueUrl"]
    result = json.loads(deliver(cloud))
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == '{"order": 1}'
    assert message["MessageId"] == result["MessageId"]
    assert list(cloud.journal.of("refusal")) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        policy(**source_arn(RULE + "-2")),
        policy("arn:aws:sqs:us-east-1:123456789012:bills"),
        policy(Action="sqs:ReceiveMessage"),
        policy(Principal={"Service": "sns.amazonaws.com"}),
        policy(Effect="Deny"),
    ],
    ids=["no policy", "another rule", "another queue", "another action", "another service", "deny"],
)
def test_a_queue_whose_policy_does_not_admit_the_rule_refuses_for_good_and_says_what_is_missing(
    cloud: Cloud, sqs: Any, attributes: dict[str, str]
) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    failure = deliver(cloud)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.retryable) == ("NO_PERMISSIONS", False)
    assert f"No resource policy allows {PRINCIPAL} to perform sqs:SendMessage on {ORDERS}" in failure.message
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    (refusal,) = cloud.journal.of("refusal")
    assert (refusal["source"], refusal["target"], refusal["action"]) == (RULE, ORDERS, "sqs:SendMessage")
    assert refusal["principal"] == PRINCIPAL


def test_the_missing_statement_is_what_would_have_admitted_the_rule(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    deliver(cloud)
    (refusal,) = cloud.journal.of("refusal")
    added = json.dumps({"Version": "2012-10-17", "Statement": [refusal["missing"]]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": added})
    assert not isinstance(deliver(cloud), Failure)


def test_a_missing_queue_is_a_failure_that_is_not_retried(cloud: Cloud) -> None:
    failure = deliver(cloud)
    assert (failure.code, failure.retryable) == ("NO_RESOURCE", False)


def test_a_delivery_with_a_role_needs_no_queue_policy(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    trust = {"Effect": "Allow", "Principal": {"Service": PRINCIPAL}, "Action": "sts:AssumeRole"}
    role = cloud.client("iam").create_role(
        RoleName="sender", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    cloud.deliver(ORDERS, "{}", principal=PRINCIPAL, source_arn=RULE, role_arn=role, reply=lambda *_: None)
    cloud.clock.run_until_idle()
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_a_fifo_queue_needs_content_based_deduplication_and_a_group(cloud: Cloud, sqs: Any) -> None:
    arn = ORDERS + ".fifo"
    fifo = {"FifoQueue": "true", **policy(arn)}
    url = sqs.create_queue(QueueName="orders.fifo", Attributes=fifo)["QueueUrl"]
    assert deliver(cloud, arn, MessageGroupId="g").code == "INVALID_PARAMETER"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ContentBasedDeduplication": "true"})
    assert deliver(cloud, arn).code == "INVALID_PARAMETER"
    assert not isinstance(deliver(cloud, arn, MessageGroupId="g"), Failure)
    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_delivery_may_carry_message_attributes(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes=policy())["QueueUrl"]
    attributes = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}
    deliver(cloud, MessageAttributes=attributes)
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"] == attributes


def test_what_a_delivery_may_not_carry_is_said(cloud: Cloud, sqs: Any) -> None:
    sqs.create_queue(QueueName="orders", Attributes=policy())
    with pytest.raises(NotModelled, match="Colour"):
        deliver(cloud, Colour="red")


def test_a_message_that_is_too_long_for_the_queue_is_refused_for_good(cloud: Cloud, sqs: Any) -> None:
    sqs.create_queue(QueueName="orders", Attributes={"MaximumMessageSize": "1024", **policy()})
    failure = deliver(cloud, payload="a" * 1025)
    assert (failure.code, failure.retryable) == ("INVALID_PARAMETER", False)


@pytest.mark.parametrize("character", ["\ud800", "\udfff", "\ufffe", "\uffff"])
def test_json_that_holds_what_xml_does_not_allow_arrives_as_the_same_json(
    cloud: Cloud, sqs: Any, character: str
) -> None:
    """SQS takes characters of XML alone; in JSON text an escape says the rest."""
    url = sqs.create_queue(QueueName="orders", Attributes=policy())["QueueUrl"]
    event = {"detail": {"name": f"café {character}"}}
    deliver(cloud, payload=json.dumps(event, ensure_ascii=False))
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == event
    assert "café" in message["Body"]
    with pytest.raises(sqs.exceptions.InvalidMessageContents):
        sqs.send_message(QueueUrl=url, MessageBody=character)


def test_a_lone_surrogate_in_an_event_s_detail_reaches_the_queue(shop: Any) -> None:
    url, arn = shop.queue("orders")
    shop.allow(url, arn, shop.rule("orders", {"source": ["shop"]}))
    shop.target("orders", arn)
    shop.send({"name": "\ud800"})
    (event,) = shop.received(url)
    assert event["detail"] == {"name": "\ud800"}


def test_a_long_poll_returns_when_a_delivery_arrives(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes=policy())["QueueUrl"]
    cloud.deliver(ORDERS, "{}", principal=PRINCIPAL, source_arn=RULE, reply=lambda *_: None)
    before = cloud.clock.now
    assert len(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]) == 1
    assert 0 < cloud.clock.now - before < 1


def test_the_queue_of_another_region_admits_and_receives_there(cloud: Cloud) -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:orders"
    ireland = cloud.session(region_name="eu-west-1").client("sqs")
    url = ireland.create_queue(QueueName="orders", Attributes=policy(arn))["QueueUrl"]
    deliver(cloud, arn)
    assert len(ireland.receive_message(QueueUrl=url)["Messages"]) == 1
