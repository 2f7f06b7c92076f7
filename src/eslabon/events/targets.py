"""Targets of a rule, checked and compiled when they are put: what they accept, and what their input becomes.

Delivers nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from eslabon import jsontext
from eslabon.delivery import RECEIVERS
from eslabon.errors import NotModelled, ServiceError
from eslabon.events.bus import Target
from eslabon.events.template import InvalidTemplate, compile_path, compile_template
from eslabon.ids import Arn

INPUTS = ("Input", "InputPath", "InputTransformer")
Transform = Callable[[Mapping[str, Any], Mapping[str, str]], str]


def compile_target(given: Mapping[str, Any], *, account: str, region: str) -> Target:
    """A Target of PutTargets; ServiceError with AWS's code when it is not one.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html

    >>> orders = "arn:aws:sqs:us-east-1:123456789012:orders"
    >>> here = {"account": "123456789012", "region": "us-east-1"}
    >>> compile_target({"Id": "1", "Arn": orders, "Input": '{"a": 1}'}, **here).transform({}, {})
    '{"a": 1}'
    >>> compile_target({"Id": "1", "Arn": "orders"}, **here)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationException: Parameter orders is not valid. Reason: Provided Arn ...
    """
    arn = checked_arn(given["Arn"])
    if arn.service not in RECEIVERS:
        raise NotModelled("events", f"the target {given['Arn']}", [f"arn:aws:{name}:…" for name in RECEIVERS])
    if arn.account != account:
        raise NotModelled("events", f"a target in another account ({given['Arn']})", ["targets in the rule's account"])
    if arn.region != region and arn.service != "events":
        raise NotModelled("events", f"a target in another Region ({given['Arn']})", ["event buses of other Regions"])
    if "RoleArn" in given:
        checked_arn(given["RoleArn"])
    _check_queue(given, arn)
    _check_bus(given, arn)
    _check_machine(given, arn)
    dead_letters = (given.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letters and (checked_arn(dead_letters).service != "sqs" or dead_letters.endswith(".fifo")):
        raise ServiceError(
            "ValidationException",
            f"Parameter {dead_letters} is not valid. Reason: a target's dead-letter queue is a standard SQS queue.",
        )
    return Target(given["Id"], given["Arn"], given, _transform(given))


def checked_arn(text: str) -> Arn:
    """The parts of an ARN in a request; ServiceError when it is none.

    >>> checked_arn("arn:aws:sqs:us-east-1:123456789012:orders").service
    'sqs'
    >>> checked_arn("orders")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationException: Parameter orders is not valid. Reason: Provided Arn ...
    """
    try:
        return Arn.parse(text)
    except ValueError:
        raise ServiceError(
            "ValidationException", f"Parameter {text} is not valid. Reason: Provided Arn is not in correct format."
        ) from None


def _check_bus(given: Mapping[str, Any], arn: Arn) -> None:
    """A bus receives events: on one, whatever else an input may become has no place."""
    if arn.service != "events":
        return
    if not arn.resource.startswith("event-bus/"):
        raise NotModelled("events", f"the target {given['Arn']}", ["arn:aws:events:…:event-bus/…"])
    if "RoleArn" not in given:
        raise ServiceError("ValidationException", f"RoleArn is required for target {given['Arn']}.")
    for name in INPUTS:
        if name in given:
            raise NotModelled("events", f"{name} for the event bus {given['Arn']}", ["the event as it is"])


def _check_machine(given: Mapping[str, Any], arn: Arn) -> None:
    """A state machine is started with a role."""
    if arn.service != "states":
        return
    if not arn.resource.startswith("stateMachine:"):
        raise NotModelled("events", f"the target {given['Arn']}", ["arn:aws:states:…:stateMachine:…"])
    if "RoleArn" not in given:
        raise ServiceError("ValidationException", f"RoleArn is required for target {given['Arn']}.")


def _check_queue(given: Mapping[str, Any], arn: Arn) -> None:
    if arn.service != "sqs" and "SqsParameters" in given:
        raise NotModelled("events", f"SqsParameters for {given['Arn']}", ["SqsParameters for SQS queues"])
    grouped = "MessageGroupId" in (given.get("SqsParameters") or {})
    if arn.service == "sqs" and arn.resource.endswith(".fifo") and not grouped:
        raise ServiceError(
            "ValidationException", f"Parameter(s) MessageGroupId must be specified for target: {given['Id']}."
        )


def _transform(given: Mapping[str, Any]) -> Transform:
    """What the target gets of an event: all of it, a constant, a part, or a template filled in."""
    used = [name for name in INPUTS if name in given]
    if len(used) > 1:
        raise ServiceError(
            "ValidationException",
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {given['Id']}.",
        )
    if not used:
        return lambda event, reserved: _json(event)
    try:
        return _COMPILE[used[0]](given[used[0]])
    except (InvalidTemplate, ValueError) as error:
        raise ServiceError("ValidationException", str(error)) from None


def _constant(text: str) -> Transform:
    try:
        jsontext.parse(text)
    except ValueError:
        raise ValueError(f"Parameter {text} is not valid. Reason: Input is not valid JSON.") from None
    return lambda event, reserved: text


def _path(text: str) -> Transform:
    path = compile_path(text)
    return lambda event, reserved: _json(path(event))


def _template(given: Mapping[str, Any]) -> Transform:
    template = compile_template(given.get("InputPathsMap") or {}, given["InputTemplate"])
    return lambda event, reserved: template.render(event, reserved)


_COMPILE: dict[str, Callable[[Any], Transform]] = {
    "Input": _constant,
    "InputPath": _path,
    "InputTransformer": _template,
}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
