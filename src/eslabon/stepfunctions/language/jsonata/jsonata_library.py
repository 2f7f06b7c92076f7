"""The JSONata library as it is used here: imported without side effects, its values and regular expressions converted.

To the library None is undefined and null is an object of its own, so that values are converted on their way in and
out; it marks lists, so that those it made are copied.
"""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Callable
from typing import Any

from eslabon.stepfunctions.language.scope import ABSENT

_limit = sys.getrecursionlimit()  # before the import, which sets one for the whole process
from jsonata import JException as JException  # noqa: E402
from jsonata import Jsonata as Jsonata  # noqa: E402
from jsonata.functions import Functions as Functions  # noqa: E402
from jsonata.parser import Parser as Parser  # noqa: E402
from jsonata.signature import Signature as Signature  # noqa: E402
from jsonata.utils import Utils as Utils  # noqa: E402

sys.setrecursionlimit(_limit)

NULL = Utils.NULL_VALUE
_LARGEST_INTEGER = 10**21  # JavaScript writes larger numbers with an exponent


class Refused(JException):  # type: ignore[misc]  # the library has no types
    """Our own refusal, of the kind that the library lets pass; it has no code of JSONata."""

    def __init__(self, text: str) -> None:
        super().__init__(None, -1)
        self.text = text

    def __str__(self) -> str:
        return self.text


def evaluation() -> Any:
    """The engine that is at work: its `scope`, and `spend` for work outside of the expression's parts.

    >>> Jsonata.CURRENT.jsonata = "an engine"  # as an engine says of itself
    >>> evaluation()
    'an engine'
    >>> del Jsonata.CURRENT.jsonata
    """
    return Jsonata.CURRENT.jsonata


def to_library(value: Any) -> Any:
    """A JSON value as the library wants it: null is its own object; what holds no null is handed over as it is.

    >>> to_library({"a": None, "b": [1]})
    {'a': null, 'b': [1]}
    >>> value = {"b": [1]}
    >>> to_library(value) is value
    True
    """
    return NULL if value is None else _rebuilt(value, to_library)


def to_json(value: Any) -> Any:
    """A result of the library as a JSON value; ABSENT when it is undefined, Refused when JSON has no such value.

    >>> to_json(to_library({"a": None, "b": [1]}))
    {'a': None, 'b': [1]}
    >>> to_json(None) is ABSENT
    True
    >>> to_json([1, Functions.sum])
    Traceback (most recent call last):
    Refused: the result is a function, or holds one, which JSON has no value for
    """
    return ABSENT if value is None else _to_json(value)


def _to_json(value: Any) -> Any:
    if value is NULL or value is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        raise JException("D1001", -1, value)
    if isinstance(value, int) and not -_LARGEST_INTEGER < value < _LARGEST_INTEGER:
        return float(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, dict | list):
        return _rebuilt(value, _to_json)
    raise Refused("the result is a function, or holds one, which JSON has no value for")


def _rebuilt(value: Any, convert: Callable[[Any], Any]) -> Any:
    """The value with its parts converted; the same one when none changes, unless it is a list that the library made."""
    if isinstance(value, dict):
        members = {name: convert(item) for name, item in value.items()}
        return value if all(map(operator.is_, members.values(), value.values())) else members
    if isinstance(value, list):
        items = [convert(item) for item in value]
        return value if type(value) is list and all(map(operator.is_, items, value)) else items
    return value


# --- regular expressions ---------------------------------------------------------------------------------------------

# An escape, a class, or what JavaScript writes in another way than Python.
_REGEX_PART = re.compile(r"\\k<\w+>|\\.|\[(?:\\.|[^\]\\])*\]|\(\?<(?=[A-Za-z_])|\$", re.DOTALL)


def compile_regex(pattern: str, flags: Any) -> re.Pattern[str]:
    """Compile a regular expression of JavaScript, which JSONata's are; flags has case_insensitive and multiline.

    Raises re.error for what Python has no counterpart of, such as \\p{…}.

    >>> from types import SimpleNamespace
    >>> compile_regex(r"(?<year>\\d{4})$", SimpleNamespace(case_insensitive=False, multiline=False)).pattern
    '(?P<year>\\\\d{4})\\\\Z'
    """
    options = (re.IGNORECASE if flags.case_insensitive else 0) | (re.MULTILINE if flags.multiline else 0)
    if pattern.isascii() or not flags.case_insensitive:
        options |= re.ASCII  # \d and \w are ASCII's in JavaScript

    def translate(found: re.Match[str]) -> str:
        part = found[0]
        if part == "$":
            return part if flags.multiline else r"\Z"
        if part.startswith("\\k<"):
            return f"(?P={part[3:-1]})"
        return "(?P<" if part == "(?<" else part

    return re.compile(_REGEX_PART.sub(translate, pattern), options)
