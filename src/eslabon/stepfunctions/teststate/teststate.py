"""The operation TestState: its request read and checked, the state run, the answer made.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.service import Service
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.definitiontext import invalid
from eslabon.stepfunctions.language.dataflow import JSONPATH
from eslabon.stepfunctions.language.definition import (
    Machine,
    MapWork,
    ParallelWork,
    State,
    TaskWork,
    compile_state,
    inner_machines,
)
from eslabon.stepfunctions.language.resources import REQUEST_RESPONSE
from eslabon.stepfunctions.language.scope import DefinitionError, StateError
from eslabon.stepfunctions.teststate.contextobject import read_context, retries_in
from eslabon.stepfunctions.teststate.mockresults import STRICT, check_result
from eslabon.stepfunctions.teststate.running import MOCKED, Mock, Settings, TestExecution
from eslabon.stepfunctions.validation.context import Context
from eslabon.stepfunctions.validation.diagnostics import SCHEMA_VALIDATION_FAILED, Report
from eslabon.stepfunctions.validation.states import check_state
from eslabon.stepfunctions.validation.validation import examine, read

INFO = "INFO"
UNNAMED = "StateName"  # how AWS calls a state that is tested without the machine around it
NEEDS_MOCK = (
    "TestState API does not support Map or Parallel states. Supported state types include: "
    "[Task, Wait, Pass, Succeed, Fail, Choice]"
)


class TestState(Service):
    """The operation that tests states."""

    __test__ = False

    def test_state(
        self,
        definition: str,
        roleArn: str | None = None,
        input: str = "{}",  # noqa: A002 - the API's word
        inspectionLevel: str = INFO,
        revealSecrets: bool = False,
        variables: str = "{}",
        stateName: str | None = None,
        mock: Mapping[str, Any] | None = None,
        context: str | None = None,
        stateConfiguration: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Run one state, and say how it ended, what it hands on and to which state.

        definition: of the state, or of the whole state machine when stateName names the state; input, variables,
        context, mock.result: JSON text; inspectionLevel: DEBUG and TRACE show the data on its way too. Raises
        InvalidDefinition, InvalidExecutionInput, InvalidArn, ValidationException.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html

        >>> import json
        >>> from eslabon import Cloud
        >>> states = Cloud().client("stepfunctions")
        >>> state = {"Type": "Pass", "InputPath": "$.order", "Next": "Pay"}
        >>> answer = states.test_state(definition=json.dumps(state), input='{"order": {"id": 7}}')
        >>> answer["status"], answer["output"], answer["nextState"]
        ('SUCCEEDED', '{"id":7}', 'Pay')
        >>> state = {
        ...     "Type": "Task",
        ...     "Resource": "arn:aws:states:::glue:startJobRun.sync",
        ...     "Retry": [{"ErrorEquals": ["Glue.ConcurrentRunsExceededException"], "IntervalSeconds": 5}],
        ...     "End": True,
        ... }
        >>> failing = {"errorOutput": {"error": "Glue.ConcurrentRunsExceededException", "cause": "Too many."}}
        >>> answer = states.test_state(definition=json.dumps(state), mock=failing, inspectionLevel="DEBUG")
        >>> answer["status"], answer["inspectionData"]["errorDetails"]
        ('RETRIABLE', {'retryIndex': 0, 'retryBackoffIntervalSeconds': 5})
        >>> states.test_state(definition=json.dumps(state))
        Traceback (most recent call last):
        botocore.errorfactory.InvalidDefinition: An error occurred (InvalidDefinition) ...
        """
        state, around = _state_of(definition, stateName)
        given_mock = _mock_of(mock, state, revealSecrets=revealSecrets)
        self._check_kind(state, given_mock, roleArn)
        configuration = stateConfiguration or {}
        _check_configuration(configuration, state, given_mock, around)
        if context is not None and given_mock is None:
            raise _refused("TestState does not support a Context object when no mock is specified.")
        given_context = None if context is None else read_context(context)
        try:
            value = jsontext.parse(input)
        except ValueError as error:
            raise ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None
        settings = Settings(
            input_text=input,
            role_arn=roleArn,
            variables=_object(variables, "variables"),
            context=given_context,
            mock=given_mock,
            item=_first_item(around, value) if given_context is None else given_context.get("Map", {}).get("Item"),
            retries=configuration.get("retrierRetryCount", retries_in(given_context or {})),
            failed_iterations=configuration.get("mapIterationFailureCount"),
            reader_data=configuration.get("mapItemReaderData"),
        )
        service: Any = self
        execution = TestExecution(service, state, value, settings)
        execution.run()
        answer = dict(execution.answer)
        if inspectionLevel != INFO:
            answer["inspectionData"] = execution.inspection.data
        return answer

    def _check_kind(self, state: State, mock: Mock | None, role_arn: str | None) -> None:
        """Refuse what cannot be tested without a mock, and a role that is none."""
        if mock is None:
            if state.type in ("Map", "Parallel"):
                raise ServiceError("InvalidDefinition", NEEDS_MOCK)
            if isinstance(state.work, TaskWork):
                resource = state.work.resource
                if resource.kind == "activity" or resource.pattern != REQUEST_RESPONSE:
                    message = (
                        "TestState API does not support Activity tasks and the .sync and .waitForTaskToken service "
                        "integration patterns when no mock is specified"
                    )
                    raise ServiceError("InvalidDefinition", message)
                if role_arn is None:
                    raise _refused("RoleArn must be specified when testing a Task state")
        if role_arn is not None:
            try:
                role = Arn.parse(role_arn)
            except ValueError:
                raise arns.invalid_arn(f"Invalid ARN prefix: {role_arn}") from None
            if role.service != "iam" or not role.resource.startswith("role/"):
                raise arns.invalid_arn(f"Invalid Role Arn: {role_arn}")


def _refused(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


# --- The state --------------------------------------------------------------------------------------------------------


def _state_of(definition: str, name: str | None) -> tuple[State, MapWork | None]:
    """The state to be tested, compiled, and the Map around it, if there is one.

    Raises InvalidDefinition; ValidationException when the definition has no such state.
    """
    if name is not None:
        found, machine = examine(definition, "STANDARD")
        if machine is None:
            raise invalid(found)
        for state, around in _every_state(machine):
            if state.name == name:
                return state, around
        raise _refused("State not found in definition")
    report = Report()
    fields = read(report, definition)
    if not report.failed:
        check_state(Context(report, "STANDARD"), UNNAMED, fields, "")
    if report.failed:
        raise invalid(report.diagnostics)
    try:
        return compile_state(UNNAMED, fields, JSONPATH), None
    except DefinitionError as error:
        report.error("", error.message, SCHEMA_VALIDATION_FAILED)
        raise invalid(report.diagnostics) from None


def _every_state(machine: Machine, around: MapWork | None = None) -> Iterator[tuple[State, MapWork | None]]:
    """Every state, and the Map that is the nearest around it."""
    for state in machine.states.values():
        yield state, around
        inside = state.work if isinstance(state.work, MapWork) else around
        for inner in inner_machines(state):
            yield from _every_state(inner, inside)


def _first_item(around: MapWork | None, value: Any) -> dict[str, Any] | None:
    """What the context object shows as Map.Item when nobody says it: the first item, which is the input."""
    if around is None:
        return None
    source = {"Source": "STATE_DATA"} if around.reader is None else {}  # else only the read data would tell
    return {"Index": 0, "Value": value, **source}


# --- The mock ---------------------------------------------------------------------------------------------------------


def _mock_of(mock: Mapping[str, Any] | None, state: State, *, revealSecrets: bool) -> Mock | None:
    """The mock of a request, held against the state. Raises ValidationException."""
    if mock is None:
        return None
    if "result" in mock and "errorOutput" in mock:
        raise _refused("A test mock should have only one of the following fields: [result, errorOutput].")
    if "result" not in mock and "errorOutput" not in mock:
        raise _refused("A test mock should have one of the following fields: [result, errorOutput].")
    if revealSecrets:
        raise _refused("TestState does not support RevealSecrets when a mock is specified.")
    if state.type not in MOCKED:
        raise _refused(f"State type '{state.type}' is not supported when a mock is specified")
    if "errorOutput" in mock:
        output = mock["errorOutput"]
        if output.get("error") is None:
            raise _refused("A mocked errorOutput must have an error.")
        return Mock(error=StateError(output["error"], output.get("cause"), complete=True))
    try:
        result = jsontext.parse(mock["result"])
    except ValueError as error:
        raise _refused(f"Mocked result must be a valid JSON: {error}") from None
    _check_result(state, result, mock.get("fieldValidationMode", STRICT))
    return Mock(result=result)


def _check_result(state: State, result: Any, mode: str) -> None:
    work = state.work
    if isinstance(work, TaskWork):
        check_result(work.resource, result, mode)
    elif isinstance(work, MapWork):
        written = work.writer is not None and work.writer.arguments is not None  # then the result says where
        if not isinstance(result, list) and not written:
            raise _refused("Mocked result must be an array.")
    elif isinstance(work, ParallelWork):
        if not isinstance(result, list):
            raise _refused("Mocked result must be an array.")
        if len(result) != len(work.branches):
            raise _refused("Mocked result must contain the same number of items as number of Parallel branches.")


def _check_configuration(
    configuration: Mapping[str, Any], state: State, mock: Mock | None, around: MapWork | None
) -> None:
    """Refuse a stateConfiguration that the state or the mock has no use for. Raises ValidationException."""
    named = configuration.get("errorCausedByState")
    if named is not None:
        if state.type not in ("Map", "Parallel") or mock is None or mock.error is None:
            raise _refused("errorCausedByState is for a mocked errorOutput of a Map or Parallel state.")
        if named not in set(_inner_names(state)):
            raise _refused(f"errorCausedByState is '{named}', and no state of that name is inside '{state.name}'.")
    if configuration.get("retrierRetryCount") is not None and (mock is None or mock.error is None):
        raise _refused("retrierRetryCount is for a mocked errorOutput.")
    if configuration.get("mapIterationFailureCount") is not None and (state.type != "Map" or mock is None):
        if around is not None and mock is not None:
            raise NotModelled("stepfunctions", "mapIterationFailureCount of a state inside a Map", ["that of the Map"])
        raise _refused("mapIterationFailureCount is for a mocked Map state.")
    if configuration.get("mapItemReaderData") is not None:
        if not isinstance(state.work, MapWork) or state.work.reader is None:
            raise _refused("mapItemReaderData is for a Map state with an ItemReader.")


def _inner_names(state: State) -> Iterator[str]:
    for machine in inner_machines(state):
        for inner in machine.every_state():
            yield inner.name


def _object(text: str, name: str) -> dict[str, Any]:
    """A parameter that is the JSON text of an object. Raises ValidationException."""
    try:
        value = jsontext.parse(text)
    except ValueError as error:
        raise _refused(f"{name} must be a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise _refused(f"{name} must be a JSON object.")
    return value
