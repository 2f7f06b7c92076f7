"""Single-valued fields of a state: a constant, a `…Path` beside it, or a JSONata expression.

Not the templates and paths that a state's data flows through (`dataflow`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from eslabon.stepfunctions.language.jsonata import jsonata
from eslabon.stepfunctions.language.jsonpath.paths import compile_path
from eslabon.stepfunctions.language.scope import Evaluate, Scope, StateError
from eslabon.stepfunctions.running.history import to_text

RUNTIME = "States.Runtime"


def constant(value: Any) -> Evaluate:
    """A field whose value stands in the definition."""
    return lambda scope: value


def compile_field(
    fields: Mapping[str, Any],
    name: str,
    *,
    jsonata_kind: str = "",
    convert: Callable[[Any, str, str], Any] | None = None,
) -> Evaluate | None:
    """The field `name`, its variant `namePath`, or None when the state has neither.

    jsonata_kind: the type that an expression must answer ("number", "array", "string", "boolean", "" for any);
    convert: checks what a path answered, given the value, the field's name and the path; it raises StateError.

    >>> compile_field({"Seconds": 5}, "Seconds")(Scope({}))
    5
    >>> compile_field({"SecondsPath": "$.n"}, "Seconds")(Scope({"n": 7}))
    7
    >>> compile_field({}, "Seconds") is None
    True
    """
    if name in fields:
        value = fields[name]
        text = jsonata.expression_in(value)
        if text is None:
            return constant(value)
        evaluate = jsonata.compile_expression(text, name)
        return jsonata.expect(evaluate, text, name, jsonata_kind) if jsonata_kind else evaluate
    path_name = f"{name}Path"
    if path_name not in fields:
        return None
    path: str = fields[path_name]
    read = compile_path(path, path_name)
    if convert is None:
        return read

    def converted(scope: Scope) -> Any:
        return convert(read(scope), path_name, path)

    return converted


def as_shown(value: Any) -> str:
    """A value as an error message shows it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else to_text(value)


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
    """A number found by a path; text that holds one counts too."""
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise _not_a(kind, value, name, path)
    return found


def _not_a(kind: str, value: Any, name: str, path: str) -> StateError:
    cause = f'The {name} field refers to value "{as_shown(value)}" which is not a valid {kind}: {path}'
    return StateError(RUNTIME, cause)
