"""Event patterns, compiled once and matched often; leaves out many rules at once (index) and why (explain).

A pattern is a set of fields, each a path with the values it accepts. Paths are joined with dots, in patterns and
events alike, so that `{"a": {"b": …}}` and `{"a.b": …}` name the same field. `$or` forks the pattern into alternatives,
one of which must match whole.

AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from eslabon.events import wildcard
from eslabon.events.conditions import Alternative, Condition, flatten, meets_all
from eslabon.events.matchers import AnythingBut, Matcher, Wildcard
from eslabon.events.operators import OPERATORS, Members, Refused, parse_value

PATTERN_SIZE = 2048
"""Characters: the default quota of a rule's pattern."""

ALTERNATIVES_LIMIT = 1000
"""How many alternatives the `$or`s of one pattern may fork into; AWS publishes no figure."""

# Names that would be taken for operators are refused as fields inside `$or`.
RESERVED_IN_OR = frozenset(OPERATORS) | {
    "exactly",
    "html",
    "regex",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
}


class InvalidPattern(ValueError):
    """EventBridge refuses this pattern; the first line of the message is EventBridge's, the second says where."""


class InvalidEvent(ValueError):
    """The text is no event in the form that TestEventPattern asks for."""


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; `compile_pattern` makes it."""

    text: str
    alternatives: tuple[Alternative, ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the event, a parsed JSON object, matches.

        >>> pattern = compile_pattern('{"detail": {"state": ["running"]}}')
        >>> pattern.matches({"source": "aws.ec2", "detail": {"state": "running"}})
        True
        >>> pattern.matches({"source": "aws.ec2", "detail": {}})
        False
        """
        fields = flatten(event)
        return any(meets_all(alternative, fields) for alternative in self.alternatives)


def compile_pattern(text: str, size: int = PATTERN_SIZE) -> Pattern:
    """Check and compile an event pattern, given as JSON text of at most `size` characters.

    Raises InvalidPattern.

    >>> compile_pattern('{"source": ["aws.ec2"]}').matches({"source": "aws.ec2"})
    True
    >>> compile_pattern('{"source": [null, {"exists": false}]}').matches({})
    True
    >>> compile_pattern('{"detail": {"state": "running"}}')
    Traceback (most recent call last):
    eslabon.events.pattern.InvalidPattern: Event pattern is not valid. Reason: "state" must be an object or an array
     at $.detail.state
    """
    if len(text) > size:
        raise _invalid(f"the pattern has {len(text)} characters, the quota is {size}", "$")
    try:
        members = json.loads(text, object_pairs_hook=Members, parse_constant=_no_json)
        if not isinstance(members, Members):
            raise _invalid("Filter is not an object", "$")
        alternatives = _fork(members, (), [{}], inside_or=False)
    except json.JSONDecodeError as error:
        raise _invalid(f"not JSON: {error.msg}", f"line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _invalid("nested too deeply", "$") from None
    return Pattern(text, tuple(tuple(fields[path] for path in sorted(fields)) for fields in alternatives))


# --- compiling -------------------------------------------------------------------------------------------------------


def _fork(
    members: Members, parents: tuple[str, ...], alternatives: list[dict[str, Condition]], inside_or: bool
) -> list[dict[str, Condition]]:
    """Add what an object says to each alternative so far; a `$or` multiplies them."""
    if not members:
        raise _invalid("Empty objects are not allowed", _location(parents))
    for name, value in members:
        steps = (*parents, name)
        if name == "$or":
            alternatives = _fork_or(value, parents, alternatives)
        elif inside_or and name in RESERVED_IN_OR:
            raise _invalid(f"{name} is Ruler reserved fieldName which cannot be used inside $or.", _location(steps))
        elif isinstance(value, Members):
            alternatives = _fork(value, steps, alternatives, inside_or)
        elif isinstance(value, list):
            condition = _condition(steps, value)
            # A name that occurs twice: the later one replaces the earlier one.
            alternatives = [fields | {condition.path: condition} for fields in alternatives]
        else:
            raise _invalid(f'"{name}" must be an object or an array', _location(steps))
    return alternatives


def _fork_or(
    choices: Any, parents: tuple[str, ...], alternatives: list[dict[str, Condition]]
) -> list[dict[str, Condition]]:
    here = _location((*parents, "$or"))
    if not isinstance(choices, list) or isinstance(choices, Members):
        raise _invalid("It must be an Array followed with $or.", here)
    forked: list[dict[str, Condition]] = []
    for choice in choices:
        if not isinstance(choice, Members):
            raise _invalid("Only JSON object is allowed in array of $or relationship.", here)
        forked += _fork(choice, parents, alternatives, inside_or=True)
        if len(forked) > ALTERNATIVES_LIMIT:
            raise _invalid(f"$or makes more than {ALTERNATIVES_LIMIT} alternatives", here)
    if len(choices) < 2:
        raise _invalid("There must have at least 2 Objects in $or relationship.", here)
    return forked


def _condition(steps: tuple[str, ...], values: list[Any]) -> Condition:
    try:
        matchers = tuple(parse_value(value) for value in values)
        if not matchers:
            raise Refused("Empty arrays are not allowed")
        if wildcard.is_too_complex(found.tokens for found in _wildcards(matchers)):
            raise Refused(wildcard.TOO_COMPLEX)
    except Refused as refused:
        raise _invalid(str(refused), _location(steps)) from None
    return Condition(".".join(steps), matchers)


def _wildcards(matchers: Sequence[Matcher]) -> list[Wildcard]:
    every = [inner for matcher in matchers if isinstance(matcher, AnythingBut) for inner in matcher.excluded]
    return [matcher for matcher in (*matchers, *every) if isinstance(matcher, Wildcard)]


def _location(steps: tuple[str, ...]) -> str:
    return ".".join(("$", *steps))


def _invalid(reason: str, where: str) -> InvalidPattern:
    return InvalidPattern(f"Event pattern is not valid. Reason: {reason}\n at {where}")


def _no_json(constant: str) -> NoReturn:
    raise _invalid(f"not JSON: {constant}", "$")


# --- TestEventPattern's event ----------------------------------------------------------------------------------------

MANDATORY_MEMBERS = ("id", "account", "source", "time", "region", "detail-type")
"""The model lists `resources` too, but the service answers without it."""


def check_event(text: str) -> dict[str, Any]:
    """The event that TestEventPattern is given as JSON text; raises InvalidEvent when it is none.

    AWS: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html

    >>> event = check_event('{"id": "1", "account": "123456789012", "source": "shop", "time": "2026-01-01T00:00:00Z",'
    ...                     ' "region": "us-east-1", "detail-type": "Order"}')
    >>> event["source"]
    'shop'
    >>> check_event('{"id": "1"}')
    Traceback (most recent call last):
    eslabon.events.pattern.InvalidEvent: Parameter Event is not valid. Reason: it has no account
    >>> check_event('[]')
    Traceback (most recent call last):
    eslabon.events.pattern.InvalidEvent: Parameter Event is not valid. Reason: it is not a JSON object
    """
    try:
        event = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise InvalidEvent("Parameter Event is not valid. Reason: it is not a JSON object")
    for name in MANDATORY_MEMBERS:
        if name not in event:
            raise InvalidEvent(f"Parameter Event is not valid. Reason: it has no {name}")
    return event
