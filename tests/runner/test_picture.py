"""What is drawn after a run, from the journal alone: who delivered to whom, in which Region, queues over time."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from eslabon import runner as programs

PROJECT = Path(__file__).parents[2]
SNIPPETS = sorted((PROJECT / "snippets").rglob("*.py"))
WIDTHS = (310, 700, 1100)  # pixels that a page has for a block: on a telephone, on the site, anywhere
Entries = list[dict[str, Any]]
HERE = "us-east-1:123456789012"
BUS = f"arn:aws:events:{HERE}:event-bus/default"
QUEUE = f"arn:aws:sqs:{HERE}:orders"
SECOND_REGION = "eu-west-1:123456789012"
SECOND_ACCOUNT = "us-east-1:210987654321"


def rule(name: str, where: str = HERE) -> str:
    return f"arn:aws:events:{where}:rule/{name}"


def queue(name: str, where: str = HERE) -> str:
    return f"arn:aws:sqs:{where}:{name}"


def function(name: str) -> str:
    return f"arn:aws:lambda:{HERE}:function:{name}"


def delivery(source: str, target: str, error: str | None = None) -> dict[str, Any]:
    return {"time": 100.0, "kind": "delivery", "source": source, "target": target, "attempt": 1, "error": error}


def depth(time: float, visible: int, in_flight: int = 0, delayed: int = 0, arn: str = QUEUE) -> dict[str, Any]:
    levels = {"visible": visible, "in_flight": in_flight, "delayed": delayed}
    return {"time": time, "kind": "depth", "arn": arn, **levels}


def deleted(time: float, arn: str = QUEUE) -> dict[str, Any]:
    return {"time": time, "kind": "resource", "arn": arn, "state": "deleted", "type": "queue", "name": "orders"}


def call(time: float) -> dict[str, Any]:
    return {"time": time, "kind": "call", "service": "sqs", "operation": "send_message", "error": None}


DRAWN: dict[str, Entries] = {
    "a way past a column": [
        delivery(rule("orders"), function("ship")),
        delivery(function("ship"), queue("shipped")),
        delivery(rule("orders"), queue("shipped")),
        delivery(rule("orders"), queue("orders")),
    ],
    "a way back to where it began": [
        delivery(rule("orders"), function("ship")),
        delivery(function("ship"), queue("shipped")),
        delivery(function("ship"), BUS),
        delivery(queue("shipped"), function("ship")),
    ],
    "successes and failures on the same way": [
        *[delivery(rule("orders"), queue("orders"))] * 120,
        *[delivery(rule("orders"), queue("orders"), "SdkClientException")] * 35,
        depth(100.0, 120, arn=queue("orders")),
    ],
    "names longer than a box": [
        delivery(rule("every-order-of-the-whole-shop"), queue("orders-of-the-whole-shop.fifo")),
        depth(101.0, 1, arn=queue("orders-of-the-whole-shop.fifo")),
        depth(109.0, 0, 1, arn=queue("orders-of-the-whole-shop.fifo")),
    ],
    "six one after the other": [
        delivery(rule("a"), f"arn:aws:events:{HERE}:event-bus/second"),
        delivery(rule("second/b"), f"arn:aws:events:{HERE}:event-bus/third"),
        delivery(rule("third/c"), queue("orders")),
    ],
    "two Regions": [
        delivery(rule("orders"), f"arn:aws:events:{SECOND_REGION}:event-bus/default"),
        delivery(rule("orders"), queue("copies")),
        delivery(rule("all", SECOND_REGION), queue("orders", SECOND_REGION)),
        delivery(rule("all", SECOND_REGION), queue("copies")),
    ],
    "two Regions and accounts": [
        delivery(rule("orders"), "arn:aws:events:ap-southeast-2:210987654321:event-bus/default"),
        delivery(rule("all", "ap-southeast-2:210987654321"), queue("orders", "ap-southeast-2:210987654321")),
    ],
    "two accounts and one delivery": [
        delivery(rule("orders"), queue("orders", SECOND_ACCOUNT)),
    ],
}


@pytest.fixture(scope="module")
def journals(page_side: ModuleType) -> dict[str, Entries]:
    """The journal of each snippet as the page's Python sends it, and those of DRAWN."""
    told = {}
    for path in SNIPPETS:
        with contextlib.redirect_stdout(io.StringIO()):
            cloud = programs.run_source(path.read_text("utf-8"), str(path))
        told[path.stem] = json.loads(json.dumps(page_side.journal(cloud.journal.entries), default=str))
    return told | DRAWN


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_nor_covered_and_no_way_goes_through_a_box(
    pictures: Page, journals: dict[str, Entries], width: int, language: str
) -> None:
    pictures.set_viewport_size({"width": width, "height": 900})
    pictures.evaluate("([journals, language]) => show(journals, language)", [journals, language])
    pictures.evaluate("unfold()")
    assert pictures.evaluate("amiss()") == []


def test_every_drawing_has_a_name_and_a_description(
    drawn: Callable[..., Locator], journals: dict[str, Entries]
) -> None:
    figures = drawn(journals["async_retries"], "es")
    ways, levels = figures.nth(0).get_by_role("img"), figures.nth(1).get_by_role("img")
    expect(ways).to_have_accessible_name("Esquema de lo que ha pasado")
    expect(ways).to_have_accessible_description(
        "La función async-retries entregó 1 mensaje a la cola async-retries."
    )
    expect(levels).to_have_accessible_name("Mensajes de cada cola")


def test_a_run_that_delivers_nothing_and_has_no_queue_is_not_drawn(drawn: Callable[..., Locator]) -> None:
    expect(drawn([call(100.0), call(101.0)])).to_have_count(0)


# ---- Regions and accounts ----


def test_one_region_and_account_is_not_mentioned(drawn: Callable[..., Locator]) -> None:
    figures = drawn(DRAWN["a way past a column"])
    expect(figures.locator(".eslabon-place")).to_have_count(0)
    assert not [text for text in figures.locator("text, li").all_text_contents() if "us-east-1" in text]


@pytest.mark.parametrize("width", WIDTHS)
def test_resources_of_several_regions_are_framed_by_region(
    pictures: Page, drawn: Callable[..., Locator], width: int
) -> None:
    figures = drawn(DRAWN["two Regions"], width=width)
    assert figures.locator("text.eslabon-place").all_text_contents() == ["us-east-1", "eu-west-1"]
    framed = pictures.evaluate(
        """() => [...document.querySelectorAll("rect.eslabon-place")].map((frame) => {
          const { top, bottom, left, right } = frame.getBoundingClientRect();
          return [...document.querySelectorAll(".eslabon-node")].filter((node) => {
            const box = node.getBoundingClientRect();
            return box.top > top && box.bottom < bottom && box.left > left && box.right < right;
          }).map((node) => node.querySelector("title").textContent.split(":")[3]);
        })"""
    )
    assert framed == [["us-east-1"] * 3, ["eu-west-1"] * 3]


def test_what_differs_names_the_place(drawn: Callable[..., Locator]) -> None:
    accounts = drawn(DRAWN["two accounts and one delivery"], "es")
    assert accounts.locator("text.eslabon-place").all_text_contents() == ["cuenta 123456789012", "cuenta 210987654321"]
    both = drawn([delivery(rule("orders"), queue("orders", "eu-west-1:210987654321"))])
    assert both.locator("text.eslabon-place").all_text_contents() == [
        "us-east-1 · account 123456789012",
        "eu-west-1 · account 210987654321",
    ]


def test_words_tell_the_region_too(drawn: Callable[..., Locator]) -> None:
    told = drawn(DRAWN["two Regions"]).locator("details li").all_text_contents()
    assert "Rule all (eu-west-1) delivered 1 message to queue copies (us-east-1)." in told


# ---- queues over virtual time ----

LIVED = [call(100.0), depth(110.0, 0, 0, 1), depth(120.0, 1), depth(120.0, 0, 1), depth(150.0, 0), call(160.0)]


def test_a_queue_with_one_level_only_has_no_chart(drawn: Callable[..., Locator]) -> None:
    expect(drawn([call(100.0), depth(110.0, 1), call(160.0)]).locator(".eslabon-level")).to_have_count(0)


def test_each_state_has_a_stroke_of_its_own(drawn: Callable[..., Locator]) -> None:
    chart = drawn(LIVED).get_by_role("img")
    strokes = [
        line.evaluate("line => getComputedStyle(line).strokeDasharray")
        for line in chart.locator(".eslabon-level").all()
    ]
    assert len(strokes) == len(set(strokes)) == 3


def test_a_chart_says_what_each_queue_held_at_most(drawn: Callable[..., Locator]) -> None:
    expect(drawn(LIVED).get_by_role("img")).to_have_accessible_description(
        "Between 10 s and 50 s, queue orders had at most these messages: 1 visible, 1 in flight, 1 delayed."
    )


def test_the_same_is_told_in_numbers(drawn: Callable[..., Locator]) -> None:
    rows = drawn([*LIVED, deleted(160.0)]).locator("tbody tr").all()
    assert [[cell.text_content() for cell in row.locator("th, td").all()] for row in rows] == [
        ["10 s", "0", "0", "1"],
        ["20 s", "1", "0", "0"],
        ["20 s", "0", "1", "0"],
        ["50 s", "0", "0", "0"],
        ["60 s", "the queue was deleted"],
    ]


def test_a_long_table_says_how_much_it_leaves_out(drawn: Callable[..., Locator]) -> None:
    figures = drawn([depth(100.0 + number, number % 7 + 1) for number in range(100)])
    expect(figures.locator("tbody tr")).to_have_count(60)
    expect(figures.get_by_text("Changes that the table leaves out: 40.")).to_have_count(1)


def test_what_lasts_less_than_a_second_stays_folded(drawn: Callable[..., Locator]) -> None:
    brief = [call(100.0), depth(130.0, 1), depth(130.1, 0, 1), deleted(130.2)]
    expect(drawn(brief).locator("details.eslabon-over-time")).not_to_have_attribute("open", "")
    expect(drawn(LIVED).locator("details.eslabon-over-time")).to_have_attribute("open", "")


def test_a_level_holds_until_the_next_and_the_last_until_the_run_ends(pictures: Page) -> None:
    line = "(journal) => corners(story(journal).queues[0].levels, 'visible', story(journal).seconds)"
    assert pictures.evaluate(line, [call(100.0), depth(110.0, 2), depth(120.0, 1), call(160.0)]) == [
        [10, 0], [10, 2], [20, 2], [20, 1], [60, 1],
    ]  # fmt: skip


def test_a_queue_that_is_deleted_ends_without_having_been_emptied(pictures: Page) -> None:
    line = "(journal) => corners(story(journal).queues[0].levels, 'visible', story(journal).seconds)"
    assert pictures.evaluate(line, [call(100.0), depth(110.0, 2), deleted(130.0), call(160.0)]) == [
        [10, 0], [10, 2], [30, 2], [30, None],
    ]  # fmt: skip


def test_entries_told_late_are_drawn_at_their_time(pictures: Page) -> None:
    times = pictures.evaluate(
        "(journal) => story(journal).queues[0].levels.map(({ time }) => time)",
        [call(100.0), depth(140.0, 0), depth(120.0, 1), call(160.0)],
    )
    assert times == [20, 40]


@pytest.mark.parametrize(
    ("first", "last", "most", "labels"),
    [
        (0, 60, 8, ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]),
        (30.2, 30.31, 4, ["30.2 s", "30.25 s", "30.3 s"]),
        (0, 300, 6, ["0 s", "60 s", "120 s", "180 s", "240 s", "300 s"]),
        (0, 3600, 5, ["0 min", "15 min", "30 min", "45 min", "60 min"]),
        (0, 86400, 5, ["0 h", "6 h", "12 h", "18 h", "24 h"]),
        (0, 4 * 86400, 5, ["0 d", "1 d", "2 d", "3 d", "4 d"]),
    ],
)
def test_an_axis_counts_in_round_numbers_of_one_unit(
    pictures: Page, first: float, last: float, most: int, labels: list[str]
) -> None:
    told = pictures.evaluate(
        "([from, to, most]) => ticks(from, to, most, 'en').map(({ label }) => label)", [first, last, most]
    )
    assert told == labels


def test_numbers_are_written_as_the_language_does(pictures: Page) -> None:
    assert pictures.evaluate("ticks(30.2, 30.3, 2, 'es').map(({ label }) => label)") == ["30,2 s", "30,3 s"]
    assert pictures.evaluate("duration(12.44, 'es')") == "12,4\u00a0s"
    assert pictures.evaluate("duration(200, 'es')") == "3\u00a0min 20\u00a0s"
    assert pictures.evaluate("duration(86400, 'es')") == "1\u00a0d"
