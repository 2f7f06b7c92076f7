"""Queue attributes: which there are, their ranges and defaults. KMS keys and RedriveAllowPolicy are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from eslabon.errors import NotModelled, ServiceError
from eslabon.permissions import PolicyError, parse_policy
from eslabon.support.sqs import redrive
from eslabon.support.sqs.errors import sqs_error


@dataclass(frozen=True)
class Attribute:
    """One settable attribute: an integer in a range, one of some words, or (neither) a JSON document."""

    default: str = ""
    lowest: int = 0
    highest: int = -1
    words: tuple[str, ...] = ()
    fifo_only: bool = False

    def accepts(self, value: str) -> bool:
        """Whether the value is in the range, or one of the words.

        >>> SETTABLE["DelaySeconds"].accepts("900"), SETTABLE["DelaySeconds"].accepts("901")
        (True, False)
        >>> SETTABLE["FifoQueue"].accepts("false")
        False
        """
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
    "SqsManagedSseEnabled": Attribute("true", words=_BOOLEAN),
    "FifoQueue": Attribute("true", words=("true",), fifo_only=True),
    "ContentBasedDeduplication": Attribute("false", words=_BOOLEAN, fifo_only=True),
    "DeduplicationScope": Attribute("queue", words=("queue", "messageGroup"), fifo_only=True),
    "FifoThroughputLimit": Attribute("perQueue", words=("perQueue", "perMessageGroupId"), fifo_only=True),
}
NOT_MODELLED = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy")

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

    Raises InvalidAttributeName, InvalidAttributeValue or InvalidParameterValue, and NotModelled for what is left out.

    >>> check({"VisibilityTimeout": "60"}, fifo=False)
    {'VisibilityTimeout': '60'}
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


# How SQS keeps the attributes that are documents.
_FORMS = {"Policy": _policy, "RedrivePolicy": redrive.policy_as_kept}
