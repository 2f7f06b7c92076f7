"""One attempt of a Task: its events, its token, its time-out and its heartbeat. What it calls is in `integrations`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.definition import TaskWork
from eslabon.stepfunctions.language.errornames import HEARTBEAT, TIMEOUT
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import Evaluate, StateError
from eslabon.stepfunctions.running.history import check_size
from eslabon.stepfunctions.tasks import integrations

if TYPE_CHECKING:
    from eslabon.clock import Handle
    from eslabon.stepfunctions.running.interpreter import Visit

TOKEN_LENGTH = 128
_TIMED_OUT = frozenset({TIMEOUT, HEARTBEAT})


class Attempt:
    """A Task under way: what it was called with, and the ways in which it can end; the first one counts.

    An integration calls `started`, perhaps `submitted`, then `succeed` or `fail`; with a token, whoever holds it does.
    """

    def __init__(self, visit: Visit, work: TaskWork) -> None:
        self.visit = visit
        self.execution = visit.flow.execution
        self.resource = work.resource
        self.began = self.execution.clock.now
        self.token = visit.ids.token(TOKEN_LENGTH) if work.resource.awaits_token else None
        self.arguments: Any = None
        self.credentials: str | None = None  # the role of the Task's own Credentials
        self.timeout: int | None = None  # seconds
        self.heartbeat: int | None = None
        self.live = True
        self.answered = False  # its token has come back, and what it brought is being taken in
        self.cancel: Callable[[], object] | None = None  # stops what was called, where that can be stopped
        self._calling = False  # what it calls has not answered yet
        self._held: Callable[[], None] | None = None  # what the token brought meanwhile
        self._step: Handle | None = None
        self._timers: list[Handle] = []

    @property
    def state_machine(self) -> str:
        """The ARN of the state machine that it is a part of."""
        return self.execution.state_machine["Id"]

    def schedule(self) -> None:
        """Write that the task is scheduled, and call what it calls.

        Raises StateError when its arguments cannot be what is called with.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback(0.03)
        >>> types(attempt), attempt.token in attempt.execution.service.attempts
        (['TaskScheduled'], True)
        """
        start = integrations.prepare(self)
        self._record("Scheduled", self._scheduled())
        if self.token is not None:
            self.execution.service.attempts[self.token] = self
        self._watch(heartbeat=self.resource.kind != "activity")  # an activity's begins when a worker takes it
        start()

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Go on in so many seconds, unless the task has ended by then; there is one such step at a time.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback()
        >>> attempt.later(5, lambda: print("five seconds later"))
        >>> attempt.execution.clock.advance(5)
        five seconds later
        """
        if self.live:
            self._step = self.execution.clock.call_later(seconds, function)

    def started(self, **details: Any) -> None:
        """What is called has begun to work.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback(0.03)
        >>> attempt.started()
        >>> types(attempt)
        ['TaskScheduled', 'TaskStarted']
        """
        if not self.live:
            return
        self._record("Started", {**self._named(), **details})
        if self.resource.kind == "activity":
            self.beat()
        else:
            self._calling = True

    def submitted(self, output: Any) -> None:
        """What is called has taken the task, and its end is still to come (.sync, .waitForTaskToken).

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback(0.03)
        >>> attempt.submitted({"MessageId": "m"})
        >>> types(attempt)
        ['TaskScheduled', 'TaskSubmitted']
        """
        if not self.live:
            return
        self._record("Submitted", {**self._named(), "output": output})
        self._calling = False
        if self._held is not None:
            self._held()

    def settle(self, end: Callable[[], None]) -> None:
        """Its token has come back: `end` ends the task, once what it calls has answered.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback(0.05)
        >>> attempt.settle(lambda: attempt.succeed(1))
        >>> types(attempt)
        ['TaskScheduled', 'TaskStarted']
        >>> attempt.execution.clock.advance(1)
        >>> types(attempt)
        ['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded']
        """
        if self._calling:
            self._held = end
        else:
            end()

    def succeed(self, output: Any) -> None:
        """The task is done; `output` is its result.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback()
        >>> attempt.succeed({"approved": True})
        >>> attempt.execution.output
        {'approved': True}
        >>> attempt.succeed("again")  # the first end counts
        >>> attempt = callback()
        >>> attempt.succeed("x" * 262_144)
        >>> attempt.execution.error
        'States.DataLimitExceeded'
        """
        try:
            check_size(output, self.resource.text if self.resource.kind != "integration" else self.resource.service)
        except StateError as failure:
            self.fail(failure.error, failure.cause)
        if self._finish():
            self._record("Succeeded", {**self._named(), "output": output})
            self.visit.succeed(output)

    def fail(self, error: str | None, cause: str | None, *, event: str = "") -> None:
        """The task has failed; event: the ending of the event's type where it is neither "Failed" nor "TimedOut".

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback()
        >>> attempt.fail("Refused", "Too dear.")
        >>> attempt.execution.error, attempt.execution.cause, types(attempt)[-1]
        ('Refused', 'Too dear.', 'TaskFailed')
        """
        if not self._finish():
            return
        event = event or ("TimedOut" if error in _TIMED_OUT else "Failed")
        self._record(event, {**self._named(), "error": error, "cause": cause})
        self.visit.fail(StateError(error, cause, complete=True))

    def beat(self) -> None:
        """Its worker is alive: the heartbeat's time starts again.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback(HeartbeatSeconds=60)
        >>> attempt.execution.clock.advance(50)
        >>> attempt.beat()
        >>> attempt.execution.clock.advance(50)
        >>> attempt.live
        True
        >>> attempt.execution.clock.advance(10)
        >>> attempt.live, attempt.execution.error
        (False, 'States.HeartbeatTimeout')
        """
        if self.live and self.heartbeat is not None:
            self._stop_timers()
            self._watch()

    def stop(self) -> None:
        """The execution has no use for it any more.

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback()
        >>> attempt.stop()
        >>> attempt.live, types(attempt)
        (False, ['TaskScheduled', 'TaskStarted', 'TaskSubmitted'])
        """
        if self._finish() and self.cancel is not None:
            self.cancel()

    def overdue(self) -> bool:
        """Whether its time has run out; code that runs inside the clock can find this before the time-out is written.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html

        >>> from eslabon.stepfunctions.api.examples import callback, types
        >>> attempt = callback(TimeoutSeconds=60)
        >>> attempt.overdue()
        False
        >>> with attempt.execution.clock.work():  # a worker that runs inside the clock, where the time-out comes later
        ...     attempt.execution.clock.sleep(60)
        ...     attempt.overdue()
        True
        """
        now = round(self.execution.clock.now * 1_000_000)
        return any(timer.due <= now for timer in self._timers)

    def _finish(self) -> bool:
        """Whether this is the first end; its token and timers are gone afterwards."""
        if not self.live:
            return False
        self.live = False
        self._stop_timers()
        if self._step is not None:
            self._step.cancel()
        self.visit.cancel = None
        if self.token is not None:
            self.execution.service.attempts.pop(self.token, None)
            self.execution.service.closed_tokens.add(self.token)
        return True

    def _watch(self, *, heartbeat: bool = True) -> None:
        clock = self.execution.clock
        if self.timeout is not None:
            due = self.began + self.timeout
            self._timers.append(clock.call_at(due, lambda: self._time_out(TIMEOUT), background=True))
        if self.heartbeat is not None and heartbeat:
            self._timers.append(clock.call_later(self.heartbeat, lambda: self._time_out(HEARTBEAT), background=True))

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _time_out(self, error: str) -> None:
        cancel = self.cancel
        self.fail(error, None)
        if cancel is not None:
            cancel()

    def _record(self, what: str, details: dict[str, Any]) -> None:
        self.visit.flow.record(self.resource.family + what, details or None)

    def _named(self) -> dict[str, Any]:
        """How events of an integration say what it is; those of functions and activities do not."""
        if self.resource.kind != "integration":
            return {}
        return {"resourceType": self.resource.service, "resource": self.resource.action + self.resource.pattern}

    def _scheduled(self) -> dict[str, Any]:
        details: dict[str, Any] = {"timeoutInSeconds": self.timeout}
        if self.resource.kind != "function":
            details["heartbeatInSeconds"] = self.heartbeat
        if self.credentials is not None and self.resource.kind != "activity":
            details["taskCredentials"] = {"roleArn": self.credentials}
        if self.resource.kind == "integration":
            region = self.execution.service.region
            return {**self._named(), "region": region, "parameters": compact(self.arguments), **details}
        return {"resource": self.resource.text, "input": self.arguments, **details}


def run(visit: Visit, work: TaskWork) -> None:
    """What a Task state does: one attempt; a retry makes another.

    Raises StateError when its arguments, time-outs or role cannot be computed.

    >>> from eslabon.stepfunctions.api.examples import callback, types
    >>> attempt = callback(Retry=[{"ErrorEquals": ["Busy"]}])
    >>> attempt.fail("Busy", None)
    >>> attempt.execution.clock.advance(2)
    >>> types(attempt)[3:]
    ['TaskFailed', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted']
    """
    attempt = Attempt(visit, work)
    visit.token = attempt.token if work.resource.kind == "integration" else None
    attempt.arguments = visit.state.dataflow.arguments(visit)
    visit.check_size(attempt.arguments)
    visit.document = _effective_input(visit)  # which the paths of the other fields are of, not of the arguments
    attempt.timeout = _seconds(work.timeout, visit)
    attempt.heartbeat = _seconds(work.heartbeat, visit)
    if work.role is not None:
        attempt.credentials = work.role(visit)["RoleArn"]
    visit.cancel = attempt.stop
    attempt.schedule()


def _effective_input(visit: Visit) -> Any:
    """The state's input, as far as InputPath lets it through."""
    visit.document = visit.input
    for name, step in visit.state.dataflow.before:
        if name == "afterInputPath":
            return step(visit)
    return visit.input


def _seconds(field: Evaluate | None, visit: Visit) -> int | None:
    return None if field is None else int(field(visit))
