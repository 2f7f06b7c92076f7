"""Where a machine's transitions lead: to states that exist, to all of them, and to an end. No field is checked here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eslabon.stepfunctions.validation.context import Context

_ENDS = ("Succeed", "Fail")


def check_transitions(context: Context, machine: Mapping[str, Any], location: str) -> None:
    """Report targets that are no states of the same machine, states that nothing leads to, and that nothing ends it.

    machine: a definition, or a part of it with StartAt and States; location: where it is. A machine without an end is
    not asked whether its states are reached, as by AWS.

    >>> context = Context()
    >>> states = {"A": {"Type": "Pass", "Next": "C"}, "B": {"Type": "Succeed"}}
    >>> check_transitions(context, {"StartAt": "A", "States": states}, "")
    >>> for found in context.diagnostics:
    ...     print(found)
    MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next
    MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B
    >>> context = Context()
    >>> check_transitions(context, {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, "")
    >>> print(context.diagnostics[0])
    MISSING_END_STATE: Workflow has no terminal state at null
    """
    states: Mapping[str, Any] = machine["States"]
    leads: dict[str, list[str]] = {name: [] for name in states}
    start = machine.get("StartAt")
    if isinstance(start, str) and start not in states:
        _missing(context, start, f"{location}/StartAt")
    for name, state in states.items():
        for target, place in targets(state, f"{location}/States/{name}"):
            if target in states:
                leads[name].append(target)
            else:
                _missing(context, target, place)
    if not any(_is_end(state) for state in states.values()):
        context.error(location or None, "Workflow has no terminal state", "MISSING_END_STATE")
        return
    if not isinstance(start, str):
        return
    reached, waiting = set(), [start] if start in states else []
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(leads[name])
    for name in states:
        if name not in reached:
            message = f'State "{name}" is not reachable.'
            context.error(f"{location}/States/{name}", message, code="MISSING_TRANSITION_TARGET")


def _missing(context: Context, target: str, place: str) -> None:
    context.error(place, f"Missing 'Next' target: {target}", code="MISSING_TRANSITION_TARGET")


def _is_end(state: Any) -> bool:
    return isinstance(state, dict) and (state.get("End") is True or state.get("Type") in _ENDS)


def targets(state: Any, location: str) -> Iterator[tuple[str, str]]:
    """The states that a state leads to, and where it says so.

    >>> state = {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "B"}
    >>> list(targets(state, "/States/C"))
    [('B', '/States/C/Default'), ('A', '/States/C/Choices[0]/Next')]
    """
    if not isinstance(state, dict):
        return
    own = "Default" if state.get("Type") == "Choice" else "Next"
    if isinstance(state.get(own), str):
        yield state[own], f"{location}/{own}"
    for field in ("Choices", "Catch"):
        entries = state.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("Next"), str):
                yield entry["Next"], f"{location}/{field}[{index}]/Next"
