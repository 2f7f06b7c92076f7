"""JSONata in a definition: which texts are expressions, what they see, and what their results must be.

The language itself is the library's (`jsonata_engine`), which is loaded by the first expression that needs it:
an expression that only names a value, like `$states.input.order.id`, needs none.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.errornames import QUERY_FAILED
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError, Evaluate, Scope, StateError, filled

if TYPE_CHECKING:
    from eslabon.stepfunctions.language.jsonata.jsonata_engine import Engine


_OPENING, _CLOSING = "{%", "%}"

# A variable, then names with dots between them: dict look-ups say the same as the language does.
_NAMED_VALUE = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)", re.ASCII)
_WORDS = frozenset({"and", "or", "in", "true", "false", "null", "function"})

_STATES: dict[str, Callable[[Scope], Any]] = {
    "input": lambda scope: scope.input,
    "result": lambda scope: scope.result,
    "errorOutput": lambda scope: scope.error_output,
    "context": lambda scope: scope.context,
}
MEMBERS = frozenset(_STATES)
_KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def expression_in(value: Any) -> str | None:
    """The JSONata expression that a JSON value of a definition is, without its delimiters; None when it is a constant.

    Raises DefinitionError for a string that opens or closes an expression and does not do both, with nothing around.

    >>> expression_in("{% $states.input.total > 10 %}")
    '$states.input.total > 10'
    >>> expression_in("10 %") is None and expression_in(10) is None
    True
    >>> expression_in(" {% $total %}")
    Traceback (most recent call last):
    DefinitionError: A JSONata expression starts with {% and ends with %}, with nothing \
before or after them: ' {% $total %}'
    """
    if not isinstance(value, str):
        return None
    opened, closed = value.startswith(_OPENING), value.endswith(_CLOSING)
    if opened and closed and len(value) >= len(_OPENING) + len(_CLOSING):
        return value[len(_OPENING) : -len(_CLOSING)].strip()
    stripped = value.strip()
    if stripped.startswith(_OPENING) or stripped.endswith(_CLOSING):
        message = f"A JSONata expression starts with {_OPENING} and ends with {_CLOSING}"
        raise DefinitionError(f"{message}, with nothing before or after them: {value!r}")
    return None


def compile_expression(text: str, field: str) -> Evaluate:
    """Compile a JSONata expression to a function of the scope that answers its result, a JSON value.

    `text` is what stands between {% and %}; `field` is where ("Output/total"). Raises DefinitionError, with the column
    of the text, for what is no JSONata. The function raises StateError: States.QueryEvaluationError.

    >>> total = compile_expression("$sum($states.input.items.(price * quantity)) + $fee", "Output/total")
    >>> total(Scope({"items": [{"price": 10, "quantity": 2}, {"price": 2.5, "quantity": 4}]}, variables={"fee": 5}))
    35
    >>> compile_expression("$states.input.no_such", "Output/x")(Scope({}))
    Traceback (most recent call last):
    StateError: ('States.QueryEvaluationError', "The JSONata expression \
'$states.input.no_such' specified for the field 'Output/x' returned nothing (undefined).")
    >>> compile_expression("1 +", "Output/x")
    Traceback (most recent call last):
    DefinitionError: Output/x: the JSONata expression '1 +' is not valid at column 3: \
Unexpected end of expression
    """
    named = _NAMED_VALUE.fullmatch(text)
    if named is not None and _WORDS.isdisjoint(named[2].split(".")):
        value_of = _named_value(text, named[1], named[2].split(".")[1:])
    else:
        value_of = _engine(text, field).evaluate
    described = f"The JSONata expression '{text}' specified for the field '{field}'"

    def evaluate(scope: Scope) -> Any:
        try:
            value = value_of(scope)
        except Failed as failed:
            raise _error(f"{described} threw an error during evaluation{failed}", field) from None
        if value is ABSENT:
            raise _error(f"{described} returned nothing (undefined).", field)
        return value

    return evaluate


def compile_value(value: Any, field: str) -> Evaluate:
    """Compile a JSON value of which any string, however deep, may be a JSONata expression in {% %}.

    What has no expression in it is handed out as it is, not copied: nobody changes a JSON value. The location of an
    error is the path to the expression: "Output/items[0]/id". Raises as `compile_expression` and `expression_in` do.

    >>> output = compile_value({"name": "{% 'Ms ' & $states.input.name %}", "items": [1, "{% $n %}"]}, "Output")
    >>> output(Scope({"name": "Ada"}, variables={"n": None}))
    {'name': 'Ms Ada', 'items': [1, None]}
    >>> compile_value({"rate": "5 %"}, "Output")(Scope({}))
    {'rate': '5 %'}
    >>> output(Scope({"name": "Ada"}))
    Traceback (most recent call last):
    StateError: ('States.QueryEvaluationError', "The JSONata expression '$n' specified \
for the field 'Output/items[1]' returned nothing (undefined).")
    """
    evaluate = _compile(value, field)
    return evaluate if evaluate is not None else lambda scope: value


def expect(evaluate: Evaluate, text: str, field: str, *kinds: str) -> Evaluate:
    """The same function of the scope, for a field that takes some types only; a complaint names the first of them.

    kinds: "array", "boolean", "number", "object" or "string"; any other result is a StateError,
    States.QueryEvaluationError.

    >>> items = expect(compile_expression("$list", "Items"), "$list", "Items", "array")
    >>> items(Scope({}, variables={"list": [1, 2]}))
    [1, 2]
    >>> items(Scope({}, variables={"list": []}))
    []
    >>> items(Scope({}, variables={"list": {"a": 1}}))
    Traceback (most recent call last):
    StateError: ('States.QueryEvaluationError', 'The JSONata expression \\'$list\\' \
specified for the field \\'Items\\' returned an unexpected result type. Expected \\'array\\', but was \\'object\\' \
for value: {"a":1}')
    """
    described = f"The JSONata expression '{text}' specified for the field '{field}' returned an unexpected result type."

    def checked(scope: Scope) -> Any:
        value = evaluate(scope)
        actual = kind_of(value)
        if actual not in kinds:
            raise _error(f"{described} Expected '{kinds[0]}', but was '{actual}' for value: {compact(value)}", field)
        return value

    return checked


def kind_of(value: Any) -> str:
    """The name that JSON has for the type of a value.

    >>> [kind_of(value) for value in (None, True, 1, 0.5, "", [], {})]
    ['null', 'boolean', 'number', 'number', 'string', 'array', 'object']
    """
    return "null" if value is None else _KINDS[type(value)]


def states_of(scope: Scope, names: frozenset[str] = MEMBERS) -> dict[str, Any]:
    """`$states`, with those of its members that exist: input, and result, errorOutput, context in their places.

    >>> states_of(Scope({"n": 1}, context=lambda: {"State": {"Name": "Add"}}))
    {'input': {'n': 1}, 'context': {'State': {'Name': 'Add'}}}
    >>> states_of(Scope({"n": 1}), frozenset({"input", "result"}))
    {'input': {'n': 1}}
    """
    members = {name: member(scope) for name, member in _STATES.items() if name in names}
    return {name: value for name, value in members.items() if value is not ABSENT}


class Failed(Exception):
    """An expression fails while it is evaluated; the text continues the sentence "threw an error"."""


def _error(cause: str, field: str) -> StateError:
    return StateError(QUERY_FAILED, cause, location=field)


def _engine(text: str, field: str) -> Engine:
    from eslabon.stepfunctions.language.jsonata.jsonata_engine import Engine

    try:
        return Engine(text)
    except DefinitionError as error:
        message = f"{field}: the JSONata expression '{text}' is not valid at column {error.column}: {error.message}"
        raise DefinitionError(message, error.column) from None


def _compile(value: Any, location: str) -> Evaluate | None:
    """None when there is no expression in the value."""
    parts: list[tuple[Any, Evaluate | None]]
    if isinstance(value, dict):
        parts = [(name, _compile(item, f"{location}/{name}")) for name, item in value.items()]
    elif isinstance(value, list):
        parts = [(index, _compile(item, f"{location}[{index}]")) for index, item in enumerate(value)]
    else:
        try:
            text = expression_in(value)
        except DefinitionError as error:
            raise DefinitionError(f"{location}: {error.message}") from None
        return None if text is None else compile_expression(text, location)
    return filled(value, parts)


def _named_value(text: str, variable: str, steps: list[str]) -> Evaluate:
    """Look the value up; where that is not all there is to it, an array on the way or a function, ask the engine."""
    in_full = cache(lambda: _engine(text, "").evaluate)

    def assigned(scope: Scope) -> Any:
        return scope.variables.get(variable, ABSENT)

    begin: Callable[[Scope], Any] = assigned
    if variable == "states":
        begin = _STATES.get(steps.pop(0), lambda scope: ABSENT) if steps else states_of

    def look_up(scope: Scope) -> Any:
        value = begin(scope)
        if value is ABSENT and variable != "states":  # perhaps a function
            return in_full()(scope)
        for step in steps:
            if isinstance(value, list):
                return in_full()(scope)
            value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
        return value

    return look_up
