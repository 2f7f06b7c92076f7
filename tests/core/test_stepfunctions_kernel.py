"""Executions in virtual time: how long waits and retries last, what time-outs and failures stop, what history tells."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from eslabon import Cloud, TaskFailed

INVOKE = "arn:aws:states:::lambda:invoke"
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
BUSY = {"error": "Busy", "cause": "Come back later."}
JSONATA = {"QueryLanguage": "JSONata"}

Events = list[dict[str, Any]]


class Workflow:
    """A state machine that is run once, from its start to its end."""

    def __init__(self, cloud: Cloud, role: str) -> None:
        self.cloud = cloud
        self.role = role
        self.client = cloud.client("stepfunctions")
        self.described: dict[str, Any] = {}

    def start(self, states: dict[str, Any], given: Any = None, **fields: Any) -> str:
        """The ARN of an execution that has just begun; its first state is the first of `states`."""
        definition = json.dumps({"StartAt": next(iter(states)), "States": states, **fields})
        machine = self.client.create_state_machine(name="kernel", definition=definition, roleArn=self.role)
        text = json.dumps({} if given is None else given)
        arn: str = self.client.start_execution(stateMachineArn=machine["stateMachineArn"], input=text)["executionArn"]
        return arn

    def run(self, states: dict[str, Any], given: Any = None, **fields: Any) -> Events:
        """The history of an execution that has come to its end."""
        execution = self.start(states, given, **fields)
        self.cloud.clock.run_until_idle()
        return self.history(execution)

    def history(self, execution: str) -> Events:
        self.described = self.client.describe_execution(executionArn=execution)
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]


@pytest.fixture
def workflow(cloud: Cloud, states_role: str) -> Workflow:
    return Workflow(cloud, states_role)


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "pay"}, "End": True, **fields}


def callback(workflow: Workflow, **fields: Any) -> dict[str, Any]:
    """A Task that waits for its token, which nobody brings back."""
    url = workflow.cloud.client("sqs").create_queue(QueueName="asked")["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"}
    return {"Type": "Task", "Resource": CALLBACK, "Parameters": parameters, "End": True, **fields}


def machine(*states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"StartAt": states[0][0], "States": dict(states)}


def types(events: Events) -> list[str]:
    return [event["type"] for event in events]


def times(events: Events, kind: str) -> list[datetime]:
    return [event["timestamp"] for event in events if event["type"] == kind]


def seconds(earlier: datetime, later: datetime) -> float:
    return round((later - earlier).total_seconds(), 3)


def retry_delays(events: Events) -> list[float]:
    """Seconds between each failure and the attempt that follows it."""
    return [
        seconds(failed, scheduled)
        for failed, scheduled in zip(times(events, "TaskFailed"), times(events, "TaskScheduled")[1:], strict=False)
    ]


# --- Retries: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html


@pytest.mark.parametrize(
    ("retrier", "expected"),
    [
        ({}, [1, 2, 4]),  # IntervalSeconds 1, BackoffRate 2, MaxAttempts 3
        ({"IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 2.0}, [3, 6]),
        ({"IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 4}, [3, 4]),
        ({"IntervalSeconds": 3, "MaxAttempts": 3, "BackoffRate": 1.5}, [3, 4.5, 6.75]),
        ({"IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 1.0}, [5, 5, 5]),
        ({"MaxAttempts": 0}, []),
    ],
)
def test_a_retrier_waits_longer_each_time(workflow: Workflow, retrier: dict[str, Any], expected: list[float]) -> None:
    workflow.cloud.mock("Pay", [BUSY])
    events = workflow.run({"Pay": task(Retry=[{"ErrorEquals": ["Busy"], **retrier}])})
    assert retry_delays(events) == expected
    assert (workflow.described["status"], workflow.described["error"]) == ("FAILED", "Busy")


def test_full_jitter_waits_less_than_it_would_and_not_always_the_same(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [BUSY])
    retrier = {"ErrorEquals": ["Busy"], "IntervalSeconds": 10, "BackoffRate": 1, "MaxAttempts": 20}
    delays = retry_delays(workflow.run({"Pay": task(Retry=[{**retrier, "JitterStrategy": "FULL"}])}))
    assert len(delays) == 20
    assert all(0 <= delay <= 10 for delay in delays)
    assert max(delays) - min(delays) > 3


def test_two_retriers_count_and_wait_each_on_its_own(workflow: Workflow) -> None:
    """The specification's example: errors A, B, C, B; waits of 1, 2 and 5 seconds; then the catcher."""
    workflow.cloud.mock("Pay", [{"error": f"Error{letter}", "cause": ""} for letter in "ABCB"])
    retriers = [
        {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 2},
        {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
    ]
    pay = task(Retry=retriers, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Z"}])
    events = workflow.run({"Pay": pay, "Z": {"Type": "Succeed"}})
    assert retry_delays(events) == [1, 2, 5]
    assert types(events)[-5:] == [
        "TaskFailed",
        "TaskStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


def test_thousands_of_retries_wait_no_longer_than_they_may(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [BUSY])
    retrier = {"ErrorEquals": ["Busy"], "BackoffRate": 10, "MaxAttempts": 1_000, "MaxDelaySeconds": 2}
    delays = retry_delays(workflow.run({"Pay": task(Retry=[retrier])}))
    assert (len(delays), delays[0], set(delays[1:])) == (1_000, 1, {2})


def test_waits_that_grow_without_a_limit_end_with_the_execution(workflow: Workflow) -> None:
    """A Standard execution lasts a year at most: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
    workflow.cloud.mock("Pay", [BUSY])
    events = workflow.run({"Pay": task(Retry=[{"ErrorEquals": ["Busy"], "BackoffRate": 1e200, "MaxAttempts": 9}])})
    assert workflow.described["status"] == "TIMED_OUT"
    assert seconds(events[0]["timestamp"], events[-1]["timestamp"]) == 365 * 86_400
    assert types(events)[-2:] == ["TaskStateAborted", "ExecutionTimedOut"]


def test_a_retry_sees_variables_as_they_were_at_entry(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [{"result": {}}, {"result": {"n": 1}}])
    pay = {"Type": "Task", "Resource": INVOKE, "Arguments": {"FunctionName": "pay"}, "End": True}
    pay |= {"Output": "{% $states.result.n + $x %}", "Assign": {"x": "{% $x + 1 %}"}}
    pay["Retry"] = [{"ErrorEquals": ["States.QueryEvaluationError"]}]
    first = {"Type": "Pass", "Assign": {"x": 10}, "Next": "Pay"}
    workflow.run({"First": first, "Pay": pay}, **JSONATA)
    assert json.loads(workflow.described["output"]) == 11


# --- Waits: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html


@pytest.mark.parametrize(
    ("fields", "given", "expected"),
    [
        ({"Seconds": 10}, {}, 10),
        ({"Seconds": 0}, {}, 0),
        ({"SecondsPath": "$.s"}, {"s": 7}, 7),
        ({"Timestamp": "2016-03-14T01:59:00Z"}, {}, 0),  # it has passed
    ],
)
def test_a_wait_lasts_as_long_as_it_says(
    workflow: Workflow, fields: dict[str, Any], given: Any, expected: float
) -> None:
    events = workflow.run({"Wait": {"Type": "Wait", **fields, "End": True}}, given)
    assert seconds(*times(events, "WaitStateEntered"), *times(events, "WaitStateExited")) == expected


@pytest.mark.parametrize("field", ["Timestamp", "TimestampPath"])
def test_a_wait_for_a_time_ends_then(workflow: Workflow, field: str) -> None:
    moment = "2026-06-01T12:00:00.5+02:00"
    wait = {"Type": "Wait", field: moment if field == "Timestamp" else "$.t", "End": True}
    events = workflow.run({"Wait": wait}, {"t": moment})
    assert times(events, "WaitStateExited") == [datetime.fromisoformat("2026-06-01T10:00:00.500+00:00")]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("7", "SUCCEEDED"),
        (99_999_999, "TIMED_OUT"),  # an execution lasts no longer than a year
        (100_000_000, "FAILED"),
        (True, "FAILED"),
        ("7.0", "FAILED"),
        (None, "FAILED"),
    ],
)
def test_the_seconds_that_a_path_finds_are_an_integer_in_its_range(workflow: Workflow, value: Any, status: str) -> None:
    workflow.run({"Wait": {"Type": "Wait", "SecondsPath": "$.s", "End": True}}, {"s": value})
    assert workflow.described["status"] == status


def test_an_expression_gives_the_seconds_of_a_wait(workflow: Workflow) -> None:
    wait = {"Type": "Wait", "Seconds": "{% $states.input.s * 2 %}", "End": True}
    events = workflow.run({"Wait": wait}, {"s": 15}, **JSONATA)
    assert seconds(*times(events, "WaitStateEntered"), *times(events, "WaitStateExited")) == 30


# --- Time-outs: https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html


def test_an_execution_that_lasts_longer_than_its_limit_times_out(workflow: Workflow) -> None:
    events = workflow.run({"Wait": {"Type": "Wait", "Seconds": 11, "End": True}}, TimeoutSeconds=10)
    assert workflow.described["status"] == "TIMED_OUT"
    assert types(events) == ["ExecutionStarted", "WaitStateEntered", "WaitStateAborted", "ExecutionTimedOut"]
    assert seconds(events[0]["timestamp"], events[-1]["timestamp"]) == 10


def test_a_time_out_of_the_machine_stops_what_goes_on_in_branches(workflow: Workflow) -> None:
    wait = machine(("Wait", {"Type": "Wait", "Seconds": 60, "End": True}))
    pay = machine(("Pay", callback(workflow)))
    handled = [{"ErrorEquals": ["States.ALL"], "Next": "Never"}]
    both = {"Type": "Parallel", "Branches": [wait, pay], "Catch": handled, "End": True}
    events = workflow.run({"Both": both, "Never": {"Type": "Succeed"}}, TimeoutSeconds=10)
    stopped = ["WaitStateAborted", "TaskStateAborted", "ParallelStateAborted", "ExecutionTimedOut"]
    assert types(events)[-4:] == stopped
    assert workflow.described["status"] == "TIMED_OUT"


def test_an_execution_in_time_is_not_touched_by_its_time_out(workflow: Workflow) -> None:
    workflow.run({"Wait": {"Type": "Wait", "Seconds": 9, "End": True}}, TimeoutSeconds=10)
    workflow.cloud.clock.advance(60)
    assert workflow.described["status"] == "SUCCEEDED"


def test_a_task_times_out_after_the_seconds_that_a_path_gives(workflow: Workflow) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html"""
    execution = workflow.start({"Pay": callback(workflow, TimeoutSecondsPath="$.s")}, {"s": 30})
    workflow.cloud.clock.advance(60)
    events = workflow.history(execution)
    assert seconds(*times(events, "TaskStateEntered"), *times(events, "TaskTimedOut")) == 30
    assert workflow.described["error"] == "States.Timeout"


@pytest.mark.parametrize("text", ["0", "-5", "0.5", "'soon'", "100000000"])
@pytest.mark.parametrize("field", ["TimeoutSeconds", "HeartbeatSeconds"])
def test_a_time_out_that_is_computed_is_a_positive_integer(workflow: Workflow, field: str, text: str) -> None:
    """https://states-language.net/: the value of an expression that a field does not take is a QueryEvaluationError."""
    pay = {"Type": "Task", "Resource": INVOKE, "Arguments": {"FunctionName": "pay"}, "End": True}
    pay[field] = "{% " + text + " %}"
    workflow.cloud.mock("Pay", [{"result": {}}])
    workflow.run({"Pay": pay}, **JSONATA)
    assert workflow.described["error"] == "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MaxConcurrency", -1),
        ("MaxConcurrency", 0.5),
        ("ToleratedFailureCount", -1),
        ("ToleratedFailurePercentage", -1),
        ("ToleratedFailurePercentage", 100.5),
    ],
)
def test_limits_of_a_map_that_are_computed_are_in_their_range(workflow: Workflow, field: str, value: float) -> None:
    """https://states-language.net/"""
    items = machine(("Item", {"Type": "Succeed"}))
    each = {"Type": "Map", "ItemProcessor": items, field: "{% $states.input.n %}", "Items": [1], "End": True}
    workflow.run({"Each": each}, {"n": value}, **JSONATA)
    assert workflow.described["error"] == "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MaxConcurrency", 0),
        ("MaxConcurrency", 2.0),
        ("ToleratedFailureCount", 0),
        ("ToleratedFailurePercentage", 100),
        ("ToleratedFailurePercentage", 0.5),
    ],
)
def test_limits_of_a_map_that_are_computed_may_be_the_least_and_the_most(
    workflow: Workflow, field: str, value: float
) -> None:
    items = machine(("Item", {"Type": "Succeed"}))
    each = {"Type": "Map", "ItemProcessor": items, field: "{% $states.input.n %}", "Items": [1], "End": True}
    workflow.run({"Each": each}, {"n": value}, **JSONATA)
    assert workflow.described["status"] == "SUCCEEDED"


@pytest.mark.parametrize("field", ["MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"])
def test_limits_of_a_map_that_a_path_finds_are_in_their_range(workflow: Workflow, field: str) -> None:
    each = {"Type": "Map", "ItemProcessor": machine(("Item", {"Type": "Succeed"})), field: "$.n", "End": True}
    workflow.run({"Each": {**each, "ItemsPath": "$.items"}}, {"n": -1, "items": [1]})
    assert workflow.described["error"] == "States.Runtime"


@pytest.mark.parametrize("value", [1.5, "1.5", True, None, [1]])
@pytest.mark.parametrize("field", ["MaxConcurrencyPath", "ToleratedFailureCountPath"])
def test_limits_of_a_map_that_a_path_finds_are_integers(workflow: Workflow, field: str, value: Any) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html"""
    each = {"Type": "Map", "ItemProcessor": machine(("Item", {"Type": "Succeed"})), field: "$.n", "End": True}
    workflow.run({"Each": {**each, "ItemsPath": "$.items"}}, {"n": value, "items": [1]})
    assert workflow.described["error"] == "States.Runtime"
    assert field in workflow.described["cause"]


@pytest.mark.parametrize(("field", "value"), [("ErrorPath", 5), ("CausePath", {"a": 1}), ("ErrorPath", None)])
def test_what_a_fail_state_finds_by_a_path_is_text(workflow: Workflow, field: str, value: Any) -> None:
    """https://states-language.net/: the values MUST be strings."""
    workflow.run({"Fail": {"Type": "Fail", field: "$.found"}}, {"found": value})
    assert workflow.described["error"] == "States.Runtime"
    assert field in workflow.described["cause"]


# --- What a failure stops


def test_a_branch_that_fails_stops_the_others_in_order(workflow: Workflow) -> None:
    late = machine(("Late", {"Type": "Wait", "Seconds": 60, "End": True}))
    soon = machine(
        ("Soon", {"Type": "Wait", "Seconds": 5, "Next": "Fail"}), ("Fail", {"Type": "Fail", "Error": "Full"})
    )
    events = workflow.run({"Both": {"Type": "Parallel", "Branches": [late, soon], "End": True}})
    assert types(events)[-4:] == ["FailStateEntered", "WaitStateAborted", "ParallelStateFailed", "ExecutionFailed"]
    assert seconds(events[0]["timestamp"], events[-1]["timestamp"]) < 6
    workflow.cloud.clock.advance(120)
    assert len(workflow.history(workflow.described["executionArn"])) == len(events)


def test_iterations_that_are_stopped_say_so(workflow: Workflow) -> None:
    """MapIterationAborted: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html"""
    rule = {"Variable": "$", "NumericEquals": 1, "Next": "Fail"}
    items = machine(
        ("Wait", {"Type": "Wait", "SecondsPath": "$", "Next": "Which"}),
        ("Which", {"Type": "Choice", "Choices": [rule], "Default": "Done"}),
        ("Fail", {"Type": "Fail", "Error": "Full"}),
        ("Done", {"Type": "Succeed"}),
    )
    events = workflow.run({"Each": {"Type": "Map", "ItemProcessor": items, "End": True}}, [0, 1, 60])
    assert types(events)[-5:] == [
        "MapIterationFailed",
        "WaitStateAborted",
        "MapIterationAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    details = [event["mapIterationAbortedEventDetails"] for event in events if event["type"] == "MapIterationAborted"]
    assert details == [{"name": "Each", "index": 2}]


def test_an_execution_that_is_stopped_stops_branches_iterations_and_itself(workflow: Workflow) -> None:
    wait = machine(("Wait", {"Type": "Wait", "Seconds": 60, "End": True}))
    each = {"Type": "Map", "ItemProcessor": wait, "End": True}
    execution = workflow.start({"Both": {"Type": "Parallel", "Branches": [machine(("Each", each))], "End": True}}, [1])
    workflow.cloud.clock.advance(5)
    workflow.client.stop_execution(executionArn=execution, error="Enough", cause="Somebody stopped it.")
    assert types(workflow.history(execution))[-5:] == [
        "WaitStateAborted",
        "MapIterationAborted",
        "MapStateAborted",
        "ParallelStateAborted",
        "ExecutionAborted",
    ]


def test_a_retry_that_waits_is_stopped_with_its_branch(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [BUSY])
    pay = machine(("Pay", task(Retry=[{"ErrorEquals": ["Busy"], "IntervalSeconds": 60}])))
    soon = machine(
        ("Soon", {"Type": "Wait", "Seconds": 5, "Next": "Fail"}), ("Fail", {"Type": "Fail", "Error": "Full"})
    )
    events = workflow.run({"Both": {"Type": "Parallel", "Branches": [pay, soon], "End": True}})
    assert types(events).count("TaskScheduled") == 1
    assert types(events)[-3:] == ["TaskStateAborted", "ParallelStateFailed", "ExecutionFailed"]


def test_a_parallel_state_that_is_retried_begins_its_branches_anew(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [BUSY, {"result": 1}])
    late = machine(("Late", {"Type": "Wait", "Seconds": 60, "End": True}))
    both = {"Type": "Parallel", "Branches": [machine(("Pay", task())), late], "End": True}
    events = workflow.run({"Both": {**both, "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 7}]}}, {"n": 1})
    assert json.loads(workflow.described["output"]) == [1, {"n": 1}]
    assert seconds(times(events, "TaskFailed")[0], times(events, "ParallelStateStarted")[1]) == 7
    assert types(events).count("ParallelStateEntered") == 1
    assert types(events).count("WaitStateAborted") == 1


def test_a_catcher_whose_own_expression_fails_fails_the_execution(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [BUSY])
    catcher = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.input.nothing %}", "Next": "Done"}
    pay = {"Type": "Task", "Resource": INVOKE, "Arguments": {"FunctionName": "pay"}, "Catch": [catcher], "End": True}
    events = workflow.run({"Pay": pay, "Done": {"Type": "Succeed"}}, **JSONATA)
    assert types(events)[-3:] == ["TaskFailed", "EvaluationFailed", "ExecutionFailed"]
    assert workflow.described["error"] == "States.QueryEvaluationError"
    assert "'Pay' (entered at the event id #2)" in workflow.described["cause"]


@pytest.mark.parametrize("catcher", [{"Output": "{% $states.input.nothing %}"}, {"Output": "{% $pad('', 300000) %}"}])
def test_a_parallel_state_has_failed_once_even_if_its_catcher_fails(
    workflow: Workflow, catcher: dict[str, Any]
) -> None:
    handled = [{"ErrorEquals": ["States.ALL"], "Next": "Done", **catcher}]
    fails = machine(("Fail", {"Type": "Fail", "Error": "Full"}))
    both = {"Type": "Parallel", "Branches": [fails], "Catch": handled, "End": True}
    events = workflow.run({"Both": both, "Done": {"Type": "Succeed"}}, **JSONATA)
    assert types(events).count("ParallelStateFailed") == 1
    assert workflow.described["status"] == "FAILED"


def test_a_redrive_ends_even_where_all_branches_had_ended_well(workflow: Workflow) -> None:
    """The state itself failed: https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html"""
    branch = machine(("Item", {"Type": "Pass", "End": True}))
    both = {"Type": "Parallel", "Branches": [branch], "Output": "{% $states.result.nothing %}", "End": True}
    execution = workflow.start({"Both": both}, **JSONATA)
    workflow.cloud.clock.run_until_idle()
    workflow.client.redrive_execution(executionArn=execution)
    workflow.cloud.clock.run_until_idle()
    workflow.history(execution)
    assert (workflow.described["status"], workflow.described["redriveCount"]) == ("FAILED", 1)


# --- Items: https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html


def test_an_item_selector_that_finds_nothing_for_a_later_item_fails_the_map(workflow: Workflow) -> None:
    item = machine(("Item", {"Type": "Succeed"}))
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": item, "ItemSelector": {"v.$": "$$.Map.Item.Value.v"}}
    events = workflow.run({"Each": {**each, "End": True}}, [{"v": 1}, {}, {"v": 3}])
    assert types(events)[-2:] == ["MapStateFailed", "ExecutionFailed"]
    assert types(events).count("SucceedStateEntered") == 1
    assert workflow.described["error"] == "States.Runtime"


def test_the_item_of_a_map_is_that_of_the_innermost_one_around(workflow: Workflow) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
    show = {"Type": "Pass", "Parameters": {"inner.$": "$$.Map.Item.Value"}, "End": True}
    inner: dict[str, Any] = {
        "Type": "Map",
        "ItemSelector": {"v.$": "$$.Map.Item.Value"},
        "ItemProcessor": machine(("Show", show)),
    }
    inner |= {"ResultSelector": {"shown.$": "$[*].inner", "outer.$": "$$.Map.Item.Index"}, "End": True}
    workflow.run(
        {"Each": {"Type": "Map", "ItemProcessor": machine(("Inner", inner)), "End": True}}, [["a", "b"], ["c"]]
    )
    expected = [{"shown": ["a", "b"], "outer": 0}, {"shown": ["c"], "outer": 1}]
    assert json.loads(workflow.described["output"]) == expected


@pytest.mark.parametrize(("fields", "error"), [({}, "States.Runtime"), (JSONATA, "States.QueryEvaluationError")])
def test_a_map_needs_an_array(workflow: Workflow, fields: dict[str, Any], error: str) -> None:
    """In JSONata what is no array is a failed evaluation: https://states-language.net/"""
    each = {"Type": "Map", "ItemProcessor": machine(("Item", {"Type": "Succeed"})), "End": True}
    events = workflow.run({"Each": each}, {"n": 1}, **fields)
    assert workflow.described["error"] == error
    assert ("EvaluationFailed" in types(events)) == (fields == JSONATA)


# --- What history tells


def test_an_expression_that_fails_in_a_branch_is_told_once(workflow: Workflow) -> None:
    """EvaluationFailed is of the state whose expression it was, not of the Parallel around it."""
    show = {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": True}
    both = {"Type": "Parallel", "Branches": [machine(("Show", show))], "End": True}
    events = workflow.run({"Both": both}, **JSONATA)
    told = [event["evaluationFailedEventDetails"]["state"] for event in events if event["type"] == "EvaluationFailed"]
    assert told == ["Show"]
    assert types(events)[-3:] == ["EvaluationFailed", "ParallelStateFailed", "ExecutionFailed"]


def test_a_task_that_reports_a_failed_evaluation_has_evaluated_nothing(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [{"error": "States.QueryEvaluationError", "cause": "Elsewhere."}])
    assert "EvaluationFailed" not in types(workflow.run({"Pay": task()}))


def test_an_event_follows_the_last_one_of_its_branch(workflow: Workflow) -> None:
    branches = [machine((name, {"Type": "Wait", "Seconds": 3, "End": True})) for name in "AB"]
    events = workflow.run({"Both": {"Type": "Parallel", "Branches": branches, "End": True}})
    before = {event["id"]: event["previousEventId"] for event in events}
    entered = {event["stateEnteredEventDetails"]["name"]: event["id"] for event in events if "Entered" in event["type"]}
    exited = {event["stateExitedEventDetails"]["name"]: event["id"] for event in events if "Exited" in event["type"]}
    started = next(event["id"] for event in events if event["type"] == "ParallelStateStarted")
    assert {before[entered["A"]], before[entered["B"]]} == {started}
    assert (before[exited["A"]], before[exited["B"]]) == (entered["A"], entered["B"])
    assert list(before) == list(range(1, len(events) + 1))
    assert all(earlier < later for later, earlier in before.items())


def test_a_limit_that_is_no_number_ends_a_map_without_an_event_of_its_own(workflow: Workflow) -> None:
    """As runs on AWS show."""
    item = machine(("Item", {"Type": "Succeed"}))
    each = {"Type": "Map", "ItemProcessor": item, "ItemsPath": "$.items", "ToleratedFailureCountPath": "$.n"}
    events = workflow.run({"Each": {**each, "End": True}}, {"n": "some", "items": [1]})
    assert types(events) == ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "ExecutionFailed"]


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_that_a_state_failed_follows_what_made_it_fail(workflow: Workflow, kind: str) -> None:
    fails = machine(("Pass", {"Type": "Pass", "Next": "Fail"}), ("Fail", {"Type": "Fail", "Error": "Full"}))
    held = {"Branches": [fails]} if kind == "Parallel" else {"ItemProcessor": fails}
    events = workflow.run({"Both": {"Type": kind, **held, "End": True}}, [1])
    found = {event["type"]: event for event in events}
    assert found[f"{kind}StateFailed"]["previousEventId"] == found["FailStateEntered"]["id"]
    assert found["ExecutionFailed"]["previousEventId"] == found[f"{kind}StateFailed"]["id"]


def test_an_iteration_that_had_to_wait_follows_the_one_that_made_room(workflow: Workflow) -> None:
    item = machine(("Item", {"Type": "Pass", "End": True}))
    events = workflow.run({"Each": {"Type": "Map", "ItemProcessor": item, "MaxConcurrency": 1, "End": True}}, [1, 2])
    second = [event for event in events if event["type"] == "MapIterationStarted"][1]
    assert events[second["previousEventId"] - 1]["type"] == "PassStateExited"


def test_a_map_without_items_is_left_at_once(workflow: Workflow) -> None:
    events = workflow.run(
        {"Each": {"Type": "Map", "ItemProcessor": machine(("A", {"Type": "Succeed"})), "End": True}}, []
    )
    before = {event["type"]: events[event["previousEventId"] - 1]["type"] for event in events[1:]}
    assert before["MapStateSucceeded"] == before["MapStateExited"] == "MapStateStarted"


NOTHING = {"Output": "{% $states.input.nothing %}", "End": True}


def test_an_evaluation_that_failed_follows_what_came_before_its_state(workflow: Workflow) -> None:
    events = workflow.run({"First": {"Type": "Pass", "Next": "Show"}, "Show": {"Type": "Pass", **NOTHING}}, **JSONATA)
    failed = events[types(events).index("EvaluationFailed")]
    assert events[failed["previousEventId"] - 1]["stateExitedEventDetails"]["name"] == "First"


def test_an_evaluation_that_failed_follows_what_its_state_has_done(workflow: Workflow) -> None:
    workflow.cloud.mock("Pay", [{"result": {}}])
    pay = {"Type": "Task", "Resource": INVOKE, "Arguments": {"FunctionName": "pay"}, **NOTHING}
    events = workflow.run({"Pay": pay}, **JSONATA)
    failed = events[types(events).index("EvaluationFailed")]
    assert events[failed["previousEventId"] - 1]["type"] == "TaskSucceeded"


def test_times_in_the_context_object_have_no_fraction_that_is_zero(workflow: Workflow) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
    shown = {"Type": "Pass", "Parameters": {"started.$": "$$.Execution.StartTime", "entered.$": "$$.State.EnteredTime"}}
    workflow.run({"Show": {**shown, "End": True}})
    output = json.loads(workflow.described["output"])
    assert output["started"].endswith("Z")
    assert output["entered"] > output["started"]
    assert [text.endswith(".000Z") for text in output.values()] == [False, False]


def test_a_task_knows_how_often_it_was_retried(workflow: Workflow) -> None:
    """State.RetryCount: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
    seen: list[int] = []

    def busy_twice(arguments: dict[str, Any]) -> dict[str, Any]:
        seen.append(arguments["Payload"]["retries"])
        if len(seen) < 3:
            raise TaskFailed("Busy", "Come back later.")
        return {}

    workflow.cloud.mock("Pay", busy_twice)
    parameters = {"FunctionName": "pay", "Payload": {"retries.$": "$$.State.RetryCount"}}
    workflow.run({"Pay": task(Parameters=parameters, Retry=[{"ErrorEquals": ["Busy"]}])})
    assert seen == [0, 1, 2]
