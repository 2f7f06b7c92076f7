"""JSONata's functions as Step Functions has them: those that AWS adds, those that need the scope, the library's others.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import random
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn

from eslabon import jsontext
from eslabon.stepfunctions.language.jsonata.jsonata_corrections import CORRECTED, SIZE, limited
from eslabon.stepfunctions.language.jsonata.jsonata_library import (
    NULL,
    Functions,
    JException,
    Jsonata,
    Refused,
    Signature,
    evaluation,
    to_library,
)

CALLS = 50
"""Functions like $map inside each other, by way of the functions that they call."""

_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

# --- what AWS adds ---------------------------------------------------------------------------------------------------


def partition(array: Any, size: Any) -> Any:
    """`$partition(array, size)`: the array in pieces of `size` elements; the last one may be shorter.

    >>> partition([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4], [5]]
    >>> partition([1, 2], 0)
    Traceback (most recent call last):
    Refused: $partition: the size of a piece must be a positive integer, not 0
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
    Refused: $range: the delta must not be 0
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
    Refused: $hash: the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, \
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
    Refused: $parse: the text is not JSON: Expecting property name \
enclosed in double quotes: line 1 column 2 (char 1)
    """
    if text is None:
        return None
    try:
        return to_library(jsontext.parse(text))
    except ValueError as error:
        raise Refused(f"$parse: the text is not JSON: {error}") from None


# --- what needs the scope --------------------------------------------------------------------------------------------


def _uuid() -> str:
    return str(evaluation().scope.ids.uuid())


def _random(seed: Any) -> float:
    """The same number for the same seed; AWS's generator is not published."""
    generator: random.Random = evaluation().scope.ids.random if seed is None else random.Random(seed)
    return generator.random()


def _shuffle(array: Any) -> Any:
    if array is None:
        return None
    shuffled = list(array)
    evaluation().scope.ids.random.shuffle(shuffled)
    return shuffled


def _millis() -> int:
    return int(evaluation().scope.now() * 1000)


def _now(picture: Any, timezone: Any) -> Any:
    return Functions.datetime_from_millis(_millis(), picture, timezone)


# --- as the library calls them ---------------------------------------------------------------------------------------


class _Signature(Signature):  # type: ignore[misc]  # the library has no types
    """The parameters of a function: https://docs.jsonata.org/embedding-extending#function-signature-syntax

    The library's takes null for a missing argument.
    """

    def get_symbol(self, value: Any) -> str:
        return "l" if value is NULL else str(super().get_symbol(value))

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


class _Function(Jsonata.JNativeFunction):  # type: ignore[misc]  # the library has no types
    """A function of JSONata, whose calls inside each other and results are bounded."""

    def __init__(self, name: str, signature: str, implementation: Callable[..., Any]) -> None:
        super().__init__(name, signature, SimpleNamespace(implementation=implementation), "implementation")
        self.signature = _Signature(signature, name)

    def validate(self, args: Any, context: Any) -> Any:
        try:
            return super().validate(args, context)
        except JException as error:
            if error.error == "T0411":  # it has the context value in the place of the index
                error.current = error.expected
            error.expected = self.function_name  # it has the name of a variable that holds the function
            raise

    def call(self, input: Any, args: Any) -> Any:
        engine = evaluation()
        engine.calls += 1
        if engine.calls > CALLS:
            raise Refused(f"it calls more than {CALLS} functions inside each other. Check for one that calls itself")
        result = limited(super().call(input, args))
        if isinstance(result, list):
            engine.spend(len(result) // 200)
        engine.calls -= 1
        return result


_ADDED: dict[str, tuple[str, Callable[..., Any]]] = {
    "partition": ("<an:a>", partition),
    "range": ("<nnn:a>", range_),
    "hash": ("<ss:s>", hash_),
    "parse": ("<s:x>", parse),
    "uuid": ("<:s>", _uuid),
    "random": ("<n?:n>", _random),
}
_OURS: dict[str, Callable[..., Any]] = {**CORRECTED, "shuffle": _shuffle, "millis": _millis, "now": _now}


def _function(name: str, library: Any) -> Any:
    """The library's function with our signature, and with our implementation where there is one."""
    ours = copy.copy(library)
    ours.__class__ = _Function
    ours.signature = copy.copy(library.signature)
    ours.signature.__class__ = _Signature
    if name in _OURS:
        ours.method, ours.nargs = _OURS[name], len(inspect.signature(_OURS[name]).parameters)
    return ours


FUNCTIONS: dict[str, Any] = {
    **{name: _function(name, library) for name, library in Jsonata.static_frame.bindings.items()},
    **{name: _Function(name, signature, implementation) for name, (signature, implementation) in _ADDED.items()},
}
"""All functions by their names, without $. AWS has removed $eval."""
del FUNCTIONS["eval"]


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "undefined" if value is None else str(value)
