"""Steps of a path, compiled to functions from a node to the nodes they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from eslabon.stepfunctions.language.jsonpath.pathsyntax import (
    Descendants,
    Filter,
    Indexes,
    Names,
    Slice,
    Step,
    Wildcard,
)
from eslabon.stepfunctions.language.scope import ABSENT

Lead = Callable[[Any], Iterable[Any]]
"""One step: the nodes that a node leads to."""


def child(node: Any, key: str | int) -> Any:
    """An object's member or an array's element; ABSENT when there is none.

    >>> child({"a": 1}, "a"), child([1, 2], -1), child("text", 0) is ABSENT, child([1], 5) is ABSENT
    (1, 2, True, True)
    """
    if isinstance(key, str):
        return node.get(key, ABSENT) if isinstance(node, dict) else ABSENT
    if isinstance(node, list) and -len(node) <= key < len(node):
        return node[key]
    return ABSENT


def compile_steps(steps: tuple[Step, ...]) -> Callable[[Any], list[Any]]:
    """Compile steps to a function that answers every node they lead to from a root, in document order.

    >>> find = compile_steps((Names(("items",)), Wildcard(), Names(("sku",))))
    >>> find({"items": [{"sku": "a"}, {}, {"sku": "b"}]}), find({"items": 1})
    (['a', 'b'], [])
    >>> compile_steps((Descendants(Names(("id",))),))({"id": 1, "in": [{"id": 2}]})
    [1, 2]
    """
    leads = [_lead(step) for step in steps]

    def find(root: Any) -> list[Any]:
        nodes: list[Any] = [root]
        for lead in leads:
            nodes = [found for node in nodes for found in lead(node)]
        return nodes

    return find


def _lead(step: Step) -> Lead:
    match step:
        case Names((name,)):
            return lambda node: (node[name],) if isinstance(node, dict) and name in node else ()
        case Names(keys) | Indexes(keys):
            return lambda node: [found for key in keys if (found := child(node, key)) is not ABSENT]
        case Slice(start, end):
            return lambda node: node[start:end] if isinstance(node, list) else ()
        case Wildcard():
            return _inside
        case Filter(matches):
            return lambda node: [candidate for candidate in _candidates(node) if matches(candidate)]
        case Descendants(Filter(matches)):
            return lambda node: [candidate for candidate in _descendants(node) if matches(candidate)]
        case Descendants(following):
            lead = _lead(following)
            return lambda node: [found for below in _descendants(node) for found in lead(below)]


def _inside(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _descendants(node: Any) -> Iterator[Any]:
    """The objects and arrays from here down, each before what is in it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict | list):
            yield current
            waiting.extend(reversed(list(_inside(current))))


def _candidates(node: Any) -> Iterable[Any]:
    """What a filter looks at: an object itself, or what is in an array. `@` never matches a scalar, says AWS."""
    if isinstance(node, list):
        return [element for element in node if isinstance(element, dict | list)]
    return (node,) if isinstance(node, dict) else ()
