"""Which of many matchers of one field accept a value, without trying each; leaves out paths and what rules then do.

A table may return a rule too many (a wildcard is found by its longest literal text) but never one too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from eslabon.events.lookups import Ranges, Rules, Slices, anywhere, beginning, difference, ending, set_rule
from eslabon.events.matchers import (
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Matcher,
    Numeric,
    Prefix,
    Scalar,
    Suffix,
    Wildcard,
    comparable,
    identity,
    ip_address,
)
from eslabon.events.wildcard import literals


class FieldTable:
    """All that many rules say of one field.

    >>> table = FieldTable()
    >>> table.set([Prefix("us-")], 0b001, True)
    >>> table.set([AnythingBut((Exact("us-east-1"),))], 0b010, True)
    >>> table.set([Exact("eu-west-1")], 0b100, True)
    >>> [bin(table.find(region)) for region in ("us-east-1", "us-west-2", "eu-west-1")]
    ['0b1', '0b11', '0b110']
    """

    def __init__(self) -> None:
        self._equal: dict[Hashable, Rules] = {}
        self._equal_lower: dict[str, Rules] = {}
        self._prefixes, self._prefixes_lower = Slices(beginning), Slices(beginning)
        self._suffixes, self._suffixes_lower = Slices(ending), Slices(ending)
        self._contents = Slices(anywhere)
        self._numbers = Ranges()
        self._addresses: dict[int, Ranges] = defaultdict(Ranges)
        self._any_value: dict[None, Rules] = {}
        self._anything_but: dict[None, Rules] = {}
        self._excluded: FieldTable | None = None

    def set(self, matchers: Sequence[Matcher], rule: Rules, present: bool) -> None:
        """Add the matchers of a rule, one of which must accept, or take them out again.

        >>> table = FieldTable()
        >>> table.set([Exact("a"), Prefix("b")], 0b1, True)
        >>> table.find("a"), table.find("bc"), table.find("c")
        (1, 1, 0)
        >>> table.set([Exact("a"), Prefix("b")], 0b1, False)
        >>> table.find("a")
        0
        """
        exclusions = [matcher for matcher in matchers if isinstance(matcher, AnythingBut)]
        if len(exclusions) == 1:
            self._set_exclusion(exclusions[0], rule, present)
        elif exclusions:
            # What one of several excludes another may accept.
            set_rule(self._any_value, None, rule, present)
        for matcher in matchers:
            self._set_one(matcher, rule, present)

    def _set_exclusion(self, matcher: AnythingBut, rule: Rules, present: bool) -> None:
        set_rule(self._anything_but, None, rule, present)
        self._excluded = self._excluded or FieldTable()
        # What is found by a part of its text only must not exclude: such a rule stays a candidate.
        certain = [inner for inner in matcher.excluded if not isinstance(inner, Wildcard) or _has_one_text(inner)]
        self._excluded.set(certain, rule, present)

    def _set_one(self, matcher: Matcher, rule: Rules, present: bool) -> None:
        match matcher:
            case Exact():
                set_rule(self._equal, matcher.key, rule, present)
            case EqualsIgnoreCase(text):
                set_rule(self._equal_lower, text.lower(), rule, present)
            case Prefix(text, ignore_case=False):
                self._prefixes.set(text, rule, present)
            case Prefix(text, ignore_case=True):
                self._prefixes_lower.set(text.lower(), rule, present)
            case Suffix(text, ignore_case=False):
                self._suffixes.set(text, rule, present)
            case Suffix(text, ignore_case=True):
                self._suffixes_lower.set(text.lower(), rule, present)
            case Wildcard():
                self._set_wildcard(matcher, rule, present)
            case Numeric(low, high, low_open, high_open):
                self._numbers.set(low, high, low_open, high_open, rule, present)
            case Cidr():
                addresses = self._addresses[matcher.version]
                addresses.set(matcher.first, matcher.last, False, False, rule, present)
            case Exists(wanted=True):
                set_rule(self._any_value, None, rule, present)

    def _set_wildcard(self, matcher: Wildcard, rule: Rules, present: bool) -> None:
        texts = literals(matcher.tokens)
        longest = max(texts, key=len)
        if not longest:
            set_rule(self._any_value, None, rule, present)
        elif longest == texts[0]:
            self._prefixes.set(longest, rule, present)
        elif longest == texts[-1]:
            self._suffixes.set(longest, rule, present)
        else:
            self._contents.set(longest, rule, present)

    def find(self, value: Scalar) -> Rules:
        """The rules of which a matcher may accept this value.

        >>> table = FieldTable()
        >>> table.set([Exists(True)], 0b01, True)
        >>> table.set([Wildcard("*long*no*")], 0b10, True)
        >>> table.find(None), table.find("no"), table.find("along")  # the last only may match
        (1, 1, 3)
        """
        rules = self._equal.get(identity(value), 0)
        if self._any_value:
            rules |= self._any_value[None]
        if isinstance(value, str):
            rules = self._find_text(value, rules)
        else:
            number = comparable(value)
            if number is not None:
                rules |= self._numbers.find(number)
        if self._anything_but:
            excluded = self._excluded.find(value) if self._excluded else 0
            rules |= difference(self._anything_but[None], excluded)
        return rules

    def _find_text(self, value: str, rules: Rules) -> Rules:
        for table in (self._prefixes, self._suffixes, self._contents):
            if table:
                rules |= table.find(value)
        if self._equal_lower or self._prefixes_lower or self._suffixes_lower:
            lower = value.lower()
            rules |= self._equal_lower.get(lower, 0)
            rules |= self._prefixes_lower.find(lower) | self._suffixes_lower.find(lower)
        if self._addresses:
            address = ip_address(value)
            if address is not None:
                rules |= self._addresses[address[0]].find(address[1])
        return rules


def _has_one_text(matcher: Wildcard) -> bool:
    """Whether a wildcard has stars at its ends only, and at least one, so that its text alone decides."""
    texts = literals(matcher.tokens)
    return len(texts) > 1 and sum(map(bool, texts)) == 1
