"""One JSONata expression, parsed once and evaluated often, within bounds; the functions of its own are elsewhere.

JSONata 2.0.6, which AWS names, without later operators. An evaluation is bounded in steps, depth and size; AWS bounds
it too, and publishes no figures.

JSONata: https://docs.jsonata.org/overview.html
"""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any

from eslabon.errors import NotModelled
from eslabon.stepfunctions.language.jsonata.jsonata import MEMBERS, Failed, states_of
from eslabon.stepfunctions.language.jsonata.jsonata_corrections import limited
from eslabon.stepfunctions.language.jsonata.jsonata_functions import FUNCTIONS
from eslabon.stepfunctions.language.jsonata.jsonata_library import (
    NULL,
    JException,
    Jsonata,
    Parser,
    Refused,
    Utils,
    compile_regex,
    to_json,
    to_library,
)
from eslabon.stepfunctions.language.scope import DefinitionError, Scope

STEPS = 200_000
"""Parts of an expression evaluated in one evaluation: about two seconds."""

DEPTH = 400
"""Parts of an expression inside each other: about a hundred calls of a function by itself, other than at its end."""

_FRAMES = 3_000  # of Python, for DEPTH and for CALLS of functions; a browser's stack has room for about twice as many

_LATER_OPERATORS = frozenset({"??", "?:"})  # of JSONata 2.1

_PLURALS = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}

_VARIABLE = re.compile(r"\$(\w+)")
_MEMBER_OF_STATES = re.compile(r"\$states\b(?:\s*\.\s*(\w+)\b)?")
_PLACEHOLDER = re.compile(r"\{\{\{\w+\}\}\}|\{\{\w+\}\}")


class _Frame(Jsonata.Frame):  # type: ignore[misc]  # the library has no types
    """The variables of a block or a function, inside those of its surroundings."""

    def lookup(self, name: str) -> Any:
        frame: Any = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return None


_GLOBAL = _Frame(None)
_GLOBAL.bindings.update(FUNCTIONS)


class _Bounded(Jsonata):  # type: ignore[misc]  # the library has no types
    """The library's evaluation: counted, limited, and corrected where JSONata's own results are others."""

    scope: Scope
    steps: int
    depth: int
    calls: int

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        """The library's evaluation of one part, counted."""
        self.spend(1)
        self.depth += 1
        if self.depth > DEPTH:
            raise Refused(f"it nests more than {DEPTH} deep. Check for a function that calls itself for ever")
        result = limited(self._eval(expr, input, environment))
        self.depth -= 1
        return result

    def spend(self, steps: int) -> None:
        """Count steps, and end the evaluation when there are too many."""
        self.steps += steps
        if self.steps > STEPS:
            raise Refused(f"it takes more than {STEPS} steps. Check for a function that calls itself for ever")

    def create_frame(self, enclosing_environment: Any = None) -> _Frame:
        return _Frame(enclosing_environment)

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        """Arithmetic, with the remainder of numbers that are not whole, and without Python's own errors."""
        try:
            if op == "%" and Utils.is_numeric(lhs) and Utils.is_numeric(rhs):
                return Utils.convert_number(math.fmod(lhs, rhs))
            return super().evaluate_numeric_expression(lhs, rhs, op)
        except (ZeroDivisionError, OverflowError, ValueError):
            raise JException("D1001", -1, None) from None


class Engine(_Bounded):
    """A compiled expression; DefinitionError, with the column, for what is no JSONata.

    >>> Engine("$states.input.n * 2").evaluate(Scope({"n": 21}))
    42
    >>> Engine("$states.input.n > ").evaluate(Scope({"n": 21}))
    Traceback (most recent call last):
    DefinitionError: Unexpected end of expression
    >>> Engine("$states.input.n * 2").evaluate(Scope({"n": "21"}))
    Traceback (most recent call last):
    Failed: . T2001: The left side of the "*" operator must evaluate to a number
    """

    def __init__(self, text: str) -> None:
        # not the library's own: it would share a parser, and knows no scope
        self.parser = _Parser()
        try:
            self.ast = self.parser.parse(text, compile_regex)
        except JException as error:
            raise DefinitionError(_syntax_error(error, text), error.location) from None
        except re.error as error:
            raise _regex_error(error) from None
        except RecursionError:
            raise DefinitionError("the expression nests too deeply") from None
        self.errors = None
        self.input = None
        self.environment = _GLOBAL
        self.scope = Scope(None)
        self.steps = self.depth = self.calls = 0
        self.variables = frozenset(_VARIABLE.findall(text))
        members = frozenset(_MEMBER_OF_STATES.findall(text))
        self.members = members if members <= MEMBERS else MEMBERS

    def evaluate(self, scope: Scope) -> Any:
        """The result as a JSON value, ABSENT when it is undefined; Failed says what went wrong.

        >>> Engine("[1..3]").evaluate(Scope({}))
        [1, 2, 3]
        >>> from eslabon.stepfunctions.language.scope import ABSENT
        >>> Engine("$states.input.n").evaluate(Scope({"m": 1})) is ABSENT
        True
        >>> Engine("($f := function($n) { 1 + $f($n) }; $f(0))").evaluate(Scope({}))
        Traceback (most recent call last):
        Failed: : it nests more than 400 deep. Check for a function that calls itself for ever
        """
        frame = self._frame(scope)
        self.scope = scope
        self.steps = self.depth = self.calls = 0
        others, limit = getattr(Jsonata.CURRENT, "jsonata", None), sys.getrecursionlimit()
        Jsonata.CURRENT.jsonata = self  # the library's functions call back through it
        sys.setrecursionlimit(limit + _FRAMES)
        try:
            return to_json(self.eval(self.ast, None, frame))
        except Refused as error:
            raise Failed(f": {error}") from None
        except JException as error:
            raise Failed(f". {error.error}: {message_of(error)}") from None
        except (RecursionError, MemoryError):
            raise Failed(": it needs too much memory") from None
        except Exception as error:  # whatever the library's functions make of bad arguments
            raise Failed(f": {error}") from None
        finally:
            sys.setrecursionlimit(limit)
            Jsonata.CURRENT.jsonata = others

    def _frame(self, scope: Scope) -> Any:
        """The variables that the expression names, as far as they exist."""
        frame = _Frame(_GLOBAL)
        frame.bindings.update({"$": None, "__evaluate_entry": None, "__evaluate_exit": None})
        for name in self.variables & scope.variables.keys():
            frame.bindings[name] = _converted(scope, scope.variables[name])
        if "states" in self.variables:
            states = states_of(scope, self.members)
            frame.bindings["states"] = {name: _converted(scope, value) for name, value in states.items()}
        return frame


def _converted(scope: Scope, value: Any) -> Any:
    """The value as the library wants it; once for all expressions of a scope, since nobody changes values."""
    if not isinstance(value, dict | list):
        return to_library(value)
    known = scope.converted.get(id(value))
    if known is None:
        # with the value itself, so that its id stays its own
        known = scope.converted[id(value)] = (value, to_library(value))
    return known[1]


class _Parser(Parser):  # type: ignore[misc]  # the library has no types
    def advance(self, id: str | None = None, infix: bool = False) -> Any:
        node = super().advance(id, infix)
        if node.type == "operator" and node.value in _LATER_OPERATORS:
            raise JException("S0211", node.position, "?")
        return node


def _regex_error(error: re.error) -> Exception:
    """Invalid is what has a bracket too few or nothing to repeat; the rest may be what only JavaScript can read."""
    if re.match(r"missing|unterminated|unbalanced|nothing to repeat|multiple repeat|bad character range", error.msg):
        return DefinitionError(f"Invalid regular expression: {error}")
    return NotModelled("stepfunctions", f"the regular expression /{error.pattern!s}/ in JSONata: {error}")


def _syntax_error(error: Any, text: str) -> str:
    escape = text[error.location - 1 : error.location + 1] if error.error == "S0301" else ""
    if escape.startswith("\\"):  # the library has the wrong code for it
        return f"Unsupported escape sequence: \\{escape[1:]}"
    return message_of(error)


def message_of(error: Any) -> str:
    """The message of an error of the library as JSONata words it: values in JSON, functions called functions.

    >>> message_of(JException("T2001", 3, "+"))
    'The left side of the "+" operator must evaluate to a number'
    >>> message_of(JException("D3137", 3, "no stock"))
    'no stock'
    """
    template = JException.error_codes.get(error.error)
    if template is None:
        return str(error)
    extra = _PLURALS.get(error.extra, error.extra) if error.error == "T0412" else error.extra
    current = error.expected if error.error == "D1002" else error.current  # the value, not the sign before it
    values = iter((current, error.expected, extra))

    def unusual(value: Any) -> str | None:
        return None if value is NULL else str(value)

    def fill(found: re.Match[str]) -> str:
        value = next(values, None)
        if found[0].startswith("{{{"):
            return str(value)
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=unusual)

    return _PLACEHOLDER.sub(fill, re.sub(r"\bObject\b", "function", template))
