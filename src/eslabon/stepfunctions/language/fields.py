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
    jsonata_kind: str = "",
    convert: Callable[[Any, str, str], Any] | None = None,
    within: Range | None = None,
) -> Evaluate | None:
    """The field `name`, its variant `namePath`, or None when the state has neither.

    jsonata_kind: the type that an expression must answer ("number", "array", "string", "boolean", "" for any);
    convert: checks what a path answered, given the value, the field's name and the path; it raises StateError;
    within: the numbers that the field takes. A constant has been checked with the definition.

    >>> compile_field({"Seconds": 5}, "Seconds")(Scope({}))
    5
    >>> compile_field({"SecondsPath": "$.n"}, "Seconds")(Scope({"n": 7}))
    7
    >>> compile_field({"Seconds": "{% 0 - 1 %}"}, "Seconds", jsonata_kind="number", within=Range(0))(Scope({}))
    Traceback (most recent call last):
    StateError: ('States.QueryEvaluationError', "The JSONata expression '0 - 1' specified for the field 'Seconds' \
returned -1. The field takes an integer, 0 or more.")
    >>> compile_field({}, "Seconds") is None
    True
    """
    if name in fields:
        value = fields[name]
        text = jsonata.expression_in(value)
        if text is None:
            return constant(value)
        evaluate = jsonata.compile_expression(text, name)
        if jsonata_kind:
            evaluate = jsonata.expect(evaluate, text, name, jsonata_kind)
        return evaluate if within is None else _computed_within(evaluate, text, name, within)
    path_name = f"{name}Path"
    if path_name not in fields:
        return None
    path: str = fields[path_name]
    read = compile_path(path, path_name)
    if convert is None:
        return read

    def converted(scope: Scope) -> Any:
        value = convert(read(scope), path_name, path)
        if within is not None and value not in within:
            cause = f'The {path_name} field refers to value "{as_shown(value)}" which is not {within}: {path}'
            raise StateError(RUNTIME, cause)
        return value

    return converted


def _computed_within(evaluate: Evaluate, text: str, name: str, within: Range) -> Evaluate:
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


def integer(value: Any, name: str, path: str) -> int:
    """A whole number found by a path; text that holds one counts too.

    >>> integer("1", "ToleratedFailureCountPath", "$.n")
    1
    >>> integer("one", "ToleratedFailureCountPath", "$.n")
    Traceback (most recent call last):
    StateError: ...
    """
    found = number(value, name, path, kind="integer")
    if found != int(found):
        raise _not_a("integer", value, name, path)
    return int(found)


def number(value: Any, name: str, path: str, *, kind: str = "number") -> float:
    """A number found by a path; text that holds one counts too.

    >>> number("12.5", "ToleratedFailurePercentagePath", "$.n")
    12.5
    >>> number(True, "ToleratedFailurePercentagePath", "$.n")
    Traceback (most recent call last):
    StateError: ...
    """
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise _not_a(kind, value, name, path)
    return found


def text(value: Any, name: str, path: str) -> str:
    """A text found by a path.

    >>> text("Full", "ErrorPath", "$.error")
    'Full'
    >>> text(5, "ErrorPath", "$.error")
    Traceback (most recent call last):
    StateError: ('States.Runtime', 'The ErrorPath field refers to value "5" which is not a valid string: $.error')
    """
    if not isinstance(value, str):
        raise _not_a("string", value, name, path)
    return value


def _not_a(kind: str, value: Any, name: str, path: str) -> StateError:
    cause = f'The {name} field refers to value "{as_shown(value)}" which is not a valid {kind}: {path}'
    return StateError(RUNTIME, cause)
