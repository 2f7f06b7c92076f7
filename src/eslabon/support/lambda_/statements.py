"""The statements of a function's policy: what add_permission writes and remove_permission takes back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from eslabon.errors import ServiceError
from eslabon.support.lambda_.errors import invalid, not_found

POLICY_BYTES = 20_480

Statement = dict[str, Any]


def statement(
    arn: str, sid: str, action: str, principal: str, source_arn: str | None, source_account: str | None
) -> Statement:
    """The policy statement that add_permission writes. Raises InvalidParameterValueException for no principal.

    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

    >>> arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    >>> statement(arn, "rule", "lambda:InvokeFunction", "events.amazonaws.com", None, None)["Principal"]
    {'Service': 'events.amazonaws.com'}
    >>> statement(arn, "friend", "lambda:InvokeFunction", "210987654321", None, None)["Principal"]
    {'AWS': 'arn:aws:iam::210987654321:root'}
    >>> statement(arn, "nobody", "lambda:InvokeFunction", "events", None, None)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: The provided principal was invalid. \
Please check the principal and try again.
    """
    who: str | dict[str, str]
    if principal == "*":
        who = "*"
    elif re.fullmatch(r"\d{12}", principal):
        who = {"AWS": f"arn:aws:iam::{principal}:root"}
    elif principal.startswith("arn:aws:iam::"):
        who = {"AWS": principal}
    elif re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", principal):
        who = {"Service": principal}
    else:
        raise invalid("The provided principal was invalid. Please check the principal and try again.")
    made: Statement = {"Sid": sid, "Effect": "Allow", "Principal": who, "Action": action, "Resource": arn}
    condition: dict[str, Any] = {}
    if source_account:
        condition["StringEquals"] = {"AWS:SourceAccount": source_account}
    if source_arn:
        condition["ArnLike"] = {"AWS:SourceArn": source_arn}
    return {**made, "Condition": condition} if condition else made


def added(statements: Sequence[Statement], new: Statement) -> list[Statement]:
    """The statements and one more. Raises ResourceConflictException, PolicyLengthExceededException.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html

    >>> added([], {"Sid": "rule"})
    [{'Sid': 'rule'}]
    >>> added([{"Sid": "rule"}], {"Sid": "rule"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ResourceConflictException: The statement id (rule) provided already exists. \
Please provide a new statement id, or remove the existing statement.
    """
    if any(one["Sid"] == new["Sid"] for one in statements):
        message = (
            f"The statement id ({new['Sid']}) provided already exists. Please provide a new statement id, or "
            "remove the existing statement."
        )
        raise ServiceError("ResourceConflictException", message, 409)
    together = [*statements, new]
    size = len(json.dumps(together))
    if size > POLICY_BYTES:
        message = f"The final policy size ({size}) is bigger than the limit ({POLICY_BYTES})."
        raise ServiceError("PolicyLengthExceededException", message)
    return together


def removed(statements: Sequence[Statement], sid: str) -> list[Statement]:
    """The statements without one. Raises ResourceNotFoundException.

    >>> removed([{"Sid": "rule"}], "rule")
    []
    >>> removed([], "rule")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ResourceNotFoundException: Statement rule is not found in resource policy.
    """
    left = [one for one in statements if one["Sid"] != sid]
    if len(left) == len(statements):
        raise not_found(f"Statement {sid} is not found in resource policy.")
    return left
