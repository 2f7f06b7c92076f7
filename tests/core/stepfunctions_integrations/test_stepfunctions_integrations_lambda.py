"""Tasks that call Lambda functions. https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import NotModelled

INVOKE = "lambda:invoke"


def test_a_function_gets_the_input_and_its_result_is_the_tasks(workflows: Any) -> None:
    arn = workflows.function("def handler(event, context): return {'twice': 2 * event['n']}")
    run = workflows.run(arn, given={"n": 4})
    assert run.output == {"twice": 8}
    assert run.types == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    scheduled = run.details("LambdaFunctionScheduled")
    assert (scheduled["resource"], json.loads(scheduled["input"])) == (arn, {"n": 4})
    assert json.loads(run.details("LambdaFunctionSucceeded")["output"]) == {"twice": 8}


def test_what_the_function_raises_is_the_error_and_its_json_the_cause(workflows: Any) -> None:
    arn = workflows.function("class NoMoney(Exception): pass\ndef handler(event, context): raise NoMoney('empty')")
    run = workflows.run(arn)
    error, cause = run.failure
    assert error == "NoMoney"
    assert json.loads(cause)["errorMessage"] == "empty"
    assert run.details("LambdaFunctionFailed") == {"error": error, "cause": cause}


def test_a_function_that_times_out_is_sandbox_timedout(workflows: Any) -> None:
    arn = workflows.function("import time\ndef handler(event, context): time.sleep(9)", Timeout=3)
    error, cause = workflows.run(arn).failure
    assert error == "Sandbox.Timedout"
    assert "Task timed out after 3.00 seconds" in json.loads(cause)["errorMessage"]


def test_what_a_function_sleeps_lengthens_the_task(workflows: Any) -> None:
    run = workflows.run(workflows.function("import time\ndef handler(event, context): time.sleep(20)", Timeout=60))
    started, succeeded = run.events[3], run.events[4]
    assert 20 <= (succeeded["timestamp"] - started["timestamp"]).total_seconds() < 21


def test_timeout_seconds_cut_a_function_off(workflows: Any) -> None:
    arn = workflows.function("import time\ndef handler(event, context): time.sleep(20)", Timeout=60)
    run = workflows.run(arn, TimeoutSeconds=5)
    assert run.failure == ("States.Timeout", "")
    assert run.types[-1] == "LambdaFunctionTimedOut"
    assert (run.events[-1]["timestamp"] - run.events[2]["timestamp"]).total_seconds() == 5


def test_invoke_answers_the_payload_among_what_the_api_answers(workflows: Any) -> None:
    workflows.function("def handler(event, context): return {'twice': 2 * event['n']}")
    run = workflows.run(INVOKE, {"FunctionName": "pay", "Payload.$": "$"}, {"n": 4})
    output = run.output
    assert (output["Payload"], output["StatusCode"], output["ExecutedVersion"]) == ({"twice": 8}, 200, "$LATEST")
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert output["SdkResponseMetadata"]["RequestId"] == output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"]
    scheduled = run.details("TaskScheduled")
    assert (scheduled["resourceType"], scheduled["resource"], scheduled["region"]) == ("lambda", "invoke", "us-east-1")
    assert json.loads(scheduled["parameters"]) == {"FunctionName": "pay", "Payload": {"n": 4}}


@pytest.mark.parametrize(
    "name", ["pay", "arn:aws:lambda:us-east-1:123456789012:function:pay", "123456789012:function:pay"]
)
def test_invoke_takes_every_form_of_a_functions_name(workflows: Any, name: str) -> None:
    workflows.function("def handler(event, context): return 'paid'")
    assert workflows.run(INVOKE, {"FunctionName": name}).output["Payload"] == "paid"


def test_invoke_may_leave_the_event_in_the_functions_queue(workflows: Any) -> None:
    workflows.function("def handler(event, context): print(event)")
    output = workflows.run(INVOKE, {"FunctionName": "pay", "InvocationType": "Event", "Payload": {"n": 4}}).output
    assert output["StatusCode"] == 202
    messages = workflows.cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/pay")["events"]
    assert "{'n': 4}\n" in [message["message"] for message in messages]


def test_invoke_through_the_sdk_answers_the_payload_as_text(workflows: Any) -> None:
    workflows.function("def handler(event, context): return {'twice': 2 * event['n']}")
    output = workflows.run("aws-sdk:lambda:invoke", {"FunctionName": "pay", "Payload": {"n": 4}}).output
    assert json.loads(output["Payload"]) == {"twice": 8}
    assert "SdkHttpMetadata" not in output


def test_an_invoked_function_that_raises_fails_the_task(workflows: Any) -> None:
    workflows.function("def handler(event, context): return 1 / event['n']")
    run = workflows.run(INVOKE, {"FunctionName": "pay", "Payload.$": "$"}, {"n": 0})
    error, cause = run.failure
    assert (error, json.loads(cause)["errorType"]) == ("ZeroDivisionError", "ZeroDivisionError")
    assert run.types == ["TaskScheduled", "TaskStarted", "TaskFailed"]


def test_a_function_that_is_gone_is_told_by_lambdas_error(workflows: Any) -> None:
    error, cause = workflows.run("arn:aws:lambda:us-east-1:123456789012:function:gone").failure
    assert error == "Lambda.ResourceNotFoundException"
    assert cause.startswith("Function not found: arn:aws:lambda:us-east-1:123456789012:function:gone (Service: ")


def test_parameters_that_the_integration_does_not_have_fail_before_the_task_is_scheduled(workflows: Any) -> None:
    run = workflows.run(INVOKE, {"FunctionName": "pay", "LogType": "Tail"})
    error, cause = run.failure
    assert error == "States.Runtime"
    assert 'The field "LogType" is not supported by Step Functions' in cause
    assert run.types == []


def test_a_result_over_256_kib_fails_the_task_and_is_not_caught_by_all(workflows: Any) -> None:
    arn = workflows.function("def handler(event, context): return 'x' * 262144")
    run = workflows.run(arn, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Call"}])
    assert run.failure[0] == "States.DataLimitExceeded"
    smaller = workflows.function("def handler(event, context): return 'x' * 262142", "smaller")
    assert len(workflows.run(smaller).output) == 262142


def test_a_function_may_send_back_its_own_token_before_it_returns(workflows: Any) -> None:
    workflows.function(
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('stepfunctions').send_task_success(taskToken=event['token'], output='\"done\"')\n"
        "    return 'not the result'\n"
    )
    run = workflows.run(f"{INVOKE}.waitForTaskToken", {"FunctionName": "pay", "Payload": {"token.$": "$$.Task.Token"}})
    assert run.output == "done"
    assert run.types == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert json.loads(run.details("TaskSubmitted")["output"])["Payload"] == "not the result"


def test_a_function_is_run_again_by_each_retry(workflows: Any) -> None:
    arn = workflows.function(
        "calls = []\n"
        "def handler(event, context):\n"
        "    calls.append(event)\n"
        "    if len(calls) < 3: raise KeyError('later')\n"
        "    return len(calls)\n"
    )
    retry = {"ErrorEquals": ["KeyError"], "IntervalSeconds": 10, "BackoffRate": 2}
    run = workflows.run(arn, Retry=[retry])
    assert run.output == 3
    begun = [event["timestamp"] for event in run.events if event["type"] == "LambdaFunctionScheduled"]
    waits = [round((after - before).total_seconds()) for before, after in zip(begun, begun[1:], strict=False)]
    assert waits == [10, 20]


def test_what_a_function_meets_that_is_not_modelled_is_told_to_whoever_wrote_it(workflows: Any) -> None:
    arn = workflows.function("import boto3\ndef handler(event, context): boto3.client('kinesis').list_streams()")
    with pytest.raises(NotModelled, match="kinesis"):
        workflows.run(arn)


def test_what_is_not_modelled_of_invoke_itself_fails_the_task_and_shows_the_mock(workflows: Any) -> None:
    workflows.function("def handler(event, context): pass")
    error, cause = workflows.run(INVOKE, {"FunctionName": "pay", "ClientContext": "e30="}).failure
    assert error == "States.Runtime"
    assert 'cloud.mock("arn:aws:states:::lambda:invoke"' in cause
