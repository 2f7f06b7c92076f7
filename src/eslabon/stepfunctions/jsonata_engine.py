"""One JSONata expression, parsed once and evaluated often, within bounds; the functions of its own are elsewhere.

JSONata 2.0.6, which AWS names, without later operators. An evaluation is bounded in steps, depth and size; AWS bounds
it too, and publishes no figures.

JSONata: https://docs.jsonata.org/overview.html
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from eslabon.stepfunctions.jsonata import Failed, states_of
from eslabon.stepfunctions.jsonata_functions import FUNCTIONS, limited
from eslabon.stepfunctions.jsonata_library import (
    JException,
    Jsonata,
    NotJson,
    Parser,
    compile_regex,
    to_json,
    to_library,
)
from eslabon.stepfunctions.scope import DefinitionError, Scope

STEPS = 200_000
"""Parts of an expression evaluated in one evaluation: about two seconds."""

DEPTH = 1_500
"""Parts of an expression inside each other; a function that calls itself takes about three for each call."""

_FRAMES = 12_000  # of Python, enough for DEPTH
_LATER_OPERATORS = frozenset({"??", "?:"})  # of JSONata 2.1
_STATES_MEMBERS = frozenset({"input", "result", "errorOutput", "context"})

_VARIABLE = re.compile(r"\$(\w+)")
_MEMBER_OF_STATES = re.compile(r"\$states\b(?:\s*\.\s*(\w+)\b)?")
_PLACEHOLDER = re.compile(r"\{\{\{\w+\}\}\}|\{\{\w+\}\}")

_LIBRARY = Jsonata.Frame(Jsonata.static_frame)
for _name, _function in FUNCTIONS.items():
    _LIBRARY.bind(_name, _function)


class Engine(Jsonata):  # type: ignore[misc]  # the library has no types
    """A compiled expression; DefinitionError, with the column, for what is no JSONata.

    >>> Engine("$states.input.n * 2").evaluate(Scope({"n": 21}))
    42
    >>> Engine("$states.input.n > ").evaluate(Scope({"n": 21}))
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.DefinitionError: Unexpected end of expression
    >>> Engine("$states.input.n * 2").evaluate(Scope({"n": "21"}))
    Traceback (most recent call last):
    eslabon.stepfunctions.jsonata.Failed: . T2001: The left side of the "*" operator must evaluate to a number
    """

    def __init__(self, text: str) -> None:
        # not the library's own: it would share a parser, and knows no scope
        self.parser = _Parser()
        try:
            self.ast = self.parser.parse(text, compile_regex)
        except JException as error:
            raise DefinitionError(message_of(error), error.location) from None
        except re.error as error:
            raise DefinitionError(f"a regular expression that is not supported: {error}") from None
        except RecursionError:
            raise DefinitionError("the expression nests too deeply") from None
        self.errors = None
        self.input = None
        self.environment = _LIBRARY
        self.scope = Scope(None)
        self.steps = self.depth = 0
        self.variables = frozenset(_VARIABLE.findall(text))
        members = frozenset(_MEMBER_OF_STATES.findall(text))
        self.members = members if members <= _STATES_MEMBERS else _STATES_MEMBERS

    def evaluate(self, scope: Scope) -> Any:
        """The result as a JSON value, ABSENT when it is undefined; Failed says what went wrong."""
        frame = self._frame(scope)
        self.scope = scope
        self.steps = self.depth = 0
        others, limit = getattr(Jsonata.CURRENT, "jsonata", None), sys.getrecursionlimit()
        Jsonata.CURRENT.jsonata = self  # the library's functions call back through it
        sys.setrecursionlimit(max(limit, _FRAMES))
        try:
            return to_json(self.eval(self.ast, None, frame))
        except JException as error:
            raise Failed(f". {error.error}: {message_of(error)}") from None
        except (NotJson, ZeroDivisionError, OverflowError) as error:
            raise Failed(f". D1001: {error}") from None
        except (RecursionError, MemoryError):
            raise Failed(": it needs too much memory") from None
        except (AttributeError, LookupError, TypeError, ValueError, re.error) as error:
            raise Failed(f": {error}") from None
        finally:
            sys.setrecursionlimit(limit)
            Jsonata.CURRENT.jsonata = others

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        """The library's evaluation of one part, counted."""
        self.steps += 1
        self.depth += 1
        if self.steps > STEPS:
            raise Failed(f": it takes more than {STEPS} steps. Check for a function that calls itself for ever")
        if self.depth > DEPTH:
            raise Failed(f": it nests more than {DEPTH} deep. Check for a function that calls itself for ever")
        result = self._eval(expr, input, environment)
        self.depth -= 1
        return result

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        """`[first..last]`, of limited size."""
        return limited(super().evaluate_range_expression(lhs, rhs))

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> Any:
        """`one & other`, of limited size."""
        return limited(super().evaluate_string_concat(lhs, rhs))

    def _frame(self, scope: Scope) -> Any:
        """The variables that the expression names, as far as they exist."""
        frame = Jsonata.Frame(_LIBRARY)
        frame.bindings.update({"$": None, "__evaluate_entry": None, "__evaluate_exit": None})
        for name in self.variables & scope.variables.keys():
            frame.bindings[name] = to_library(scope.variables[name])
        if "states" in self.variables:
            frame.bindings["states"] = to_library(states_of(scope, self.members))
        return frame


class _Parser(Parser):  # type: ignore[misc]
    def advance(self, id: str | None = None, infix: bool = False) -> Any:
        node = super().advance(id, infix)
        if node.type == "operator" and node.value in _LATER_OPERATORS:
            raise JException("S0211", node.position, "?")
        return node


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
    values = iter((error.current, error.expected, error.extra))

    def fill(found: re.Match[str]) -> str:
        value = next(values, None)
        if found[0].startswith("{{{"):
            return str(value)
        return json.dumps(to_json(value) if value is not None else None, ensure_ascii=False, default=str)

    return _PLACEHOLDER.sub(fill, re.sub(r"\bObject\b", "function", template))
