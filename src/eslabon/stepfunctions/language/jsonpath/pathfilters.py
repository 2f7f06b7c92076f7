"""Filters in a path, `[?(@.price < 10 && @.stock)]`, compiled to functions of a node.

Leaves out what Step Functions leaves out of JSONPath: regular expressions, operators that are words (`in`, `subsetof`),
other values of the document (`$`).
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from eslabon.stepfunctions.language.jsonpath.pathsteps import child, compile_steps
from eslabon.stepfunctions.language.jsonpath.pathsyntax import Step, definite_keys, read_steps
from eslabon.stepfunctions.language.jsonpath.reader import Reader
from eslabon.stepfunctions.language.jsonvalues import identity, is_number
from eslabon.stepfunctions.language.scope import ABSENT

Matches = Callable[[Any], bool]

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
WORD = re.compile(r"\w+")
CONSTANTS = {"true": True, "false": False, "null": None}


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


class _Operand:
    """One side of a comparison: `value` answers it for a node, `steps` are those of a path (`@…`), else None."""

    def __init__(self, value: Callable[[Any], Any], steps: tuple[Step, ...] | None = None) -> None:
        self.value = value
        self.steps = steps


def read_filter(reader: Reader) -> Matches:
    """Read the filter that begins here, after its `?`; answers whether a node passes. Raises DefinitionError.

    >>> cheap = read_filter(Reader("(@.price < 10 && !(@.sold == true))"))
    >>> cheap({"price": 5}), cheap({"price": 5, "sold": True}), cheap({"price": "5"})
    (True, False, False)
    >>> read_filter(Reader("(@.isbn)"))({"isbn": None})
    True
    >>> read_filter(Reader("(@.name =~ /a.*/)"))
    Traceback (most recent call last):
    DefinitionError: '(@.name =~ /a.*/)' at position 8: Step Functions has no regular ...
    """
    reader.blanks()
    reader.expect("(", "a filter's opening (")
    matches = _any_of(reader)
    reader.expect(")", "a filter's closing )")
    return matches


def _any_of(reader: Reader) -> Matches:
    """Expressions with `||` between them."""
    parts = [_all_of(reader)]
    while reader.take("||"):
        parts.append(_all_of(reader))
    return parts[0] if len(parts) == 1 else lambda node: any(matches(node) for matches in parts)


def _all_of(reader: Reader) -> Matches:
    """Expressions with `&&` between them, which bind closer than `||`."""
    parts = [_one(reader)]
    while reader.take("&&"):
        parts.append(_one(reader))
    return parts[0] if len(parts) == 1 else lambda node: all(matches(node) for matches in parts)


def _one(reader: Reader) -> Matches:
    reader.blanks()
    if reader.take("!"):
        with reader.deeper():
            denied = _one(reader)
        return lambda node: not denied(node)
    if reader.take("("):
        with reader.deeper():
            matches = _any_of(reader)
        reader.expect(")", "a closing )")
    else:
        matches = _comparison(reader)
    reader.blanks()
    return matches


def _comparison(reader: Reader) -> Matches:
    """Two operands with an operator between them, or a path alone: whether there is something."""
    left = _operand(reader)
    reader.blanks()
    _refuse_operators(reader)
    for symbol, compare in COMPARISONS.items():
        if reader.take(symbol):
            reader.blanks()
            left_value = _one_value(reader, left)
            right_value = _one_value(reader, _operand(reader))
            return lambda node: compare(left_value(node), right_value(node))
    if left.steps is None:
        raise reader.error("one of == != < <= > >= is expected after a constant")
    find = compile_steps(left.steps)
    return lambda node: bool(find(node))


def _operand(reader: Reader) -> _Operand:
    if reader.take("@"):
        steps = read_steps(reader)
        keys = definite_keys(steps)
        return _Operand(lambda node: _follow(node, keys or ()), steps)
    if reader.sees("$"):
        raise reader.error("a filter in Step Functions sees the node alone (@), no other value of the document ($)")
    text = reader.quoted()
    if text is not None:
        return _Operand(lambda node: text)
    digits = reader.match(NUMBER)
    if digits is not None:
        number = int(digits) if re.fullmatch(r"-?\d{1,300}", digits) else float(digits)
        return _Operand(lambda node: number)
    word = reader.match(WORD)
    if word in CONSTANTS:
        constant = CONSTANTS[word]
        return _Operand(lambda node: constant)
    raise reader.error("@, a number, true, false, null or a text in quotes is expected in a filter")


def _one_value(reader: Reader, operand: _Operand) -> Callable[[Any], Any]:
    if operand.steps is not None and definite_keys(operand.steps) is None:
        raise reader.error("a comparison needs one value, and a path with * : , ? or .. can find several")
    return operand.value


def _refuse_operators(reader: Reader) -> None:
    """Operators that JSONPath has and Step Functions has not."""
    if reader.sees("=~"):
        raise reader.error("Step Functions has no regular expressions in filters")
    word = WORD.match(reader.text, reader.position)
    if word is not None:
        raise reader.error(f"Step Functions has no operator {word[0]!r} in filters, only == != < <= > >= && || !")


def _follow(node: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys:
        node = child(node, key)
        if node is ABSENT:
            break
    return node
