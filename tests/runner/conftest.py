"""One server for the tests of Run in the page; the pages lie below a sub-path, as on GitHub Pages."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

PROJECT = Path(__file__).parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "runner")]

from driving import Pages  # noqa: E402
from tools.server import make_server  # noqa: E402

RUNNER = Path(os.environ.get("ESLABON_RUNNER", PROJECT / "build" / "runner"))


@pytest.fixture(scope="session")
def runner() -> Path:
    assert (RUNNER / "runner.js").exists(), f"{RUNNER} is not built: python docs/runner/build.py writes it"
    return RUNNER


@pytest.fixture(scope="session")
def site(runner: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(runner, folder / "_runner")
    return folder


@pytest.fixture(scope="session")
def origin(site: Path) -> Iterator[str]:
    server = make_server(site, 0, "/repo/")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One context, so one HTTP cache."""
    opened = browser.new_context(viewport={"width": 1000, "height": 900})
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared(context: BrowserContext, site: Path, origin: str) -> Iterator[Pages]:
    """The pages that many tests run blocks of, in one Python."""
    pages = Pages(context, site, origin)
    yield pages
    pages.close()


@pytest.fixture
def first_visit(browser: Browser, site: Path, origin: str) -> Iterator[Pages]:
    """Pages of one test alone, in a browser that has kept nothing of this site."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    opened = Pages(context, site, origin)
    yield opened
    opened.check()
    context.close()


@pytest.fixture
def pages(context: BrowserContext, site: Path, origin: str) -> Iterator[Pages]:
    """Pages of one test alone."""
    opened = Pages(context, site, origin)
    yield opened
    opened.check()
    opened.close()
