"""Runs what a Task calls: a mock, a modelled service, an activity; all else fails and shows the mock to write.

What each service is called with is in `optimised` and `sdk`; workers of activities, and tokens, are in `activities`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from eslabon.boto import operation
from eslabon.delivery import may_assume
from eslabon.errors import NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.mocks import Mock, TaskFailed, suggestion
from eslabon.stepfunctions.language.errornames import PERMISSIONS, RUNTIME
from eslabon.stepfunctions.language.resources import REQUEST_RESPONSE
from eslabon.stepfunctions.tasks import optimised, sdk
from eslabon.stepfunctions.tasks.calls import Call, after

if TYPE_CHECKING:
    from eslabon.stepfunctions.tasks.tasks import Attempt

# Virtual seconds; AWS names no figures.
START = 0.02  # from a task that is scheduled to one that has started
CALL = 0.05  # one call of a service, beside what the service itself takes (a function's run)


def prepare(attempt: Attempt) -> Callable[[], None]:
    """What starts the work of an attempt; it answers through the attempt.

    Raises StateError when the arguments are none that can be called with.

    >>> from eslabon.stepfunctions.api.examples import callback
    >>> callable(prepare(callback()))
    True
    >>> attempt = callback()
    >>> attempt.arguments = {"QueueUrl": "orders"}
    >>> prepare(attempt)
    Traceback (most recent call last):
    StateError: ('States.Runtime', ...
    """
    cloud = attempt.execution.service.cloud
    mock = cloud.mocks.find(attempt.visit.state.name, attempt.resource.text)
    if mock is not None:
        return lambda: attempt.later(START, lambda: _mocked(attempt, mock))
    if attempt.resource.kind == "activity":
        return lambda: attempt.execution.service.offer(attempt)
    try:
        call = optimised.plan(attempt) or sdk.plan(attempt)
    except NotModelled as missing:
        reason = str(missing)
        return lambda: attempt.later(START, lambda: _needs_mock(attempt, reason))
    if call is None:
        return lambda: attempt.later(START, lambda: _needs_mock(attempt))
    return lambda: attempt.later(START, lambda: _begin(attempt, call))


def _mocked(attempt: Attempt, mock: Mock) -> None:
    attempt.started()
    end: Callable[[], None]
    with attempt.execution.clock.work() as work:
        try:
            end = partial(attempt.succeed, mock.answer(attempt.arguments))
        except TaskFailed as failed:
            end = partial(attempt.fail, failed.error, failed.cause)

    def answer() -> None:
        if attempt.resource.pattern != REQUEST_RESPONSE:
            attempt.submitted({})
        end()

    attempt.later(CALL + work.elapsed, answer)


def _needs_mock(attempt: Attempt, reason: str = "") -> None:
    """Fail in a way that no States.ALL takes: a test that forgot its mock must not pass by its error handling."""
    text = attempt.resource.text
    reason = reason or f"eslabon does not model {text}."
    cause = f"{reason} Say beforehand what it answers: {suggestion(text)}"
    attempt.fail(RUNTIME, cause, event="StartFailed")


def _begin(attempt: Attempt, call: Call) -> None:
    refused = _unassumable(attempt)
    if refused:
        attempt.fail(PERMISSIONS, refused, event="StartFailed")
        return
    attempt.started()
    service = attempt.execution.service
    account = Arn.parse(attempt.credentials).account if attempt.credentials else service.account
    end: Callable[[], None]
    with attempt.execution.clock.work() as work:
        try:
            if call.begun is not None:
                execution, answer_of = call.begun()
                end = partial(
                    after, execution, lambda: attempt.later(0.0, lambda: _answered(attempt, call, answer_of()))
                )
            else:
                place = {"region": service.region, "account": account}
                answer = service.cloud.call(call.service, call.operation, call.parameters, **place)
                end = partial(_answered, attempt, call, answer)
        except ServiceError as refusal:
            end = partial(_failed, attempt, call, *call.refusal(refusal))
        except NotModelled as missing:
            if not _is_refused_whole(call):  # a function's own code has met it: whoever wrote that must see it
                raise
            end = partial(_needs_mock, attempt, str(missing))
    attempt.later(CALL + work.elapsed, end)


def _is_refused_whole(call: Call) -> bool:
    """Whether it is the call that is not modelled, rather than something that a Lambda function does."""
    known = operation(call.service, call.operation)
    return call.service != "lambda" or not known.modelled or not set(call.parameters) <= set(known.known)


def _answered(attempt: Attempt, call: Call, answer: dict[str, Any]) -> None:
    try:
        result = call.result(answer)
    except TaskFailed as failed:
        _failed(attempt, call, failed.error, failed.cause)
        return
    _note(attempt, call, None, None)
    if attempt.resource.pattern == REQUEST_RESPONSE:
        attempt.succeed(result)
        return
    attempt.submitted(result)
    if call.followed is not None:
        try:
            call.followed(answer)
        except ServiceError as refusal:  # an Express execution, which cannot be described
            _failed(attempt, call, *call.refusal(refusal))


def _failed(attempt: Attempt, call: Call, error: str | None, cause: str | None) -> None:
    _note(attempt, call, error, cause)
    attempt.fail(error, cause)


def _note(attempt: Attempt, call: Call, error: str | None, cause: str | None) -> None:
    """Write into the journal what the state machine sent where."""
    if call.target:
        attempt.execution.service.journal.record(
            "delivery",
            source=attempt.state_machine,
            target=call.target,
            payload=call.payload,
            attempt=attempt.visit.retries + 1,
            error=error,
            message=cause,
        )


def _unassumable(attempt: Attempt) -> str:
    """Why the task's role cannot be assumed; nothing when it can.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
    """
    service = attempt.execution.service
    role, machine, own = attempt.execution.role_arn, attempt.state_machine, attempt.credentials
    if not may_assume(service.cloud, role, service.principal, machine, target=role):
        return (
            f"Neither the global service principal {service.principal}, nor the regional one is authorized to "
            f"assume the provided role: {role}"
        )
    if own is not None and not may_assume(service.cloud, own, role, machine, target=own):
        return f"The role {role} is not authorized to assume the task state's role, {own}."
    return ""
