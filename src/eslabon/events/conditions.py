"""One event against the conditions of one pattern, with the rule on arrays; leaves out how conditions are written.

AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eslabon.events.matchers import Exists, Matcher, Scalar

ArrayPlaces = tuple[tuple[int, int], ...]
"""The arrays of objects that a leaf stands in, as (number of the array in the event, position of the element)."""


@dataclass
class Fields:
    """An event laid flat: path -> its leaf values and, when one stands in arrays of objects, the places of all."""

    values: dict[str, list[Scalar]] = field(default_factory=dict)
    places: dict[str, list[ArrayPlaces]] = field(default_factory=dict)

    def add(self, path: str, value: Scalar, places: ArrayPlaces) -> None:
        """Add one leaf, and where it stands when that is in arrays of objects.

        >>> fields = Fields()
        >>> fields.add("items.sku", "a", ((1, 0),))
        >>> fields.add("items.sku", "b", ((1, 1),))
        >>> fields
        Fields(values={'items.sku': ['a', 'b']}, places={'items.sku': [((1, 0),), ((1, 1),)]})
        """
        values = self.values.get(path)
        if values is None:
            values = self.values[path] = []
        if places or path in self.places:
            self.places.setdefault(path, [()] * len(values)).append(places)
        values.append(value)


@dataclass(frozen=True)
class Condition:
    """What a pattern says of one field: the path and the matchers, one of which must accept."""

    path: str
    matchers: tuple[Matcher, ...]

    def accepts(self, value: Scalar) -> bool:
        """Whether one of the matchers accepts this leaf value.

        >>> from eslabon.events.matchers import Exact, Prefix
        >>> region = Condition("region", (Exact("local"), Prefix("us-")))
        >>> region.accepts("us-east-1"), region.accepts("eu-south-1")
        (True, False)
        """
        for matcher in self.matchers:  # the inner loop of all matching
            if matcher.matches(value):
                return True
        return False

    @property
    def accepts_absence(self) -> bool:
        """Whether the field may be missing: one matcher is `{"exists": false}`."""
        return any(isinstance(matcher, Exists) and not matcher.wanted for matcher in self.matchers)


Alternative = tuple[Condition, ...]
"""Conditions that must all be met, ordered by path."""


def flatten(event: Mapping[str, Any], wanted: Container[str] | None = None) -> Fields:
    """Lay an event flat; with `wanted`, only what stands at these paths, which must include the ways to them.

    >>> flatten({"detail": {"id": 7, "tags": ["new", "gift"]}}).values
    {'detail.id': [7], 'detail.tags': ['new', 'gift']}
    >>> flatten({"detail": {"id": 7, "tags": ["new", "gift"]}}, wanted={"detail", "detail.id"}).values
    {'detail.id': [7]}
    >>> flatten({"items": [{"sku": "a"}, {"sku": "b"}]})
    Fields(values={'items.sku': ['b', 'a']}, places={'items.sku': [((1, 1),), ((1, 0),)]})
    >>> flatten({"resources": []}).values
    {}
    """
    fields = Fields()
    arrays = 0
    # A stack of its own, because events may be nested 1,000 levels deep. What it holds: how the paths of an object's
    # members begin, or the path of a list; the object or list; its places.
    pending: list[tuple[str, Any, ArrayPlaces]] = [("", dict(event), ())]
    while pending:
        start, node, places = pending.pop()
        if isinstance(node, dict):
            for name, item in node.items():
                path = start + name
                if wanted is not None and path not in wanted:
                    continue
                if isinstance(item, (dict, list)):
                    pending.append((_start(path, item), item, places))
                else:
                    fields.add(path, item, places)
        else:
            arrays += 1
            for position, item in enumerate(node):
                # An element that is no object gets no place of its own: the elements of a list of values are one field.
                if isinstance(item, (dict, list)):
                    pending.append((_start(start, item), item, (*places, (arrays, position))))
                else:
                    fields.add(start, item, places)
    return fields


def _start(path: str, node: dict[str, Any] | list[Any]) -> str:
    return f"{path}." if isinstance(node, dict) else path


def meets_all(alternative: Alternative, fields: Fields) -> bool:
    """Whether an event meets all conditions, with leaves of the same element wherever they share an array.

    >>> from eslabon.events.pattern import compile_pattern
    >>> [anna] = compile_pattern('{"employees": {"name": ["Anna"], "city": ["Lima"]}}').alternatives
    >>> meets_all(anna, flatten({"employees": [{"name": "Anna", "city": "Lima"}]}))
    True
    >>> meets_all(anna, flatten({"employees": [{"name": "Anna"}, {"city": "Lima"}]}))
    False
    """
    in_arrays: list[Condition] = []
    for condition in alternative:
        values = fields.values.get(condition.path)
        if values is None:
            if not condition.accepts_absence:
                return False
        elif condition.path in fields.places:
            in_arrays.append(condition)
        elif not any(map(condition.accepts, values)):
            return False
    return not in_arrays or _consistent(in_arrays, fields)


def _consistent(conditions: Sequence[Condition], fields: Fields) -> bool:
    """Search for one leaf a condition, no two of them in different elements of the same array.

    Conditions are tried in the order of their paths, as EventBridge does: a missing field is missing from the elements
    chosen so far.
    """
    ahead = _arrays_ahead(conditions, fields)
    tried: set[tuple[int, frozenset[tuple[int, int]]]] = set()

    def search(position: int, chosen: dict[int, int]) -> bool:
        if position == len(conditions):
            return True
        # Only a choice in an array that lies ahead can still contradict; nothing is searched twice from the same one.
        chosen = {array: element for array, element in chosen.items() if array in ahead[position]}
        state = position, frozenset(chosen.items())
        if state in tried:
            return False
        tried.add(state)
        condition = conditions[position]
        path = condition.path
        leaves = [
            (value, places)
            for value, places in zip(fields.values[path], fields.places[path], strict=True)
            if all(chosen.get(array, element) == element for array, element in places)
        ]
        if not leaves:
            return condition.accepts_absence and search(position + 1, chosen)
        return any(condition.accepts(value) and search(position + 1, chosen | dict(places)) for value, places in leaves)

    return search(0, {})


def _arrays_ahead(conditions: Sequence[Condition], fields: Fields) -> list[set[int]]:
    """For each condition, the arrays that its leaves or those of later conditions stand in."""
    ahead: list[set[int]] = []
    arrays: set[int] = set()
    for condition in reversed(conditions):
        arrays = arrays | {array for places in fields.places[condition.path] for array, _ in places}
        ahead.append(arrays)
    return ahead[::-1]
