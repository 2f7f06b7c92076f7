"""Intrinsic functions, `States.Format('{}', $.name)`, parsed and compiled; what each does is in `intrinsicfunctions`.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html and
https://states-language.net/#intrinsic-functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.errornames import INTRINSIC_FAILURE
from eslabon.stepfunctions.language.jsonpath.intrinsicarguments import InvalidArguments
from eslabon.stepfunctions.language.jsonpath.intrinsicfunctions import FUNCTIONS, Function, fill
from eslabon.stepfunctions.language.jsonpath.paths import compile_parsed
from eslabon.stepfunctions.language.jsonpath.pathsyntax import Path, read_path
from eslabon.stepfunctions.language.jsonpath.reader import Reader
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, Scope, StateError

MOST_FUNCTIONS = 10  # in one field, nested ones counted

NAME = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
INTEGER = re.compile(r"-?\d{1,300}")
CONSTANTS = {"null": None, "true": True, "false": False}
TEXT_PART = re.compile(r"\\(?P<escaped>[\\'{}])|(?P<open>\\)|(?P<place>\{\})|(?P<brace>[{}])|(?P<plain>[^\\{}']+)")


@dataclass(frozen=True)
class _Text:
    """A text in the invocation: its parts, None for each place `{}`; `fault` is what is wrong with it at run time."""

    parts: tuple[str | None, ...]
    fault: str = ""


@dataclass(frozen=True)
class _Constant:
    value: Any


@dataclass(frozen=True)
class _Call:
    name: str
    function: Function
    arguments: tuple[_Argument, ...]


_Argument = _Text | _Constant | _Call | Path


def compile_intrinsic(text: str, field: str) -> Evaluate:
    r"""Compile the invocation of an intrinsic function to a function of the scope that answers its result.

    Raises DefinitionError for what is no invocation: unknown names, wrong numbers of arguments, braces without a
    backslash, more than 10 functions. What goes wrong later is a StateError: States.IntrinsicFailure for an argument
    that the function does not take, States.Runtime for a path that finds nothing.
    https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html

    >>> scope = Scope({"name": "Ana", "total": 9})
    >>> compile_intrinsic(r"States.Format('{} owes \{{}\}', $.name, States.MathAdd($.total, 1))", "text.$")(scope)
    'Ana owes {10}'
    >>> compile_intrinsic("States.Array('a', 1.5, null, true, $)", "all.$")(Scope([]))
    ['a', 1.5, None, True, []]
    >>> compile_intrinsic("States.MathAdd($.name, 1)", "sum.$")(scope)
    Traceback (most recent call last):
    StateError: ('States.IntrinsicFailure', "The function 'States.MathAdd($.name, 1)' ...
    >>> compile_intrinsic("States.Sum(1, 2)", "sum.$")
    Traceback (most recent call last):
    DefinitionError: 'States.Sum(1, 2)' at position 0: there is no intrinsic function ...
    """
    reader = Reader(text)
    call = _read_call(reader)
    reader.blanks()
    if not reader.done:
        raise reader.error(f"{reader.rest[:20]!r} does not belong to the intrinsic function")
    count = _count(call)
    if count > MOST_FUNCTIONS:
        raise DefinitionError(
            f"{field} has {count} intrinsic functions, at most {MOST_FUNCTIONS} are allowed in a field"
        )
    evaluate = _compile_call(call, text)

    def run(scope: Scope) -> Any:
        try:
            return evaluate(scope)
        except InvalidArguments as problem:
            raise StateError(INTRINSIC_FAILURE, f"The function '{text}' had the following error: {problem}") from None

    return run


def _count(argument: _Argument) -> int:
    return 1 + sum(map(_count, argument.arguments)) if isinstance(argument, _Call) else 0


def _read_call(reader: Reader) -> _Call:
    start = reader.position
    name = reader.match(NAME)
    function = FUNCTIONS.get(name or "")
    if name is None or function is None:
        reader.position = start
        if name is None or not name.startswith("States."):
            raise reader.error("a path ($…) or an intrinsic function (States.…) is expected")
        raise reader.error(f"there is no intrinsic function {name}, only {', '.join(FUNCTIONS)}")
    reader.expect("(", f"the ( of {name}")
    arguments: list[_Argument] = []
    reader.blanks()
    if not reader.take(")"):
        while True:
            with reader.deeper():
                arguments.append(_read_argument(reader))
            reader.blanks()
            if reader.take(")"):
                break
            reader.expect(",", "a comma or )")
            reader.blanks()
    if not function.least <= len(arguments) <= function.most:
        reader.position = start
        raise reader.error(f"{name} takes {function.arity}, not {len(arguments)}")
    if name == "States.JsonToString" and isinstance(arguments[0], _Text | _Constant):
        raise reader.error(f"the argument of {name} is a path")
    return _Call(name, function, tuple(arguments))


def _read_argument(reader: Reader) -> _Argument:
    """A text in apostrophes, a number, null, true, false, a path or another function."""
    if reader.sees("$"):
        return read_path(reader)
    if reader.take("'"):
        return _read_text(reader)
    digits = reader.match(NUMBER)
    if digits is not None:
        number = int(digits) if INTEGER.fullmatch(digits) else float(digits)
        if not math.isfinite(number):
            raise reader.error(f"{digits[:20]} is too large a number")
        return _Constant(number)
    if reader.sees("States."):
        return _read_call(reader)
    word = reader.match(NAME)
    if word in CONSTANTS:
        return _Constant(CONSTANTS[word])
    raise reader.error("an argument is a path, a text in apostrophes, a number, null, true, false or a function")


def _read_text(reader: Reader) -> _Text:
    """A text, its opening apostrophe read. Reserved in it are ' { } and the backslash, which escapes them."""
    parts: list[str | None] = []
    fault = ""
    while not reader.take("'"):
        part = TEXT_PART.match(reader.text, reader.position)
        if part is None:
            raise reader.error("the text has no closing apostrophe")
        if part["brace"]:
            raise reader.error(f"matching braces not found: write \\{part['brace']} for a {part['brace']}")
        if part["open"]:
            fault = "a backslash escapes one of ' { } \\, and must itself be escaped"
        parts.append(None if part["place"] else part["escaped"] or part[0])
        reader.position = part.end()
    return _Text(tuple(parts), fault)


def _compile_call(call: _Call, whole: str) -> Evaluate:
    arguments = [_compile_argument(argument, whole) for argument in call.arguments]
    perform, name = call.function.perform, call.name
    if name == "States.Format" and isinstance(call.arguments[0], _Text):
        perform = _format(call.arguments[0])

    def evaluate(scope: Scope) -> Any:
        values = [argument(scope) for argument in arguments]
        try:
            return perform(scope, *values)
        except InvalidArguments as problem:
            raise InvalidArguments(str(problem), name) from None

    return evaluate


def _format(template: _Text) -> Callable[..., Any]:
    """States.Format with its template in the invocation: its places are known before it runs."""
    return lambda scope, text, *values: fill(template.parts, values)


def _compile_argument(argument: _Argument, whole: str) -> Evaluate:
    match argument:
        case _Call():
            return _compile_call(argument, whole)
        case Path():
            return compile_parsed(
                argument,
                lambda scope: (
                    f"The function '{whole}' had the following error: The JsonPath argument for the field "
                    f"'{argument.text}' could not be found in the input '{compact(scope.document)}'"
                ),
            )
        case _Text(parts, fault) if fault:

            def fail(scope: Scope) -> Any:
                raise InvalidArguments(fault)

            return fail
        case _Text(parts, fault):
            text = "".join("{}" if part is None else part for part in parts)
            return lambda scope: text
        case _Constant(value):
            return lambda scope: value
