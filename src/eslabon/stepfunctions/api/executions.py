"""Executions: the operations that stop, redrive, describe and list them, and show their history."""

from __future__ import annotations

from typing import Any, cast

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api.describing import type_not_supported
from eslabon.stepfunctions.api.registry import newest_first, shown, when
from eslabon.stepfunctions.api.starting import EXPRESS, Starting
from eslabon.stepfunctions.running import history
from eslabon.stepfunctions.running.execution import Execution

TOKENS = 10  # client tokens of redrives that are remembered
TOKEN_LIFE = 15 * 60.0  # seconds


class Executions(Starting):
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
        return {"stopDate": when(execution.stopped)}

    def redrive_execution(self, executionArn: str, clientToken: str | None = None) -> dict[str, Any]:
        """Go on with a Standard execution that failed, timed out or was aborted in the last 14 days.

        What has succeeded is kept, of branches and iterations too; the rest runs again, with the same definition, on
        the same input. A child execution of a map run is redriven by the execution that started it. Raises
        ExecutionNotRedrivable, ExecutionDoesNotExist, InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html

        >>> from eslabon.stepfunctions.api.examples import FAILING, example
        >>> cloud, orders = example(FAILING)
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders)["executionArn"]
        >>> states.redrive_execution(executionArn=arn)
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionNotRedrivable: An error occurred (ExecutionNotRedrivable) ... RUNNING and ...
        >>> cloud.clock.run_until_idle()
        >>> _ = states.redrive_execution(executionArn=arn)
        >>> described = states.describe_execution(executionArn=arn)
        >>> described["status"], described["redriveCount"]
        ('RUNNING', 1)
        """
        execution = self._execution(executionArn)
        if execution.map_run_arn is not None:
            parent = self._map_run(execution.map_run_arn).visit.flow.execution.arn
            message = f"Execution is not redrivable: '{executionArn}'. Redrive the execution that started it: {parent}"
            raise ServiceError("ExecutionNotRedrivable", message)
        now, used = self.clock.now, execution.tokens
        if clientToken in used and now < used[clientToken] + TOKEN_LIFE:
            return {"redriveDate": when(used[clientToken])}
        reason = self._not_redrivable(execution)
        if reason:
            raise ServiceError("ExecutionNotRedrivable", f"Execution is not redrivable: '{executionArn}'. {reason}")
        if clientToken is not None:
            used.pop(clientToken, None)  # so that it is the last one
            used[clientToken] = now
            if len(used) > TOKENS:
                del used[next(iter(used))]
        execution.redrive()
        self._goes_on(self._machine(execution.state_machine["Id"]), execution)
        return {"redriveDate": when(now)}

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
        return self._described(self._child(executionArn, "express") or self._execution(executionArn), includedData)

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
            found = cast(list[Execution], list(self._map_run(mapRunArn).children))  # what has ended tells the same
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
        listed, token = self._page(found, maxResults, nextToken, "list_executions", *key)
        return {"executions": [_listed(one) for one in listed], "nextToken": token}

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
        chosen, token = self._page(numbers, maxResults, nextToken, *key)
        first, last = min(chosen), max(chosen)
        events = history.render(execution.events[first - 1 : last], first, data=includeExecutionData)
        return {"events": events[::-1] if reverseOrder else events, "nextToken": token}


def _listed(execution: Execution) -> dict[str, Any]:
    members = (
        "executionArn name status startDate stopDate mapRunArn itemCount stateMachineVersionArn stateMachineAliasArn "
        "redriveCount redriveDate"
    )
    return {"stateMachineArn": execution.state_machine["Id"], **shown(execution, members)}
