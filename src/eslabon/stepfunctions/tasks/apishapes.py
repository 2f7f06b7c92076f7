"""A Task's arguments as an API's parameters, and the API's answer as a Task's result, by botocore's model.

It calls nothing. Members of the API are in PascalCase on a Task's side, whatever their case in the API:
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from botocore.utils import parse_to_aware_datetime

from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.running.history import iso

Naming = Callable[[str], str]


def capitalized(name: str) -> str:
    """A member's name with a capital first letter: how optimised integrations call members.

    >>> capitalized("stateMachineArn"), capitalized("MD5OfMessageBody")
    ('StateMachineArn', 'MD5OfMessageBody')
    """
    return name[:1].upper() + name[1:]


@cache
def sdk_name(name: str) -> str:
    """How AWS SDK integrations call members: with a capital first letter, the only one of an acronym there.

    "Equals" is called EqualsValue, as AWS's page says.

    >>> [sdk_name(name) for name in ("stateMachineArn", "MD5OfMessageBody", "ETag", "billedMemoryUsedInMB", "Equals")]
    ['StateMachineArn', 'Md5OfMessageBody', 'ETag', 'BilledMemoryUsedInMB', 'EqualsValue']
    """
    lowered = re.sub(r"^.([A-Z](?![a-z]))*", lambda beginning: beginning[0].lower(), name)
    called = capitalized(lowered)
    return "EqualsValue" if called == "Equals" else called


def pascal_case(name: str) -> str:
    """A service's name in PascalCase, its acronyms too: how errors of AWS SDK integrations begin.

    >>> [pascal_case(name) for name in ("SFN", "DynamoDB", "CloudWatch Logs", "ACM PCA", "Elastic Load Balancing v2")]
    ['Sfn', 'DynamoDb', 'CloudWatchLogs', 'AcmPca', 'ElasticLoadBalancingV2']
    """
    spaced = re.sub(r"[^A-Za-z0-9]+", " ", name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " ", spaced)  # camelCase
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)  # the word after an acronym
    spaced = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", spaced)
    return "".join(word.capitalize() for word in spaced.split())


def parameters_of(
    shape: Any,
    arguments: Any,
    naming: Naming,
    complaints: list[str],
    *,
    allowed: Collection[str] = (),
    path: str = "",
) -> dict[str, Any]:
    """The parameters of an operation, from a Task's arguments; what is wrong with them is added to `complaints`.

    shape: the operation's input shape, None when it takes nothing; allowed: the members that may be given, by their
    names on the Task's side, all when empty; path: what complaints write before the members' names.

    >>> from eslabon.boto import service_model
    >>> shape = service_model("sqs").operation_model("SendMessage").input_shape
    >>> complaints = []
    >>> parameters_of(shape, {"QueueUrl": "orders", "DelaySeconds": "1", "Body": "x"}, sdk_name, complaints)
    {'QueueUrl': 'orders'}
    >>> for complaint in complaints:
    ...     print(complaint)
    The value for the field "DelaySeconds" must be an INTEGER
    The field "Body" is not supported by Step Functions
    The field "MessageBody" is required but was missing
    """
    if not isinstance(arguments, Mapping):
        complaints.append("The value must be a JSON object")
        return {}
    names = {naming(member): member for member in shape.members} if shape else {}
    taken: dict[str, Any] = {}
    for name, value in arguments.items():
        member = names.get(name)
        if member is None or (allowed and name not in allowed):
            complaints.append(f'The field "{path}{name}" is not supported by Step Functions')
        elif value is not None:
            before = len(complaints)
            converted = _parameter(shape.members[member], value, naming, f"{path}{name}", complaints)
            if len(complaints) == before:
                taken[member] = converted
    for member in shape.required_members if shape else ():
        if arguments.get(naming(member)) is None:
            complaints.append(f'The field "{path}{naming(member)}" is required but was missing')
    return taken


def _parameter(shape: Any, value: Any, naming: Naming, path: str, complaints: list[str]) -> Any:
    kind = shape.type_name
    called, types = _KINDS[kind]
    if isinstance(value, types) and (not isinstance(value, bool) or kind in ("boolean", "blob")):
        if kind == "structure":
            return parameters_of(shape, value, naming, complaints, path=f"{path}.")
        if kind == "list":
            return [_parameter(shape.member, one, naming, f"{path}[{n}]", complaints) for n, one in enumerate(value)]
        if kind == "map":
            return {
                key: _parameter(shape.value, one, naming, f"{path}.{key}", complaints) for key, one in value.items()
            }
        try:
            return _CONVERSIONS[kind](value) if kind in _CONVERSIONS else value
        except (ValueError, OverflowError):
            pass
    complaints.append(f'The value for the field "{path}" must be {called}')
    return None


def _whole(value: float) -> int:
    if value != math.floor(value):
        raise ValueError
    return int(value)


# Kinds of botocore's shapes: how a complaint calls them, and the JSON values that are good for them.
_KINDS: Mapping[str, tuple[str, Any]] = {
    "structure": ("an OBJECT", Mapping),
    "map": ("an OBJECT", Mapping),
    "list": ("an ARRAY", list),
    "string": ("a STRING", str),
    "integer": ("an INTEGER", int | float),
    "long": ("a LONG", int | float),
    "float": ("a FLOAT", int | float),
    "double": ("a DOUBLE", int | float),
    "boolean": ("a BOOLEAN", bool),
    "timestamp": ("a TIMESTAMP", str | int | float),
    "blob": ("a BLOB", object),
}
_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "integer": _whole,
    "long": _whole,
    "timestamp": parse_to_aware_datetime,
    # Binary data is written as JSON, text too: the service gets it in quotes.
    "blob": lambda value: compact(value).encode("utf-8", "surrogatepass"),
}


def result_of(shape: Any, answer: Any, naming: Naming, moment: Callable[[float], Any] = iso) -> Any:
    """An operation's answer as JSON: members renamed, times as ISO 8601 text, binary data as text.

    moment: what becomes of a time, in seconds since 1970.

    >>> from eslabon.boto import service_model
    >>> shape = service_model("sqs").operation_model("SendMessage").output_shape
    >>> result_of(shape, {"MD5OfMessageBody": "acbd18db4cc2f85cedef654fccc4a4d8"}, sdk_name)
    {'Md5OfMessageBody': 'acbd18db4cc2f85cedef654fccc4a4d8'}
    >>> result_of(None, {}, sdk_name)
    {}
    """
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {
            naming(name): result_of(shape.members[name], value, naming, moment)
            for name, value in sorted(answer.items(), key=lambda item: naming(item[0]))
        }
    if shape.type_name == "list":
        return [result_of(shape.member, one, naming, moment) for one in answer]
    if shape.type_name == "map":
        return {key: result_of(shape.value, one, naming, moment) for key, one in answer.items()}
    if isinstance(answer, dt.datetime):
        return moment(answer.timestamp())
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
