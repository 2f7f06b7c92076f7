"""Both languages of the site say the same with other words, and the checker finds each kind of difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import in_step

PAGE = """---
title: Título
---

# Regla {#rule}

Una [regla](bus.md#bus) elige, y
[AWS](https://docs.aws.amazon.com/es_es/eventbridge/latest/userguide/eb-rules.html) lo cuenta.

{{ run snippets/events/first_rule.py }}

!!! warning "Ojo"
    Sin permiso no llega nada.

=== "Consola"

    {{ drawing rule.svg }}
"""
TRANSLATED = """---
title: Title
description: Of this side only.
---

# Rule {#rule}

[AWS](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html) tells how a [rule](bus.md#bus) chooses.

{{ run snippets/events/first_rule.py }}

!!! warning "Mind"
    Without permission nothing arrives.

=== "Console"

    {{ drawing rule.svg }}
"""


def test_both_languages_of_the_site_are_in_step() -> None:
    assert in_step.compare(in_step.DOCS) == []


def test_a_translation_differs_in_words_and_in_their_order_alone() -> None:
    assert in_step.differences("rule.md", PAGE, TRANSLATED) == []


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("heading", "# Rule {#rule}", "## Rule {#rule}"),
        ("heading", "{#rule}", "{#rules}"),
        ("embed", "first_rule.py", "second_rule.py"),
        ("embed", "{{ drawing rule.svg }}", ""),
        ("embed", "{{ run snippets", "{{ iam snippets"),
        ("admonition", "!!! warning", "!!! note"),
        ("admonition", "!!! warning", "??? warning"),
        ("tab", '=== "Console"', "Console"),
        ("link", "bus.md#bus", "bus.md"),
        ("link", "eb-rules.html", "eb-targets.html"),
        ("link", "tells how", "tells, like [all](all.md), how"),
    ],
)
def test_a_difference_is_found_and_its_lines_are_said(kind: str, before: str, after: str) -> None:
    changed = TRANSLATED.replace(before, after, 1)
    assert changed != TRANSLATED
    messages = in_step.differences("rule.md", PAGE, changed)
    assert any(message.startswith(f"rule.md: {kind}: es ") and " line " in message for message in messages)


def test_the_same_parts_in_another_order_are_a_difference() -> None:
    one = "# A {#a}\n\n{{ run a.py }}\n\n## B {#b}\n"
    other = "# A {#a}\n\n## B {#b}\n\n{{ run a.py }}\n"
    assert in_step.differences("a.md", one, other) == ['a.md: order: es line 3 has "run a.py", en line 3 has "## {#b}"']


def test_a_heading_without_an_id_is_wrong_in_either_language() -> None:
    assert in_step.differences("a.md", "## Uno\n", "## One\n") == [
        "a.md: es line 1: this heading has no {#id}, which links and tests need",
        "a.md: en line 1: this heading has no {#id}, which links and tests need",
    ]


def test_what_stands_in_a_code_fence_is_not_compared() -> None:
    assert in_step.differences("a.md", "```\n# uno\n```\n", "```\n# one\n```\n") == []


def docs(folder: Path, **sides: dict[str, str]) -> Path:
    for language in in_step.LANGUAGES:
        for name, text in sides.get(language, {}).items():
            (folder / language / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / language / name).write_text(text, "utf-8")
    return folder


def test_a_page_in_one_language_only_is_found(tmp_path: Path) -> None:
    folder = docs(tmp_path, es={"index.md": "# A {#a}\n", "x/b.md": "# B {#b}\n"}, en={"index.md": "# A {#a}\n"})
    assert in_step.compare(folder) == ["x/b.md: is in es only"]


def test_the_ledger_says_which_side_changed_after_somebody_compared_them(tmp_path: Path) -> None:
    folder = docs(tmp_path, es={"index.md": "# A {#a}\n"}, en={"index.md": "# A {#a}\n"})
    ledger = tmp_path / "ledger.json"
    assert in_step.not_compared(folder, ledger) == ["index.md: nobody has compared its languages yet"]
    ledger.write_text(json.dumps(in_step.digests(folder)), "utf-8")
    assert in_step.not_compared(folder, ledger) == []
    (folder / "en/index.md").write_text("# An A {#a}\n", "utf-8")
    assert in_step.not_compared(folder, ledger) == [
        "index.md: en changed after the languages were compared, the other did not"
    ]
