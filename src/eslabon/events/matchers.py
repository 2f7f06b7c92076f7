"""What one value of an event is compared with: a matcher an operator; leaves out where the value stands in the event.

AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Protocol

from eslabon.events import wildcard

Scalar = str | int | float | bool | None
Number = int | float

NUMBER_LIMIT = 5_000_000_000
DECIMALS = 1_000_000


class Matcher(Protocol):
    """Decides about one leaf value of an event."""

    def matches(self, value: Scalar) -> bool: ...


def comparable(value: Scalar) -> Number | None:
    """The number as operators compare it, or None when it is out of their reach.

    Numbers between -5e9 and 5e9 with up to six decimals are compared as numbers.

    >>> comparable(300.0)
    300.0
    >>> comparable(0.1234567) is None
    True
    >>> comparable("300") is None
    True
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not -NUMBER_LIMIT <= value <= NUMBER_LIMIT:
        return None
    # A double holds 15 digits, so six decimals survive the way there and back, and a seventh does not.
    if isinstance(value, int) or round(value * DECIMALS) / DECIMALS == value:
        return value
    return None


def identity(value: Scalar) -> Hashable:
    """A key that two values share when EventBridge takes them for equal.

    >>> identity(300) == identity(300.0)
    True
    >>> identity(True) == identity(1)
    False
    >>> identity("null") == identity(None)
    False
    """
    if isinstance(value, str):
        return value
    number = comparable(value)
    if number is not None:
        return number
    # true, false, null, and numbers that are out of reach: compared as they are written.
    return (repr(value),)


@dataclass(frozen=True)
class Exact:
    """`"running"`, `300`, `true`, `null`."""

    value: Scalar
    key: Hashable = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", identity(self.value))

    def matches(self, value: Scalar) -> bool:
        """Whether the value is this one; a number is no text, and 300 is 300.0.

        >>> Exact(300).matches(300.0), Exact("300").matches(300), Exact(None).matches(None)
        (True, False, True)
        """
        return identity(value) == self.key


@dataclass(frozen=True)
class EqualsIgnoreCase:
    """`{"equals-ignore-case": "alice"}`."""

    text: str

    def matches(self, value: Scalar) -> bool:
        """Whether the value is this text, in upper or lower case.

        >>> EqualsIgnoreCase("Peña").matches("PEÑA"), EqualsIgnoreCase("1").matches(1)
        (True, False)
        """
        return isinstance(value, str) and value.lower() == self.text.lower()


@dataclass(frozen=True)
class Prefix:
    """`{"prefix": "us-"}`, `{"prefix": {"equals-ignore-case": "us-"}}`."""

    text: str
    ignore_case: bool = False

    def matches(self, value: Scalar) -> bool:
        """Whether the value is a text that begins so.

        >>> Prefix("us-").matches("us-east-1"), Prefix("us-").matches("US-EAST-1"), Prefix("").matches(7)
        (True, False, False)
        >>> Prefix("us-", ignore_case=True).matches("US-EAST-1")
        True
        """
        if not isinstance(value, str):
            return False
        return value.lower().startswith(self.text.lower()) if self.ignore_case else value.startswith(self.text)


@dataclass(frozen=True)
class Suffix:
    """`{"suffix": ".png"}`, `{"suffix": {"equals-ignore-case": ".png"}}`."""

    text: str
    ignore_case: bool = False

    def matches(self, value: Scalar) -> bool:
        """Whether the value is a text that ends so.

        >>> Suffix(".png").matches("cat.png"), Suffix(".png").matches("cat.PNG"), Suffix("").matches(7)
        (True, False, False)
        >>> Suffix(".png", ignore_case=True).matches("cat.PNG")
        True
        """
        if not isinstance(value, str):
            return False
        return value.lower().endswith(self.text.lower()) if self.ignore_case else value.endswith(self.text)


@dataclass(frozen=True)
class Wildcard:
    """`{"wildcard": "dir/*.png"}`."""

    text: str
    tokens: tuple[wildcard.Token, ...] = field(init=False, repr=False, compare=False)
    expression: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tokens = wildcard.parse(self.text)
        object.__setattr__(self, "tokens", tokens)
        object.__setattr__(self, "expression", wildcard.expression(tokens))

    def matches(self, value: Scalar) -> bool:
        """Whether the value is a text like this one, with anything for each star.

        >>> Wildcard("dir/*.png").matches("dir/a/b.png"), Wildcard("*").matches(""), Wildcard("*").matches(7)
        (True, True, False)
        """
        return isinstance(value, str) and self.expression.fullmatch(value) is not None


@dataclass(frozen=True)
class Numeric:
    """`{"numeric": [">", 0, "<=", 5]}`: a range whose ends are `open` when the end itself is outside."""

    low: Number = -NUMBER_LIMIT
    high: Number = NUMBER_LIMIT
    low_open: bool = False
    high_open: bool = False

    def matches(self, value: Scalar) -> bool:
        """Whether the value is a number in the range, compared to six decimals.

        >>> more_than_zero = Numeric(low=0, low_open=True)
        >>> [more_than_zero.matches(value) for value in (0, 0.000001, 5_000_000_000, "1")]
        [False, True, True, False]
        """
        number = comparable(value)
        if number is None or number < self.low or number > self.high:
            return False
        return not ((self.low_open and number == self.low) or (self.high_open and number == self.high))


@dataclass(frozen=True)
class Cidr:
    """`{"cidr": "10.0.0.0/24"}`: addresses of one version between two numbers, both included."""

    text: str
    version: int
    first: int
    last: int

    def matches(self, value: Scalar) -> bool:
        """Whether the value is the text of an address in the block.

        >>> first, last = ip_address("10.0.0.0")[1], ip_address("10.0.0.255")[1]
        >>> block = Cidr("10.0.0.0/24", 4, first, last)
        >>> block.matches("10.0.0.255"), block.matches("10.0.1.0"), block.matches("somewhere")
        (True, False, False)
        """
        address = ip_address(value)
        return address is not None and address[0] == self.version and self.first <= address[1] <= self.last


@dataclass(frozen=True)
class AnythingBut:
    """`{"anything-but": …}`: the field has a value, and none of `excluded` matches it."""

    excluded: tuple[Matcher, ...]

    def matches(self, value: Scalar) -> bool:
        """Whether none of the excluded matches the value.

        >>> outside = AnythingBut((Prefix("us-"), Exact("eu-south-1")))
        >>> outside.matches("eu-west-1"), outside.matches("eu-south-1"), outside.matches(None)
        (True, False, True)
        """
        return not any(matcher.matches(value) for matcher in self.excluded)


@dataclass(frozen=True)
class Exists:
    """`{"exists": true}` accepts every leaf value, null too; `{"exists": false}` none: it wants no leaf."""

    wanted: bool

    def matches(self, value: Scalar) -> bool:  # every leaf is as good as another
        """Whether a value is wanted at all.

        >>> Exists(True).matches(None), Exists(False).matches(None)
        (True, False)
        """
        return self.wanted


def ip_address(value: Scalar) -> tuple[int, int] | None:
    """The version and the number of an IP address, or None when the value is none.

    >>> ip_address("10.0.0.1")
    (4, 167772161)
    >>> ip_address("::1")
    (6, 1)
    >>> ip_address("10.0.0.256") is None
    True
    """
    if not isinstance(value, str):
        return None
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    return address.version, int(address)
