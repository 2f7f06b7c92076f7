"""Whatever a valid state machine does, it ends, and its history is well formed."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon import Cloud

# A machine is drawn as a list of states; each goes on to the next, a Choice may skip some. So every machine ends.
ENDS = ("Succeed", "Fail")
LEAVES = st.sampled_from(["Pass", "Wait", "Choice", *ENDS])


def plans(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Lists of states: leaves by their type, Parallel and Map with the lists inside them."""
    inner = st.lists(leaves, min_size=1, max_size=3)
    parallel = st.tuples(st.just("Parallel"), st.lists(inner, min_size=1, max_size=3), st.booleans())
    repeated = st.tuples(st.just("Map"), st.lists(inner, min_size=1, max_size=1), st.booleans())
    return st.lists(st.one_of(leaves, parallel, repeated), min_size=1, max_size=4)


PLANS = plans(st.one_of(LEAVES, st.tuples(st.just("Parallel"), st.lists(st.lists(LEAVES, min_size=1)), st.booleans())))


def machine(plan: list[Any], names: count[int]) -> dict[str, Any]:
    """The definition that a plan stands for; every state of it has its own name, and is reached."""
    end = next((position for position, entry in enumerate(plan) if entry in ENDS), len(plan))
    named = [(f"S{next(names)}", entry) for entry in plan[: end + 1]]
    done = f"S{next(names)}"
    reached = end == len(plan) or "Choice" in plan[:end]
    states: dict[str, Any] = {done: {"Type": "Succeed"}} if reached else {}
    for position, (name, entry) in enumerate(named):
        following = named[position + 1][0] if position + 1 < len(named) else done
        states[name] = state(entry, following, done, names)
    return {"StartAt": named[0][0], "States": states}


def state(entry: Any, following: str, done: str, names: count[int]) -> dict[str, Any]:
    """One state of a plan."""
    kind = entry if isinstance(entry, str) else entry[0]
    if kind in ENDS:
        return {"Type": kind}
    if kind == "Choice":
        rule = {"Variable": "$.n", "IsPresent": True, "Next": following}
        return {"Type": "Choice", "Choices": [rule], "Default": done}
    fields: dict[str, Any] = {"Type": kind, "Next": following}
    if kind == "Wait":
        fields["Seconds"] = 3
    if kind == "Parallel":
        fields["Branches"] = [machine(branch, names) for branch in entry[1] or [["Pass"]]]
    if kind == "Map":
        fields |= {"ItemProcessor": machine(entry[1][0], names), "Parameters": {"n.$": "$$.Map.Item.Value"}}
        fields["ItemsPath"] = "$.items"
    if kind in ("Parallel", "Map"):
        fields["ResultPath"] = "$.result"
        if entry[2]:
            fields["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": following, "ResultPath": "$.error"}]
    return fields


def history(definition: dict[str, Any], given_input: Any) -> tuple[str, list[dict[str, Any]]]:
    """The status of a run and its events."""
    cloud = Cloud()
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    client = cloud.client("stepfunctions")
    made = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)
    run = client.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(given_input))
    cloud.clock.run_until_idle()
    pages = client.get_paginator("get_execution_history").paginate(executionArn=run["executionArn"])
    events = [event for page in pages for event in page["events"]]
    return client.describe_execution(executionArn=run["executionArn"])["status"], events


@settings(max_examples=60, deadline=None)
@given(PLANS, st.booleans())
def test_every_machine_ends_and_its_history_is_well_formed(plan: list[Any], present: bool) -> None:
    given_input = {"items": [1, 2], **({"n": 1} if present else {})}
    status, events = history(machine(plan, count()), given_input)
    assert status in ("SUCCEEDED", "FAILED")
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["previousEventId"] < event["id"] for event in events)
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert events[0]["type"] == "ExecutionStarted"
    assert events[-1]["type"] == {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"}[status]


@settings(max_examples=60, deadline=None)
@given(PLANS)
def test_what_is_entered_is_exited_unless_something_failed(plan: list[Any]) -> None:
    _, events = history(machine(plan, count()), {"items": [1, 2], "n": 1})
    entered = sorted(event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("Entered"))
    exited = sorted(event["stateExitedEventDetails"]["name"] for event in events if event["type"].endswith("Exited"))
    if any(event["type"].endswith(("Failed", "FailStateEntered")) for event in events):
        assert not set(exited) - set(entered)
    else:
        assert entered == exited


@pytest.mark.parametrize("limit", [1, 2, 0])
def test_max_concurrency_bounds_the_iterations_under_way(limit: int) -> None:
    processor = {"StartAt": "P", "States": {"P": {"Type": "Wait", "Seconds": 1, "End": True}}}
    each = {"Type": "Map", "MaxConcurrency": limit, "ItemProcessor": processor, "End": True}
    _, events = history({"StartAt": "M", "States": {"M": each}}, [1, 2, 3, 4])
    live = most = 0
    for event in events:
        live += {"MapIterationStarted": 1, "MapIterationSucceeded": -1}.get(event["type"], 0)
        most = max(most, live)
    assert most == (limit or 4)
