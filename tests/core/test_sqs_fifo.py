"""SQS FIFO queues: order, message groups, deduplication.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud


class Fifo:
    """A FIFO queue with short ways to use it."""

    def __init__(self, sqs: Any, name: str, **attributes: str) -> None:
        self.sqs = sqs
        given = {"FifoQueue": "true", **attributes}
        self.url = sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]

    def send(self, body: str, group: str = "g", **parameters: Any) -> dict[str, Any]:
        sent: dict[str, Any] = self.sqs.send_message(
            QueueUrl=self.url, MessageBody=body, MessageGroupId=group, **parameters
        )
        return sent

    def receive(self, limit: int = 10, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=limit, **parameters)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def bodies(self, limit: int = 10, **parameters: Any) -> list[str]:
        return [message["Body"] for message in self.receive(limit, **parameters)]

    def delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


@pytest.fixture
def fifo(sqs: Any) -> Fifo:
    return Fifo(sqs, "orders.fifo", ContentBasedDeduplication="true")


def refusal(call: Any, *arguments: Any, **parameters: Any) -> tuple[str, str]:
    """The code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# -- what a send needs


def test_a_message_needs_a_group(sqs: Any, fifo: Fifo) -> None:
    assert refusal(sqs.send_message, QueueUrl=fifo.url, MessageBody="order") == (
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    )


def test_a_message_needs_a_deduplication_id_unless_its_content_serves(sqs: Any) -> None:
    strict = Fifo(sqs, "strict.fifo")
    assert refusal(strict.send, "order") == (
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    )
    strict.send("order", MessageDeduplicationId="1")
    assert strict.bodies() == ["order"]


def test_a_message_has_no_delay_of_its_own(cloud: Cloud, sqs: Any, fifo: Fifo) -> None:
    assert refusal(fifo.send, "order", DelaySeconds=5)[0] == "InvalidParameterValue"
    sqs.set_queue_attributes(QueueUrl=fifo.url, Attributes={"DelaySeconds": "5"})
    fifo.send("order")
    assert fifo.bodies() == []
    cloud.clock.advance(5)
    assert fifo.bodies() == ["order"]


@pytest.mark.parametrize("wrong", ["", "two words", "a" * 129, "ñ"])
def test_groups_and_deduplication_ids_are_1_to_128_visible_ascii_characters(fifo: Fifo, wrong: str) -> None:
    assert refusal(fifo.send, "order", wrong)[0] == "InvalidParameterValue"
    assert refusal(fifo.send, "order", MessageDeduplicationId=wrong)[0] == "InvalidParameterValue"
    assert fifo.bodies() == []


def test_a_standard_queue_takes_a_group_for_fairness_and_no_deduplication_id(sqs: Any) -> None:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for number in range(2):
        sqs.send_message(QueueUrl=url, MessageBody=str(number), MessageGroupId="tenant")
    for _ in range(2):
        answer = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["MessageGroupId"])
        assert answer["Messages"][0]["Attributes"] == {"MessageGroupId": "tenant"}
    parameters = {"QueueUrl": url, "MessageBody": "order", "MessageDeduplicationId": "1"}
    assert refusal(sqs.send_message, **parameters)[0] == "InvalidParameterValue"


# -- order and groups


def test_messages_come_in_the_order_in_which_they_were_sent(fifo: Fifo) -> None:
    for number in range(10):
        fifo.send(str(number))
    assert fifo.bodies() == [str(number) for number in range(10)]


def test_sequence_numbers_grow_within_a_group(fifo: Fifo) -> None:
    numbers = [fifo.send(str(number))["SequenceNumber"] for number in range(3)]
    assert all(len(number) == 20 and number.isdigit() for number in numbers)
    assert sorted(set(numbers), key=int) == numbers
    received = fifo.receive(MessageSystemAttributeNames=["SequenceNumber"])
    assert [message["Attributes"]["SequenceNumber"] for message in received] == numbers


def test_a_message_in_flight_blocks_its_group_and_no_other(fifo: Fifo) -> None:
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        fifo.send(body, group)
    (first,) = fifo.receive(1)
    assert first["Body"] == "a1"
    assert fifo.bodies() == ["b1"]
    assert fifo.bodies() == []
    fifo.delete(first)
    assert fifo.bodies() == ["a2"]


def test_an_expired_message_comes_again_before_its_successors(cloud: Cloud, fifo: Fifo) -> None:
    fifo.send("1")
    fifo.send("2")
    assert fifo.bodies(1) == ["1"]
    cloud.clock.advance(30)
    assert fifo.bodies() == ["1", "2"]


def test_a_message_given_back_waits_while_another_of_its_group_is_in_flight(sqs: Any, fifo: Fifo) -> None:
    for body in ("1", "2"):
        fifo.send(body)
    first, second = fifo.receive()
    sqs.change_message_visibility(QueueUrl=fifo.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    assert fifo.bodies() == []
    fifo.delete(second)
    assert fifo.bodies() == ["1"]


def test_a_receive_takes_as_many_of_one_group_as_there_are_before_others(fifo: Fifo) -> None:
    for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b")):
        fifo.send(body, group)
    assert fifo.bodies(3) == ["a1", "a2", "b1"]


def test_a_message_cannot_be_deleted_after_its_visibility_timeout(cloud: Cloud, fifo: Fifo) -> None:
    fifo.send("order")
    (message,) = fifo.receive()
    cloud.clock.advance(30)
    code, text = refusal(fifo.delete, message)
    assert code == "InvalidParameterValue"
    assert text.endswith("Reason: The receipt handle has expired.")
    assert fifo.bodies() == ["order"]


def test_a_long_poll_waits_for_a_blocked_group(cloud: Cloud, fifo: Fifo) -> None:
    fifo.send("1")
    fifo.send("2")
    before = cloud.clock.now
    assert fifo.bodies(1, VisibilityTimeout=6) == ["1"]
    assert fifo.bodies(2, WaitTimeSeconds=20) == ["1", "2"]
    assert cloud.clock.now - before == pytest.approx(6, abs=0.1)


# -- deduplication


def test_the_same_content_within_five_minutes_is_delivered_once(cloud: Cloud, fifo: Fifo) -> None:
    first = fifo.send("order")
    cloud.clock.advance(299)
    again = fifo.send("order")
    assert again["MessageId"] == first["MessageId"]
    assert fifo.bodies() == ["order"]
    cloud.clock.advance(1)
    assert fifo.send("order")["MessageId"] != first["MessageId"]


def test_deduplication_remembers_messages_that_were_deleted(fifo: Fifo) -> None:
    fifo.send("order")
    (message,) = fifo.receive()
    fifo.delete(message)
    fifo.send("order")
    assert fifo.bodies() == []


def test_the_deduplication_id_made_from_content_is_its_sha_256(fifo: Fifo) -> None:
    fifo.send("order")
    (message,) = fifo.receive(MessageSystemAttributeNames=["MessageDeduplicationId", "MessageGroupId"])
    digest = hashlib.sha256(b"order").hexdigest()
    assert message["Attributes"] == {"MessageDeduplicationId": digest, "MessageGroupId": "g"}
    fifo.send("other", MessageDeduplicationId=digest)
    assert fifo.bodies() == []


def test_an_explicit_deduplication_id_overrides_content(fifo: Fifo) -> None:
    fifo.send("order", "a", MessageDeduplicationId="1")
    fifo.send("order", "a", MessageDeduplicationId="2")
    fifo.send("other", "a", MessageDeduplicationId="1")
    assert fifo.bodies() == ["order", "order"]


def test_deduplication_is_for_the_queue_or_for_the_message_group(sqs: Any, fifo: Fifo) -> None:
    per_group = Fifo(sqs, "groups.fifo", ContentBasedDeduplication="true", DeduplicationScope="messageGroup")
    for queue in (fifo, per_group):
        for group in ("a", "b"):
            queue.send("order", group)
    assert fifo.bodies() == ["order"]
    assert per_group.bodies() == ["order", "order"]


def test_a_batch_to_a_fifo_queue_deduplicates_too(sqs: Any, fifo: Fifo) -> None:
    entries = [{"Id": one, "MessageBody": "order", "MessageGroupId": "g"} for one in ("a", "b")]
    sent = sqs.send_message_batch(QueueUrl=fifo.url, Entries=entries)["Successful"]
    assert sent[0]["MessageId"] == sent[1]["MessageId"]
    assert fifo.bodies() == ["order"]
