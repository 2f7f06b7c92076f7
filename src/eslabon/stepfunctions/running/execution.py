"""One execution: what it was started with, its history while it runs, and how it ends. No API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.definition import Machine
from eslabon.stepfunctions.language.errornames import RUNTIME, TIMEOUT
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running import branches, history, interpreter
from eslabon.stepfunctions.running.flows import Flow
from eslabon.stepfunctions.tasks import tasks

if TYPE_CHECKING:
    from eslabon.clock import Handle
    from eslabon.stepfunctions.api.machines import Revision
    from eslabon.stepfunctions.service import StepFunctions

RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED = "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"

# Virtual seconds from one state to the next; AWS names no figure, only that Express is the faster.
TRANSITION = {"STANDARD": 0.02, "EXPRESS": 0.005}
LONGEST = {"STANDARD": 365 * 86_400.0, "EXPRESS": 300.0}  # seconds that an execution may last

# What each type of state does.
WORK: Mapping[str, interpreter.Work] = {
    **interpreter.WORK,
    "Task": tasks.run,
    "Parallel": branches.run_parallel,
    "Map": branches.run_map,
}


@dataclass(eq=False, repr=False)
class Execution:
    """A run of a compiled machine, from its input to its output or failure.

    `context` and `role_arn` are what its states see and use; `ended` is called once it has come to its end.
    """

    service: StepFunctions
    machine: Machine
    arn: str
    name: str
    type: str  # STANDARD or EXPRESS
    state_machine: Mapping[str, str]  # what `$$.StateMachine` shows
    role_arn: str
    input: Any
    ended: Callable[[Execution], None]
    work: Mapping[str, interpreter.Work] = field(default_factory=lambda: WORK)
    events: list[history.Event] = field(default_factory=list)
    closed: bool = False  # its last event is written, and nothing of it runs any more
    stored: int = 0  # bytes of all its variables that are in scope
    status: str = RUNNING
    stopped: float | None = None
    redrives: int = 0
    redriven: float | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None
    # What the API shows of it beyond the run itself; whoever starts it fills this in.
    input_text: str | None = None  # as it was given
    revision: Revision | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    map_run_arn: str | None = None
    label: str | None = None
    item_count: int | None = None  # of a map run's child
    doomed: bool = False  # its state machine is being deleted: it ends at its next state
    tokens: dict[str | None, float] = field(default_factory=dict)  # client tokens of redrives, and when each was used
    log: Callable[[int], None] | None = None  # told of each event's id
    _deadline: Handle | None = None

    def __post_init__(self) -> None:
        self.clock = self.service.clock
        self.ids = self.service.ids
        self.transition = TRANSITION[self.type]
        self.started = self.clock.now
        self.flow = Flow(self, self.machine, self._flow_ended)

    def start(self) -> None:
        """Begin; its first state is entered one transition later.

        >>> from eslabon.stepfunctions.api.examples import SUCCEED, begun
        >>> execution = begun(SUCCEED["States"], {"n": 1}, seconds=0)  # which has called it
        >>> execution.status, execution.flow.visit.entered
        ('RUNNING', 0)
        """
        details = {
            "input": self.input,
            "roleArn": self.role_arn,
            "stateMachineVersionArn": self.version_arn,
            "stateMachineAliasArn": self.alias_arn,
        }
        self.record("ExecutionStarted", 0, details)
        self._set_deadline()
        self.flow.go(self.machine.start_at, self.input)

    def _set_deadline(self) -> None:
        seconds = min(self.machine.timeout or LONGEST[self.type], LONGEST[self.type])
        self._deadline = self.clock.call_later(seconds, self._time_out, background=True)

    def record(self, kind: str, previous: int, details: Any = None) -> int:
        """Append an event to the history, unless it is closed; answers the id of its last event.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> execution = waiting().flow.execution
        >>> execution.record("WaitStateExited", 2, ("Wait", {}, {}))
        3
        >>> execution.stop(None, None)
        >>> number = len(execution.events)
        >>> execution.record("WaitStateEntered", 3) == number
        True
        """
        events = self.events
        if self.closed:  # a thread can be at work in the moment in which the history becomes too long
            return len(events)
        if len(events) >= history.LIMIT - 1 and self.type == "STANDARD" and kind not in _LAST_EVENTS:
            cause = f"The execution reached the maximum number of history events ({history.LIMIT})."
            self._end(FAILED, error=RUNTIME, cause=cause)
            return len(events)
        events.append((kind, previous, self.clock.now, details))
        if self.log is not None:
            self.log(len(events))
        return len(events)

    def context(self) -> dict[str, Any]:
        """The part of the context object that is the execution's; each visit adds its own.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> context = waiting({"n": 1}).flow.execution.context()
        >>> context["Execution"]["Input"], context["StateMachine"]["Name"]
        ({'n': 1}, 'orders')
        """
        execution = {
            "Id": self.arn,
            "Input": self.input,
            "Name": self.name,
            "RoleArn": self.role_arn,
            "StartTime": history.iso(self.started),
            "RedriveCount": self.redrives,
        }
        if self.redriven is not None:
            execution["RedriveTime"] = history.iso(self.redriven)
        return {"Execution": execution, "StateMachine": dict(self.state_machine)}

    def _flow_ended(self, output: Any, failure: StateError | None) -> None:
        if failure is None:
            self._end(SUCCEEDED, output=output)
        else:
            self._end(FAILED, error=failure.error, cause=failure.cause)

    def _time_out(self) -> None:
        self._end(TIMED_OUT, error=TIMEOUT if self.type == "EXPRESS" else None)

    def stop(self, error: str | None, cause: str | None) -> None:
        """End it from outside (StopExecution); nothing when it has ended already.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> execution = waiting().flow.execution
        >>> execution.stop("Enough", None)
        >>> execution.status, execution.error
        ('ABORTED', 'Enough')
        >>> execution.stop("Again", None)
        >>> execution.error
        'Enough'
        """
        self._end(ABORTED, error=error, cause=cause)

    def redrive(self) -> None:
        """Go on where it failed or was stopped: what has succeeded stays, the rest runs again on the same input.

        >>> from eslabon.stepfunctions.api.examples import kinds, waiting
        >>> execution = waiting().flow.execution
        >>> execution.stop(None, None)
        >>> execution.redrive()
        >>> execution.status, execution.redrives, kinds(execution)[-1]
        ('RUNNING', 1, 'ExecutionRedriven')
        """
        self.status = RUNNING
        self.closed = False
        self.stopped = self.error = self.cause = None
        self.redrives += 1
        self.redriven = self.clock.now
        self._set_deadline()
        number = self.record("ExecutionRedriven", len(self.events), {"redriveCount": self.redrives})
        self.flow.redrive(number)

    def _end(self, status: str, *, output: Any = None, error: str | None = None, cause: str | None = None) -> None:
        if self.status != RUNNING:  # it has ended, or is about to: what is stopped then may write events
            return
        self.status = status
        self.flow.abort()
        if self._deadline is not None:
            self._deadline.cancel()
        self.output, self.error, self.cause = output, error, cause
        self.stopped = self.clock.now
        details = {"output": output} if status == SUCCEEDED else {"error": error, "cause": cause}
        self.record(_LAST_EVENT[status], self.flow.previous, details)
        self.closed = True
        self.ended(self)


_LAST_EVENT = {
    status: f"Execution{status.title().replace('_', '')}" for status in (SUCCEEDED, FAILED, TIMED_OUT, ABORTED)
}
_LAST_EVENTS = frozenset(_LAST_EVENT.values())
