"""Runs one state alone: an execution without a history, whose only thread ends where it would leave the state.

What each state does is what it does in any execution; only a mock stands in for the work of a Task, Map or Parallel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.language.definition import ChoiceWork, Machine, MapWork, State
from eslabon.stepfunctions.language.handlers import RUNTIME, TIMEOUT, Catcher, matches
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running import branches, history
from eslabon.stepfunctions.running.execution import Execution
from eslabon.stepfunctions.running.history import to_text
from eslabon.stepfunctions.running.interpreter import Flow, Visit
from eslabon.stepfunctions.teststate.contextobject import merged
from eslabon.stepfunctions.teststate.inspection import Inspection, Noted, shown_steps

if TYPE_CHECKING:
    from eslabon.stepfunctions.service import StepFunctions

SUCCEEDED, FAILED, RETRIABLE, CAUGHT_ERROR = "SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"
LONGEST = 300.0  # seconds that a test may take
MOCKED = ("Task", "Map", "Parallel")
EXCEEDED = "States.ExceedToleratedFailureThreshold"


@dataclass(frozen=True, slots=True)
class Mock:
    """What a mock stands in with: a result, or an error and its cause."""

    result: Any = None
    error: StateError | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a test is run with, beside the state and its input."""

    role_arn: str | None = None
    variables: Mapping[str, Any] | None = None
    context: Mapping[str, Any] | None = None
    mock: Mock | None = None
    retries: int = 0  # that its retrier has used
    failed_iterations: int | None = None
    reader_data: str | None = None


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
        flow = self.flow = _Flow(self, self.machine, lambda output, failure: None, variables=settings.variables or {})
        item = (settings.context or {}).get("Map", {}).get("Item")
        flow.item = item
        self.visit = _Visit(flow, _watched(state, self.inspection), given, self)
        flow.visit = self.visit
        if settings.mock is not None:
            self.work = {**self.work, **dict.fromkeys(MOCKED, _mocked)}

    def run(self) -> None:
        """Run the state, until it ends or its time is over."""
        self.inspection.data["input"] = to_text(self.input)
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
        """The state has ended, one way or another; the first one counts."""
        if self.answer:
            return
        self.answer = {"status": status, **members}
        self.closed = True
        if self.flow.variables:
            self.inspection.data["variables"] = to_text(self.flow.variables)


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
        caught = {} if visit.failure is None else {"error": visit.failure.error, "cause": visit.failure.cause}
        status = SUCCEEDED if visit.failure is None else CAUGHT_ERROR
        self.execution.finish(status, output=to_text(output), **caught, **members)

    def fail(self, failure: StateError) -> None:
        self.alive = False
        self.execution.finish(FAILED, error=failure.error, cause=failure.cause)


class _Visit(Visit):
    """A stay at the tested state, that ends with its first failure: a retry is only named."""

    def __init__(self, flow: Flow, state: State, given: Any, execution: TestExecution) -> None:
        super().__init__(flow, state, given)
        self.test = execution
        self.failure: StateError | None = None  # that a catcher has taken
        self.retries = execution.settings.retries

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


# --- Mocks ------------------------------------------------------------------------------------------------------------


def _mocked(visit: Visit) -> None:
    """The work of a Task, Map or Parallel, as far as it is the state's own: the mock does the rest."""
    execution = visit.flow.execution
    assert isinstance(execution, TestExecution)
    settings = execution.settings
    mock = settings.mock
    assert mock is not None
    if visit.state.type == "Task" and "Task" not in (settings.context or {}):
        visit.token = visit.ids.token(128)
    visit.document = visit.state.dataflow.arguments(visit)
    if isinstance(visit.state.work, MapWork):
        _map(visit, visit.state.work, execution)
    if mock.error is not None:
        raise mock.error
    visit.succeed(mock.result)


def _map(visit: Visit, work: MapWork, execution: TestExecution) -> None:
    """What a Map makes of its items before they are processed, and whether too many have failed."""
    settings, data = execution.settings, execution.inspection.data
    given = visit.document
    limits = branches.limits(visit, work)
    data["maxConcurrency"] = int(limits["maxConcurrency"])
    if work.tolerated_count is not None:
        data["toleratedFailureCount"] = int(limits["toleratedFailureCount"])
    if work.tolerated_percentage is not None:
        data["toleratedFailurePercentage"] = limits["toleratedFailurePercentage"]
    count = None
    if work.reader is None:
        items = visit.document if work.items is None else work.items(visit)
        if not isinstance(items, list) and not (work.distributed and isinstance(items, dict)):
            raise branches.wrong_items(visit, items)
        if work.items is not None:
            execution.inspection.note("afterItemsPath", items)
        count = _process(visit, work, execution, given, items)
    elif settings.reader_data is not None:
        items = read_data(settings.reader_data, work)
        if "ItemsPointer" in work.reader.config:
            execution.inspection.note("afterItemsPointer", items)
        count = _process(visit, work, execution, given, items)
    _check_failures(work, settings.failed_iterations, limits, count)


def _process(visit: Visit, work: MapWork, execution: TestExecution, given: Any, items: Any) -> int:
    """Select and batch the items; answers how many there are."""
    from eslabon.stepfunctions.maps.itembatcher import batches

    pairs = list(items.items()) if isinstance(items, dict) else [(None, item) for item in items]
    selected = []
    for index, (key, value) in enumerate(pairs):
        item = {"Index": index, "Value": value, **({} if key is None else {"Key": key})}
        plain = value if key is None else {"Key": key, "Value": value}
        selected.append(plain if work.selector is None else branches.select(visit, work.selector, given, item))
    if work.selector is not None:
        execution.inspection.note("afterItemSelector", selected)
    if work.batcher is not None:
        visit.document = given
        batched = [batch for batch, _ in batches(selected, *work.batcher.limits(visit))]
        execution.inspection.note("afterItemBatcher", batched)
    return len(pairs)


def read_data(text: str, work: MapWork) -> Any:
    """The items in what an ItemReader would have read, in its format. Raises ValidationException.

    >>> from eslabon.stepfunctions.maps.mapexamples import DONE
    >>> from eslabon.stepfunctions.language.definition import compile_state
    >>> processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **DONE}
    >>> reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
    >>> each = compile_state("Each", {"Type": "Map", "ItemProcessor": processor, "ItemReader": reader, "End": True})
    >>> read_data("[1, 2]", each.work)
    [1, 2]
    >>> read_data("[1, 2", each.work)
    Traceback (most recent call last):
    ServiceError: ValidationException: mapItemReaderData is not what the ItemReader reads: ...
    """
    import io

    from eslabon.errors import NotModelled
    from eslabon.stepfunctions.maps.itemformats import FORMATS, Member

    assert work.reader is not None
    kind = work.reader.config.get("InputType", "JSON")  # a list of objects is JSON
    if kind not in FORMATS or "ManifestType" in work.reader.config:
        raise NotModelled("stepfunctions", f"mapItemReaderData of {kind}", list(FORMATS))
    try:
        items = list(FORMATS[kind](io.BytesIO(text.encode("utf-8", "surrogatepass")), work.reader.config))
    except ValueError as error:
        message = f"mapItemReaderData is not what the ItemReader reads: {error}"
        raise ServiceError("ValidationException", message) from None
    if items and isinstance(items[0], Member):
        return {item.key: item.value for item in items}
    return items


def _check_failures(work: MapWork, failed: int | None, limits: Mapping[str, float], count: int | None) -> None:
    if not failed:
        return
    if count is not None and failed > count:
        message = f"mapIterationFailureCount is {failed}, and the Map has {count} items."
        raise ServiceError("ValidationException", message)
    checks: list[Callable[[], bool]] = []
    if work.tolerated_count is not None:
        checks.append(lambda: failed > limits["toleratedFailureCount"])
    if work.tolerated_percentage is not None and count:
        checks.append(lambda: failed * 100 / count > limits["toleratedFailurePercentage"])
    if not checks or any(check() for check in checks):
        raise StateError(EXCEEDED, "The specified tolerated failure threshold was exceeded", complete=True)


__all__ = ["RUNTIME", "TestExecution", "history"]
