"""What fields of a definition take: objects of a shape, and kinds of values, each a check that reports what is wrong.

Which fields there are, and of which kind each is, is in `schema`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.choice import is_timestamp
from eslabon.stepfunctions.language.dataflow import JSONATA, JSONPATH
from eslabon.stepfunctions.language.fields import Range
from eslabon.stepfunctions.language.jsonpath.templates import DYNAMIC
from eslabon.stepfunctions.language.jsonvalues import is_number
from eslabon.stepfunctions.validation import expressions
from eslabon.stepfunctions.validation.context import STATES, Context

# Given the context, a value and where it is. What it answers is for those who call it by name.
Kind = Callable[[Context, Any, str], object]

_JSONPATH_ONLY = ("Parameters", "Result", "ResultSelector")  # and all whose names end in Path
_JSONATA_ONLY = ("Arguments", "Items", "Output")


def language_of(name: str) -> str:
    """The only query language that has a field, by the field's name; empty when both have it.

    https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html

    >>> language_of("SecondsPath"), language_of("Output"), language_of("Seconds")
    ('JSONPath', 'JSONata', '')
    """
    if name.endswith("Path") or name in _JSONPATH_ONLY:
        return JSONPATH
    return JSONATA if name in _JSONATA_ONLY else ""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of a definition: its fields, those it needs, groups of which at most, or exactly, one is there."""

    fields: Mapping[str, Kind]
    required: Sequence[str] = ()
    at_most_one: Sequence[Sequence[str]] = ()
    exactly_one: Sequence[str] = ()

    def check(self, context: Context, value: Any, location: str) -> bool:
        """Report what is wrong with an object; answers whether it is an object at all.

        >>> context = Context()
        >>> shape = Shape({"Next": text, "End": boolean}, required=["Next"], exactly_one=("Next", "End"))
        >>> shape.check(context, {"Nxt": "B"}, "/States/A")
        True
        >>> for found in context.diagnostics:
        ...     print(found.message)
        Field 'Nxt' is not supported
        The field 'Next' is required but was missing
        Exactly one of these fields is needed: Next, End
        """
        if not isinstance(value, dict):
            context.error(location, f"{_named(location)} must be a JSON object")
            return False
        for name, item in value.items():
            language = language_of(name)
            if name not in self.fields:
                context.error(location, f"Field '{name}' is not supported")
            elif language not in ("", context.language):
                context.error(
                    location,
                    f"The QueryLanguage is set to '{context.language}', but field '{name}' is only supported for the "
                    f"'{language}' QueryLanguage",
                )
            else:
                self.fields[name](context, item, f"{location}/{name}")
        for name in self.required:
            if name not in value:
                context.error(location, f"The field '{name}' is required but was missing")
        for group in self.at_most_one:
            if sum(name in value for name in group) > 1:
                context.error(location, f"Only one of these fields can be there: {', '.join(group)}")
        if self.exactly_one and sum(name in value for name in self.exactly_one) != 1:
            usable = [name for name in self.exactly_one if language_of(name) in ("", context.language)]
            context.error(location, f"Exactly one of these fields is needed: {', '.join(usable)}")
        return True


def _named(location: str) -> str:
    return f"The field '{location.rpartition('/')[2]}'"


def anything(context: Context, value: Any, location: str) -> None:
    """Any JSON value, or one that is checked elsewhere.

    >>> context = Context()
    >>> anything(context, None, "/States/A/Result")
    >>> context.errors
    0
    """


def value_of(wanted: str, good: Callable[[Any], object], *, expression: bool = False, inside: Kind = anything) -> Kind:
    """The kind of a JSON value for which `good` answers yes.

    wanted: how a message calls such a value; expression: in JSONata, an expression for one will do as well; inside:
    what a good value is checked for further.

    >>> context = Context(language="JSONata")
    >>> for flag in (True, "{% true %}", "true"):
    ...     value_of("true or false", lambda value: isinstance(value, bool), expression=True)(context, flag, "/Flag")
    >>> for found in context.diagnostics:
    ...     print(found.message)
    The field 'Flag' must be true or false, or a JSONata expression in {% %} for one
    """

    def check(context: Context, value: Any, location: str) -> None:
        computed = expression and context.language == JSONATA
        if computed and isinstance(value, str) and expressions.check_jsonata(context, value, location):
            return
        if good(value):
            inside(context, value, location)
        else:
            otherwise = ", or a JSONata expression in {% %} for one" if computed else ""
            context.error(location, f"{_named(location)} must be {wanted}{otherwise}")

    return check


def is_text(value: Any) -> bool:
    """Whether a JSON value is a text.

    >>> is_text("a"), is_text(None)
    (True, False)
    """
    return isinstance(value, str)


def is_object(value: Any) -> bool:
    """Whether a JSON value is an object.

    >>> is_object({}), is_object([])
    (True, False)
    """
    return isinstance(value, dict)


text = value_of("a string", is_text)
boolean = value_of("true or false", lambda value: isinstance(value, bool))


def one_of(*values: str) -> Kind:
    """One of some texts.

    >>> context = Context()
    >>> one_of("FULL", "NONE")(context, "full", "/JitterStrategy")
    >>> context.diagnostics[0].message
    "The field 'JitterStrategy' should have one of these values: [FULL, NONE]"
    """

    def check(context: Context, value: Any, location: str) -> None:
        if value not in values:
            context.error(location, f"{_named(location)} should have one of these values: [{', '.join(values)}]")

    return check


def number(least: float, most: float = math.inf, *, whole: bool = True, expression: bool = True) -> Kind:
    """A number in a range, or in JSONata an expression for one; in JSONPath the …Path fields are for that.

    >>> context = Context()
    >>> number(1)(context, 1, "/IntervalSeconds")
    >>> number(1)(context, 0, "/IntervalSeconds")
    >>> number(0, 100, whole=False)(context, True, "/ToleratedFailurePercentage")
    >>> [found.message for found in context.diagnostics]
    ["The field 'IntervalSeconds' must be an integer, 1 or more", "The field 'ToleratedFailurePercentage' must be a \
number from 0 to 100"]
    """
    within = Range(least, most, whole)
    return value_of(str(within), lambda value: is_number(value) and value in within, expression=expression)


def array_of(kind: Kind, *, empty: bool = True) -> Kind:
    """An array whose items are of a kind.

    >>> context = Context()
    >>> array_of(text, empty=False)(context, ["a", 1], "/ErrorEquals")
    >>> array_of(text, empty=False)(context, [], "/ErrorEquals")
    >>> [(found.location, found.message) for found in context.diagnostics]
    [('/ErrorEquals[1]', "The field 'ErrorEquals[1]' must be a string"), ('/ErrorEquals', "The field 'ErrorEquals' \
must be an array that is not empty")]
    """

    def items(context: Context, value: Any, location: str) -> None:
        for index, item in enumerate(value):
            kind(context, item, f"{location}[{index}]")

    wanted = "an array" if empty else "an array that is not empty"
    return value_of(wanted, lambda value: isinstance(value, list) and (value or empty), inside=items)


# --- What data flows through -----------------------------------------------------------------------------------------


def template(context: Context, value: Any, location: str) -> None:
    """A payload template in JSONPath, a value with expressions in JSONata.

    >>> context = Context()
    >>> template(context, {"a.$": "$.a"}, "/States/A/Parameters")
    >>> template(context.within(language=JSONATA), "{% $a %}", "/States/A/Output")
    >>> context.errors
    0
    """
    check = expressions.check_jsonata_value if context.language == JSONATA else expressions.check_template
    check(context, value, location)


def _variables(context: Context, value: Mapping[str, Any], location: str) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"""
    for field in value:
        name = field if context.language == JSONATA else field.removesuffix(DYNAMIC)
        place = f"{location}/{field}"
        if name == STATES:
            context.error(place, f"The variable name '{STATES}' is reserved")
        elif not name.isidentifier() or name[0] == "_" or len(name) > 80:  # `_` continues a Unicode identifier
            wanted = "letters, digits and _ after a letter, at most 80 characters"
            context.error(place, f"'{name[:100]}' is no name of a variable: {wanted}")
        else:
            context.variables.assigned.setdefault(name, []).append(place)
    template(context, value, location)


def _no_path(context: Context, value: str, location: str) -> None:
    if context.language == JSONPATH and expressions.looks_dynamic(value):
        name = location.rpartition("/")[2]
        message = f"The value looks like a path: call the field '{name}Path' if it is one"
        context.warn(location, "NO_PATH", message)


template_object = value_of("a JSON object", is_object, expression=True, inside=template)
assign = value_of("a JSON object", is_object, inside=_variables)
items = value_of("an array", lambda value: isinstance(value, list | dict), expression=True, inside=template)
condition = value_of("true or false", lambda value: isinstance(value, bool), expression=True)
error_text = value_of("a string", is_text, expression=True, inside=_no_path)


def moment(*, expression: bool) -> Kind:
    """A point in time.

    >>> context = Context()
    >>> moment(expression=False)(context, "2026-01-01", "/Timestamp")
    >>> context.diagnostics[0].message
    "The field 'Timestamp' must be a timestamp with its offset, as 2026-01-01T12:00:00Z"
    """
    wanted = "a timestamp with its offset, as 2026-01-01T12:00:00Z"
    return value_of(wanted, is_timestamp, expression=expression)


def path(check: Callable[[Context, str, str], None], *, null: bool = False) -> Kind:
    """A text that holds a path, which `check` looks at; null: whether null stands for none at all.

    >>> context = Context()
    >>> path(expressions.check_path, null=True)(context, None, "/States/A/InputPath")
    >>> path(expressions.check_path)(context, 1, "/States/A/InputPath")
    >>> context.diagnostics[0].message
    "The field 'InputPath' must be a string that holds a path"
    """
    held = value_of("a string that holds a path", is_text, inside=check)

    def check_unless_null(context: Context, value: Any, location: str) -> None:
        if value is not None:
            held(context, value, location)

    return check_unless_null if null else held


reference_path = path(expressions.check_reference_path)
result_path = path(expressions.check_result_path, null=True)
