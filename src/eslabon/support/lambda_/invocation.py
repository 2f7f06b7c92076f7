"""One invocation of a function: an environment is found or started, the handler runs, its log is written."""

from __future__ import annotations

import json
import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon.clock import Clock
from eslabon.support.lambda_.environment import (
    Environment,
    FunctionError,
    Output,
    TimedOut,
    iso,
    limited,
)
from eslabon.support.lambda_.functions import Configuration, Function

if TYPE_CHECKING:
    from eslabon.support.lambda_.service import Lambda

# Virtual seconds; code takes none but what it waits.
INITIALIZATION = 0.1
INVOCATION = 0.001
INITIALIZATION_LIMIT = 10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

LOG_TAIL_BYTES = 4096
ASCII_RUNTIMES = ("python3.10", "python3.11")
"""Runtimes whose results are written with \\u escapes; newer ones write UTF-8."""


class Context:
    """What a handler gets as its second argument.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    client_context = None
    function_version = "$LATEST"

    def __init__(self, function: Function, configuration: Configuration, environment: Environment, request_id: str):
        self.function_name = function.name
        self.invoked_function_arn = function.arn
        self.memory_limit_in_mb = str(configuration.memory)
        self.aws_request_id = request_id
        self.log_group_name = function.log_group
        self.log_stream_name = environment.log_stream
        self.identity = Identity()
        self._clock: Clock | None = None
        self._deadline = 0.0

    def begin(self, clock: Clock, timeout: float) -> None:
        """Let the remaining time run from now."""
        self._clock, self._deadline = clock, clock.now + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""
        assert self._clock is not None
        return max(0, round((self._deadline - self._clock.now) * 1000))


class Identity:
    """The Amazon Cognito identity that invoked the function: none."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation, `elapsed` seconds after it began."""

    request_id: str
    payload: str
    error: FunctionError | None
    elapsed: float
    stream: str
    lines: list[tuple[int, str]]

    def log_tail(self) -> bytes:
        """The last 4 KB of the invocation's log."""
        return "".join(text for _, text in self.lines).encode()[-LOG_TAIL_BYTES:]


def invoke(service: Lambda, function: Function, event: Any, request_id: str) -> Outcome:
    """Run the function now; the time it takes has not passed yet when this returns.

    Its sleeps and calls lengthen it; what it calls has happened. The caller writes the log (`write_log`) and answers
    when `elapsed` seconds are over.
    """
    clock = service.clock
    began = clock.now
    configuration = function.running(began)
    environment, is_cold = take_environment(service, function, configuration)
    environment.free_at = math.inf
    context = Context(function, configuration, environment, request_id)
    output = Output(clock)
    serves_on = False
    try:
        with clock.work() as whole:
            place = service.cloud.activated(service.region, service.account)
            payload, error = run(place, environment, is_cold, context, output, event)
        serves_on = environment.function is not None and not (error and error.process_ends)
    finally:
        # A process that ended, or never got as far as having a handler, serves no other invocation.
        if not serves_on:
            function.environments = [other for other in function.environments if other is not environment]
    environment.free_at = began + whole.elapsed
    return Outcome(request_id, payload, error, whole.elapsed, environment.log_stream, output.lines)


def run(
    place: AbstractContextManager[Any],
    environment: Environment,
    is_cold: bool,
    context: Context,
    output: Output,
    event: Any,
) -> tuple[str, FunctionError | None]:
    """Let the environment handle the event, between START and REPORT in the log; the payload, and the error if any."""
    clock, configuration, request_id = output.clock, environment.configuration, context.aws_request_id
    initialization: float | None = None
    error: FunctionError | None = None
    began = clock.now
    try:
        with place, environment.entered(output, request_id):
            if is_cold:
                initialization = initialize(clock, environment)
            output.event(f"START RequestId: {request_id} Version: $LATEST\n")
            began = clock.now
            context.begin(clock, configuration.timeout)
            with limited(clock, configuration.timeout):
                clock.sleep(INVOCATION)
                payload = environment.handle(event, context, configuration.runtime in ASCII_RUNTIMES)
    except TimedOut:
        message = f"Task timed out after {configuration.timeout:.2f} seconds"
        output.event(f"{iso(clock.now)} {request_id} {message}\n\n")
        error = FunctionError("Sandbox.Timedout", message, process_ends=True)
    except FunctionError as raised:
        error = raised
        if not error.process_ends:
            heading = "Traceback (most recent call last):\n" if error.trace else ""
            output.event(f"[ERROR] {error.error_type}: {error.message}\n{heading}{''.join(error.trace)}")
    output.event(f"END RequestId: {request_id}\n")
    output.event(report(configuration, request_id, clock.now - began, initialization, error))
    return (payload, None) if error is None else (error_payload(error, request_id), error)


def initialize(clock: Clock, environment: Environment) -> float | None:
    """Import the function's modules before its first invocation; None when they must be imported again inside it.

    That is so after an error and after 10 seconds: the invocation then meets the same, and answers with it.
    """
    began = clock.now
    try:
        with limited(clock, INITIALIZATION_LIMIT):
            clock.sleep(INITIALIZATION)
            environment.start()
    except (FunctionError, TimedOut):
        environment.restart()
        return None
    return clock.now - began


def take_environment(service: Lambda, function: Function, configuration: Configuration) -> tuple[Environment, bool]:
    """Find an idle environment of this configuration, or make one: a cold start."""
    now = service.clock.now
    function.environments = [
        environment for environment in function.environments if environment.configuration is configuration
    ]
    for environment in function.environments:
        if environment.free_at <= now:
            return environment, False
    stream = f"{service.clock.datetime():%Y/%m/%d}/[$LATEST]{service.ids.hex(32)}"
    environment = Environment(configuration, variables(service, function, configuration, stream), stream)
    function.environments.append(environment)
    return environment, True


def variables(service: Lambda, function: Function, configuration: Configuration, stream: str) -> dict[str, str]:
    """The environment variables of a function: its own, and those that Lambda sets.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return {
        "_HANDLER": configuration.handler,
        "AWS_REGION": service.region,
        "AWS_DEFAULT_REGION": service.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": "/var/task",
        **(configuration.variables or {}),
    }


def report(
    configuration: Configuration,
    request_id: str,
    duration: float,
    initialization: float | None,
    error: FunctionError | None,
) -> str:
    """The REPORT line of the log; without the memory used, which nobody measures here.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
    """
    billed = math.ceil(round((duration + (initialization or 0)) * 1000, 3))
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration * 1000:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {configuration.memory} MB",
    ]
    if initialization is not None:
        parts.append(f"Init Duration: {initialization * 1000:.2f} ms")
    if error is not None:
        is_timeout = error.error_type == "Sandbox.Timedout"
        parts += ["Status: timeout"] if is_timeout else ["Status: error", f"Error Type: {error.error_type}"]
    return "\t".join(parts) + "\n"


def error_payload(error: FunctionError, request_id: str) -> str:
    """The JSON text that stands in place of a result.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html

    >>> error_payload(FunctionError("ValueError", "no id"), "8f507cfc")
    '{"errorMessage": "no id", "errorType": "ValueError", "requestId": "8f507cfc", "stackTrace": []}'
    >>> timeout = FunctionError("Sandbox.Timedout", "Task timed out after 3.00 seconds", process_ends=True)
    >>> json.loads(error_payload(timeout, "8f507cfc"))["errorMessage"]
    'RequestId: 8f507cfc Error: Task timed out after 3.00 seconds'
    """
    if error.process_ends:
        message = f"RequestId: {request_id} Error: {error.message}"
        return json.dumps({"errorType": error.error_type, "errorMessage": message})
    return json.dumps(
        {
            "errorMessage": error.message,
            "errorType": error.error_type,
            "requestId": request_id,
            "stackTrace": error.trace,
        }
    )


def write_log(service: Lambda, function: Function, outcome: Outcome) -> None:
    """Write the invocation's lines into the function's log group."""
    logs: Any = service.cloud.service("logs", region=service.region, account=service.account)
    logs.append(function.log_group, outcome.stream, outcome.lines)
