"""SQS dead-letter queues: when a message moves there, what it keeps, and who may use which queue.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud

ARN = "arn:aws:sqs:us-east-1:123456789012:"


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def redrive(target: str, count: Any = 2) -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN + target, "maxReceiveCount": count})}


def receive(sqs: Any, url: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"], **parameters)
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


@pytest.fixture
def queues(sqs: Any) -> tuple[str, str]:
    """The URLs of a queue and of its dead-letter queue, after two receives."""
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    return sqs.create_queue(QueueName="orders", Attributes=redrive("dead"))["QueueUrl"], dead


def test_a_message_received_max_receive_count_times_moves_at_the_next_receive(
    cloud: Cloud, sqs: Any, queues: tuple[str, str]
) -> None:
    orders, dead = queues
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    for _ in range(2):
        assert [message["Body"] for message in receive(sqs, orders)] == ["poison"]
        cloud.clock.advance(30)
    assert receive(sqs, dead) == []
    assert receive(sqs, orders) == []
    assert [message["Body"] for message in receive(sqs, dead)] == ["poison"]


def test_a_dead_letter_keeps_its_id_attributes_and_count_and_says_where_it_came_from(
    cloud: Cloud, sqs: Any, queues: tuple[str, str]
) -> None:
    orders, dead = queues
    kind = {"kind": {"DataType": "String", "StringValue": "order"}}
    sent = sqs.send_message(QueueUrl=orders, MessageBody="poison", MessageAttributes=kind)
    for _ in range(3):
        receive(sqs, orders)
        cloud.clock.advance(30)
    (letter,) = receive(sqs, dead, MessageAttributeNames=["All"])
    assert letter["MessageId"] == sent["MessageId"]
    assert letter["MessageAttributes"] == kind
    assert letter["Attributes"]["ApproximateReceiveCount"] == "3"
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == ARN + "orders"


def test_the_messages_behind_a_dead_letter_are_received_in_its_place(
    cloud: Cloud, sqs: Any, queues: tuple[str, str]
) -> None:
    orders, _ = queues
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    for _ in range(2):
        receive(sqs, orders)
        cloud.clock.advance(30)
    sqs.send_message(QueueUrl=orders, MessageBody="good")
    assert [message["Body"] for message in receive(sqs, orders)] == ["good"]


def test_a_long_poll_goes_on_when_all_it_found_was_dead(cloud: Cloud, sqs: Any, queues: tuple[str, str]) -> None:
    orders, _ = queues
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    for _ in range(2):
        receive(sqs, orders)
        cloud.clock.advance(30)
    cloud.clock.call_later(5, lambda: sqs.send_message(QueueUrl=orders, MessageBody="good"))
    assert [message["Body"] for message in receive(sqs, orders, WaitTimeSeconds=20)] == ["good"]


def test_the_receipt_handle_of_a_moved_message_no_longer_deletes_it(
    cloud: Cloud, sqs: Any, queues: tuple[str, str]
) -> None:
    orders, dead = queues
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    for _ in range(2):
        (message,) = receive(sqs, orders)
        cloud.clock.advance(30)
    receive(sqs, orders)
    sqs.delete_message(QueueUrl=orders, ReceiptHandle=message["ReceiptHandle"])
    assert len(receive(sqs, dead)) == 1


def test_a_standard_queue_s_dead_letter_keeps_its_age(cloud: Cloud, sqs: Any) -> None:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    dead = sqs.create_queue(QueueName="dead", Attributes={"MessageRetentionPeriod": "120"})["QueueUrl"]
    orders = sqs.create_queue(QueueName="orders", Attributes=redrive("dead", 1))["QueueUrl"]
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    receive(sqs, orders)
    cloud.clock.advance(90)
    receive(sqs, orders)
    assert len(receive(sqs, dead, VisibilityTimeout=0)) == 1
    cloud.clock.advance(30)
    assert receive(sqs, dead) == []


def test_a_fifo_queue_s_dead_letter_starts_anew_and_frees_its_group(cloud: Cloud, sqs: Any) -> None:
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    short = {"MessageRetentionPeriod": "120"}
    dead = sqs.create_queue(QueueName="dead.fifo", Attributes={**fifo, **short})["QueueUrl"]
    orders = sqs.create_queue(QueueName="orders.fifo", Attributes={**fifo, **redrive("dead.fifo", 1)})["QueueUrl"]
    for body in ("poison", "good"):
        sqs.send_message(QueueUrl=orders, MessageBody=body, MessageGroupId="g")
    receive(sqs, orders)
    cloud.clock.advance(90)
    assert [message["Body"] for message in receive(sqs, orders)] == ["good"]
    cloud.clock.advance(100)
    (letter,) = receive(sqs, dead)
    assert (letter["Body"], letter["Attributes"]["MessageGroupId"]) == ("poison", "g")


def test_without_its_dead_letter_queue_a_message_is_received_again_and_again(
    cloud: Cloud, sqs: Any, queues: tuple[str, str]
) -> None:
    orders, dead = queues
    sqs.delete_queue(QueueUrl=dead)
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    for _ in range(5):
        assert len(receive(sqs, orders)) == 1
        cloud.clock.advance(30)


def test_the_redrive_policy_is_read_back_as_one_line_with_a_number(sqs: Any) -> None:
    sqs.create_queue(QueueName="dead")
    url = sqs.create_queue(QueueName="orders", Attributes=redrive("dead", "5"))["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    assert json.loads(found) == {"deadLetterTargetArn": ARN + "dead", "maxReceiveCount": 5}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])


def test_a_redrive_policy_s_default_is_ten_receives(cloud: Cloud, sqs: Any) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN + "dead"})}
    orders = sqs.create_queue(QueueName="orders", Attributes=policy)["QueueUrl"]
    sqs.send_message(QueueUrl=orders, MessageBody="poison")
    for _ in range(10):
        assert len(receive(sqs, orders, VisibilityTimeout=0)) == 1
    assert receive(sqs, orders) == []
    assert len(receive(sqs, dead)) == 1


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("{", "Redrive policy is not a valid JSON map."),
        ("[]", "Redrive policy is not a valid JSON map."),
        ('{"maxReceiveCount": 3}', "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (redrive("absent")["RedrivePolicy"], "Dead letter target does not exist."),
        (redrive("dead", 0)["RedrivePolicy"], "Invalid value for maxReceiveCount: 0,"),
        (redrive("dead", 1001)["RedrivePolicy"], "Invalid value for maxReceiveCount: 1001,"),
        (redrive("dead.fifo")["RedrivePolicy"], "Dead-letter queue must be same type of queue as the source."),
        ('{"deadLetterTargetArn": "dead", "maxReceiveCount": 3}', "Invalid value for deadLetterTargetArn."),
    ],
)
def test_a_redrive_policy_names_a_queue_of_the_same_type_and_1_to_1000_receives(
    sqs: Any, policy: str, reason: str
) -> None:
    sqs.create_queue(QueueName="dead")
    sqs.create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})
    code, message = refusal(sqs.create_queue, QueueName="orders", Attributes={"RedrivePolicy": policy})
    assert code == "InvalidParameterValue"
    assert message.startswith(f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="orders")
