"""The index of a bus's rules finds what trying each rule finds, on random rules and events."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.events.index import PatternIndex
from eslabon.events.pattern import InvalidPattern, Pattern, compile_pattern

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

# Few names, few values: collisions are what tests.
NAMES = st.sampled_from(["a", "b", "c", "a.b"])
TEXTS = st.sampled_from(["", "a", "A", "ab", "aB", "abc", "bca", "ca*", "10.0.0.7", "10.0.0.200", "::1", "é", "É"])
NUMBERS = st.sampled_from([0, 1, -1, 1.0, 1.5, 2, 2.000001, 2.0000001, 5e9, 5_000_000_001, 10**12, -0.0])
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
IN_REACH = st.sampled_from([-1, 0, 1, 1.5, 2, 2.000001])


def operator(name: str, operand: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return operand.map(lambda value: {name: value})


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.lists(values, min_size=1, max_size=3))


IGNORING_CASE = operator("equals-ignore-case", TEXTS)
FILLED = TEXTS.filter(bool)
WILDCARDS = st.sampled_from(["*", "a*", "*a", "*b*", "a*c", "*bc*a*", "ca\\*", "abc", "*é", "**"])
RANGES = st.one_of(
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), IN_REACH).map(list),
    st.tuples(st.sampled_from([">", ">="]), IN_REACH, st.sampled_from(["<", "<="]), IN_REACH).map(list),
)
MATCHERS = st.one_of(
    SCALARS,
    operator("exists", st.booleans()),
    operator("prefix", st.one_of(TEXTS, IGNORING_CASE)),
    operator("suffix", st.one_of(TEXTS, IGNORING_CASE)),
    IGNORING_CASE,
    operator("wildcard", WILDCARDS),
    operator("numeric", RANGES),
    operator("cidr", st.sampled_from(["10.0.0.0/24", "10.0.0.128/25", "::/64"])),
    operator("anything-but", st.one_of(one_or_more(TEXTS), one_or_more(IN_REACH))),
    operator("anything-but", operator("prefix", one_or_more(FILLED))),
    operator("anything-but", operator("suffix", one_or_more(FILLED))),
    operator("anything-but", operator("equals-ignore-case", one_or_more(TEXTS))),
    operator("anything-but", operator("wildcard", one_or_more(WILDCARDS))),
)
FIELD = st.lists(MATCHERS, min_size=1, max_size=3)


def objects(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    alternatives = st.lists(st.dictionaries(NAMES, children, min_size=1, max_size=2), min_size=2, max_size=3)
    plain = st.dictionaries(NAMES, children, min_size=1, max_size=3)
    return st.one_of(plain, st.builds(lambda fields, either: {**fields, "$or": either}, plain, alternatives))


PATTERNS = objects(st.recursive(FIELD, objects, max_leaves=4))
EVENTS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
        max_leaves=8,
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


@settings(max_examples=300, deadline=None)
@given(st.lists(PATTERNS, max_size=12), st.lists(EVENTS, min_size=1, max_size=5))
def test_the_index_agrees_with_trying_each_rule(patterns: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    rules = compiled(patterns)
    index: PatternIndex[int] = PatternIndex()
    for number, rule in enumerate(rules):
        index.add(number, rule)
    for event in events:
        assert index.matching(event) == [number for number, rule in enumerate(rules) if rule.matches(event)]


@settings(max_examples=150, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=8), st.data())
def test_rules_that_come_and_go_leave_nothing_behind(patterns: list[dict[str, Any]], data: st.DataObject) -> None:
    rules = dict(enumerate(compiled(patterns)))
    index: PatternIndex[int] = PatternIndex()
    present: list[int] = []
    for step in data.draw(st.lists(st.sampled_from(sorted(rules) or [-1]), max_size=20)):
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
