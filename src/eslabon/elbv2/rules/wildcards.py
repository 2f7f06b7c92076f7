r"""Values with wildcards: `*` stands for any characters, `?` for exactly one; leaves out which fields have them.

Only query strings have escapes: there `\*` is an asterisk, `\?` a question mark, `\\` a backslash.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_TOKEN = {False: re.compile(r".", re.DOTALL), True: re.compile(r"\\[*?\\]|.", re.DOTALL)}
_UPPER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class Anchor(NamedTuple):
    """A part of the text that whatever matches must have: `kind` is exact, prefix or suffix."""

    kind: str
    text: str


def fold(text: str) -> str:
    """Small letters for A to Z: what is compared without regard to case is ASCII.

    >>> fold("WWW.Example.com")
    'www.example.com'
    >>> fold("\\u212a")  # the Kelvin sign is no k
    '\\u212a'
    """
    return text.lower() if text.isascii() else text.translate(_UPPER)


def tokens(value: str, escapes: bool = False) -> list[str]:
    r"""The characters and wildcards of a value; an escaped one keeps its backslash.

    >>> tokens("a*")
    ['a', '*']
    >>> tokens(r"2\*3", escapes=True)
    ['2', '\\*', '3']
    >>> tokens("")
    []
    """
    return _TOKEN[escapes].findall(value)


def count(value: str, escapes: bool = False) -> int:
    r"""How many wildcards a value has.

    >>> count("*.example.co?")
    2
    >>> count(r"2\*3", escapes=True)
    0
    """
    return sum(token in ("*", "?") for token in tokens(value, escapes))


def matcher(value: str, *, ignore_case: bool, escapes: bool = False) -> Callable[[str], bool]:
    r"""A function that tells whether a whole text matches the value.

    >>> matcher("/img/*", ignore_case=False)("/img/a/b.png")
    True
    >>> matcher("*.example.com", ignore_case=True)("example.com")
    False
    >>> matcher(r"2\*3", ignore_case=True, escapes=True)("2*3")
    True
    """
    if not count(value, escapes):
        literal = "".join(token[-1] for token in tokens(value, escapes))
        if not ignore_case:
            return literal.__eq__
        folded = fold(literal)
        return lambda text: fold(text) == folded
    first, *rest = _between_stars(value, escapes)
    expression = first
    if rest:
        # Each part is taken at its first occurrence (the atomic group), so that no match is tried twice.
        expression += "".join(f"(?>.*?{part})" for part in rest[:-1]) + f".*{rest[-1]}"
    flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else 0)
    pattern = re.compile(expression, flags)
    return lambda text: pattern.fullmatch(text) is not None


def _between_stars(value: str, escapes: bool) -> list[str]:
    parts = [""]
    for token in tokens(value, escapes):
        if token == "*":
            parts.append("")
        else:
            parts[-1] += "." if token == "?" else re.escape(token[-1])
    return parts


def anchor(value: str) -> Anchor | None:
    """The longest part that a value without escapes fixes at either end of the text; None when it fixes nothing.

    >>> anchor("/img/*")
    Anchor(kind='prefix', text='/img/')
    >>> anchor("*.example.com").kind, anchor("/").kind
    ('suffix', 'exact')
    >>> anchor("*/img/*") is None
    True
    """
    parts = re.split(r"[*?]", value)
    if len(parts) == 1:
        return Anchor("exact", value)
    longest = max(Anchor("prefix", parts[0]), Anchor("suffix", parts[-1]), key=lambda found: len(found.text))
    return longest if longest.text else None
