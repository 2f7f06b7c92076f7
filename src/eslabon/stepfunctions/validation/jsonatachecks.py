"""JSONata in a definition: whether it compiles, what it refers to, and what variables it reads. Nothing is evaluated.

What AWS refuses beside what is no JSONata: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from eslabon.stepfunctions.language.jsonata.jsonata import compile_expression, expression_in
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation.context import STATES, Context
from eslabon.stepfunctions.validation.diagnostics import INVALID_JSONATA_EXPRESSION, UNSUPPORTED_JSONATA_EXPRESSION
from eslabon.stepfunctions.validation.expressions import too_deep

_PLAIN_VALUE = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)", re.ASCII)
_AFTER_THE_WORK = ("/Output", "/Assign")  # fields of a state that are evaluated when it has a result


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
    if too_deep(context, location, depth):
        return
    if isinstance(value, dict):
        for name, item in value.items():
            check_jsonata_value(context, item, f"{location}/{name}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_jsonata_value(context, item, f"{location}[{index}]", depth + 1)
    elif isinstance(value, str):
        check_jsonata(context, value, location)


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
        if plain[1] == STATES and plain[2]:
            _check_member(context, plain[2].split(".")[1], location)
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


def _check_member(context: Context, member: str, location: str) -> None:
    """Report a member of $states that does not exist where an expression refers to it."""
    after_the_work = location.removeprefix(context.state).startswith(_AFTER_THE_WORK)
    exists = {
        "errorOutput": (context.catching, "in the Output and Assign of Catch"),
        "result": (context.has_result and after_the_work, "in the Output and Assign of Task, Parallel and Map states"),
    }
    there, where = exists.get(member, (True, ""))
    if not there:
        message = f"Reference to '$states.{member}' is not supported here: it exists {where}."
        context.error(location, message, code=UNSUPPORTED_JSONATA_EXPRESSION)


def _check_names(context: Context, tree: Any, location: str) -> None:
    """The names that an expression begins with: an expression has no context, so a bare name means nothing."""
    from eslabon.stepfunctions.language.jsonata.jsonata_functions import FUNCTIONS

    found = list(_names(tree, top=True))
    bound = {name for kind, name in found if kind == "bound"}
    for kind, name in found:
        if kind == "name":
            message = f"Reference to '{name}' at the top level is not supported."
            context.error(location, message, code=UNSUPPORTED_JSONATA_EXPRESSION)
        elif kind == "member":
            _check_member(context, name, location)
        elif kind == "variable" and name not in bound and name not in FUNCTIONS:
            _note_variable(context, name, location)


_TOO_LONG_WAYS = frozenset({"ancestor", "slot"})  # from a part of the tree to another, not down


def _names(node: Any, *, top: bool) -> Iterator[tuple[str, str]]:
    """(kind, name): "name" bare at the top, "variable" read, "bound" by := or as a parameter, "member" of $states."""
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
        if len(steps) > 1 and (steps[0].type, steps[0].value, steps[1].type) == ("variable", STATES, "name"):
            yield "member", steps[1].value
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
