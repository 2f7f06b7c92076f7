"""Dead-letter queues: the redrive policy that names one. Which queues it admits (RedriveAllowPolicy) is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon import jsontext
from eslabon.ids import Arn
from eslabon.support.sqs.errors import invalid_value

if TYPE_CHECKING:
    from eslabon.support.sqs.queue import Queue

MEMBERS = ("deadLetterTargetArn", "maxReceiveCount")


@dataclass(frozen=True)
class RedrivePolicy:
    """Where messages go that were received `max_receive_count` times and are still there."""

    dead_letter_arn: str
    max_receive_count: int


def read_policy(text: str) -> RedrivePolicy | None:
    """Read a RedrivePolicy; an empty text means none. Raises InvalidParameterValue.

    >>> read_policy('{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}').max_receive_count
    10
    >>> read_policy("") is None
    True
    >>> read_policy('{"maxReceiveCount": 3}')
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value {"maxReceiveCount": 3} for parameter RedrivePolicy \
is invalid. Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn.
    """
    if not text:
        return None
    document = _document(text)
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


def policy_as_kept(text: str) -> str:
    """A RedrivePolicy as SQS shows it: on one line, the count a number. Raises InvalidParameterValue.

    >>> policy_as_kept('{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": "3"}')
    '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":3}'
    >>> policy_as_kept("")
    ''
    """
    policy = read_policy(text)
    if policy is None:
        return ""
    document = {"deadLetterTargetArn": policy.dead_letter_arn, "maxReceiveCount": policy.max_receive_count}
    return json.dumps(document, separators=(",", ":"))


def check_target(text: str, source_arn: str, queues: Mapping[str, Queue]) -> None:
    """Refuse a RedrivePolicy whose dead-letter queue is not there, or of another type.

    text: the policy. queues: those of the account and Region, by name. Raises InvalidParameterValue.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

    >>> orders = "arn:aws:sqs:us-east-1:123456789012:orders"
    >>> check_target("", orders, {})
    >>> check_target('{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}', orders, {})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value {"deadLetterTargetArn": \
"arn:aws:sqs:us-east-1:123456789012:dead"} for parameter RedrivePolicy is invalid. \
Reason: Dead letter target does not exist.
    """
    policy = read_policy(text)
    if policy is None:
        return
    source, target = Arn.parse(source_arn), Arn.parse(policy.dead_letter_arn)
    if (source.region, source.account) != (target.region, target.account):
        reason = "The dead-letter queue must be in the same account and Region as its source queue."
        raise invalid_value("RedrivePolicy", text, reason)
    dead_letters = queues.get(target.resource)
    if dead_letters is None:
        raise invalid_value("RedrivePolicy", text, "Dead letter target does not exist.")
    if dead_letters.fifo != source.resource.endswith(".fifo"):
        reason = "Dead-letter queue must be same type of queue as the source."
        raise invalid_value("RedrivePolicy", text, reason)


def _document(text: str) -> dict[str, Any]:
    try:
        document = jsontext.parse(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise invalid_value("RedrivePolicy", text, "Redrive policy is not a valid JSON map.")
    if not set(document) <= set(MEMBERS):
        reason = f"Only following attributes are supported: [{', '.join(MEMBERS)}]."
        raise invalid_value("RedrivePolicy", text, reason)
    return document


def _is_queue_arn(text: Any) -> bool:
    try:
        return Arn.parse(text).service == "sqs"
    except (ValueError, AttributeError):
        return False
