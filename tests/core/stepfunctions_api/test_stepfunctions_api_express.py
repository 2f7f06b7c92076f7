"""Express state machines: run at once and kept nowhere, or waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import NotModelled
from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States


def test_an_asynchronous_express_execution_can_neither_be_described_nor_stopped(states: States) -> None:
    arn = states.machine(WAITING, type="EXPRESS")
    execution = states.start(arn, name="first")
    assert execution.startswith("arn:aws:states:us-east-1:123456789012:express:orders:first:")
    for operation in ("describe_execution", "stop_execution", "get_execution_history", "redrive_execution"):
        refused = states.refusal(operation, executionArn=execution)
        assert (refused["Code"], refused["Message"]) == (
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'",
        )
    assert states.refusal("list_executions", stateMachineArn=arn)["Code"] == "StateMachineTypeNotSupported"


def test_the_name_of_an_express_execution_can_be_used_again_at_once(states: States) -> None:
    arn = states.machine(WAITING, type="EXPRESS")
    assert states.start(arn, name="first") != states.start(arn, name="first")


def test_a_synchronous_execution_answers_when_it_has_ended(states: States) -> None:
    arn = states.machine(WAITING, type="EXPRESS")
    begun = states.cloud.clock.now
    answer = states.client.start_sync_execution(stateMachineArn=arn, name="first", input='{"total": 9}')
    assert states.cloud.clock.now - begun > 60
    assert (answer["status"], answer["name"], answer["stateMachineArn"]) == ("SUCCEEDED", "first", arn)
    assert (answer["input"], json.loads(answer["output"])) == ('{"total": 9}', {"total": 9})
    assert (answer["stopDate"] - answer["startDate"]).total_seconds() >= 60
    assert ":express:orders:first:" in answer["executionArn"]


def test_a_synchronous_execution_that_fails_is_an_answer(states: States) -> None:
    answer = states.client.start_sync_execution(stateMachineArn=states.machine(FAILING, type="EXPRESS"))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "Full", "No room.")
    assert "output" not in answer


def test_an_express_execution_lasts_five_minutes_at_most(states: States) -> None:
    long = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    answer = states.client.start_sync_execution(stateMachineArn=states.machine(long, type="EXPRESS"))
    assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")
    assert (answer["stopDate"] - answer["startDate"]).total_seconds() == 300


def test_duration_is_billed_in_steps_of_100_milliseconds_and_memory_in_steps_of_64_megabytes(states: States) -> None:
    short = states.client.start_sync_execution(stateMachineArn=states.machine(type="EXPRESS"))
    long = states.client.start_sync_execution(stateMachineArn=states.machine(WAITING, name="wait", type="EXPRESS"))
    assert short["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}
    billed = long["billingDetails"]["billedDurationInMilliseconds"]
    assert billed > 60_000
    assert billed % 100 == 0


def test_a_standard_state_machine_is_not_run_synchronously(states: States) -> None:
    arn = states.machine()
    refused = states.refusal("start_sync_execution", stateMachineArn=arn)
    assert refused["Code"] == "StateMachineTypeNotSupported"
    assert states.client.list_executions(stateMachineArn=arn)["executions"] == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"input": "x"}, "InvalidExecutionInput"), ({"name": "a b"}, "InvalidName")],
)
def test_bad_input_starts_nothing(states: States, parameters: dict[str, Any], code: str) -> None:
    arn = states.machine(type="EXPRESS")
    for operation in ("start_execution", "start_sync_execution"):
        assert states.refusal(operation, stateMachineArn=arn, **parameters)["Code"] == code
    assert list(states.cloud.journal.of("execution")) == []


def test_a_version_or_alias_is_run_synchronously_too(states: States) -> None:
    arn = states.machine(DONE, type="EXPRESS", publish=True)
    routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing)
    states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING))
    states.cloud.clock.advance(10)
    answers = {
        qualifier: states.client.start_sync_execution(stateMachineArn=arn + qualifier)["status"]
        for qualifier in ("", ":1", ":live")
    }
    assert answers == {"": "FAILED", ":1": "SUCCEEDED", ":live": "SUCCEEDED"}


def test_an_express_execution_outlives_its_state_machine(states: States) -> None:
    two = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "Next": "Done"}, **DONE["States"]}}
    arn = states.machine(two, type="EXPRESS")
    states.start(arn)
    states.client.delete_state_machine(stateMachineArn=arn)
    states.cloud.clock.run_until_idle()
    assert [entry["status"] for entry in states.cloud.journal.of("execution")] == ["RUNNING", "SUCCEEDED"]


def test_waiting_inside_the_clock_is_not_modelled(states: States) -> None:
    arn = states.machine(WAITING, type="EXPRESS")
    service: Any = states.cloud.service("stepfunctions")
    caught: list[NotModelled] = []

    def inside() -> None:
        try:
            service.start_sync_execution(stateMachineArn=arn)
        except NotModelled as error:
            caught.append(error)

    states.cloud.clock.call_later(1, inside)
    states.cloud.clock.advance(2)
    assert "inside the clock" in str(caught[0])
