"""Messages and queues as the API writes them: a send's entry, the answers of sends and receives, attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eslabon.support.sqs import contents
from eslabon.support.sqs.attributes import OF_MESSAGES, READABLE, unknown
from eslabon.support.sqs.errors import invalid_value
from eslabon.support.sqs.message import Message
from eslabon.support.sqs.queue import LONGEST_VISIBILITY, Queue

# Parameters of a receive that are numbers: lowest, highest, and how AWS says so.
_RECEIVE_RANGES = {
    "MaxNumberOfMessages": (1, 10, "Must be between 1 and 10, if provided."),
    "WaitTimeSeconds": (0, 20, "Must be >= 0 and <= 20, if provided."),
    "VisibilityTimeout": (0, LONGEST_VISIBILITY, f"Must be between 0 and {LONGEST_VISIBILITY}, if provided."),
}


def read(entry: Mapping[str, Any], queue: Queue, *, message_id: str, sender_id: str, now: float) -> Message:
    """The message that a send's entry describes, when the queue takes such a one.

    entry: the members of SendMessage, or of an entry of SendMessageBatch.
    Raises InvalidMessageContents, InvalidParameterValue, MissingParameter.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

    >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
    >>> read({"MessageBody": "hello"}, queue, message_id="m1", sender_id="s1", now=0).body
    'hello'
    >>> read({"MessageBody": "hello", "DelaySeconds": 901}, queue, message_id="m1", sender_id="s1", now=0)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value 901 for parameter DelaySeconds is invalid. \
Reason: DelaySeconds must be >= 0 and <= 900.
    """
    body, attributes = entry["MessageBody"], entry.get("MessageAttributes") or {}
    contents.check_body(body)
    contents.check_attributes(attributes)
    contents.check_size(body, attributes, queue.seconds("MaximumMessageSize"))
    delay = entry.get("DelaySeconds")
    if delay is not None and not 0 <= delay <= 900:
        raise invalid_value("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900.")
    for parameter in ("MessageGroupId", "MessageDeduplicationId"):
        if entry.get(parameter) is not None:
            contents.check_token(parameter, entry[parameter])
    group, deduplication_id = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    queue.check_send(group, deduplication_id, delay)
    return Message(
        message_id=message_id,
        body=body,
        sender_id=sender_id,
        sent=now,
        attributes=attributes,
        group=group,
        deduplication_id=deduplication_id,
    )


def sent(message: Message, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a send: the digests are those of the entry, id and number those of the message that is kept.

    >>> sent(Message("m1", "hello", "s1", sent=0), {"MessageBody": "hello"})["MD5OfMessageBody"]
    '5d41402abc4b2a76b9719d911017c592'
    """
    return {
        "MessageId": message.message_id,
        "MD5OfMessageBody": contents.md5_of_body(entry["MessageBody"]),
        "MD5OfMessageAttributes": contents.md5_of_attributes(entry.get("MessageAttributes") or {}),
        "SequenceNumber": message.sequence_number,
    }


def check_receive(names: Iterable[str], **numbers: int) -> None:
    """Refuse numbers out of range, and names of message attributes that SQS does not have.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html

    >>> check_receive(["All"], WaitTimeSeconds=20)
    >>> check_receive([], WaitTimeSeconds=21)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value 21 for parameter WaitTimeSeconds is invalid. \
Reason: Must be >= 0 and <= 20, if provided.
    >>> check_receive(["Colour"])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAttributeName: Unknown Attribute Colour.
    """
    for parameter, number in numbers.items():
        lowest, highest, reason = _RECEIVE_RANGES[parameter]
        if not lowest <= number <= highest:
            raise invalid_value(parameter, number, reason)
    for name in names:
        if name not in ("All", *OF_MESSAGES):
            raise unknown(name)


def received(message: Message, names: Iterable[str], attribute_names: Iterable[str]) -> dict[str, Any]:
    """A message as a receive gives it, with the system and the message attributes that were asked for.

    >>> message = Message("m1", "hello", "s1", sent=0.5, receipt_handle="handle")
    >>> received(message, ["SentTimestamp"], [])["Attributes"]
    {'SentTimestamp': '500'}
    """
    attributes = contents.chosen(message.attributes, attribute_names)
    known = {
        "SenderId": message.sender_id,
        "SentTimestamp": _milliseconds(message.sent),
        "ApproximateReceiveCount": str(message.receive_count),
        "ApproximateFirstReceiveTimestamp": _milliseconds(message.first_received or 0.0),
        "SequenceNumber": message.sequence_number,
        "MessageDeduplicationId": message.deduplication_id,
        "MessageGroupId": message.group,
        "DeadLetterQueueSourceArn": message.source_arn,
    }
    wanted = set(known) if "All" in names else set(names)
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": contents.md5_of_body(message.body),
        "Body": message.body,
        "Attributes": {name: one for name, one in known.items() if name in wanted and one is not None} or None,
        "MD5OfMessageAttributes": contents.md5_of_attributes(attributes),
        "MessageAttributes": attributes or None,
    }


def attributes(queue: Queue, names: Sequence[str], now: float) -> dict[str, str]:
    """A queue's attributes that are named, or "All". Raises InvalidAttributeName.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html

    >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
    >>> attributes(queue, ["ApproximateNumberOfMessages", "DelaySeconds"], now=0)
    {'ApproximateNumberOfMessages': '0', 'DelaySeconds': '0'}
    >>> attributes(queue, [], now=0)
    {}
    >>> attributes(queue, ["Colour"], now=0)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAttributeName: Unknown Attribute Colour.
    """
    for name in names:
        if name not in READABLE:
            raise unknown(name)
    depth = queue.depth(now)
    known = {
        "QueueArn": queue.arn,
        "ApproximateNumberOfMessages": str(depth.visible),
        "ApproximateNumberOfMessagesNotVisible": str(depth.in_flight),
        "ApproximateNumberOfMessagesDelayed": str(depth.delayed),
        "CreatedTimestamp": str(int(queue.created)),
        "LastModifiedTimestamp": str(int(queue.modified)),
        **queue.attributes,
    }
    return {name: one for name, one in known.items() if "All" in names or name in names}


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
