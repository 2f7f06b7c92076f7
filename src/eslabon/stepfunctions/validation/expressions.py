"""Paths, intrinsic functions and payload templates in a definition: whether they compile, and what variables they read.

They are compiled by the modules that run them; nothing is evaluated.
"""

from __future__ import annotations

import re
from typing import Any

from eslabon.stepfunctions.language.jsonpath.intrinsics import compile_intrinsic
from eslabon.stepfunctions.language.jsonpath.paths import compile_path, compile_reference_path
from eslabon.stepfunctions.language.jsonpath.pathsyntax import parse_path
from eslabon.stepfunctions.language.jsonpath.templates import DEEPEST
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation.context import Context
from eslabon.stepfunctions.validation.diagnostics import (
    NO_DOLLAR,
    TOO_DEEPLY_NESTED,
)

DYNAMIC = ".$"
_LOOKS_DYNAMIC = re.compile(r"\$(\$?\.|\$?$|[A-Za-z_]\w*($|\.|\[))|States\.\w+\(", re.ASCII)
_VARIABLE_IN_CALL = re.compile(r"'(?:\\.|[^'\\])*'|(?<!\$)\$([^\W\d]\w*)")
# What ErrorPath and CausePath may call: https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html
TEXT_FUNCTIONS = (
    "States.Format",
    "States.JsonToString",
    "States.ArrayGetItem",
    "States.Base64Encode",
    "States.Base64Decode",
    "States.Hash",
    "States.UUID",
)


def looks_dynamic(value: Any) -> bool:
    """Whether a text reads like a path or an intrinsic function.

    >>> [looks_dynamic(text) for text in ("$.total", "$$.Execution.Id", "States.UUID()", "$5", "five", 5)]
    [True, True, True, False, False, False]
    """
    return isinstance(value, str) and _LOOKS_DYNAMIC.match(value) is not None


def check_path(context: Context, value: str, location: str, *, reference: bool = False) -> None:
    """Report what is wrong with a path; reference: whether it may mean one node only.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_path(context, "total", "/States/A/InputPath")
    >>> print(context.report.diagnostics[0].message)
    Value is not a valid JSONPath: 'total' at position 0: a path begins with $
    """
    try:
        compile_path(value, reference=reference)
    except DefinitionError as error:
        kind = "Reference Path" if reference else "valid JSONPath"
        context.error(location, f"Value is not a {kind}: {error.message}")
        return
    root = parse_path(value).root
    if root not in ("$", "$$"):
        context.variables.read.append((root, location))


def check_result_path(context: Context, value: str, location: str) -> None:
    """Report what is wrong with the path that a result is put at.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_result_path(context, "$.a[*]", "/States/A/ResultPath")
    >>> context.report.failed
    True
    """
    try:
        compile_reference_path(value)
    except DefinitionError as error:
        context.error(location, f"Value is not a Reference Path: {error.message}")


def check_dynamic(context: Context, value: Any, location: str) -> None:
    """Report what is wrong with a path or an intrinsic function, as a member whose name ends in .$ has it.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_dynamic(context, "foo", "/States/A/Parameters/Name.$")
    >>> print(context.report.diagnostics[0].message)
    The value for the field 'Name.$' must be a valid JSONPath or a valid intrinsic function call: ...
    """
    name = location.rpartition("/")[2]
    wanted = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
    if not isinstance(value, str):
        context.error(location, f"{wanted}, as a string")
        return
    if value.startswith("$"):
        try:
            compile_path(value, name)
        except DefinitionError as error:
            context.error(location, f"{wanted}: {error.message}")
            return
        check_path(context, value, location)
        return
    try:
        compile_intrinsic(value, name)
    except DefinitionError as error:
        context.error(location, f"{wanted}: {error.message}")
        return
    for found in _VARIABLE_IN_CALL.finditer(value):
        if found[1]:
            context.variables.read.append((found[1], location))


def check_text_path(context: Context, value: str, location: str) -> None:
    """Report what is wrong with ErrorPath or CausePath: a path, or one of a few intrinsic functions.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_text_path(context, "States.MathAdd(1, 2)", "/States/A/CausePath")
    >>> context.report.failed
    True
    """
    if not value.startswith("$"):
        function = value.partition("(")[0].strip()
        if function.startswith("States.") and function not in TEXT_FUNCTIONS:
            allowed = ", ".join(TEXT_FUNCTIONS)
            context.error(location, f"{function} cannot be called here; these functions can: {allowed}")
            return
    check_dynamic(context, value, location)


def check_template(context: Context, value: Any, location: str, depth: int = 0) -> None:
    """Report everything wrong in a payload template, and texts that look as if their name should end in .$.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_template(context, {"a.$": 7, "b": "$.b"}, "/States/A/Parameters")
    >>> [(found.code, found.location) for found in context.report.diagnostics]
    [('SCHEMA_VALIDATION_FAILED', '/States/A/Parameters/a.$'), ('NO_DOLLAR', '/States/A/Parameters/b')]
    """
    if too_deep(context, location, depth):
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            check_template(context, item, f"{location}[{index}]", depth + 1)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        place = f"{location}/{name}"
        if name.endswith(DYNAMIC):
            check_dynamic(context, item, place)
            if name.removesuffix(DYNAMIC) in value:
                context.error(place, f"'{name}' and '{name.removesuffix(DYNAMIC)}' would be one member: leave one out")
        elif looks_dynamic(item):
            message = f"The value looks like a path or an intrinsic function: call the field '{name}.$' if it is one"
            context.report.warn(place, NO_DOLLAR, message)
        else:
            check_template(context, item, place, depth + 1)


def too_deep(context: Context, location: str, depth: int) -> bool:
    """Whether a value in a value nests deeper than is followed; then that is reported.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> too_deep(Context(Report(), "STANDARD"), "/States/A/Result", DEEPEST)
    False
    >>> too_deep(Context(Report(), "STANDARD"), "/States/A/Result", DEEPEST + 1)
    True
    """
    if depth <= DEEPEST:
        return False
    beginning = location if len(location) < 200 else f"{location[:200]}…"
    context.error(beginning, f"The value nests more than {DEEPEST} levels deep", code=TOO_DEEPLY_NESTED)
    return True
