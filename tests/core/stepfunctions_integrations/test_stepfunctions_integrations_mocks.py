"""Cloud.mock: answers in place of what a Task calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

import eslabon

MODEL = "arn:aws:states:::bedrock:invokeModel"


def test_without_a_mock_the_execution_fails_with_the_call_to_write(workflows: Any) -> None:
    run = workflows.run(MODEL, {"ModelId": "m"}, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Call"}])
    error, cause = run.failure
    assert error == "States.Runtime"
    assert run.types == ["TaskScheduled", "TaskStartFailed"]
    call = cause[cause.index("cloud.mock(") :]
    eval(call, {"cloud": workflows.cloud})  # what it shows can be copied as it stands
    assert workflows.run(MODEL, {"ModelId": "m"}).output == {}


def test_a_mock_of_a_resource_answers_every_task_that_calls_it(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, result={"Body": "Hello"})
    assert workflows.run(MODEL).output == {"Body": "Hello"}
    assert workflows.run(MODEL).output == {"Body": "Hello"}


def test_a_mock_of_a_state_comes_before_one_of_its_resource(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, result="resource")
    workflows.cloud.mock("Call", result="state")
    assert workflows.run(MODEL).output == "state"


def test_the_pattern_belongs_to_the_resource(workflows: Any) -> None:
    workflows.cloud.mock("arn:aws:states:::glue:startJobRun", result=1)
    assert workflows.run("glue:startJobRun.sync").failure[0] == "States.Runtime"
    workflows.cloud.mock("arn:aws:states:::glue:startJobRun.sync", result=2)
    assert workflows.run("glue:startJobRun.sync").output == 2


def test_a_function_gets_the_arguments_and_may_fail_the_task(workflows: Any) -> None:
    def charge(arguments: Any) -> Any:
        if arguments["total"] > 100:
            raise eslabon.TaskFailed("CardDeclined", "Not enough money.")
        return {"charged": arguments["total"]}

    workflows.cloud.mock(MODEL, charge)
    assert workflows.run(MODEL, {"total": 9}).output == {"charged": 9}
    assert workflows.run(MODEL, {"total": 900}).failure == ("CardDeclined", "Not enough money.")


def test_a_function_that_changes_its_arguments_changes_nothing_else(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, lambda arguments: arguments["order"].clear())
    run = workflows.run(MODEL, given={"order": {"total": 9}}, ResultPath="$.paid")
    assert run.output == {"order": {"total": 9}, "paid": None}


def test_what_a_function_sleeps_lengthens_the_task(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, lambda arguments: workflows.cloud.clock.sleep(30))
    run = workflows.run(MODEL)
    assert run.output is None
    assert (run.events[-1]["timestamp"] - run.events[0]["timestamp"]).total_seconds() > 30
    assert workflows.run(MODEL, TimeoutSeconds=5).failure[0] == "States.Timeout"


def test_a_mistake_in_a_mock_reaches_whoever_wrote_it(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, lambda arguments: arguments["totl"])
    with pytest.raises(KeyError, match="totl"):
        workflows.run(MODEL, {"total": 9})


def test_a_sequence_answers_successive_attempts_and_its_last_answer_repeats(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, [{"error": "Busy"}, {"error": "Busy", "cause": "Later."}, {"result": "done"}])
    assert workflows.run(MODEL, Retry=[{"ErrorEquals": ["Busy"]}]).output == "done"
    assert workflows.run(MODEL).output == "done"


def test_a_mock_stands_in_for_what_is_modelled_too_and_needs_no_role(workflows: Any) -> None:
    arn = workflows.function("def handler(event, context): return 'real'")
    workflows.cloud.mock(arn, result="mocked")
    run = workflows.start(arn)
    workflows.cloud.client("iam").delete_role(RoleName="workflow")
    workflows.cloud.clock.run_until_idle()
    assert run.output == "mocked"
    assert run.types == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]


def test_a_mock_without_an_answer_is_taken_away(workflows: Any) -> None:
    arn = workflows.function("def handler(event, context): return 'real'")
    workflows.cloud.mock(arn, result="mocked")
    workflows.cloud.mock(arn, None)
    assert workflows.run(arn).output == "real"


def test_a_result_of_null_is_a_result(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, result=None)
    assert workflows.run(MODEL).output is None


def test_a_mocked_callback_needs_nobody_to_send_the_token(workflows: Any) -> None:
    workflows.cloud.mock("Call", result={"approved": True})
    run = workflows.run("sqs:sendMessage.waitForTaskToken", {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"})
    assert run.output == {"approved": True}
    assert run.types == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_nobody_can_change_a_mocked_result_afterwards(workflows: Any) -> None:
    result = {"items": [1]}
    workflows.cloud.mock(MODEL, result=result)
    result["items"].append(2)
    assert workflows.run(MODEL).output == {"items": [1]}


@pytest.mark.parametrize(
    ("answer", "given", "error"),
    [
        ({"result": 1}, {}, TypeError),
        ("done", {}, TypeError),
        (7, {}, TypeError),
        ([], {}, ValueError),
        (["done"], {}, ValueError),
        ([{"result": 1, "error": "Busy"}], {}, ValueError),
        ([{"cause": "Later."}], {}, ValueError),
        (None, {"result": {1, 2}}, ValueError),
        (None, {"result": float("nan")}, ValueError),
        (None, {"cause": "Later."}, TypeError),
        (None, {"result": 1, "error": "Busy"}, TypeError),
        (lambda arguments: 1, {"result": 1}, TypeError),
    ],
)
def test_what_is_no_answer_is_refused_at_once(workflows: Any, answer: Any, given: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="mock"):
        workflows.cloud.mock(MODEL, answer, **given)
    assert workflows.run(MODEL).failure[0] == "States.Runtime"


def test_a_function_must_answer_json(workflows: Any) -> None:
    workflows.cloud.mock(MODEL, lambda arguments: {1, 2})
    with pytest.raises(ValueError, match="not JSON"):
        workflows.run(MODEL)


def test_the_cause_shows_the_whole_resource(workflows: Any) -> None:
    cause = workflows.run("emr-serverless:startJobRun.sync").failure[1]
    assert json.dumps("arn:aws:states:::emr-serverless:startJobRun.sync") in cause
