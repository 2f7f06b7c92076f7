"""What a JSONPath's text says: its root and its steps, parsed. Evaluates nothing, and leaves filters to `pathfilters`.

The language is that of https://states-language.net/#path: JSONPath, with `$$` for the context object, `$name` for a
variable, and `\\` before a character that would mean something in a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from eslabon.stepfunctions.language.jsonpath.reader import Reader, unescape

VARIABLE = re.compile(r"[^\W\d]\w*")
INTEGER = re.compile(r"-?\d+")
# A name after a dot ends where another step, a filter's operator or a function's next argument begins.
NAME = re.compile(r"""(?:\\.|&(?!&)|\|(?!\|)|[^\\.\[\]()\s,'"?@*<>=!&|])+""", re.DOTALL)
CALL = re.compile(r"\([^()]*\)")

Item = TypeVar("Item")


@dataclass(frozen=True)
class Names:
    """Members of an object: `.name`, `['name']`, `['one','two']`."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Indexes:
    """Elements of an array, counted from its end when negative: `[0]`, `[-1]`, `[0,2]`."""

    indexes: tuple[int, ...]


@dataclass(frozen=True)
class Slice:
    """Neighbours in an array, up to and without the end: `[1:3]`, `[-2:]`, `[:2]`."""

    start: int | None
    end: int | None


@dataclass(frozen=True)
class Wildcard:
    """Everything in an object or array: `.*`, `[*]`."""


@dataclass(frozen=True)
class Filter:
    """What passes an expression: `[?(@.price < 10)]`."""

    matches: Callable[[Any], bool]


@dataclass(frozen=True)
class Descendants:
    """A step taken from the value itself and from everything below it: `..name`, `..[0]`."""

    step: Names | Indexes | Slice | Wildcard | Filter


Step = Names | Indexes | Slice | Wildcard | Filter | Descendants


@dataclass(frozen=True)
class Path:
    """A parsed path: `root` is "$" (the document), "$$" (the context object) or a variable's name without its `$`.

    `keys` are the names and indexes of a path that can only mean one node (a definite path), else None.
    """

    text: str
    root: str
    steps: tuple[Step, ...]
    keys: tuple[str | int, ...] | None


def parse_path(text: str) -> Path:
    """Parse a whole path; DefinitionError when it is none.

    >>> parse_path("$.orders[0]['unit price']").keys
    ('orders', 0, 'unit price')
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


def read_path(reader: Reader) -> Path:
    """Read the path that begins here, as far as it goes; DefinitionError when none does.

    >>> reader = Reader("$.a.b, 7)")
    >>> read_path(reader).keys, reader.rest
    (('a', 'b'), ', 7)')
    >>> read_path(reader)
    Traceback (most recent call last):
    DefinitionError: '$.a.b, 7)' at position 5: a path begins with $
    """
    start = reader.position
    if not reader.take("$"):
        raise reader.error("a path begins with $")
    root = "$$" if reader.take("$") else reader.match(VARIABLE) or "$"
    steps = read_steps(reader)
    return Path(reader.text[start : reader.position], root, steps, definite_keys(steps))


def read_steps(reader: Reader) -> tuple[Step, ...]:
    """Read the steps that follow a root: `.name`, `[…]`, `..` with what it looks for.

    >>> read_steps(Reader(".a[-1]..b"))
    (Names(names=('a',)), Indexes(indexes=(-1,)), Descendants(step=Names(names=('b',))))
    >>> read_steps(Reader("")), read_steps(Reader("[1:]"))
    ((), (Slice(start=1, end=None),))
    >>> read_steps(Reader(".a["))
    Traceback (most recent call last):
    DefinitionError: '.a[' at position 3: an index, a slice, *, a name in quotes or ...
    """
    steps: list[Step] = []
    while True:
        if reader.take(".."):
            steps.append(Descendants(_after_dot(reader)))
        elif reader.take("."):
            steps.append(_after_dot(reader))
        elif reader.take("["):
            steps.append(_bracket(reader))
        else:
            return tuple(steps)


def definite_keys(steps: tuple[Step, ...]) -> tuple[str | int, ...] | None:
    """The names and indexes of steps that can only mean one node, or None.

    >>> definite_keys((Names(("a",)), Indexes((0,))))
    ('a', 0)
    >>> definite_keys((Names(("a", "b")),)) is None
    True
    """
    keys: list[str | int] = []
    for step in steps:
        match step:
            case Names((name,)):
                keys.append(name)
            case Indexes((index,)):
                keys.append(index)
            case _:
                return None
    return tuple(keys)


def _after_dot(reader: Reader) -> Names | Indexes | Slice | Wildcard | Filter:
    if reader.take("["):  # `$.['name']` is how AWS's own pages write a name that needs brackets
        return _bracket(reader)
    if reader.take("*"):
        return Wildcard()
    name = reader.match(NAME)
    if name is None:
        raise reader.error("a name, * or [ is expected after the dot; other names go in brackets: ['a name']")
    # Step Functions has no functions in paths: `.length()` is looked up like any name, and found nowhere.
    return Names((unescape(name) + (reader.match(CALL) or ""),))


def _bracket(reader: Reader) -> Names | Indexes | Slice | Wildcard | Filter:
    """What stands in brackets; the opening one is read."""
    reader.blanks()
    step: Names | Indexes | Slice | Wildcard | Filter
    if reader.take("*"):
        step = Wildcard()
    elif reader.take("?"):
        from eslabon.stepfunctions.language.jsonpath.pathfilters import read_filter  # it reads paths in its turn

        with reader.deeper():
            step = Filter(read_filter(reader))
    elif reader.sees("'") or reader.sees('"'):
        step = Names(tuple(_list(reader, Reader.quoted, "a name in quotes")))
    else:
        step = _numbers(reader)
    reader.blanks()
    reader.expect("]", "a closing ]")
    return step


def _numbers(reader: Reader) -> Indexes | Slice:
    """An index, several of them, or a slice."""
    start = _integer(reader)
    reader.blanks()
    if reader.take(":"):
        reader.blanks()
        return Slice(start, _integer(reader))
    if start is None:
        raise reader.error("an index, a slice, *, a name in quotes or a filter ?(…) is expected in the brackets")
    if not reader.take(","):
        return Indexes((start,))
    reader.blanks()
    return Indexes((start, *_list(reader, _integer, "an index")))


def _integer(reader: Reader) -> int | None:
    digits = reader.match(INTEGER)
    if digits is not None and len(digits) > 10:
        raise reader.error(f"{digits[:20]} is no index: an array is not that long")
    return None if digits is None else int(digits)


def _list(reader: Reader, read: Callable[[Reader], Item | None], what: str) -> list[Item]:
    """Items with commas between them."""
    items: list[Item] = []
    while True:
        item = read(reader)
        if item is None:
            raise reader.error(f"{what} is expected")
        items.append(item)
        reader.blanks()
        if not reader.take(","):
            return items
        reader.blanks()
