"""The arguments of intrinsic functions: what they must be, and the complaint when they are not.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import math
from typing import Any

from eslabon.stepfunctions.language.jsonvalues import compact, is_number

LONGEST_TEXT = 10_000  # characters to encode, decode or hash
LARGEST_ARRAY = 256 * 1024  # bytes


class InvalidArguments(Exception):
    """A function does not take these arguments: the reason, and the function's name once that is known."""

    def __init__(self, reason: str, function: str = "") -> None:
        super().__init__(f"Invalid arguments in {function}: {reason}" if function else reason)


def string(value: Any, what: str) -> str:
    """The value, which must be a string; `what` names it in the complaint.

    >>> string("a", "the argument")
    'a'
    >>> string(1, "the argument")
    Traceback (most recent call last):
    InvalidArguments: the argument must be a string, not 1
    """
    if not isinstance(value, str):
        raise InvalidArguments(f"{what} must be a string, not {compact(value)}")
    return value


def short_string(value: Any) -> str:
    """The first argument, which must be a string of at most 10,000 characters.

    >>> len(short_string("a" * 10_000))
    10000
    >>> short_string("a" * 10_001)
    Traceback (most recent call last):
    InvalidArguments: the first argument has 10001 characters, more than 10000
    """
    text = string(value, "the first argument")
    if len(text) > LONGEST_TEXT:
        raise InvalidArguments(f"the first argument has {len(text)} characters, more than {LONGEST_TEXT}")
    return text


def array_of(value: Any) -> list[Any]:
    """The first argument, which must be an array.

    >>> array_of([1])
    [1]
    >>> array_of({})
    Traceback (most recent call last):
    InvalidArguments: the first argument must be an array, not {}
    """
    if not isinstance(value, list):
        raise InvalidArguments(f"the first argument must be an array, not {compact(value)}")
    return value


def small_array(value: Any) -> list[Any]:
    """The first argument, which must be an array of at most 256 KiB of JSON.

    >>> small_array([1])
    [1]
    >>> small_array(["x" * 256 * 1024])
    Traceback (most recent call last):
    InvalidArguments: the array is larger than a payload may be, 256 KiB
    """
    elements = array_of(value)
    if len(compact(elements).encode("utf-8", "surrogatepass")) > LARGEST_ARRAY:
        raise InvalidArguments("the array is larger than a payload may be, 256 KiB")
    return elements


def integer(value: Any, what: str) -> int:
    """A number rounded to the nearest integer, halves up; `what` names it in the complaint.

    >>> integer(4, "it"), integer(4.5, "it"), integer(-1.5, "it")
    (4, 5, -1)
    >>> integer("4", "the increment")
    Traceback (most recent call last):
    InvalidArguments: the increment must be a number, not "4"
    """
    if not is_number(value) or not math.isfinite(value):
        raise InvalidArguments(f"{what} must be a number, not {compact(value)}")
    return value if isinstance(value, int) else math.floor(value + 0.5)
