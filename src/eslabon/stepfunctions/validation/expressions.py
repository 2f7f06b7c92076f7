"""Paths, payload templates and JSONata in a definition: whether they compile, and what variables they read.

They are compiled by the modules that run them; nothing is evaluated. What AWS refuses beside what does not compile:
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from eslabon.stepfunctions.language.jsonata.jsonata import compile_expression, expression_in
from eslabon.stepfunctions.language.jsonpath.intrinsics import compile_intrinsic
from eslabon.stepfunctions.language.jsonpath.paths import compile_path, compile_reference_path
from eslabon.stepfunctions.language.jsonpath.pathsyntax import parse_path
from eslabon.stepfunctions.language.jsonpath.templates import DEEPEST, DYNAMIC
from eslabon.stepfunctions.validation.context import STATES, Context

_LOOKS_DYNAMIC = re.compile(r"\$(\$?\.|\$?$|[A-Za-z_]\w*($|\.|\[))|States\.\w+\(", re.ASCII)
_VARIABLE_IN_CALL = re.compile(r"'(?:\\.|[^'\\])*'|(?<!\$)\$([^\W\d]\w*)")
_PLAIN_VALUE = re.compile(r"\$[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_AFTER_THE_WORK = ("/Output", "/Assign")  # fields of a state that are evaluated when it has a result
# What ErrorPath and CausePath may call: https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html
TEXT_FUNCTIONS = tuple(
    f"States.{name}" for name in "Format JsonToString ArrayGetItem Base64Encode Base64Decode Hash UUID".split()
)


def inside(value: Any, location: str) -> Iterator[tuple[str, Any]]:
    """The members or items of a JSON value, each with where it is; a scalar has none.

    >>> list(inside({"a": [1]}, "/Result")), list(inside([1], "/Result/a")), list(inside(1, "/Result/a[0]"))
    ([('/Result/a', [1])], [('/Result/a[0]', 1)], [])
    """
    if isinstance(value, dict):
        yield from ((f"{location}/{name}", item) for name, item in value.items())
    elif isinstance(value, list):
        yield from ((f"{location}[{index}]", item) for index, item in enumerate(value))


def looks_dynamic(value: Any) -> bool:
    """Whether a text reads like a path or an intrinsic function.

    >>> [looks_dynamic(text) for text in ("$.total", "$$.Execution.Id", "States.UUID()", "$5", "five", 5)]
    [True, True, True, False, False, False]
    """
    return isinstance(value, str) and _LOOKS_DYNAMIC.match(value) is not None


def check_path(context: Context, value: str, location: str) -> None:
    """Report what is wrong with a path.

    >>> context = Context()
    >>> check_path(context, "total", "/States/A/InputPath")
    >>> print(context.diagnostics[0].message)
    Value is not a valid JSONPath: 'total' at position 0: a path begins with $
    """
    with context.compiling(location, "Value is not a valid JSONPath: "):
        compile_path(value)
        _note_root(context, value, location)


def check_reference_path(context: Context, value: str, location: str) -> None:
    """Report what is wrong with a path that can mean one node only.

    https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html

    >>> context = Context()
    >>> check_reference_path(context, "$.seconds", "/States/A/SecondsPath")
    >>> check_reference_path(context, "$.seconds[*]", "/States/A/SecondsPath")
    >>> context.diagnostics[0].message
    'Value is not a Reference Path: $.seconds[*] is no reference path: it must mean one node, without * : , ? or ..'
    """
    with context.compiling(location, "Value is not a Reference Path: "):
        compile_path(value, reference=True)
        _note_root(context, value, location)


def check_variable(context: Context, value: str, location: str) -> None:
    """Report what is wrong with the path to what a comparison of a Choice looks at.

    >>> context = Context()
    >>> check_variable(context, "total", "/States/A/Choices[0]/Variable")
    >>> print(context.diagnostics[0].message)
    Value is not a Reference Path: Reference path didn't start with '$'
    """
    if value.startswith("$"):
        check_reference_path(context, value, location)
    else:
        context.error(location, "Value is not a Reference Path: Reference path didn't start with '$'")


def check_result_path(context: Context, value: str, location: str) -> None:
    """Report what is wrong with the path that a result is put at.

    >>> context = Context()
    >>> check_result_path(context, "$.a[*]", "/States/A/ResultPath")
    >>> context.errors
    1
    """
    with context.compiling(location, "Value is not a Reference Path: "):
        compile_reference_path(value)


def _note_root(context: Context, path: str, location: str) -> None:
    root = parse_path(path).root
    if root not in ("$", "$$"):
        context.variables.read.append((root, location))


def check_dynamic(context: Context, value: Any, location: str) -> None:
    """Report what is wrong with a path or an intrinsic function, as a member whose name ends in .$ has it.

    >>> context = Context()
    >>> check_dynamic(context, "foo", "/States/A/Parameters/Name.$")
    >>> print(context.diagnostics[0].message)
    The value for the field 'Name.$' must be a valid JSONPath or a valid intrinsic function call: ...
    """
    name = location.rpartition("/")[2]
    wanted = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
    if not isinstance(value, str):
        context.error(location, f"{wanted}, as a string")
        return
    with context.compiling(location, f"{wanted}: "):
        if value.startswith("$"):
            compile_path(value, name)
            _note_root(context, value, location)
        else:
            compile_intrinsic(value, name)
            called = (found[1] for found in _VARIABLE_IN_CALL.finditer(value))
            context.variables.read.extend((variable, location) for variable in called if variable)


def check_text_path(context: Context, value: str, location: str) -> None:
    """Report what is wrong with ErrorPath or CausePath: a path, or one of a few intrinsic functions.

    >>> context = Context()
    >>> check_text_path(context, "States.MathAdd(1, 2)", "/States/A/CausePath")
    >>> context.errors
    1
    """
    function = value.partition("(")[0].strip()
    if function.startswith("States.") and function not in TEXT_FUNCTIONS:
        allowed = ", ".join(TEXT_FUNCTIONS)
        context.error(location, f"{function} cannot be called here; these functions can: {allowed}")
    else:
        check_dynamic(context, value, location)


def check_template(context: Context, value: Any, location: str, depth: int = 0) -> None:
    """Report everything wrong in a payload template, and texts that look as if their name should end in .$.

    >>> context = Context()
    >>> check_template(context, {"a.$": 7, "b": "$.b"}, "/States/A/Parameters")
    >>> [(found.code, found.location) for found in context.diagnostics]
    [('SCHEMA_VALIDATION_FAILED', '/States/A/Parameters/a.$'), ('NO_DOLLAR', '/States/A/Parameters/b')]
    """
    if too_deep(context, location, depth):
        return
    for place, item in inside(value, location):
        name = place[len(location) + 1 :]
        if isinstance(value, dict) and name.endswith(DYNAMIC):
            check_dynamic(context, item, place)
            if name.removesuffix(DYNAMIC) in value:
                context.error(place, f"'{name}' and '{name.removesuffix(DYNAMIC)}' would be one member: leave one out")
        elif isinstance(value, dict) and looks_dynamic(item):
            message = f"The value looks like a path or an intrinsic function: call the field '{name}.$' if it is one"
            context.warn(place, "NO_DOLLAR", message)
        else:
            check_template(context, item, place, depth + 1)


def too_deep(context: Context, location: str, depth: int) -> bool:
    """Whether a value in a value nests deeper than is followed; then that is reported.

    >>> too_deep(Context(), "/States/A/Result", DEEPEST), too_deep(Context(), "/States/A/Result", DEEPEST + 1)
    (False, True)
    """
    if depth <= DEEPEST:
        return False
    beginning = location if len(location) < 200 else f"{location[:200]}…"
    context.error(beginning, f"The value nests more than {DEEPEST} levels deep", code="TOO_DEEPLY_NESTED")
    return True


# --- JSONata ----------------------------------------------------------------------------------------------------------


def check_jsonata_value(context: Context, value: Any, location: str, depth: int = 0) -> None:
    """Report everything wrong with the JSONata in a value, however deep.

    >>> context = Context()
    >>> check_jsonata_value(context, {"a": ["{% 1 + %}"], "b": "{% total %}"}, "/States/A/Output")
    >>> for found in context.diagnostics:
    ...     print(found)
    INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/A/Output/a[0]
    UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'total' at the top level is not supported. at /States/A/Output/b
    """
    if too_deep(context, location, depth):
        return
    if isinstance(value, str):
        check_jsonata(context, value, location)
    for place, item in inside(value, location):
        check_jsonata_value(context, item, place, depth + 1)


def check_jsonata(context: Context, value: str, location: str) -> bool:
    """Report what is wrong with a text that may be a JSONata expression; answers whether it is meant as one.

    >>> context = Context()
    >>> check_jsonata(context, "plain", "/"), check_jsonata(context, "{% $states.input %}", "/"), context.errors
    (False, True, 0)
    """
    with context.compiling(location, code="INVALID_JSONATA_EXPRESSION"):
        text = expression_in(value)
        if text is None:
            return False
        for kind, name in _names(text):
            _check_name(context, kind, name, location)
    return True


def _names(text: str) -> list[tuple[str, str]]:
    """What an expression refers to, as `names_in` has it. The library, which is large, reads what is no plain value."""
    plain = _PLAIN_VALUE.fullmatch(text)
    if plain is None:
        from eslabon.stepfunctions.language.jsonata.jsonata_names import names_in

        return names_in(text)
    compile_expression(text, "")
    variable, _, members = text.removeprefix("$").partition(".")
    return [
        ("variable", variable),
        *([("member", members.partition(".")[0])] if variable == STATES and members else []),
    ]


def _check_name(context: Context, kind: str, name: str, location: str) -> None:
    """A variable is noted; an expression has no context, so a bare name means nothing; $states has few members."""
    after_the_work = location.removeprefix(context.state).startswith(_AFTER_THE_WORK)
    problem = ""
    if kind == "variable" and name != STATES:
        context.variables.read.append((name, location))
    elif kind == "name":
        problem = "at the top level is not supported."
    elif kind == "member" and name == "errorOutput" and not context.catching:
        problem = "is not supported here: it exists in the Output and Assign of Catch."
    elif kind == "member" and name == "result" and not (context.has_result and after_the_work):
        problem = "is not supported here: it exists in the Output and Assign of Task, Parallel and Map states."
    if problem:
        called = f"$states.{name}" if kind == "member" else name
        context.error(location, f"Reference to '{called}' {problem}", "UNSUPPORTED_JSONATA_EXPRESSION")
