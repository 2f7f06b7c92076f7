"""S3's errors that several modules raise, and how HEAD tells of any. When each is raised is said where it is raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from eslabon.errors import ServiceError

Found = TypeVar("Found")


def no_bucket() -> ServiceError:
    """There is no bucket of this name.

    >>> no_bucket().code
    'NoSuchBucket'
    """
    return ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)


def denied() -> ServiceError:
    """Who asks may not do this.

    >>> denied().code
    'AccessDenied'
    """
    return ServiceError("AccessDenied", "Access Denied", 403)


def told_by_head(find: Callable[[], Found]) -> Found:
    """What `find` answers; its refusal as HEAD tells it: a status without a body.

    >>> def find():
    ...     raise no_bucket()
    >>> told_by_head(find)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: 404: Not Found
    """
    try:
        return find()
    except ServiceError as refused:
        reason = {403: "Forbidden", 404: "Not Found"}[refused.status]
        raise ServiceError(str(refused.status), reason, refused.status) from None
