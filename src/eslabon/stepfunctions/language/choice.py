"""The rules of a Choice state, compiled: comparisons of JSONPath mode, conditions of JSONata mode.

Not what happens when no rule matches: that is the interpreter's.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONATA, DataFlow, compile_dataflow
from eslabon.stepfunctions.language.errornames import RUNTIME
from eslabon.stepfunctions.language.fields import compile_field, constant
from eslabon.stepfunctions.language.jsonpath.paths import compile_lookup, compile_path
from eslabon.stepfunctions.language.jsonvalues import is_number
from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError, Scope, StateError
from eslabon.stepfunctions.language.wait import parse_timestamp

Test = Callable[[Scope], bool]


def is_timestamp(value: Any) -> bool:
    """Whether a JSON value is text that holds a timestamp with its offset.

    >>> is_timestamp("2026-01-01T00:00:00Z"), is_timestamp("2026-01-01")
    (True, False)
    """
    return parse_timestamp(value) is not None


# Type tests: what the value found at Variable must be.
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsNumeric": is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsTimestamp": is_timestamp,
}


def by_code_unit(text: str) -> Any:
    """What strings are compared by: as Java's compareTo does, which AWS's page points to, unit by unit of UTF-16.

    >>> by_code_unit("a") < by_code_unit("b"), by_code_unit("\\U0001f600") < by_code_unit("\\uff5e")
    (True, True)
    """
    return text.encode("utf-16-be", "surrogatepass")


# Families of comparisons: what both sides must be, and what is compared.
_FAMILIES: Mapping[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "String": (lambda value: isinstance(value, str), by_code_unit),
    "Numeric": (is_number, lambda value: value),
    "Timestamp": (is_timestamp, parse_timestamp),
    "Boolean": (lambda value: isinstance(value, bool), lambda value: value),
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}

# Every comparison by its name: ("StringLessThan", its family, its comparison).
COMPARISONS: Mapping[str, tuple[str, str]] = {
    family + comparison: (family, comparison)
    for family in _FAMILIES
    for comparison in _COMPARISONS
    if family != "Boolean" or comparison == "Equals"
}
_OTHERS = frozenset({*COMPARISONS, "StringMatches", "IsPresent"})


class Rule:
    """One of the choices: a test, the state that follows, and what the rule hands on when it matches."""

    __slots__ = ("dataflow", "matches", "next")

    def __init__(self, matches: Test, next_state: str, dataflow: DataFlow) -> None:
        self.matches = matches
        self.next = next_state
        self.dataflow = dataflow


def compile_rule(fields: Mapping[str, Any], language: str, state: Mapping[str, Any] | None = None) -> Rule:
    """A rule of a Choice state. Raises DefinitionError for what cannot be compiled.

    state: the fields of the state, whose OutputPath holds for its rules too. Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html

    >>> rule = compile_rule({"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"}, "JSONPath")
    >>> rule.matches(Scope({"n": 6})), rule.matches(Scope({"n": "6"}))
    (True, False)
    >>> rule.matches(Scope({}))
    Traceback (most recent call last):
    StateError: ...
    """
    test = compile_field(fields, "Condition", kind="boolean") if language == JSONATA else compile_test(fields)
    assert test is not None, "a validated rule in JSONata mode has a Condition"
    flowing = {**fields, "OutputPath": state["OutputPath"]} if state and "OutputPath" in state else fields
    return Rule(test, fields["Next"], compile_dataflow(flowing, language))


def compile_test(fields: Mapping[str, Any]) -> Test:
    """A data test of JSONPath mode: And, Or, Not, or one comparison of the value at Variable.

    >>> test = compile_test({"Not": {"Variable": "$.name", "StringMatches": "log-*.txt"}})
    >>> test(Scope({"name": "log-1.txt"})), test(Scope({"name": "log"}))
    (False, True)
    >>> compile_test({"Variable": "$.n", "NumericBigger": 1})
    Traceback (most recent call last):
    DefinitionError: ...
    """
    if "And" in fields:
        tests = [compile_test(test) for test in fields["And"]]
        return lambda scope: all(test(scope) for test in tests)
    if "Or" in fields:
        tests = [compile_test(test) for test in fields["Or"]]
        return lambda scope: any(test(scope) for test in tests)
    if "Not" in fields:
        negated = compile_test(fields["Not"])
        return lambda scope: not negated(scope)
    name = next((name for name in fields if name in _TYPES or name.removesuffix("Path") in _OTHERS), None)
    if name is None:
        raise DefinitionError("A rule needs a comparison beside Variable, and has none.")
    return _comparing(fields["Variable"], name, fields[name])


def _comparing(path: str, name: str, operand: Any) -> Test:
    look_up = compile_lookup(path)

    def value(scope: Scope) -> Any:
        found = look_up(scope)
        if found is ABSENT:
            cause = f"Invalid path '{path}': The choice state's condition path references an invalid value."
            raise StateError(RUNTIME, cause)
        return found

    if name == "IsPresent":
        return lambda scope: (look_up(scope) is not ABSENT) is operand
    if name in _TYPES:
        is_type = _TYPES[name]
        return lambda scope: is_type(value(scope)) is operand
    if name == "StringMatches":
        matches = compile_wildcards(operand)
        return lambda scope: isinstance(found := value(scope), str) and matches(found)
    family, comparison = COMPARISONS[name.removesuffix("Path")]
    other = compile_path(operand, name) if name.endswith("Path") else constant(operand)
    belongs, key = _FAMILIES[family]
    compare = _COMPARISONS[comparison]

    def holds(scope: Scope) -> bool:
        left, right = value(scope), other(scope)
        return belongs(left) and belongs(right) and compare(key(left), key(right))

    return holds


def compile_wildcards(pattern: str) -> Callable[[str], bool]:
    r"""A StringMatches pattern: `*` is any text, `\*` an asterisk, `\\` a backslash.

    >>> compile_wildcards("log-*.txt")("log-2026.txt"), compile_wildcards(r"a\*b")("axb")
    (True, False)
    >>> compile_wildcards("a\\b")
    Traceback (most recent call last):
    DefinitionError: ...
    """
    pieces = re.findall(r"\\[*\\]|\*|[^*\\]+", pattern)
    if "".join(pieces) != pattern:
        raise DefinitionError(f"A backslash in StringMatches stands before * or \\: {pattern}")
    expression = "".join(".*" if piece == "*" else re.escape(piece.removeprefix("\\")) for piece in pieces)
    whole = re.compile(expression, re.DOTALL)
    return lambda text: whole.fullmatch(text) is not None
