"""What a JSONPath's text says: its root and its steps, parsed; evaluates nothing, and leaves filters to `pathfilters`.

The language is that of https://states-language.net/#path: JSONPath as in https://github.com/json-path/JsonPath, with
`$$` for the context object, `$name` for a variable and `\\` before a character that would mean something in a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.scope import DefinitionError, Scope

Matches = Callable[[Any, Scope, Any], bool]
"""A compiled filter: whether a node passes, given the scope and the root of the path (`$`)."""

VARIABLE = re.compile(r"[^\W\d]\w*")
INTEGER = re.compile(r"-?\d+")
BLANKS = re.compile(r"\s*")
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
DOT_NAME = re.compile(r"(?:\\.|[^\\.\[\]()\s,:?*@&|!=<>'\"])(?:\\.|[^\\.\[\]()\s,?*&|!=<>'\"])*", re.DOTALL)


@dataclass(frozen=True)
class Names:
    """Members of an object: `.name`, `['name']`, `['one','two']`."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Indexes:
    """Elements of an array: `[0]`, `[-1]`, `[0,2]`."""

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
class Descendants:
    """The value itself and everything below it, for the step that follows: `..`."""


@dataclass(frozen=True)
class Filter:
    """What passes an expression: `[?(@.price < 10)]`."""

    matches: Matches


Step = Names | Indexes | Slice | Wildcard | Descendants | Filter


@dataclass(frozen=True)
class Path:
    """A parsed path: `root` is "$" (the document), "$$" (the context object) or a variable's name without its `$`."""

    text: str
    root: str
    steps: tuple[Step, ...]

    @property
    def definite(self) -> bool:
        """Whether the path can only ever mean one node."""
        return all(
            (isinstance(step, Names) and len(step.names) == 1) or (isinstance(step, Indexes) and len(step.indexes) == 1)
            for step in self.steps
        )

    @property
    def keys(self) -> tuple[str | int, ...]:
        """The names and indexes of a definite path."""
        return tuple(step.names[0] if isinstance(step, Names) else step.indexes[0] for step in self._single())

    def _single(self) -> list[Names | Indexes]:
        return [step for step in self.steps if isinstance(step, Names | Indexes)]


class Reader:
    """A position in a text, which the parsers of paths, filters and intrinsic functions share.

    >>> reader = Reader("$.a , 2")
    >>> reader.take("$"), reader.position
    (True, 1)
    >>> reader.take("x")
    False
    >>> reader.expect(")", "a closing )")
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.DefinitionError: '$.a , 2' at position 1: a closing ) is expected, not '.a , 2'
    """

    def __init__(self, text: str, position: int = 0) -> None:
        self.text = text
        self.position = position

    @property
    def rest(self) -> str:
        """What is still unread."""
        return self.text[self.position :]

    @property
    def done(self) -> bool:
        """Whether everything is read."""
        return self.position >= len(self.text)

    def sees(self, token: str) -> bool:
        """Whether `token` comes next."""
        return self.text.startswith(token, self.position)

    def take(self, token: str) -> bool:
        """Read `token` if it comes next."""
        if not self.sees(token):
            return False
        self.position += len(token)
        return True

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Read what the pattern matches here, if it does."""
        found = pattern.match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[0]

    def blanks(self) -> None:
        """Read white space, if there is any."""
        self.match(BLANKS)

    def expect(self, token: str, what: str) -> None:
        """Read `token`, or complain that `what` is expected."""
        if not self.take(token):
            raise self.error(f"{what} is expected, not {self.rest[:20]!r}" if self.rest else f"{what} is missing")

    def quoted(self) -> str | None:
        """Read a text in single or double quotes and answer it without its escapes; None when there is no quote."""
        quote = self.text[self.position : self.position + 1]
        if quote not in ("'", '"'):
            return None
        start = self.position + 1
        end = start
        while end < len(self.text) and self.text[end] != quote:
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise self.error(f"the quote {quote} that begins here has no end")
        self.position = end + 1
        return unescape(self.text[start:end])

    def error(self, problem: str) -> DefinitionError:
        """A complaint about what stands here."""
        return DefinitionError(f"{self.text!r} at position {self.position}: {problem}", self.position)


def unescape(text: str) -> str:
    r"""A name or text without its backslashes: each stands for the character after it, `\uXXXX` for a code unit.

    >>> unescape(r"a\.b"), unescape(r"\u00e9"), unescape(r"back\\slash")
    ('a.b', 'é', 'back\\slash')
    >>> unescape(r"\uD800\uDF46") == "\U00010346"
    True
    """
    if "\\" not in text:
        return text
    plain = ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse_path(text: str) -> Path:
    """Parse a whole path; DefinitionError when it is none.

    >>> parse_path("$.orders[0]['unit price']").keys
    ('orders', 0, 'unit price')
    >>> parse_path("$$.Execution.Id").root, parse_path("$total").root, parse_path("$[*]").definite
    ('$$', 'total', False)
    >>> parse_path("orders[0]")
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.DefinitionError: 'orders[0]' at position 0: a path begins with $
    """
    reader = Reader(text)
    path = read_path(reader)
    if not reader.done:
        raise reader.error(f"{reader.rest[:20]!r} does not belong to a path")
    return path


def read_path(reader: Reader) -> Path:
    """Read the path that begins here, as far as it goes.

    >>> reader = Reader("$.a.b, 7)")
    >>> read_path(reader).keys, reader.rest
    (('a', 'b'), ', 7)')
    """
    start = reader.position
    if not reader.take("$"):
        raise reader.error("a path begins with $")
    root = "$$" if reader.take("$") else reader.match(VARIABLE) or "$"
    steps = read_steps(reader)
    return Path(reader.text[start : reader.position], root, steps)


def read_steps(reader: Reader) -> tuple[Step, ...]:
    """Read the steps that follow a root: `.name`, `[…]`, `..` and what it looks for."""
    steps: list[Step] = []
    while True:
        if reader.take(".."):
            steps.append(Descendants())
            steps.append(_bracket(reader) if reader.take("[") else _dotted(reader))
        elif reader.take("."):
            # `$.['name']` and `$.[0]` are written by people who came from a dotted path, and mean the bracket.
            steps.append(_bracket(reader) if reader.take("[") else _dotted(reader))
        elif reader.take("["):
            steps.append(_bracket(reader))
        else:
            return tuple(steps)


def _dotted(reader: Reader) -> Step:
    """What follows a dot."""
    if reader.take("*"):
        return Wildcard()
    name = reader.match(DOT_NAME)
    if name is None:
        raise reader.error("a name, * or [ is expected after the dot; other names go in brackets: ['a name']")
    if reader.sees("("):
        raise reader.error(f"{name}() is a function, and a path in Step Functions has none: use an intrinsic function")
    return Names((unescape(name),))


def _bracket(reader: Reader) -> Step:
    """What stands in brackets; the opening one is read."""
    reader.blanks()
    if reader.take("*"):
        step: Step = Wildcard()
    elif reader.sees("?"):
        from eslabon.stepfunctions.pathfilters import read_filter

        step = Filter(read_filter(reader))
    elif reader.sees("'") or reader.sees('"'):
        step = Names(tuple(_list(reader, Reader.quoted, "a name in quotes")))
    else:
        step = _numbers(reader)
    reader.blanks()
    reader.expect("]", "a closing ]")
    return step


def _numbers(reader: Reader) -> Step:
    """An index, several of them, or a slice."""
    start = reader.match(INTEGER)
    reader.blanks()
    if reader.take(":"):
        reader.blanks()
        end = reader.match(INTEGER)
        return Slice(None if start is None else int(start), None if end is None else int(end))
    if start is None:
        raise reader.error("an index, a slice, *, a name in quotes or ?(…) is expected in the brackets")
    more: list[int] = []
    if reader.take(","):
        reader.blanks()
        more = [int(index) for index in _list(reader, lambda source: source.match(INTEGER), "an index")]
    return Indexes((int(start), *more))


def _list(reader: Reader, read: Callable[[Reader], str | None], what: str) -> list[str]:
    """Items with commas between them."""
    items: list[str] = []
    while True:
        item = read(reader)
        if item is None:
            raise reader.error(f"{what} is expected")
        items.append(item)
        reader.blanks()
        if not reader.take(","):
            return items
        reader.blanks()
