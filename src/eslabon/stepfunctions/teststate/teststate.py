"""What TestState does: its request read and checked, the state run.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.definitiontext import compile_definition, invalid
from eslabon.stepfunctions.language.definition import Machine, MapWork, ParallelWork, State, TaskWork, inner_machines
from eslabon.stepfunctions.language.resources import REQUEST_RESPONSE
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.teststate.contextobject import read_context
from eslabon.stepfunctions.teststate.mockresults import STRICT, check_result
from eslabon.stepfunctions.teststate.running import MOCKED, Mock, Settings, TestExecution
from eslabon.stepfunctions.validation.validation import examine_state

if TYPE_CHECKING:
    from eslabon.stepfunctions.service import StepFunctions

UNNAMED = "StateName"  # how AWS calls a state that is tested without the machine around it
NEEDS_MOCK = (
    "TestState API does not support Map or Parallel states. Supported state types include: "
    "[Task, Wait, Pass, Succeed, Fail, Choice]"
)
TASK_NEEDS_MOCK = (
    "TestState API does not support Activity tasks and the .sync and .waitForTaskToken service integration patterns "
    "when no mock is specified"
)


def run_test(
    service: StepFunctions,
    definition: str,
    state_name: str | None,
    *,
    role_arn: str | None,
    input_text: str,
    reveal_secrets: bool,
    variables: str,
    mock: Mapping[str, Any] | None,
    context: str | None,
    configuration: Mapping[str, Any],
) -> TestExecution:
    """Run one state with the parameters of TestState, which this checks; the execution has what the state answered.

    Raises InvalidDefinition, InvalidExecutionInput, InvalidArn, ValidationException, NotModelled.

    >>> import json
    >>> from eslabon import Cloud
    >>> states = Cloud().client("stepfunctions")
    >>> states.test_state(definition=json.dumps({"Type": "Succeed"}), input="7")["output"]
    '7'
    >>> states.test_state(definition=json.dumps({"Type": "Succeed"}), input="7", stateName="Done")
    Traceback (most recent call last):
    botocore.errorfactory.InvalidDefinition: An error occurred (InvalidDefinition) ...
    """
    state, around = _state_of(definition, state_name)
    stand_in = _mock_of(mock, state, reveal_secrets=reveal_secrets)
    if stand_in is None:
        _check_real(state, role_arn)
    if role_arn is not None:
        arns.parse_role(role_arn)
    _check_configuration(configuration, state, stand_in, around)
    if context is not None and stand_in is None:
        raise _refused("TestState does not support a Context object when no mock is specified.")
    given = None if context is None else read_context(context)
    value = _parsed(input_text, "Invalid State Machine Execution Input: '{}'", code="InvalidExecutionInput")
    assigned = _parsed(variables, "variables must be a JSON object: {}")
    if not isinstance(assigned, dict):
        raise _refused("variables must be a JSON object.")
    settings = Settings(
        input_text=input_text,
        role_arn=role_arn,
        variables=assigned,
        context=given,
        mock=stand_in,
        item=_first_item(around, value) if given is None else given.get("Map", {}).get("Item"),
        configuration=configuration,
    )
    execution = TestExecution(service, state, value, settings)
    execution.run()
    return execution


def _refused(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


# --- The state --------------------------------------------------------------------------------------------------------


def _state_of(definition: str, name: str | None) -> tuple[State, MapWork | None]:
    """The state to be tested, compiled, and the Map around it, if there is one.

    Raises InvalidDefinition; ValidationException when the definition has no such state.
    """
    if name is None:
        found, alone = examine_state(definition, UNNAMED)
        if alone is None:
            raise invalid(found)
        return alone, None
    for state, around in _every_state(compile_definition(definition, "STANDARD")):
        if state.name == name:
            return state, around
    raise _refused("State not found in definition")


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


def _check_real(state: State, role_arn: str | None) -> None:
    """Refuse what cannot be tested without a mock."""
    if state.type in ("Map", "Parallel"):
        raise ServiceError("InvalidDefinition", NEEDS_MOCK)
    if isinstance(state.work, TaskWork):
        resource = state.work.resource
        if resource.kind == "activity" or resource.pattern != REQUEST_RESPONSE:
            raise ServiceError("InvalidDefinition", TASK_NEEDS_MOCK)
        if role_arn is None:
            raise _refused("RoleArn must be specified when testing a Task state")


# --- The mock ---------------------------------------------------------------------------------------------------------


def _mock_of(mock: Mapping[str, Any] | None, state: State, *, reveal_secrets: bool) -> Mock | None:
    """The mock of a request, held against the state. Raises ValidationException."""
    if mock is None:
        return None
    if ("result" in mock) == ("errorOutput" in mock):
        how_many = "only one" if mock.keys() >= {"result", "errorOutput"} else "one"
        raise _refused(f"A test mock should have {how_many} of the following fields: [result, errorOutput].")
    if reveal_secrets:
        raise _refused("TestState does not support RevealSecrets when a mock is specified.")
    if state.type not in MOCKED:
        raise _refused(f"State type '{state.type}' is not supported when a mock is specified")
    if "errorOutput" in mock:
        output = mock["errorOutput"]
        if output.get("error") is None:
            raise _refused("A mocked errorOutput must have an error.")
        return Mock(error=StateError(output["error"], output.get("cause"), complete=True))
    result = _parsed(mock["result"], "Mocked result must be a valid JSON: {}")
    _check_result(state, result, mock.get("fieldValidationMode", STRICT))
    return Mock(result=result)


def _check_result(state: State, result: Any, mode: str) -> None:
    work = state.work
    if isinstance(work, TaskWork):
        check_result(work.resource, result, mode)
    elif isinstance(work, MapWork) and work.writer is not None and work.writer.arguments is not None:
        pass  # the result says where the results were written
    elif not isinstance(result, list):
        raise _refused("Mocked result must be an array.")
    elif isinstance(work, ParallelWork) and len(result) != len(work.branches):
        raise _refused("Mocked result must contain the same number of items as number of Parallel branches.")


def _check_configuration(
    configuration: Mapping[str, Any], state: State, mock: Mock | None, around: MapWork | None
) -> None:
    """Refuse a stateConfiguration that the state or the mock has no use for. Raises ValidationException."""
    failing = mock is not None and mock.error is not None
    work = state.work
    uses = (
        (
            "errorCausedByState",
            failing and state.type in ("Map", "Parallel"),
            "a mocked errorOutput of a Map or Parallel state",
        ),
        ("retrierRetryCount", failing, "a mocked errorOutput"),
        ("mapIterationFailureCount", mock is not None and state.type == "Map", "a mocked Map state"),
        ("mapItemReaderData", isinstance(work, MapWork) and work.reader is not None, "a Map state with an ItemReader"),
    )
    for name, fits, use in uses:
        if configuration.get(name) is not None and not fits:
            if name == "mapIterationFailureCount" and around is not None and mock is not None:
                raise NotModelled("stepfunctions", f"{name} of a state inside a Map", ["that of the Map"])
            raise _refused(f"{name} is for {use}.")
    named = configuration.get("errorCausedByState")
    if named is not None and named not in _inner_names(state):
        raise _refused(f"errorCausedByState is '{named}', and no state of that name is inside '{state.name}'.")


def _inner_names(state: State) -> set[str]:
    return {inner.name for machine in inner_machines(state) for inner, _ in _every_state(machine)}


def _parsed(text: str, problem: str, *, code: str = "ValidationException") -> Any:
    try:
        return jsontext.parse(text)
    except ValueError as error:
        raise ServiceError(code, problem.format(error)) from None
