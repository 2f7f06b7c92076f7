"""The API of Step Functions: state machines and their executions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import ServiceError
from eslabon.service import Service
from eslabon.stepfunctions import history
from eslabon.stepfunctions.definition import Machine, compile_machine
from eslabon.stepfunctions.execution import RUNNING, SUCCEEDED, Execution

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.stepfunctions.tasks import Attempt


class StepFunctions(Service):
    """Step Functions in one account and Region."""

    name = "stepfunctions"
    prefix = "states"
    principal = "states.amazonaws.com"
    modelled: ClassVar[Mapping[str, str]] = {}

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._machines: dict[str, tuple[str, Machine, str]] = {}
        self._executions: dict[str, Execution] = {}
        self.attempts: dict[str, Attempt] = {}  # tasks that wait for their token, by it

    def create_state_machine(self, name: str, definition: str, roleArn: str) -> dict[str, Any]:
        """Create a state machine."""
        arn = self.arn(f"stateMachine:{name}")
        self._machines[arn] = (name, compile_machine(json.loads(definition)), roleArn)
        return {"stateMachineArn": arn, "creationDate": self.clock.datetime()}

    def start_execution(self, stateMachineArn: str, name: str | None = None, input: str = "{}") -> dict[str, Any]:
        """Start an execution."""
        machine_name, machine, role = self._machines[stateMachineArn]
        name = name or self.ids.uuid()
        arn = self.arn(f"execution:{machine_name}:{name}")
        execution = self._executions[arn] = Execution(
            self,
            machine,
            arn=arn,
            name=name,
            type="STANDARD",
            state_machine={"Id": stateMachineArn, "Name": machine_name},
            role_arn=role,
            input=json.loads(input),
            ended=lambda execution: None,
        )
        execution.start()
        return {"executionArn": arn, "startDate": self.clock.datetime()}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        """Describe an execution."""
        execution = self._executions.get(executionArn)
        if execution is None:
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{executionArn}'")
        answer: dict[str, Any] = {
            "executionArn": executionArn,
            "stateMachineArn": execution.state_machine["Id"],
            "name": execution.name,
            "status": execution.status,
            "startDate": datetime.fromtimestamp(execution.started, UTC),
            "input": history.to_text(execution.input),
            "error": execution.error,
            "cause": execution.cause,
        }
        if execution.stopped is not None:
            answer["stopDate"] = datetime.fromtimestamp(execution.stopped, UTC)
        if execution.status == SUCCEEDED:
            answer["output"] = history.to_text(execution.output)
        return answer

    def get_execution_history(
        self, executionArn: str, maxResults: int = 100, nextToken: str | None = None
    ) -> dict[str, Any]:
        """Events."""
        execution = self._executions[executionArn]
        first = int(nextToken or 1)
        events = execution.events[first - 1 : first - 1 + maxResults]
        answer: dict[str, Any] = {"events": history.render(events, first)}
        if first - 1 + maxResults < len(execution.events):
            answer["nextToken"] = str(first + maxResults)
        return answer


__all__ = ["RUNNING", "StepFunctions"]
