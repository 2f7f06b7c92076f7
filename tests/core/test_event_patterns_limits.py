"""What EventBridge refuses because it is too much: wildcards, size, alternatives; and what stays fast on bad input."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from eslabon.events.conditions import flatten
from eslabon.events.pattern import InvalidEvent, InvalidPattern, check_event, compile_pattern
from eslabon.events.wildcard import is_too_complex, parse

TOO_COMPLEX = (
    "Event pattern is not valid. Reason: Rule is too complex - try using fewer wildcard characters"
    " or fewer repeating character sequences after a wildcard character"
)


def compile_json(pattern: Any) -> None:
    compile_pattern(json.dumps(pattern))


# Rules that users of EventBridge report as refused, and those that they put in their place; AWS publishes no measure.
@pytest.mark.parametrize(
    "wildcards",
    [
        ["*:*:*:*:*:event-bus/*"],
        ["*/datasync/*.bif", "*/datasync/*.tif", "*/datasync/*.tiff", "*/datasync/*.svs"],
        ["*:stack/NetworkStack/*", "*:stack/SharedStack/*", "*:stack/DataStack/*", "*:stack/MonitoringStack/*"],
    ],
)
def test_a_field_with_too_complex_wildcards_is_refused(wildcards: list[str]) -> None:
    with pytest.raises(InvalidPattern) as refused:
        compile_json({"detail": {"key": [{"wildcard": text} for text in wildcards]}})
    assert str(refused.value).split("\n")[0] == TOO_COMPLEX
    with pytest.raises(InvalidPattern):
        compile_json({"detail": {"key": [{"anything-but": {"wildcard": wildcards}}]}})


@pytest.mark.parametrize(
    "wildcards",
    [
        ["*/datasync/*.bif", "*/datasync/*.tif"],
        ["*.bif", "*.tiff", "*.tif", "*.svs"],
        ["*:stack/NetworkStack/*", "*:stack/SharedStack/*", "*:stack/DataStack/*"],
        ["arn:aws:events:us-east-1:*:event-bus/*"],
    ],
)
def test_simpler_wildcards_are_accepted(wildcards: list[str]) -> None:
    compile_json({"detail": {"key": [{"wildcard": text} for text in wildcards]}})


def test_wildcards_of_different_fields_do_not_add_up() -> None:
    pattern = {"detail": {name: [{"wildcard": "*:stack/Network/*"}, {"wildcard": "*:stack/Data/*"}] for name in "abc"}}
    compile_json(pattern)


def test_measuring_wildcards_ends_soon_however_long_they_are() -> None:
    started = time.perf_counter()
    is_too_complex([parse("*".join("abcdefgh" * 20))])
    is_too_complex([parse(f"*{'ab' * 800}c")])
    assert time.perf_counter() - started < 5


def test_matching_a_wildcard_takes_time_in_proportion_to_the_value() -> None:
    pattern = compile_pattern('{"a": [{"wildcard": "*a*b*c*"}]}')
    started = time.perf_counter()
    assert not pattern.matches({"a": "ab" * 50_000})
    assert time.perf_counter() - started < 5


def test_a_pattern_has_2048_characters_unless_the_quota_says_otherwise() -> None:
    def of_length(length: int) -> str:
        return '{"a": ["%s"]}' % ("x" * (length - len('{"a": [""]}')))

    compile_pattern(of_length(2048))
    with pytest.raises(InvalidPattern):
        compile_pattern(of_length(2049))
    compile_pattern(of_length(4096), size=4096)


def test_alternatives_that_multiply_without_end_are_refused_at_once() -> None:
    level: dict[str, Any] = {"x": [1]}
    for number in range(30):
        level = {f"o{number}": level, "$or": [{f"a{number}": [1]}, {f"b{number}": [1]}]}
    started = time.perf_counter()
    with pytest.raises(InvalidPattern):
        compile_json(level)
    assert time.perf_counter() - started < 5


def test_a_pattern_nested_as_deep_as_its_size_allows_is_compiled() -> None:
    depth = 300
    compile_pattern('{"a":' * depth + "[1]" + "}" * depth)


@pytest.mark.parametrize("text", ['{"a": [NaN]}', '{"a": [Infinity]}', "[" * 2000, '{"a":' * 409])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern(text)
    assert str(refused.value).startswith("Event pattern is not valid. Reason: ")


def test_a_refusal_says_where_in_the_pattern() -> None:
    with pytest.raises(InvalidPattern) as refused:
        compile_json({"detail": {"address": {"city": "Lima"}}})
    assert str(refused.value).split("\n")[1] == " at $.detail.address.city"


def test_many_elements_and_fields_are_matched_in_reasonable_time() -> None:
    pattern = compile_pattern('{"a": {"x": [1], "y": [2], "z": [3]}, "b": {"x": [1]}, "c": {"x": [9]}}')
    elements = [{"x": 1, "y": 2, "z": 3}] * 300
    started = time.perf_counter()
    assert not pattern.matches({"a": elements, "b": elements, "c": elements})
    assert time.perf_counter() - started < 5


def test_an_event_nested_a_thousand_levels_deep_is_laid_flat() -> None:
    event: dict[str, Any] = {"leaf": 1}
    for _ in range(1000):
        event = {"a": event}
    [path] = flatten(event).values
    assert path.count("a") == 1001  # 1,000 names, and the one letter in "leaf"


# API_TestEventPattern lists what an event must have.
@pytest.mark.parametrize("missing", ["id", "account", "source", "time", "region", "detail-type"])
def test_the_event_of_test_event_pattern_needs_its_mandatory_fields(missing: str) -> None:
    event = {
        "id": "1",
        "account": "123456789012",
        "source": "shop",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "OrderPlaced",
    }
    assert check_event(json.dumps(event)) == event
    del event[missing]
    with pytest.raises(InvalidEvent, match=missing):
        check_event(json.dumps(event))


@pytest.mark.parametrize("text", ["", "[]", "null", '"event"', "{", '{"id": NaN}'])
def test_the_event_of_test_event_pattern_is_a_json_object(text: str) -> None:
    with pytest.raises(InvalidEvent):
        check_event(text)
