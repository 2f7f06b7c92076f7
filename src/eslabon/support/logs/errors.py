"""CloudWatch Logs' errors: their codes, in one place. When each is raised is said where it is raised."""

from __future__ import annotations

from eslabon.errors import ServiceError


def invalid(message: str) -> ServiceError:
    """Make the error of a parameter that CloudWatch Logs does not take.

    >>> invalid("The specified nextToken is invalid.").code
    'InvalidParameterException'
    """
    return ServiceError("InvalidParameterException", message)


def not_found(message: str) -> ServiceError:
    """Make the error of a group, stream or policy that does not exist.

    >>> not_found("The specified log group does not exist.").code
    'ResourceNotFoundException'
    """
    return ServiceError("ResourceNotFoundException", message)


def already_exists(what: str) -> ServiceError:
    """Make the error of a group or stream whose name is taken.

    >>> already_exists("log group").message
    'The specified log group already exists'
    """
    return ServiceError("ResourceAlreadyExistsException", f"The specified {what} already exists")
