"""Executions: the operations that stop, describe and list them, and show their history."""

from __future__ import annotations

from typing import Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api.describing import type_not_supported
from eslabon.stepfunctions.api.redriving import Redriving
from eslabon.stepfunctions.api.registry import newest_first, when
from eslabon.stepfunctions.api.starting import EXPRESS
from eslabon.stepfunctions.running import history
from eslabon.stepfunctions.running.execution import Execution


class Executions(Redriving):
    """Operations on executions that have begun."""

    def stop_execution(self, executionArn: str, error: str | None = None, cause: str | None = None) -> dict[str, Any]:
        """Abort a Standard execution; one that has ended stays as it is.

        Raises InvalidArn (an Express one), ExecutionDoesNotExist.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html

        >>> from eslabon.stepfunctions.api.examples import WAITING, example
        >>> cloud, orders = example(WAITING)
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders)["executionArn"]
        >>> _ = states.stop_execution(executionArn=arn, error="Cancelled")
        >>> described = states.describe_execution(executionArn=arn)
        >>> described["status"], described["error"]
        ('ABORTED', 'Cancelled')
        >>> states.stop_execution(executionArn="orders")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidArn: An error occurred (InvalidArn) ...
        """
        execution = self._execution(executionArn)
        execution.stop(error, cause)
        assert execution.stopped is not None
        return {"stopDate": when(execution.stopped)}

    def describe_execution(self, executionArn: str, includedData: str | None = None) -> dict[str, Any]:
        """Describe a Standard execution until 90 days after its end.

        includedData: METADATA_ONLY leaves input, output, error and cause out. Raises InvalidArn (an Express one),
        ExecutionDoesNotExist.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders, input='{"total": 9}')["executionArn"]
        >>> states.describe_execution(executionArn=arn)["status"]
        'RUNNING'
        >>> cloud.clock.run_until_idle()
        >>> described = states.describe_execution(executionArn=arn)
        >>> described["status"], described["output"]
        ('SUCCEEDED', '{"total":9}')
        >>> states.describe_execution(executionArn=arn + "s")
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionDoesNotExist: An error occurred (ExecutionDoesNotExist) ...
        """
        return self._described(self._describable(executionArn), includedData)

    def _describable(self, arn: str) -> Execution:
        """What DescribeExecution describes."""
        return self._execution(arn)

    def list_executions(
        self,
        stateMachineArn: str | None = None,
        statusFilter: str | None = None,
        maxResults: int = 0,
        nextToken: str | None = None,
        mapRunArn: str | None = None,
        redriveFilter: str | None = None,
    ) -> dict[str, Any]:
        """List the executions of a state machine, a version, an alias or a map run, the most recent first.

        Raises StateMachineTypeNotSupported (Express), ValidationException unless there is just one ARN,
        StateMachineDoesNotExist, ResourceNotFound (the map run), InvalidArn, InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> for name in ("first", "second"):
        ...     _ = states.start_execution(stateMachineArn=orders, name=name)
        ...     cloud.clock.run_until_idle()
        >>> [execution["name"] for execution in states.list_executions(stateMachineArn=orders)["executions"]]
        ['second', 'first']
        >>> states.list_executions(stateMachineArn=orders, statusFilter="FAILED")["executions"]
        []
        >>> states.list_executions()
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationException) ...
        """
        if (stateMachineArn is None) == (mapRunArn is None):
            raise ServiceError("ValidationException", "Either stateMachineArn or mapRunArn must be given, not both.")
        if mapRunArn is not None:
            found = self._map_run_executions(mapRunArn)
        else:
            if statusFilter == "PENDING_REDRIVE":
                raise ServiceError("ValidationException", "The status PENDING_REDRIVE requires a mapRunArn.")
            found = self._executions_of(stateMachineArn or "")
        if statusFilter is not None:
            found = [execution for execution in found if execution.status == statusFilter]
        if redriveFilter is not None:
            found = [one for one in found if (one.redrives > 0) == (redriveFilter == "REDRIVEN")]
        found = newest_first(found, lambda one: one.stopped or one.redriven or one.started)
        key = (stateMachineArn or mapRunArn, statusFilter, redriveFilter)
        shown, token = self._page(found, maxResults, nextToken, "list_executions", *key)
        return {"executions": [_listed(one) for one in shown], "nextToken": token}

    def _executions_of(self, arn: str) -> list[Execution]:
        """The Standard executions of a state machine, or those that were started by one of its versions or aliases."""
        machine, chosen = self._qualified(arn)
        if machine.type == EXPRESS:
            raise type_not_supported()
        return [
            execution
            for execution in self._executions.values()
            if execution.state_machine["Id"] == machine.arn
            and execution.started >= machine.created  # not of one that was deleted, and had the same name
            and execution.map_run_arn is None
            and (chosen is None or chosen.arn in (execution.version_arn, execution.alias_arn))
            and not self._expired(execution)
        ]

    def _map_run_executions(self, arn: str) -> list[Execution]:
        """The child executions of a map run."""
        raise ServiceError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)

    def get_execution_history(
        self,
        executionArn: str,
        maxResults: int = 0,
        reverseOrder: bool = False,
        nextToken: str | None = None,
        includeExecutionData: bool = True,
    ) -> dict[str, Any]:
        """Show the events of a Standard execution, in the order in which they happened or in reverse.

        maxResults: up to 1,000, 100 when it is 0. includeExecutionData: whether inputs and outputs are shown.
        Raises InvalidArn (an Express one), ExecutionDoesNotExist, InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders)["executionArn"]
        >>> cloud.clock.run_until_idle()
        >>> [event["type"] for event in states.get_execution_history(executionArn=arn)["events"]]
        ['ExecutionStarted', 'SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded']
        >>> last = states.get_execution_history(executionArn=arn, maxResults=1, reverseOrder=True)["events"]
        >>> last[0]["type"], last[0]["id"]
        ('ExecutionSucceeded', 4)
        >>> states.get_execution_history(executionArn=arn, nextToken="x")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        execution = self._execution(executionArn)
        numbers = range(len(execution.events), 0, -1) if reverseOrder else range(1, len(execution.events) + 1)
        key = ("get_execution_history", executionArn, reverseOrder, includeExecutionData)
        shown, token = self._page(numbers, maxResults, nextToken, *key)
        if not shown:
            return {"events": [], "nextToken": None}
        first, last = min(shown), max(shown)
        events = history.render(execution.events[first - 1 : last], first, data=includeExecutionData)
        return {"events": events[::-1] if reverseOrder else events, "nextToken": token}


def _listed(execution: Execution) -> dict[str, Any]:
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine["Id"],
        "name": execution.name,
        "status": execution.status,
        "startDate": when(execution.started),
        "stopDate": when(execution.stopped) if execution.stopped is not None else None,
        "mapRunArn": execution.map_run_arn,
        "itemCount": execution.item_count,
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": execution.redrives,
        "redriveDate": when(execution.redriven) if execution.redriven is not None else None,
    }
