"""What tests of several folders share: one browser for the session. Two of Playwright's cannot live in one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT, ROOT / "src", ROOT / "tools", ROOT / "docs/hooks"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tools import browser as chromium  # noqa: E402 - found by the lines above

# The same examples at every run: a change that breaks a property is told from bad luck. The weekly run draws new ones.
# No example has a deadline: a busy machine is no fault of ours.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.installed() or chromium.of_playwright()
    assert path, "there is no browser: `make browser` finds or installs one"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield opened
        opened.close()
