"""What TestState shows of a state's data on its way: each step of its data flow, by state type and query language.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONATA, DataFlow, Note
from eslabon.stepfunctions.language.definition import PassWork, State
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import Scope

_BEFORE = frozenset({"afterInputPath", "afterParameters"})
_AFTER = frozenset({"afterResultSelector", "afterResultPath"})
_ITEMS = frozenset({"afterItemsPath", "afterItemSelector", "afterItemBatcher", "afterItemsPointer"})
_RESULT = frozenset({"result"})

# The steps that AWS shows; input, variables and limits are shown for every type that has them.
_SHOWN: Mapping[str, frozenset[str]] = {
    "Pass": _BEFORE | _AFTER,
    "Task": _BEFORE | _RESULT | _AFTER,
    "Parallel": _AFTER,
    "Map": _AFTER | _ITEMS,
}
_SHOWN_IN_JSONATA: Mapping[str, frozenset[str]] = {
    "Task": frozenset({"afterArguments"}) | _RESULT,
    "Map": _ITEMS - {"afterItemsPath"},
}
_OTHERS = frozenset({"afterInputPath"})  # Choice, Wait, Succeed, Fail


class Inspection:
    """The inspection data of one test, gathered while the state runs; values are kept as JSON text.

    >>> inspection = Inspection(frozenset({"afterInputPath"}))
    >>> inspection.note("afterInputPath", {"n": 1})
    >>> inspection.note("afterParameters", {})
    >>> inspection.data
    {'afterInputPath': '{"n":1}'}
    """

    def __init__(self, shown: frozenset[str]) -> None:
        self.shown = shown
        self.data: dict[str, Any] = {}

    def note(self, name: str, value: Any, *, made: bool = True) -> None:
        """Keep what a step has made, when it is one that is shown.

        made: or what stands for it when the step has made nothing, because the state has no such field.

        >>> inspection = Inspection(frozenset({"result"}))
        >>> inspection.note("result", [1])
        >>> inspection.note("afterArguments", {})
        >>> inspection.note("result", 2, made=False)
        >>> inspection.data
        {'result': '[1]'}
        """
        if name in self.shown and (made or name not in self.data):
            self.data[name] = compact(value)


def shown_steps(state: State) -> frozenset[str]:
    """The steps of a state that AWS shows.

    >>> from eslabon.stepfunctions.language.definition import compile_state
    >>> sorted(shown_steps(compile_state("A", {"Type": "Pass", "Result": 1, "End": True})))
    ['afterResultPath', 'afterResultSelector', 'result']
    """
    if state.language == JSONATA:
        return _SHOWN_IN_JSONATA.get(state.type, frozenset())
    if isinstance(state.work, PassWork) and state.work.has_result:
        return _RESULT | _AFTER
    return _SHOWN.get(state.type, _OTHERS)


class Noted(DataFlow):
    """A state's data flow, every step of which is noted."""

    __slots__ = ("inspection", "steps")

    def __init__(self, flow: DataFlow, inspection: Inspection) -> None:
        super().__init__(flow.before, flow.after)
        self.inspection = inspection
        self.steps = {name for name, _ in (*flow.before, *flow.after)}

    def arguments(self, scope: Scope, note: Note | None = None) -> Any:
        """What the state works on, noted."""
        seen = self.inspection
        if "afterInputPath" not in self.steps:
            seen.note("afterInputPath", scope.document)
        value = super().arguments(scope, seen.note)
        seen.note("afterParameters", value, made=False)
        return value

    def output(self, scope: Scope, result: Any, note: Note | None = None) -> tuple[Any, Mapping[str, Any]]:
        """What the state hands on, noted."""
        seen = self.inspection
        seen.note("result", result, made=False)
        selected = result
        if "afterResultSelector" not in self.steps:
            seen.note("afterResultSelector", result)

        def noted(name: str, value: Any) -> None:
            nonlocal selected
            if name == "afterResultSelector":
                selected = value
            seen.note(name, value)

        output, assigned = super().output(scope, result, noted)
        seen.note("afterResultPath", selected, made=False)
        return output, assigned
