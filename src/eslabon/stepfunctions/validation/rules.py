"""The rules of a Choice state in a definition: tests in tests, each with one comparison.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.stepfunctions.language.choice import compile_wildcards
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation import schema
from eslabon.stepfunctions.validation.context import JSONATA, Context
from eslabon.stepfunctions.validation.diagnostics import TOO_DEEPLY_NESTED
from eslabon.stepfunctions.validation.kinds import Shape

DEEPEST_TEST = 40  # tests in tests, far from where Python's own stack would end; AWS names no figure


def check_choice(context: Context, state: Mapping[str, Any], location: str) -> None:
    """Report what is wrong with the rules of a Choice state.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_choice(context, {"Choices": [{"Variable": "$.n", "Next": "B"}]}, "/States/A")
    >>> print(context.report.diagnostics[0].message)
    A test needs one comparison, or And, Or or Not; this one has none
    """
    rules = state.get("Choices")
    if rules is None and "Choices" not in state:
        return
    if not isinstance(rules, list) or not rules:
        context.error(f"{location}/Choices", "The field 'Choices' must be an array of one rule or more")
        return
    for index, rule in enumerate(rules):
        place = f"{location}/Choices[{index}]"
        if context.language == JSONATA:
            schema.JSONATA_RULE.check(context, rule, place)
        else:
            _check_test(context, rule, place, schema.RULE, 0)


def _check_test(context: Context, test: Any, location: str, shape: Shape, depth: int) -> None:
    if depth > DEEPEST_TEST:
        message = f"Tests nest more than {DEEPEST_TEST} levels deep: use more rules instead"
        context.error(context.state, message, code=TOO_DEEPLY_NESTED)
        return
    if not shape.check(context, test, location):
        return
    found = [name for name in test if name in schema.OPERATORS or name in schema.JUNCTIONS]
    if len(found) != 1:
        shown = ", ".join(found) if found else "none"
        context.error(location, f"A test needs one comparison, or And, Or or Not; this one has {shown}")
        return
    name = found[0]
    place = f"{location}/{name}"
    if (name in schema.OPERATORS) != ("Variable" in test):
        wanted = "needs Variable, what is compared" if name in schema.OPERATORS else "has no Variable of its own"
        context.error(location, f"A test by {name} {wanted}")
    if name == "Not":
        _check_test(context, test[name], place, schema.TEST, depth + 1)
    elif name in schema.JUNCTIONS:
        if not isinstance(test[name], list) or not test[name]:
            context.error(place, f"The field '{name}' must be an array of one test or more")
            return
        for index, inner in enumerate(test[name]):
            _check_test(context, inner, f"{place}[{index}]", schema.TEST, depth + 1)
    elif name == "StringMatches" and isinstance(test[name], str):
        try:
            compile_wildcards(test[name])
        except DefinitionError as error:
            context.error(place, error.message)
