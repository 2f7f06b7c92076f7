"""One stay at a state: it is entered, does its work, is retried or caught, and is left for the next; in virtual time.

How an execution runs: the `Execution` has one thread of control (`Flow`), which is always at one state. To go to a
state is to make a `Visit` and let the clock call its `enter`, one transition later. `enter` writes the event and
calls `work`, which does what the type of the state does (`WORK` here for the simple types; `tasks`, `branches` and
`mapruns` for the others). What takes time returns, and leaves something with the clock, a service or other threads
that calls the visit back: with `succeed`, or with `fail`. `succeed` lets the result flow out (`conclude`), and the
thread goes to the next state or ends. `fail` looks for a retrier, which lets the clock call `work` again, then for a
catcher, which leaves the state by another way; if there is neither, the thread fails. A thread that ends tells
whoever began it: a Parallel or Map, which joins its threads, or the execution. Whatever happens is written to the
history at the time it happens.

What a Task calls is in `tasks`, branches and iterations in `branches`, what the API shows in `service`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from eslabon.stepfunctions.language.dataflow import DataFlow
from eslabon.stepfunctions.language.definition import ChoiceWork, FailWork, PassWork, State, WaitWork
from eslabon.stepfunctions.language.errornames import DATA_LIMIT, NO_CHOICE, QUERY_FAILED, RUNTIME
from eslabon.stepfunctions.language.handlers import Catcher, error_output, matches
from eslabon.stepfunctions.language.scope import ABSENT, Scope, StateError
from eslabon.stepfunctions.running import history

if TYPE_CHECKING:
    from eslabon.ids import Ids
    from eslabon.stepfunctions.running.flows import Flow

_RETRIED = frozenset({"Task", "Parallel", "Map"})
_ABORTED = frozenset({"Task", "Wait", "Parallel", "Map"})  # the states that take time, and can be stopped in it


class Running(Protocol):
    """What a state has under way beside its own thread: branches, iterations, a map run."""

    def abort(self) -> None:
        """Stop all that has not ended."""

    def redrive(self, previous: int) -> None:
        """Go on with all that has not ended well, after the event `previous`."""


class Visit(Scope):
    """One stay at a state, its retries included; the scope that the state's expressions read."""

    __slots__ = ("attempts", "cancel", "entered", "entered_at", "flow", "retries", "running", "state", "token")

    def __init__(self, flow: Flow, state: State, given: Any) -> None:
        self.document = self.input = given
        self.result = ABSENT
        self.error_output = ABSENT
        self.variables = flow.variables  # as they were at entry, in every attempt
        self.flow = flow
        self.state = state
        self.entered = 0  # id of the event that entered it
        self.entered_at = 0.0
        self.retries = 0
        self.attempts: dict[int, int] = {}  # retries that each retrier has used
        self.token: str | None = None
        self.cancel: Callable[[], None] | None = None  # stops what the state has begun elsewhere
        self.running: Running | None = None  # branches or iterations; kept when they fail, for a redrive

    @property
    def context(self) -> Mapping[str, Any]:
        """The context object: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
        context: dict[str, Any] = self.flow.execution.context()
        context["State"] = {"EnteredTime": history.iso(self.entered_at), "Name": self.state.name}
        if self.state.type in _RETRIED:
            context["State"]["RetryCount"] = self.retries
        if self.token is not None:
            context["Task"] = {"Token": self.token}
        if self.flow.item is not None:
            context["Map"] = {"Item": self.flow.item}
        return context

    @property
    def ids(self) -> Ids:
        """The cloud's generator."""
        return self.flow.execution.ids

    def now(self) -> float:
        """The cloud's time, seconds since 1970.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()
        >>> before = visit.now()
        >>> visit.flow.execution.clock.advance(5)
        >>> round(visit.now() - before, 3)
        5.0
        """
        return self.flow.execution.clock.now

    def enter(self) -> None:
        """Enter the state and begin its work.

        >>> from eslabon.stepfunctions.api.examples import kinds, waiting
        >>> visit = waiting()  # which has been entered
        >>> visit.entered, kinds(visit.flow.execution)[-1]
        (2, 'WaitStateEntered')
        """
        flow = self.flow
        if flow.execution.doomed:
            flow.execution.stop(None, None)
            return
        self.entered_at = flow.execution.clock.now
        self.entered = flow.record(self.state.entered, (self.state.name, self.input))
        if not flow.execution.closed:
            self.work()

    def work(self) -> None:
        """Do what the state does; again, when it is retried.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()
        >>> visit.document = "something else"
        >>> visit.work()
        >>> visit.document is visit.input
        True
        """
        self.document = self.input
        self.result = ABSENT
        self.running = None
        try:
            self.flow.execution.work[self.state.type](self, self.state.work)
        except StateError as failure:
            self.fail(failure)

    def succeed(self, result: Any, *, is_result: bool = True) -> None:
        """The work is done: the result flows out, and the thread moves on.

        is_result: whether `$states.result` shows it, as for Task, Parallel and Map.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()
        >>> visit.succeed(7, is_result=False)
        >>> visit.flow.visit.input, visit.result is ABSENT
        (7, True)
        """
        if is_result:
            self.result = result
        try:
            self.conclude(self.state.dataflow, result, self.state.next)
        except StateError as failure:
            self.fail(failure)

    def conclude(self, dataflow: DataFlow, result: Any, next_state: str | None) -> None:
        """Leave by `dataflow` for `next_state`; StateError when an expression fails or the output is too large.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting({"n": 1}, OutputPath="$.n")
        >>> visit.conclude(visit.state.dataflow, {"n": 2}, "Done")
        >>> visit.flow.visit.state.name, visit.flow.visit.input
        ('Done', 2)
        """
        output, assigned = dataflow.output(self, result)
        self.check_size(output)
        flow = self.flow
        if assigned:
            flow.assign(assigned)
        flow.record(self.state.exited, (self.state.name, output, assigned))
        if next_state is None:
            flow.end(output)
        else:
            flow.go(next_state, output)

    def check_size(self, value: Any) -> None:
        """Refuse a value over the limit of what a state may hand on.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()
        >>> visit.check_size("a" * 262_142)
        >>> visit.check_size("a" * 262_143)
        Traceback (most recent call last):
        StateError: ...
        """
        if value is not self.input:
            history.check_size(value, self.state.name)

    def fail(self, failure: StateError) -> None:
        """The state has failed: it is retried, caught, or fails its thread.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()  # a Wait has no Retry and no Catch
        >>> visit.fail(StateError("Full", "No room."))
        >>> visit.flow.execution.error, visit.flow.execution.cause
        ('Full', "An error occurred while executing the state 'Wait' (entered at the event id #2). No room.")
        """
        failure = self._own(failure)
        if self._retry(failure):
            return
        for catcher in self.state.catchers:
            if matches(catcher.errors, failure.error):
                self._catch(catcher, failure)
                return
        self.give_up(failure)

    def give_up(self, failure: StateError) -> None:
        """Nothing takes the error: the thread fails.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()
        >>> visit.give_up(StateError("Full", "No room.", complete=True))
        >>> visit.flow.execution.cause
        'No room.'
        """
        kind = self.state.type
        # AWS writes no such event when a path of the state itself, before any iteration, has led to nothing.
        if kind in ("Parallel", "Map") and not (failure.error == RUNTIME and self.running is None):
            self.flow.record(f"{kind}StateFailed")
        self._end_thread(failure)

    def _end_thread(self, failure: StateError) -> None:
        if failure.error == DATA_LIMIT:  # then a redrive does all of it again
            self.running = None
        self.flow.fail(failure)

    def completed(self, failure: StateError) -> StateError:
        """The failure with a cause that says where it happened, as AWS words it.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> waiting().completed(StateError("Full", "No room.")).cause
        "An error occurred while executing the state 'Wait' (entered at the event id #2). No room."
        """
        where = f"the state '{self.state.name}' (entered at the event id #{self.entered})"
        cause = f"An error occurred while executing {where}. {failure.cause or ''}"
        return StateError(failure.error, cause, location=failure.location, complete=True)

    def _own(self, failure: StateError) -> StateError:
        """The failure, completed; one of the state's own expressions is written down besides."""
        if failure.complete:  # of a Task, a branch, an iteration
            return failure
        failure = self.completed(failure)
        if failure.error == QUERY_FAILED:
            details = {
                "state": self.state.name,
                "error": failure.error,
                "cause": failure.cause,
                "location": failure.location or None,
            }
            # AWS points past the Entered event of a state that has done nothing else yet, to the one before it.
            if self.entered and self.flow.previous == self.entered:
                _, self.flow.previous, _, _ = self.flow.execution.events[self.entered - 1]
            self.flow.record("EvaluationFailed", details)
        return failure

    def _retry(self, failure: StateError) -> bool:
        for number, retrier in enumerate(self.state.retriers):
            if matches(retrier.errors, failure.error):
                used = self.attempts.get(number, 0)
                if used >= retrier.attempts:
                    return False
                self.attempts[number] = used + 1
                self.retries += 1
                self.flow.wake(retrier.delay(used + 1, self.ids), self.work)
                return True
        return False

    def _catch(self, catcher: Catcher, failure: StateError) -> None:
        output = error_output(failure)
        self.error_output = output
        self.result = ABSENT
        if self.state.type in ("Parallel", "Map"):
            self.flow.record(f"{self.state.type}StateFailed")
        try:
            self.conclude(catcher.dataflow, output, catcher.next)
        except StateError as second:  # a catcher that fails is not caught again
            self._end_thread(self._own(second))

    def redrive(self) -> None:
        """Run the state again, all of its retries anew; of its branches or iterations only those without success.

        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> visit = waiting()
        >>> visit.retries = 2
        >>> visit.redrive()
        >>> visit.retries, visit.entered  # it is not entered again
        (0, 2)
        """
        flow = self.flow
        self.retries = 0
        self.attempts = {}
        begin = self.work if self.entered and self.state.type != "Fail" else self.enter
        if self.running is not None:
            begin = partial(self.running.redrive, flow.previous)
        flow.wake(flow.execution.transition, begin)

    def abort(self) -> None:
        """Stop what the state has begun, and write down that it was stopped.

        >>> from eslabon.stepfunctions.api.examples import kinds, waiting
        >>> visit = waiting()
        >>> visit.cancel = lambda: print("stopped")
        >>> visit.abort()
        stopped
        >>> kinds(visit.flow.execution)[-1]
        'WaitStateAborted'
        """
        if self.cancel is not None:
            self.cancel()
            self.cancel = None
        if self.running is not None:
            self.running.abort()
        if self.entered and self.state.type in _ABORTED:
            self.flow.record(f"{self.state.type}StateAborted")


def _pass(visit: Visit, work: PassWork) -> None:
    arguments = visit.state.dataflow.arguments(visit)
    visit.check_size(arguments)
    visit.succeed(work.result if work.has_result else arguments, is_result=False)


def _succeed(visit: Visit, work: None) -> None:
    visit.succeed(visit.state.dataflow.arguments(visit), is_result=False)


def _choice(visit: Visit, work: ChoiceWork) -> None:
    dataflow = visit.state.dataflow
    given = dataflow.arguments(visit)
    for rule in work.rules:
        visit.document = given
        if rule.matches(visit):
            visit.conclude(rule.dataflow, given, rule.next)
            return
    if work.default is None:
        cause = "Failed to transition out of the state: no rule matches its input, and it has no Default."
        raise StateError(NO_CHOICE, cause)
    visit.conclude(dataflow, given, work.default)


def _wait(visit: Visit, work: WaitWork) -> None:
    given = visit.state.dataflow.arguments(visit)
    now = visit.flow.execution.clock.now
    visit.flow.wake(work.until(visit, now) - now, lambda: visit.succeed(given, is_result=False))


def _fail(visit: Visit, work: FailWork) -> None:
    visit.state.dataflow.arguments(visit)
    error = work.error(visit) if work.error else None
    cause = work.cause(visit) if work.cause else None
    visit.give_up(StateError(error, cause, complete=True))


Work = Callable[[Visit, Any], None]  # what a type of state does, given what its definition was compiled to

# What the simple states do; Task, Parallel and Map are in modules of their own.
WORK: Mapping[str, Work] = {
    "Pass": _pass,
    "Succeed": _succeed,
    "Choice": _choice,
    "Wait": _wait,
    "Fail": _fail,
}
