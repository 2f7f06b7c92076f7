"""The operation ValidateStateMachineDefinition."""

from __future__ import annotations

import dataclasses
from typing import Any

from eslabon.service import Service
from eslabon.stepfunctions.validation.diagnostics import ERROR
from eslabon.stepfunctions.validation.validation import diagnose

MOST_DIAGNOSTICS = 100  # that one answer shows


class Trials(Service):
    """ValidateStateMachineDefinition and TestState."""

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
