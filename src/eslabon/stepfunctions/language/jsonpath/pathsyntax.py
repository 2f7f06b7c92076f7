"""The text of a JSONPath, read into its root and its steps: functions from a node to the nodes that it leads to.

Filters are in `pathfilters`, roots in `paths`. The language is that of https://states-language.net/#path: JSONPath,
with `$$` for the context object, `$name` for a variable, and `\\` before a character that would mean something in a
name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.jsonpath.reader import Reader, unescape
from eslabon.stepfunctions.language.scope import ABSENT

VARIABLE = re.compile(r"[^\W\d]\w*")
INDEX = re.compile(r"-?\d+")
# A name after a dot ends where another step, a filter's operator or a function's next argument begins.
NAME = re.compile(r"""(?:\\.|&(?!&)|\|(?!\|)|[^\\.\[\]()\s,'"?@*<>=!&|])+""", re.DOTALL)
CALL = re.compile(r"\([^()]*\)")

Key = str | int  # a member's name or an element's index, from the array's end when negative
Matches = Callable[[Any], bool]


@dataclass(frozen=True)
class Step:
    """A step of a path: `lead` answers the nodes that a node leads to.

    `key` is the one name or index that it asks for, if it does; `matches` is a filter's.
    """

    lead: Callable[[Any], Iterable[Any]]
    key: Key | None = None
    matches: Matches | None = None


@dataclass(frozen=True)
class Path:
    """A path: `root` is "$" (the document), "$$" (the context object), "@" (a filter's node) or a variable's name.

    `keys` are the names and indexes of a path that can only mean one node (a definite path), else None.
    """

    text: str
    root: str
    steps: Sequence[Step]
    keys: Sequence[Key] | None

    def find(self, root: Any) -> list[Any]:
        """Every node that the steps lead to from a root, in document order.

        >>> path = parse_path("$..id")
        >>> path.find({"id": 1, "in": [{"id": 2}]}), path.find(7)
        ([1, 2], [])
        """
        nodes = [root]
        for step in self.steps:
            nodes = [found for node in nodes for found in step.lead(node)]
        return nodes


def child(node: Any, key: Key) -> Any:
    """An object's member or an array's element; ABSENT when there is none.

    >>> child({"a": 1}, "a"), child([1, 2], -1), child("text", 0) is ABSENT, child([1], 5) is ABSENT
    (1, 2, True, True)
    """
    if isinstance(key, str):
        return node.get(key, ABSENT) if isinstance(node, dict) else ABSENT
    if isinstance(node, list) and -len(node) <= key < len(node):
        return node[key]
    return ABSENT


def follow(node: Any, keys: Sequence[Key]) -> Any:
    """The node that names and indexes lead to, one after the other; ABSENT when there is none.

    >>> follow({"a": [1, 2]}, ["a", -1]), follow({}, ["a", "b"]) is ABSENT
    (2, True)
    """
    for key in keys:
        node = child(node, key)
    return node


def parse_path(text: str) -> Path:
    """Parse a whole path; DefinitionError when it is none.

    >>> parse_path("$.orders[0]['unit price']").keys
    ['orders', 0, 'unit price']
    >>> parse_path("$$.Execution.Id").root, parse_path("$total").root, parse_path("$[*]").keys
    ('$$', 'total', None)
    >>> parse_path("orders[0]")
    Traceback (most recent call last):
    DefinitionError: 'orders[0]' at position 0: a path begins with $
    """
    reader = Reader(text)
    path = read_path(reader)
    if not reader.done:
        raise reader.error(f"{reader.rest[:20]!r} is no step of a path; such characters go in brackets: ['a name']")
    return path


def read_path(reader: Reader, root: str = "$") -> Path:
    """Read the path that begins here with `$`, or `@`, as far as it goes; DefinitionError when none does.

    >>> reader = Reader("$.a.b, 7)")
    >>> read_path(reader).keys, reader.rest
    (['a', 'b'], ', 7)')
    >>> read_path(reader)
    Traceback (most recent call last):
    DefinitionError: '$.a.b, 7)' at position 5: a path begins with $
    >>> read_path(Reader("$.a["))
    Traceback (most recent call last):
    DefinitionError: '$.a[' at position 4: an index, a slice, *, a name in quotes or ...
    """
    start = reader.position
    if not reader.take(root):
        raise reader.error(f"a path begins with {root}")
    if root == "$":
        root = "$$" if reader.take("$") else reader.match(VARIABLE) or "$"
    steps: list[Step] = []
    while True:
        if reader.take(".."):
            steps.append(_below(_after_dot(reader)))
        elif reader.take("."):
            steps.append(_after_dot(reader))
        elif reader.take("["):
            steps.append(_bracket(reader))
        else:
            break
    keys = [step.key for step in steps if step.key is not None]
    text = reader.text[start : reader.position]
    return Path(text, root, steps, keys if len(keys) == len(steps) else None)


def _after_dot(reader: Reader) -> Step:
    if reader.take("["):  # `$.['name']` is how AWS's own pages write a name that needs brackets
        return _bracket(reader)
    if reader.take("*"):
        return Step(_inside)
    name = reader.match(NAME)
    if name is None:
        raise reader.error("a name, * or [ is expected after the dot; other names go in brackets: ['a name']")
    # Step Functions has no functions in paths: `.length()` is looked up like any name, and found nowhere.
    return _children([unescape(name) + (reader.match(CALL) or "")])


def _bracket(reader: Reader) -> Step:
    """What stands in brackets; the opening one is read."""
    reader.blanks()
    if reader.take("*"):
        step = Step(_inside)
    elif reader.take("?"):
        from eslabon.stepfunctions.language.jsonpath.pathfilters import read_filter  # it reads paths in its turn

        with reader.deeper():
            step = _filter(read_filter(reader))
    elif reader.sees("'") or reader.sees('"'):
        step = _children(reader.several(Reader.quoted, "a name in quotes"))
    else:
        step = _numbers(reader)
    reader.blanks()
    reader.expect("]", "a closing ]")
    return step


def _numbers(reader: Reader) -> Step:
    """An index, several of them, or a slice."""
    start = _index(reader)
    reader.blanks()
    if reader.take(":"):
        reader.blanks()
        end = _index(reader)
        return Step(lambda node: node[start:end] if isinstance(node, list) else ())
    if start is None:
        raise reader.error("an index, a slice, *, a name in quotes or a filter ?(…) is expected in the brackets")
    if not reader.take(","):
        return _children([start])
    reader.blanks()
    return _children([start, *reader.several(_index, "an index")])


def _index(reader: Reader) -> int | None:
    digits = reader.match(INDEX)
    if digits is not None and len(digits) > 10:
        raise reader.error(f"{digits[:20]} is no index: an array is not that long")
    return None if digits is None else int(digits)


def _children(keys: Sequence[Key]) -> Step:
    """Members or elements, `.name`, `['one','two']`, `[0]`, `[0,-1]`."""
    return Step(
        lambda node: [found for key in keys if (found := child(node, key)) is not ABSENT],
        key=keys[0] if len(keys) == 1 else None,
    )


def _filter(matches: Matches) -> Step:
    """What passes an expression, `[?(@.price < 10)]`: an object itself, or what is in an array.

    `@` never matches a scalar, says AWS.
    """

    def lead(node: Any) -> list[Any]:
        candidates = node if isinstance(node, list) else [node]
        return [found for found in candidates if isinstance(found, dict | list) and matches(found)]

    return Step(lead, matches=matches)


def _below(step: Step) -> Step:
    """A step taken from the node itself and from everything below it, `..name`, `..[0]`."""
    matches = step.matches
    if matches is not None:
        return Step(lambda node: filter(matches, _descendants(node)))
    return Step(lambda node: [found for below in _descendants(node) for found in step.lead(below)])


def _inside(node: Any) -> Iterable[Any]:
    """Everything in an object or array, `.*`, `[*]`."""
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
