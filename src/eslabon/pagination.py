"""Pages of a list, with tokens that only the list that gave them accepts. Nothing is remembered between calls."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class InvalidToken(ValueError):
    """The token does not come from this list."""


def page(items: Sequence[Item], limit: int, token: str | None, key: str) -> tuple[list[Item], str | None]:
    """The next `limit` items and the token for what follows; `key` names the list (operation and its filters).

    >>> items, token = page(["a", "b", "c"], 2, None, "list_rules")
    >>> items, page(["a", "b", "c"], 2, token, "list_rules")
    (['a', 'b'], (['c'], None))
    >>> page([], 2, None, "list_rules")
    ([], None)
    >>> page(["a"], 2, token, "list_buses")
    Traceback (most recent call last):
    eslabon.pagination.InvalidToken: this token belongs to another list, or to none
    """
    start = 0 if token is None else _position(token, key)
    end = start + limit
    return list(items[start:end]), _token(end, key) if end < len(items) else None


def _token(position: int, key: str) -> str:
    seal = hashlib.sha256(f"{position}:{key}".encode()).hexdigest()[:16]
    return base64.urlsafe_b64encode(f"{position}:{seal}".encode()).decode()


def _position(token: str, key: str) -> int:
    try:
        position = int(base64.urlsafe_b64decode(token.encode()).decode().split(":")[0])
    except (ValueError, binascii.Error):
        position = -1
    if position < 0 or _token(position, key) != token:
        raise InvalidToken("this token belongs to another list, or to none")
    return position
