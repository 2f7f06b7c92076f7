"""Diagnoses a definition or one state of it, and the operations that do no more than try one.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
How a state is tested is in `eslabon.stepfunctions.teststate`, which is loaded when one is.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from eslabon import jsontext
from eslabon.service import Service
from eslabon.stepfunctions.language.definition import Machine, State, compile_machine, compile_state
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation.context import ERROR, Context, Diagnostic
from eslabon.stepfunctions.validation.states import check_state, check_whole

T = TypeVar("T")
INFO = "INFO"
LARGEST = 1024 * 1024  # bytes of a definition
MOST_DIAGNOSTICS = 100  # that one answer shows


def diagnose(text: str, type: str = "STANDARD") -> Sequence[Diagnostic]:
    """All that is wrong with a definition, errors and warnings, in the order of the definition.

    text: JSON in the Amazon States Language; type: STANDARD or EXPRESS. Raises nothing.

    >>> diagnose('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    []
    >>> for found in diagnose('{"StartAt": "A", "States": {"A": {"Type": "Task", "Next": "B"}}}'):
    ...     print(found)
    SCHEMA_VALIDATION_FAILED: The field 'Resource' is required but was missing at /States/A
    MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next
    MISSING_END_STATE: Workflow has no terminal state at null
    >>> print(diagnose("StartAt: A")[0].code)
    INVALID_JSON_DESCRIPTION
    """
    return examine(text, type)[0]


def examine(text: str, type: str) -> tuple[Sequence[Diagnostic], Machine | None]:
    """All that is wrong with a definition, and the compiled machine when none of it is an error.

    >>> examine('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', "STANDARD")[1].start_at
    'A'
    >>> examine("[]", "STANDARD")[1] is None
    True
    """
    return _examine(text, Context(type=type), check_whole, compile_machine)


def examine_state(text: str, name: str) -> tuple[Sequence[Diagnostic], State | None]:
    """The same of the definition of one state alone; name: what it is called.

    >>> examine_state('{"Type": "Succeed"}', "A")[1].name
    'A'
    >>> print(examine_state('{"Type": "Succeed", "Next": "B"}', "A")[0][0])
    SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /
    """

    def check(context: Context, state: Any) -> None:
        check_state(context, name, state, "")

    return _examine(text, Context(), check, partial(compile_state, name))


def _examine(
    text: str, context: Context, check: Callable[[Context, Any], None], compile_it: Callable[[Any], T]
) -> tuple[Sequence[Diagnostic], T | None]:
    definition = read(context, text)
    if not context.errors:
        check(context, definition)
    compiled = None
    if not context.errors:
        try:
            compiled = compile_it(definition)
        except DefinitionError as error:  # what only the compiler knows
            context.error(None, error.message)
        except RecursionError:
            context.error(None, "The definition nests too deeply", "TOO_DEEPLY_NESTED")
    return context.diagnostics, compiled


def read(context: Context, text: str) -> Any:
    """The JSON value of a definition's text; what is wrong with the text is reported.

    >>> context = Context()
    >>> read(context, '{"A": 1, "A": 2}')
    >>> print(context.diagnostics[0])
    INVALID_JSON_DESCRIPTION: Duplicate field 'A' at null
    >>> read(Context(), '{"A": 1}')
    {'A': 1}
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        context.error(None, f"The definition is larger than {LARGEST} bytes")
        return None
    try:
        definition = jsontext.parse(text, members=_members) if text.strip() else None
    except ValueError as error:
        context.error(None, str(error), "INVALID_JSON_DESCRIPTION")
        return None
    if definition is None:
        context.error(None, "The definition is empty or null", "MISSING_DESCRIPTION")
    elif not isinstance(definition, dict):
        context.error(None, "A definition is a JSON object", "INVALID_JSON_DESCRIPTION")
    return definition


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"Duplicate field '{name}'")
    return members


class Trials(Service):
    """Operations that keep nothing."""

    def validate_state_machine_definition(
        self,
        definition: str,
        type: str = "STANDARD",
        severity: str = ERROR,
        maxResults: int = 0,
    ) -> dict[str, Any]:
        """Say whether a state machine could be created from a definition, and what is wrong with it.

        type: STANDARD or EXPRESS; severity: WARNING to be told of warnings too; maxResults: up to 100, which 0 means.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html

        >>> from eslabon import Cloud
        >>> states = Cloud().client("stepfunctions")
        >>> good = '{"StartAt": "A", "States": {"A": {"Type": "Fail", "Cause": "$.cause"}}}'
        >>> answer = states.validate_state_machine_definition(definition=good)
        >>> answer["result"], answer["diagnostics"], answer["truncated"]
        ('OK', [], False)
        >>> answer = states.validate_state_machine_definition(definition=good, severity="WARNING")
        >>> answer["result"], answer["diagnostics"][0]["code"], answer["diagnostics"][0]["location"]
        ('OK', 'NO_PATH', '/States/A/Cause')
        >>> states.validate_state_machine_definition(definition=good[:-1])["result"]
        'FAIL'
        """
        found = diagnose(definition, type)
        failed = any(one.severity == ERROR for one in found)
        asked = [one for one in found if one.severity == ERROR or severity != ERROR]
        most = maxResults or MOST_DIAGNOSTICS
        return {
            "result": "FAIL" if failed else "OK",
            "diagnostics": [
                {name: value for name, value in dataclasses.asdict(one).items() if value} for one in asked[:most]
            ],
            "truncated": len(asked) > most,
        }

    def test_state(
        self,
        definition: str,
        roleArn: str | None = None,
        input: str = "{}",
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
        from eslabon.stepfunctions.teststate.teststate import run_test

        service: Any = self
        execution = run_test(
            service,
            definition,
            stateName,
            role_arn=roleArn,
            input_text=input,
            reveal_secrets=revealSecrets,
            variables=variables,
            mock=mock,
            context=context,
            configuration=stateConfiguration or {},
        )
        inspected = {} if inspectionLevel == INFO else {"inspectionData": execution.inspection.data}
        return {**execution.answer, **inspected}
