"""Executions: how they are started, stopped, described, listed, and what their history shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States

FIRST = "arn:aws:states:us-east-1:123456789012:execution:orders:first"
DAY = 86_400


def test_an_execution_is_described_from_its_start_to_its_end(states: States) -> None:
    arn = states.machine(WAITING)
    begun = states.client.start_execution(stateMachineArn=arn, name="first", input='{ "total": 9 }')
    assert begun["executionArn"] == FIRST
    running = states.describe(FIRST)
    assert (running["status"], running["name"], running["stateMachineArn"]) == ("RUNNING", "first", arn)
    assert (running["input"], running["inputDetails"]) == ('{ "total": 9 }', {"included": True})
    assert running["startDate"] == begun["startDate"]
    assert not {"stopDate", "output", "outputDetails", "error", "cause"} & set(running)
    states.cloud.clock.run_until_idle()
    ended = states.describe(FIRST)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"total": 9})
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() > 60


def test_a_failed_execution_shows_error_and_cause_and_no_output(states: States) -> None:
    failed = states.run(states.machine(FAILING))
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "Full", "No room.")
    assert "output" not in failed


def test_an_execution_without_a_name_gets_one(states: States) -> None:
    arn = states.machine()
    assert states.start(arn) != states.start(arn)


def test_metadata_only_shows_no_data(states: States) -> None:
    execution = states.run(states.machine(), {"total": 9})["executionArn"]
    described = states.client.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
    assert not {"input", "output"} & set(described)
    assert described["inputDetails"] == described["outputDetails"] == {"included": False}


# --- Names and inputs -------------------------------------------------------------------------------------------------


def test_the_same_name_and_input_while_it_runs_is_the_same_execution(states: States) -> None:
    arn = states.machine(WAITING)
    parameters = {"stateMachineArn": arn, "name": "first", "input": '{"total": 9}'}
    begun = states.client.start_execution(**parameters)
    states.cloud.clock.advance(30)
    again = states.client.start_execution(**parameters)
    assert (again["executionArn"], again["startDate"]) == (begun["executionArn"], begun["startDate"])
    assert len(states.client.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_another_input_or_an_ended_execution_has_taken_the_name(states: States) -> None:
    arn = states.machine(WAITING)
    states.start(arn, {"total": 9}, name="first")
    refused = states.refusal("start_execution", stateMachineArn=arn, name="first", input="{}")
    assert (refused["Code"], refused["Message"]) == ("ExecutionAlreadyExists", f"Execution Already Exists: '{FIRST}'")
    states.cloud.clock.run_until_idle()
    refused = states.refusal("start_execution", stateMachineArn=arn, name="first", input='{"total": 9}')
    assert refused["Code"] == "ExecutionAlreadyExists"


def test_a_name_is_free_90_days_after_the_end_and_the_execution_is_gone(states: States) -> None:
    arn = states.machine(WAITING)
    states.run(arn, name="first")
    states.cloud.clock.advance(90 * DAY - 60)
    assert states.describe(FIRST)["status"] == "SUCCEEDED"
    assert states.refusal("start_execution", stateMachineArn=arn, name="first")["Code"] == "ExecutionAlreadyExists"
    states.cloud.clock.advance(60)
    assert states.refusal("describe_execution", executionArn=FIRST)["Code"] == "ExecutionDoesNotExist"
    assert states.client.list_executions(stateMachineArn=arn)["executions"] == []
    assert states.start(arn, name="first") == FIRST


def test_a_name_belongs_to_its_state_machine(states: States) -> None:
    first, second = states.machine(), states.machine(name="invoices")
    assert states.start(first, name="first") != states.start(second, name="first")


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a*"])
def test_a_name_is_valid(states: States, name: str) -> None:
    arn = states.machine()
    refused = states.refusal("start_execution", stateMachineArn=arn, name=name)
    assert (refused["Code"], refused["Message"]) == ("InvalidName", f"Invalid Name: '{name}'")
    assert states.client.list_executions(stateMachineArn=arn)["executions"] == []


@pytest.mark.parametrize(
    "text", ["", "total", '{"total": }', "[NaN]", "[" * 100_000], ids=["empty", "word", "gap", "NaN", "deep"]
)
def test_an_input_is_json(states: States, text: str) -> None:
    arn = states.machine()
    refused = states.refusal("start_execution", stateMachineArn=arn, input=text)
    assert refused["Code"] == "InvalidExecutionInput"
    assert refused["Message"].startswith("Invalid State Machine Execution Input: '")
    assert states.client.list_executions(stateMachineArn=arn)["executions"] == []


@pytest.mark.parametrize("text", ["null", "[1, 2]", '"text"', "7"])
def test_any_json_is_an_input(states: States, text: str) -> None:
    execution = states.client.start_execution(stateMachineArn=states.machine(), input=text)["executionArn"]
    states.cloud.clock.run_until_idle()
    assert json.loads(states.describe(execution)["output"]) == json.loads(text)


def test_an_input_has_262144_bytes_at_most(states: States) -> None:
    arn = states.machine()
    states.client.start_execution(stateMachineArn=arn, input=json.dumps("x" * 262_142))
    for text in ("x" * 262_143, "ñ" * 131_072):
        refused = states.refusal("start_execution", stateMachineArn=arn, input=json.dumps(text, ensure_ascii=False))
        assert refused["Code"] == "ValidationException"
        assert "less than or equal to 262144" in refused["Message"]


# --- Stopping ---------------------------------------------------------------------------------------------------------


def test_a_stopped_execution_is_aborted_with_error_and_cause(states: States) -> None:
    execution = states.start(states.machine(WAITING))
    states.cloud.clock.advance(10)
    stopped = states.client.stop_execution(executionArn=execution, error="Cancelled", cause="By the customer.")
    described = states.describe(execution)
    assert (described["status"], described["error"], described["cause"]) == (
        "ABORTED",
        "Cancelled",
        "By the customer.",
    )
    assert described["stopDate"] == stopped["stopDate"]
    assert states.kinds(execution) == ["ExecutionStarted", "WaitStateEntered", "WaitStateAborted", "ExecutionAborted"]
    details = states.events(execution)[-1]["executionAbortedEventDetails"]
    assert details == {"error": "Cancelled", "cause": "By the customer."}


def test_stopping_what_has_ended_changes_nothing(states: States) -> None:
    done = states.run(states.machine())
    states.cloud.clock.advance(60)
    stopped = states.client.stop_execution(executionArn=done["executionArn"], error="Late")
    assert stopped["stopDate"] == done["stopDate"]
    assert states.describe(done["executionArn"])["status"] == "SUCCEEDED"


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_executions_are_listed_the_most_recent_first_in_pages(states: States) -> None:
    arn = states.machine()
    for number in range(5):
        states.run(arn, name=f"e{number}")
    pages = states.client.get_paginator("list_executions").paginate(
        stateMachineArn=arn, PaginationConfig={"PageSize": 2}
    )
    listed = [[execution["name"] for execution in page["executions"]] for page in pages]
    assert listed == [["e4", "e3"], ["e2", "e1"], ["e0"]]


def test_executions_that_run_are_sorted_by_their_start_the_others_by_their_end(states: States) -> None:
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "SecondsPath": "$", "End": True}}}
    arn = states.machine(definition)
    for name, seconds in (("long", 100), ("longest", 1000), ("short", 10)):
        states.start(arn, seconds, name=name)
        states.cloud.clock.advance(1)
    states.cloud.clock.advance(200)
    listed = states.client.list_executions(stateMachineArn=arn)["executions"]
    assert [execution["name"] for execution in listed] == ["long", "short", "longest"]


def test_executions_are_listed_by_status(states: States) -> None:
    definition = {
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "BooleanEquals": True, "Next": "Done"}],
                "Default": "Stop",
            },
            **DONE["States"],
            **FAILING["States"],
        },
    }
    arn = states.machine(definition)
    states.run(arn, True, name="good")
    states.run(arn, False, name="bad")
    for status, names in (("SUCCEEDED", ["good"]), ("FAILED", ["bad"]), ("RUNNING", []), (None, ["bad", "good"])):
        given = {} if status is None else {"statusFilter": status}
        listed = states.client.list_executions(stateMachineArn=arn, **given)["executions"]
        assert [execution["name"] for execution in listed] == names


def test_executions_are_listed_by_redrive(states: States) -> None:
    arn = states.machine(FAILING)
    states.run(arn, name="once")
    twice = states.run(arn, name="twice")["executionArn"]
    states.client.redrive_execution(executionArn=twice)
    states.cloud.clock.run_until_idle()
    for redrive, names in (("REDRIVEN", ["twice"]), ("NOT_REDRIVEN", ["once"])):
        listed = states.client.list_executions(stateMachineArn=arn, redriveFilter=redrive)["executions"]
        assert [execution["name"] for execution in listed] == names


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"stateMachineArn": "{machine}", "mapRunArn": "x"},
        {"stateMachineArn": "{machine}", "statusFilter": "PENDING_REDRIVE"},
    ],
)
def test_a_list_is_of_one_thing(states: States, parameters: dict[str, str]) -> None:
    arn = states.machine()
    filled = {name: value.format(machine=arn) for name, value in parameters.items()}
    assert states.refusal("list_executions", **filled)["Code"] == "ValidationException"


# --- History ----------------------------------------------------------------------------------------------------------


def three_passes() -> dict[str, Any]:
    made: dict[str, Any] = {name: {"Type": "Pass", "Next": following} for name, following in (("A", "B"), ("B", "C"))}
    return {"StartAt": "A", "States": {**made, "C": {"Type": "Pass", "End": True}}}


def test_history_comes_in_pages_forwards_and_backwards(states: States) -> None:
    execution = states.run(states.machine(three_passes()))["executionArn"]
    paginator = states.client.get_paginator("get_execution_history")
    for reverse, ids in ((False, list(range(1, 9))), (True, list(range(8, 0, -1)))):
        pages = list(paginator.paginate(executionArn=execution, reverseOrder=reverse, PaginationConfig={"PageSize": 3}))
        assert [len(page["events"]) for page in pages] == [3, 3, 2]
        assert [event["id"] for page in pages for event in page["events"]] == ids


def test_a_page_of_history_has_100_events_unless_told_otherwise(states: States) -> None:
    definition = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}},
                "End": True,
            }
        },
    }
    execution = states.run(states.machine(definition), list(range(50)))["executionArn"]
    for given in ({}, {"maxResults": 0}):
        page = states.client.get_execution_history(executionArn=execution, **given)
        assert (len(page["events"]), page["events"][-1]["id"]) == (100, 100)
        assert page["nextToken"]
    assert len(states.client.get_execution_history(executionArn=execution, maxResults=1000)["events"]) > 200


def test_a_token_of_history_holds_for_the_same_request_only(states: States) -> None:
    arn = states.machine(three_passes())
    one, other = states.run(arn)["executionArn"], states.run(arn)["executionArn"]
    token = states.client.get_execution_history(executionArn=one, maxResults=2)["nextToken"]
    for parameters in ({"executionArn": other}, {"executionArn": one, "reverseOrder": True}):
        refused = states.refusal("get_execution_history", nextToken=token, **parameters)
        assert refused["Code"] == "InvalidToken"
    assert states.client.get_execution_history(executionArn=one, nextToken=token)["events"][0]["id"] == 3


def test_history_without_data_shows_everything_else(states: States) -> None:
    execution = states.run(states.machine(), {"total": 9})["executionArn"]
    events = states.client.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert events[0]["executionStartedEventDetails"]["roleArn"] == states.role
    assert events[1]["stateEnteredEventDetails"]["name"] == "Done"
    for event in events:
        for details in event.values():
            assert not isinstance(details, dict) or not {"input", "output"} & set(details)
    whole = states.events(execution)
    assert whole[1]["stateEnteredEventDetails"]["inputDetails"] == {"truncated": False}


@pytest.mark.parametrize(
    "operation",
    [
        "describe_execution",
        "stop_execution",
        "get_execution_history",
        "redrive_execution",
        "describe_state_machine_for_execution",
    ],
)
def test_an_execution_must_exist(states: States, operation: str) -> None:
    refused = states.refusal(operation, executionArn=FIRST)
    assert (refused["Code"], refused["Message"]) == ("ExecutionDoesNotExist", f"Execution Does Not Exist: '{FIRST}'")
    assert states.refusal(operation, executionArn="first")["Code"] == "InvalidArn"
    machine = states.machine()
    assert states.refusal(operation, executionArn=machine)["Code"] == "InvalidArn"
