"""Runs one state alone: an execution without a history, whose only thread ends where it would leave the state.

What each state does is what it does in any execution; only a mock stands in for the work of a Task, Map or Parallel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.definition import ChoiceWork, Machine, State
from eslabon.stepfunctions.language.errornames import TIMEOUT
from eslabon.stepfunctions.language.handlers import Catcher, matches
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running.execution import Execution
from eslabon.stepfunctions.running.flows import Flow
from eslabon.stepfunctions.running.interpreter import Visit
from eslabon.stepfunctions.teststate.contextobject import merged
from eslabon.stepfunctions.teststate.inspection import Inspection, Noted, shown_steps
from eslabon.stepfunctions.teststate.mocked import run_mocked

if TYPE_CHECKING:
    from eslabon.stepfunctions.service import StepFunctions

SUCCEEDED, FAILED, RETRIABLE, CAUGHT_ERROR = "SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"
LONGEST = 300.0  # seconds that a test may take
MOCKED = ("Task", "Map", "Parallel")


@dataclass(frozen=True, slots=True)
class Mock:
    """What a mock stands in with: a result, or an error and its cause."""

    result: Any = None
    error: StateError | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a test is run with, beside the state and its input."""

    input_text: str = "{}"  # as it was given
    role_arn: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] | None = None
    mock: Mock | None = None
    item: Mapping[str, Any] | None = None  # what the context object shows as Map.Item
    configuration: Mapping[str, Any] = field(default_factory=dict)


class TestExecution(Execution):
    """The execution of one state; `answer` is what TestState answers, once it has ended."""

    __test__ = False

    def __init__(self, service: StepFunctions, state: State, given: Any, settings: Settings) -> None:
        name, machine = service.ids.uuid(), service.ids.uuid()
        self.settings = settings
        self.inspection = Inspection(shown_steps(state))
        self.answer: dict[str, Any] = {}
        super().__init__(
            service,
            Machine(state.name, {state.name: state}),
            arn=service.arn(f"express:{machine}:{name}"),
            name=name,
            type="STANDARD",
            state_machine={"Id": service.arn(f"stateMachine:{machine}"), "Name": machine},
            role_arn=settings.role_arn or "",
            input=given,
            ended=lambda execution: None,
        )
        flow = self.flow = _Flow(self, self.machine, lambda output, failure: None, variables=settings.variables)
        flow.item = settings.item
        self.input_text = settings.input_text
        self.visit = _Visit(flow, _watched(state, self.inspection), given, self)
        flow.visit = self.visit
        if settings.mock is not None:
            self.work = {**self.work, **dict.fromkeys(MOCKED, lambda visit, work: run_mocked(visit, self))}

    def run(self) -> None:
        """Run the state, until it ends or its time is over.

        >>> from eslabon import Cloud
        >>> from eslabon.stepfunctions.language.definition import compile_state
        >>> wait = compile_state("Wait", {"Type": "Wait", "Seconds": 60, "Next": "Done"})
        >>> test = TestExecution(Cloud().service("stepfunctions"), wait, {}, Settings())
        >>> test.run()
        >>> test.answer
        {'status': 'SUCCEEDED', 'output': '{}', 'nextState': 'Done'}
        """
        self.inspection.data["input"] = self.input_text
        self.visit.enter()
        if not self.clock.wait_until(lambda: bool(self.answer), self.started + LONGEST):
            self.flow.abort()
            self.finish(FAILED, error=TIMEOUT, cause=f"The test of the state took longer than {LONGEST:g} seconds.")

    def record(self, kind: str, previous: int, details: Any = None) -> int:
        """A test has no history."""
        return 0

    def context(self) -> dict[str, Any]:
        """The part of the context object that is the execution's."""
        whole = super().context()
        del whole["Execution"]["RedriveCount"]
        if not self.role_arn:
            del whole["Execution"]["RoleArn"]
        return whole

    def finish(self, status: str, **members: Any) -> None:
        """The state has ended, one way or another; the first one counts.

        >>> from eslabon import Cloud
        >>> from eslabon.stepfunctions.language.definition import compile_state
        >>> done = compile_state("Done", {"Type": "Succeed"})
        >>> test = TestExecution(Cloud().service("stepfunctions"), done, {}, Settings())
        >>> test.finish(FAILED, error="Full")
        >>> test.finish(SUCCEEDED)
        >>> test.answer
        {'status': 'FAILED', 'error': 'Full'}
        """
        if self.answer:
            return
        self.answer = {"status": status, **members}
        self.closed = True
        if self.flow.variables:
            self.inspection.data["variables"] = compact(self.flow.variables)


def _watched(state: State, inspection: Inspection) -> State:
    """The state, its data flow noted, that of a Choice's rules too."""
    if isinstance(state.work, ChoiceWork):
        for rule in state.work.rules:
            rule.dataflow = Noted(rule.dataflow, inspection)
    return replace(state, dataflow=Noted(state.dataflow, inspection))


class _Flow(Flow):
    """A thread that ends where it would go on to another state."""

    execution: TestExecution

    def go(self, name: str, given: Any) -> None:
        self._finish(given, nextState=name)

    def end(self, output: Any) -> None:
        self._finish(output)

    def _finish(self, output: Any, **members: Any) -> None:
        visit = self.execution.visit
        # AWS shows input that the state has not touched as it was given, blanks and all.
        text = self.execution.input_text if output is self.execution.input else compact(output)
        caught = {} if visit.failure is None else {"error": visit.failure.error, "cause": visit.failure.cause}
        status = SUCCEEDED if visit.failure is None else CAUGHT_ERROR
        self.execution.finish(status, output=text, **caught, **members)

    def fail(self, failure: StateError) -> None:
        self.alive = False
        self.execution.finish(FAILED, error=failure.error, cause=failure.cause)


class _Visit(Visit):
    """A stay at the tested state, that ends with its first failure: a retry is only named."""

    def __init__(self, flow: Flow, state: State, given: Any, execution: TestExecution) -> None:
        super().__init__(flow, state, given)
        self.test = execution
        self.failure: StateError | None = None  # that a catcher has taken
        settings = execution.settings
        used = (settings.context or {}).get("State", {}).get("RetryCount", 0)
        self.retries = settings.configuration.get("retrierRetryCount", used)

    @property
    def context(self) -> Mapping[str, Any]:
        """The context object, with the fields that the request gave."""
        return merged(super().context, self.test.settings.context or {})

    def completed(self, failure: StateError) -> StateError:
        """A test says what went wrong; there is no event that it could name."""
        return StateError(failure.error, failure.cause, location=failure.location, complete=True)

    def _retry(self, failure: StateError) -> bool:
        for number, retrier in enumerate(self.state.retriers):
            if matches(retrier.errors, failure.error):
                if self.retries >= retrier.attempts:
                    return False
                delay = retrier.delay(self.retries + 1, self.ids)
                details = {"retryIndex": number, "retryBackoffIntervalSeconds": round(delay)}
                self.test.inspection.data["errorDetails"] = details
                self.test.finish(RETRIABLE, error=failure.error, cause=failure.cause)
                return True
        return False

    def _catch(self, catcher: Catcher, failure: StateError) -> None:
        self.failure = failure
        self.test.inspection.data["errorDetails"] = {"catchIndex": list(self.state.catchers).index(catcher)}
        super()._catch(catcher, failure)
