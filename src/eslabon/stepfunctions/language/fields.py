"""Single-valued fields of a state: a constant, a `…Path` beside it, or a JSONata expression.

Not the templates and paths that a state's data flows through (`dataflow`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.errornames import QUERY_FAILED, RUNTIME
from eslabon.stepfunctions.language.jsonata import jsonata
from eslabon.stepfunctions.language.jsonpath.paths import compile_path
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import Evaluate, Scope, StateError


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that a field takes.

    >>> 5 in Range(1), 0 in Range(1), 1.5 in Range(1), math.inf in Range(1)
    (True, False, False, False)
    >>> 1.5 in Range(0, 100, whole=False), 100 in Range(0, 100), 101 in Range(0, 100)
    (True, True, False)
    >>> str(Range(1)), str(Range(0, 100, whole=False))
    ('an integer, 1 or more', 'a number from 0 to 100')
    """

    least: float
    most: float = math.inf
    whole: bool = True

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most and value != math.inf and not (self.whole and value % 1)

    def __str__(self) -> str:
        kind = "an integer" if self.whole else "a number"
        upwards = f", {self.least:g} or more"
        return kind + (upwards if self.most == math.inf else f" from {self.least:g} to {self.most:.0f}")

    def found(self, value: Any, name: str, path: str) -> float:
        """The number that a field's path has found; text that holds one counts too. Raises StateError.

        >>> Range(1).found("5", "MaxConcurrencyPath", "$.n"), Range(0, whole=False).found(12.5, "", "$.n")
        (5, 12.5)
        >>> Range(1).found("one", "MaxConcurrencyPath", "$.n")
        Traceback (most recent call last):
        StateError: ('States.Runtime', 'The MaxConcurrencyPath field refers to value "one" \
which is not a valid integer: $.n')
        """
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number) or (self.whole and number % 1):
            raise _is_not(f"a valid {'integer' if self.whole else 'number'}", value, name, path)
        if number not in self:
            raise _is_not(str(self), value, name, path)
        return int(number) if self.whole else number


def constant(value: Any) -> Evaluate:
    """A field whose value stands in the definition.

    >>> constant(5)(Scope({}))
    5
    """
    return lambda scope: value


def compile_field(
    fields: Mapping[str, Any],
    name: str,
    *,
    kind: str = "",
    convert: Callable[[Any, str, str], Any] | None = None,
    within: Range | None = None,
) -> Evaluate | None:
    """The field `name`, its variant `namePath`, or None when the state has neither.

    kind: the type that an expression must answer ("number", "array", "string", "boolean", "" for any);
    convert: checks what a path answered, given the value, the field's name and the path; it raises StateError;
    within: the numbers that an expression may answer. A constant has been checked with the definition.

    >>> compile_field({"Seconds": 5}, "Seconds")(Scope({}))
    5
    >>> compile_field({"SecondsPath": "$.n"}, "Seconds")(Scope({"n": 7}))
    7
    >>> compile_field({}, "Seconds") is None
    True
    >>> compile_field({"SecondsPath": "n"}, "Seconds")
    Traceback (most recent call last):
    DefinitionError: 'n' at position 0: a path begins with $
    """
    if name in fields:
        return _given(fields[name], name, kind, within)
    path_name = f"{name}Path"
    if path_name not in fields:
        return None
    path: str = fields[path_name]
    find = compile_path(path, path_name)
    return find if convert is None else lambda scope: convert(find(scope), path_name, path)


def compile_number(fields: Mapping[str, Any], name: str, within: Range) -> Evaluate | None:
    """The field `name` or `namePath`, which takes the numbers of a range, or None when the state has neither.

    >>> compile_number({"MaxConcurrencyPath": "$"}, "MaxConcurrency", Range(0))(Scope("7"))
    7
    >>> compile_number({"Seconds": "{% 0 - 1 %}"}, "Seconds", Range(0))(Scope({}))
    Traceback (most recent call last):
    StateError: ('States.QueryEvaluationError', "The JSONata expression '0 - 1' specified for the field 'Seconds' \
returned -1. The field takes an integer, 0 or more.")
    """
    return compile_field(fields, name, kind="number", convert=within.found, within=within)


def _given(value: Any, name: str, kind: str, within: Range | None) -> Evaluate:
    """A constant or an expression."""
    text = jsonata.expression_in(value)
    if text is None:
        return constant(value)
    evaluate = jsonata.compile_expression(text, name)
    if kind:
        evaluate = jsonata.expect(evaluate, text, name, kind)
    if within is None:
        return evaluate

    def checked(scope: Scope) -> Any:
        value = evaluate(scope)
        if value not in within:
            described = f"The JSONata expression '{text}' specified for the field '{name}' returned {as_shown(value)}."
            raise StateError(QUERY_FAILED, f"{described} The field takes {within}.", location=name)
        return value

    return checked


def as_shown(value: Any) -> str:
    """A value as an error message shows it: text as it is, anything else as JSON.

    >>> as_shown("soon"), as_shown(["soon"])
    ('soon', '["soon"]')
    """
    return value if isinstance(value, str) else compact(value)


def text(value: Any, name: str, path: str) -> str:
    """A text found by a path.

    >>> text("Full", "ErrorPath", "$.error")
    'Full'
    >>> text(5, "ErrorPath", "$.error")
    Traceback (most recent call last):
    StateError: ('States.Runtime', 'The ErrorPath field refers to value "5" which is not a valid string: $.error')
    """
    if not isinstance(value, str):
        raise _is_not("a valid string", value, name, path)
    return value


def _is_not(wanted: str, value: Any, name: str, path: str) -> StateError:
    cause = f'The {name} field refers to value "{as_shown(value)}" which is not {wanted}: {path}'
    return StateError(RUNTIME, cause)
