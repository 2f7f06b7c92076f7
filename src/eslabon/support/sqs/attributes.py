"""Queue attributes: which there are, their ranges and defaults, the two redrive policies. KMS keys are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.permissions import PolicyError, parse_policy
from eslabon.support.sqs.errors import invalid_value, sqs_error


@dataclass(frozen=True)
class Attribute:
    """One settable attribute: an integer in a range, one of some words, or (neither) a JSON document."""

    default: str = ""
    lowest: int = 0
    highest: int = -1
    words: tuple[str, ...] = ()
    fifo_only: bool = False

    def accepts(self, value: str) -> bool:
        """Whether the value is in the range, or one of the words."""
        if self.words:
            return value in self.words
        if self.highest >= self.lowest:
            return bool(re.fullmatch(r"\d{1,10}", value)) and self.lowest <= int(value) <= self.highest
        return True


_BOOLEAN = ("true", "false")

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
SETTABLE: dict[str, Attribute] = {
    "DelaySeconds": Attribute("0", 0, 900),
    "MaximumMessageSize": Attribute("1048576", 1_024, 1_048_576),
    "MessageRetentionPeriod": Attribute("345600", 60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": Attribute("0", 0, 20),
    "VisibilityTimeout": Attribute("30", 0, 43_200),
    "Policy": Attribute(),
    "RedrivePolicy": Attribute(),
    "RedriveAllowPolicy": Attribute(),
    "SqsManagedSseEnabled": Attribute("true", words=_BOOLEAN),
    "FifoQueue": Attribute("true", words=("true",), fifo_only=True),
    "ContentBasedDeduplication": Attribute("false", words=_BOOLEAN, fifo_only=True),
    "DeduplicationScope": Attribute("queue", words=("queue", "messageGroup"), fifo_only=True),
    "FifoThroughputLimit": Attribute("perQueue", words=("perQueue", "perMessageGroupId"), fifo_only=True),
}
NOT_MODELLED = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds")

# What GetQueueAttributes adds from the queue's state.
COMPUTED = (
    "QueueArn",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
)

READABLE = frozenset({"All", *SETTABLE, *COMPUTED, *NOT_MODELLED})  # a queue never has the ones that are not modelled

# Attributes of a received message, as ReceiveMessage may ask for them.
OF_MESSAGES = (
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
)

MAXIMUM_SOURCES = 10


@dataclass(frozen=True)
class RedrivePolicy:
    """Where messages go that were received `max_receive_count` times and are still there."""

    dead_letter_arn: str
    max_receive_count: int


@dataclass(frozen=True)
class RedriveAllowPolicy:
    """Which queues may use this one as their dead-letter queue."""

    permission: str = "allowAll"
    sources: tuple[str, ...] = ()

    def allows(self, source_arn: str) -> bool:
        """Whether the queue `source_arn` may."""
        return self.permission == "allowAll" or (self.permission == "byQueue" and source_arn in self.sources)


def defaults(fifo: bool) -> dict[str, str]:
    """The attributes of a queue for which none were given.

    >>> defaults(fifo=False)["VisibilityTimeout"]
    '30'
    >>> "FifoQueue" in defaults(fifo=False), defaults(fifo=True)["FifoQueue"]
    (False, 'true')
    """
    return {name: one.default for name, one in SETTABLE.items() if one.default and (fifo or not one.fifo_only)}


def check(given: Mapping[str, str], fifo: bool) -> dict[str, str]:
    """The given attributes in the form in which SQS keeps them.

    Raises InvalidAttributeName, InvalidAttributeValue or InvalidParameterValue, and NotModelled for KMS keys.

    >>> check({"VisibilityTimeout": "60"}, fifo=False)
    {'VisibilityTimeout': '60'}
    >>> arn = "arn:aws:sqs:us-east-1:123456789012:dead"
    >>> check({"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})}, fifo=False)
    {'RedrivePolicy': '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":3}'}
    >>> check({"VisibilityTimeout": "43201"}, fifo=False)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAttributeValue: Invalid value for the parameter VisibilityTimeout.
    >>> check({"ContentBasedDeduplication": "true"}, fifo=False)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAttributeName: Unknown Attribute ContentBasedDeduplication.
    """
    checked = {}
    for name, value in given.items():
        if name in NOT_MODELLED:
            raise NotModelled("sqs", f"Attributes.{name}", SETTABLE)
        attribute = SETTABLE.get(name)
        if attribute is None or (attribute.fifo_only and not fifo):
            raise unknown(name)
        if not attribute.accepts(value):
            raise _invalid(name)
        checked[name] = _FORMS[name](value) if name in _FORMS else value
    return checked


def check_together(attributes: Mapping[str, str]) -> None:
    """Refuse values that exclude each other in one queue.

    >>> check_together(defaults(fifo=True))
    >>> check_together({"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "queue"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAttributeValue: Invalid value for the parameter FifoThroughputLimit. \
Reason: perMessageGroupId is allowed only when DeduplicationScope is messageGroup.
    """
    per_group = attributes.get("FifoThroughputLimit") == "perMessageGroupId"
    if per_group and attributes.get("DeduplicationScope") != "messageGroup":
        reason = "perMessageGroupId is allowed only when DeduplicationScope is messageGroup."
        raise _invalid("FifoThroughputLimit", reason)


def redrive_policy(text: str) -> RedrivePolicy | None:
    """Read a RedrivePolicy; an empty text means none. Raises InvalidParameterValue.

    >>> redrive_policy('{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}').max_receive_count
    10
    >>> redrive_policy("") is None
    True
    >>> redrive_policy('{"maxReceiveCount": 3}')
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value {"maxReceiveCount": 3} for parameter RedrivePolicy \
is invalid. Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn.
    """
    if not text:
        return None
    document = _document("RedrivePolicy", text, ("deadLetterTargetArn", "maxReceiveCount"))
    target = document.get("deadLetterTargetArn")
    if target is None:
        reason = "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."
        raise invalid_value("RedrivePolicy", text, reason)
    if not _is_queue_arn(target):
        raise invalid_value("RedrivePolicy", text, "Invalid value for deadLetterTargetArn.")
    count = str(document.get("maxReceiveCount", 10))
    if not re.fullmatch(r"\d{1,4}", count) or not 1 <= int(count) <= 1000:
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        raise invalid_value("RedrivePolicy", text, reason)
    return RedrivePolicy(target, int(count))


def redrive_allow_policy(text: str) -> RedriveAllowPolicy:
    """Read a RedriveAllowPolicy; an empty text means that all may. Raises InvalidParameterValue.

    >>> redrive_allow_policy("").allows("arn:aws:sqs:us-east-1:123456789012:orders")
    True
    >>> redrive_allow_policy('{"redrivePermission": "denyAll"}').allows("arn:aws:sqs:us-east-1:123456789012:orders")
    False
    >>> redrive_allow_policy('{"redrivePermission": "none"}')
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value {"redrivePermission": "none"} for parameter \
RedriveAllowPolicy is invalid. Reason: redrivePermission is allowAll, denyAll or byQueue.
    """
    if not text:
        return RedriveAllowPolicy()
    document = _document("RedriveAllowPolicy", text, ("redrivePermission", "sourceQueueArns"))
    permission = document.get("redrivePermission", "allowAll")
    sources = document.get("sourceQueueArns", [])
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise invalid_value("RedriveAllowPolicy", text, "redrivePermission is allowAll, denyAll or byQueue.")
    if not isinstance(sources, list) or not all(_is_queue_arn(source) for source in sources):
        raise invalid_value("RedriveAllowPolicy", text, "sourceQueueArns is a list of queue ARNs.")
    if (permission == "byQueue") != bool(sources):
        reason = "sourceQueueArns goes with redrivePermission byQueue, and byQueue with sourceQueueArns."
        raise invalid_value("RedriveAllowPolicy", text, reason)
    if len(sources) > MAXIMUM_SOURCES:
        raise invalid_value("RedriveAllowPolicy", text, f"sourceQueueArns holds at most {MAXIMUM_SOURCES} ARNs.")
    return RedriveAllowPolicy(permission, tuple(sources))


def unknown(name: str) -> ServiceError:
    """The error for an attribute that a queue of this type does not have.

    >>> unknown("Colour").message
    'Unknown Attribute Colour.'
    """
    return sqs_error("InvalidAttributeName", f"Unknown Attribute {name}.")


def _invalid(name: str, reason: str = "") -> ServiceError:
    explained = f" Reason: {reason}" if reason else ""
    return sqs_error("InvalidAttributeValue", f"Invalid value for the parameter {name}.{explained}")


def _policy(text: str) -> str:
    if text:
        try:
            parse_policy(text)
        except PolicyError as error:
            raise _invalid("Policy", f"{error}.") from None
    return text


def _redrive(text: str) -> str:
    policy = redrive_policy(text)
    if policy is None:
        return ""
    document = {"deadLetterTargetArn": policy.dead_letter_arn, "maxReceiveCount": policy.max_receive_count}
    return json.dumps(document, separators=(",", ":"))


def _redrive_allow(text: str) -> str:
    redrive_allow_policy(text)
    return json.dumps(json.loads(text), separators=(",", ":")) if text else ""


# How SQS keeps the attributes that are documents.
_FORMS = {"Policy": _policy, "RedrivePolicy": _redrive, "RedriveAllowPolicy": _redrive_allow}


def _document(name: str, text: str, members: tuple[str, ...]) -> dict[str, Any]:
    try:
        document = jsontext.parse(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        called = "Redrive policy" if name == "RedrivePolicy" else "Redrive allow policy"
        raise invalid_value(name, text, f"{called} is not a valid JSON map.")
    if not set(document) <= set(members):
        raise invalid_value(name, text, f"Only following attributes are supported: [{', '.join(members)}].")
    return document


def _is_queue_arn(text: Any) -> bool:
    try:
        return Arn.parse(text).service == "sqs"
    except (ValueError, AttributeError):
        return False
