"""Filters in a path, `[?(@.price < 10 && @.stock)]`, compiled to functions of a node.

Leaves out what Step Functions leaves out of JSONPath: regular expressions, operators that are words (`in`, `subsetof`),
other values of the document (`$`).
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from eslabon.stepfunctions.language.jsonpath.pathsyntax import Matches, Path, follow, read_path
from eslabon.stepfunctions.language.jsonpath.reader import Reader
from eslabon.stepfunctions.language.jsonvalues import identity, is_number
from eslabon.stepfunctions.language.scope import ABSENT


def _same(left: Any, right: Any) -> bool:
    """Whether both are the same JSON value; nothing is only the same as nothing."""
    if left is ABSENT or right is ABSENT:
        return left is right
    return bool(identity(left) == identity(right))


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """An order among numbers and among strings; values of different kinds have none."""

    def holds(left: Any, right: Any) -> bool:
        comparable = (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        return comparable and compare(left, right)

    return holds


# Longer ones first: `<=` begins with `<`.
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<=": _ordered(operator.le),
    ">=": _ordered(operator.ge),
    "<": _ordered(operator.lt),
    ">": _ordered(operator.gt),
}


def read_filter(reader: Reader) -> Matches:
    """Read the filter that begins here, after its `?`; answers whether a node passes. Raises DefinitionError.

    >>> cheap = read_filter(Reader("(@.price < 10 && !(@.sold == true))"))
    >>> cheap({"price": 5}), cheap({"price": 5, "sold": True}), cheap({"price": "5"})
    (True, False, False)
    >>> read_filter(Reader("(@.isbn)"))({"isbn": None})
    True
    >>> read_filter(Reader("(@.name =~ /a.*/)"))
    Traceback (most recent call last):
    DefinitionError: '(@.name =~ /a.*/)' at position 8: one of == != < <= > >= && || or a filter's closing ) \
is expected, not '=~ /a.*/)'
    """
    reader.blanks()
    reader.expect("(", "a filter's opening (")
    return _in_parentheses(reader)


def _in_parentheses(reader: Reader) -> Matches:
    """Expressions with `||` between them; the opening parenthesis is read."""
    parts = [_all_of(reader)]
    while reader.take("||"):
        parts.append(_all_of(reader))
    reader.expect(")", f"one of {' '.join(COMPARISONS)} && || or a filter's closing )")
    return lambda node: any(matches(node) for matches in parts)


def _all_of(reader: Reader) -> Matches:
    """Expressions with `&&` between them, which bind closer than `||`."""
    parts = [_one(reader)]
    while reader.take("&&"):
        parts.append(_one(reader))
    return lambda node: all(matches(node) for matches in parts)


def _one(reader: Reader) -> Matches:
    reader.blanks()
    if reader.take("!"):
        with reader.deeper():
            denied = _one(reader)
        return lambda node: not denied(node)
    if reader.take("("):
        with reader.deeper():
            matches = _in_parentheses(reader)
    else:
        matches = _comparison(reader)
    reader.blanks()
    return matches


def _comparison(reader: Reader) -> Matches:
    """Two operands with an operator between them, or a path alone: whether there is something."""
    left = _operand(reader)
    reader.blanks()
    for symbol, compare in COMPARISONS.items():
        if reader.take(symbol):
            reader.blanks()
            left_value = _one_value(reader, left)
            right_value = _one_value(reader, _operand(reader))
            return lambda node: compare(left_value(node), right_value(node))
    if not isinstance(left, Path):
        raise reader.error(f"one of {' '.join(COMPARISONS)} is expected after a constant")
    return lambda node: bool(left.find(node))


def _operand(reader: Reader) -> Any:
    """One side of a comparison: a path from the node, or a constant."""
    if reader.sees("@"):
        return read_path(reader, "@")
    if reader.sees("$"):
        raise reader.error("a filter in Step Functions sees the node alone (@), no other value of the document ($)")
    text = reader.quoted()
    if text is not None:
        return text
    value = reader.scalar()
    if value is ABSENT:
        raise reader.error("@, a number, true, false, null or a text in quotes is expected in a filter")
    return value


def _one_value(reader: Reader, operand: Any) -> Callable[[Any], Any]:
    if not isinstance(operand, Path):
        return lambda node: operand
    keys = operand.keys
    if keys is None:
        raise reader.error("a comparison needs one value, and a path with * : , ? or .. can find several")
    return lambda node: follow(node, keys)
