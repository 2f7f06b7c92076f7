"""What `explain` says of a pattern and an event: the verdict and the field that decides, in both languages."""

from __future__ import annotations

import json
import re
from string import Formatter
from typing import Any

import pytest

from eslabon.events.explain import explain
from eslabon.events.pattern import InvalidPattern, compile_pattern
from eslabon.events.wording import SENTENCES

LANGUAGES = sorted(SENTENCES)


def said(pattern: Any, event: dict[str, Any], language: str = "en") -> str:
    return str(explain(pattern, event, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("pattern", "event", "points_at"),
    [
        ({"source": ["shop"]}, {"source": "bank"}, "$.source"),
        ({"source": ["shop"]}, {}, "$.source"),
        ({"detail": {"order": {"total": [1]}}}, {"detail": {"total": 1}}, "$.detail.order"),
        ({"a": {"b": {"a": [1]}}}, {"a": {}}, "$.a.b"),
        ({"resources": ["a"]}, {"resources": []}, "$.resources"),
        ({"detail": [{"exists": True}]}, {"detail": {"a": 1}}, "$.detail"),
    ],
)
def test_the_caret_stands_below_the_step_that_decides(
    pattern: Any, event: dict[str, Any], points_at: str, language: str
) -> None:
    _, path, carets, *_ = said(pattern, event, language).splitlines()
    mark = re.search(r"\^+", carets)
    assert mark is not None
    assert path[2 : mark.end()] == points_at
    assert path[mark.start() : mark.end()] == points_at.rsplit(".", 1)[1]


@pytest.mark.parametrize(
    ("pattern", "event", "hint"),
    [
        ({"a": ["Running"]}, {"a": "running"}, "Upper and lower case count"),
        ({"a": ["x"]}, {"a": "x "}, "spaces"),
        ({"a": [300]}, {"a": "300"}, 'compare "300" with 300'),
        ({"a": ["300"]}, {"a": 300}, 'compare 300 with "300"'),
        ({"detail": {"State": ["x"]}}, {"detail": {"state": "x"}}, "The event does have $.detail.state."),
        ({"detail": {"custmer": ["x"]}}, {"detail": {"customer": "x"}}, "The event does have $.detail.customer."),
        ({"detail": {"a": ["x"]}}, {"detail": '{"a": "x"}'}, "$.detail is a text, not an object"),
        ({"a": {"x": [1], "y": [2]}}, {"a": [{"x": 1}, {"y": 2}]}, "not in one and the same element"),
    ],
)
def test_the_usual_mistakes_get_a_hint(pattern: Any, event: dict[str, Any], hint: str) -> None:
    assert hint in said(pattern, event)


def test_only_the_fields_that_are_not_met_are_listed() -> None:
    explanation = explain(
        {"source": ["shop"], "detail": {"total": [{"numeric": [">", 5]}]}}, {"source": "shop", "detail": {"total": 5}}
    )
    assert [field.path for field in explanation.fields] == ["$.detail.total"]
    assert explanation.fields[0].sentence == "$.detail.total is 5, but the pattern wants a number > 5."


def test_a_match_lists_every_field_and_the_value_that_decided() -> None:
    pattern = {"resources": ["b"], "source": [{"prefix": "sh"}]}
    explanation = explain(pattern, {"source": "shop", "resources": ["a", "b"]})
    assert explanation.matched
    assert [field.sentence for field in explanation.fields] == [
        '$.resources is "b"; the pattern wants "b".',
        '$.source is "shop"; the pattern wants a text that begins with "sh".',
    ]


def test_of_alternatives_the_nearest_is_explained() -> None:
    pattern = {"$or": [{"a": [1], "b": [1], "c": [1]}, {"a": [2], "d": [1]}]}
    explanation = explain(pattern, {"a": 2, "d": 3})
    assert [field.path for field in explanation.fields] == ["$.d"]
    assert "2 alternatives" in explanation.headline


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "matcher",
    [
        "x",
        1,
        None,
        True,
        {"prefix": "a"},
        {"prefix": {"equals-ignore-case": "a"}},
        {"suffix": "a"},
        {"wildcard": "a*"},
        {"equals-ignore-case": "a"},
        {"numeric": ["=", 7]},
        {"numeric": [">", 7]},
        {"numeric": ["<=", -7]},
        {"numeric": [">=", 7, "<", 8]},
        {"cidr": "10.0.0.0/8"},
        {"exists": True},
        {"anything-but": "y"},
        {"anything-but": [1, 2]},
        {"anything-but": {"wildcard": ["a*", "b*"]}},
    ],
)
def test_every_operator_has_words(matcher: Any, language: str) -> None:
    explanation = explain({"a": [matcher]}, {"a": "y"}, language)
    assert explanation.matched == compile_pattern(f'{{"a": [{json.dumps(matcher)}]}}').matches({"a": "y"})
    text = str(explanation)
    assert "{" not in text and "}" not in text


def test_a_long_list_of_values_is_cut() -> None:
    assert "and" not in said({"a": list(range(20))}, {"a": "x"})
    assert "0, 1, 2, 3, 4 or 15 more" in said({"a": list(range(20))}, {"a": "x"})


def test_both_languages_say_the_same_with_the_same_gaps() -> None:
    def gaps(sentence: str) -> list[str | None]:
        return sorted(name or "" for _, name, _, _ in Formatter().parse(sentence) if name is not None)

    english, spanish = SENTENCES["en"], SENTENCES["es"]
    assert english.keys() == spanish.keys()
    for name in english:
        assert gaps(english[name]) == gaps(spanish[name]), name


def test_a_bad_pattern_and_an_unknown_language_are_errors() -> None:
    with pytest.raises(InvalidPattern):
        explain({"a": 1}, {})
    with pytest.raises(KeyError):
        explain({"a": [1]}, {}, language="fr")
