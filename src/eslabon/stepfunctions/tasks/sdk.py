"""AWS SDK integrations, `aws-sdk:service:action`: every operation of every modelled service, by botocore's model.

Names that AWS's SDK spells in its own way beyond the rules in `apishapes` are left out.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from eslabon.boto import service_model
from eslabon.cloud import SERVICES
from eslabon.errors import ServiceError
from eslabon.stepfunctions.tasks.apishapes import capitalized, pascal_case, result_of, sdk_name
from eslabon.stepfunctions.tasks.calls import Call, exception_name, parameters_for

if TYPE_CHECKING:
    from eslabon.stepfunctions.running.execution import Execution
    from eslabon.stepfunctions.tasks.tasks import Attempt

PREFIX = "aws-sdk:"

# The services that boto3 calls otherwise.
_BOTO_NAMES = {
    "cloudwatchlogs": "logs",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}
NOT_SDK_NAMES = frozenset(_BOTO_NAMES.values())


def boto_name(service: str) -> str | None:
    """Find boto3's name of a modelled service by its name in a Resource; None when it is not modelled.

    >>> boto_name("sfn"), boto_name("sqs"), boto_name("glue"), boto_name("stepfunctions")
    ('stepfunctions', 'sqs', None, None)
    """
    name = _BOTO_NAMES.get(service, service)
    return name if name in SERVICES and service not in NOT_SDK_NAMES else None


def api_operation(service: str, action: str) -> str | None:
    """The API's name of an action of a modelled service; None when the service has no such action.

    >>> api_operation("sqs", "sendMessage"), api_operation("sqs", "SendMessage"), api_operation("sqs", "send")
    ('SendMessage', None, None)
    """
    name = capitalized(action)
    known = name in service_model(service).operation_names and action != name
    return name if known else None


def plan(attempt: Attempt) -> Call | None:
    """The call of an AWS SDK integration; None when its service is not modelled.

    Raises StateError for arguments that are none of the operation's.

    >>> from eslabon.stepfunctions.api.examples import callback
    >>> plan(callback()) is None  # an optimised integration
    True
    """
    if not attempt.resource.service.startswith(PREFIX):
        return None
    service = boto_name(attempt.resource.service.removeprefix(PREFIX))
    operation = api_operation(service, attempt.resource.action) if service else None
    if service is None or operation is None:
        return None
    model = service_model(service)
    shapes = model.operation_model(operation)
    call = Call(
        service,
        xform_name(operation),
        parameters_for(attempt, shapes.input_shape, attempt.arguments, sdk_name),
        lambda answer: result_of(shapes.output_shape, answer, sdk_name),
        lambda error: error_of(model, error, attempt.execution.ids.uuid()),
    )
    if operation == "StartSyncExecution":
        call.begun = partial(_start_sync, attempt, call.parameters)
    return call


def _start_sync(attempt: Attempt, parameters: dict[str, Any]) -> tuple[Execution, Callable[[], dict[str, Any]]]:
    """StartSyncExecution waits for another execution, which a call inside the clock cannot: the Task waits instead."""
    service, asked = attempt.execution.service, parameters["stateMachineArn"]
    execution = service.begin_sync(asked, parameters.get("name"), parameters.get("input", "{}"))
    included = parameters.get("includedData")
    return execution, lambda: {**service.sync_answer(execution, included), "stateMachineArn": asked}


def error_of(model: Any, error: ServiceError, request_id: str) -> tuple[str, str]:
    """The Error and the Cause of a refused call.

    >>> error = ServiceError("QueueDoesNotExist", "The specified queue does not exist.")
    >>> error_of(service_model("sqs"), error, "8f507cfc")
    ('Sqs.QueueDoesNotExistException', 'The specified queue does not exist. (Service: Sqs, Status Code: 400, \
Request ID: 8f507cfc)')
    >>> error_of(service_model("sqs"), ServiceError("SomethingElse", "No."), "8f507cfc")[0]
    'Sqs.SqsException'
    """
    service = pascal_case(model.service_id)
    name = exception_name(model, error.code) or f"{service}Exception"
    cause = f"{error.message} (Service: {service}, Status Code: {error.status}, Request ID: {request_id})"
    return f"{service}.{name}", cause
