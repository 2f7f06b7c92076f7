"""Runs the programs of the built site in Chromium, each once, in one Python. The tests of each language use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, SoupStrainer, Tag
from playwright.sync_api import Page

from driving import LONG, Pages

SITE = Path(__file__).parents[2] / "build" / "site"
# A cell that needs sockets says so in the page, where it was recorded with them.
NO_SOCKETS = 'if sys.platform == "emscripten":'
SAYS_WHY = {"es": r".*navegador.*sockets.*cuaderno.*", "en": r".*browser.*sockets.*notebook.*"}
# Some hundred blocks with all that they have drawn take a browser long to lay out: the one that runs is shown alone.
ALONE = ".eslabon-run:not([data-turn]) { display: none }"
RUN = """async ([number, patience]) => {
    const block = document.querySelectorAll(".eslabon-run")[number];
    document.querySelector("[data-turn]")?.removeAttribute("data-turn");
    block.dataset.turn = "";
    const ended = new Promise((resolve) => {
        setTimeout(resolve, patience);
        const look = () => ["ok", "error", "stopped"].includes(block.dataset.state) && resolve();
        new MutationObserver(look).observe(block, { attributeFilter: ["data-state"] });
    });
    block.querySelector(".eslabon-button-run").click();
    await ended;
    return {
        state: block.dataset.state,
        output: [...block.querySelectorAll(".eslabon-shown .eslabon-output")].map((part) => part.innerText).join(""),
        images: block.querySelectorAll(".eslabon-image:not(figure *)").length,
    };
}"""


@dataclass(frozen=True)
class Ran:
    """What a block shows when its program has ended: executions are drawn in figures, and are no images of its own."""

    state: str
    output: str
    images: int


@cache
def blocks(language: str) -> dict[str, Tag]:
    """Each distinct block of the site, by the snippet it runs, or its lab and cell."""
    found: dict[str, Tag] = {}
    runnable = SoupStrainer("div", class_=re.compile(r"\beslabon-run\b"))
    for path in sorted((SITE / language).rglob("index.html")):
        _, start, article = path.read_text("utf-8").partition("<article")
        page = BeautifulSoup(start + article, "html.parser", parse_only=runnable)
        for block in page.select("div.eslabon-run"):
            name = block.get("data-snippet") or f"{block['data-lab']} cell {block['data-cell']}"
            found.setdefault(str(name), block)
    return found


def opened(pages: Pages, programs: dict[str, Tag], language: str) -> Page:
    """One page with all these blocks, so that one Python runs them."""
    page = pages.show(*map(str, programs.values()), language=language)
    page.add_style_tag(content=ALONE)
    return page


def run(page: Page, number: int) -> Ran:
    """Press Run on a block, and wait until its program has ended."""
    return Ran(**page.evaluate(RUN, [number, LONG]))


def prints_what_is_recorded(page: Page, programs: dict[str, Tag], name: str, language: str) -> None:
    block = programs[name]
    ran = run(page, list(programs).index(name))
    assert ran.state == "ok", ran.output
    recorded = "".join(part.get_text() for part in block.select("pre[data-recorded]"))
    if NO_SOCKETS in str(block):
        assert "127.0.0.1" in recorded and re.fullmatch(SAYS_WHY[language], ran.output.rstrip("\n"))
        return
    assert ran.output.rstrip("\n") == recorded.rstrip("\n")
    assert ran.images == len(block.select("div[data-recorded] svg"))
