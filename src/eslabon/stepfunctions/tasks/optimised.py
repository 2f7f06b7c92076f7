"""Optimised integrations of modelled services: Lambda, SQS, EventBridge, and Step Functions itself.

Those of services that are not modelled take a mock. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from eslabon.boto import service_model
from eslabon.errors import ServiceError
from eslabon.ids import Arn
from eslabon.mocks import TaskFailed
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.tasks.apishapes import capitalized, parameters_of, result_of
from eslabon.stepfunctions.tasks.calls import Call, after, exception_name, unusable, with_metadata

if TYPE_CHECKING:
    from eslabon.stepfunctions.tasks.tasks import Attempt

UNKNOWN = "Lambda.Unknown"

# boto3's name of a service: how errors begin, how causes call it, its error for codes that its model does not name.
_NAMES = {
    "lambda": ("Lambda", "AWSLambda", "AWSLambdaException"),
    "sqs": ("SQS", "AmazonSQS", "AmazonSQSException"),
    "events": ("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
    "stepfunctions": ("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException"),
}


def plan(attempt: Attempt) -> Call | None:
    """The call of a Lambda function or an optimised integration; None when it is not modelled.

    Raises StateError for arguments that are none of the integration's.

    >>> from eslabon.stepfunctions.tasks.taskexamples import callback
    >>> call = plan(callback())
    >>> call.service, call.operation, call.target
    ('sqs', 'send_message', 'arn:aws:sqs:us-east-1:123456789012:orders')
    """
    resource = attempt.resource
    if resource.kind == "function":
        return _function(attempt)
    planner = _PLANNERS.get((resource.service, resource.action))
    return planner(attempt) if planner is not None else None


# --- Lambda -----------------------------------------------------------------------------------------------------------


def _function(attempt: Attempt) -> Call:
    """A function by its ARN: its input is the payload, its result the Task's.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
    """
    payload = compact(attempt.arguments)
    parameters = {"FunctionName": attempt.resource.text, "Payload": payload.encode("utf-8", "surrogatepass")}
    return Call("lambda", "invoke", parameters, _returned, _refusal(attempt, "lambda"), attempt.resource.text, payload)


def _returned(answer: Mapping[str, Any]) -> Any:
    """What the function returned; raises TaskFailed with the error that it ended in.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    payload = answer.get("Payload", b"").decode("utf-8", "surrogatepass")
    if "FunctionError" in answer:
        described = json.loads(payload)
        if isinstance(described, dict) and described.get("errorType"):
            raise TaskFailed(described["errorType"], payload)
        unknown = "The cause could not be determined because Lambda did not return an error type."
        raise TaskFailed(UNKNOWN, f"{unknown} Returned payload: {payload}")
    return json.loads(payload) if payload else {}


def _invoke(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""
    allowed = ("ClientContext", "FunctionName", "InvocationType", "Payload", "Qualifier")
    parameters = _parameters(attempt, "lambda", "Invoke", allowed)
    payload = parameters.get("Payload", b"").decode("utf-8", "surrogatepass")

    def result(answer: dict[str, Any]) -> Any:
        status = answer["StatusCode"]
        whole = {**answer, "Payload": _returned(answer)}
        return with_metadata(attempt, whole, status)

    name = parameters["FunctionName"]
    target = name if name.startswith("arn:") else _arn(attempt, "lambda", f"function:{name.rsplit(':', 1)[-1]}")
    return Call("lambda", "invoke", parameters, result, _refusal(attempt, "lambda"), target, payload)


# --- SQS --------------------------------------------------------------------------------------------------------------


def _send_message(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html"""
    allowed = (
        *("DelaySeconds", "MessageAttributes", "MessageBody", "MessageDeduplicationId", "MessageGroupId", "QueueUrl"),
    )
    parameters = _parameters(attempt, "sqs", "SendMessage", allowed, texts=("MessageBody",))
    account, _, name = parameters["QueueUrl"].removeprefix("https://").partition("/")[2].partition("/")
    target = f"arn:aws:sqs:{attempt.execution.service.region}:{account}:{name}" if name else ""
    return _plain(attempt, "sqs", "SendMessage", parameters, target, parameters["MessageBody"])


# --- EventBridge ------------------------------------------------------------------------------------------------------


def _put_events(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html"""
    arguments = attempt.arguments
    if isinstance(arguments, Mapping) and isinstance(arguments.get("Entries"), list):
        resources = [attempt.execution.arn, attempt.state_machine]
        entries = [_entry(entry, resources) for entry in arguments["Entries"]]
        arguments = {**arguments, "Entries": entries}
    parameters = _parameters(attempt, "events", "PutEvents", ("Entries",), arguments=arguments)
    bus = parameters["Entries"][0].get("EventBusName", "default") if parameters["Entries"] else "default"
    target = bus if bus.startswith("arn:") else _arn(attempt, "events", f"event-bus/{bus}")
    whole = _plain(attempt, "events", "PutEvents", parameters, target, compact(attempt.arguments))

    def result(answer: dict[str, Any]) -> Any:
        shown = whole.result(answer)
        if answer["FailedEntryCount"]:
            raise TaskFailed("EventBridge.FailedEntry", compact(shown))
        return shown

    return Call(whole.service, whole.operation, whole.parameters, result, whole.refusal, whole.target, whole.payload)


def _entry(entry: Any, resources: list[str]) -> Any:
    """An entry whose Detail is text, and that names the execution and the state machine among its resources."""
    if not isinstance(entry, Mapping):
        return entry
    given = entry.get("Resources", [])
    more: dict[str, Any] = {"Resources": [*given, *resources]} if isinstance(given, list) else {}
    if "Detail" in entry:
        more["Detail"] = _as_text(entry["Detail"])
    return {**entry, **more}


# --- Step Functions ---------------------------------------------------------------------------------------------------


def _start_execution(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html"""
    allowed = ("Input", "Name", "StateMachineArn")
    parameters = _parameters(attempt, "stepfunctions", "StartExecution", allowed, texts=("Input",))
    machine, given = parameters["stateMachineArn"], parameters.get("input", "{}")
    call = _plain(attempt, "stepfunctions", "StartExecution", parameters, machine, given)
    if not attempt.resource.pattern.startswith(".sync"):
        return call
    return Call(
        call.service,
        call.operation,
        call.parameters,
        call.result,
        call.refusal,
        call.target,
        call.payload,
        lambda answer: _follow(attempt, answer["executionArn"]),
    )


def _follow(attempt: Attempt, arn: str) -> None:
    """Wait for the end of a child execution; stop it when nobody waits for it any more."""
    service = attempt.execution.service

    def ended() -> None:
        described = service.cloud.call(
            "stepfunctions", "describe_execution", {"executionArn": arn}, region=service.region, account=service.account
        )
        shape = service_model("stepfunctions").operation_model("DescribeExecution").output_shape
        shown = result_of(shape, described, capitalized, _milliseconds)
        if described["status"] != "SUCCEEDED":
            attempt.fail("States.TaskFailed", compact(shown))
            return
        if attempt.resource.pattern == ".sync:2":
            shown["Output"] = json.loads(shown["Output"])
        attempt.succeed(shown)

    def stop() -> None:
        service.cloud.call(
            "stepfunctions", "stop_execution", {"executionArn": arn}, region=service.region, account=service.account
        )

    child = service.standard_execution(arn)
    attempt.cancel = stop
    after(child, lambda: attempt.later(0.0, ended))


# --- What they share --------------------------------------------------------------------------------------------------


def _parameters(
    attempt: Attempt,
    service: str,
    operation: str,
    allowed: tuple[str, ...],
    *,
    texts: tuple[str, ...] = (),
    arguments: Any = None,
) -> dict[str, Any]:
    """The API's parameters; texts: the members that the API takes as text, and a Task also as JSON."""
    arguments = attempt.arguments if arguments is None else arguments
    if texts and isinstance(arguments, Mapping):
        arguments = {name: _as_text(value) if name in texts else value for name, value in arguments.items()}
    complaints: list[str] = []
    shape = service_model(service).operation_model(operation).input_shape
    parameters = parameters_of(shape, arguments, capitalized, complaints, allowed=allowed)
    if complaints:
        raise unusable(attempt, complaints)
    return parameters


def _plain(
    attempt: Attempt, service: str, operation: str, parameters: dict[str, Any], target: str, payload: str
) -> Call:
    """A call whose result is the API's answer, with what is known of the response."""
    shape = service_model(service).operation_model(operation)

    def result(answer: dict[str, Any]) -> Any:
        return with_metadata(attempt, result_of(shape.output_shape, answer, capitalized, _milliseconds))

    method = {"SendMessage": "send_message", "PutEvents": "put_events", "StartExecution": "start_execution"}[operation]
    return Call(service, method, parameters, result, _refusal(attempt, service), target, payload)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _arn(attempt: Attempt, service: str, resource: str) -> str:
    place = attempt.execution.service
    return str(Arn("aws", service, place.region, place.account, resource))


def _refusal(attempt: Attempt, service: str) -> Callable[[ServiceError], tuple[str, str]]:
    prefix, shown, otherwise = _NAMES[service]

    def refusal(error: ServiceError) -> tuple[str, str]:
        name = exception_name(service_model(service), error.code) or otherwise
        cause = (
            f"{error.message} (Service: {shown}; Status Code: {error.status}; Error Code: {error.code}; "
            f"Request ID: {attempt.execution.ids.uuid()}; Proxy: null)"
        )
        return f"{prefix}.{name}", cause

    return refusal


_PLANNERS: Mapping[tuple[str, str], Callable[[Attempt], Call]] = {
    ("lambda", "invoke"): _invoke,
    ("sqs", "sendMessage"): _send_message,
    ("events", "putEvents"): _put_events,
    ("states", "startExecution"): _start_execution,
}
