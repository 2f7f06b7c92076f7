"""The built site, served on loopback at the root and below a sub-path, and pages that watch what the browser says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tools.server import make_server

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build/site"
LANGUAGES = ("es", "en")


@pytest.fixture(scope="session")
def site() -> Path:
    assert (SITE / "index.html").exists(), "the site is not built: `make site` builds it"
    return SITE


def serve(site: Path, prefix: str) -> Iterator[str]:
    server = make_server(site, 0, prefix)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The site as `make serve` has it."""
    yield from serve(site, "/")


@pytest.fixture(scope="session")
def address_below(site: Path) -> Iterator[str]:
    """The site as a project's GitHub Pages have it."""
    yield from serve(site, "/repo/")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages; afterwards none has asked another origin for anything, broken the policy or thrown an error."""
    contexts, complaints = [], []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        origin = "/".join(url.split("/")[:3]) + "/"

        def asked(request: Any) -> None:
            if not request.url.startswith((origin, "blob:", "data:")):
                complaints.append(f"asked for {request.url}")

        context.on("request", asked)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"threw {error}"))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
