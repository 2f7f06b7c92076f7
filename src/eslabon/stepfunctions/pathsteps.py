"""The steps of a path that may mean several nodes, compiled to functions from a node to the nodes they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from eslabon.stepfunctions.pathsyntax import Descendants, Filter, Indexes, Names, Slice, Step, Wildcard
from eslabon.stepfunctions.scope import Scope

Lead = Callable[[Any, Scope, Any], Iterable[Any]]
"""One step: the nodes that a node leads to, given the scope and the root of the path."""


def compile_steps(steps: tuple[Step, ...]) -> Callable[[Any, Scope], list[Any]]:
    """Compile steps to a function that answers every node they lead to from a root, in document order.

    >>> find = compile_steps((Names(("items",)), Wildcard(), Names(("sku",))))
    >>> find({"items": [{"sku": "a"}, {}, {"sku": "b"}]}, Scope({}))
    ['a', 'b']
    >>> find({"items": 1}, Scope({}))
    []
    """
    leads = [_lead(step) for step in steps]

    def find(root: Any, scope: Scope) -> list[Any]:
        nodes: list[Any] = [root]
        for lead in leads:
            nodes = [found for node in nodes for found in lead(node, scope, root)]
        return nodes

    return find


def _lead(step: Step) -> Lead:
    match step:
        case Names(names):
            return _names(names)
        case Indexes(indexes):
            return _indexes(indexes)
        case Slice(start, end):
            return lambda node, scope, root: node[start:end] if isinstance(node, list) else ()
        case Wildcard():
            return lambda node, scope, root: _children(node)
        case Descendants():
            return lambda node, scope, root: _descendants(node)
        case Filter(matches):
            return lambda node, scope, root: [child for child in _candidates(node) if matches(child, scope, root)]


def _names(names: tuple[str, ...]) -> Lead:
    if len(names) == 1:
        name = names[0]
        return lambda node, scope, root: (node[name],) if isinstance(node, Mapping) and name in node else ()
    return lambda node, scope, root: [node[name] for name in names if name in node] if isinstance(node, Mapping) else ()


def _indexes(indexes: tuple[int, ...]) -> Lead:
    return lambda node, scope, root: (
        [node[index] for index in indexes if -len(node) <= index < len(node)] if isinstance(node, list) else ()
    )


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, Mapping):
        return node.values()
    return node if isinstance(node, list) else ()


def _descendants(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping | list):
        yield node
        for child in _children(node):
            yield from _descendants(child)


def _candidates(node: Any) -> Iterable[Any]:
    """What a filter looks at: an array's elements, or an object itself."""
    if isinstance(node, list):
        return node
    return (node,) if isinstance(node, Mapping) else ()
