"""The rules of a bus that match an event, found without trying each rule; leaves out what a rule does then.

For each path that rules mention stands a table that says which of them accept a value there. A rule is a candidate when
its home, the path it needs that fewest other rules need, has a value that it accepts, and no other value of the event
contradicts. Candidates, usually the matches alone, are then checked in full.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from eslabon.events.conditions import Alternative, flatten, meets_all
from eslabon.events.lookups import Rules, changed, difference
from eslabon.events.pattern import Pattern
from eslabon.events.tables import FieldTable

Key = TypeVar("Key", bound=Hashable)


@dataclass
class Path:
    """What the rules say of one path: who mentions it, who may miss it, whose home it is, who accepts which value."""

    mentions: Rules = 0
    optional: Rules = 0
    at_home: Rules = 0
    users: int = 0
    table: FieldTable = field(default_factory=FieldTable)


@dataclass(frozen=True)
class Entry(Generic[Key]):
    """One alternative of a rule: `key` names the rule, `order` says when it came."""

    key: Key
    order: int
    alternative: Alternative
    home: str | None


class PatternIndex(Generic[Key]):
    """Patterns by key, asked which of them match an event.

    >>> from eslabon.events.pattern import compile_pattern
    >>> index = PatternIndex()
    >>> index.add("orders", compile_pattern('{"source": ["shop"]}'))
    >>> index.add("large", compile_pattern('{"detail": {"total": [{"numeric": [">", 100]}]}}'))
    >>> index.matching({"source": "shop", "detail": {"total": 250}})
    ['orders', 'large']
    >>> index.remove("orders")
    >>> index.matching({"source": "shop", "detail": {"total": 20}})
    []
    """

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self._ways: dict[str, int] = {}  # every beginning of a path that rules mention, and how many mention it
        self._homeless: Rules = 0  # rules that need no path at all: all their fields may be missing
        self._entries: list[Entry[Key] | None] = []
        self._free: list[int] = []
        self._numbers: dict[Key, list[int]] = {}
        self._added = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def add(self, key: Key, pattern: Pattern) -> None:
        """Add a pattern under a new key; raises KeyError when the key is in use.

        >>> from eslabon.events.pattern import compile_pattern
        >>> index = PatternIndex()
        >>> index.add("orders", compile_pattern('{"source": ["shop"]}'))
        >>> index.add("orders", compile_pattern('{"source": ["shop"]}'))
        Traceback (most recent call last):
        KeyError: 'orders'
        """
        if key in self._numbers:
            raise KeyError(key)
        self._added += 1
        self._numbers[key] = [self._add(key, alternative) for alternative in pattern.alternatives]

    def _add(self, key: Key, alternative: Alternative) -> int:
        for condition in alternative:
            self._paths.setdefault(condition.path, Path())
        needed = [condition.path for condition in alternative if not condition.accepts_absence]
        home = min(needed, key=lambda path: self._paths[path].users, default=None)
        entry = Entry(key, self._added, alternative, home)
        if self._free:
            number = self._free.pop()
            self._entries[number] = entry
        else:
            number = len(self._entries)
            self._entries.append(entry)
        self._set(number, entry, present=True)
        return number

    def remove(self, key: Key) -> None:
        """Remove a pattern; raises KeyError when there is none under this key.

        >>> from eslabon.events.pattern import compile_pattern
        >>> index = PatternIndex()
        >>> index.add("orders", compile_pattern('{"source": ["shop"]}'))
        >>> index.remove("orders")
        >>> index.remove("orders")
        Traceback (most recent call last):
        KeyError: 'orders'
        """
        for number in self._numbers.pop(key):
            entry = self._entries[number]
            assert entry is not None
            self._set(number, entry, present=False)
            self._entries[number] = None
            self._free.append(number)

    def _set(self, number: int, entry: Entry[Key], present: bool) -> None:
        rule = 1 << number
        for condition in entry.alternative:
            self._set_ways(condition.path, present)
            path = self._paths[condition.path]
            path.users += 1 if present else -1
            if condition.accepts_absence:
                path.optional = changed(path.optional, rule, present)
            path.mentions = changed(path.mentions, rule, present)
            if condition.path == entry.home:
                path.at_home = changed(path.at_home, rule, present)
            path.table.set(condition.matchers, rule, present)
            if not path.users:
                del self._paths[condition.path]
        if entry.home is None:
            self._homeless = changed(self._homeless, rule, present)

    def _set_ways(self, path: str, present: bool) -> None:
        steps = path.split(".")
        for length in range(1, len(steps) + 1):
            way = ".".join(steps[:length])
            count = self._ways.get(way, 0) + (1 if present else -1)
            if count:
                self._ways[way] = count
            else:
                del self._ways[way]

    def matching(self, event: Mapping[str, Any]) -> list[Key]:
        """The keys of all patterns that match the event, in the order in which they were added.

        >>> from eslabon.events.pattern import compile_pattern
        >>> index = PatternIndex()
        >>> index.add("shop", compile_pattern('{"source": ["shop"]}'))
        >>> index.add("not test", compile_pattern('{"stage": [{"anything-but": "test"}, {"exists": false}]}'))
        >>> index.matching({"source": "shop"}), index.matching({"source": "shop", "stage": "test"})
        (['shop', 'not test'], ['shop'])
        """
        fields = flatten(event, self._ways)
        candidates = self._homeless
        contradicted = 0
        for name, values in fields.values.items():
            path = self._paths.get(name)
            if path is None:
                continue
            accepting = 0
            for value in values:
                accepting |= path.table.find(value)
            candidates |= path.at_home & accepting
            # What is there in one element of a list may be missing in another.
            may_miss = path.optional if name in fields.places else 0
            contradicted |= difference(path.mentions, accepting | may_miss)
        matched: dict[int, Key] = {}
        for number in _rule_numbers(difference(candidates, contradicted)):
            entry = self._entries[number]
            if entry is not None and entry.order not in matched and meets_all(entry.alternative, fields):
                matched[entry.order] = entry.key
        return [matched[order] for order in sorted(matched)]


def _rule_numbers(rules: Rules) -> list[int]:
    """The numbers of the rules in a set, the highest first.

    >>> _rule_numbers(0b1010)
    [3, 1]
    """
    numbers = []
    while rules:
        number = rules.bit_length() - 1
        numbers.append(number)
        rules ^= 1 << number
    return numbers
