"""The index of a bus's rules finds what trying each rule finds, on random rules and events."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.events.index import PatternIndex
from eslabon.events.pattern import InvalidPattern, Pattern, compile_pattern

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

# Few names and few values, so that rules and events meet often.
NAMES = st.sampled_from(["a", "b", "c", "a.b"])
TEXTS = ["", "a", "A", "ab", "aB", "abc", "bca", "ca*", "10.0.0.7", "10.0.0.200", "::1", "é", "É"]
NUMBERS = [0, 1, -1, 1.0, 1.5, 2, 2.000001, 2.0000001, 5e9, 5_000_000_001, 10**12, -0.0]
SCALARS = [*TEXTS, *NUMBERS, True, False, None]
WILDCARDS = ["*", "a*", "*a", "*b*", "a*c", "*bc*a*", "ca\\*", "abc", "*é"]
LIMITS = [-1, 0, 1, 1.5, 2]
IGNORING_CASE = [{"equals-ignore-case": text} for text in TEXTS]


def one_or_two(values: list[Any]) -> list[Any]:
    """Each value alone, and in a list with the next one."""
    return [*values, *([one, two] for one, two in pairwise(values))]


OPERANDS: dict[str, list[Any]] = {
    "exists": [True, False],
    "prefix": [*TEXTS, *IGNORING_CASE],
    "suffix": [*TEXTS, *IGNORING_CASE],
    "equals-ignore-case": TEXTS,
    "wildcard": WILDCARDS,
    "numeric": [
        *([operator, limit] for operator in ("=", "<", "<=", ">", ">=") for limit in LIMITS),
        *([low, 0, high, limit] for low in (">", ">=") for high in ("<", "<=") for limit in (1, 2)),
    ],
    "cidr": ["10.0.0.0/24", "10.0.0.128/25", "::/64"],
    "anything-but": [
        *one_or_two(TEXTS),
        *one_or_two(LIMITS),
        *({"prefix": texts} for texts in one_or_two(TEXTS[1:])),
        *({"suffix": texts} for texts in one_or_two(TEXTS[1:])),
        *({"equals-ignore-case": texts} for texts in one_or_two(TEXTS)),
        *({"wildcard": texts} for texts in one_or_two(WILDCARDS)),
    ],
}
OPERATORS = st.sampled_from(sorted(OPERANDS)).flatmap(
    lambda name: st.sampled_from(OPERANDS[name]).map(lambda operand: {name: operand})
)
FIELDS = st.lists(st.one_of(st.sampled_from(SCALARS), OPERATORS), min_size=1, max_size=3)
PLAIN = st.dictionaries(
    NAMES, st.one_of(FIELDS, st.dictionaries(NAMES, FIELDS, min_size=1, max_size=2)), min_size=1, max_size=3
)
PATTERNS = st.one_of(
    PLAIN,
    PLAIN,
    st.builds(lambda fields, either: {**fields, "$or": either}, PLAIN, st.lists(PLAIN, min_size=2, max_size=3)),
)
EVENTS = st.dictionaries(
    NAMES,
    st.recursive(
        st.sampled_from(SCALARS),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
        max_leaves=6,
    ),
    max_size=3,
)


def compiled(patterns: list[dict[str, Any]]) -> list[Pattern]:
    """The patterns that EventBridge accepts."""
    accepted = []
    for pattern in patterns:
        try:
            accepted.append(compile_pattern(json.dumps(pattern)))
        except InvalidPattern:
            continue
    return accepted


def test_the_index_agrees_about_every_operand_and_every_value() -> None:
    index: PatternIndex[int] = PatternIndex()
    operations = [{name: operand} for name, operands in OPERANDS.items() for operand in operands]
    rules = [compile_pattern(json.dumps({"a": [matcher]})) for matcher in [*operations, *SCALARS]]
    for number, rule in enumerate(rules):
        index.add(number, rule)
    for value in [*SCALARS, "a-c", "aXbcXa", "ac", "[]", [], {}, ["ab", "x"]]:
        event = {"a": value}
        assert index.matching(event) == [number for number, rule in enumerate(rules) if rule.matches(event)]


@settings(max_examples=200, deadline=None)
@given(st.lists(PATTERNS, max_size=8), st.lists(EVENTS, min_size=1, max_size=3))
def test_the_index_agrees_with_trying_each_rule(patterns: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    rules = compiled(patterns)
    index: PatternIndex[int] = PatternIndex()
    for number, rule in enumerate(rules):
        index.add(number, rule)
    for event in events:
        assert index.matching(event) == [number for number, rule in enumerate(rules) if rule.matches(event)]


@settings(max_examples=60, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=8), st.data())
def test_rules_that_come_and_go_leave_nothing_behind(patterns: list[dict[str, Any]], data: st.DataObject) -> None:
    rules = dict(enumerate(compiled(patterns)))
    index: PatternIndex[int] = PatternIndex()
    present: list[int] = []
    for step in data.draw(st.lists(st.sampled_from(sorted(rules) or [-1]), max_size=12)):
        if step not in rules:
            continue
        if step in present:
            index.remove(step)
            present.remove(step)
        else:
            index.add(step, rules[step])
            present.append(step)
        event = data.draw(EVENTS)
        assert index.matching(event) == [number for number in present if rules[number].matches(event)]
    for number in present:
        index.remove(number)
    assert len(index) == 0
    assert index.matching(data.draw(EVENTS)) == []
    assert index._paths == {} and index._ways == {} and index._homeless == 0


@settings(max_examples=100, deadline=None)
@given(PATTERNS, EVENTS)
def test_a_pattern_matches_the_same_whether_laid_flat_in_part_or_whole(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    for rule in compiled([pattern]):
        index: PatternIndex[str] = PatternIndex()
        index.add("rule", rule)
        assert bool(index.matching(event)) == rule.matches(event)


def test_matches_come_in_the_order_in_which_rules_were_added() -> None:
    index: PatternIndex[str] = PatternIndex()
    everything = compile_pattern('{"source": ["shop"]}')
    for key in ("third", "first", "second"):
        index.add(key, everything)
    index.remove("third")
    index.add("last", everything)  # takes the place in memory that "third" left, but not its turn
    assert index.matching({"source": "shop"}) == ["first", "second", "last"]


def test_removing_a_rule_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        PatternIndex().remove("orders")


def test_several_anything_but_of_one_field_exclude_nothing() -> None:
    index: PatternIndex[str] = PatternIndex()
    index.add("rule", compile_pattern('{"state": [{"anything-but": "on"}, {"anything-but": "off"}]}'))
    assert index.matching({"state": "on"}) == ["rule"]


def test_ten_thousand_rules_leave_few_candidates() -> None:
    from event_index import EVENT, HIT, index_of, rules

    tried = []
    index = index_of(rules(10_000))
    import eslabon.events.index as module

    original = module.meets_all
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "meets_all", lambda *arguments: tried.append(arguments) or original(*arguments))
        assert len(index.matching(EVENT)) == HIT
    assert len(tried) == HIT
