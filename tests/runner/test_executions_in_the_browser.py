"""Executions of state machines are drawn after a run, without a line in the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from driving import Pages, run
from example_page import block

PROJECT = Path(__file__).parents[2]
SAGA = (PROJECT / "snippets" / "stepfunctions" / "saga.py").read_text("utf-8")


# Cells of a lab: the first makes a machine, the others run it.
MACHINE = """
import json, time, boto3
from eslabon.stepfunctions import draw, recorded

client = boto3.client("stepfunctions")
trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
policy = json.dumps({"Version": "2012-10-17", "Statement": trust})
role = boto3.client("iam").create_role(RoleName="states", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
machine = client.create_state_machine(name="orders", definition=definition, roleArn=role)["stateMachineArn"]

def execute():
    run = client.start_execution(stateMachineArn=machine)["executionArn"]
    time.sleep(1)
    return recorded(client, run)
"""
CELLS = {
    "draws what it ran": "draw(*execute())",
    "displays what it ran": "display(draw(*execute()))",
    "draws one of two": "execute()\ndraw(*execute())",
    "draws a definition": "execute()\ndraw(definition)",
}

WIDE = """
ways = [{"Variable": "$.n", "NumericEquals": n, "Next": f"Case {n}"} for n in range(5)]
cases = {f"Case {n}": {"Type": "Succeed"} for n in range(5)}
draw({"StartAt": "Which", "States": {"Which": {"Type": "Choice", "Choices": ways}, **cases}})
"""


@pytest.fixture(scope="module")
def page(shared: Pages) -> Page:
    return shared.show(block(SAGA, snippet="stepfunctions/saga"), block('print("no workflow")'))


@pytest.fixture(scope="module")
def lab(shared: Pages) -> Page:
    cells = [MACHINE, *CELLS.values(), WIDE]
    opened = shared.show(*(block(source, lab="02-lab", cell=number) for number, source in enumerate(cells, 1)))
    run(opened, 0)
    return opened


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


@pytest.mark.parametrize(("cell", "automatic"), list(zip(CELLS, [0, 0, 2, 2], strict=True)))
def test_what_a_cell_has_drawn_itself_is_not_drawn_again(lab: Page, cell: str, automatic: int) -> None:
    ran = run(lab, list(CELLS).index(cell) + 1)
    assert pictures(ran).count() == automatic
    assert ran.locator(".eslabon-shown img").count() == automatic + 1


def test_a_wide_drawing_stays_legible_on_a_telephone_and_is_scrolled_with_the_keyboard(lab: Page) -> None:
    lab.set_viewport_size({"width": 360, "height": 800})
    scrolled = run(lab, len(CELLS) + 1).get_by_role("group", name="Result")
    assert scrolled.evaluate("area => area.scrollWidth > area.clientWidth")
    assert scrolled.locator("img").evaluate("image => image.clientWidth / image.naturalWidth") > 0.91
    scrolled.focus()
    lab.keyboard.press("ArrowRight")
    lab.wait_for_function("area => area.scrollLeft > 0", arg=scrolled.element_handle())
