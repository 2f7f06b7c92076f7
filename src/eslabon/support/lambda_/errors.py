"""Lambda's errors that several operations share: their codes, statuses and wording."""

from __future__ import annotations

from eslabon.errors import ServiceError


def invalid(message: str) -> ServiceError:
    """The error of a value that Lambda does not take.

    >>> invalid("The role defined for the function cannot be assumed by Lambda.").code
    'InvalidParameterValueException'
    """
    return ServiceError("InvalidParameterValueException", message, Type="User")


def not_found(message: str) -> ServiceError:
    """The error of a function, statement or configuration that does not exist.

    >>> not_found("The resource you requested does not exist.").status
    404
    """
    return ServiceError("ResourceNotFoundException", message, 404, Type="User")


def pending() -> ServiceError:
    """The error of a function that is still being created.

    >>> pending().code, pending().status
    ('ResourceConflictException', 409)
    """
    message = (
        "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    )
    return ServiceError("ResourceConflictException", message, 409, Type="User")
