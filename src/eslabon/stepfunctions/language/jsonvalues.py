"""JSON values: their compact text, and when two of them are the same value."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

# One encoder: json.dumps makes a new one each time when it is given options.
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def compact(value: Any) -> str:
    """The JSON text of a value without white space, as AWS writes values in payloads and causes.

    >>> compact({"a": [1, "é"]}), compact(None)
    ('{"a":[1,"é"]}', 'null')
    >>> compact({1, 2})
    Traceback (most recent call last):
    TypeError: Object of type set is not JSON serializable
    """
    return _ENCODE(value)


def identity(value: Any) -> Any:
    """Something hashable that is equal for equal JSON values: 1 and 1.0 are, 1 and true are not, order of members is no
    difference.

    >>> identity({"a": 1, "b": [2]}) == identity({"b": [2.0], "a": 1})
    True
    >>> identity(True) == identity(1), identity([]) == identity({})
    (False, False)
    >>> identity({1, 2})
    Traceback (most recent call last):
    TypeError: set is not a JSON value
    """
    if isinstance(value, bool):
        return ("boolean", value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return ("array", *map(identity, value))
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(member)) for name, member in value.items()))
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a number, which true and false are not.

    >>> is_number(1.5), is_number(True), is_number("1")
    (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)
