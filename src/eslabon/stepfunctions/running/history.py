"""The history of an execution: recorded as short tuples while it runs, rendered as the API's events when asked for.

It decides nothing: the interpreter says what happens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from eslabon.stepfunctions.language.errornames import DATA_LIMIT, RUNTIME
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import StateError

LIMIT = 25_000  # events of a Standard execution
# bytes of an input, an output, a result: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
LARGEST = 256 * 1024
DEEPEST = 200  # arrays and objects inside each other; AWS names no figure


# type, id of the event before it, seconds since 1970, details: by the API's names and JSON values as they are, but for
# a state that is entered (its name, its input) or left (its name, its output, the variables that it has assigned)
Event = tuple[str, int, float, Any]
Details = dict[str, Any]

_quick = json.JSONEncoder(allow_nan=False).encode


def too_large(value: Any) -> bool:
    """Whether a JSON value is over the limit of what a state may receive or hand on. Raises StateError as `size` does.

    >>> too_large("a" * (LARGEST - 2)), too_large("a" * LARGEST), too_large("ñ" * 100_000)
    (False, True, False)
    """
    return _most_bytes(value) > LARGEST and size(value) > LARGEST


def check_size(value: Any, name: str) -> None:
    """Refuse what is too large to be handed on by a state or a task, whose name it is. Raises StateError.

    >>> check_size("a" * (LARGEST - 2), "Load")
    >>> check_size("a" * LARGEST, "Load")
    Traceback (most recent call last):
    StateError: ('States.DataLimitExceeded', "The state/task 'Load' returned a result with a size exceeding the \
maximum number of bytes service limit.")
    """
    if too_large(value):
        exceeded = "returned a result with a size exceeding the maximum number of bytes service limit."
        raise StateError(DATA_LIMIT, f"The state/task '{name}' {exceeded}", complete=True)


def size(value: Any) -> int:
    """The bytes of a JSON value, as AWS's limits count them.

    Raises StateError for a value that nests too deeply, or has a number that JSON cannot have.

    >>> size({"a": 1}), size("ñ"), size("\\ud800"), size([[]] * 300)
    (7, 4, 5, 901)
    >>> deep = []
    >>> for _ in range(DEEPEST):
    ...     deep = [deep]
    >>> size(deep)
    Traceback (most recent call last):
    StateError: ('States.Runtime', 'Its data nests more than 200 levels deep.')
    >>> size(float("inf"))
    Traceback (most recent call last):
    StateError: ('States.Runtime', 'Its data has a number that is too large for JSON.')
    """
    _most_bytes(value)
    return len(compact(value).encode("utf-8", "surrogatepass"))


def _most_bytes(value: Any) -> int:
    """What `size` answers, or a little more: escaped and spaced, a text is never shorter."""
    try:
        text = _quick(value)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise StateError(RUNTIME, "Its data has a number that is too large for JSON.") from None
    if text.count("[") + text.count("{") > DEEPEST and _nests_deeper(value, DEEPEST):
        raise _too_deep()
    return len(text)


def _nests_deeper(value: Any, levels: int) -> bool:
    """Whether there is something inside more than so many arrays and objects."""
    level = [value]
    for _ in range(levels):
        level = [
            member
            for one in level
            if isinstance(one, dict | list)
            for member in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, dict | list) for one in level)


def _too_deep() -> StateError:
    return StateError(RUNTIME, f"Its data nests more than {DEEPEST} levels deep.")


def _carried(name: str, value: Any) -> Details:
    """A member that holds JSON text, and the member beside it that says it is whole."""
    return {name: compact(value), f"{name}Details": {"truncated": False}}


def _rendered(kind: str, details: Any) -> tuple[str, Details]:
    """How the details of an event are called in the API, and what they are there."""
    if kind.endswith("StateEntered"):
        name, value = details
        return "stateEnteredEventDetails", {"name": name, **_carried("input", value)}
    if kind.endswith("StateExited"):
        name, value, assigned = details
        rendered = {"name": name, **_carried("output", value)}
        if assigned:
            rendered["assignedVariables"] = {variable: compact(given) for variable, given in assigned.items()}
            rendered["assignedVariablesDetails"] = {"truncated": False}
        return "stateExitedEventDetails", rendered
    rendered = {}
    for name, value in details.items():
        if name in ("input", "output"):
            rendered.update(_carried(name, value))
        elif value is not None:
            rendered[name] = value
    return f"{kind[0].lower()}{kind[1:]}EventDetails", rendered


def render(events: Sequence[Event], first: int = 1, *, data: bool = True) -> list[Details]:
    """Events as GetExecutionHistory answers them.

    first: the id of the first of `events`; data: whether inputs, outputs and results are shown.

    >>> render([("PassStateExited", 2, 1767225600.0, ("A", {"n": 1}, {}))], first=3)[0]["stateExitedEventDetails"]
    {'name': 'A', 'output': '{"n":1}', 'outputDetails': {'truncated': False}}
    >>> details = {"error": "States.Timeout", "cause": None}
    >>> render([("TaskTimedOut", 4, 1767225600.0, details)])[0]["taskTimedOutEventDetails"]
    {'error': 'States.Timeout'}
    """
    rendered = []
    for number, (kind, previous, when, details) in enumerate(events, first):
        event: Details = {
            "timestamp": datetime.fromtimestamp(when, UTC),
            "type": kind,
            "id": number,
            "previousEventId": previous,
        }
        if details is not None:
            member, shown = _rendered(kind, details)
            event[member] = shown if data else _without_data(shown)
        rendered.append(event)
    return rendered


_DATA = frozenset({"input", "output", "parameters", "assignedVariables"})


def _without_data(details: Details) -> Details:
    """Inputs, outputs and results are left out, and the members beside them say so."""
    return {
        name: {"truncated": False} if name.removesuffix("Details") in _DATA else value
        for name, value in details.items()
        if name not in _DATA
    }


def iso(seconds: float) -> str:
    """A time as the context object shows it: without a fraction when that would be zero.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html

    >>> iso(1767225600.5), iso(1767225600.0)
    ('2026-01-01T00:00:00.500Z', '2026-01-01T00:00:00Z')
    """
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"
