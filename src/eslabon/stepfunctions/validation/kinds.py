"""What kinds of values the fields of a definition take: each a check that reports what is wrong with a value.

Which fields there are is in `schema`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeGuard

from eslabon.stepfunctions.language.wait import parse_timestamp
from eslabon.stepfunctions.validation import expressions, jsonatachecks
from eslabon.stepfunctions.validation.context import JSONATA, Context
from eslabon.stepfunctions.validation.diagnostics import NO_PATH

Kind = Callable[[Context, Any, str], None]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: the kind of its value, whether it must be there, and the only query language that has it, if any."""

    kind: Kind
    required: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of a definition: its fields, and groups of fields of which at most, or exactly, one may be there."""

    fields: Mapping[str, Field]
    at_most_one: Sequence[Sequence[str]] = ()
    exactly_one: Sequence[Sequence[str]] = ()

    def check(self, context: Context, value: Any, location: str) -> bool:
        """Report what is wrong with an object; answers whether it is an object at all.

        >>> from eslabon.stepfunctions.validation.diagnostics import Report
        >>> context = Context(Report(), "STANDARD")
        >>> shape = Shape({"Next": Field(text, required=True)}, exactly_one=[("Next", "End")])
        >>> shape.check(context, {"Nxt": "B"}, "/States/A")
        True
        >>> for found in context.report.diagnostics:
        ...     print(found.message)
        Field 'Nxt' is not supported
        The field 'Next' is required but was missing
        Exactly one of these fields is needed: Next, End
        """
        if not isinstance(value, dict):
            context.error(location, f"{_named(location)} must be a JSON object")
            return False
        for name, item in value.items():
            field = self.fields.get(name)
            if field is None:
                context.error(location, f"Field '{name}' is not supported")
            elif field.language not in ("", context.language):
                context.error(
                    location,
                    f"The QueryLanguage is set to '{context.language}', but field '{name}' is only supported for the "
                    f"'{field.language}' QueryLanguage",
                )
            else:
                field.kind(context, item, f"{location}/{name}")
        for name, field in self.fields.items():
            if field.required and name not in value and field.language in ("", context.language):
                context.error(location, f"The field '{name}' is required but was missing")
        for group in self.at_most_one:
            if sum(name in value for name in group) > 1:
                context.error(location, f"Only one of these fields can be there: {', '.join(group)}")
        for group in self.exactly_one:
            # Fields of the other query language have been reported already.
            if sum(name in value for name in group) != 1:
                usable = [n for n in group if n not in self.fields or self.fields[n].language in ("", context.language)]
                context.error(location, f"Exactly one of these fields is needed: {', '.join(usable)}")
        return True


def _named(location: str) -> str:
    name = location.rpartition("/")[2]
    return f"The field '{name}'" if name else "The definition"


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a number, which true and false are not.

    >>> is_number(1.5), is_number(True)
    (True, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)


def anything(context: Context, value: Any, location: str) -> None:
    """Any JSON value.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(anything, [None, 1])
    []
    """


def text(context: Context, value: Any, location: str) -> None:
    """A text.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(text, "a"), problems(text, 1)
    ([], ["The field 'Field' must be a string"])
    """
    if not isinstance(value, str):
        context.error(location, f"{_named(location)} must be a string")


def boolean(context: Context, value: Any, location: str) -> None:
    """A boolean.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(boolean, True), problems(boolean, "true")
    ([], ["The field 'Field' must be true or false"])
    """
    if not isinstance(value, bool):
        context.error(location, f"{_named(location)} must be true or false")


def one_of(*values: str) -> Kind:
    """One of some texts.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> one_of("FULL", "NONE")(context, "full", "/JitterStrategy")
    >>> context.report.diagnostics[0].message
    "The field 'JitterStrategy' should have one of these values: [FULL, NONE]"
    """

    def check(context: Context, value: Any, location: str) -> None:
        if value not in values:
            context.error(location, f"{_named(location)} should have one of these values: [{', '.join(values)}]")

    return check


def number(least: float, most: float = math.inf, *, whole: bool = True, expression: bool = True) -> Kind:
    """A number in a range, or in JSONata an expression for one; in JSONPath the …Path fields are for that.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> number(1)(context, 1, "/IntervalSeconds")
    >>> number(1)(context, 0, "/IntervalSeconds")
    >>> number(0, 100, whole=False)(context, True, "/ToleratedFailurePercentage")
    >>> [found.message for found in context.report.diagnostics]
    ["The field 'IntervalSeconds' must be an integer, 1 or more", "The field 'ToleratedFailurePercentage' must be a \
number from 0 to 100"]
    """
    sort = "an integer" if whole else "a number"
    wanted = f"{sort}, {least:g} or more" if most == math.inf else f"{sort} from {least:g} to {most:.0f}"

    def check(context: Context, value: Any, location: str) -> None:
        if isinstance(value, str) and expression and context.language == JSONATA:
            if jsonatachecks.check_jsonata(context, value, location):
                return
            context.error(location, f"{_named(location)} must be {wanted}, or a JSONata expression in {{% %}} for one")
            return
        if not is_number(value) or not least <= value <= most or (whole and value != int(value)):
            context.error(location, f"{_named(location)} must be {wanted}")

    return check


def path(context: Context, value: Any, location: str) -> None:
    """A JSONPath, to a node of the input, the context object or a variable.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(path, "$.a"), problems(path, 1)
    ([], ["The field 'Field' must be a string that holds a path"])
    """
    _checked(context, value, location, expressions.check_path)


def reference_path(context: Context, value: Any, location: str) -> None:
    """A path that can mean one node only.

    https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> reference_path(context, "$.seconds", "/States/A/SecondsPath")
    >>> reference_path(context, "$.seconds[*]", "/States/A/SecondsPath")
    >>> context.report.diagnostics[0].message
    'Value is not a Reference Path: $.seconds[*] is no reference path: it must mean one node, without * : , ? or ..'
    """
    _checked(context, value, location, partial(expressions.check_path, reference=True))


def path_or_null(context: Context, value: Any, location: str) -> None:
    """A JSONPath, or null for nothing at all.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(path_or_null, None), problems(path_or_null, "$.a"), len(problems(path_or_null, "a"))
    ([], [], 1)
    """
    if value is not None:
        path(context, value, location)


def variable(context: Context, value: Any, location: str) -> None:
    """What a comparison of a Choice looks at.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(variable, "$.a"), problems(variable, "a")
    ([], ["Value is not a Reference Path: Reference path didn't start with '$'"])
    """
    if isinstance(value, str) and not value.startswith("$"):
        context.error(location, "Value is not a Reference Path: Reference path didn't start with '$'")
        return
    reference_path(context, value, location)


def result_path(context: Context, value: Any, location: str) -> None:
    """A reference path into the state's input, or null.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(result_path, None), problems(result_path, "$.a"), len(problems(result_path, "$.a[*]"))
    ([], [], 1)
    """
    if value is not None:
        _checked(context, value, location, expressions.check_result_path)


def text_path(context: Context, value: Any, location: str) -> None:
    """A path, or an intrinsic function that answers text.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(text_path, "$.a"), problems(text_path, "States.Format('{}', $.a)"), len(problems(text_path, "a"))
    ([], [], 1)
    """
    _checked(context, value, location, expressions.check_text_path)


def _checked(context: Context, value: Any, location: str, check: Callable[[Context, str, str], None]) -> None:
    if isinstance(value, str):
        check(context, value, location)
    else:
        context.error(location, f"{_named(location)} must be a string that holds a path")


def template(context: Context, value: Any, location: str) -> None:
    """A payload template in JSONPath, a value with expressions in JSONata.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(template, {"a.$": "$.a"}), problems(template, "{% $a %}", JSONATA)
    ([], [])
    >>> len(problems(template, {"a.$": "a"})), len(problems(template, "{% $a + %}", JSONATA))
    (1, 1)
    """
    if context.language == JSONATA:
        jsonatachecks.check_jsonata_value(context, value, location)
    else:
        expressions.check_template(context, value, location)


def template_object(context: Context, value: Any, location: str) -> None:
    """A payload template that must be an object.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(template_object, {"a.$": "$.a"}), problems(template_object, "{% $a %}", JSONATA)
    ([], [])
    >>> problems(template_object, 1)
    ["The field 'Field' must be a JSON object"]
    """
    if context.language != JSONATA and not isinstance(value, dict):
        context.error(location, f"{_named(location)} must be a JSON object")
        return
    if context.language == JSONATA and not (isinstance(value, dict) or is_expression(value)):
        context.error(location, f"{_named(location)} must be a JSON object, or a JSONata expression in {{% %}} for one")
        return
    template(context, value, location)


def is_expression(value: Any) -> bool:
    """Whether a value is meant as a JSONata expression.

    >>> is_expression("{% $total %}"), is_expression("total")
    (True, False)
    """
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def expression_or_text(context: Context, value: Any, location: str) -> None:
    """A text, which may be a JSONata expression; in JSONPath a path in it is a mistake.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(expression_or_text, "Full"), problems(expression_or_text, "{% $a %}", JSONATA)
    ([], [])
    >>> problems(expression_or_text, "$.error")
    ["The value looks like a path: call the field 'FieldPath' if it is one"]
    """
    if not isinstance(value, str):
        text(context, value, location)
    elif context.language == JSONATA:
        jsonatachecks.check_jsonata(context, value, location)
    elif expressions.looks_dynamic(value):
        name = location.rpartition("/")[2]
        context.report.warn(location, NO_PATH, f"The value looks like a path: call the field '{name}Path' if it is one")


def timestamp(context: Context, value: Any, location: str) -> None:
    """A point in time, or a JSONata expression for one.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(timestamp, "2026-01-01T12:00:00Z"), problems(timestamp, "{% $now() %}", JSONATA)
    ([], [])
    >>> problems(timestamp, "2026-01-01")
    ["The field 'Field' must be a timestamp with its offset, as 2026-01-01T12:00:00Z"]
    """
    if isinstance(value, str) and context.language == JSONATA and jsonatachecks.check_jsonata(context, value, location):
        return
    if parse_timestamp(value) is None:
        context.error(location, f"{_named(location)} must be a timestamp with its offset, as 2026-01-01T12:00:00Z")


def condition(context: Context, value: Any, location: str) -> None:
    """A boolean, or a JSONata expression for one.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(condition, True, JSONATA), problems(condition, "{% $a > 1 %}", JSONATA)
    ([], [])
    >>> problems(condition, "true", JSONATA)
    ["The field 'Field' must be true, false or a JSONata expression in {% %}"]
    """
    if not isinstance(value, bool) and not (
        isinstance(value, str) and jsonatachecks.check_jsonata(context, value, location)
    ):
        context.error(location, f"{_named(location)} must be true, false or a JSONata expression in {{% %}}")


def items(context: Context, value: Any, location: str) -> None:
    """An array or an object, or a JSONata expression for one.

    >>> from eslabon.stepfunctions.validation.kindexamples import problems
    >>> problems(items, [1], JSONATA), problems(items, "{% [1..3] %}", JSONATA)
    ([], [])
    >>> problems(items, 1, JSONATA)
    ["The field 'Field' must be an array, or a JSONata expression in {% %} for one"]
    """
    if isinstance(value, list | dict) or is_expression(value):
        template(context, value, location)
    else:
        context.error(location, f"{_named(location)} must be an array, or a JSONata expression in {{% %}} for one")


def assign(context: Context, value: Any, location: str) -> None:
    """The variables that are assigned: an object, its names those of the variables.

    https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> assign(context, {"states": 1, "a b": 2, "total.$": "$.total"}, "/States/A/Assign")
    >>> for found in context.report.diagnostics:
    ...     print(found.message)
    The variable name 'states' is reserved
    'a b' is no name of a variable: letters, digits and _ after a letter, at most 80 characters
    >>> list(context.variables.assigned)
    ['total']
    """
    if not isinstance(value, dict):
        context.error(location, f"{_named(location)} must be a JSON object")
        return
    for field in value:
        name = field if context.language == JSONATA else field.removesuffix(expressions.DYNAMIC)
        place = f"{location}/{field}"
        if name == "states":
            context.error(place, "The variable name 'states' is reserved")
        elif not name.isidentifier() or name[0] == "_" or len(name) > 80:  # `_` continues a Unicode identifier
            wanted = "letters, digits and _ after a letter, at most 80 characters"
            context.error(place, f"'{name[:100]}' is no name of a variable: {wanted}")
        else:
            context.variables.assigned.setdefault(name, []).append(place)
    template(context, value, location)


def array_of(kind: Kind, *, empty: bool = True) -> Kind:
    """An array whose items are of a kind.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> array_of(text, empty=False)(context, ["a", 1], "/ErrorEquals")
    >>> array_of(text, empty=False)(context, [], "/ErrorEquals")
    >>> [(found.location, found.message) for found in context.report.diagnostics]
    [('/ErrorEquals[1]', "The field 'ErrorEquals[1]' must be a string"), ('/ErrorEquals', "The field 'ErrorEquals' \
must be an array that is not empty")]
    """

    def check(context: Context, value: Any, location: str) -> None:
        if not isinstance(value, list) or (not value and not empty):
            context.error(location, f"{_named(location)} must be an array{'' if empty else ' that is not empty'}")
            return
        for index, item in enumerate(value):
            kind(context, item, f"{location}[{index}]")

    return check


def shaped(shape: Shape) -> Kind:
    """An object of a shape.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> shaped(Shape({}))(context, 1, "/States/M/ItemReader")
    >>> context.report.diagnostics[0].message
    "The field 'ItemReader' must be a JSON object"
    """

    def check(context: Context, value: Any, location: str) -> None:
        shape.check(context, value, location)

    return check
