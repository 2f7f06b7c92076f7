"""Diagnoses a definition: its text, then its parts, then whether it compiles.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from eslabon import jsontext
from eslabon.stepfunctions.language.definition import Machine, State, compile_machine, compile_state
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation.context import Context
from eslabon.stepfunctions.validation.diagnostics import Diagnostic, Report
from eslabon.stepfunctions.validation.states import check_state, check_whole

T = TypeVar("T")
LARGEST = 1024 * 1024  # bytes of a definition


def diagnose(text: str, type: str = "STANDARD") -> Sequence[Diagnostic]:  # noqa: A002 - the API's word
    """All that is wrong with a definition, errors and warnings, in the order of the definition.

    text: JSON in the Amazon States Language; type: STANDARD or EXPRESS. Raises nothing.

    >>> diagnose('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    []
    >>> for found in diagnose('{"StartAt": "A", "States": {"A": {"Type": "Task", "Next": "B"}}}'):
    ...     print(found)
    SCHEMA_VALIDATION_FAILED: The field 'Resource' is required but was missing at /States/A
    MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next
    MISSING_END_STATE: Workflow has no terminal state at null
    >>> print(diagnose("StartAt: A")[0].code)
    INVALID_JSON_DESCRIPTION
    """
    return examine(text, type)[0]


def examine(text: str, type: str) -> tuple[Sequence[Diagnostic], Machine | None]:  # noqa: A002 - the API's word
    """All that is wrong with a definition, and the compiled machine when none of it is an error.

    >>> examine('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', "STANDARD")[1].start_at
    'A'
    >>> examine("[]", "STANDARD")[1] is None
    True
    """
    return _examine(text, Context(type=type), check_whole, compile_machine)


def examine_state(text: str, name: str) -> tuple[Sequence[Diagnostic], State | None]:
    """The same of the definition of one state alone; name: what it is called.

    >>> examine_state('{"Type": "Succeed"}', "A")[1].name
    'A'
    >>> print(examine_state('{"Type": "Succeed", "Next": "B"}', "A")[0][0])
    SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /
    """

    def check(context: Context, state: Any) -> None:
        check_state(context, name, state, "")

    return _examine(text, Context(), check, partial(compile_state, name))


def _examine(
    text: str, context: Context, check: Callable[[Context, Any], None], compile_it: Callable[[Any], T]
) -> tuple[Sequence[Diagnostic], T | None]:
    report = context.report
    definition = read(report, text)
    if not report.failed:
        check(context, definition)
    compiled = None
    if not report.failed:
        try:
            compiled = compile_it(definition)
        except DefinitionError as error:  # what only the compiler knows
            report.error("", error.message)
        except RecursionError:
            report.error("", "The definition nests too deeply", "TOO_DEEPLY_NESTED")
    return report.diagnostics, compiled


def read(report: Report, text: str) -> Any:
    """The JSON value of a definition's text; what is wrong with the text is reported.

    >>> report = Report()
    >>> read(report, '{"A": 1, "A": 2}')
    >>> print(report.diagnostics[0])
    INVALID_JSON_DESCRIPTION: Duplicate field 'A' at null
    >>> read(Report(), '{"A": 1}')
    {'A': 1}
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        report.error("", f"The definition is larger than {LARGEST} bytes")
        return None
    try:
        definition = jsontext.parse(text, members=_members) if text.strip() else None
    except ValueError as error:
        report.error("", str(error), "INVALID_JSON_DESCRIPTION")
        return None
    if definition is None:
        report.error("", "The definition is empty or null", "MISSING_DESCRIPTION")
    elif not isinstance(definition, dict):
        report.error("", "A definition is a JSON object", "INVALID_JSON_DESCRIPTION")
    return definition


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"Duplicate field '{name}'")
            seen.add(name)
    return members
