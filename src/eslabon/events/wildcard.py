"""The `wildcard` operator: `*`, its escapes, how complex it may be; leaves out what else a pattern says.

AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching-complexity
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

STAR = None
"""A wildcard in a parsed text; every other element is one character."""

Token = str | None

TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences"
    " after a wildcard character"
)

# AWS counts how many beginnings of the wildcards of one field a single value can have matched at once, and does not
# publish the limit. Ten refuses and accepts every case that AWS or a user of AWS has reported.
COMPLEXITY_LIMIT = 10
STATES_LIMIT = 2_000


class WildcardError(ValueError):
    """The text of a wildcard breaks its syntax; the message is AWS's."""


def parse(text: str) -> tuple[Token, ...]:
    r"""Split a wildcard into characters and `STAR`s.

    `text` is the operator's value, in which `\*` stands for an asterisk and `\\` for a backslash.
    Positions in messages count bytes of the quoted text, as AWS counts them.

    >>> parse("a*")
    ('a', None)
    >>> parse("2\\*3")
    ('2', '*', '3')
    >>> parse("a**")
    Traceback (most recent call last):
    eslabon.events.wildcard.WildcardError: Consecutive wildcard characters at pos 2
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        character, following = text[position], text[position + 1 : position + 2]
        if character == "*":
            if following == "*":
                raise WildcardError(f"Consecutive wildcard characters at pos {_byte_position(text, position)}")
            tokens.append(STAR)
        elif character == "\\":
            if following not in ("*", "\\"):
                raise WildcardError(f"Invalid escape character at pos {_byte_position(text, position)}")
            tokens.append(following)
            position += 1
        else:
            tokens.append(character)
        position += 1
    return tuple(tokens)


def expression(tokens: Sequence[Token]) -> re.Pattern[str]:
    """The regular expression that a whole value must match.

    >>> bool(expression(parse("dir/*.png")).fullmatch("dir/a/b.png"))
    True
    >>> bool(expression(parse("*")).fullmatch(""))
    True
    """
    # Everything between two stars is found at its first occurrence (the atomic group), so that a match never backtracks
    # over earlier stars: the time stays linear in the value for each star.
    first, *rest = literals(tokens)
    if not rest:
        return re.compile(re.escape(first), re.DOTALL)
    *middle, last = rest
    found = "".join(f"(?>.*?{re.escape(literal)})" for literal in middle)
    return re.compile(f"{re.escape(first)}{found}.*{re.escape(last)}", re.DOTALL)


def literals(tokens: Sequence[Token]) -> list[str]:
    """The texts before, between and after the stars.

    >>> literals(parse("dir/*.png"))
    ['dir/', '.png']
    >>> literals(parse("*"))
    ['', '']
    """
    texts = [""]
    for token in tokens:
        if token is STAR:
            texts.append("")
        else:
            texts[-1] += token
    return texts


def is_too_complex(wildcards: Iterable[Sequence[Token]]) -> bool:
    """Whether the wildcards of one field together exceed what EventBridge accepts.

    >>> is_too_complex([parse("arn:aws:events:us-east-1:*:event-bus/*")])
    False
    >>> is_too_complex([])
    False
    >>> is_too_complex([parse("*:*:*:*:*:event-bus/*")])
    True
    """
    patterns = [tuple(tokens) for tokens in wildcards]
    alphabet = {token for tokens in patterns for token in tokens if token is not STAR} | {""}
    # A state is (pattern, tokens matched so far); a value leads to a set of them, all explored breadth first.
    start = frozenset((pattern, 0) for pattern in range(len(patterns)))
    pending, seen = [start], {start}
    while pending:
        states = pending.pop()
        for character in alphabet:
            reached = frozenset(_step(patterns, states, character))
            if len(reached) > COMPLEXITY_LIMIT or len(seen) > STATES_LIMIT:
                return True
            if reached not in seen:
                seen.add(reached)
                pending.append(reached)
    return False


def _step(
    patterns: Sequence[Sequence[Token]], states: Iterable[tuple[int, int]], character: str
) -> Iterable[tuple[int, int]]:
    """The states that one more character leads to; a state just behind a star stays there for ever."""
    for pattern, matched in states:
        tokens = patterns[pattern]
        if matched and tokens[matched - 1] is STAR:
            yield pattern, matched
        # A star may stand for nothing, so what follows it may match as well.
        ahead = [matched]
        if matched < len(tokens) and tokens[matched] is STAR:
            yield pattern, matched + 1
            ahead.append(matched + 1)
        for position in ahead:
            if position < len(tokens) and tokens[position] is not STAR and tokens[position] == character:
                yield pattern, position + 1


def _byte_position(text: str, position: int) -> int:
    """Where a character stands in UTF-8, one further because AWS counts the opening quote."""
    return len(text[:position].encode("utf-8", "surrogatepass")) + 1
