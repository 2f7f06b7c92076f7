"""What each intrinsic function does with its arguments, how many it takes, and what each must be. No parsing.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html and
https://states-language.net/#appendix-b.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import operator
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eslabon.ids import Ids
from eslabon.stepfunctions.language.jsonvalues import compact, identity, is_number
from eslabon.stepfunctions.language.scope import Scope

LONGEST_TEXT = 10_000  # characters to encode, decode or hash
LARGEST_ARRAY = 256 * 1024  # bytes
LONGEST_RANGE = 1_000  # elements
MANY = 1_000_000  # more arguments than a definition has room for
INT32 = range(-(2**31), 2**31)

ALGORITHMS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}
PLACE = re.compile(r"\\(?P<escaped>[\\'{}])|\{\}")

_CALLED = ("the first argument", "the second argument", "the third argument")
# What an argument must be: from its value and what it is called, the value as the function wants it.
Kind = Callable[[Any, str], Any]


class InvalidArguments(Exception):
    """A function does not take these arguments; the text says why."""


@dataclass(frozen=True)
class Function:
    """An intrinsic function: what it does, and what each of its arguments must be."""

    perform: Callable[..., Any]
    kinds: Sequence[Kind] = ()
    optional: int = 0  # how many of these may be left out
    more: bool = False  # whether any number of others may follow
    draws: bool = False  # whether it is given the cloud's generator, before its arguments

    @property
    def least(self) -> int:
        """The fewest arguments that it takes."""
        return len(self.kinds) - self.optional

    @property
    def most(self) -> int:
        """The most arguments that it takes."""
        return MANY if self.more else len(self.kinds)

    @property
    def arity(self) -> str:
        """How many arguments it takes, in words."""
        if self.least == self.most:
            return f"{self.least} argument{'' if self.least == 1 else 's'}"
        return f"{self.least} or more arguments" if self.more else f"{self.least} or {self.most} arguments"

    def call(self, scope: Scope, values: Sequence[Any]) -> Any:
        """What the function answers. Raises InvalidArguments.

        >>> FUNCTIONS["States.ArrayLength"].call(Scope({}), [[1, 2]])
        2
        >>> FUNCTIONS["States.ArrayLength"].call(Scope({}), [{}])
        Traceback (most recent call last):
        InvalidArguments: the first argument must be an array, not {}
        """
        checked = [kind(value, what) for kind, value, what in zip(self.kinds, values, _CALLED, strict=False)]
        drawing = [scope.ids] if self.draws else []
        return self.perform(*drawing, *checked, *values[len(checked) :])


def _is(kind: type, described: str) -> Kind:
    def check(value: Any, what: str) -> Any:
        if not isinstance(value, kind):
            raise InvalidArguments(f"{what} must be {described}, not {compact(value)}")
        return value

    return check


_ANY = _is(object, "a JSON value")
_TEXT = _is(str, "a string")
_ARRAY = _is(list, "an array")
_OBJECT = _is(dict, "an object")


def _short_text(value: Any, what: str) -> bytes:
    """A string of at most 10,000 characters, in UTF-8."""
    text: str = _TEXT(value, what)
    if len(text) > LONGEST_TEXT:
        raise InvalidArguments(f"{what} has {len(text)} characters, more than {LONGEST_TEXT}")
    return text.encode("utf-8", "surrogatepass")


def _small_array(value: Any, what: str) -> list[Any]:
    elements: list[Any] = _ARRAY(value, what)
    if len(compact(elements).encode("utf-8", "surrogatepass")) > LARGEST_ARRAY:
        raise InvalidArguments("the array is larger than a payload may be, 256 KiB")
    return elements


def _integer(value: Any, what: str) -> int:
    """A number rounded to the nearest integer, halves up."""
    if not is_number(value) or not math.isfinite(value):
        raise InvalidArguments(f"{what} must be a number, not {compact(value)}")
    return value if isinstance(value, int) else math.floor(value + 0.5)


def _int32(value: Any, what: str) -> int:
    number = _integer(value, what)
    if number not in INT32:
        raise InvalidArguments(f"{what} must be from {INT32.start} to {INT32.stop - 1}, not {compact(value)}")
    return number


def _format(template: str, *values: Any) -> str:
    """Strings as they are, other scalars as in JSON, each at its place; a backslash escapes what is reserved."""
    places = sum(found["escaped"] is None for found in PLACE.finditer(template))
    if places != len(values):
        raise InvalidArguments(f"the number of arguments ({len(values)}) is not that of {{}} ({places})")
    remaining = iter(values)
    return PLACE.sub(lambda found: found["escaped"] or _natural(next(remaining)), template)


def _natural(value: Any) -> str:
    if isinstance(value, dict | list):
        what = "an object" if isinstance(value, dict) else "an array"
        raise InvalidArguments(f"{compact(value)} is {what}: a place takes a string, a number, a boolean or null")
    return value if isinstance(value, str) else compact(value)


def _array(*values: Any) -> list[Any]:
    return list(values)


def _array_partition(elements: list[Any], chunk: int) -> list[Any]:
    if chunk <= 0:
        raise InvalidArguments(f"the second argument, the size of a chunk, must be positive, not {chunk}")
    return [elements[start : start + chunk] for start in range(0, len(elements), chunk)]


def _array_contains(elements: list[Any], value: Any) -> bool:
    wanted = identity(value)
    return any(identity(element) == wanted for element in elements)


def _array_range(first: int, last: int, increment: int) -> list[int]:
    if increment == 0:
        raise InvalidArguments("the third argument, the increment, must not be 0")
    elements = range(first, last + (1 if increment > 0 else -1), increment)
    if elements[LONGEST_RANGE:]:
        raise InvalidArguments(f"the array would have more than {LONGEST_RANGE} elements")
    return list(elements)


def _array_get_item(elements: list[Any], index: Any) -> Any:
    if not is_number(index) or index % 1:
        raise InvalidArguments(f"the second argument must be an index, not {compact(index)}")
    if not 0 <= index < len(elements):
        raise InvalidArguments(f"the index {compact(index)} is not in an array of {len(elements)}")
    return elements[int(index)]


def _array_unique(elements: list[Any]) -> list[Any]:
    first: dict[Any, Any] = {}
    for element in elements:
        first.setdefault(identity(element), element)
    return list(first.values())


def _base64_encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _base64_decode(data: bytes) -> str:
    try:
        return base64.b64decode(data).decode("utf-8")  # as MIME says, characters outside of the alphabet are skipped
    except binascii.Error:
        raise InvalidArguments("the argument is not Base64") from None
    except UnicodeDecodeError:
        raise InvalidArguments("the decoded data is not text in UTF-8") from None


def _hash(data: bytes, algorithm: str) -> str:
    if algorithm not in ALGORITHMS:
        raise InvalidArguments(f"the algorithm is one of {', '.join(ALGORITHMS)}, not {compact(algorithm)}")
    return ALGORITHMS[algorithm](data, usedforsecurity=False).hexdigest()


def _json_merge(first: dict[str, Any], second: dict[str, Any], deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise InvalidArguments(f"the third argument must be false, merging is shallow, not {compact(deep)}")
    return {**first, **second}


def _string_to_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError as problem:
        raise InvalidArguments(f"the argument is not JSON: {problem}") from None
    except RecursionError:
        raise InvalidArguments("the JSON text nests too deeply") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _math_random(ids: Ids, first: int, last: int, *seed: int) -> int:
    if first >= last:
        raise InvalidArguments(f"there is no number from {first} up to and without {last}")
    source = random.Random(seed[0]) if seed else ids.random  # not for secrets, as AWS warns
    return source.randrange(first, last)


def _string_split(text: str, delimiters: str) -> list[str]:
    """Each character delimits by itself; what would be empty between two of them is left out."""
    parts = re.split(f"[{re.escape(delimiters)}]", text) if delimiters else [text]
    return [part for part in parts if part]


FUNCTIONS = {
    "States.Array": Function(_array, more=True),
    "States.ArrayContains": Function(_array_contains, [_small_array, _ANY]),
    "States.ArrayGetItem": Function(_array_get_item, [_ARRAY, _ANY]),
    "States.ArrayLength": Function(len, [_ARRAY]),
    "States.ArrayPartition": Function(_array_partition, [_small_array, _integer]),
    "States.ArrayRange": Function(_array_range, [_integer, _integer, _integer]),
    "States.ArrayUnique": Function(_array_unique, [_ARRAY]),
    "States.Base64Decode": Function(_base64_decode, [_short_text]),
    "States.Base64Encode": Function(_base64_encode, [_short_text]),
    "States.Format": Function(_format, [_TEXT], more=True),
    "States.Hash": Function(_hash, [_short_text, _TEXT]),
    "States.JsonMerge": Function(_json_merge, [_OBJECT, _OBJECT, _ANY]),
    "States.JsonToString": Function(compact, [_ANY]),
    "States.MathAdd": Function(operator.add, [_int32, _int32]),
    "States.MathRandom": Function(_math_random, [_integer, _integer, _integer], optional=1, draws=True),
    "States.StringSplit": Function(_string_split, [_TEXT, _TEXT]),
    "States.StringToJson": Function(_string_to_json, [_TEXT]),
    "States.UUID": Function(Ids.uuid, draws=True),
}
