"""The two errors with which rules are refused."""

from __future__ import annotations

from eslabon.errors import ServiceError


def validation_error(message: str) -> ServiceError:
    """A value is not as it must be.

    >>> validation_error("A condition field must be specified").code
    'ValidationError'
    """
    return ServiceError("ValidationError", message)


def invalid_action(message: str) -> ServiceError:
    """An action cannot be: a redirect that leads to itself, a type without its settings.

    >>> invalid_action("The redirect configuration is not valid because it creates a loop.").code
    'InvalidLoadBalancerAction'
    """
    return ServiceError("InvalidLoadBalancerAction", message)
