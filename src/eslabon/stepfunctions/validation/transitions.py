"""Where a machine's transitions lead: to states that exist, to all of them, and to an end. No field is checked here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from eslabon.stepfunctions.validation.context import Context
from eslabon.stepfunctions.validation.expressions import inside


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
    leads = {name: list(targets(state, f"{location}/States/{name}")) for name, state in states.items()}
    start = [(machine["StartAt"], f"{location}/StartAt")] if isinstance(machine.get("StartAt"), str) else []
    for target, place in chain(start, *leads.values()):
        if target not in states:
            context.error(place, f"Missing 'Next' target: {target}", code="MISSING_TRANSITION_TARGET")
    if not any(_is_end(state) for state in states.values()):
        context.error(location or None, "Workflow has no terminal state", "MISSING_END_STATE")
        return
    waiting = list(start)
    unreached = dict.fromkeys(states, True) if start else {}
    while waiting:
        name, _ = waiting.pop()
        if unreached.pop(name, False):
            waiting.extend(leads[name])
    for name in unreached:
        message = f'State "{name}" is not reachable.'
        context.error(f"{location}/States/{name}", message, code="MISSING_TRANSITION_TARGET")


def _is_end(state: Any) -> bool:
    return isinstance(state, dict) and (state.get("End") is True or state.get("Type") in ("Succeed", "Fail"))


def targets(state: Any, location: str) -> Iterator[tuple[str, str]]:
    """The states that a state leads to, and where it says so.

    >>> state = {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "B"}
    >>> list(targets(state, "/States/C"))
    [('B', '/States/C/Default'), ('A', '/States/C/Choices[0]/Next')]
    """
    if not isinstance(state, dict):
        return
    sources = [(location, state, "Default" if state.get("Type") == "Choice" else "Next")]
    for field in ("Choices", "Catch"):
        if isinstance(state.get(field), list):
            sources.extend((place, entry, "Next") for place, entry in inside(state[field], f"{location}/{field}"))
    for place, source, field in sources:
        if isinstance(source, dict) and isinstance(source.get(field), str):
            yield source[field], f"{place}/{field}"
