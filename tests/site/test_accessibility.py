"""No page breaks a rule of axe, in light and in dark: one page of each kind, and every page in the long tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build/site"
# A page of each kind: the one that chooses, home, a lesson, a lab, definitions, a table, code that is read; and 404.
KINDS = [
    "",
    "404.html",
    "es/",
    "es/eventbridge/event-bus/",
    "es/eventbridge/permissions/",
    "en/eventbridge/patterns/text/",
    "en/labs/01-event-bus/",
    "es/load-balancing/stickiness-and-draining/",
    "es/glossary/",
    "en/claims/",
    "en/how-it-works/",
]
EVERY = [path.parent.relative_to(SITE).as_posix() + "/" for path in sorted(SITE.glob("e[sn]/**/index.html"))]

BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def violations(page: Page) -> list[str]:
    """Return what axe finds, a line for each rule, with the first element that breaks it."""
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:160]}" for rule in found["violations"]]


def check(visit: Callable[..., Page], address: str, path: str) -> None:
    # Without the policy, so that axe can be put into the page; the reader's page keeps it.
    page = visit(address + path, color_scheme="light", bypass_csp=True, reduced_motion="reduce")
    page.wait_for_load_state("networkidle")
    page.add_script_tag(path=str(ROOT / "node_modules/axe-core/axe.min.js"))
    background = page.evaluate(BACKGROUND)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => {BACKGROUND} !== light", arg=background)
    assert violations(page) == []


@pytest.mark.parametrize("path", KINDS)
def test_a_page_of_each_kind_is_accessible_in_light_and_in_dark(
    visit: Callable[..., Page], address: str, path: str
) -> None:
    check(visit, address, path)


@pytest.mark.long
@pytest.mark.parametrize("path", [path for path in EVERY if path not in KINDS])
def test_every_page_is_accessible_in_light_and_in_dark(visit: Callable[..., Page], address: str, path: str) -> None:
    check(visit, address, path)
