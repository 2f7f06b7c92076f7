"""Redrive: what an execution does again, what it keeps, and when it is refused.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.stepfunctions.api.examples import cloud_with_role
from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States
from tests.core.test_stepfunctions_history import PLANS
from tests.core.test_stepfunctions_history import machine as drawn_machine

DAY = 86_400


def gate(name: str, following: dict[str, Any]) -> dict[str, Any]:
    """A Wait until a time that the context says, so that an execution can be caught in the middle."""
    return {"Type": "Wait", "Seconds": 60, "Comment": name, **following}


def waits(*names: str) -> dict[str, Any]:
    """States that wait a minute each, in a row."""
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    return {
        "StartAt": names[0],
        "States": {name: gate(name, more) for name, more in zip(names, following, strict=True)},
    }


def entered(states: States, execution: str) -> list[str]:
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in states.events(execution)
        if "stateEnteredEventDetails" in event
    ]


def redrive(states: States, execution: str) -> dict[str, Any]:
    """The execution once it has been redriven to its end."""
    states.client.redrive_execution(executionArn=execution)
    states.cloud.clock.run_until_idle()
    return states.describe(execution)


def test_an_aborted_execution_goes_on_with_the_state_that_it_was_in(states: States) -> None:
    execution = states.start(states.machine(waits("A", "B", "C")), {"total": 9})
    states.cloud.clock.advance(90)
    states.client.stop_execution(executionArn=execution)
    described = redrive(states, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"total": 9})
    assert entered(states, execution) == ["A", "B", "C"]
    kinds = states.kinds(execution)
    assert kinds.index("ExecutionRedriven") == kinds.index("ExecutionAborted") + 1
    assert kinds[kinds.index("ExecutionRedriven") + 1] == "WaitStateExited"


def test_the_history_of_a_redrive_follows_the_old_one(states: States) -> None:
    execution = states.run(states.machine(FAILING))["executionArn"]
    redrive(states, execution)
    events = states.events(execution)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["previousEventId"] < event["id"] for event in events)
    redriven = next(event for event in events if event["type"] == "ExecutionRedriven")
    assert redriven["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert [event["type"] for event in events].count("FailStateEntered") == 2  # it is entered again, and fails again


def test_redrives_are_counted_and_dated(states: States) -> None:
    execution = states.run(states.machine(FAILING))["executionArn"]
    before = states.describe(execution)
    assert (before["redriveCount"], before["redriveStatus"]) == (0, "REDRIVABLE")
    assert not {"redriveDate", "redriveStatusReason"} & set(before)
    for number in (1, 2):
        states.cloud.clock.advance(60)
        answer = states.client.redrive_execution(executionArn=execution)
        running = states.describe(execution)
        assert (running["status"], running["redriveCount"]) == ("RUNNING", number)
        assert running["redriveDate"] == answer["redriveDate"]
        assert running["startDate"] == before["startDate"]
        assert not {"stopDate", "error", "cause"} & set(running)
        states.cloud.clock.run_until_idle()
    assert states.describe(execution)["error"] == "Full"


def test_the_context_object_tells_the_redrive(states: States) -> None:
    definition = {
        "StartAt": "Wait",
        "QueryLanguage": "JSONata",
        "States": {"Wait": {"Type": "Wait", "Seconds": 60, "Output": "{% $states.context.Execution %}", "End": True}},
    }
    execution = states.start(states.machine(definition))
    states.cloud.clock.advance(30)
    states.client.stop_execution(executionArn=execution)
    states.cloud.clock.advance(30)
    output = json.loads(redrive(states, execution)["output"])
    assert output["RedriveCount"] == 1
    assert output["RedriveTime"] > output["StartTime"]


def test_the_time_limit_of_the_state_machine_starts_again(states: States) -> None:
    definition = {**waits("A", "B"), "TimeoutSeconds": 100}
    execution = states.run(states.machine(definition))["executionArn"]
    assert states.describe(execution)["status"] == "TIMED_OUT"
    assert redrive(states, execution)["status"] == "SUCCEEDED"


def test_the_time_limit_holds_after_a_redrive_too(states: States) -> None:
    definition = {
        "StartAt": "Wait",
        "TimeoutSeconds": 100,
        "States": {"Wait": {"Type": "Wait", "Seconds": 150, "End": True}},
    }
    execution = states.run(states.machine(definition))["executionArn"]
    begun = states.cloud.clock.now
    states.client.redrive_execution(executionArn=execution)
    states.cloud.clock.advance(99)
    assert states.describe(execution)["status"] == "RUNNING"
    states.cloud.clock.advance(2)
    assert states.describe(execution)["status"] == "TIMED_OUT"
    assert states.describe(execution)["stopDate"].timestamp() == pytest.approx(begun + 100, abs=0.1)


def test_a_time_stamp_in_the_past_ends_a_wait_at_once(states: States) -> None:
    definition = {
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Timestamp": "2026-01-01T01:00:00Z", "End": True}},
    }
    execution = states.start(states.machine(definition))
    states.cloud.clock.advance(60)
    states.client.stop_execution(executionArn=execution)
    states.cloud.clock.advance(2 * 3600)
    begun = states.cloud.clock.now
    assert redrive(states, execution)["status"] == "SUCCEEDED"
    assert states.cloud.clock.now - begun < 1


def test_variables_are_kept(states: States) -> None:
    definition = waits("A", "B")
    definition["States"]["A"]["Assign"] = {"total": 9}
    definition["States"]["B"] |= {"Assign": {"seen.$": "$total"}}
    execution = states.start(states.machine(definition))
    states.cloud.clock.advance(90)
    states.client.stop_execution(executionArn=execution)
    redrive(states, execution)
    exited = [
        event["stateExitedEventDetails"] for event in states.events(execution) if "stateExitedEventDetails" in event
    ]
    assert exited[-1]["assignedVariables"] == {"seen": "9"}


def parallel() -> dict[str, Any]:
    """Branches that end after one, two and three minutes."""
    return {
        "StartAt": "Both",
        "States": {
            "Both": {"Type": "Parallel", "Branches": [waits("A"), waits("B", "C"), waits("D", "E", "F")], "Next": "G"},
            "G": {"Type": "Pass", "End": True},
        },
    }


def test_branches_that_have_succeeded_are_kept(states: States) -> None:
    execution = states.start(states.machine(parallel()), "x")
    states.cloud.clock.advance(90)  # A is through; C and E wait
    states.client.stop_execution(executionArn=execution)
    described = redrive(states, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", ["x", "x", "x"])
    assert sorted(entered(states, execution)) == ["A", "B", "Both", "C", "D", "E", "F", "G"]
    assert states.kinds(execution).count("ParallelStateStarted") == 1


def test_a_failed_branch_and_those_that_it_stopped_run_again(states: States) -> None:
    definition = parallel()
    stop = {"StartAt": "W", "States": {"W": gate("W", {"Next": "Stop"}), **FAILING["States"]}}
    definition["States"]["Both"]["Branches"][1] = stop
    execution = states.run(states.machine(definition))["executionArn"]
    kinds = states.kinds(execution)
    assert kinds[-2:] == ["ParallelStateFailed", "ExecutionFailed"]
    described = redrive(states, execution)
    assert (described["status"], described["error"]) == ("FAILED", "Full")
    names = entered(states, execution)
    assert (names.count("Stop"), names.count("W"), names.count("D"), names.count("Both")) == (2, 1, 1, 1)


def test_iterations_that_have_succeeded_are_kept_and_the_rest_runs(states: States) -> None:
    processor = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "SecondsPath": "$", "End": True}}}
    definition = {
        "StartAt": "Each",
        "States": {"Each": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": processor, "End": True}},
    }
    execution = states.start(states.machine(definition), [10, 100, 20, 30])
    states.cloud.clock.advance(35)  # 10 and 20 are through, 100 and 30 wait
    states.client.stop_execution(executionArn=execution)
    described = redrive(states, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", [10, 100, 20, 30])
    kinds = states.kinds(execution)
    assert kinds.count("MapIterationStarted") == 4
    assert kinds.count("MapIterationSucceeded") == 4
    assert kinds.count("MapStateStarted") == 1


def test_an_iteration_that_could_not_begin_is_tried_again(states: States) -> None:
    processor = {"StartAt": "Done", "States": DONE["States"]}
    each = {"Type": "Map", "ItemSelector": {"n.$": "$.gone"}, "ItemProcessor": processor, "End": True}
    execution = states.run(states.machine({"StartAt": "Each", "States": {"Each": each}}), [1, 2])["executionArn"]
    described = redrive(states, execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert states.kinds(execution).count("ExecutionFailed") == 2


def test_after_too_much_data_all_branches_run_again(states: States) -> None:
    large = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $pad('', 300000, 'x') %}", "End": True}
    later = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "Large"}, "Large": large}}
    small = {"StartAt": "Small", "States": {"Small": {"Type": "Pass", "End": True}}}
    both = {"Type": "Parallel", "Branches": [small, later], "End": True}
    execution = states.run(states.machine({"StartAt": "Both", "States": {"Both": both}}))["executionArn"]
    assert redrive(states, execution)["error"] == "States.DataLimitExceeded"
    assert entered(states, execution).count("Small") == 2


def test_nested_branches_are_kept_too(states: States) -> None:
    inner = parallel()
    outer = {
        "StartAt": "Outer",
        "States": {"Outer": {"Type": "Parallel", "Branches": [inner, waits("X")], "End": True}},
    }
    execution = states.start(states.machine(outer), 1)
    states.cloud.clock.advance(90)
    states.client.stop_execution(executionArn=execution)
    described = redrive(states, execution)
    assert json.loads(described["output"]) == [[1, 1, 1], 1]
    names = entered(states, execution)
    assert len(names) == len(set(names))


def test_retries_begin_anew(states: States) -> None:
    definition = {
        "StartAt": "Both",
        "States": {
            "Both": {
                "Type": "Parallel",
                "Branches": [FAILING],
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}],
                "End": True,
            }
        },
    }
    execution = states.run(states.machine(definition))["executionArn"]
    assert entered(states, execution).count("Stop") == 3
    redrive(states, execution)
    assert entered(states, execution).count("Stop") == 6


def pay(**fields: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "After", **fields}
    return {
        "StartAt": "Before",
        "States": {"Before": {"Type": "Pass", "Next": "Pay"}, "Pay": task, "After": DONE["States"]["Done"]},
    }


def test_a_task_is_scheduled_again(states: States) -> None:
    states.cloud.mock("Pay", [{"error": "Declined", "cause": "No."}, {"result": {"paid": True}}])
    execution = states.run(states.machine(pay()), {"total": 9})["executionArn"]
    assert states.describe(execution)["error"] == "Declined"
    described = redrive(states, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"paid": True})
    kinds = states.kinds(execution)
    assert kinds[kinds.index("ExecutionRedriven") :][:3] == ["ExecutionRedriven", "TaskScheduled", "TaskStarted"]
    assert kinds.count("TaskStateEntered") == 1


def test_a_task_that_waited_for_its_token_gets_a_new_one(states: States) -> None:
    url = states.cloud.client("sqs").create_queue(QueueName="work")["QueueUrl"]
    message = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    definition = pay(Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters=message)
    execution = states.start(states.machine(definition))
    sqs = states.cloud.client("sqs")

    def token() -> str:
        (received,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
        return str(json.loads(received["Body"])["token"])

    first = token()
    states.client.stop_execution(executionArn=execution)
    states.client.redrive_execution(executionArn=execution)
    second = token()
    assert first != second
    assert states.refusal("send_task_success", taskToken=first, output="{}")["Code"] == "TaskTimedOut"
    states.client.send_task_success(taskToken=second, output='{"paid": true}')
    states.cloud.clock.run_until_idle()
    assert json.loads(states.describe(execution)["output"]) == {"paid": True}


def test_a_state_that_failed_on_its_way_out_runs_again(states: States) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "OutputPath": "$.gone", "End": True}}}
    execution = states.run(states.machine(definition), {})["executionArn"]
    described = redrive(states, execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert states.kinds(execution)[-2:] == ["ExecutionRedriven", "ExecutionFailed"]


# --- What cannot be redriven ------------------------------------------------------------------------------------------


def not_redrivable(states: States, execution: str) -> str:
    refused = states.refusal("redrive_execution", executionArn=execution)
    assert refused["Code"] == "ExecutionNotRedrivable"
    described = states.describe(execution)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] in refused["Message"]
    return str(described["redriveStatusReason"])


def test_what_runs_or_has_succeeded_is_not_redriven(states: States) -> None:
    execution = states.start(states.machine(WAITING))
    assert not_redrivable(states, execution) == "Execution is RUNNING and cannot be redriven"
    states.cloud.clock.run_until_idle()
    assert not_redrivable(states, execution) == "Execution is SUCCEEDED and cannot be redriven"


def test_an_execution_is_redriven_within_14_days(states: States) -> None:
    execution = states.run(states.machine(FAILING))["executionArn"]
    states.cloud.clock.advance(14 * DAY - 60)
    assert states.describe(execution)["redriveStatus"] == "REDRIVABLE"
    states.cloud.clock.advance(60)
    assert not_redrivable(states, execution) == "Execution redrivable period exceeded"


def test_the_state_machine_must_not_be_deleted(states: States) -> None:
    arn = states.machine(FAILING)
    execution = states.run(arn)["executionArn"]
    states.client.delete_state_machine(stateMachineArn=arn)
    assert not_redrivable(states, execution) == "State machine is in DELETING status"


def test_a_redriven_execution_keeps_its_definition_and_version(states: States) -> None:
    arn = states.machine(FAILING, publish=True)
    execution = states.run(f"{arn}:1")["executionArn"]
    states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(DONE))
    states.cloud.clock.advance(10)
    described = redrive(states, execution)
    assert (described["status"], described["stateMachineVersionArn"]) == ("FAILED", f"{arn}:1")


def test_there_must_be_room_in_the_history(states: States) -> None:
    """24,999 events and more are too many. A loop makes them."""
    loop = {
        "StartAt": "Again",
        "States": {
            "Again": {"Type": "Pass", "Next": "More"},
            "More": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "IsNull": False, "Next": "Again"}],
                "Default": "End",
            },
            "End": {"Type": "Succeed"},
        },
    }
    execution = states.run(states.machine(loop), 1)
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    events = states.events(execution["executionArn"])
    assert (len(events), events[-1]["type"]) == (25_000, "ExecutionFailed")
    assert not_redrivable(states, execution["executionArn"]) == "Execution history event limit exceeded"


def test_a_client_token_redrives_once(states: States) -> None:
    execution = states.run(states.machine(FAILING))["executionArn"]
    first = states.client.redrive_execution(executionArn=execution, clientToken="t1")
    states.cloud.clock.advance(60)
    again = states.client.redrive_execution(executionArn=execution, clientToken="t1")
    assert again["redriveDate"] == first["redriveDate"]
    assert states.describe(execution)["redriveCount"] == 1
    states.cloud.clock.advance(15 * 60)
    states.client.redrive_execution(executionArn=execution, clientToken="t1")
    assert states.describe(execution)["redriveCount"] == 2


@pytest.mark.parametrize("definition", [FAILING, DONE], ids=["failing", "done"])
def test_express_executions_are_not_redriven(states: States, definition: dict[str, Any]) -> None:
    execution = states.start(states.machine(definition, type="EXPRESS"))
    states.cloud.clock.run_until_idle()
    assert states.refusal("redrive_execution", executionArn=execution)["Code"] == "InvalidArn"


# --- Whatever the state machine ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(PLANS, st.lists(st.integers(0, 200), min_size=1, max_size=3))
def test_an_execution_stopped_anywhere_and_redriven_ends_as_if_it_had_not_been(
    plan: list[Any], waits: list[int]
) -> None:
    definition = json.dumps(drawn_machine(plan, count()))
    cloud, role = cloud_with_role()
    client = cloud.client("stepfunctions")
    machine = client.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    executions = [
        client.start_execution(stateMachineArn=machine, name=name, input='{"items": [1, 2], "n": 1}')["executionArn"]
        for name in ("left", "stopped")
    ]
    for twentieths in waits:
        cloud.clock.advance(twentieths / 20)
        client.stop_execution(executionArn=executions[1])
        if client.describe_execution(executionArn=executions[1])["redriveStatus"] == "REDRIVABLE":
            client.redrive_execution(executionArn=executions[1])
    cloud.clock.run_until_idle()
    left, stopped = [client.describe_execution(executionArn=arn) for arn in executions]
    assert (stopped["status"], stopped.get("output")) == (left["status"], left.get("output"))
    histories = [whole(client, arn) for arn in executions]
    events = histories[1]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["previousEventId"] < event["id"] for event in events)
    if all(event["type"] != "FailStateEntered" for event in events):
        alone, again = [
            Counter(event["stateEnteredEventDetails"]["name"] for event in one if "stateEnteredEventDetails" in event)
            for one in histories
        ]
        assert again == alone  # nothing that has succeeded is done again


def whole(client: Any, execution: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]
