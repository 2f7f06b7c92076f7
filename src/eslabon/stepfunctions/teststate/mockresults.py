"""Mocked results of Tasks, held against the model of the API that the Task would call.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eslabon.boto import service_model
from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.language.jsonvalues import is_number
from eslabon.stepfunctions.language.resources import WAIT_FOR_TASK_TOKEN, Resource
from eslabon.stepfunctions.tasks import sdk
from eslabon.stepfunctions.tasks.apishapes import Naming, capitalized, sdk_name
from eslabon.stepfunctions.validation.kinds import is_object, is_text

STRICT, PRESENT, NONE = "STRICT", "PRESENT", "NONE"

# boto3's names of the services of optimised integrations, where they are others.
_SERVICES = {"states": "stepfunctions", "elasticmapreduce": "emr", "bedrock": "bedrock-runtime"}
# Optimised integrations that are no one call of an API, so that there is no model of what they answer: their actions.
_NO_API = {
    "apigateway": "invoke",
    "eks": "call runJob",
    "elasticmapreduce": "addStep cancelStep createCluster modifyInstanceFleetByName modifyInstanceGroupByName "
    "setClusterTerminationProtection terminateCluster",
    "http": "invoke",
}
# What is asked for the end of a job: its answer is the Task's result.
_POLLED = {
    ("states", "startExecution"): "DescribeExecution",
    ("glue", "startJobRun"): "GetJobRun",
    ("athena", "startQueryExecution"): "GetQueryExecution",
    ("ecs", "runTask"): "DescribeTasks",
    ("codebuild", "startBuild"): "BatchGetBuilds",
    ("batch", "submitJob"): "DescribeJobs",
}
# Results that Step Functions turns into something of its own: a job's description itself, JSON instead of text.
_UNWRAPPED = {"DescribeTasks": "tasks", "DescribeJobs": "jobs"}


def check_result(resource: Resource, result: Any, mode: str) -> None:
    """Refuse a mocked result that the API could not have answered.

    mode: STRICT, where all required members must be there too; PRESENT; NONE checks nothing. Members that the model
    does not have are passed over. Raises ValidationException; NotModelled when there is no model of the API here.

    >>> from eslabon.stepfunctions.language.resources import parse_resource
    >>> start = parse_resource("arn:aws:states:::states:startExecution")
    >>> check_result(start, {}, PRESENT)
    >>> check_result(start, {}, STRICT)
    Traceback (most recent call last):
    ServiceError: ValidationException: The mocked result is none of StartExecution: [The field "ExecutionArn" is \
required but was missing, The field "StartDate" is required but was missing]
    >>> check_result(start, {"ExecutionArn": 1}, PRESENT)
    Traceback (most recent call last):
    ServiceError: ValidationException: The mocked result is none of StartExecution: [The value for the field \
"ExecutionArn" must be a STRING]
    >>> check_result(start, {"ExecutionArn": ""}, PRESENT)
    Traceback (most recent call last):
    ServiceError: ValidationException: The mocked result is none of StartExecution: [The value for the field \
"ExecutionArn" must have a length of at least 1]
    """
    if mode == NONE or resource.kind != "integration" or resource.pattern == WAIT_FOR_TASK_TOKEN:
        return  # functions, activities and those who hold a token answer what they like
    found = _model_of(resource)
    if found is None:
        return
    operation, shape, naming = found
    if shape is None:
        return
    object_wanted = ["The value must be a JSON object"]
    complaints = list(_complaints(shape, result, naming, mode)) if isinstance(result, dict) else object_wanted
    if complaints:
        message = f"The mocked result is none of {operation}: [{', '.join(complaints)}]"
        raise ServiceError("ValidationException", message)


def _model_of(resource: Resource) -> tuple[str, Any, Naming] | None:
    """The operation, the shape of its answer, and how its members are called; None when the answer has no model."""
    naming: Naming
    if resource.service.startswith(sdk.PREFIX):
        called = resource.service.removeprefix(sdk.PREFIX)
        service, operation, naming = sdk.boto_name(called) or called, capitalized(resource.action), sdk_name
        model = _service_model(service, resource)
    else:
        key = (resource.service, resource.action)
        if resource.action in _NO_API.get(resource.service, "").split() or (resource.pattern and key not in _POLLED):
            return None
        service, naming = _SERVICES.get(resource.service, resource.service), capitalized
        operation = _POLLED[key] if resource.pattern else capitalized(resource.action)
        model = _service_model(service, resource)
        if operation in _UNWRAPPED:
            listed = model.operation_model(operation).output_shape.members[_UNWRAPPED[operation]]
            return operation, listed.member, naming
    if operation not in model.operation_names:
        raise _unchecked(resource, f"botocore's model of {service} has no {operation}")
    return operation, model.operation_model(operation).output_shape, naming


def _service_model(service: str, resource: Resource) -> Any:
    try:
        return service_model(service)
    except NotModelled:  # the page has the models of the services that eslabon models, and no others
        raise _unchecked(resource, f"there is no model of {service} here") from None


def _unchecked(resource: Resource, why: str) -> NotModelled:
    what = f"fieldValidationMode STRICT (the default) and PRESENT for a mocked result of {resource.text}: {why}"
    return NotModelled("stepfunctions", what, ['fieldValidationMode="NONE"'])


def _complaints(shape: Any, value: Any, naming: Naming, mode: str, path: str = "") -> Iterator[str]:
    """What is wrong with a value, and with everything inside it."""
    kind = shape.type_name
    if kind not in _KINDS:
        return
    wanted, good = _KINDS[kind]
    if not good(value):
        yield f'The value for the field "{path}" must be {wanted}'
        return
    yield from (f'The value for the field "{path}" must {bound}' for bound in _missed_bounds(shape, value))
    if kind == "structure":
        for member, inner in shape.members.items():
            place = f"{path}.{naming(member)}".removeprefix(".")
            if naming(member) in value:
                yield from _complaints(inner, value[naming(member)], naming, mode, place)
            elif mode == STRICT and member in shape.required_members:
                yield f'The field "{place}" is required but was missing'
    elif kind == "list":
        for index, one in enumerate(value):
            yield from _complaints(shape.member, one, naming, mode, f"{path}[{index}]")
    elif kind == "map":
        for key, one in value.items():
            yield from _complaints(shape.value, one, naming, mode, f"{path}.{key}")


def _missed_bounds(shape: Any, value: Any) -> Iterator[str]:
    """The model's values of a text, and its bounds: of a number itself, else of how long a text, list or map is."""
    if shape.type_name == "string" and value not in (shape.enum or [value]):
        yield f"be one of [{', '.join(shape.enum)}]"
    measured, size = ("a length", len(value)) if isinstance(value, str | list | dict) else ("a value", value)
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"have {measured} of at least {least}"
    if most is not None and size > most:
        yield f"have {measured} of at most {most}"


# Kinds of botocore's shapes, what a complaint calls them, and which JSON values are good; a blob can be any.
_KINDS: Mapping[str, tuple[str, Any]] = {
    "structure": ("an OBJECT", is_object),
    "map": ("an OBJECT", is_object),
    "list": ("an ARRAY", lambda value: isinstance(value, list)),
    "string": ("a STRING", is_text),
    "integer": ("an INTEGER", lambda value: is_number(value) and value == value // 1),
    "long": ("a LONG", lambda value: is_number(value) and value == value // 1),
    "float": ("a FLOAT", is_number),
    "double": ("a DOUBLE", is_number),
    "boolean": ("a BOOLEAN", lambda value: isinstance(value, bool)),
    "timestamp": ("a TIMESTAMP as text", is_text),  # people report that numbers fail
}
