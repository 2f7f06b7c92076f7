"""What the runner adds to a page has no violation that axe finds: idle, edited, after a run, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from driving import Pages, edit, press, run
from example_page import block

PROJECT = Path(__file__).parents[2]
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
# Material's colours of its two schemes, as far as the runner uses them.
COLOURS = {
    "default": "color-scheme:light;background:#fff;color:#1d2125",
    "slate": "color-scheme:dark;--md-default-bg-color:#1e2129;--md-default-fg-color:#e2e4e9;--md-code-bg-color:#262a33;"
    "--md-code-fg-color:#d5d8e2;background:#1e2129;color:#e2e4e9",
}
SNIPPETS = PROJECT / "snippets" / "events"


@pytest.fixture(scope="module")
def page(shared: Pages) -> Page:
    """A page after a refused delivery, a traceback and an edit, and one block that nobody has touched."""
    sources = [(SNIPPETS / "dead_letter.py").read_text("utf-8"), "1 / 0", "print(1)", "print(2)"]
    page = shared.show(*(block(source, recorded="recorded\n") for source in sources))
    run(page, 0)
    # The same in words, and the queues over time with their table.
    page.locator("details").evaluate_all("(all) => all.forEach((details) => (details.open = true))")
    expect(page.get_by_role("img", name="Messages in each queue")).to_be_visible()
    run(page, 1, "error")
    edit(page, "print(3)", 2)
    press(page, "Run", 2)
    return page


@pytest.mark.parametrize("scheme", COLOURS)
def test_axe_finds_nothing(page: Page, scheme: str) -> None:
    page.evaluate(
        "([scheme, style]) => { document.body.dataset.mdColorScheme = scheme; document.body.style.cssText = style }",
        [scheme, COLOURS[scheme]],
    )
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document.querySelector('main'))")
    assert [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in found["violations"]
        for node in violation["nodes"]
    ] == []
