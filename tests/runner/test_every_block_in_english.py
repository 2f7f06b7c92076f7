"""Every lab of the built site in English, run in Chromium: labs hold texts of their language, snippets are the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from driving import Pages
from every_block import blocks, opened, prints_what_is_recorded

CELLS = {name: block for name, block in blocks("en").items() if " cell " in name}


@pytest.fixture(scope="module")
def page(shared: Pages) -> Page:
    return opened(shared, CELLS, "en")


def test_there_are_labs() -> None:
    assert CELLS


@pytest.mark.parametrize("name", CELLS, ids=lambda name: name.replace(" ", "-"))
def test_a_cell_prints_what_the_page_has_recorded(name: str, page: Page) -> None:
    prints_what_is_recorded(page, CELLS, name, "en")
