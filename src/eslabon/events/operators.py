"""From the JSON of one value of a pattern to its matcher, with EventBridge's refusals; leaves out paths and `$or`.

The refusals are worded as EventBridge words them; where its documentation does not quote them they follow the library
that AWS publishes as the engine of EventBridge's rules.

AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
and https://github.com/aws/event-ruler
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from eslabon.events import wildcard
from eslabon.events.matchers import (
    NUMBER_LIMIT,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Matcher,
    Number,
    Numeric,
    Prefix,
    Suffix,
    Wildcard,
    comparable,
    ip_address,
)


class Members(list[tuple[str, Any]]):
    """A JSON object as its members in the order written, so that a name may occur twice."""


class Refused(ValueError):
    """Why EventBridge refuses a pattern."""


def parse_value(value: Any) -> Matcher:
    """The matcher of one element of a field's array: a JSON value as `json` parses it, objects as `Members`.

    >>> parse_value("running")
    Exact(value='running')
    >>> parse_value(Members([("prefix", "us-")]))
    Prefix(text='us-', ignore_case=False)
    >>> parse_value(Members([("contains", "us-")]))
    Traceback (most recent call last):
    eslabon.events.operators.Refused: Unrecognized match type contains
    """
    if isinstance(value, Members):
        return _match_expression(value)
    if isinstance(value, list):
        raise Refused("Match value must be String, number, true, false, or null")
    return Exact(value)


def _match_expression(members: Members) -> Matcher:
    if not members:
        raise Refused("Match expression name not found")
    operator, operand = members[0]
    if operator not in OPERATORS:
        raise Refused(f"Unrecognized match type {operator}")
    matcher = OPERATORS[operator](operand)
    if len(members) > 1:
        raise Refused(TOO_MANY_ELEMENTS if operator in ("numeric", "anything-but") else ONE_KEY)
    return matcher


ONE_KEY = "Only one key allowed in match expression"
TOO_MANY_ELEMENTS = "Too many elements in numeric expression"


def _text(operator: str, operand: Any) -> str:
    if not isinstance(operand, str):
        raise Refused(f"{operator} match pattern must be a string")
    return operand


def _equals_ignore_case(operand: Any) -> Matcher:
    return EqualsIgnoreCase(_text("equals-ignore-case", operand))


def _wildcard(operand: Any) -> Matcher:
    try:
        return Wildcard(_text("wildcard", operand))
    except wildcard.WildcardError as error:
        raise Refused(str(error)) from None


def _end(operator: str, build: Callable[[str, bool], Matcher]) -> Callable[[Any], Matcher]:
    """`prefix` and `suffix`: a text, or an object that says to ignore case."""

    def parse(operand: Any) -> Matcher:
        if not isinstance(operand, Members):
            return build(_text(operator, operand), False)
        if not operand:
            raise Refused(f"{operator.capitalize()} expression name not found")
        inner, text = operand[0]
        if inner != "equals-ignore-case":
            raise Refused(f"Unsupported {operator} pattern: {inner}")
        matcher = build(_text("equals-ignore-case", text), True)
        if len(operand) > 1:
            raise Refused(ONE_KEY)
        return matcher

    return parse


def _exists(operand: Any) -> Matcher:
    if not isinstance(operand, bool):
        raise Refused("exists match pattern must be either true or false.")
    return Exists(operand)


def _cidr(operand: Any) -> Matcher:
    text = _text("prefix", operand)  # EventBridge does say prefix here
    parts = text.rstrip("/").split("/")
    if len(parts) != 2:
        raise Refused("Malformed CIDR, one '/' required")
    try:
        mask_bits = int(parts[1])
    except ValueError:
        raise Refused("Malformed CIDR, mask bits must be an integer") from None
    if mask_bits < 0:
        raise Refused("Malformed CIDR, mask bits must not be negative")
    address = ip_address(parts[0])
    if address is None:
        raise Refused(f"Nonstandard IP address: {parts[0]}")
    version, number = address
    size = 32 if version == 4 else 128
    if mask_bits >= size:
        raise Refused(f"IPv{version} mask bits must be < {size}")
    # The block begins at the address as written, even when that is not the first of its network.
    return Cidr(text, version, number, number | (1 << size - mask_bits) - 1)


# --- numeric ---------------------------------------------------------------------------------------------------------

CLOSES_RANGE = {"<": True, "<=": False}  # operator: is the end itself outside?
OPENS_RANGE = {">": True, ">=": False}


def _numeric(operand: Any) -> Matcher:
    if not _is_array(operand):
        raise Refused("Value of numeric must be an array.")
    if not operand or not isinstance(operand[0], str):
        raise Refused(f"Invalid member in numeric match: {_written(operand[0]) if operand else ']'}")
    operator, *rest = operand
    if operator != "=" and operator not in OPENS_RANGE | CLOSES_RANGE:
        raise Refused(f"Unrecognized numeric range operator: {operator}")
    first = _number("equals" if operator == "=" else operator, rest)
    if operator in OPENS_RANGE:
        return _range_from(first, OPENS_RANGE[operator], rest[1:])
    if len(rest) > 1:
        raise Refused(TOO_MANY_ELEMENTS)
    if operator == "=":
        return Numeric(low=first, high=first)
    return Numeric(high=first, high_open=CLOSES_RANGE[operator])


def _range_from(low: Number, low_open: bool, rest: list[Any]) -> Matcher:
    if not rest:
        return Numeric(low=low, low_open=low_open)
    operator = rest[0]
    if not isinstance(operator, str):
        raise Refused(f"Bad value in numeric range: {_written(operator)}")
    if operator not in CLOSES_RANGE:
        raise Refused(f"Bad numeric range operator: {operator}")
    high = _number(operator, rest[1:])
    if len(rest) > 2:
        raise Refused("Too many terms in numeric range expression")
    if low >= high:
        raise Refused("Bottom must be less than top")
    return Numeric(low, high, low_open, CLOSES_RANGE[operator])


def _number(operator: str, values: list[Any]) -> Number:
    if not values or not _is_number(values[0]):
        raise Refused(f"Value of {operator} must be numeric")
    return _in_reach(values[0])


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, Members)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_reach(value: Number) -> Number:
    number = comparable(value)
    if number is None:
        if abs(value) > NUMBER_LIMIT:
            raise Refused("Value must be between -5.0E9 and 5.0E9, inclusive")
        raise Refused(f"Only values upto 6 decimals are supported, not {value}")
    return number


def _written(value: Any) -> str:
    """The token that a value begins with, as EventBridge quotes it."""
    if isinstance(value, list):
        return "{" if isinstance(value, Members) else "["
    return value if isinstance(value, str) else json.dumps(value)


# --- anything-but ----------------------------------------------------------------------------------------------------


def _anything_but(operand: Any) -> Matcher:
    if not isinstance(operand, Members):
        return _anything_but_values(operand)
    if not operand:
        raise Refused("Anything-But expression name not found")
    operator, value = operand[0]
    if operator not in EXCLUSIONS:
        raise Refused(f"Unsupported anything-but pattern: {operator}")
    _check_anything_but(value)
    texts = value if isinstance(value, list) else [value]
    excluded = tuple(_exclusion(operator, text) for text in texts)
    if len(operand) > 1:
        raise Refused(TOO_MANY_ELEMENTS)
    return AnythingBut(excluded)


def _check_anything_but(value: Any) -> None:
    if not (_is_array(value) or isinstance(value, str) or _is_number(value)):
        raise Refused("Value of anything-but must be an array or single string/number value.")


def _anything_but_values(operand: Any) -> Matcher:
    _check_anything_but(operand)
    values = operand if isinstance(operand, list) else [operand]
    for value in values:
        if not (isinstance(value, str) or _is_number(value)):
            raise Refused("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) != 1:
        raise Refused("Inside anything but list, either all values are number or string, mixed type is not supported")
    return AnythingBut(tuple(Exact(value if isinstance(value, str) else _in_reach(value)) for value in values))


def _exclusion(operator: str, text: Any) -> Matcher:
    build, refusal = EXCLUSIONS[operator]
    if not isinstance(text, str):
        raise Refused(refusal)
    if not text and operator in ("prefix", "suffix"):
        raise Refused("Null prefix/suffix not allowed")
    return build(text)


EXCLUSIONS: dict[str, tuple[Callable[[str], Matcher], str]] = {
    "equals-ignore-case": (
        EqualsIgnoreCase,
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ),
    "prefix": (Prefix, "prefix/suffix match pattern must be a string"),
    "suffix": (Suffix, "prefix/suffix match pattern must be a string"),
    "wildcard": (_wildcard, "wildcard match pattern must be a string"),
}

OPERATORS: dict[str, Callable[[Any], Matcher]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _end("prefix", Prefix),
    "suffix": _end("suffix", Suffix),
    "wildcard": _wildcard,
}
