"""Pictures of executions: what ran, failed, was caught, retried and redriven, in the graph and over time."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon import Cloud
from eslabon.stepfunctions import draw, recorded, timeline
from tests.core.test_stepfunctions_draw import FUNCTION, NAMESPACE, Drawn, check
from tests.core.test_stepfunctions_history import PLANS, history, machine

RETRY = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3}]
CATCH = [{"ErrorEquals": ["Card.Declined"], "Next": "Release"}]
ORDER: dict[str, Any] = {
    "StartAt": "Reserve",
    "States": {
        "Reserve": {"Type": "Task", "Resource": FUNCTION, "Retry": RETRY, "Next": "Charge"},
        "Charge": {"Type": "Task", "Resource": FUNCTION, "Catch": CATCH, "Next": "Ship"},
        "Ship": {"Type": "Wait", "Seconds": 60, "End": True},
        "Release": {"Type": "Wait", "Seconds": 4, "Next": "Refused"},
        "Refused": {"Type": "Fail", "Error": "Order.Refused", "Cause": "Not enough money."},
    },
}
PHOTOS: dict[str, Any] = {
    "StartAt": "All",
    "States": {
        "All": {
            "Type": "Parallel",
            "End": True,
            "Branches": [
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemsPath": "$.photos",
                            "End": True,
                            "ItemProcessor": {
                                "StartAt": "Shrink",
                                "States": {
                                    "Shrink": {
                                        "Type": "Task",
                                        "Resource": FUNCTION,
                                        "Catch": [{"ErrorEquals": ["Broken"], "Next": "Skip"}],
                                        "End": True,
                                    },
                                    "Skip": {"Type": "Pass", "End": True},
                                },
                            },
                        }
                    },
                },
                {
                    "StartAt": "Bill",
                    "States": {
                        "Bill": {"Type": "Wait", "Seconds": 5, "Next": "Print"},
                        "Print": {"Type": "Task", "Resource": FUNCTION, "End": True},
                    },
                },
            ],
        }
    },
}


class Runs:
    """Starts executions and keeps their client."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.client("stepfunctions")
        trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": trust})
        role = cloud.client("iam").create_role(RoleName="states", AssumeRolePolicyDocument=policy)
        self.role = role["Role"]["Arn"]

    def start(self, definition: dict[str, Any], document: Any = None) -> str:
        made = self.client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=self.role)
        run = self.client.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(document or {}))
        return run["executionArn"]

    def events(self, definition: dict[str, Any], document: Any = None) -> list[dict[str, Any]]:
        arn = self.start(definition, document)
        self.cloud.clock.run_until_idle()
        return recorded(self.client, arn)[1]


@pytest.fixture
def runs(cloud: Cloud) -> Runs:
    return Runs(cloud)


@pytest.fixture
def declined(runs: Runs) -> list[dict[str, Any]]:
    """The history of an order that was retried twice, and whose card was declined."""
    runs.cloud.mock("Reserve", [{"error": "Busy"}, {"error": "Busy"}, {"result": {}}])
    runs.cloud.mock("Charge", error="Card.Declined", cause="Not enough money.")
    return runs.events(ORDER)


def thickness(way: ET.Element) -> float:
    path = way.find(f"{NAMESPACE}path")
    assert path is not None
    return float(path.attrib["stroke-width"])


def bars(svg: str, state: str) -> list[ET.Element]:
    """The bars of a state, of all its rows."""
    rows = [row for row in ET.fromstring(svg).iter(f"{NAMESPACE}g") if row.attrib.get("data-state") == state]
    return [bar for row in rows for bar in row.iter(f"{NAMESPACE}rect") if "data-bar" in bar.attrib]


def row_names(svg: str) -> list[str]:
    root = ET.fromstring(svg)
    return [row.findtext(f"{NAMESPACE}text") or "" for row in root.iter(f"{NAMESPACE}g") if "data-depth" in row.attrib]


def test_what_ran_what_was_retried_caught_and_failed_is_in_the_boxes(declined: list[dict[str, Any]]) -> None:
    drawn = check(ORDER, draw(ORDER, declined).svg)
    assert "↻ 2 retries" in drawn.texts("Reserve")
    assert "✓" in drawn.texts("Reserve")
    assert "caught" in drawn.texts("Charge")
    assert "Card.Declined" in drawn.texts("Charge")
    assert "✓ 4 s" in drawn.texts("Release")
    assert "✗ failed" in drawn.texts("Refused")
    assert not set("✓✗↷") & set(drawn.texts("Ship"))


def test_the_way_that_was_taken_is_thick_and_what_was_not_reached_is_faint(declined: list[dict[str, Any]]) -> None:
    drawn = Drawn(draw(ORDER, declined).svg)
    taken = [("Start", "Reserve", "next"), ("Reserve", "Charge", "next"), ("Charge", "Release", "catch")]
    for way in [*taken, ("Release", "Refused", "next")]:
        assert thickness(drawn.way(*way)) > thickness(drawn.way("Charge", "Ship")), way
    faint = {name for name, group in drawn.groups.items() if "opacity" in group.attrib}
    assert faint == {"Ship", "End"}


def test_states_are_numbered_in_the_order_in_which_they_were_entered(declined: list[dict[str, Any]]) -> None:
    root = Drawn(draw(ORDER, declined).svg).root
    badges = [group.attrib["data-order"] for group in root.iter(f"{NAMESPACE}g") if "data-order" in group.attrib]
    assert sorted(badges) == ["1", "2", "3", "4"]


def test_the_description_says_what_ran_and_what_failed(declined: list[dict[str, Any]]) -> None:
    told = Drawn(draw(ORDER, declined).svg).description
    assert "Order.Refused" in told
    assert "Not enough money." in told
    assert "2 retries" in told
    assert told.index("Reserve (") < told.index("Charge (caught") < told.index("Release (") < told.index("Refused (")
    assert told.endswith("Not reached: Ship.")


def test_the_description_is_in_the_readers_language(declined: list[dict[str, Any]]) -> None:
    told = Drawn(draw(ORDER, declined, language="es").svg).description
    assert "La ejecución falló tras" in told
    assert "2 reintentos" in told
    assert "Sin alcanzar: Ship." in told


def test_events_may_come_as_json_in_any_order(declined: list[dict[str, Any]]) -> None:
    as_json = json.loads(json.dumps(declined[::-1], default=str))
    assert draw(ORDER, as_json).svg == draw(ORDER, declined).svg
    assert timeline(ORDER, as_json).svg == timeline(ORDER, declined).svg


def test_what_is_no_history_is_refused() -> None:
    with pytest.raises(ValueError, match="get_execution_history"):
        draw(ORDER, [{"executionArn": "a"}])


def test_a_map_counts_its_items_and_an_inner_state_its_visits(runs: Runs) -> None:
    runs.cloud.mock("Shrink", [{"result": 1}, {"error": "Broken"}, {"result": 2}])
    runs.cloud.mock("Print", result={})
    drawn = check(PHOTOS, draw(PHOTOS, runs.events(PHOTOS, {"photos": [1, 2, 3, 4]})).svg)
    assert "4 items: ✓ 4" in drawn.texts("Each")
    assert "✓ 3 ↷ 1" in drawn.texts("Shrink")
    assert "Broken" in drawn.texts("Shrink")
    assert thickness(drawn.way("Shrink", "Skip", "catch")) > 2


def test_a_failed_iteration_fails_its_map_and_the_parallel_around_it(runs: Runs) -> None:
    runs.cloud.mock("Shrink", [{"result": 1}, {"error": "Full", "cause": "No room."}])
    drawn = check(PHOTOS, draw(PHOTOS, runs.events(PHOTOS, {"photos": [1, 2]})).svg)
    assert "✓ 1 ✗ 1" in drawn.texts("Each")
    for name in ("All", "Each", "Shrink"):
        assert "✗" in drawn.texts(name)
        assert "Full" in drawn.texts(name)
    assert "stopped" in drawn.texts("Bill")
    assert "The execution failed" in drawn.description
    assert "Full, No room." in drawn.description


def test_a_distributed_map_has_run_and_its_history_says_nothing_of_the_states_inside(runs: Runs) -> None:
    inside = {"Shrink": {"Type": "Pass", "End": True}}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "Shrink", "States": inside}
    each = {"Type": "Map", "ItemsPath": "$.photos", "ItemProcessor": processor, "End": True}
    definition = {"StartAt": "Each", "States": {"Each": each}}
    drawn = check(definition, draw(definition, runs.events(definition, {"photos": [1, 2]})).svg)
    assert "✓" in drawn.texts("Each")
    assert "retr" not in drawn.texts("Each")
    assert "opacity" not in drawn.groups["Shrink"].attrib
    assert "Not reached" not in drawn.description


def test_a_running_execution_says_so(runs: Runs) -> None:
    runs.cloud.mock("Reserve", result={})
    runs.cloud.mock("Charge", result={})
    arn = runs.start(ORDER)
    runs.cloud.clock.advance(30)
    definition, events = recorded(runs.client, arn)
    drawn = Drawn(draw(definition, events).svg)
    assert "… running" in drawn.texts("Ship")
    assert "has been running" in drawn.description


def test_a_stopped_execution_says_so(runs: Runs) -> None:
    runs.cloud.mock("Reserve", result={})
    runs.cloud.mock("Charge", result={})
    arn = runs.start(ORDER)
    runs.cloud.clock.advance(30)
    runs.client.stop_execution(executionArn=arn)
    drawn = Drawn(draw(*recorded(runs.client, arn)).svg)
    assert "■ stopped" in drawn.texts("Ship")
    assert "was stopped after" in drawn.description


def test_a_redrive_goes_on_in_the_boxes_of_what_had_failed(runs: Runs) -> None:
    runs.cloud.mock("Shrink", result={})
    runs.cloud.mock("Print", [{"error": "Jam"}, {"result": {}}])
    arn = runs.start(PHOTOS, {"photos": [1]})
    runs.cloud.clock.run_until_idle()
    runs.client.redrive_execution(executionArn=arn)
    runs.cloud.clock.run_until_idle()
    definition, events = recorded(runs.client, arn)
    drawn = check(PHOTOS, draw(definition, events).svg)
    assert "redriven" in drawn.texts("Print")
    assert "✓" in drawn.texts("Print")
    assert "✗" not in drawn.texts("All")
    assert "The execution succeeded" in drawn.description
    # One bar for the whole stay, in it two attempts.
    over_time = ET.fromstring(timeline(definition, events).svg)
    attempts = [group.attrib["data-attempt"] for group in over_time.iter() if "data-attempt" in group.attrib]
    assert attempts == ["failed", "succeeded"]


def test_each_visit_has_a_row_and_rows_are_indented_below_what_they_are_in(runs: Runs) -> None:
    runs.cloud.mock("Shrink", result={})
    runs.cloud.mock("Print", result={})
    svg = timeline(PHOTOS, runs.events(PHOTOS, {"photos": [1, 2]})).svg
    assert row_names(svg) == ["All", "Each", "#0 Shrink", "#1 Shrink", "Bill", "Print"]
    depths = [row.attrib["data-depth"] for row in ET.fromstring(svg).iter() if "data-depth" in row.attrib]
    assert depths == ["0", "1", "2", "2", "1", "1"]


def test_bars_are_as_long_as_what_they_show_and_lie_inside_the_drawing(declined: list[dict[str, Any]]) -> None:
    svg = timeline(ORDER, declined).svg
    (release,), (charge,) = bars(svg, "Release"), bars(svg, "Charge")
    (reserve,) = bars(svg, "Reserve")
    width = {name: float(bar.attrib["width"]) for name, bar in (("Reserve", reserve), ("Release", release))}
    # Two waits, of 2 and 4 seconds, and three short attempts; Release waits 4 seconds.
    assert 1.5 < width["Reserve"] / width["Release"] < 1.7
    starts = [float(bar.attrib["x"]) for bar in (reserve, charge, release)]
    assert starts == sorted(starts)
    assert float(release.attrib["x"]) + width["Release"] < float(ET.fromstring(svg).attrib["width"])


def test_waits_between_attempts_are_seen(declined: list[dict[str, Any]]) -> None:
    root = ET.fromstring(timeline(ORDER, declined).svg)
    row = next(row for row in root.iter(f"{NAMESPACE}g") if row.attrib.get("data-state") == "Reserve")
    attempts = [group for group in row.iter(f"{NAMESPACE}g") if "data-attempt" in group.attrib]
    assert [group.attrib["data-attempt"] for group in attempts] == ["failed", "failed", "succeeded"]
    places = [group.find(f"{NAMESPACE}rect").attrib for group in attempts]
    gaps = [float(after["x"]) - float(before["x"]) - float(before["width"]) for before, after in pairwise(places)]
    assert gaps[0] > 10
    assert gaps[1] > 1.8 * gaps[0]


@pytest.mark.parametrize(("items", "expected"), [(12, 12), (13, 1)])
def test_many_iterations_share_a_row(runs: Runs, items: int, expected: int) -> None:
    runs.cloud.mock("Shrink", result={})
    runs.cloud.mock("Print", result={})
    svg = timeline(PHOTOS, runs.events(PHOTOS, {"photos": list(range(items))})).svg
    assert sum(name.endswith("Shrink") for name in row_names(svg)) == expected
    assert len(bars(svg, "Shrink")) == items


def test_a_timeline_says_in_words_what_it_shows(declined: list[dict[str, Any]]) -> None:
    told = Drawn(timeline(ORDER, declined).svg).description
    assert told.startswith("The execution failed after")
    assert "Release at" in told
    assert "for 4 s (succeeded" in told


def test_a_narrow_timeline_keeps_its_width(declined: list[dict[str, Any]]) -> None:
    svg = timeline(ORDER, declined, width=340).svg
    for text in ET.fromstring(svg).iter(f"{NAMESPACE}rect"):
        assert float(text.attrib["x"]) + float(text.attrib["width"]) <= 340


@pytest.mark.parametrize("name", ["CheckTheStockOfTheWarehouse", "Pay"])
def test_a_narrow_timeline_cuts_no_words_that_have_room(runs: Runs, name: str) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    task = {"Type": "Task", "Resource": FUNCTION, "Retry": retry, "End": True}
    definition = {"StartAt": name, "States": {name: task}}
    outcomes = {"Pay": [{"error": "Card.Declined"}] * 2, "CheckTheStockOfTheWarehouse": [{"result": {}}]}
    runs.cloud.mock(name, outcomes[name])
    told = timeline(definition, runs.events(definition), width=340).svg
    assert name in row_names(told)
    assert "…" not in told


@settings(max_examples=20, deadline=None)
@given(PLANS, st.booleans())
def test_whatever_a_machine_did_is_drawn_and_agrees_with_its_history(plan: list[Any], present: bool) -> None:
    definition = machine(plan, count())
    status, events = history(definition, {"items": [1, 2], **({"n": 1} if present else {})})
    drawn = check(definition, draw(definition, events).svg)
    entered = {event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("Entered")}
    numbered = [group for group in drawn.root.iter() if "data-order" in group.attrib]
    assert len(numbered) == len(entered)
    for name in set(drawn.boxes) - {"Start", "End"}:
        assert ("opacity" in drawn.groups[name].attrib) == (name not in entered)
    assert ("succeeded after" in drawn.description) == (status == "SUCCEEDED")
    assert set(row_names(timeline(definition, events).svg)) >= {
        name for name in entered if name in definition["States"]
    }
