"""What a kind complains about: the examples of `kinds` share it, the implementation itself does not use it."""

from __future__ import annotations

from typing import Any

from eslabon.stepfunctions.validation.context import JSONPATH, Context
from eslabon.stepfunctions.validation.diagnostics import Report
from eslabon.stepfunctions.validation.kinds import Kind


def problems(kind: Kind, value: Any, language: str = JSONPATH) -> list[str]:
    """The messages about a value in a field of this kind, which is called Field.

    >>> from eslabon.stepfunctions.validation.kinds import text
    >>> problems(text, 1)
    ["The field 'Field' must be a string"]
    """
    context = Context(Report(), "STANDARD", language=language)
    kind(context, value, "/States/A/Field")
    return [found.message for found in context.report.diagnostics]
