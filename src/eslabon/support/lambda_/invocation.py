"""One invocation of a function: an environment is found or started, the handler runs, its log is written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from eslabon.clock import Clock
from eslabon.ids import Arn
from eslabon.support.lambda_.environment import Environment
from eslabon.support.lambda_.failures import FunctionError
from eslabon.support.lambda_.functions import Configuration, Function
from eslabon.support.lambda_.output import Output, iso
from eslabon.support.lambda_.timeouts import TimedOut, limited

if TYPE_CHECKING:
    from eslabon.support.lambda_.service import Lambda

INVOCATION = 0.001  # virtual seconds; code takes none but what it waits

LOG_TAIL_BYTES = 4096
ASCII_RUNTIMES = ("python3.10", "python3.11")
"""Runtimes whose results are written with \\u escapes; newer ones write UTF-8."""


class Context:
    """What a handler gets as its second argument.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    client_context = None
    function_version = "$LATEST"
    identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)

    def __init__(self, clock: Clock, function: Function, environment: Environment, request_id: str) -> None:
        self.function_name = function.name
        self.invoked_function_arn = function.arn
        self.memory_limit_in_mb = str(environment.configuration.memory)
        self.aws_request_id = request_id
        self.log_group_name = function.log_group
        self.log_stream_name = environment.log_stream
        self._clock = clock
        self._deadline = clock.now + environment.configuration.timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out.

        >>> from eslabon.support.lambda_.examples import example
        >>> code = "def handler(event, context): return context.get_remaining_time_in_millis()"
        >>> example(code).client("lambda").invoke(FunctionName="f")["Payload"].read()
        b'2999'
        """
        return max(0, round((self._deadline - self._clock.now) * 1000))


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
        """The last 4 KB of the invocation's log.

        >>> Outcome("8f507cfc", "null", None, 0.1, "stream", [(0, "START\\n"), (0, "END\\n")]).log_tail()
        b'START\\nEND\\n'
        """
        return "".join(text for _, text in self.lines).encode()[-LOG_TAIL_BYTES:]


def invoke(service: Lambda, function: Function, event: Any, request_id: str) -> Outcome:
    """Run the function now; the time it takes has not passed yet when this returns.

    Its sleeps and calls lengthen it; what it calls has happened. The caller writes the log (`write_log`) and answers
    when `elapsed` seconds are over.

    >>> from eslabon.support.lambda_.examples import example
    >>> service = example("def handler(event, context): return 10 / event").service("lambda")
    >>> invoke(service, service.functions["f"], 4, "8f507cfc").payload
    '2.5'
    >>> invoke(service, service.functions["f"], 0, "8f507cfc").error.error_type
    'ZeroDivisionError'
    """
    clock = service.clock
    began = clock.now
    environment, is_cold = _take_environment(service, function)
    environment.free_at = math.inf
    output = Output(clock, request_id)
    serves_on = False
    try:
        with clock.work() as whole:
            payload, error = _run(service, function, environment, is_cold, output, event)
        serves_on = environment.function is not None and not (error and error.process_ends)
    finally:
        # A process that ended, or never got as far as having a handler, serves no other invocation.
        if not serves_on:
            function.environments = [other for other in function.environments if other is not environment]
    environment.free_at = began + whole.elapsed
    return Outcome(request_id, payload, error, whole.elapsed, environment.log_stream, output.lines)


def _run(
    service: Lambda, function: Function, environment: Environment, is_cold: bool, output: Output, event: Any
) -> tuple[str, FunctionError | None]:
    """Let the environment handle the event, between START and REPORT in the log; the payload, and the error if any."""
    clock, configuration, request_id = output.clock, environment.configuration, output.request_id
    initialization: float | None = None
    error: FunctionError | None = None
    began = clock.now
    try:
        with service.cloud.activated(service.region, service.account), environment.entered(output):
            if is_cold:
                initialization = environment.initialize(clock)
            output.event(f"START RequestId: {request_id} Version: $LATEST\n")
            began = clock.now
            context = Context(clock, function, environment, request_id)
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
    output.event(_report(configuration, request_id, clock.now - began, initialization, error))
    return (payload, None) if error is None else (error.payload(request_id), error)


def _take_environment(service: Lambda, function: Function) -> tuple[Environment, bool]:
    """Find an idle environment of the running configuration, or make one: a cold start."""
    now = service.clock.now
    configuration = function.running(now)
    function.environments = [
        environment for environment in function.environments if environment.configuration is configuration
    ]
    for environment in function.environments:
        if environment.free_at <= now:
            return environment, False
    stream = f"{service.clock.datetime():%Y/%m/%d}/[$LATEST]{service.ids.hex(32)}"
    environment = Environment(configuration, _variables(service, function, configuration, stream), stream)
    function.environments.append(environment)
    return environment, True


def _variables(service: Lambda, function: Function, configuration: Configuration, stream: str) -> dict[str, str]:
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


def _report(
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


def write_log(service: Lambda, function: Function, outcome: Outcome) -> None:
    """Write the invocation's lines into the function's log group, if its role may; a group that is missing is made.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html

    >>> from eslabon.support.lambda_.examples import example
    >>> cloud = example()
    >>> service = cloud.service("lambda")
    >>> function = service.functions["f"]
    >>> write_log(service, function, invoke(service, function, {}, "8f507cfc"))
    >>> cloud.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"]
    '/aws/lambda/f'
    """
    logs: Any = service.cloud.service("logs", region=service.region, account=service.account)
    role = function.running(service.clock.now).role
    iam: Any = service.cloud.service("iam", account=Arn.parse(role).account)
    group = f"arn:aws:logs:{service.region}:{service.account}:log-group:{function.log_group}"
    stream = f"{group}:log-stream:{outcome.stream}"
    asked = [("CreateLogStream", stream), ("PutLogEvents", stream)]
    if function.log_group not in logs.groups:
        asked.append(("CreateLogGroup", group))
    if all(iam.permits(role, f"logs:{action}", resource) for action, resource in asked):
        logs.append(function.log_group, outcome.stream, outcome.lines)
