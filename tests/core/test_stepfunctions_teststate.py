"""Every case of TestState: what AWS's pages say of its statuses, its data, its mocks and its restrictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled

FILE = Path(__file__).parents[1] / "cases" / "stepfunctions" / "teststate.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))
SOURCES = "https://docs.aws.amazon.com/step-functions/"
PLAIN = "TEXT:"  # before a text that is sent as it stands


def as_text(value: Any) -> str:
    if isinstance(value, str) and value.startswith(PLAIN):
        return value.removeprefix(PLAIN)
    return json.dumps(value)


def request_of(case: dict[str, Any]) -> dict[str, Any]:
    """A case's request, its JSON values as the texts that the API takes."""
    request = dict(case["request"])
    for name in ("definition", "input", "variables", "context"):
        if name in request:
            request[name] = as_text(request[name])
    if "result" in request.get("mock", {}):
        request["mock"] = {**request["mock"], "result": as_text(request["mock"]["result"])}
    configuration = request.get("stateConfiguration", {})
    if "mapItemReaderData" in configuration:
        request["stateConfiguration"] = {
            **configuration,
            "mapItemReaderData": as_text(configuration["mapItemReaderData"]),
        }
    return request


def parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(cloud: Cloud, case: dict[str, Any]) -> None:
    states = cloud.client("stepfunctions")
    if "refused" in case:
        with pytest.raises(ClientError) as refused:
            states.test_state(**request_of(case))
        assert refused.value.response["Error"]["Code"] == case["refused"]["Code"], case["source"]
        return
    answer = states.test_state(**request_of(case))
    del answer["ResponseMetadata"]
    inspected = answer.pop("inspectionData", None)
    if "output_text" in case:
        assert answer.pop("output") == case["output_text"]
    if "output" in answer:
        answer["output"] = json.loads(answer["output"])
    wanted = case["answer"]
    if "cause" not in wanted:
        answer.pop("cause", None)
    assert answer == wanted, case["source"]
    if "inspected" in case and case["inspected"] is None:
        assert inspected is None
    for name, value in (case.get("inspected") or {}).items():
        assert parsed(inspected[name]) == value, name
    if "inspected_texts" in case:  # all that is shown
        assert inspected == case["inspected_texts"]


def test_cases_name_their_source_and_are_told_apart() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 30
    for case in CASES:
        assert case["source"].startswith(SOURCES), case["id"]
        assert ("answer" in case) != ("refused" in case), case["id"]


# --- What eslabon does not do -----------------------------------------------------------------------------------------


def test_a_mock_for_which_there_is_no_model_says_how_it_is_taken_all_the_same(cloud: Cloud) -> None:
    """The page has the models of the services that eslabon models, and no others."""
    states = cloud.client("stepfunctions")
    state = json.dumps({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:nothing:doIt", "End": True})
    with pytest.raises(NotModelled, match='no model of nothing here.*fieldValidationMode="NONE"'):
        states.test_state(definition=state, mock={"result": "{}"})
    with pytest.raises(NotModelled, match="PRESENT"):
        states.test_state(definition=state, mock={"result": "{}", "fieldValidationMode": "PRESENT"})
    answer = states.test_state(definition=state, mock={"result": '{"a":1}', "fieldValidationMode": "NONE"})
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '{"a":1}')


def test_failed_iterations_of_the_map_around_a_state_are_not_modelled(cloud: Cloud) -> None:
    """AWS takes the number there, and does not say what comes of it."""
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
    inner = {"StartAt": "B", "States": {"B": task}}
    machine = {"StartAt": "A", "States": {"A": {"Type": "Map", "ItemProcessor": inner, "End": True}}}
    with pytest.raises(NotModelled, match="mapIterationFailureCount of a state inside a Map"):
        cloud.client("stepfunctions").test_state(
            definition=json.dumps(machine),
            stateName="B",
            mock={"result": "{}"},
            stateConfiguration={"mapIterationFailureCount": 1},
        )


def test_dates_of_a_mocked_result_are_text(cloud: Cloud) -> None:
    """As people have reported of AWS, which refuses the numbers that a real execution's result has."""
    machine = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}
    resource = "arn:aws:states:::states:startExecution"
    start = {"Type": "Task", "Resource": resource, "Parameters": machine, "End": True}
    mock = {"result": '{"ExecutionArn": "a", "StartDate": 1767225600000}'}
    with pytest.raises(ClientError, match="StartDate"):
        cloud.client("stepfunctions").test_state(definition=json.dumps(start), mock=mock)


# --- Without a mock ---------------------------------------------------------------------------------------------------


def send(queue_url: str) -> str:
    arguments = {"QueueUrl": queue_url, "MessageBody.$": "$.text"}
    return json.dumps(
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": arguments, "Next": "Done"}
    )


def test_a_task_really_calls_what_it_names(cloud: Cloud, states_role: str) -> None:
    sqs, states = cloud.client("sqs"), cloud.client("stepfunctions")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    answer = states.test_state(definition=send(url), roleArn=states_role, input='{"text": "hello"}')
    assert (answer["status"], answer["nextState"]) == ("SUCCEEDED", "Done")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert (message["Body"], json.loads(answer["output"])["MessageId"]) == ("hello", message["MessageId"])


def test_a_role_that_step_functions_may_not_assume_fails_the_task(cloud: Cloud) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    url = cloud.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    answer = cloud.client("stepfunctions").test_state(definition=send(url), roleArn=role, input='{"text": "hello"}')
    assert answer["status"] == "FAILED"
    assert "Messages" not in cloud.client("sqs").receive_message(QueueUrl=url)


def test_what_the_service_refuses_is_the_error(cloud: Cloud, states_role: str) -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/nothing"
    states = cloud.client("stepfunctions")
    answer = states.test_state(definition=send(url), roleArn=states_role, input='{"text": "hello"}')
    assert (answer["status"], answer["error"].partition(".")[0]) == ("FAILED", "SQS")


def test_nothing_of_a_test_is_left(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    states.test_state(definition='{"Type": "Pass", "End": true}')
    assert states.list_state_machines()["stateMachines"] == []
    before = cloud.clock.now
    cloud.clock.run_until_idle()
    assert cloud.clock.now == before


def test_a_test_ends_after_five_minutes(cloud: Cloud) -> None:
    before = cloud.clock.now
    answer = cloud.client("stepfunctions").test_state(definition='{"Type": "Wait", "Seconds": 301, "End": true}')
    assert (answer["status"], answer["error"]) == ("FAILED", "States.Timeout")
    assert cloud.clock.now - before == pytest.approx(300, abs=1)  # the call itself takes a moment


def test_tests_are_alike_in_two_clouds() -> None:
    """Identifiers come from the cloud's generator."""
    definition = json.dumps({"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id"}, "End": True})
    first, second = (Cloud().client("stepfunctions").test_state(definition=definition)["output"] for _ in range(2))
    assert first == second
    assert json.loads(first)["id"].startswith("arn:aws:states:us-east-1:123456789012:express:")
