"""Names and ARNs of state machines and executions: what they may look like. It finds nothing by them."""

from __future__ import annotations

import re
from typing import NamedTuple

from eslabon.errors import ServiceError
from eslabon.ids import Arn

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NOT_IN_A_NAME = re.compile(
    r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff\U0010ffff]"
)


class MachineArn(NamedTuple):
    """A state machine's ARN in its parts; base: without the qualifier, a version's number or an alias, or ""."""

    base: str
    name: str
    qualifier: str


def check_name(name: str) -> None:
    """Refuse a name that a state machine or an execution may not have. Raises InvalidName.

    >>> check_name("pedidos-del-año")
    >>> check_name("my orders")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidName: Invalid Name: 'my orders'
    """
    if _NOT_IN_A_NAME.search(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")


def invalid_arn(reason: str) -> ServiceError:
    """The error for what is no ARN, or one of something else.

    >>> str(invalid_arn("Invalid ARN prefix: orders"))
    "InvalidArn: Invalid Arn: 'Invalid ARN prefix: orders'"
    """
    return ServiceError("InvalidArn", f"Invalid Arn: '{reason}'")


def parse(text: str, *kinds: str) -> Arn:
    """The parts of an ARN of Step Functions whose resource is one of `kinds`. Raises InvalidArn.

    >>> parse("arn:aws:states:us-east-1:123456789012:execution:orders:first", "execution").resource
    'execution:orders:first'
    >>> parse("orders", "stateMachine")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidArn: Invalid Arn: 'Invalid ARN prefix: orders'
    >>> parse("arn:aws:states:us-east-1:123456789012:execution:orders:first", "stateMachine")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidArn: Invalid Arn: 'Resource type not valid in this context: execution'
    """
    try:
        arn = Arn.parse(text)
    except ValueError:
        raise invalid_arn(f"Invalid ARN prefix: {text}") from None
    kind = arn.resource.partition(":")[0]
    if arn.service != "states" or kind not in kinds or ":" not in arn.resource:
        raise invalid_arn(f"Resource type not valid in this context: {kind}")
    return arn


def parse_role(text: str) -> Arn:
    """The parts of an execution role's ARN. Raises InvalidArn.

    >>> parse_role("arn:aws:iam::123456789012:role/orders").resource
    'role/orders'
    >>> parse_role("arn:aws:iam::123456789012:user/ana")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidArn: Invalid Arn: 'Invalid Role Arn: arn:aws:iam::123456789012:user/ana'
    """
    try:
        role = Arn.parse(text)
    except ValueError:
        raise invalid_arn(f"Invalid ARN prefix: {text}") from None
    if role.service != "iam" or not role.resource.startswith("role/"):
        raise invalid_arn(f"Invalid Role Arn: {text}")
    return role


def parse_machine(text: str, *, labelled: bool = False) -> MachineArn:
    """The parts of a state machine's ARN, qualified or not. Raises InvalidArn.

    labelled: whether `…/label`, which names a distributed Map, is let through as a part of the name; it is a
    ValidationException elsewhere.

    >>> parse_machine("arn:aws:states:us-east-1:123456789012:stateMachine:orders:2")[1:]
    ('orders', '2')
    >>> parse_machine("arn:aws:states:us-east-1:123456789012:stateMachine:orders")[1:]
    ('orders', '')
    >>> parse_machine("arn:aws:states:us-east-1:123456789012:stateMachine:orders/items")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationException: ...
    """
    arn = parse(text, "stateMachine")
    name, _, qualifier = arn.resource.partition(":")[2].partition(":")
    if not name or ":" in qualifier:
        raise invalid_arn(f"Invalid ARN: {text}")
    if "/" in name and not labelled:
        raise ServiceError(
            "ValidationException",
            f"{text} names a distributed Map of a state machine, which this operation does not take.",
            reason="API_DOES_NOT_SUPPORT_LABELED_ARNS",
        )
    return MachineArn(str(arn._replace(resource=f"stateMachine:{name}")), name, qualifier)
