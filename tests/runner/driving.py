"""What a reader does with a block, for the tests. Waits for states, never for time."""

from __future__ import annotations

import itertools
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from example_page import write_page

LONG = 60_000  # milliseconds: for a first start on a busy machine; no test waits that long when all is well
_numbers = itertools.count()
_NOTE_VIOLATIONS = (
    "document.addEventListener('securitypolicyviolation',"
    " event => (window.violations ??= []).push(event.violatedDirective + ' ' + event.blockedURI))"
)


class Pages:
    """Opens pages of blocks, and notes what they ask of other origins, what their policy refuses, and what fails."""

    def __init__(self, context: BrowserContext, site: Path, origin: str) -> None:
        self._context = context
        self._site = site
        self._origin = origin
        self._opened: list[Page] = []
        self.outside: list[str] = []
        self._failed: list[str] = []

    def prepare(self, script: str) -> None:
        """Have this script run first in every page that is opened from now on."""
        self._context.add_init_script(script)

    def show(self, *blocks: str, language: str = "en") -> Page:
        """Open a page with these blocks."""
        name = f"page-{next(_numbers)}.html"
        write_page(self._site / "page" / name, list(blocks), language)
        page = self._context.new_page()
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self._failed.append(str(error)))
        page.add_init_script(_NOTE_VIOLATIONS)
        page.goto(f"{self._origin}/repo/page/{name}")
        self._opened.append(page)
        return page

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._origin + "/", "blob:", "data:")):
            self.outside.append(request.url)

    def check(self) -> None:
        """Nothing was asked of another origin, no policy was violated, no script of ours failed."""
        assert self.outside == [], self.outside
        assert self._failed == [], self._failed
        assert not [violation for page in self._opened for violation in page.evaluate("window.violations ?? []")]

    def close(self) -> None:
        for page in self._opened:
            page.close()


def block_of(page: Page, number: int = 0) -> Locator:
    return page.locator(".eslabon-run").nth(number)


def press(page: Page, name: str, number: int = 0) -> Locator:
    """Press a button of a block; the block comes back."""
    page.bring_to_front()  # a page in the background draws once a second, and a click waits for it
    block = block_of(page, number)
    block.get_by_role("button", name=name, exact=True).click()
    return block


def state(block: Locator, expected: str) -> None:
    """Wait for a state."""
    expect(block).to_have_attribute("data-state", expected, timeout=LONG)


def run(page: Page, number: int = 0, ends: str = "ok") -> Locator:
    """Press Run on a block and wait for the state it must end in."""
    block = press(page, "Run", number)
    state(block, ends)
    return block


def output(block: Locator) -> str:
    """What a run has printed."""
    return "".join(block.locator(".eslabon-shown .eslabon-output").all_inner_texts())


def note_stages(page: Page, number: int = 0) -> None:
    """From now on, note what a block says while it waits."""
    page.evaluate(
        """number => {
        const bar = document.querySelectorAll(".eslabon-bar")[number];
        const parts = [".eslabon-status", ".eslabon-amount"].map((part) => bar.querySelector(part));
        window.told = new Set();
        const note = () => told.add(parts.map((part) => part.textContent).join(" ").trim());
        new MutationObserver(note).observe(bar, { childList: true, subtree: true });
        }""",
        number,
    )


def stages(page: Page) -> list[str]:
    """What the block has said since note_stages."""
    told: list[str] = page.evaluate("[...told]")
    return told


def edit(page: Page, text: str, number: int = 0) -> Locator:
    """Open the editor of a block and put this text into it; the editor comes back, with the focus."""
    editor = press(page, "Edit", number).locator(".cm-content")
    expect(editor).to_be_focused(timeout=LONG)
    editor.press("Control+a")
    page.keyboard.insert_text(text)
    return editor
