"""The operations that try a definition or one state of it: ValidateStateMachineDefinition and TestState.

How is in `validation` and in `eslabon.stepfunctions.teststate`, which is loaded when a state is tested.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from eslabon.service import Service
from eslabon.stepfunctions.validation.diagnostics import ERROR
from eslabon.stepfunctions.validation.validation import diagnose

INFO = "INFO"
MOST_DIAGNOSTICS = 100  # that one answer shows


class Trials(Service):
    """Operations that keep nothing."""

    def validate_state_machine_definition(
        self,
        definition: str,
        type: str = "STANDARD",  # noqa: A002 - the API's word
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
