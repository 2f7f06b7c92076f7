"""What the operations share: where roles are kept and found, and how lists are cut into pages. No operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.support.iam.roles import Role

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]

PAGE_SIZE = 100


class Registry(Service):
    """The roles of one account."""

    name: ClassVar[str] = "iam"
    principal: ClassVar[str] = "iam.amazonaws.com"
    validation_code: ClassVar[str] = "ValidationError"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.roles: dict[str, Role] = {}

    def _role(self, name: str) -> Role:
        if name not in self.roles:
            raise ServiceError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
        return self.roles[name]


def listing(member: str, items: list[Any], limit: int, marker: str | None, key: str) -> Answer:
    """Answer one page of items the way IAM does, with IsTruncated and Marker.

    key: what the items are of; a Marker is valid for the same alone. Raises ValidationError (Marker).

    >>> listing("RoleNames", ["clerk", "worker"], 2, None, "/")
    {'RoleNames': ['clerk', 'worker'], 'IsTruncated': False}
    >>> listing("RoleNames", ["clerk", "worker"], 1, None, "/")["IsTruncated"]
    True
    >>> listing("RoleNames", [], 1, "nonsense", "/")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: Invalid Marker.
    """
    try:
        shown, following = page(items, limit, marker, f"{member}:{key}")
    except InvalidToken as error:
        raise ServiceError("ValidationError", "Invalid Marker.") from error
    answer: dict[str, Any] = {member: shown, "IsTruncated": following is not None}
    if following is not None:
        answer["Marker"] = following
    return answer
