"""JSONata's functions where the library differs from JSONata's reference, or where they could grow without bound.

JSONata: https://docs.jsonata.org/string-functions and its neighbours, and https://github.com/jsonata-js/jsonata
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from eslabon.stepfunctions.language.jsonata.jsonata_library import (
    Functions,
    JException,
    Refused,
    Utils,
    evaluation,
    to_json,
)
from eslabon.stepfunctions.language.jsonvalues import identity, is_number

SIZE = 500_000
"""Elements of an array and characters of a text that an evaluation may make; more could not leave the state."""

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
    Refused: it makes a text or an array of 3000000, more than 500000
    """
    if isinstance(value, str | list) and len(value) > SIZE:
        raise Refused(f"it makes a text or an array of {len(value)}, more than {SIZE}")
    return value


# --- numbers, order, time, texts -------------------------------------------------------------------------------------


def _sum(numbers: Any) -> Any:
    """One after the other; Python adds more exactly than JSONata since 3.12."""
    return None if numbers is None else reduce(operator.add, numbers, 0.0)


def _average(numbers: Any) -> Any:
    return _sum(numbers) / len(numbers) if numbers else None


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    if _OTHER_BASE.fullmatch(value):
        return int(value, 0)
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        raise JException("D3030", -1, value)
    return float(value)


def _power(base: Any, exponent: Any) -> Any:
    if base is None:
        return None
    try:
        result = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        raise JException("D3061", -1, base, exponent) from None
    if isinstance(result, complex):
        raise JException("D3061", -1, base, exponent)
    return result


def _sort(array: Any, comparator: Any) -> Any:
    if array is not None and comparator is None and len(array) > 1:
        texts = all(isinstance(item, str) for item in array)
        if not texts and not all(is_number(item) for item in array):
            raise JException("D3070", -1)
    return Functions.sort(array, comparator)


def _distinct(array: Any) -> Any:
    """The library takes 1 and true for the same, and compares each with each."""
    if not isinstance(array, list) or len(array) <= 1:
        return array
    distinct: dict[Any, Any] = {}
    for item in array:
        distinct.setdefault(identity(to_json(item)), item)
    return list(distinct.values())


def _type(value: Any) -> Any:
    return "function" if Functions.is_regex(value) else Functions.type(value)


def _to_millis(timestamp: Any, picture: Any) -> Any:
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
    today = datetime.fromtimestamp(evaluation().scope.now(), UTC)
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


def _replace(text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    if pattern == "":
        raise JException("D3010", -1)
    if limit is not None and limit < 0:
        raise JException("D3011", -1)
    if isinstance(replacement, str) or not Functions.is_regex(pattern) or text is None:
        return Functions.replace(text, pattern, replacement, limit)

    def replaced(found: re.Match[str]) -> str:
        match = {"match": found[0], "start": found.start(), "end": found.end(), "groups": list(found.groups())}
        answer = Functions.func_apply(replacement, [match])
        if not isinstance(answer, str):
            raise JException("D3012", -1)
        return answer

    # zero means all to Python
    return text if limit == 0 else pattern.sub(replaced, text, count=int(limit or 0))


def _format_number(value: Any, picture: Any, options: Any) -> Any:
    """The library rounds halves up, and what they are in binary."""
    if is_number(value) and options is None:
        parts = picture.split(";")
        part = parts[-1] if value < 0 else parts[0]
        found = _FRACTION.search(part)
        if "e" not in part:
            digits = sum(digit != "," for digit in found[1]) if found else 0
            value = Functions.round(value, digits + 2 * part.count("%") + 3 * part.count("‰"))
    return Functions.format_number(value, picture, options)


def _format_base(value: Any, radix: Any) -> Any:
    if radix is not None and not 2 <= int(radix) <= 36:
        raise JException("D3100", -1, radix)
    return Functions.format_base(value, radix)


# --- what is to stay in bounds ---------------------------------------------------------------------------------------


def _pad(text: Any, width: Any, character: Any) -> Any:
    if width is not None and abs(width) > SIZE:
        raise Refused(f"$pad: {abs(width)} characters are more than {SIZE}")
    return Functions.pad(text, width, character)


def _spread(value: Any) -> Any:
    """The library copies what it has for each element."""
    if not isinstance(value, list):
        return Functions.spread(value)
    parts = (_spread(item) for item in value)
    return Utils.create_sequence_from_iter(
        one for part in parts for one in (part if isinstance(part, list) else [part])
    )


CORRECTED: dict[str, Callable[..., Any]] = {
    "sum": _sum,
    "average": _average,
    "number": _number,
    "power": _power,
    "sort": _sort,
    "distinct": _distinct,
    "type": _type,
    "toMillis": _to_millis,
    "decodeUrl": _decode(Functions.decode_url, "decodeUrl"),
    "decodeUrlComponent": _decode(Functions.decode_url_component, "decodeUrlComponent"),
    "replace": _replace,
    "formatNumber": _format_number,
    "formatBase": _format_base,
    "pad": _pad,
    "spread": _spread,
}
"""By name, without $; the library calls them with all of their parameters."""
