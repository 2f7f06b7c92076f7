r"""Regular expressions of conditions and transforms: which are refused; leaves out bounding how long a match takes.

AWS refuses lookaheads, lookbehinds, backreferences, atomic groups, possessive quantifiers, subroutines, recursion and
Unicode character classes. Everything else is read by Python; what Python reads differently is not modelled.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
"""

from __future__ import annotations

import re

from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled

UNSUPPORTED = {
    "lookaheads": re.compile(r"\(\?[=!]"),
    "lookbehinds": re.compile(r"\(\?<[=!]"),
    "backreferences": re.compile(r"\\[1-9gk]|\(\?P="),
    "atomic groups": re.compile(r"\(\?>"),
    "possessive quantifiers": re.compile(r"(?:[*+?]|\{\d+,?\d*\})\+"),
    "recursion": re.compile(r"\(\?(?:R|0)\)"),
    "subroutines": re.compile(r"\(\?(?:&|P>|[+-]?\d)"),
    "Unicode character classes": re.compile(r"\\[pP]"),
}
"""What AWS lists, and how it is written."""

_NOT_MODELLED = {
    "named groups": re.compile(r"\(\?<\w"),
    "POSIX character classes": re.compile(r"\[(?:[^\]\\]|\\.)*\[:\w+:\]"),
}


def unsupported(regex: str) -> str | None:
    r"""The first feature in an expression that AWS does not support; a set in brackets has none (Python refuses `\p`).

    >>> unsupported("^/(?!admin)")
    'lookaheads'
    >>> unsupported(r"\p{L}+")
    'Unicode character classes'
    >>> unsupported(r"^/a\++[*+]$") is None
    True
    """
    in_class = False
    position = 0
    while position < len(regex):
        for feature, pattern in UNSUPPORTED.items():
            if not in_class and pattern.match(regex, position):
                return feature
        character = regex[position]
        if character == "\\":
            position += 1
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
            position += len(rest := regex[position + 1 :]) - len(rest.removeprefix("^").removeprefix("]"))
        position += 1
    return None


def compile_regex(regex: str, length: int) -> re.Pattern[str]:
    """Check and compile an expression of at most `length` characters, which is searched for in a text.

    Raises ServiceError with ValidationError, and NotModelled.

    >>> bool(compile_regex("^/v[12]/", 128).search("/v2/orders"))
    True
    >>> compile_regex("(", 128)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: The regular expression '(' is not valid: missing ), ...
    >>> compile_regex("a++", 128)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: The regular expression 'a++' is not valid: possessive quantifiers ...
    """
    if not regex:
        raise validation_error("A regular expression must be specified")
    if len(regex) > length:
        raise validation_error(f"The regular expression '{regex}' is too long; the limit is '{length}' characters")
    feature = unsupported(regex)
    if feature:
        raise validation_error(f"The regular expression '{regex}' is not valid: {feature} are not supported")
    for feature, pattern in _NOT_MODELLED.items():
        if pattern.search(regex):
            raise NotModelled("elbv2", f"{feature} in regular expressions ({regex})")
    try:
        return re.compile(regex, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise validation_error(f"The regular expression '{regex}' is not valid: {error}") from None
