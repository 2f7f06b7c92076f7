"""JSONata in a definition: whether it compiles, what it refers to, and what variables it reads. Nothing is evaluated.

What AWS refuses beside what is no JSONata: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import re
from typing import Any

from eslabon.stepfunctions.language.jsonata.jsonata import compile_expression, expression_in
from eslabon.stepfunctions.validation.context import STATES, Context
from eslabon.stepfunctions.validation.expressions import inside, too_deep

_PLAIN_VALUE = re.compile(r"\$[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_AFTER_THE_WORK = ("/Output", "/Assign")  # fields of a state that are evaluated when it has a result


def check_jsonata_value(context: Context, value: Any, location: str, depth: int = 0) -> None:
    """Report everything wrong with the JSONata in a value, however deep.

    >>> context = Context()
    >>> check_jsonata_value(context, {"a": ["{% 1 + %}"], "b": "{% total %}"}, "/States/A/Output")
    >>> for found in context.report.diagnostics:
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
    >>> check_jsonata(context, "plain", "/"), check_jsonata(context, "{% $states.input %}", "/"), context.report.failed
    (False, True, False)
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
    problem = ""
    if kind == "variable" and name != STATES:
        context.variables.read.append((name, location))
    elif kind == "name":
        problem = f"Reference to '{name}' at the top level is not supported."
    elif kind == "member":
        after_the_work = location.removeprefix(context.state).startswith(_AFTER_THE_WORK)
        exists = {
            "errorOutput": (context.catching, "in the Output and Assign of Catch"),
            "result": (
                context.has_result and after_the_work,
                "in the Output and Assign of Task, Parallel and Map states",
            ),
        }
        there, where = exists.get(name, (True, ""))
        if not there:
            problem = f"Reference to '$states.{name}' is not supported here: it exists {where}."
    if problem:
        context.error(location, problem, code="UNSUPPORTED_JSONATA_EXPRESSION")
