"""Every program of the built site, run once in one Python in Chromium: it prints what the page has recorded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page

from driving import Pages, output, press, state

SITE = Path(__file__).parents[2] / "build" / "site"


def blocks(language: str) -> dict[str, Tag]:
    """Each distinct block of the site, by the snippet it runs, or its lab and cell."""
    found: dict[str, Tag] = {}
    for path in sorted((SITE / language).rglob("index.html")):
        for block in BeautifulSoup(path.read_text("utf-8"), "html.parser").select("div.eslabon-run"):
            name = block.get("data-snippet") or f"{block['data-lab']} cell {block['data-cell']}"
            found.setdefault(str(name), block)
    return found


SPANISH, ENGLISH = blocks("es"), blocks("en")
RUN = {"es": "Ejecutar", "en": "Run"}
# A cell that needs sockets says so in the page, where it was recorded with them.
NO_SOCKETS = 'if sys.platform == "emscripten":'
SAYS_WHY = {"es": r".*navegador.*sockets.*cuaderno.*", "en": r".*browser.*sockets.*notebook.*"}
# Snippets are the same in both languages; labs hold texts of their language.
ALL = [("es", name) for name in SPANISH] + [("en", name) for name in ENGLISH if " cell " in name]


@pytest.fixture(scope="module")
def pages_of(shared: Pages) -> dict[str, Page]:
    """One page a language with all its blocks, so that one Python runs them."""
    return {
        language: shared.show(*(str(found) for found in blocks.values()), language=language)
        for language, blocks in (("es", SPANISH), ("en", ENGLISH))
    }


def test_the_site_is_built_and_has_programs_in_both_languages() -> None:
    assert SPANISH, f"{SITE} is not built, or no page of it has a program: `make site` builds it"
    assert SPANISH.keys() == ENGLISH.keys()


@pytest.mark.parametrize(("language", "name"), ALL, ids=lambda part: part.replace(" ", "-"))
def test_a_program_prints_what_the_page_has_recorded(language: str, name: str, pages_of: dict[str, Page]) -> None:
    blocks = SPANISH if language == "es" else ENGLISH
    shown = press(pages_of[language], RUN[language], list(blocks).index(name))
    state(shown, "ok")
    recorded = "".join(part.get_text() for part in blocks[name].select("pre[data-recorded]"))
    if NO_SOCKETS in str(blocks[name]):
        assert "127.0.0.1" in recorded and re.fullmatch(SAYS_WHY[language], output(shown).rstrip("\n"))
        return
    assert output(shown).rstrip("\n") == recorded.rstrip("\n")
    figures = blocks[name].select("div[data-recorded] svg")
    assert shown.locator(".eslabon-image:not(figure *)").count() == len(figures)  # executions are drawn in figures
