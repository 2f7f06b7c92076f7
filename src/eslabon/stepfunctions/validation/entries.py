"""The entries of Choices, Retry and Catch: their fields, and what one field or entry demands of another.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.stepfunctions.language.choice import COMPARISONS, compile_wildcards
from eslabon.stepfunctions.language.dataflow import JSONATA
from eslabon.stepfunctions.language.errornames import ALL
from eslabon.stepfunctions.language.jsonvalues import is_number
from eslabon.stepfunctions.language.wait import LONGEST
from eslabon.stepfunctions.validation import expressions, kinds
from eslabon.stepfunctions.validation.context import Context
from eslabon.stepfunctions.validation.kinds import Kind, Shape

DEEPEST_TEST = 40  # tests in tests, far from where Python's own stack would end; AWS names no figure


def check_rule(context: Context, rule: Any, location: str) -> None:
    """Report what is wrong with a rule of a Choice state.

    >>> context = Context()
    >>> check_rule(context, {"Variable": "$.n", "Next": "B"}, "/States/A/Choices[0]")
    >>> print(context.diagnostics[0].message)
    A test needs one comparison, or And, Or or Not; this one has none
    """
    if context.language == JSONATA:
        _JSONATA_RULE.check(context, rule, location)
    else:
        _check_test(context.within(depth=0), rule, location, _RULE)


def _check_inner_test(context: Context, test: Any, location: str) -> None:
    if context.depth == DEEPEST_TEST:
        message = f"Tests nest more than {DEEPEST_TEST} levels deep: use more rules instead"
        context.error(context.state, message, code="TOO_DEEPLY_NESTED")
    else:
        _check_test(context.within(depth=context.depth + 1), test, location, _TEST)


def _check_test(context: Context, test: Any, location: str, shape: Shape) -> None:
    if not shape.check(context, test, location):
        return
    found = [name for name in test if name in _OPERATORS or name in _JUNCTIONS]
    if len(found) != 1:
        shown = ", ".join(found) if found else "none"
        context.error(location, f"A test needs one comparison, or And, Or or Not; this one has {shown}")
    elif (found[0] in _OPERATORS) != ("Variable" in test):
        wanted = "needs Variable, what is compared" if found[0] in _OPERATORS else "has no Variable of its own"
        context.error(location, f"A test by {found[0]} {wanted}")


def _check_fixed(context: Context, value: Any, location: str) -> None:
    if expressions.looks_dynamic(value):
        message = "The value looks like a path, and is compared as text: the …Path operators compare with paths"
        context.warn(location, "NO_PATH", message)


def _check_wildcards(context: Context, value: str, location: str) -> None:
    _check_fixed(context, value, location)
    with context.compiling(location):
        compile_wildcards(value)


# What an operator compares with, by the family of the operator.
_OPERANDS: Mapping[str, Kind] = {
    "String": kinds.value_of("a string", kinds.is_text, inside=_check_fixed),
    "Numeric": kinds.value_of("a number", is_number),
    "Boolean": kinds.boolean,
    "Timestamp": kinds.moment(expression=False),
}
_TYPE_TESTS = ("IsPresent", "IsNull", "IsBoolean", "IsNumeric", "IsString", "IsTimestamp")
_OPERATORS: Mapping[str, Kind] = {
    **{name: _OPERANDS[family] for name, (family, _) in COMPARISONS.items()},
    **{f"{name}Path": kinds.reference_path for name in COMPARISONS},
    **dict.fromkeys(_TYPE_TESTS, kinds.boolean),
    "StringMatches": kinds.value_of("a string", kinds.is_text, inside=_check_wildcards),
}
_SEVERAL = kinds.array_of(_check_inner_test, empty=False)
_JUNCTIONS: Mapping[str, Kind] = {"And": _SEVERAL, "Or": _SEVERAL, "Not": _check_inner_test}
_TEST = Shape(
    {"Variable": kinds.path(expressions.check_variable), **_OPERATORS, **_JUNCTIONS, "Comment": kinds.text},
)
_LEADS_ON: Mapping[str, Kind] = {"Next": kinds.text, "Assign": kinds.assign, "Comment": kinds.text}
_RULE = Shape({**_TEST.fields, **_LEADS_ON}, required=["Next"])
_JSONATA_RULE = Shape(
    {**_LEADS_ON, "Condition": kinds.condition, "Output": kinds.template}, required=["Next", "Condition"]
)

# --- Retry and Catch --------------------------------------------------------------------------------------------------

_ERRORS = kinds.array_of(kinds.text, empty=False)
_RETRIER = Shape(
    {
        "ErrorEquals": _ERRORS,
        "IntervalSeconds": kinds.number(1, LONGEST, expression=False),
        "MaxAttempts": kinds.number(0, LONGEST, expression=False),
        "BackoffRate": kinds.number(1, whole=False, expression=False),
        "MaxDelaySeconds": kinds.number(1, 31_622_400, expression=False),
        "JitterStrategy": kinds.one_of("FULL", "NONE"),
        "Comment": kinds.text,
    },
    required=["ErrorEquals"],
)
_CATCHER = Shape(
    {**_LEADS_ON, "ErrorEquals": _ERRORS, "ResultPath": kinds.result_path, "Output": kinds.template},
    required=["ErrorEquals", "Next"],
)


def check_retry(context: Context, value: Any, location: str) -> None:
    """Report what is wrong with the field Retry.

    >>> context = Context()
    >>> check_retry(context, [{"ErrorEquals": ["States.ALL", "Full"]}], "/States/A/Retry")
    >>> print(context.diagnostics[0])
    SCHEMA_VALIDATION_FAILED: States.ALL must be alone in ErrorEquals at /States/A/Retry[0]/ErrorEquals
    """
    kinds.array_of(_check_retrier)(context, value, location)
    _check_errors(context, value, location)


def _check_retrier(context: Context, retrier: Any, location: str) -> None:
    if _RETRIER.check(context, retrier, location):
        longest, interval = retrier.get("MaxDelaySeconds"), retrier.get("IntervalSeconds", 1)
        if is_number(longest) and is_number(interval) and longest <= interval:
            context.error(f"{location}/MaxDelaySeconds", "MaxDelaySeconds must be greater than IntervalSeconds")


def check_catch(context: Context, value: Any, location: str) -> None:
    """Report what is wrong with the field Catch.

    >>> context = Context()
    >>> check_catch(context, [{"ErrorEquals": ["States.ALL"]}], "/States/A/Catch")
    >>> print(context.diagnostics[0])
    SCHEMA_VALIDATION_FAILED: The field 'Next' is required but was missing at /States/A/Catch[0]
    """
    kinds.array_of(_CATCHER.check)(context.within(catching=True), value, location)
    _check_errors(context, value, location)


def _check_errors(context: Context, entries: Any, location: str) -> None:
    if not isinstance(entries, list):
        return
    for place, entry in expressions.inside(entries, location):
        names = entry.get("ErrorEquals") if isinstance(entry, dict) else None
        if isinstance(names, list) and ALL in names:
            if len(names) > 1:
                context.error(f"{place}/ErrorEquals", f"{ALL} must be alone in ErrorEquals")
            if entry is not entries[-1]:
                context.error(f"{place}/ErrorEquals", f"{ALL} must be in the last entry: those after it never count")
