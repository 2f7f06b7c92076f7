"""A definition as a request brings it: JSON text, diagnosed and compiled, or refused as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from eslabon.errors import ServiceError
from eslabon.stepfunctions.language.definition import Machine
from eslabon.stepfunctions.validation.context import ERROR, Diagnostic
from eslabon.stepfunctions.validation.validation import examine


def compile_definition(text: str, type: str) -> Machine:
    """The compiled state machine of a definition.

    type: STANDARD or EXPRESS. Raises InvalidDefinition, which names every error.

    >>> compile_definition('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', "STANDARD").start_at
    'A'
    >>> compile_definition('{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}', "STANDARD")
    Traceback (most recent call last):
    ServiceError: InvalidDefinition: Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' \
target: B at /StartAt, MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A'
    """
    found, machine = examine(text, type)
    if machine is None:
        raise invalid(found)
    return machine


def invalid(found: Iterable[Diagnostic]) -> ServiceError:
    """The error that names all errors of a definition, as AWS writes them: code, message, and where.

    >>> invalid([Diagnostic(ERROR, "A", "this", "/States/B"), Diagnostic(ERROR, "C", "that")]).message
    "Invalid State Machine Definition: 'A: this at /States/B, C: that at null'"
    """
    problems = ", ".join(str(one) for one in found if one.severity == ERROR)
    return ServiceError("InvalidDefinition", f"Invalid State Machine Definition: '{problems}'")
