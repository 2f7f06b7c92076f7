"""A thread of control of an execution: where it is, what it does next, and the variables in its scope.

What it does in a state is the visit's (`interpreter`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.definition import Machine
from eslabon.stepfunctions.language.errornames import RUNTIME
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running import history
from eslabon.stepfunctions.running.interpreter import Visit

if TYPE_CHECKING:
    from eslabon.clock import Handle
    from eslabon.stepfunctions.running.execution import Execution

# Bytes: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
MOST_ASSIGNED = 256 * 1024  # by one Assign
MOST_STORED = 10 * 1024 * 1024  # by an execution


@dataclass(slots=True, eq=False, repr=False)
class Flow:
    """One thread of control: the execution's own, a branch of a Parallel, or an iteration of a Map.

    It is at one state at a time, its `visit`. `ended` is called once, with the output or with what it failed with.
    `previous` is the id of the event that its next one follows.
    """

    execution: Execution
    machine: Machine
    ended: Callable[[Any, StateError | None], None]
    variables: Mapping[str, Any] = field(default_factory=dict)  # its own and those of the threads around it
    previous: int = 0
    item: Mapping[str, Any] | None = None  # what the context object shows as Map.Item
    sizes: Mapping[str, int] = field(default_factory=dict)  # bytes of its own variables
    visit: Visit | None = None  # kept when the thread fails there: a redrive goes on from it
    handle: Handle | None = None  # what wakes it up next
    alive: bool = True

    def go(self, name: str, given: Any) -> None:
        """Move to a state: one transition later it is entered.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> flow = waiting().flow
        >>> flow.go("Done", {"n": 1})
        >>> flow.visit.state.name, flow.visit.input, flow.visit.entered
        ('Done', {'n': 1}, 0)
        >>> flow.execution.clock.advance(0.02)
        >>> flow.execution.output
        {'n': 1}
        """
        visit = Visit(self, self.machine.states[name], given)
        self.visit = visit
        self.wake(self.execution.transition, visit.enter)

    def wake(self, delay: float, function: Callable[[], None]) -> None:
        """Go on in `delay` seconds, unless the execution ends first.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> flow = waiting().flow
        >>> flow.wake(5, lambda: print("five seconds later"))
        >>> flow.execution.clock.advance(5)
        five seconds later
        >>> flow.execution.stop(None, None)
        >>> flow.wake(5, lambda: print("never"))
        >>> flow.execution.clock.advance(5)
        """
        if self.execution.closed:
            return
        self.handle = self.execution.clock.call_later(delay, function)

    def record(self, kind: str, details: Any = None) -> int:
        """Write an event that follows this thread's last one; answers its id.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> flow = waiting().flow
        >>> flow.record("WaitStateAborted")
        3
        >>> flow.execution.events[-1][:2]
        ('WaitStateAborted', 2)
        """
        self.previous = self.execution.record(kind, self.previous, details)
        return self.previous

    def assign(self, assigned: Mapping[str, Any]) -> None:
        """Give variables their values, which the next state sees; StateError when they are too large.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> flow = waiting().flow
        >>> flow.assign({"x": 1})
        >>> flow.assign({"y": [2]})
        >>> flow.variables, flow.execution.stored
        ({'x': 1, 'y': [2]}, 4)
        >>> flow.assign({"x": "a" * MOST_ASSIGNED})
        Traceback (most recent call last):
        StateError: ...
        """
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
        """The thread has come to its end.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> flow = waiting().flow
        >>> flow.end({"n": 1})
        >>> flow.execution.status, flow.execution.output
        ('SUCCEEDED', {'n': 1})
        """
        self.alive = False
        self.visit = None
        self.execution.stored -= sum(self.sizes.values())  # its variables are out of scope
        self.ended(output, None)

    def fail(self, failure: StateError) -> None:
        """The thread ends with an error that nothing in it has taken.

        >>> from eslabon.stepfunctions.api.examples import waiting
        >>> flow = waiting().flow
        >>> flow.fail(StateError("Full", "No room."))
        >>> flow.execution.status, flow.execution.error
        ('FAILED', 'Full')
        """
        self.alive = False
        self.execution.stored -= sum(self.sizes.values())
        self.ended(None, failure)

    def redrive(self, previous: int) -> None:
        """Go on, where it failed or was stopped, after the event `previous`.

        >>> from eslabon.stepfunctions.api.examples import kinds, waiting
        >>> flow = waiting().flow
        >>> flow.execution.stop(None, None)
        >>> flow.execution.redrive()  # which calls it
        >>> flow.execution.clock.advance(61)
        >>> kinds(flow.execution)[-5:]
        ['ExecutionRedriven', 'WaitStateExited', 'SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded']
        """
        self.alive = True
        self.execution.stored += sum(self.sizes.values())
        self.previous = previous
        assert self.visit is not None, "only what has not come to its end is redriven"
        self.visit.redrive()

    def abort(self) -> None:
        """Stop wherever it is; nothing of it runs any more.

        >>> from eslabon.stepfunctions.api.examples import kinds, waiting
        >>> flow = waiting().flow
        >>> flow.abort()
        >>> flow.execution.clock.advance(61)
        >>> kinds(flow.execution)[-1]
        'WaitStateAborted'
        """
        if not self.alive:
            return
        self.alive = False
        self.execution.stored -= sum(self.sizes.values())
        if self.handle is not None:
            self.handle.cancel()
        if self.visit is not None:
            self.visit.abort()
