"""Runs compiled machines: threads of control, the visit of each state, retries and catches, in virtual time.

What a Task calls is in `tasks`, branches and iterations in `branches`, what the API shows in `service`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from eslabon.stepfunctions.language.dataflow import NOTHING
from eslabon.stepfunctions.language.definition import ChoiceWork, FailWork, Machine, PassWork, State, WaitWork
from eslabon.stepfunctions.language.errornames import DATA_LIMIT, NO_CHOICE, QUERY_FAILED, RUNTIME
from eslabon.stepfunctions.language.handlers import Catcher, error_output, matches
from eslabon.stepfunctions.language.scope import ABSENT, Scope, StateError
from eslabon.stepfunctions.running import history

if TYPE_CHECKING:
    from eslabon.clock import Handle
    from eslabon.stepfunctions.running.execution import Execution

_RETRIED = frozenset({"Task", "Parallel", "Map"})
_ABORTED = frozenset({"Task", "Wait", "Parallel", "Map"})  # the states that take time, and can be stopped in it

# Bytes: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
MOST_ASSIGNED = 256 * 1024  # by one Assign
MOST_STORED = 10 * 1024 * 1024  # by an execution


class Flow:
    """One thread of control: the execution's own, a branch of a Parallel, or an iteration of a Map.

    It is at one state at a time, its `visit`. `ended` is called once, with the output or with what it failed with.
    `previous` is the id of the event that its next one follows.
    """

    __slots__ = ("alive", "ended", "execution", "handle", "item", "machine", "previous", "sizes", "variables", "visit")

    def __init__(
        self,
        execution: Execution,
        machine: Machine,
        ended: Callable[[Any, StateError | None], None],
        *,
        variables: Mapping[str, Any] = NOTHING,
        previous: int = 0,
        item: Mapping[str, Any] | None = None,
    ) -> None:
        self.execution = execution
        self.machine = machine
        self.ended = ended
        self.variables = variables  # its own and those of the threads around it
        self.sizes: Mapping[str, int] = NOTHING  # bytes of its own variables
        self.previous = previous
        self.item = item  # what the context object shows as Map.Item
        self.visit: Visit | None = None  # kept when the thread fails there: a redrive goes on from it
        self.handle: Handle | None = None  # what wakes it up next
        self.alive = True

    def start(self, given: Any) -> None:
        """Begin at the machine's first state, after one transition."""
        self.go(self.machine.start_at, given)

    def go(self, name: str, given: Any) -> None:
        """Move to a state: one transition later it is entered."""
        visit = Visit(self, self.machine.states[name], given)
        self.visit = visit
        self.wake(self.execution.transition, visit.enter)

    def wake(self, delay: float, function: Callable[[], None]) -> None:
        """Go on in `delay` seconds, unless the execution ends first."""
        if self.execution.closed:
            return
        self.handle = self.execution.clock.call_later(delay, function)

    def record(self, kind: str, details: Any = None) -> int:
        """Write an event that follows this thread's last one; answers its id."""
        self.previous = self.execution.record(kind, self.previous, details)
        return self.previous

    def assign(self, assigned: Mapping[str, Any]) -> None:
        """Give variables their values, which the next state sees; StateError when they are too large."""
        new = {name: history.size(value) for name, value in assigned.items()}
        if sum(new.values()) > MOST_ASSIGNED:
            raise StateError(RUNTIME, "The variables of one Assign are larger than 256 KiB together.")
        stored = self.execution.stored + sum(new.values()) - sum(self.sizes.get(name, 0) for name in new)
        if stored > MOST_STORED:
            raise StateError(RUNTIME, "The variables of the execution are larger than 10 MiB together.")
        self.execution.stored = stored
        self.sizes = {**self.sizes, **new}
        self.variables = {**self.variables, **assigned}

    def end(self, output: Any) -> None:
        """The thread has come to its end."""
        self.alive = False
        self.visit = None
        self.execution.stored -= sum(self.sizes.values())  # its variables are out of scope
        self.ended(output, None)

    def fail(self, failure: StateError) -> None:
        """The thread ends with an error that nothing in it has taken."""
        self.alive = False
        self.execution.stored -= sum(self.sizes.values())
        self.ended(None, failure)

    def redrive(self, previous: int) -> None:
        """Go on, where it failed or was stopped, after the event `previous`."""
        self.alive = True
        self.execution.stored += sum(self.sizes.values())
        self.previous = previous
        assert self.visit is not None, "only what has not come to its end is redriven"
        self.visit.redrive()

    def abort(self) -> None:
        """Stop wherever it is; nothing of it runs any more."""
        if not self.alive:
            return
        self.alive = False
        self.execution.stored -= sum(self.sizes.values())
        if self.handle is not None:
            self.handle.cancel()
        if self.visit is not None:
            self.visit.abort()


class Running(Protocol):
    """What a state has under way beside its own thread: branches, iterations, a map run."""

    def abort(self) -> None:
        """Stop all that has not ended."""

    def redrive(self, previous: int) -> None:
        """Go on with all that has not ended well, after the event `previous`."""


class Visit(Scope):
    """One stay at a state, its retries included; the scope that the state's expressions read."""

    __slots__ = (
        "attempts",
        "before",
        "cancel",
        "entered",
        "entered_at",
        "flow",
        "retries",
        "running",
        "state",
        "token",
        "worked_at",
    )

    def __init__(self, flow: Flow, state: State, given: Any) -> None:
        self.document = self.input = given
        self.result = ABSENT
        self.error_output = ABSENT
        self.variables = flow.variables
        self.flow = flow
        self.state = state
        self.before = 0  # id of the event before it was entered
        self.entered = 0  # id of the event that entered it
        self.entered_at = self.worked_at = 0.0  # when it was entered, and when its present attempt began
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
    def ids(self) -> Any:
        """The cloud's generator."""
        return self.flow.execution.ids

    def now(self) -> float:
        """The cloud's time, seconds since 1970."""
        return self.flow.execution.clock.now

    def enter(self) -> None:
        """Enter the state and begin its work."""
        flow = self.flow
        if flow.execution.doomed:
            flow.execution.stop(None, None)
            return
        self.entered_at = flow.execution.clock.now
        self.before = flow.previous
        self.entered = flow.record(self.state.entered, (self.state.name, self.input))
        if not flow.execution.closed:
            self.work()

    def work(self) -> None:
        """Do what the state does; again, when it is retried."""
        self.document = self.input
        self.result = ABSENT
        self.running = None
        self.variables = self.flow.variables
        try:
            self.flow.execution.work[self.state.type](self)
        except StateError as failure:
            self.fail(failure)

    def succeed(self, result: Any, *, is_result: bool = True) -> None:
        """The work is done: the result flows out, and the thread moves on.

        is_result: whether `$states.result` shows it, as for Task, Parallel and Map.
        """
        if is_result:
            self.result = result
        try:
            self.conclude(self.state.dataflow, result, self.state.next)
        except StateError as failure:
            self.fail(failure)

    def conclude(self, dataflow: Any, result: Any, next_state: str | None) -> None:
        """Leave by `dataflow` for `next_state`; StateError when an expression fails or the output is too large."""
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
        """Refuse a value over the limit of what a state may hand on."""
        if value is not self.input and history.too_large(value):
            cause = (
                f"The state/task '{self.state.name}' returned a result with a size exceeding the maximum number of "
                "bytes service limit."
            )
            raise StateError(DATA_LIMIT, cause, complete=True)

    def fail(self, failure: StateError) -> None:
        """The state has failed: it is retried, caught, or fails its thread."""
        if not failure.complete:
            failure = self.completed(failure)
        if failure.error == QUERY_FAILED:
            self._record_evaluation(failure)
        if self._retry(failure):
            return
        for catcher in self.state.catchers:
            if matches(catcher.errors, failure.error):
                self._catch(catcher, failure)
                return
        self.give_up(failure)

    def give_up(self, failure: StateError) -> None:
        """Nothing takes the error: the thread fails."""
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
        """The failure with a cause that says where it happened, as AWS words it."""
        where = f"the state '{self.state.name}' (entered at the event id #{self.entered})"
        cause = f"An error occurred while executing {where}. {failure.cause or ''}"
        return StateError(failure.error, cause, location=failure.location, complete=True)

    def _record_evaluation(self, failure: StateError) -> None:
        details = {
            "state": self.state.name,
            "error": failure.error,
            "cause": failure.cause,
            "location": failure.location or None,
        }
        # AWS points past the Entered event of a state that has done nothing else yet, to the one before it.
        if self.flow.previous == self.entered:
            self.flow.previous = self.before
        self.flow.record("EvaluationFailed", details)

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
            failure = second if second.complete else self.completed(second)
            if failure.error == QUERY_FAILED:
                self._record_evaluation(failure)
            self._end_thread(failure)

    def redrive(self) -> None:
        """Run the state again, all of its retries anew; of its branches or iterations only those without success.

        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
        """
        flow = self.flow
        self.retries = 0
        self.attempts = {}
        running = self.running
        if running is not None:
            previous = flow.previous
            flow.wake(flow.execution.transition, lambda: running.redrive(previous))
        elif self.entered and self.state.type != "Fail":
            flow.wake(flow.execution.transition, self.work)
        else:
            flow.wake(flow.execution.transition, self.enter)

    def abort(self) -> None:
        """Stop what the state has begun, and write down that it was stopped."""
        if self.cancel is not None:
            self.cancel()
            self.cancel = None
        if self.running is not None:
            self.running.abort()
        if self.entered and self.state.type in _ABORTED:
            self.flow.record(f"{self.state.type}StateAborted")


def _pass(visit: Visit) -> None:
    work = visit.state.work
    assert isinstance(work, PassWork)
    arguments = visit.state.dataflow.arguments(visit)
    visit.succeed(work.result if work.has_result else arguments, is_result=False)


def _succeed(visit: Visit) -> None:
    visit.succeed(visit.state.dataflow.arguments(visit), is_result=False)


def _choice(visit: Visit) -> None:
    work = visit.state.work
    assert isinstance(work, ChoiceWork)
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


def _wait(visit: Visit) -> None:
    work = visit.state.work
    assert isinstance(work, WaitWork)
    given = visit.state.dataflow.arguments(visit)
    now = visit.flow.execution.clock.now
    visit.flow.wake(work.until(visit, now) - now, lambda: visit.succeed(given, is_result=False))


def _fail(visit: Visit) -> None:
    work = visit.state.work
    assert isinstance(work, FailWork)
    visit.state.dataflow.arguments(visit)
    error = work.error(visit) if work.error else None
    cause = work.cause(visit) if work.cause else None
    visit.give_up(StateError(error, cause, complete=True))


# What the simple states do; Task, Parallel and Map are in modules of their own.
WORK: Mapping[str, Callable[[Visit], None]] = {
    "Pass": _pass,
    "Succeed": _succeed,
    "Choice": _choice,
    "Wait": _wait,
    "Fail": _fail,
}
