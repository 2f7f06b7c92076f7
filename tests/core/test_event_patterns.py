"""Every case under tests/cases/events: what AWS's page or source, which it names, says of a pattern and an event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eslabon.events.index import PatternIndex
from eslabon.events.pattern import InvalidPattern, compile_pattern

FILES = sorted((Path(__file__).parents[1] / "cases" / "events").glob("*.json"))
CASES = [case for file in FILES for case in json.loads(file.read_text(encoding="utf-8"))]


def text_of(pattern: Any) -> str:
    """A pattern in a case is JSON, or JSON as text where JSON cannot say it: a name twice, broken JSON."""
    return pattern if isinstance(pattern, str) else json.dumps(pattern)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    if case["outcome"] == "error":
        with pytest.raises(InvalidPattern) as refused:
            compile_pattern(text_of(case["pattern"]))
        if "message" in case:
            assert str(refused.value).split("\n")[0] == case["message"]
        return
    pattern = compile_pattern(text_of(case["pattern"]))
    assert pattern.matches(case["event"]) == (case["outcome"] == "match"), case["source"]
    index: PatternIndex[str] = PatternIndex()
    index.add("rule", pattern)
    assert (index.matching(case["event"]) == ["rule"]) == (case["outcome"] == "match"), "the index differs"


def test_cases_are_many_and_each_names_its_source() -> None:
    assert len(CASES) >= 250
    assert len({case["id"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert case["outcome"] in ("match", "no match", "error"), case["id"]
        assert case["source"].startswith(("https://docs.aws.amazon.com/", "https://github.com/aws/")), case["id"]
        assert case["id"].partition("/")[0] in {file.stem for file in FILES}, case["id"]
