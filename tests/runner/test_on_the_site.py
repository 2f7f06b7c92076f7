"""Run in the page on the built site itself: in both languages, in both colour schemes, below a sub-path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from driving import press, state
from tools.server import make_server

PROJECT = Path(__file__).parents[2]
SITE = PROJECT / "build" / "site"
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
RUN = {"es": "Ejecutar", "en": "Run"}
EDIT = {"es": "Editar", "en": "Edit"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assert (SITE / "index.html").exists(), f"{SITE} is not built: `make site` builds it"
    server = make_server(SITE, 0, "/repo/")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/repo/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("language", "scheme"), [("es", "light"), ("en", "dark")])
def test_a_page_runs_its_program_draws_what_happened_and_stays_accessible(
    browser: Browser, address: str, language: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    outside: list[str] = []
    page.on(
        "request", lambda request: request.url.startswith((address, "blob:", "data:")) or outside.append(request.url)
    )
    page.goto(f"{address}{language}/eventbridge/permissions/")
    shown = press(page, RUN[language])
    state(shown, "ok")
    expect(shown.locator("svg[role=img]")).to_be_visible()
    expect(shown.locator(".eslabon-refusal").first).to_be_visible()
    press(page, EDIT[language])
    expect(shown.locator(".cm-content")).to_be_focused()
    assert outside == []
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document.querySelector('.eslabon-run'))")
    assert [(broken["id"], [node["target"] for node in broken["nodes"]]) for broken in found["violations"]] == []
    context.close()


def test_a_page_without_its_click_costs_at_most_150_kilobytes(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{address}es/eventbridge/event-bus/", wait_until="networkidle")
    assert sizes
    assert sum(sizes) <= 150_000
    context.close()
