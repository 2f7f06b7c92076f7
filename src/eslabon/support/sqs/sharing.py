"""AddPermission and RemovePermission: a queue policy's statements for other accounts. None for services, as on AWS."""

from __future__ import annotations

import json
import re
from typing import Any

from eslabon.support.sqs.errors import invalid_value, missing_parameter, sqs_error

# What a queue's owner may let other accounts do; the batch operations go with their single ones.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
ACTIONS = (
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
)
MAXIMUM_ACTIONS = 7  # in a statement
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")


def added(policy: str, arn: str, label: str, accounts: list[str], actions: list[str]) -> str:
    """The policy (JSON text, "" for none) with one more statement. Raises InvalidParameterValue, OverLimit.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html

    >>> arn = "arn:aws:sqs:us-east-1:123456789012:orders"
    >>> once = added("", arn, "partner", ["210987654321"], ["SendMessage"])
    >>> json.loads(once)["Statement"][0]["Principal"]
    {'AWS': 'arn:aws:iam::210987654321:root'}
    >>> added(once, arn, "partner", ["210987654321"], ["SendMessage"])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value partner for parameter Label is invalid. \
Reason: Already exists.
    """
    _check_label(label)
    if not accounts:
        raise missing_parameter("AWSAccountIds")
    if not actions:
        raise missing_parameter("Actions")
    for account in accounts:
        if not re.fullmatch(r"\d{12}", account):
            raise invalid_value("PrincipalId", f"[{account}]", "Unable to verify.")
    for action in actions:
        if action not in (*ACTIONS, "*"):
            raise invalid_value("ActionName", action, f"The owner of a queue can share {', '.join(ACTIONS)} and *.")
    if len(actions) > MAXIMUM_ACTIONS:
        raise sqs_error("OverLimit", f"{len(actions)} Actions were found, maximum allowed is {MAXIMUM_ACTIONS}.")
    document = json.loads(policy) if policy else {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy"}
    statements = _statements(document)
    if any(statement.get("Sid") == label for statement in statements):
        raise invalid_value("Label", label, "Already exists.")
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([f"arn:aws:iam::{account}:root" for account in accounts])},
        "Action": _one_or_all([f"SQS:{action}" for action in actions]),
        "Resource": arn,
    }
    return json.dumps({**document, "Statement": [*statements, statement]}, separators=(",", ":"))


def removed(policy: str, label: str) -> str:
    """The policy without the statements of a label; "" when none is left. Raises InvalidParameterValue.

    >>> arn = "arn:aws:sqs:us-east-1:123456789012:orders"
    >>> removed(added("", arn, "partner", ["210987654321"], ["*"]), "partner")
    ''
    >>> removed("", "partner")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value partner for parameter Label is invalid. \
Reason: can't find label.
    """
    _check_label(label)
    document = json.loads(policy) if policy else {}
    statements = _statements(document)
    left = [statement for statement in statements if statement.get("Sid") != label]
    if len(left) == len(statements):
        raise invalid_value("Label", label, "can't find label.")
    return json.dumps({**document, "Statement": left}, separators=(",", ":")) if left else ""


def _check_label(label: str) -> None:
    if not _LABEL.fullmatch(label):
        reason = "It has 1 to 80 letters, digits, hyphens and underscores."
        raise invalid_value("Label", label, reason)


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
