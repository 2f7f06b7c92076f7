"""Paths, intrinsic functions and JSONata in a definition: whether they compile, and what variables they read.

They are compiled by the modules that run them; nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from eslabon.stepfunctions.language.jsonata.jsonata import compile_expression, expression_in
from eslabon.stepfunctions.language.jsonpath.intrinsics import compile_intrinsic
from eslabon.stepfunctions.language.jsonpath.paths import compile_path, compile_reference_path
from eslabon.stepfunctions.language.jsonpath.pathsyntax import parse_path
from eslabon.stepfunctions.language.jsonpath.templates import DEEPEST
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation.context import STATES, Context
from eslabon.stepfunctions.validation.diagnostics import (
    INVALID_JSONATA_EXPRESSION,
    NO_DOLLAR,
    TOO_DEEPLY_NESTED,
    UNSUPPORTED_JSONATA_EXPRESSION,
)

DYNAMIC = ".$"
_LOOKS_DYNAMIC = re.compile(r"\$(\$?\.|\$?$|[A-Za-z_]\w*($|\.|\[))|States\.\w+\(", re.ASCII)
_VARIABLE_IN_CALL = re.compile(r"'(?:\\.|[^'\\])*'|(?<!\$)\$([^\W\d]\w*)", re.ASCII)
_PLAIN_VALUE = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)", re.ASCII)
_ERROR_OUTPUT = ".errorOutput"
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
    if _too_deep(context, location, depth):
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


def check_jsonata_value(context: Context, value: Any, location: str, depth: int = 0) -> None:
    """Report everything wrong with the JSONata in a value, however deep.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_jsonata_value(context, {"a": ["{% 1 + %}"], "b": "{% total %}"}, "/States/A/Output")
    >>> for found in context.report.diagnostics:
    ...     print(found)
    INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/A/Output/a[0]
    UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'total' at the top level is not supported. at /States/A/Output/b
    """
    if _too_deep(context, location, depth):
        return
    if isinstance(value, dict):
        for name, item in value.items():
            check_jsonata_value(context, item, f"{location}/{name}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_jsonata_value(context, item, f"{location}[{index}]", depth + 1)
    elif isinstance(value, str):
        check_jsonata(context, value, location)


def _too_deep(context: Context, location: str, depth: int) -> bool:
    if depth <= DEEPEST:
        return False
    beginning = location if len(location) < 200 else f"{location[:200]}…"
    context.error(beginning, f"The value nests more than {DEEPEST} levels deep", code=TOO_DEEPLY_NESTED)
    return True


def check_jsonata(context: Context, value: str, location: str) -> bool:
    """Report what is wrong with a text that may be a JSONata expression; answers whether it is meant as one.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_jsonata(context, "plain", "/"), check_jsonata(context, "{% $states.input %}", "/"), context.report.failed
    (False, True, False)
    """
    try:
        text = expression_in(value)
    except DefinitionError as error:
        context.error(location, error.message, code=INVALID_JSONATA_EXPRESSION)
        return True
    if text is None:
        return False
    plain = _PLAIN_VALUE.fullmatch(text)
    if plain is not None:
        try:
            compile_expression(text, "")
        except DefinitionError as error:
            context.error(location, error.message, code=INVALID_JSONATA_EXPRESSION)
            return True
        _note_variable(context, plain[1], location)
        if plain[1] == STATES and (plain[2] == _ERROR_OUTPUT or plain[2].startswith(f"{_ERROR_OUTPUT}.")):
            _check_error_output(context, location)
        return True
    from eslabon.stepfunctions.language.jsonata.jsonata_engine import Engine

    try:
        tree = Engine(text).ast
    except DefinitionError as error:
        context.error(location, error.message, code=INVALID_JSONATA_EXPRESSION)
        return True
    _check_names(context, tree, location)
    return True


def _note_variable(context: Context, name: str, location: str) -> None:
    if name != STATES:
        context.variables.read.append((name, location))


def _check_error_output(context: Context, location: str) -> None:
    if not context.catching:
        message = (
            "Reference to '$states.errorOutput' is not supported here: it exists in the Output and Assign of Catch."
        )
        context.error(location, message, code=UNSUPPORTED_JSONATA_EXPRESSION)


def _check_names(context: Context, tree: Any, location: str) -> None:
    """The names that an expression begins with: an expression has no context, so a bare name means nothing."""
    from eslabon.stepfunctions.language.jsonata.jsonata_functions import FUNCTIONS

    bound = {name for kind, name in _names(tree, top=True) if kind == "bound"}
    for kind, name in _names(tree, top=True):
        if kind == "name":
            message = f"Reference to '{name}' at the top level is not supported."
            context.error(location, message, code=UNSUPPORTED_JSONATA_EXPRESSION)
        elif kind == "errorOutput":
            _check_error_output(context, location)
        elif kind == "variable" and name not in bound and name not in FUNCTIONS:
            _note_variable(context, name, location)


_TOO_LONG_WAYS = frozenset({"ancestor", "slot"})  # from a part of the tree to another, not down


def _names(node: Any, *, top: bool) -> Iterator[tuple[str, str]]:
    """(kind, name): "name" bare at the top, "variable" read, "bound" by := or as a parameter, "errorOutput"."""
    if isinstance(node, list | tuple):
        for item in node:
            yield from _names(item, top=top)
        return
    kind = getattr(node, "type", None)
    if kind == "variable":
        if node.value == "$" and top:
            yield "name", "$$"
        elif node.value not in ("", "$", None):
            yield "variable", node.value
    if kind == "name" and top:
        yield "name", node.value
    if kind == "bind":
        yield "bound", node.lhs.value
        yield from _names(node.rhs, top=top)
        return
    if kind == "lambda":
        for parameter in node.arguments or ():
            yield "bound", parameter.value
        yield from _names(node.body, top=False)
        return
    if kind == "path":
        steps = node.steps or []
        if len(steps) > 1 and (steps[0].type, steps[0].value, steps[1].value) == ("variable", STATES, "errorOutput"):
            yield "errorOutput", ""
        for number, step in enumerate(steps):
            yield from _names(step, top=top and number == 0)
        yield from _names(getattr(node, "group", None), top=False)
        return
    for way in ("focus", "index"):
        if isinstance(getattr(node, way, None), str):
            yield "bound", getattr(node, way)
    for way, part in getattr(node, "__dict__", {}).items():
        if way in ("stages", "predicate", "group", "terms"):
            yield from _names(part, top=False)
        elif way not in _TOO_LONG_WAYS and (isinstance(part, list | tuple) or getattr(part, "type", None)):
            yield from _names(part, top=top)
        elif way == "expr" or way == "expression":
            yield from _names(part, top=top)
