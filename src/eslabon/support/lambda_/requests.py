"""What a request says of a function: its name, runtime, variables, event. No function is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.support.lambda_.errors import invalid, not_found

RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
OTHER_PYTHONS = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.15")
OTHER_LANGUAGES = ("nodejs", "java", "dotnet", "ruby", "go1", "provided", "custom")
NAME_CHARACTERS = 64
VARIABLES_BYTES = 4096
PAYLOAD_BYTES = 6_291_556
EVENT_BYTES = 1_048_576

_NAME = re.compile(
    r"(?:arn:aws:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED_VARIABLES = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)


def name_and_qualifier(given: str, account: str, region: str) -> tuple[str, str | None]:
    """Read a function's name, partial ARN or ARN, as every operation takes it, for a caller of an account and Region.

    Raises InvalidParameterValueException, ValidationException, ResourceNotFoundException (another Region), and
    NotModelled for functions of other accounts.

    >>> name_and_qualifier("123456789012:function:f:$LATEST", "123456789012", "us-east-1")
    ('f', '$LATEST')
    >>> name_and_qualifier("f", "123456789012", "us-east-1")
    ('f', None)
    >>> name_and_qualifier("arn:aws:lambda:eu-west-1:123456789012:function:f", "123456789012", "us-east-1")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this \
region ('us-east-1')
    """
    found = _NAME.fullmatch(given)
    if found is None:
        raise invalid(f"{given} is not a function's name, partial ARN or ARN.")
    name = found["name"]
    if len(name) > NAME_CHARACTERS:
        message = (
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {NAME_CHARACTERS}"
        )
        raise ServiceError("ValidationException", message)
    if found["account"] not in (None, account):
        raise NotModelled("lambda", f"calls from account {account} for a function of {found['account']}")
    if found["region"] not in (None, region):
        raise not_found(f"Functions from '{found['region']}' are not reachable in this region ('{region}')")
    return name, found["qualifier"]


def check_runtime(runtime: str) -> None:
    """Refuse a runtime that is not a current Python, in the way that tells AWS's other runtimes from mistakes.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    >>> check_runtime("python3.13")
    >>> check_runtime("nodejs22.x")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model lambda the runtime nodejs22.x. Modelled nearby: ...
    >>> check_runtime("python4")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: Value python4 at 'runtime' failed to satisfy ...
    """
    if runtime in RUNTIMES:
        return
    if runtime.startswith(OTHER_LANGUAGES) or runtime in OTHER_PYTHONS:
        raise NotModelled("lambda", f"the runtime {runtime}", RUNTIMES)
    raise invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(RUNTIMES)}] or be a valid ARN"
    )


def variables(environment: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Read a function's own environment variables: at most 4 KB, none of Lambda's own.

    Raises InvalidParameterValueException.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

    >>> variables({"Variables": {"TABLE": "orders"}}), variables({}), variables(None)
    ({'TABLE': 'orders'}, {}, None)
    >>> variables({"Variables": {"AWS_REGION": "us-east-1"}})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: Lambda was unable to configure your environment ...
    """
    if environment is None:
        return None
    given: dict[str, str] = environment.get("Variables", {})
    unable = "Lambda was unable to configure your environment variables because the environment variables you have "
    reserved = sorted(RESERVED_VARIABLES & set(given))
    if reserved:
        raise invalid(
            f"{unable}provided contains reserved keys that are currently not supported for modification. Reserved "
            f"keys used in this request: {', '.join(reserved)}"
        )
    for name, value in given.items():
        if re.search("[\0\ud800-\udfff]", value):  # no process could have it
            raise invalid(f"{unable}provided hold in {name} a NUL or a character that UTF-8 does not have.")
    measured = json.dumps(given, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > VARIABLES_BYTES:
        raise invalid(f"{unable}provided exceeded the 4KB limit. String measured: {measured}")
    return given


def parse_event(payload: bytes, limit: int) -> Any:
    """Read the JSON that a function gets; nothing is an empty object.

    limit: in bytes. Raises RequestTooLargeException, InvalidRequestContentException.

    >>> parse_event(b"[7]", PAYLOAD_BYTES), parse_event(b"", PAYLOAD_BYTES)
    ([7], {})
    >>> parse_event(b"[7]", 2)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: RequestTooLargeException: 3 byte payload is too large for the invocation type ...
    """
    if len(payload) > limit:
        message = f"{len(payload)} byte payload is too large for the invocation type (limit {limit} bytes)"
        raise ServiceError("RequestTooLargeException", message, 413, Type="User")
    if not payload:
        return {}
    try:
        return jsontext.parse(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise ServiceError("InvalidRequestContentException", message, 400, Type="User") from error
