"""What can go wrong, as values: a service's error, something not modelled, a failed delivery.

No wording of any one service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class ServiceError(Exception):
    """An AWS service refuses a request; the reader gets it as botocore's ClientError.

    code: the error shape's name in botocore's model ("ResourceNotFoundException") or, where AWS models none, its code.
    status: the HTTP status. members: further members of the error's shape.

    >>> error = ServiceError("ResourceNotFoundException", "Rule orders does not exist on EventBus default.")
    >>> error.code, error.status
    ('ResourceNotFoundException', 400)
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class NotModelled(NotImplementedError):
    """AWS has this, eslabon does not: said loudly, and never as a ClientError that a program may swallow.

    >>> str(NotModelled("events", "put_rule(ScheduleExpression=…)", ["EventPattern"]))
    'eslabon does not model events put_rule(ScheduleExpression=…). Modelled nearby: EventPattern.'
    >>> str(NotModelled("kinesis"))
    'eslabon does not model kinesis.'
    """

    def __init__(self, service: str, what: str = "", nearby: Iterable[str] = ()) -> None:
        near = ", ".join(nearby)
        missing = f"{service} {what}".rstrip()
        super().__init__(f"eslabon does not model {missing}." + (f" Modelled nearby: {near}." if near else ""))
        self.service = service
        self.what = what


class NoActiveCloud(RuntimeError):
    """A boto3 client made under eslabon was used when no cloud is active; it never dials AWS instead."""


@dataclass(frozen=True)
class Failure:
    """Why a delivery did not succeed, and whether trying again may help.

    >>> Failure("NO_PERMISSIONS", "The queue's policy does not allow it.", retryable=False).retryable
    False
    """

    code: str
    message: str
    retryable: bool
    members: Mapping[str, Any] = field(default_factory=dict)
