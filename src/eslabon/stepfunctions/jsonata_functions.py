"""JSONata's functions that are not the library's: those AWS adds, those that need the scope, those that it gets wrong.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import math
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from eslabon import jsontext
from eslabon.stepfunctions.jsonata_library import (
    NULL,
    Functions,
    JException,
    Jsonata,
    LibrarySignature,
    Refused,
    Utils,
    to_library,
)
from eslabon.stepfunctions.scope import Scope

SIZE = 500_000
"""Elements of an array and characters of a text that an evaluation may make; more could not leave the state."""

_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_DATE, _TIME, _ZONE = r"\d{4}(-[01]\d(-[0-3]\d)?)?", r"T[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?", r"[+-][0-2]\d:?[0-5]\d|Z"
_TIMESTAMP = re.compile(f"{_DATE}({_TIME}({_ZONE})?)?")
_REST_OF_DATE = {len("2026"): "-01-01", len("2026-01"): "-01"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"\.([0-9#,]+)")
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def limited(value: Any) -> Any:
    """The same text or array; Refused when it is longer than an evaluation may make.

    >>> limited("abc")
    'abc'
    >>> limited("abc" * 1_000_000)
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata_library.Refused: it makes a text or an array of 3000000, more than 500000
    """
    if isinstance(value, str | list) and len(value) > SIZE:
        raise Refused(f"it makes a text or an array of {len(value)}, more than {SIZE}")
    return value


# --- what AWS adds ---------------------------------------------------------------------------------------------------


def partition(array: Any, size: Any) -> Any:
    """`$partition(array, size)`: the array in pieces of `size` elements; the last one may be shorter.

    >>> partition([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4], [5]]
    >>> partition([1, 2], 0)
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata_library.Refused: $partition: the size of a piece must be a positive integer, not 0
    """
    if array is None:
        return None
    if not _is_integer(size) or size < 1:
        raise Refused(f"$partition: the size of a piece must be a positive integer, not {_shown(size)}")
    return [list(array[start : start + size]) for start in range(0, len(array), size)]


def range_(first: Any, last: Any, delta: Any) -> Any:
    """`$range(first, last, delta)`: the integers from first to last, `delta` apart, up or down.

    >>> range_(0, 10, 2), range_(3, 1, -1), range_(1, 4, 2)
    ([0, 2, 4, 6, 8, 10], [3, 2, 1], [1, 3])
    >>> range_(0, 10, 0)
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata_library.Refused: $range: the delta must not be 0
    """
    for name, value in (("first value", first), ("last value", last), ("delta", delta)):
        if not _is_integer(value):
            raise Refused(f"$range: the {name} must be an integer, not {_shown(value)}")
    if delta == 0:
        raise Refused("$range: the delta must not be 0")
    values = range(first, last + (1 if delta > 0 else -1), delta)
    if len(values) > SIZE:
        raise Refused(f"$range: {len(values)} elements are more than {SIZE}")
    return list(values)


def hash_(text: Any, algorithm: Any) -> Any:
    """`$hash(text, algorithm)`: the digest in hexadecimal; MD5, SHA-1, SHA-256, SHA-384 or SHA-512.

    >>> hash_("input data", "SHA-1")
    'aaff4a450a104cd177d28d18d74485e8cae074b7'
    >>> hash_("input data", "CRC32")
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata_library.Refused: $hash: the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, \
SHA-512, not CRC32
    """
    if text is None:
        return None
    name = _ALGORITHMS.get(algorithm)
    if name is None:
        raise Refused(f"$hash: the algorithm must be one of {', '.join(_ALGORITHMS)}, not {_shown(algorithm)}")
    return hashlib.new(name, text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def parse(text: Any) -> Any:
    """`$parse(text)`: the value of a JSON text.

    >>> parse('{"total": 9, "note": null}')
    {'total': 9, 'note': null}
    >>> parse("{total: 9}")
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata_library.Refused: $parse: the text is not JSON: Expecting property name \
enclosed in double quotes: line 1 column 2 (char 1)
    """
    if text is None:
        return None
    try:
        return to_library(jsontext.parse(text))
    except ValueError as error:
        raise Refused(f"$parse: the text is not JSON: {error}") from None


# --- what needs the scope --------------------------------------------------------------------------------------------


def _scope() -> Scope:
    scope: Scope = Jsonata.CURRENT.jsonata.scope
    return scope


def _spend(steps: int) -> None:
    """Count work that the library does outside of the expression's parts."""
    Jsonata.CURRENT.jsonata.spend(steps)


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
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    if _OTHER_BASE.fullmatch(value):
        return int(value, 0)
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        raise JException("D3030", -1, value)
    return Utils.convert_number(float(value))


def _power(base: Any, exponent: Any) -> Any:
    if base is None:
        return None
    try:
        result = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        raise JException("D3061", -1, base, exponent) from None
    if isinstance(result, complex):
        raise JException("D3061", -1, base, exponent)
    return Utils.convert_number(result)


def _sort(array: Any, comparator: Any = None) -> Any:
    if array is not None and comparator is None and len(array) > 1:
        texts = all(isinstance(item, str) for item in array)
        if not texts and not all(_is_number(item) for item in array):
            raise JException("D3070", -1)
    return Functions.sort(array, comparator)


def _distinct(array: Any) -> Any:
    """The library takes 1 and true for the same, and compares each with each."""
    if not isinstance(array, list) or len(array) <= 1:
        return array
    distinct: dict[Any, Any] = {}
    for item in array:
        distinct.setdefault(_identity(item), item)
    return list(distinct.values())


def _identity(value: Any) -> Any:
    """What equal values have in common, whatever the order of their members."""
    if isinstance(value, list):
        return tuple(_identity(item) for item in value)
    if isinstance(value, dict):
        return frozenset((name, _identity(item)) for name, item in value.items())
    return isinstance(value, bool), value


def _type(value: Any) -> Any:
    return "function" if Functions.is_regex(value) else Functions.type(value)


def _to_millis(timestamp: Any, picture: Any = None) -> Any:
    if timestamp is None:
        return None
    if picture is not None:
        return Functions.datetime_to_millis(*_with_date(timestamp, picture))
    if not _TIMESTAMP.fullmatch(timestamp):
        raise JException("D3110", -1, timestamp)
    try:
        moment = datetime.fromisoformat(timestamp + _REST_OF_DATE.get(len(timestamp), ""))
    except ValueError:
        raise JException("D3110", -1, timestamp) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _with_date(timestamp: str, picture: str) -> tuple[str, str]:
    """What a picture does not have comes from the present, which the library would ask the system for."""
    parts = set(re.findall(r"\[([A-Za-z])", picture))
    if parts & set("YX"):
        return timestamp, picture
    today = datetime.fromtimestamp(_scope().now(), UTC)
    if parts & set("MxWwdDF"):
        return f"{today:%Y} {timestamp}", f"[Y0001] {picture}"
    return f"{today:%Y-%m-%d} {timestamp}", f"[Y0001]-[M01]-[D01] {picture}"


def _decode(decode: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    def checked(text: Any) -> Any:
        try:
            if text is not None and _BROKEN_ESCAPE.search(text):
                raise ValueError
            return decode(text)
        except ValueError:
            raise JException("D3140", -1, name, text) from None

    return checked


def _replace(text: Any, pattern: Any, replacement: Any, limit: Any = None) -> Any:
    if pattern == "":
        raise JException("D3010", -1)
    if limit is not None and limit < 0:
        raise JException("D3011", -1)
    if isinstance(replacement, str) or not Functions.is_regex(pattern) or text is None:
        return limited(Functions.replace(text, pattern, replacement, limit))

    def replaced(found: re.Match[str]) -> str:
        match = {"match": found[0], "start": found.start(), "end": found.end(), "groups": list(found.groups())}
        answer = Functions.func_apply(replacement, [match])
        if not isinstance(answer, str):
            raise JException("D3012", -1)
        return answer

    # zero means all to Python
    return text if limit == 0 else limited(pattern.sub(replaced, text, count=int(limit or 0)))


def _format_number(value: Any, picture: Any, options: Any = None) -> Any:
    """The library rounds halves up, and what they are in binary."""
    if _is_number(value) and options is None:
        parts = picture.split(";")
        part = parts[-1] if value < 0 else parts[0]
        found = _FRACTION.search(part)
        if "e" not in part:
            digits = sum(digit != "," for digit in found[1]) if found else 0
            value = Functions.round(value, digits + 2 * part.count("%") + 3 * part.count("‰"))
    return Functions.format_number(value, picture, options)


def _format_base(value: Any, radix: Any = None) -> Any:
    if radix is not None and not 2 <= int(radix) <= 36:
        raise JException("D3100", -1, radix)
    return Functions.format_base(value, radix)


# --- what is to stay in bounds ---------------------------------------------------------------------------------------


def _pad(text: Any, width: Any, character: Any = None) -> Any:
    if width is not None and abs(width) > SIZE:
        raise Refused(f"$pad: {abs(width)} characters are more than {SIZE}")
    return Functions.pad(text, width, character)


def _append(one: Any, other: Any) -> Any:
    appended = limited(Functions.append(one, other))
    if isinstance(appended, list):
        _spend(len(appended) // 1000)
    return appended


def _spread(value: Any) -> Any:
    """The library copies what it has for each element."""
    if not isinstance(value, list):
        return Functions.spread(value)
    spread = Utils.create_sequence()
    for item in value:
        part = _spread(item)
        if isinstance(part, list):
            spread.extend(part)
        else:
            spread.append(part)
    return limited(spread)


def _join(texts: Any, separator: Any = None) -> Any:
    return limited(Functions.join(texts, separator))


# --- as the library calls them ---------------------------------------------------------------------------------------


class Signature(LibrarySignature):  # type: ignore[misc]  # the library has no types
    """The parameters of a function: https://docs.jsonata.org/embedding-extending#function-signature-syntax

    The library's takes null for a missing argument, and its functions change their names when a variable holds them.
    """

    def get_symbol(self, value: Any) -> str:
        return "l" if value is NULL else str(super().get_symbol(value))

    def set_function_name(self, function_name: str) -> None:
        """A function keeps its name."""

    def validate(self, args: Any, context: Any) -> Any:
        try:
            return super().validate(args, context)
        except JException as error:
            if error.error == "T0411":  # it has the context value in the place of the index
                raise JException("T0411", -1, error.expected, self.function_name) from None
            raise

    def throw_validation_error(self, bad_args: Any, bad_sig: str, function_name: Any) -> NoReturn:
        """Say which is the first argument that does not fit."""
        pattern, fitting = "", 0
        for param in self._params:
            pattern += param.regex
            found = re.match(pattern, bad_sig)
            if found is None:
                break
            fitting = found.end()
        raise JException("T0410", -1, fitting + 1, self.function_name)


class Function(Jsonata.JFunction):  # type: ignore[misc]
    """A function of JSONata, implemented here."""

    def __init__(self, name: str, implementation: Callable[..., Any], signature: str) -> None:
        super().__init__(None, None)
        self.function_name = name
        self.signature = Signature(signature, name)
        self.implementation = implementation
        self.arity = len(inspect.signature(implementation).parameters)

    def call(self, input: Any, args: Any) -> Any:
        return self.implementation(*args)

    def get_number_of_args(self) -> int:
        return self.arity


def _of_library(function: Any) -> Any:
    """The library's function with our signature."""
    ours = copy.copy(function)
    ours.signature = copy.copy(function.signature)
    ours.signature.__class__ = Signature
    return ours


_IMPLEMENTED: dict[str, tuple[Callable[..., Any], str]] = {
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
    "distinct": (_distinct, "<x:x>"),
    "type": (_type, "<x:s>"),
    "toMillis": (_to_millis, "<s-s?:n>"),
    "decodeUrl": (_decode(Functions.decode_url, "decodeUrl"), "<s-:s>"),
    "decodeUrlComponent": (_decode(Functions.decode_url_component, "decodeUrlComponent"), "<s-:s>"),
    "replace": (_replace, "<s-(sf)(sf)n?:s>"),
    "formatNumber": (_format_number, "<n-so?:s>"),
    "formatBase": (_format_base, "<n-n?:s>"),
    "pad": (_pad, "<s-ns?:s>"),
    "append": (_append, "<xx:a>"),
    "spread": (_spread, "<x-:a<o>>"),
    "join": (_join, "<a<s>s?:s>"),
}

FUNCTIONS: dict[str, Any] = {
    **{name: _of_library(function) for name, function in Jsonata.static_frame.bindings.items()},
    **{name: Function(name, implementation, signature) for name, (implementation, signature) in _IMPLEMENTED.items()},
}
"""All functions by their names, without $. AWS has removed $eval."""
del FUNCTIONS["eval"]


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "undefined" if value is None else str(value)
