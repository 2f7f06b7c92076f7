"""Definitions and data at the edge of what can be run: AWS's limits hold, and nothing is left half made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud

KIB = 1024
RUNTIME = "States.Runtime"
SUCCEED = {"Type": "Succeed"}
STOP = {"Variable": "$.stop", "IsPresent": True, "Next": "Done"}


class Machines:
    """State machines, each run once."""

    def __init__(self, cloud: Cloud, role: str) -> None:
        self.cloud = cloud
        self.role = role
        self.client = cloud.client("stepfunctions")

    def create(self, states: dict[str, Any], kind: str = "STANDARD", **fields: Any) -> str:
        definition = json.dumps({"StartAt": next(iter(states)), "States": states, **fields})
        made = self.client.create_state_machine(name="limits", definition=definition, roleArn=self.role, type=kind)
        return str(made["stateMachineArn"])

    def run(self, states: dict[str, Any], given: Any = None, **fields: Any) -> dict[str, Any]:
        text = json.dumps({} if given is None else given)
        execution = self.client.start_execution(stateMachineArn=self.create(states, **fields), input=text)
        self.cloud.clock.run_until_idle()
        described: dict[str, Any] = self.client.describe_execution(executionArn=execution["executionArn"])
        return described

    def events(self, execution: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]


@pytest.fixture
def machines(cloud: Cloud, states_role: str) -> Machines:
    return Machines(cloud, states_role)


def cycle(**fields: Any) -> dict[str, Any]:
    """A Pass that is visited again and again, and a way out that is never taken."""
    return {
        "Again": {"Type": "Pass", **fields, "Next": "More"},
        "More": {"Type": "Choice", "Choices": [STOP], "Default": "Again"},
        "Done": SUCCEED,
    }


def nested(levels: int, *, innermost: Any = 0) -> Any:
    value = innermost
    for _ in range(levels):
        value = [value]
    return value


# --- 25,000 events: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html


def test_a_cycle_without_a_wait_fails_at_25_000_events(machines: Machines) -> None:
    described = machines.run(cycle())
    assert (described["status"], described["error"]) == ("FAILED", RUNTIME)
    events = machines.events(described["executionArn"])
    assert (len(events), events[-1]["type"], events[-1]["id"]) == (25_000, "ExecutionFailed", 25_000)


def test_iterations_that_are_stopped_do_not_lengthen_a_history_that_is_full(machines: Machines) -> None:
    items = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}
    described = machines.run({"Each": {"Type": "Map", "ItemProcessor": items, "End": True}}, [0] * 20_000)
    events = machines.events(described["executionArn"])
    assert (described["status"], len(events), events[-1]["type"]) == ("FAILED", 25_000, "ExecutionFailed")
    machines.cloud.clock.advance(60)
    assert len(machines.events(described["executionArn"])) == 25_000


def test_a_state_that_is_one_event_too_many_is_not_run(machines: Machines) -> None:
    """Its Task would be called, and no history would tell."""
    calls: list[Any] = []

    def answer(arguments: Any) -> dict[str, Any]:
        calls.append(arguments)
        return {}

    machines.cloud.mock("Ask", answer)
    passes = {f"S{number}": {"Type": "Pass", "Next": f"S{number + 1}"} for number in range(3)}
    ask = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
    again = {"Type": "Choice", "Choices": [STOP], "Default": "Ask"}
    states = {**passes, "S3": {"Type": "Pass", "Next": "Ask"}, "Ask": {**ask, "Next": "Again"}, "Again": again}
    described = machines.run({**states, "Done": SUCCEED})
    types = [event["type"] for event in machines.events(described["executionArn"])]
    assert (len(types), types[-2]) == (25_000, "ChoiceStateExited")  # the Task would come next
    assert len(calls) == types.count("TaskSucceeded")


def test_a_cycle_in_an_express_execution_ends_after_five_minutes(machines: Machines) -> None:
    """It has no limit of events, but one of time."""
    answer = machines.client.start_sync_execution(stateMachineArn=machines.create(cycle(), "EXPRESS"))
    assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")
    assert (answer["stopDate"] - answer["startDate"]).total_seconds() == 300


def test_an_express_execution_lasts_five_minutes_whatever_its_own_limit(machines: Machines) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html"""
    wait = {"Wait": {"Type": "Wait", "Seconds": 400, "End": True}}
    machine = machines.create(wait, "EXPRESS", TimeoutSeconds=1_000)
    answer = machines.client.start_sync_execution(stateMachineArn=machine)
    assert answer["status"] == "TIMED_OUT"
    assert (answer["stopDate"] - answer["startDate"]).total_seconds() == 300


# --- Nesting


@pytest.mark.parametrize(
    "fields",
    [
        {"Parameters": {"a.$": "$"}},
        {"ResultPath": "$.a"},
        {"Assign": {"v": {"a.$": "$"}}, "Parameters": {"a.$": "$"}},
        {"QueryLanguage": "JSONata", "Output": {"a": "{% $states.input %}"}},
        {"QueryLanguage": "JSONata", "Output": "{% {'a': $states.input} %}"},
    ],
)
def test_data_that_grows_inwards_fails_the_execution(machines: Machines, fields: dict[str, Any]) -> None:
    described = machines.run(cycle(**fields))
    assert (described["status"], described["error"]) == ("FAILED", RUNTIME)
    assert "200 levels" in described["cause"]


def test_a_variable_that_grows_inwards_fails_the_execution(machines: Machines) -> None:
    first = {"Type": "Pass", "Assign": {"v": 0}, "Next": "Again"}
    described = machines.run({"First": first, **cycle(Assign={"v": {"a.$": "$v"}})})
    assert (described["status"], described["error"]) == ("FAILED", RUNTIME)


def test_data_may_nest_200_levels(machines: Machines) -> None:
    wrap = {"Wrap": {"Type": "Pass", "Parameters": {"a.$": "$"}, "End": True}}
    described = machines.run(wrap, nested(199))
    assert json.loads(described["output"]) == {"a": nested(199)}


def test_many_values_beside_each_other_are_not_deep(machines: Machines) -> None:
    wide = {"Wrap": {"Type": "Pass", "Parameters": {"a.$": "$"}, "End": True}}
    assert json.loads(machines.run(wide, [[]] * 1_000)["output"]) == {"a": [[]] * 1_000}


@pytest.mark.parametrize("text", ["[" * 201 + "]" * 201, "[" * 100_000 + "]" * 100_000, "1e400", "NaN", "", "{"])
def test_an_input_that_cannot_be_handed_on_starts_nothing(machines: Machines, text: str) -> None:
    machine = machines.create({"Done": SUCCEED})
    with pytest.raises(ClientError) as failed:
        machines.client.start_execution(stateMachineArn=machine, input=text)
    assert failed.value.response["Error"]["Code"] == "InvalidExecutionInput"
    assert machines.client.list_executions(stateMachineArn=machine)["executions"] == []


@pytest.mark.parametrize(("levels", "status"), [(200, "SUCCEEDED"), (201, "FAILED")])
def test_what_a_task_answers_may_nest_as_deep(machines: Machines, levels: int, status: str) -> None:
    machines.cloud.mock("Ask", [{"result": nested(levels)}])
    ask = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
    described = machines.run({"Ask": {**ask, "End": True}})
    assert described["status"] == status


@pytest.mark.parametrize("levels", [41, 200])
@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_machines_inside_each_other_that_are_too_many_are_refused(machines: Machines, levels: int, kind: str) -> None:
    states: dict[str, Any] = {"Done": SUCCEED}
    for level in range(levels):
        inner = {"StartAt": next(iter(states)), "States": states}
        held = {"Branches": [inner]} if kind == "Parallel" else {"ItemProcessor": inner}
        states = {f"S{level}": {"Type": kind, **held, "End": True}}
    with pytest.raises(ClientError) as failed:
        machines.create(states)
    assert failed.value.response["Error"]["Code"] == "InvalidDefinition"
    assert machines.client.list_state_machines()["stateMachines"] == []


def test_forty_machines_inside_each_other_run(machines: Machines) -> None:
    states: dict[str, Any] = {"Done": SUCCEED}
    for level in range(39):
        branch = {"StartAt": next(iter(states)), "States": states}
        states = {f"S{level}": {"Type": "Parallel", "Branches": [branch], "End": True}}
    assert json.loads(machines.run(states, 7)["output"]) == nested(39, innermost=7)


# --- Size


def test_a_definition_of_one_megabyte_runs(machines: Machines) -> None:
    states: dict[str, Any] = {
        f"S{number}": {"Type": "Pass", "Comment": "c" * 150, "Next": f"S{number + 1}"} for number in range(4_800)
    }
    states["S4800"] = SUCCEED
    assert 1_000_000 < len(json.dumps({"StartAt": "S0", "States": states})) < 1_048_576
    assert machines.run(states)["status"] == "SUCCEEDED"


def test_a_constant_over_256_kib_can_be_defined_and_not_handed_on(machines: Machines) -> None:
    described = machines.run({"Big": {"Type": "Pass", "Result": "a" * 300 * KIB, "End": True}})
    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_what_an_iteration_gets_is_held_to_256_kib(machines: Machines) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html, States.DataLimitExceeded"""
    item = {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "Result": 1, "End": True}}}
    each = {"Type": "Map", "ItemSelector": {"a.$": "$[0]", "b.$": "$[0]"}, "ItemProcessor": item, "End": True}
    described = machines.run({"Each": each}, ["a" * 140_000])
    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_text_that_is_no_unicode_can_be_assigned(machines: Machines) -> None:
    described = machines.run({"Keep": {"Type": "Pass", "Assign": {"x.$": "$"}, "End": True}}, "\ud800")
    assert described["status"] == "SUCCEEDED"


# --- Variables: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html


def text_of(size: int) -> str:
    """An expression for a text that has so many bytes as JSON."""
    return "{% $pad('', " + str(size - 2) + ", 'a') %}"


@pytest.mark.parametrize(
    ("sizes", "status"),
    [
        ([256 * KIB], "SUCCEEDED"),
        ([256 * KIB + 1], "FAILED"),
        ([128 * KIB] * 2, "SUCCEEDED"),
        ([129 * KIB] * 2, "FAILED"),
    ],
)
def test_one_assign_takes_256_kib(machines: Machines, sizes: list[int], status: str) -> None:
    assign = {f"v{number}": text_of(size) for number, size in enumerate(sizes)}
    described = machines.run({"Keep": {"Type": "Pass", "Assign": assign, "End": True}}, QueryLanguage="JSONata")
    assert described["status"] == status


def assigning(count: int, *, same: bool = False) -> dict[str, Any]:
    """States that assign 256 KiB each, to one variable or to as many."""
    states: dict[str, Any] = {
        f"S{number}": {
            "Type": "Pass",
            "Assign": {"v" if same else f"v{number}": text_of(256 * KIB)},
            "Next": f"S{number + 1}",
        }
        for number in range(count)
    }
    states[f"S{count}"] = SUCCEED
    return states


def test_all_variables_take_ten_mib(machines: Machines) -> None:
    assert machines.run(assigning(40), QueryLanguage="JSONata")["status"] == "SUCCEEDED"


def test_more_than_ten_mib_of_variables_fails(machines: Machines) -> None:
    assert machines.run(assigning(41), QueryLanguage="JSONata")["status"] == "FAILED"


def test_a_value_that_is_replaced_does_not_count(machines: Machines) -> None:
    assert machines.run(assigning(50, same=True), QueryLanguage="JSONata")["status"] == "SUCCEEDED"


def test_variables_of_iterations_count_until_these_end(machines: Machines) -> None:
    """45 iterations keep 256 KiB each, and at most 40 of them at once."""
    states = {
        "Keep": {"Type": "Pass", "Assign": {"v": text_of(256 * KIB)}, "Output": 1, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "End": True},
    }
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "Keep", "States": states}}
    described = machines.run({"Each": {**each, "Items": list(range(45)), "End": True}}, QueryLanguage="JSONata")
    assert described["status"] == "SUCCEEDED"


def test_variables_of_iterations_count_beside_those_outside(machines: Machines) -> None:
    states = {
        "Keep": {"Type": "Pass", "Assign": {"v": text_of(256 * KIB)}, "Output": 1, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "End": True},
    }
    first = {"Type": "Pass", "Assign": {"outer": 1}, "Next": "Each"}
    each = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "Keep", "States": states},
        "Items": list(range(40)),
        "End": True,
    }
    assert machines.run({"First": first, "Each": each}, QueryLanguage="JSONata")["status"] == "FAILED"


@pytest.mark.parametrize("stopped", [True, False])
def test_variables_of_branches_that_failed_or_were_stopped_do_not_count(machines: Machines, stopped: bool) -> None:
    """A Parallel that is retried 50 times keeps 256 KiB in each attempt."""
    keep = {"Type": "Pass", "Assign": {"v": text_of(256 * KIB)}, "Output": 1, "Next": "More"}
    more = {"Type": "Pass", "Assign": {"more": 1}, "Next": "Then"}
    fails = {
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 1, "Next": "Fail"}, "Fail": {"Type": "Fail"}},
    }
    then = {"Type": "Wait", "Seconds": 60, "End": True} if stopped else {"Type": "Fail"}
    keeps = {"StartAt": "Keep", "States": {"Keep": keep, "More": more, "Then": then}}
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 50, "BackoffRate": 1.0}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    both = {"Type": "Parallel", "Branches": [keeps, fails], "Retry": retry, "Catch": catch, "End": True}
    described = machines.run({"Both": both, "Done": SUCCEED}, QueryLanguage="JSONata")
    assert described["status"] == "SUCCEEDED"


def test_variables_of_an_execution_that_is_redriven_count_again(machines: Machines) -> None:
    """40 times 256 KiB are kept; what is assigned after the redrive is too much."""
    machines.cloud.mock("S40", [{"error": "Busy", "cause": ""}, {"result": 1}])
    ask = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}}
    states = {**assigning(40), "S40": {**ask, "Next": "More"}}
    states["More"] = {"Type": "Pass", "Assign": {"more": text_of(256 * KIB)}, "End": True}
    execution = machines.run(states, QueryLanguage="JSONata")["executionArn"]
    machines.client.redrive_execution(executionArn=execution)
    machines.cloud.clock.run_until_idle()
    described = machines.client.describe_execution(executionArn=execution)
    assert (described["status"], described["redriveCount"]) == ("FAILED", 1)
    assert "'More'" in described["cause"]
