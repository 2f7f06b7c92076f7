"""A definition as a graph to draw: states, the ways between them with their labels, branches inside. No geometry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eslabon.stepfunctions.pictures.labels import Labels, distributed

START, END = "\0start", "\0end"  # keys of the two dots; no state is called so

NEXT, CATCH = "next", "catch"


@dataclass(slots=True)
class Way:
    """A transition: what leads from `source` to `target`; several rules of a Choice to one state are one way."""

    source: str
    target: str
    kind: str  # NEXT or CATCH
    texts: list[str] = field(default_factory=list)  # conditions or error names; none on a plain Next


@dataclass(slots=True)
class Node:
    """A state: what it does in words, how often it is retried at most, what it fails with, and its branches."""

    name: str
    type: str
    work: str
    retries: int
    error: str | None = None  # of a Fail state, where they are constants
    cause: str | None = None
    branches: list[Graph] = field(default_factory=list)
    distributed: bool = False  # a Map whose states run in executions of their own
    around: str | None = None  # the Parallel or Map that it is in
    branch: int = 0  # of that


@dataclass(slots=True)
class Graph:
    """States and ways of a machine, a branch or an item processor."""

    start: str
    nodes: dict[str, Node]
    ways: list[Way]

    def every_node(self) -> Iterator[Node]:
        """Every state, those of branches and item processors too.

        >>> graph = read({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, Labels("en"))
        >>> [node.name for node in graph.every_node()]
        ['A']
        """
        for node in self.nodes.values():
            yield node
            for branch in node.branches:
                yield from branch.every_node()


def read(definition: Mapping[str, Any] | str, labels: Labels) -> Graph:
    """The graph of a definition, which is JSON text or what `json.loads` makes of it. ValueError when it is none.

    What `validation` would refuse, such as a Next that leads nowhere, is left out of the graph.

    >>> read('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}', Labels("en")).ways
    [Way(source='A', target='\\x00end', kind='next', texts=[])]
    >>> read({"States": []}, Labels("en"))
    Traceback (most recent call last):
    ValueError: a definition is an object with StartAt and States (by name); see the Amazon States Language
    """
    if isinstance(definition, str):
        try:
            definition = json.loads(definition)
        except ValueError as error:
            raise ValueError(f"the definition is not JSON: {error}") from None
    return _graph(definition, labels)


def _graph(definition: Any, labels: Labels, around: str | None = None, branch: int = 0) -> Graph:
    states = definition.get("States") if isinstance(definition, dict) else None
    if not isinstance(states, dict) or not all(isinstance(fields, dict) for fields in states.values()):
        raise ValueError("a definition is an object with StartAt and States (by name); see the Amazon States Language")
    nodes = {name: _node(name, fields, labels) for name, fields in states.items()}
    for node in nodes.values():
        node.around, node.branch = around, branch
    ends = {*nodes, END} if around is None else nodes.keys()
    ways = [way for name, fields in states.items() for way in _ways(name, fields, labels) if way.target in ends]
    start = definition.get("StartAt")
    return Graph(start if start in nodes else next(iter(nodes), ""), nodes, ways)


def _node(name: str, fields: Mapping[str, Any], labels: Labels) -> Node:
    kind = str(fields.get("Type", "?"))
    inner: Sequence[Any] = ()
    if kind == "Parallel":
        inner = fields.get("Branches", ())
    elif kind == "Map":
        inner = [fields.get("ItemProcessor", fields.get("Iterator"))]
    retries = max((int(retrier.get("MaxAttempts", 3)) for retrier in fields.get("Retry", ())), default=0)
    error, cause = (_constant(fields.get(member)) if kind == "Fail" else None for member in ("Error", "Cause"))
    branches = [_graph(part, labels, name, number) for number, part in enumerate(filter(None, inner))]
    return Node(name, kind, labels.work(fields), retries, error, cause, branches, kind == "Map" and distributed(fields))


def _constant(value: Any) -> str | None:
    return value if isinstance(value, str) and not value.lstrip().startswith("{%") else None


def _ways(name: str, fields: Mapping[str, Any], labels: Labels) -> Iterator[Way]:
    """The ways out of a state, at most one of each kind to each other state."""
    found: dict[tuple[str, str], Way] = {}

    def add(target: str, kind: str, *texts: str) -> None:
        found.setdefault((target, kind), Way(name, target, kind)).texts.extend(texts)

    for rule in fields.get("Choices", ()):
        add(rule.get("Next"), NEXT, labels.condition(rule))
    if "Default" in fields:
        add(fields["Default"], NEXT, labels("default"))
    if "Next" in fields:
        add(fields["Next"], NEXT)
    if fields.get("End") or fields.get("Type") in ("Succeed", "Fail"):
        add(END, NEXT)
    for catcher in fields.get("Catch", ()):
        add(catcher.get("Next"), CATCH, ", ".join(catcher.get("ErrorEquals", ())))
    yield from found.values()
