"""One server for the tests of Run in the page; the pages lie below a sub-path, as on GitHub Pages."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

PROJECT = Path(__file__).parents[2]
for folder in (PROJECT / "tests" / "runner", PROJECT):
    sys.path.insert(0, str(folder))

from driving import Pages  # noqa: E402
from tools.csp import with_policy  # noqa: E402
from tools.server import make_server  # noqa: E402

RUNNER = Path(os.environ.get("ESLABON_RUNNER", PROJECT / "build" / "runner"))

PICTURES = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Pictures</title>
<link rel="stylesheet" href="source/runner.css">
<script type="module" src="pictures.js"></script>
</head>
<body data-md-color-scheme="default"><main></main></body>
</html>
"""


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


# ---- drawings, without Python ----


@pytest.fixture(scope="session")
def page_side() -> ModuleType:
    """The page's side of Python, as a module."""
    spec = importlib.util.spec_from_file_location("page_side", PROJECT / "docs" / "runner" / "page.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures(context: BrowserContext, site: Path, origin: str) -> Iterator[Page]:
    """A page under the site's policy that draws journals."""
    folder = site / "pictures"
    shutil.copytree(PROJECT / "docs" / "runner" / "page", folder / "source", dirs_exist_ok=True)
    shutil.copy(Path(__file__).parent / "pictures.js", folder)
    (folder / "index.html").write_text(with_policy(PICTURES), "utf-8")
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    opened.goto(f"{origin}/repo/pictures/index.html")
    opened.wait_for_function("window.ready")
    yield opened
    opened.close()
    assert failures == []


@pytest.fixture
def drawn(pictures: Page) -> Callable[..., Locator]:
    """Draws a journal; the figures come back."""

    def draw(journal: list[dict[str, Any]], language: str = "en", width: int = 1000) -> Locator:
        pictures.set_viewport_size({"width": width, "height": 900})
        pictures.evaluate("([journal, language]) => show({ drawn: journal }, language)", [journal, language])
        return pictures.locator(".eslabon-picture")

    return draw
