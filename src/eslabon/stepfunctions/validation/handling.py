"""Retry and Catch in a definition: their entries, and the order of these.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eslabon.stepfunctions.language.errornames import ALL
from eslabon.stepfunctions.validation import schema
from eslabon.stepfunctions.validation.context import Context
from eslabon.stepfunctions.validation.kinds import Shape, is_number


def check_retry(context: Context, value: Any, location: str) -> None:
    """Report what is wrong with the field Retry.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_retry(context, [{"ErrorEquals": ["States.ALL", "Full"]}], "/States/A/Retry")
    >>> print(context.report.diagnostics[0])
    SCHEMA_VALIDATION_FAILED: States.ALL must be alone in ErrorEquals at /States/A/Retry[0]/ErrorEquals
    """
    entries = _entries(context, value, location, schema.RETRIER)
    for place, entry in entries:
        longest, interval = entry.get("MaxDelaySeconds"), entry.get("IntervalSeconds", 1)
        if is_number(longest) and is_number(interval) and longest <= interval:
            context.error(f"{place}/MaxDelaySeconds", "MaxDelaySeconds must be greater than IntervalSeconds")
    _check_errors(context, entries)


def check_catch(context: Context, value: Any, location: str) -> None:
    """Report what is wrong with the field Catch.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_catch(context, [{"ErrorEquals": ["States.ALL"]}], "/States/A/Catch")
    >>> print(context.report.diagnostics[0])
    SCHEMA_VALIDATION_FAILED: The field 'Next' is required but was missing at /States/A/Catch[0]
    """
    entries = _entries(context.within(catching=True), value, location, schema.CATCHER)
    _check_errors(context, entries)


def _entries(context: Context, value: Any, location: str, shape: Shape) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(value, list):
        context.error(location, f"The field '{location.rpartition('/')[2]}' must be an array")
        return []
    places = [(f"{location}[{index}]", entry) for index, entry in enumerate(value)]
    return [(place, entry) for place, entry in places if shape.check(context, entry, place)]


def _check_errors(context: Context, entries: Sequence[tuple[str, dict[str, Any]]]) -> None:
    for number, (place, entry) in enumerate(entries, 1):
        names = entry.get("ErrorEquals")
        if isinstance(names, list) and ALL in names:
            if len(names) > 1:
                context.error(f"{place}/ErrorEquals", f"{ALL} must be alone in ErrorEquals")
            if number != len(entries):
                context.error(f"{place}/ErrorEquals", f"{ALL} must be in the last entry: those after it never count")
