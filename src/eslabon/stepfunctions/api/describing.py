"""How executions are described, and whether they can be redriven. No operation."""

from __future__ import annotations

from typing import Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api.machines import DELETING
from eslabon.stepfunctions.api.registry import Registry, shown
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.running.execution import LONGEST, RUNNING, SUCCEEDED, Execution

PERIOD = 14 * 86_400.0  # seconds after its end in which an execution can be redriven
MOST_EVENTS = 24_998  # so that ExecutionRedriven and one more have room


class Describing(Registry):
    """What DescribeExecution answers, which events tell too."""

    def _described(self, execution: Execution, included: str | None = None) -> dict[str, Any]:
        """What DescribeExecution answers."""
        reason = self._not_redrivable(execution)
        more = "mapRunArn stateMachineVersionArn stateMachineAliasArn redriveCount redriveDate"
        return {
            **shown_run(execution, included),
            **shown(execution, more),
            "stateMachineArn": execution.state_machine["Id"],
            "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
            "redriveStatusReason": reason,
        }

    def _not_redrivable(self, execution: Execution) -> str | None:
        """Why RedriveExecution would refuse, as DescribeExecution words it."""
        now = self.clock.now
        if execution.status in (RUNNING, SUCCEEDED):
            return f"Execution is {execution.status} and cannot be redriven"
        if execution.map_run_arn is not None:  # it is redriven by the execution that started it
            parent = self._map_run(execution.map_run_arn).visit.flow.execution
            return None if parent.status == RUNNING else self._not_redrivable(parent)
        machine = self._find_machine(execution.state_machine["Id"])
        if machine is None or machine.status == DELETING or machine.created > execution.started:  # or made anew
            return "State machine is in DELETING status"
        if len(execution.events) > MOST_EVENTS:
            return "Execution history event limit exceeded"
        if now >= execution.started + LONGEST["STANDARD"]:
            return "Execution has exceeded the max execution time"
        if execution.stopped is None or now >= execution.stopped + PERIOD:
            return "Execution redrivable period exceeded"
        return None


def shown_run(execution: Execution, included: str | None) -> dict[str, Any]:
    """What DescribeExecution and StartSyncExecution both answer; included: METADATA_ONLY leaves the data out.

    >>> from eslabon.stepfunctions.api.examples import example
    >>> cloud, orders = example()
    >>> _ = cloud.client("stepfunctions").start_execution(stateMachineArn=orders, name="first")
    >>> execution = next(cloud.journal.of("execution"))["execution"]
    >>> shown_run(execution, None)["input"], shown_run(execution, "METADATA_ONLY")["inputDetails"]
    ('{}', {'included': False})
    """
    data = included != "METADATA_ONLY"
    text = execution.input_text if execution.input_text is not None else compact(execution.input)
    told: dict[str, Any] = {
        **shown(execution, "executionArn name status startDate stopDate"),
        "input": text if data else None,
        "inputDetails": {"included": data},
    }
    if execution.status == SUCCEEDED:
        return {**told, "output": compact(execution.output) if data else None, "outputDetails": {"included": data}}
    return {**told, **shown(execution, "error cause" if data else "")}


def type_not_supported() -> ServiceError:
    """The error for an operation that is for the other type of state machine.

    >>> type_not_supported().code
    'StateMachineTypeNotSupported'
    """
    return ServiceError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
