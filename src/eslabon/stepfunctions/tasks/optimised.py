"""Optimised integrations of modelled services: Lambda, SQS, EventBridge, and Step Functions itself.

Those of services that are not modelled take a mock. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from eslabon.boto import service_model
from eslabon.errors import ServiceError
from eslabon.ids import Arn
from eslabon.mocks import TaskFailed
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.tasks.apishapes import capitalized, result_of
from eslabon.stepfunctions.tasks.calls import Call, after, exception_name, parameters_for, with_metadata

if TYPE_CHECKING:
    from eslabon.stepfunctions.tasks.tasks import Attempt

UNKNOWN = "Lambda.Unknown"

# boto3's name of a service: how errors begin, and how causes call it.
_NAMES = {
    "lambda": ("Lambda", "AWSLambda"),
    "sqs": ("SQS", "AmazonSQS"),
    "events": ("EventBridge", "AmazonEventBridge"),
    "stepfunctions": ("StepFunctions", "AWSStepFunctions"),
}


def plan(attempt: Attempt) -> Call | None:
    """The call of a Lambda function or an optimised integration; None when it is not modelled.

    Raises StateError for arguments that are none of the integration's.

    >>> from eslabon.stepfunctions.api.examples import callback
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
    refusal = partial(_refusal, attempt, "lambda")
    return Call("lambda", "invoke", parameters, _returned, refusal, attempt.resource.text, payload)


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
    call = _call(attempt, "lambda", "Invoke", attempt.arguments, allowed)

    def result(answer: dict[str, Any]) -> Any:
        return with_metadata(attempt, {**answer, "Payload": _returned(answer)}, answer["StatusCode"])

    name = call.parameters["FunctionName"]
    call.result = result
    call.target = name if name.startswith("arn:") else _arn(attempt, "lambda", f"function:{name.rsplit(':', 1)[-1]}")
    call.payload = call.parameters.get("Payload", b"").decode("utf-8", "surrogatepass")
    return call


# --- SQS --------------------------------------------------------------------------------------------------------------


def _send_message(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html"""
    allowed = {
        *("DelaySeconds", "MessageAttributes", "MessageBody", "MessageDeduplicationId", "MessageGroupId"),
        "QueueUrl",
    }
    call = _call(attempt, "sqs", "SendMessage", _with_text(attempt.arguments, "MessageBody"), allowed)
    account, _, name = call.parameters["QueueUrl"].removeprefix("https://").partition("/")[2].partition("/")
    call.target = f"arn:aws:sqs:{attempt.execution.service.region}:{account}:{name}" if name else ""
    call.payload = call.parameters["MessageBody"]
    return call


# --- EventBridge ------------------------------------------------------------------------------------------------------


def _put_events(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html"""
    arguments = attempt.arguments
    if isinstance(arguments, Mapping) and isinstance(arguments.get("Entries"), list):
        resources = [attempt.execution.arn, attempt.state_machine]
        entries = [_entry(entry, resources) for entry in arguments["Entries"]]
        arguments = {**arguments, "Entries": entries}
    call = _call(attempt, "events", "PutEvents", arguments, ("Entries",))
    shown_of = call.result

    def result(answer: dict[str, Any]) -> Any:
        shown = shown_of(answer)
        if answer["FailedEntryCount"]:
            raise TaskFailed("EventBridge.FailedEntry", compact(shown))
        return shown

    entries = call.parameters["Entries"]
    bus = entries[0].get("EventBusName", "default") if entries else "default"
    call.result = result
    call.target = bus if bus.startswith("arn:") else _arn(attempt, "events", f"event-bus/{bus}")
    call.payload = compact(attempt.arguments)
    return call


def _entry(entry: Any, resources: list[str]) -> Any:
    """An entry whose Detail is text, and that names the execution and the state machine among its resources."""
    if isinstance(entry, Mapping) and isinstance(entry.get("Resources", []), list):
        entry = {**entry, "Resources": [*entry.get("Resources", []), *resources]}
    return _with_text(entry, "Detail")


# --- Step Functions ---------------------------------------------------------------------------------------------------


def _start_execution(attempt: Attempt) -> Call:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html"""
    arguments = _with_text(attempt.arguments, "Input")
    call = _call(attempt, "stepfunctions", "StartExecution", arguments, ("Input", "Name", "StateMachineArn"))
    call.target, call.payload = call.parameters["stateMachineArn"], call.parameters.get("input", "{}")
    if attempt.resource.pattern.startswith(".sync"):
        call.followed = lambda answer: _follow(attempt, answer["executionArn"])
    return call


def _follow(attempt: Attempt, arn: str) -> None:
    """Wait for the end of a child execution; stop it when nobody waits for it any more."""
    service = attempt.execution.service

    def call(operation: str) -> dict[str, Any]:
        place = {"region": service.region, "account": service.account}
        return service.cloud.call("stepfunctions", operation, {"executionArn": arn}, **place)

    def ended() -> None:
        described = call("describe_execution")
        shape = service_model("stepfunctions").operation_model("DescribeExecution").output_shape
        shown = result_of(shape, described, capitalized, _milliseconds)
        if described["status"] != "SUCCEEDED":
            attempt.fail("States.TaskFailed", compact(shown))
            return
        if attempt.resource.pattern == ".sync:2":
            shown["Output"] = json.loads(shown["Output"])
        attempt.succeed(shown)

    child = service.standard_execution(arn)
    attempt.cancel = lambda: call("stop_execution")
    after(child, lambda: attempt.later(0.0, ended))


# --- What they share --------------------------------------------------------------------------------------------------


def _call(attempt: Attempt, service: str, operation: str, arguments: Any, allowed: Collection[str]) -> Call:
    """A call whose result is the API's answer, with what is known of the response."""
    shapes = service_model(service).operation_model(operation)
    parameters = parameters_for(attempt, shapes.input_shape, arguments, capitalized, allowed)

    def result(answer: dict[str, Any]) -> Any:
        return with_metadata(attempt, result_of(shapes.output_shape, answer, capitalized, _milliseconds))

    return Call(service, xform_name(operation), parameters, result, partial(_refusal, attempt, service))


def _with_text(arguments: Any, name: str) -> Any:
    """Arguments with a member as text, which a Task may also give as JSON."""
    if not isinstance(arguments, Mapping) or isinstance(arguments.get(name, ""), str):
        return arguments
    return {**arguments, name: compact(arguments[name])}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _arn(attempt: Attempt, service: str, resource: str) -> str:
    place = attempt.execution.service
    return str(Arn("aws", service, place.region, place.account, resource))


def _refusal(attempt: Attempt, service: str, error: ServiceError) -> tuple[str, str]:
    prefix, shown = _NAMES[service]
    name = exception_name(service_model(service), error.code) or f"{shown}Exception"
    cause = (
        f"{error.message} (Service: {shown}; Status Code: {error.status}; Error Code: {error.code}; "
        f"Request ID: {attempt.execution.ids.uuid()}; Proxy: null)"
    )
    return f"{prefix}.{name}", cause


_PLANNERS: Mapping[tuple[str, str], Callable[[Attempt], Call]] = {
    ("lambda", "invoke"): _invoke,
    ("sqs", "sendMessage"): _send_message,
    ("events", "putEvents"): _put_events,
    ("states", "startExecution"): _start_execution,
}
