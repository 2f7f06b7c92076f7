"""Every program of the built site in Spanish, run in Chromium: snippets, which are the same in English, and labs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from driving import Pages
from every_block import SITE, blocks, opened, prints_what_is_recorded

PROGRAMS = blocks("es")


@pytest.fixture(scope="module")
def page(shared: Pages) -> Page:
    return opened(shared, PROGRAMS, "es")


def test_the_site_is_built_and_has_the_same_programs_in_both_languages() -> None:
    assert PROGRAMS, f"{SITE} is not built, or no page of it has a program: `make site` builds it"
    assert PROGRAMS.keys() == blocks("en").keys()


@pytest.mark.parametrize("name", PROGRAMS, ids=lambda name: name.replace(" ", "-"))
def test_a_program_prints_what_the_page_has_recorded(name: str, page: Page) -> None:
    prints_what_is_recorded(page, PROGRAMS, name, "es")
