"""What each intrinsic function does with its arguments, and which it takes. No parsing.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html and
https://states-language.net/#appendix-b.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.jsonpath.intrinsicarguments import (
    InvalidArguments,
    array_of,
    integer,
    short_string,
    small_array,
    string,
)
from eslabon.stepfunctions.language.jsonvalues import compact, identity, is_number
from eslabon.stepfunctions.language.scope import Scope

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
PLACE = re.compile(r"\\(?P<escaped>[\\'{}])|(?P<place>\{\})")


@dataclass(frozen=True)
class Function:
    """An intrinsic function: what it does with a scope and its arguments, and how many of them it takes."""

    perform: Callable[..., Any]
    least: int
    most: int

    @property
    def arity(self) -> str:
        """How many arguments it takes, in words."""
        if self.least == self.most:
            return f"{self.least} argument{'' if self.least == 1 else 's'}"
        return f"{self.least} or more arguments" if self.most == MANY else f"{self.least} or {self.most} arguments"


def fill(parts: Sequence[str | None], values: Sequence[Any]) -> str:
    """A text with a value at each of its places (None): strings as they are, other scalars as in JSON.

    >>> fill(("total: ", None), [9.5]), fill((None, "?"), [True])
    ('total: 9.5', 'true?')
    >>> fill(("total: ", None), [[9]])
    Traceback (most recent call last):
    InvalidArguments: [9] is an array: a place takes a string, a number, ...
    >>> fill(("total",), [9])
    Traceback (most recent call last):
    InvalidArguments: the number of arguments (1) is not that of {} (0)
    """
    places = sum(part is None for part in parts)
    if places != len(values):
        raise InvalidArguments(f"the number of arguments ({len(values)}) is not that of {{}} ({places})")
    remaining = iter(values)
    return "".join(_natural(next(remaining)) if part is None else part for part in parts)


def _natural(value: Any) -> str:
    if isinstance(value, dict | list):
        what = "an object" if isinstance(value, dict) else "an array"
        raise InvalidArguments(f"{compact(value)} is {what}: a place takes a string, a number, a boolean or null")
    return value if isinstance(value, str) else compact(value)


def _format(scope: Scope, template: Any, *values: Any) -> str:
    """States.Format with a template that came from the data."""
    parts: list[str | None] = []
    text = string(template, "the first argument")
    position = 0
    for found in PLACE.finditer(text):
        parts += [text[position : found.start()], None if found["place"] else found["escaped"]]
        position = found.end()
    return fill([*parts, text[position:]], values)


def _array(scope: Scope, *values: Any) -> list[Any]:
    return list(values)


def _array_partition(scope: Scope, array: Any, size: Any) -> list[Any]:
    chunk = integer(size, "the second argument, the size of a chunk,")
    if chunk <= 0:
        raise InvalidArguments(f"the second argument, the size of a chunk, must be positive, not {compact(size)}")
    elements = small_array(array)
    return [elements[start : start + chunk] for start in range(0, len(elements), chunk)]


def _array_contains(scope: Scope, array: Any, value: Any) -> bool:
    wanted = identity(value)
    return any(identity(element) == wanted for element in small_array(array))


def _array_range(scope: Scope, first: Any, last: Any, step: Any) -> list[int]:
    start, end, increment = (
        integer(value, f"the {which} argument")
        for value, which in ((first, "first"), (last, "second"), (step, "third"))
    )
    if increment == 0:
        raise InvalidArguments("the third argument, the increment, must not be 0")
    elements = range(start, end + (1 if increment > 0 else -1), increment)
    if _count(elements) > LONGEST_RANGE:
        raise InvalidArguments(f"the array would have {_count(elements)} elements, more than {LONGEST_RANGE}")
    return list(elements)


def _count(elements: range) -> int:
    """len(), which Python refuses beyond 2**63."""
    return max(0, (elements.stop - elements.start + elements.step - (1 if elements.step > 0 else -1)) // elements.step)


def _array_get_item(scope: Scope, array: Any, index: Any) -> Any:
    elements = array_of(array)
    if not is_number(index) or (isinstance(index, float) and not index.is_integer()):
        raise InvalidArguments(f"the second argument must be an index, not {compact(index)}")
    if not 0 <= index < len(elements):
        raise InvalidArguments(f"the index {compact(index)} is not in an array of {len(elements)}")
    return elements[int(index)]


def _array_length(scope: Scope, array: Any) -> int:
    return len(array_of(array))


def _array_unique(scope: Scope, array: Any) -> list[Any]:
    first: dict[Any, Any] = {}
    for element in array_of(array):
        first.setdefault(identity(element), element)
    return list(first.values())


def _base64_encode(scope: Scope, data: Any) -> str:
    return base64.b64encode(short_string(data).encode("utf-8", "surrogatepass")).decode("ascii")


def _base64_decode(scope: Scope, data: Any) -> str:
    try:
        # As MIME says, characters outside of the alphabet are skipped.
        return base64.b64decode(short_string(data).encode("utf-8", "surrogatepass")).decode("utf-8")
    except binascii.Error:
        raise InvalidArguments("the argument is not Base64") from None
    except UnicodeDecodeError:
        raise InvalidArguments("the decoded data is not text in UTF-8") from None


def _hash(scope: Scope, data: Any, algorithm: Any) -> str:
    calculate = ALGORITHMS.get(algorithm) if isinstance(algorithm, str) else None
    if calculate is None:
        raise InvalidArguments(f"the algorithm is one of {', '.join(ALGORITHMS)}, not {compact(algorithm)}")
    text = short_string(data).encode("utf-8", "surrogatepass")
    return calculate(text, usedforsecurity=False).hexdigest()


def _json_merge(scope: Scope, first: Any, second: Any, deep: Any) -> dict[str, Any]:
    for value, which in ((first, "first"), (second, "second")):
        if not isinstance(value, dict):
            raise InvalidArguments(f"the {which} argument must be an object, not {compact(value)}")
    if deep is not False:
        raise InvalidArguments(f"the third argument must be false, merging is shallow, not {compact(deep)}")
    return {**first, **second}


def _string_to_json(scope: Scope, text: Any) -> Any:
    try:
        return json.loads(string(text, "the argument"), parse_constant=_no_constant)
    except ValueError as problem:
        raise InvalidArguments(f"the argument is not JSON: {problem}") from None
    except RecursionError:
        raise InvalidArguments("the JSON text nests too deeply") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _json_to_string(scope: Scope, value: Any) -> str:
    return compact(value)


def _math_random(scope: Scope, start: Any, end: Any, *seed: Any) -> int:
    first, last = integer(start, "the first argument"), integer(end, "the second argument")
    if first >= last:
        raise InvalidArguments(f"there is no number from {first} up to and without {last}")
    source = random.Random(integer(seed[0], "the seed")) if seed else scope.ids.random  # noqa: S311 - as AWS warns
    return source.randrange(first, last)


def _math_add(scope: Scope, first: Any, second: Any) -> int:
    total = 0
    for value, which in ((first, "the first argument"), (second, "the second argument")):
        number = integer(value, which)
        if number not in INT32:
            raise InvalidArguments(f"{which} must be from {INT32.start} to {INT32.stop - 1}, not {compact(value)}")
        total += number
    return total


def _string_split(scope: Scope, text: Any, delimiters: Any) -> list[str]:
    whole = string(text, "the first argument")
    characters = string(delimiters, "the second argument")
    if not characters:
        return [whole] if whole else []
    # Each character delimits by itself; what would be empty between two of them is left out.
    return [part for part in re.split(f"[{re.escape(characters)}]", whole) if part]


def _uuid(scope: Scope) -> str:
    return scope.ids.uuid()


FUNCTIONS = {
    "States.Array": Function(_array, 0, MANY),
    "States.ArrayContains": Function(_array_contains, 2, 2),
    "States.ArrayGetItem": Function(_array_get_item, 2, 2),
    "States.ArrayLength": Function(_array_length, 1, 1),
    "States.ArrayPartition": Function(_array_partition, 2, 2),
    "States.ArrayRange": Function(_array_range, 3, 3),
    "States.ArrayUnique": Function(_array_unique, 1, 1),
    "States.Base64Decode": Function(_base64_decode, 1, 1),
    "States.Base64Encode": Function(_base64_encode, 1, 1),
    "States.Format": Function(_format, 1, MANY),
    "States.Hash": Function(_hash, 2, 2),
    "States.JsonMerge": Function(_json_merge, 3, 3),
    "States.JsonToString": Function(_json_to_string, 1, 1),
    "States.MathAdd": Function(_math_add, 2, 2),
    "States.MathRandom": Function(_math_random, 2, 3),
    "States.StringSplit": Function(_string_split, 2, 2),
    "States.StringToJson": Function(_string_to_json, 1, 1),
    "States.UUID": Function(_uuid, 0, 0),
}
