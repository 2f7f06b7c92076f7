"""What a reader does with the site in a real browser: change language and colours, search, read without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
PAGE = "eventbridge/event-bus/"
Visit = Callable[..., Page]


def test_the_language_switch_stays_on_the_page(visit: Visit, address: str) -> None:
    page = visit(f"{address}es/{PAGE}")
    page.get_by_role("link", name="English", exact=True).first.click()
    expect(page).to_have_url(f"{address}en/{PAGE}")
    page.get_by_role("link", name="Español", exact=True).first.click()
    expect(page).to_have_url(f"{address}es/{PAGE}")


@pytest.mark.parametrize(("language", "words"), [("es", "Español"), ("en", "English")])
def test_the_root_offers_both_languages_and_points_at_the_readers(
    visit: Visit, address: str, language: str, words: str
) -> None:
    page = visit(address, locale=language)
    expect(page.locator("main a")).to_have_count(2)
    expect(page.locator("main a.likely")).to_contain_text(words)
    page.get_by_role("link", name=re.compile(words)).click()
    expect(page).to_have_url(f"{address}{language}/")


@pytest.mark.parametrize(
    ("language", "query"),
    [("es", "evento"), ("es", "patron"), ("es", "patrón"), ("en", "pattern"), ("en", "dead-letter")],
)
def test_search_finds_words_with_and_without_their_accents(
    visit: Visit, address: str, language: str, query: str
) -> None:
    page = visit(f"{address}{language}/")
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").press_sequentially(query, delay=20)
    expect(page.locator(".md-search-result__item").first).to_be_visible(timeout=15_000)


def test_words_that_only_help_the_search_are_not_shown_in_its_results(visit: Visit, address: str) -> None:
    page = visit(f"{address}es/")
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").press_sequentially("politica", delay=20)
    expect(page.locator(".md-search-result__item").first).to_be_visible(timeout=15_000)
    shown = page.locator(".md-search-result__list").inner_text()
    assert "política" in shown.lower()
    assert "politica" not in shown.lower()


def test_light_dark_and_the_systems_colours_can_be_chosen(visit: Visit, address: str) -> None:
    page = visit(f"{address}en/", color_scheme="light")
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.locator('label[for="__palette_1"]').click()
    page.locator('label[for="__palette_2"]').click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    page.locator('label[for="__palette_0"]').click()
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


@pytest.mark.parametrize(("language", "name"), [("es", "Copiar el programa entero"), ("en", "Copy the whole program")])
def test_the_whole_program_is_copied_without_marks_also_where_one_section_is_shown(
    visit: Visit, address: str, language: str, name: str
) -> None:
    page = visit(f"{address}{language}/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=name).first.click()
    copied = page.wait_for_function("navigator.clipboard.readText()").json_value()
    source = (ROOT / "snippets/events/first_rule.py").read_text("utf-8")
    lines = [re.sub(r"  # \(\d+\)$", "", line) for line in source.splitlines() if "--8<--" not in line]
    assert copied.split() == "\n".join(lines).split()
    expect(page.locator(".eslabon-editor")).to_have_count(0)


@pytest.mark.parametrize("language", ["es", "en"])
def test_without_javascript_a_page_shows_code_and_what_it_printed(visit: Visit, address: str, language: str) -> None:
    page = visit(f"{address}{language}/{PAGE}", java_script_enabled=False)
    block = page.locator(".eslabon-run").first
    expect(block.locator(".eslabon-code")).to_contain_text("put_events")
    expect(block.locator(".eslabon-output")).to_be_visible()
    expect(block.locator("button")).to_have_count(0)
    expect(page.locator("header a[hreflang]")).to_be_visible()


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_term_leads_to_its_meaning(visit: Visit, address: str, language: str) -> None:
    page = visit(f"{address}{language}/{PAGE}")
    term = page.locator("a.eslabon-term").first
    expect(term).to_have_attribute("href", re.compile(r"glossary/#term-"))
    term.click()
    expect(page.locator("dt:target")).to_be_visible()


def test_the_site_works_below_a_path_as_on_github_pages(visit: Visit, address_below: str) -> None:
    page = visit(address_below)
    page.get_by_role("link", name=re.compile("Español")).click()
    expect(page).to_have_url(f"{address_below}es/")
    page.locator(f'article a[href$="{PAGE}"]').first.click()
    expect(page).to_have_url(f"{address_below}es/{PAGE}")
    expect(page.locator(".eslabon-run").first).to_have_attribute("data-state", "idle")
    page.get_by_role("link", name="English", exact=True).first.click()
    expect(page).to_have_url(f"{address_below}en/{PAGE}")


@pytest.mark.parametrize("path", ["nowhere/", "es/nowhere/", "en/a/b/"])
def test_an_address_without_a_page_leads_back_to_both_languages(visit: Visit, address_below: str, path: str) -> None:
    page = visit(address_below + path)
    expect(page.get_by_role("heading", name="404")).to_be_visible()
    if path.startswith(("es", "en")):
        page.get_by_role("link", name=re.compile("English")).click()
        expect(page).to_have_url(f"{address_below}en/")


BALANCING = sorted(path.stem for path in (ROOT / "docs/es/load-balancing").glob("*.md"))
SCROLLED = (
    "() => [...document.querySelectorAll('article .md-typeset__scrollwrap')]"
    ".filter(wrap => wrap.scrollWidth > wrap.clientWidth).map(wrap => wrap.textContent.trim().slice(0, 40))"
)
SMALL = """() => [...document.querySelectorAll('.eslabon-drawing text')].map(text => {
    const { a, b } = text.getScreenCTM();
    return [parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b), text.textContent];
}).filter(([size]) => size < 10).map(([size, words]) => `${size.toFixed(2)} ${words}`)"""
CUT = """() => [...document.querySelectorAll('.eslabon-drawing svg')].flatMap(svg => {
    const whole = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(text => {
        const { left, right } = text.getBoundingClientRect();
        return left < whole.left || right > whole.right;
    }).map(text => text.textContent);
})"""


WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"
MEASURED = {"wider": WIDER, "scrolled": SCROLLED, "small": SMALL, "cut": CUT}


def measured(visit: Visit, home: str, width: int) -> dict[str, dict[str, Any]]:
    """Open every page of a language in a window of this width: what MEASURED finds, by the page's path."""
    page = visit(home, viewport={"width": width, "height": 800})
    paths = page.locator("nav.md-nav--primary a[href]").evaluate_all("links => links.map(link => link.href)")
    found = {}
    for path in sorted({path.split("#")[0] for path in paths if path.startswith(home)}):
        page.goto(path, wait_until="domcontentloaded")
        each = ", ".join(f"{name}: ({function})()" for name, function in MEASURED.items())
        found[path.removeprefix(home)] = page.evaluate(f"() => ({{ {each} }})")
    return found


@pytest.mark.parametrize("language", ["es", "en"])
def test_on_a_phone_no_page_is_wider_than_its_window_and_tables_and_drawings_on_load_balancing_can_be_read(
    visit: Visit, address: str, language: str
) -> None:
    pages = measured(visit, f"{address}{language}/", 360)
    assert {path: facts["wider"] for path, facts in pages.items() if facts["wider"] > 0} == {}
    for name in BALANCING:
        facts = pages[f"load-balancing/{name}/"]
        assert (facts["scrolled"], facts["small"], facts["cut"]) == ([], [], []), name


@pytest.mark.long
@pytest.mark.parametrize("width", [768, 1440])
@pytest.mark.parametrize("language", ["es", "en"])
def test_no_page_is_wider_than_its_window(visit: Visit, address: str, language: str, width: int) -> None:
    pages = measured(visit, f"{address}{language}/", width)
    assert pages
    assert {path: facts["wider"] for path, facts in pages.items() if facts["wider"] > 0} == {}


def test_the_search_index_is_fetched_when_the_reader_reaches_for_the_search(visit: Visit, address: str) -> None:
    page = visit(f"{address}es/")
    page.wait_for_load_state("networkidle")
    fetched = "() => performance.getEntriesByType('resource').filter(e => e.name.endsWith('search_index.json')).length"
    assert page.evaluate(fetched) == 0
    with page.expect_response("**/search/search_index.json"):
        page.locator(".md-search__input").focus()
