"""JSONata's functions that are not the library's: those AWS adds, those that need the scope, those that it gets wrong.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import hashlib
import inspect
import random
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from eslabon import jsontext
from eslabon.stepfunctions.jsonata import Failed
from eslabon.stepfunctions.jsonata_library import NULL, Functions, JException, Jsonata, to_library
from eslabon.stepfunctions.scope import Scope

SIZE = 500_000
"""Elements of an array and characters of a text that an evaluation may make; more could not leave the state."""

_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_TIMESTAMP = re.compile(
    r"\d{4}(-[01]\d){0,1}(-[0-3]\d){0,1}(T[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?)?"
)
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def limited(value: Any) -> Any:
    """The same text or array; Failed when it is longer than an evaluation may make.

    >>> limited("abc")
    'abc'
    >>> limited("abc" * 1_000_000)
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata.Failed: : it makes a text or an array of 3000000, more than 500000
    """
    if isinstance(value, str | list) and len(value) > SIZE:
        raise Failed(f": it makes a text or an array of {len(value)}, more than {SIZE}")
    return value


# --- what AWS adds ---------------------------------------------------------------------------------------------------


def partition(array: Any, size: Any) -> Any:
    """`$partition(array, size)`: the array in pieces of `size` elements; the last one may be shorter.

    >>> partition([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4], [5]]
    >>> partition([1, 2], 0)
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata.Failed: : $partition: the size of a piece must be a positive integer, not 0
    """
    if array is None:
        return None
    if not _is_integer(size) or size < 1:
        raise Failed(f": $partition: the size of a piece must be a positive integer, not {_shown(size)}")
    return [list(array[start : start + size]) for start in range(0, len(array), size)]


def range_(first: Any, last: Any, delta: Any) -> Any:
    """`$range(first, last, delta)`: the integers from first to last, `delta` apart, up or down.

    >>> range_(0, 10, 2), range_(3, 1, -1), range_(1, 4, 2)
    ([0, 2, 4, 6, 8, 10], [3, 2, 1], [1, 3])
    >>> range_(0, 10, 0)
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata.Failed: : $range: the delta must not be 0
    """
    for name, value in (("first value", first), ("last value", last), ("delta", delta)):
        if not _is_integer(value):
            raise Failed(f": $range: the {name} must be an integer, not {_shown(value)}")
    if delta == 0:
        raise Failed(": $range: the delta must not be 0")
    values = range(first, last + (1 if delta > 0 else -1), delta)
    if len(values) > SIZE:
        raise Failed(f": $range: {len(values)} elements are more than {SIZE}")
    return list(values)


def hash_(text: Any, algorithm: Any) -> Any:
    """`$hash(text, algorithm)`: the digest in hexadecimal; MD5, SHA-1, SHA-256, SHA-384 or SHA-512.

    >>> hash_("input data", "SHA-1")
    'aaff4a450a104cd177d28d18d74485e8cae074b7'
    >>> hash_("input data", "CRC32")
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata.Failed: : $hash: the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, \
SHA-512, not CRC32
    """
    if text is None:
        return None
    name = _ALGORITHMS.get(algorithm)
    if name is None:
        raise Failed(f": $hash: the algorithm must be one of {', '.join(_ALGORITHMS)}, not {_shown(algorithm)}")
    return hashlib.new(name, text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def parse(text: Any) -> Any:
    """`$parse(text)`: the value of a JSON text.

    >>> parse('{"total": 9, "note": null}')
    {'total': 9, 'note': null}
    >>> parse("{total: 9}")
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata.Failed: : $parse: the text is not JSON: Expecting property name enclosed in double \
quotes: line 1 column 2 (char 1)
    """
    if text is None:
        return None
    try:
        return to_library(jsontext.parse(text))
    except ValueError as error:
        raise Failed(f": $parse: the text is not JSON: {error}") from None


# --- what needs the scope --------------------------------------------------------------------------------------------


def _scope() -> Scope:
    scope: Scope = Jsonata.CURRENT.jsonata.scope
    return scope


def _uuid() -> str:
    return _scope().ids.uuid()


def _random(seed: Any = None) -> float:
    """The same number for the same seed; AWS's generator is not published."""
    return _scope().ids.random.random() if seed is None else random.Random(seed).random()


def _shuffle(array: Any) -> Any:
    if array is None:
        return None
    shuffled = list(array)
    _scope().ids.random.shuffle(shuffled)
    return shuffled


def _millis() -> int:
    return int(_scope().now() * 1000)


def _now(picture: Any = None, timezone: Any = None) -> Any:
    return Functions.datetime_from_millis(_millis(), picture, timezone)


# --- what the library gets wrong -------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            number = float(value)
            return int(number) if number.is_integer() else number
        if _OTHER_BASE.fullmatch(value):
            return int(value, 0)
        raise JException("D3030", -1, value)
    return int(value) if isinstance(value, bool) else value


def _power(base: Any, exponent: Any) -> Any:
    if base is None:
        return None
    try:
        result = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        raise JException("D3061", -1, base, exponent) from None
    if isinstance(result, complex):
        raise JException("D3061", -1, base, exponent)
    return int(result) if result.is_integer() else result


def _sort(array: Any, comparator: Any = None) -> Any:
    if array is not None and comparator is None and len(array) > 1:
        texts = all(isinstance(item, str) for item in array)
        if not texts and not all(_is_number(item) for item in array):
            raise JException("D3070", -1)
    return Functions.sort(array, comparator)


def _to_millis(timestamp: Any, picture: Any = None) -> Any:
    if timestamp is None or picture is not None:
        return Functions.datetime_to_millis(timestamp, picture)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise JException("D3110", -1, timestamp)
    complete = (
        timestamp + ("", "", "", "", "-01-01", "", "", "-01")[len(timestamp)] if len(timestamp) < 8 else timestamp
    )
    try:
        moment = datetime.fromisoformat(complete)
    except ValueError:
        raise JException("D3110", -1, timestamp) from None
    return int(moment.timestamp() * 1000)


def _decode(decode: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    def checked(text: Any) -> Any:
        if text is not None and _BROKEN_ESCAPE.search(text):
            raise JException("D3140", -1, text, name)
        return decode(text)

    return checked


def _replace(text: Any, pattern: Any, replacement: Any, limit: Any = None) -> Any:
    if pattern == "":
        raise JException("D3010", -1)
    if limit is not None and limit < 0:
        raise JException("D3011", -1)
    return limited(Functions.replace(text, pattern, replacement, limit))


def _pad(text: Any, width: Any, character: Any = None) -> Any:
    if width is not None and abs(width) > SIZE:
        raise Failed(f": $pad: {abs(width)} characters are more than {SIZE}")
    return Functions.pad(text, width, character)


def _append(one: Any, other: Any) -> Any:
    return limited(Functions.append(one, other))


# --- as the library calls them ---------------------------------------------------------------------------------------


class Function(Jsonata.JFunction):  # type: ignore[misc]  # the library has no types
    """A function of JSONata with its signature: https://docs.jsonata.org/embedding-extending#function-signature-syntax"""

    def __init__(self, name: str, implementation: Callable[..., Any], signature: str) -> None:
        super().__init__(None, signature)
        self.signature.set_function_name(name)
        self.function_name = name
        self.implementation = implementation
        self.arity = len(inspect.signature(implementation).parameters)

    def call(self, input: Any, args: Any) -> Any:
        return self.implementation(*args)

    def get_number_of_args(self) -> int:
        return self.arity


_SIGNED: dict[str, tuple[Callable[..., Any], str]] = {
    "partition": (partition, "<an:a>"),
    "range": (range_, "<nnn:a>"),
    "hash": (hash_, "<ss:s>"),
    "parse": (parse, "<s:x>"),
    "uuid": (_uuid, "<:s>"),
    "random": (_random, "<n?:n>"),
    "shuffle": (_shuffle, "<a:a>"),
    "millis": (_millis, "<:n>"),
    "now": (_now, "<s?s?:s>"),
    "number": (_number, "<(nsb)-:n>"),
    "power": (_power, "<n-n:n>"),
    "sort": (_sort, "<af?:a>"),
    "toMillis": (_to_millis, "<s-s?:n>"),
    "decodeUrl": (_decode(Functions.decode_url, "decodeUrl"), "<s-:s>"),
    "decodeUrlComponent": (_decode(Functions.decode_url_component, "decodeUrlComponent"), "<s-:s>"),
    "replace": (_replace, "<s-(sf)(sf)n?:s>"),
    "pad": (_pad, "<s-ns?:s>"),
    "append": (_append, "<xx:a>"),
}

FUNCTIONS: dict[str, Any] = {
    **{name: Function(name, implementation, signature) for name, (implementation, signature) in _SIGNED.items()},
    "eval": None,  # AWS has removed it
}
"""By name, without $; None where there is none."""


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "undefined" if value is None else "null" if value is NULL else str(value)
