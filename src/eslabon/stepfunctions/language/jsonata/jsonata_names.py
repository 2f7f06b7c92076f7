"""The names that a JSONata expression refers to, read off its tree: what validation checks. Nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eslabon.stepfunctions.language.jsonata.jsonata_engine import Engine
from eslabon.stepfunctions.language.jsonata.jsonata_functions import FUNCTIONS

_TOO_LONG_WAYS = frozenset({"ancestor", "slot"})  # from a part of the tree to another, not down


def names_in(text: str) -> list[tuple[str, str]]:
    """(kind, name) of all: "name" bare where nothing is its context, "variable" read, "member" of $states.

    Variables that the expression binds itself, and functions, are left out. Raises DefinitionError when it is none.

    >>> names_in("($tax := 2; $sum($states.input.totals) * $tax * rate * $discount)")
    [('member', 'input'), ('variable', 'states'), ('name', 'rate'), ('variable', 'discount')]
    >>> names_in("$states.")
    Traceback (most recent call last):
    DefinitionError: ...
    """
    found = list(_names(Engine(text).ast, top=True))
    own = {*FUNCTIONS, *(name for kind, name in found if kind == "bound")}
    return [(kind, name) for kind, name in found if kind != "bound" and not (kind == "variable" and name in own)]


def _names(node: Any, *, top: bool) -> Iterator[tuple[str, str]]:
    """(kind, name): "name" bare at the top, "variable" read, "bound" by := or as a parameter, "member" of $states."""
    if isinstance(node, list | tuple):
        for item in node:
            yield from _names(item, top=top)
        return
    kind = getattr(node, "type", None)
    if kind == "variable":
        if node.value == "$" and top:
            yield "name", "$$"
        elif node.value not in ("", "$", None):
            yield "variable", node.value
    if kind == "name" and top:
        yield "name", node.value
    if kind == "bind":
        yield "bound", node.lhs.value
        yield from _names(node.rhs, top=top)
        return
    if kind == "lambda":
        for parameter in node.arguments or ():
            yield "bound", parameter.value
        yield from _names(node.body, top=False)
        return
    if kind == "path":
        steps = node.steps or []
        if len(steps) > 1 and (steps[0].type, steps[0].value, steps[1].type) == ("variable", "states", "name"):
            yield "member", steps[1].value
        for number, step in enumerate(steps):
            yield from _names(step, top=top and number == 0)
        yield from _names(getattr(node, "group", None), top=False)
        return
    for way in ("focus", "index"):
        if isinstance(getattr(node, way, None), str):
            yield "bound", getattr(node, way)
    for way, part in getattr(node, "__dict__", {}).items():
        if way in ("stages", "predicate", "group", "terms"):
            yield from _names(part, top=False)
        elif way not in _TOO_LONG_WAYS and (isinstance(part, list | tuple) or getattr(part, "type", None)):
            yield from _names(part, top=top)
        elif way == "expr" or way == "expression":
            yield from _names(part, top=top)
