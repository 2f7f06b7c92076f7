"""Executions of state machines are drawn after a run, without a line in the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from driving import Pages, run
from example_page import block

PROJECT = Path(__file__).parents[2]
SAGA = (PROJECT / "snippets" / "stepfunctions" / "saga.py").read_text("utf-8")


@pytest.fixture(scope="module")
def page(shared: Pages) -> Page:
    return shared.show(block(SAGA, snippet="stepfunctions/saga"), block('print("no workflow")'))


def pictures(block: Locator) -> Locator:
    return block.locator("figure.eslabon-picture img")


def test_a_run_with_an_execution_shows_its_graph_and_itself_over_time(page: Page) -> None:
    ran = run(page, 0)
    assert pictures(ran).count() == 2
    graph, over_time = pictures(ran).all()
    assert str(graph.get_attribute("alt")).startswith("A state machine of 7 states")
    assert str(over_time.get_attribute("alt")).startswith("The execution failed")
    room = ran.evaluate("block => block.clientWidth")
    for picture in (graph, over_time):
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
        assert picture.evaluate("image => image.clientWidth") <= room


def test_a_run_without_one_shows_none(page: Page) -> None:
    assert pictures(run(page, 1)).count() == 0
