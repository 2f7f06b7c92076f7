"""Pages hold no code: every snippet is embedded, and what is missing stops the build, with page and line."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup
from mkdocs.exceptions import PluginError

import embeds
import in_step

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("e[sn]/**/*.md"))
FIRST = "snippets/events/first_rule.py"


def page_of(text: str) -> SimpleNamespace:
    file = SimpleNamespace(src_uri="events/bus.md", content_string=text)
    return SimpleNamespace(file=file, url="events/bus/")


def configuration(draft: bool = False) -> SimpleNamespace:
    extra = {"draft": draft, "live": draft, "wheel": "eslabon-0-py3-none-any.whl"}
    return SimpleNamespace(
        docs_dir=str(ROOT / "docs/en"), theme={"language": "en"}, extra=extra, repo_url="https://example.com/eslabon"
    )


def built(body: str, front: str = "") -> tuple[str, Any]:
    """Return the Markdown of a page after its embeds, and the page."""
    page = page_of(front + body)
    return embeds.on_page_markdown(body, page, configuration(), None), page


def html_of(body: str, rendered: str) -> str:
    _, page = built(body)
    return embeds.on_page_content(rendered, page, configuration(), None)


@pytest.mark.parametrize("snippet", sorted((ROOT / "snippets").rglob("*.py")), ids=lambda path: path.stem)
def test_every_snippet_is_on_a_page_of_both_languages(snippet: Path) -> None:
    path = snippet.relative_to(ROOT).as_posix()
    for language in in_step.LANGUAGES:
        texts = [page.read_text("utf-8") for page in PAGES if page.is_relative_to(ROOT / "docs" / language)]
        assert any(re.search(rf"\{{\{{ run {re.escape(path)}(#\S+)? \}}\}}", text) for text in texts), language


@pytest.mark.parametrize("drawing", sorted((ROOT / "docs").glob("*/drawings/*.svg")), ids=lambda path: path.name)
def test_every_drawing_is_on_a_page(drawing: Path) -> None:
    assert any(f"{{{{ drawing {drawing.name} }}}}" in page.read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT / "docs").as_posix())
def test_no_page_has_code_of_its_own(page: Path) -> None:
    assert not re.search(r"^\s*(```|~~~)\s*(python|py)\b", page.read_text("utf-8"), re.M)


@pytest.mark.parametrize(
    ("directive", "complaint"),
    [
        ("{{ run snippets/events/none.py }}", "there is no file snippets/events/none.py"),
        ("{{ run src/eslabon/clock.py }}", "is not below snippets/"),
        ("{{ run snippets/../src/eslabon/clock.py }}", "is not below snippets/"),
        (f"{{{{ run {FIRST}#none }}}}", "there is no section 'none'; there are "),
        ("{{ source eslabon.none:f }}", "there is no module eslabon.none"),
        ("{{ source eslabon.clock:none }}", "eslabon.clock defines no 'none'; it defines "),
        ("{{ source eslabon.clock:Clock.none }}", "eslabon.clock defines no 'none'; it defines "),
        ("{{ source eslabon.clock }}", "write package.module:name"),
        ("{{ lab labs/none.py }}", "there is no file labs/none.py"),
        ("{{ iam snippets/none.py }}", "there is no file snippets/none.py"),
        ("{{ drawing none.svg }}", "there is no drawing none.svg in docs/en/drawings or docs/theme/drawings"),
        ("{{ runs snippets/events/first_rule.py }}", "no embed is called 'runs'; there are run, source, "),
    ],
)
def test_what_is_not_there_stops_the_build_and_says_where(directive: str, complaint: str) -> None:
    with pytest.raises(PluginError) as caught:
        built(f"# Title\n\n{directive}\n", front="---\ntitle: Title\n---\n")
    assert str(caught.value).startswith(f"docs/en/events/bus.md:6: {directive}: ")
    assert complaint in str(caught.value)


def test_a_draft_shows_what_is_missing_instead() -> None:
    body = "{{ drawing none.svg }}\n"
    page = page_of(body)
    embeds.on_page_markdown(body, page, configuration(draft=True), None)
    assert "there is no drawing none.svg" in page.embeds.html[0]


def test_a_directive_in_a_code_fence_or_in_a_sentence_is_text() -> None:
    body = "```text\n{{ run none.py }}\n```\n\nWrite {{ run none.py }} alone.\n"
    markdown, page = built(body)
    assert markdown == body
    assert page.embeds.html == []


def test_a_directive_keeps_its_indentation_so_that_it_may_stand_in_a_tab() -> None:
    markdown, _ = built('=== "boto3"\n\n    {{ drawing rule.svg }}\n')
    assert '\n    <div data-embed="0"></div>\n' in markdown


def test_a_section_is_shown_the_rest_is_folded_and_the_whole_program_is_what_runs() -> None:
    html = html_of(f"{{{{ run {FIRST}#clean-up }}}}", '<div data-embed="0"></div>')
    block = BeautifulSoup(html, "html.parser")
    folded = block.select_one(".eslabon-code > details.eslabon-fold")
    (shown,) = block.select(".eslabon-code > pre")
    source = block.select_one("template.eslabon-source")
    assert folded and source
    assert "put_events" not in shown.text and "delete_queue" in shown.text
    assert "put_events" in folded.text and "delete_queue" not in folded.text
    assert "put_events" in source.text and "delete_queue" in source.text
    lines = source.text.splitlines()
    first, last = map(int, str(block.select("[data-lines]")[0]["data-lines"]).split("-"))
    assert shown.text.splitlines() == lines[first - 1 : last]
    assert folded.select_one("summary").text == f"{first - 2} more lines"  # the blank line between is in neither


def test_sections_side_by_side_are_shown_as_one_and_a_note_needs_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeds, "ROOT", tmp_path)
    (tmp_path / "snippets").mkdir()
    parts = [
        f"# --8<-- [start:{name}]\n{name} = 1  # ({n})\n# --8<-- [end:{name}]\n" for n, name in enumerate("abc", 1)
    ]
    (tmp_path / "snippets/a.py").write_text("\n".join(parts), "utf-8")
    (tmp_path / "snippets/a.out").write_text("", "utf-8")
    notes = '<div data-embed="0"></div><ol><li>one</li><li>two</li></ol>'
    block = BeautifulSoup(html_of("{{ run snippets/a.py#a,b }}", notes), "html.parser")
    assert [piece.name for piece in block.select(".eslabon-code > *")] == ["pre", "details"]
    assert [mark.text for mark in block.select(".eslabon-mark")] == ["1", "2"]
    with pytest.raises(PluginError, match=r"annotation \(2\) of embed 1 is not in what is shown, and has a note"):
        html_of("{{ run snippets/a.py#a }}", notes)


def test_a_file_that_a_program_reads_is_shown_under_it_and_offered_to_be_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeds, "ROOT", tmp_path)
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/a.py").write_text('open(Path(__file__).with_name("a.sh"))\n', "utf-8")
    (tmp_path / "snippets/a.out").write_text("", "utf-8")
    (tmp_path / "snippets/a.sh").write_text("\n<#!/bin/sh>\n", "utf-8")
    (tmp_path / "snippets/b.sh").write_text("not read", "utf-8")
    page = page_of("{{ run snippets/a.py }}")
    config = configuration()
    config.site_dir = str(tmp_path / "site")
    embeds.on_page_markdown("{{ run snippets/a.py }}", page, config, None)
    block = BeautifulSoup(page.embeds.html[0], "html.parser")
    [shown] = block.select(".eslabon-run > .eslabon-file")
    assert shown["data-name"] == "a.sh"
    assert shown.select_one("pre").get_text() == "\n\n<#!/bin/sh>\n"  # a browser drops the first newline
    assert shown.select_one("a[download]")["href"] == "../../snippets/a.sh"
    assert (tmp_path / "site/snippets/a.sh").read_text("utf-8") == "\n<#!/bin/sh>\n"


@pytest.fixture
def annotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(embeds, "ROOT", tmp_path)
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/a.py").write_text("x = 1  # (1)\nprint(x)  # (2)!\n", "utf-8")
    (tmp_path / "snippets/a.out").write_text("1\n", "utf-8")
    return "{{ run snippets/a.py }}\n"


def test_a_numbered_list_after_annotated_code_becomes_its_notes(annotated: str) -> None:
    html = html_of(annotated, '<div data-embed="0"></div>\n<ol><li>one</li><li>two</li></ol>')
    assert 'href="#note-0-1" aria-label="Note 1"' in html and '<li id="note-0-2">two</li>' in html
    assert ">x = 1\nprint(x)\n</template>" in html


def test_annotated_code_in_a_tab_has_its_notes_too(annotated: str) -> None:
    html = html_of(annotated, '<p><div data-embed="0"></div></p>\n<ol><li>one</li><li>two</li></ol>')
    assert '<li id="note-0-2">two</li>' in html and "<p><" not in html


@pytest.mark.parametrize(
    ("after", "complaint"),
    [
        ("<p>no list</p>", "no numbered list after it"),
        ("<ol><li>one</li></ol>", "annotation (2) of embed 1 has no note"),
    ],
)
def test_an_annotation_without_its_note_stops_the_build(annotated: str, after: str, complaint: str) -> None:
    with pytest.raises(PluginError) as caught:
        html_of(annotated, f'<div data-embed="0"></div>\n{after}')
    assert complaint in str(caught.value)


def test_of_a_docstring_s_examples_only_three_dots_are_shown() -> None:
    shown = html_of("{{ source eslabon.clock:Clock.advance }}", '<div data-embed="0"></div>')
    assert "def" in shown and "&gt;&gt;&gt;" not in shown
    assert shown.count("…") == 1


def test_a_long_name_in_a_table_breaks_between_its_parts_and_nowhere_else() -> None:
    cell, text = "<td><code>HealthCheckIntervalSeconds</code> and <code>Matcher</code></td>", "<p><code>{}</code></p>"
    elsewhere = text.format("HealthCheckIntervalSeconds")
    shown = html_of("", cell + elsewhere)
    assert ">Health<wbr>Check<wbr>Interval<wbr>Seconds</code> and " in shown
    assert ">Matcher</code>" in shown
    assert shown.endswith(elsewhere)


def test_an_iam_action_breaks_after_its_service() -> None:
    shown = html_of(f"{{{{ iam {FIRST} }}}}", '<div data-embed="0"></div>')
    assert "<code>events:<wbr>PutRule</code>" in shown


def test_a_quotation_mark_in_a_question_is_shown_without_what_marks_it() -> None:
    shown = html_of("", '<summary>Is it \\"always\\"?</summary><pre>\\"</pre>')
    assert shown == '<summary>Is it "always"?</summary><pre>\\"</pre>'


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT / "docs").as_posix())
def test_what_a_page_says_about_itself_can_be_read(page: Path) -> None:
    # What YAML cannot read becomes text at the top of the page, and the build says nothing.
    _, front, _ = page.read_text("utf-8").split("---\n", 2)
    assert {"title", "description"} <= yaml.safe_load(front).keys()
