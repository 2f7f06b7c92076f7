"""A position in an expression's text: what the parsers of paths, filters and intrinsic functions share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError

BLANKS = re.compile(r"\s*")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
INTEGER = re.compile(r"-?\d{1,300}")
WORD = re.compile(r"\w+")
CONSTANTS = {"null": None, "true": True, "false": False}
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
DEEPEST = 50  # expressions in expressions, far from where Python's own stack would end

Item = TypeVar("Item")


class Reader:
    """A text and how far it is read.

    >>> reader = Reader("$.a , 2")
    >>> reader.take("$"), reader.take("x"), reader.position, reader.rest
    (True, False, 1, '.a , 2')
    >>> Reader("").done
    True
    >>> reader.expect(")", "a closing )")
    Traceback (most recent call last):
    DefinitionError: '$.a , 2' at position 1: a closing ) is expected, not '.a , 2'
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    @property
    def rest(self) -> str:
        """What is still unread."""
        return self.text[self.position :]

    @property
    def done(self) -> bool:
        """Whether everything is read."""
        return self.position >= len(self.text)

    def sees(self, token: str) -> bool:
        """Whether `token` comes next.

        >>> reader = Reader("$.a")
        >>> reader.sees("$"), reader.sees("."), reader.position
        (True, False, 0)
        """
        return self.text.startswith(token, self.position)

    def take(self, token: str) -> bool:
        """Read `token` if it comes next.

        >>> reader = Reader("..a")
        >>> reader.take(".."), reader.take(".."), reader.rest
        (True, False, 'a')
        """
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def match(self, pattern: re.Pattern[str]) -> str | None:
        r"""Read what the pattern matches here, if it does.

        >>> reader = Reader("12a")
        >>> reader.match(re.compile(r"\d+")), reader.match(re.compile(r"\d+")), reader.rest
        ('12', None, 'a')
        """
        found = pattern.match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[0]

    def blanks(self) -> None:
        """Read white space, if there is any.

        >>> reader = Reader("  a")
        >>> reader.blanks()
        >>> reader.rest
        'a'
        """
        self.match(BLANKS)

    def expect(self, token: str, what: str) -> None:
        """Read `token`, or complain that `what` is expected.

        >>> reader = Reader("[0")
        >>> reader.expect("[", "an opening [")
        >>> reader.position
        1
        >>> reader.expect("]", "a closing ]")
        Traceback (most recent call last):
        DefinitionError: '[0' at position 1: a closing ] is expected, not '0'
        """
        if not self.take(token):
            raise self.missing(what)

    def quoted(self) -> str | None:
        r"""Read a text in single or double quotes and answer it without its escapes; None when there is no quote.

        >>> Reader("'it\\'s' rest").quoted(), Reader("rest").quoted()
        ("it's", None)
        >>> Reader("'it").quoted()
        Traceback (most recent call last):
        DefinitionError: "'it" at position 0: the quote ' that begins here has no end
        """
        quote = self.text[self.position : self.position + 1]
        if quote not in ("'", '"'):
            return None
        start = end = self.position + 1
        while self.text[end : end + 1] not in (quote, ""):
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise self.error(f"the quote {quote} that begins here has no end")
        self.position = end + 1
        return unescape(self.text[start:end])

    def scalar(self) -> Any:
        """Read a number, true, false or null; ABSENT when none begins here.

        >>> Reader("-1.5e3)").scalar(), Reader("null").scalar(), Reader("nullable").scalar() is ABSENT
        (-1500.0, None, True)
        >>> Reader("1e999").scalar()
        Traceback (most recent call last):
        DefinitionError: '1e999' at position 5: 1e999 is too large a number
        """
        digits = self.match(NUMBER)
        if digits is None:
            return CONSTANTS.get(self.match(WORD) or "", ABSENT)
        number = int(digits) if INTEGER.fullmatch(digits) else float(digits)
        if not math.isfinite(number):
            raise self.error(f"{digits[:20]} is too large a number")
        return number

    def several(self, read: Callable[[Self], Item | None], what: str) -> list[Item]:
        """Read items with commas between them; `read` answers None where no item begins, which is called `what`.

        >>> Reader("'a', 'b'").several(Reader.quoted, "a name in quotes")
        ['a', 'b']
        >>> Reader("'a', b").several(Reader.quoted, "a name in quotes")
        Traceback (most recent call last):
        DefinitionError: "'a', b" at position 5: a name in quotes is expected, not 'b'
        """
        items: list[Item] = []
        while True:
            item = read(self)
            if item is None:
                raise self.missing(what)
            items.append(item)
            self.blanks()
            if not self.take(","):
                return items
            self.blanks()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Around the reading of an expression in an expression: complains when it goes on and on.

        >>> reader = Reader("f(g(1))")
        >>> with reader.deeper(), reader.deeper():
        ...     reader.depth
        2
        >>> reader.depth
        0
        >>> reader.depth = DEEPEST
        >>> with reader.deeper():
        ...     pass
        Traceback (most recent call last):
        DefinitionError: 'f(g(1))' at position 0: the expression nests too deeply
        """
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("the expression nests too deeply")
        yield
        self.depth -= 1

    def missing(self, what: str) -> DefinitionError:
        """A complaint that something else stands here, or nothing.

        >>> Reader("").missing("a name"), Reader("!").missing("a name")
        (DefinitionError("'' at position 0: a name is missing"), \
DefinitionError("'!' at position 0: a name is expected, not '!'"))
        """
        return self.error(f"{what} is missing" if self.done else f"{what} is expected, not {self.rest[:20]!r}")

    def error(self, problem: str) -> DefinitionError:
        """A complaint about what stands here.

        >>> Reader("$.").error("a name is missing")
        DefinitionError("'$.' at position 0: a name is missing")
        """
        shown = self.text if len(self.text) <= 200 else self.text[:200] + "…"
        return DefinitionError(f"{shown!r} at position {self.position}: {problem}", self.position)


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
