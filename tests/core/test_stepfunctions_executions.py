"""Every case under tests/cases/stepfunctions/executions: what the page or specification that it names says of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eslabon import Cloud

FILES = sorted((Path(__file__).parents[1] / "cases" / "stepfunctions" / "executions").glob("*.json"))
CASES = [case for file in FILES for case in json.loads(file.read_text(encoding="utf-8"))]
SOURCES = ("https://docs.aws.amazon.com/", "https://states-language.net/", "https://docs.jsonata.org/")


def run(cloud: Cloud, role: str, case: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The execution of a case as DescribeExecution has it, and its whole history."""
    for place, text in case.get("objects", {}).items():
        bucket, key = place.split("/", 1)
        cloud.client("s3").create_bucket(Bucket=bucket)  # in us-east-1 it may exist
        cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=text)
    for state, answers in case.get("mocks", {}).items():
        cloud.mock(state, answers)
    client = cloud.client("stepfunctions")
    machine = client.create_state_machine(name="case", definition=json.dumps(case["definition"]), roleArn=role)
    execution = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(case.get("input", {}))
    )["executionArn"]
    cloud.clock.run_until_idle()
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    events = [event for page in pages for event in page["events"]]
    return client.describe_execution(executionArn=execution), events


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(cloud: Cloud, states_role: str, case: dict[str, Any]) -> None:
    described, events = run(cloud, states_role, case)
    if "output" in case:
        assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
        assert json.loads(described["output"]) == case["output"], case["source"]
    else:
        assert (described["status"], described.get("error")) == ("FAILED", case["error"]), described
        if "cause" in case:
            assert described["cause"] == case["cause"]
    if "events" in case:
        assert [event["type"] for event in events] == case["events"], case["source"]
    for state, variables in case.get("assigned", {}).items():
        assert variables == assigned_by(state, events), state


def assigned_by(state: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """The variables that a state assigned, as its last Exited event shows them."""
    details = [event["stateExitedEventDetails"] for event in events if "stateExitedEventDetails" in event]
    shown = [detail for detail in details if detail["name"] == state][-1].get("assignedVariables", {})
    return {name: json.loads(text) for name, text in shown.items()}


def test_cases_name_their_source_and_are_told_apart() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert case["source"].startswith(SOURCES), case["id"]
        assert ("output" in case) != ("error" in case), case["id"]
        assert case["id"].partition("/")[0] in {file.stem for file in FILES}, case["id"]
