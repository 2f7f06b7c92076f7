"""What happens to a state's data before and after it works, compiled from its fields, in either query language.

Not what the state does, nor which state comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eslabon.stepfunctions.language.jsonata import jsonata
from eslabon.stepfunctions.language.jsonpath.paths import compile_path, compile_reference_path
from eslabon.stepfunctions.language.jsonpath.templates import compile_template
from eslabon.stepfunctions.language.scope import Evaluate, Scope

JSONPATH, JSONATA = "JSONPath", "JSONata"
ASSIGN = "afterAssign"  # the one step after which `$` means what it meant before
NOTHING: Mapping[str, Any] = {}

# A step reads the scope and answers what `$` is from then on; its name is the one that TestState's inspection gives.
Step = tuple[str, Evaluate]
Note = Callable[[str, Any], None]


class DataFlow:
    """The steps of one state: `before` makes its arguments, `after` makes its output from its result."""

    __slots__ = ("after", "before")

    def __init__(self, before: Sequence[Step], after: Sequence[Step]) -> None:
        self.before = tuple(before)
        self.after = tuple(after)

    def arguments(self, scope: Scope, note: Note | None = None) -> Any:
        """What the state works on; `note` is told of every step by name (TestState).

        >>> flow = compile_dataflow({"InputPath": "$.a", "Parameters": {"n.$": "$.b"}}, JSONPATH)
        >>> flow.arguments(Scope({"a": {"b": 1}}), lambda name, value: print(name, value))
        afterInputPath {'b': 1}
        afterParameters {'n': 1}
        {'n': 1}
        """
        for name, step in self.before:
            scope.document = step(scope)
            if note:
                note(name, scope.document)
        return scope.document

    def output(self, scope: Scope, result: Any, note: Note | None = None) -> tuple[Any, Mapping[str, Any]]:
        """What the state hands on, and the variables that it assigns, from its result.

        >>> flow = compile_dataflow({"Assign": {"x.$": "$.n"}, "ResultPath": None}, JSONPATH)
        >>> flow.output(Scope("the input"), {"n": 1})
        ('the input', {'x': 1})
        """
        scope.document = result
        assigned: Mapping[str, Any] = NOTHING
        for name, step in self.after:
            value = step(scope)
            if name == ASSIGN:
                assigned = value
            else:
                scope.document = value
            if note:
                note(name, value)
        return scope.document, assigned


def compile_dataflow(fields: Mapping[str, Any], language: str, *, arguments: str = "Parameters") -> DataFlow:
    """The data flow of a state.

    fields: the state's own; language: JSONPATH or JSONATA; arguments: the field that holds the template in JSONPath
    mode ("Parameters"; a Map has "ItemSelector", which is applied to each item and not here).
    Raises DefinitionError for a field that cannot be compiled. Follows
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html

    >>> flow = compile_dataflow({"InputPath": "$.a", "ResultPath": "$.b"}, JSONPATH)
    >>> scope = Scope({"a": 1})
    >>> flow.arguments(scope)
    1
    >>> flow.output(scope, 2)
    ({'a': 1, 'b': 2}, {})
    """
    return _jsonata(fields) if language == JSONATA else _jsonpath(fields, arguments)


def _jsonpath(fields: Mapping[str, Any], arguments: str) -> DataFlow:
    before: list[Step] = []
    after: list[Step] = []
    if "InputPath" in fields:
        before.append(("afterInputPath", _path(fields["InputPath"], "InputPath")))
    if arguments in fields:
        before.append(("afterParameters", compile_template(fields[arguments], arguments)))
    if "ResultSelector" in fields:
        after.append(("afterResultSelector", compile_template(fields["ResultSelector"], "ResultSelector")))
    if "Assign" in fields:
        after.append((ASSIGN, compile_template(fields["Assign"], "Assign")))
    if "ResultPath" in fields:
        after.append(("afterResultPath", result_path(fields["ResultPath"])))
    if "OutputPath" in fields:
        after.append(("afterOutputPath", _path(fields["OutputPath"], "OutputPath")))
    return DataFlow(before, after)


def _jsonata(fields: Mapping[str, Any]) -> DataFlow:
    before: list[Step] = []
    after: list[Step] = []
    if "Arguments" in fields:
        before.append(("afterArguments", jsonata.compile_value(fields["Arguments"], "Arguments")))
    if "Assign" in fields:
        after.append((ASSIGN, jsonata.compile_value(fields["Assign"], "Assign")))
    if "Output" in fields:
        after.append(("afterOutput", jsonata.compile_value(fields["Output"], "Output")))
    return DataFlow(before, after)


def _path(path: str | None, field: str) -> Evaluate:
    if path is None:  # null discards everything
        return lambda scope: {}
    return compile_path(path, field)


def result_path(path: str | None) -> Evaluate:
    """The step that puts a result (`$` so far) into the state's raw input; null keeps the input alone.

    >>> scope = Scope({"a": 1})
    >>> scope.document = 2
    >>> result_path("$.b.c")(scope), result_path(None)(scope), result_path("$")(scope)
    ({'a': 1, 'b': {'c': 2}}, {'a': 1}, 2)
    """
    if path is None:
        return lambda scope: scope.input
    if path == "$":
        return lambda scope: scope.document
    put = compile_reference_path(path)
    return lambda scope: put(scope.input, scope.document)
