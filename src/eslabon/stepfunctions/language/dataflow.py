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
Compile = Callable[[Any, str], Evaluate]  # given a field's value and name
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


def _path(path: str | None, field: str) -> Evaluate:
    if path is None:  # null discards everything
        return lambda scope: {}
    return compile_path(path, field)


def _result_path(path: str | None, field: str) -> Evaluate:
    """The result (`$` so far) is put into the state's raw input; null keeps the input alone."""
    if path is None:
        return lambda scope: scope.input
    put = compile_reference_path(path)
    return lambda scope: put(scope.input, scope.document)


# What compiles the fields that data flows through, in their order: before the state works, and after.
Steps = tuple[Mapping[str, Compile], Mapping[str, Compile]]
JSONPATH_STEPS: Steps = (
    {"InputPath": _path, "Parameters": compile_template},
    {"ResultSelector": compile_template, "Assign": compile_template, "ResultPath": _result_path, "OutputPath": _path},
)
JSONATA_STEPS: Steps = (
    {"Arguments": jsonata.compile_value},
    {"Assign": jsonata.compile_value, "Output": jsonata.compile_value},
)
# What compiles a JSON value with paths or expressions in it.
TEMPLATES: Mapping[str, Compile] = {JSONPATH: compile_template, JSONATA: jsonata.compile_value}


def compile_dataflow(fields: Mapping[str, Any], language: str) -> DataFlow:
    """The data flow of a state, a catcher or a rule of a Choice, from its fields.

    language: JSONPATH or JSONATA. Raises DefinitionError for a field that cannot be compiled. Follows
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html

    >>> flow = compile_dataflow({"InputPath": "$.a", "ResultPath": "$.b.c"}, JSONPATH)
    >>> scope = Scope({"a": 1})
    >>> flow.arguments(scope)
    1
    >>> flow.output(scope, 2)
    ({'a': 1, 'b': {'c': 2}}, {})
    >>> compile_dataflow({"ResultPath": None}, JSONPATH).output(scope, 2)
    ({'a': 1}, {})
    >>> compile_dataflow({"OutputPath": "a"}, JSONPATH)
    Traceback (most recent call last):
    DefinitionError: 'a' at position 0: a path begins with $
    """
    before, after = JSONATA_STEPS if language == JSONATA else JSONPATH_STEPS
    return DataFlow(_compiled(fields, before), _compiled(fields, after))


def _compiled(fields: Mapping[str, Any], steps: Mapping[str, Compile]) -> Sequence[Step]:
    return [(f"after{name}", compile_it(fields[name], name)) for name, compile_it in steps.items() if name in fields]
