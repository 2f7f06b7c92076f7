"""Properties of map runs and of the files that they read, with random input."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon import Cloud
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.maps.itemformats import records, rows
from eslabon.stepfunctions.maps.mapinputs import batches

TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
PROCESSOR = {
    "StartAt": "Sign",
    "States": {
        "Sign": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.fails", "BooleanEquals": True, "Next": "Stop"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"},
        "Stop": {"Type": "Fail", "Error": "Stopped"},
        "Done": {"Type": "Succeed"},
    },
}
ITEMS = st.lists(st.fixed_dictionaries({"fails": st.booleans(), "seconds": st.integers(0, 20)}), max_size=12)


def begin(state: dict[str, Any], items: Any) -> tuple[Cloud, Any, str]:
    """A cloud in which an execution has reached its Map state."""
    cloud = Cloud()
    policy = json.dumps({"Version": "2012-10-17", "Statement": TRUST})
    role = cloud.client("iam").create_role(RoleName="workflow", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    states = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "Map", "States": {"Map": {"Type": "Map", "End": True, **state}}})
    machine = states.create_state_machine(name="orders", definition=definition, roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input=json.dumps(items))["executionArn"]
    cloud.clock.advance(0.05)
    return cloud, states, execution


@settings(max_examples=60, deadline=None)
@given(
    items=ITEMS,
    express=st.booleans(),
    concurrency=st.integers(0, 4),
    count=st.none() | st.integers(0, 4),
    percentage=st.none() | st.integers(0, 100),
)
def test_a_map_run_comes_to_the_end_that_its_thresholds_say(
    items: list[dict[str, Any]], express: bool, concurrency: int, count: int | None, percentage: int | None
) -> None:
    kind = "EXPRESS" if express else "STANDARD"
    state: dict[str, Any] = {
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **PROCESSOR},
        "MaxConcurrency": concurrency,
    }
    if count is not None:
        state["ToleratedFailureCount"] = count
    if percentage is not None:
        state["ToleratedFailurePercentage"] = percentage
    cloud, states, execution = begin(state, items)
    arn = states.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    while states.describe_map_run(mapRunArn=arn)["status"] == "RUNNING":
        counts = states.describe_map_run(mapRunArn=arn)["executionCounts"]
        assert counts["total"] == len(items)
        assert counts["running"] <= (concurrency or len(items))
        cloud.clock.advance(1)
    cloud.clock.run_until_idle()
    failing = sum(item["fails"] for item in items)
    tolerated = failing == 0
    if count is not None or percentage is not None:
        tolerated = (count is None or failing <= count) and (
            percentage is None or failing * 100 <= percentage * len(items)
        )
    described = states.describe_execution(executionArn=execution)
    counts = states.describe_map_run(mapRunArn=arn)["executionCounts"]
    statuses = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
    assert sum(counts[status] for status in statuses) == counts["total"] == len(items)
    assert counts["running"] == 0
    if not tolerated:
        assert described["error"] == "States.ExceedToleratedFailureThreshold"
        return
    assert described["status"] == "SUCCEEDED", described
    assert (counts["failed"], counts["succeeded"]) == (failing, len(items) - failing)
    outputs = json.loads(described["output"])
    assert [item for item in outputs if "fails" in item] == [item for item in items if not item["fails"]]
    assert [json.loads(one["Input"]) for one in outputs if "fails" not in one] == [i for i in items if i["fails"]]
    assert ["Status" in one for one in outputs] == [item["fails"] for item in items]


@settings(max_examples=100, deadline=None)
@given(
    items=st.lists(st.text(max_size=8), max_size=30),
    most_items=st.integers(0, 6),
    most_bytes=st.integers(80, 200),
    fixed=st.sampled_from([{}, {"BatchInput": {"day": "Monday"}}]),
)
def test_batches_hold_every_item_once_within_both_limits(
    items: list[str], most_items: int, most_bytes: int, fixed: dict[str, Any]
) -> None:
    made = list(batches(items, most_items, most_bytes + 100, fixed))
    assert [item for given_input, _ in made for item in given_input["Items"]] == items
    for given_input, number in made:
        assert number == len(given_input["Items"]) > 0
        assert number <= (most_items or number)
        assert len(compact(given_input).encode("utf-8", "surrogatepass")) <= most_bytes + 100
        assert {name: value for name, value in given_input.items() if name != "Items"} == fixed


FIELDS = st.text(st.characters(exclude_characters="\\\r\x00", exclude_categories=["Cs"]), max_size=6)


@settings(max_examples=200, deadline=None)
@given(table=st.lists(st.lists(FIELDS, min_size=2, max_size=4), max_size=6), delimiter=st.sampled_from(",|; \t"))
def test_what_is_written_with_quotation_marks_is_read_as_it_was(table: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    assert list(records(io.StringIO(text.getvalue(), newline="\n"), delimiter)) == table


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60), delimiter=st.sampled_from(",|; \t"))
def test_any_text_has_rows_with_all_the_columns(text: str, delimiter: str) -> None:
    for row in rows(io.StringIO(text, newline="\n"), delimiter, ["a", "b"]):
        assert list(row) == ["a", "b"]
