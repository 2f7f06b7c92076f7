"""A call of another service that a Task makes: what is called with what, and what its answer or refusal means.

Which calls there are is in `optimised` and `sdk`, when they are made in `integrations`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.language.dataflow import JSONATA
from eslabon.stepfunctions.language.errornames import RUNTIME
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.tasks.apishapes import Naming, parameters_of

if TYPE_CHECKING:
    from eslabon.stepfunctions.running.execution import Execution
    from eslabon.stepfunctions.tasks.tasks import Attempt


@dataclass(slots=True)
class Call:
    """One call: boto3's names of service and operation, and its parameters.

    result: the Task's result, from the API's answer; it raises TaskFailed when the answer is a failure after all.
    refusal: the Error and the Cause for what the service refuses. target: the ARN that a picture draws the call to.
    followed: for `.sync`, called with the answer once the job is submitted. begun: for a call that waits for an
    execution, starts that in place of the call, and says how the answer is made at its end.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    result: Callable[[dict[str, Any]], Any]
    refusal: Callable[[ServiceError], tuple[str, str]]
    target: str = ""
    payload: str = ""
    followed: Callable[[dict[str, Any]], None] | None = None
    begun: Callable[[], tuple[Execution, Callable[[], dict[str, Any]]]] | None = None


def parameters_for(
    attempt: Attempt, shape: Any, arguments: Any, naming: Naming, allowed: Collection[str] = ()
) -> dict[str, Any]:
    """The parameters of a call, from a Task's arguments. Raises StateError for arguments that no call can be made with.

    shape, naming, allowed: as `apishapes.parameters_of` has them.

    >>> from eslabon.boto import service_model
    >>> from eslabon.stepfunctions.api.examples import callback
    >>> attempt = callback()
    >>> attempt.arguments = {"a": 1}
    >>> shape = service_model("sqs").operation_model("ListQueues").input_shape
    >>> parameters_for(attempt, shape, {"MaxResults": 5}, str)
    {'MaxResults': 5}
    >>> parameters_for(attempt, shape, {"a": 1}, str)
    Traceback (most recent call last):
    StateError: ('States.Runtime', 'The Parameters \'{"a":1}\' could not be used to start the Task: \
[The field "a" is not supported by Step Functions]')
    """
    complaints: list[str] = []
    parameters = parameters_of(shape, arguments, naming, complaints, allowed=allowed)
    if complaints:
        field = "Arguments" if attempt.visit.state.language == JSONATA else "Parameters"
        given = f"The {field} '{compact(attempt.arguments)}' could not be used to start the Task"
        raise StateError(RUNTIME, f"{given}: [{', '.join(complaints)}]")
    return parameters


def with_metadata(attempt: Attempt, answer: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """An answer as optimised integrations hand it on: with what is known of the HTTP response, members by name.

    >>> from eslabon.stepfunctions.api.examples import callback
    >>> answer = with_metadata(callback(), {"StatusCode": 200})
    >>> list(answer), answer["SdkHttpMetadata"]["HttpStatusCode"]
    (['SdkHttpMetadata', 'SdkResponseMetadata', 'StatusCode'], 200)
    """
    request_id = attempt.execution.ids.uuid()
    headers = {
        "x-amzn-RequestId": request_id,
        "Content-Type": "application/x-amz-json-1.0",
        "Date": formatdate(attempt.execution.clock.now, usegmt=True),
    }
    http = {
        "AllHttpHeaders": {name: [value] for name, value in headers.items()},
        "HttpHeaders": headers,
        "HttpStatusCode": status,
    }
    whole = {**answer, "SdkHttpMetadata": http, "SdkResponseMetadata": {"RequestId": request_id}}
    return dict(sorted(whole.items()))


def exception_name(model: Any, code: str) -> str | None:
    """How an error of an API is called in a Task's Error, after the service's prefix: it always ends in Exception.

    model: botocore's of the service; code: as a ServiceError has it. None when the model does not name the error.
    https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html

    >>> from eslabon.boto import service_model
    >>> exception_name(service_model("sqs"), "QueueDoesNotExist"), exception_name(service_model("iam"), "NoSuchEntity")
    ('QueueDoesNotExistException', 'NoSuchEntityException')
    >>> exception_name(service_model("sqs"), "SomethingElse") is None
    True
    """
    for shape in model.error_shapes:
        if code in (shape.name, shape.error_code):
            name: str = shape.name
            return name.removesuffix("Fault").removesuffix("Exception") + "Exception"
    return None


def after(execution: Execution, function: Callable[[], None]) -> None:
    """Call a function once an execution has ended; now, when it has ended already.

    >>> from eslabon.stepfunctions.api.examples import callback
    >>> attempt = callback()
    >>> after(attempt.execution, lambda: print("ended"))
    >>> after(attempt.execution, lambda: print("and somebody else is told"))
    >>> attempt.succeed(1)
    ended
    and somebody else is told
    >>> after(attempt.execution, lambda: print("ended before"))
    ended before
    """
    if execution.stopped is not None:
        function()
        return
    before = execution.ended

    def ended(ended_one: Execution) -> None:
        before(ended_one)
        function()

    execution.ended = ended
