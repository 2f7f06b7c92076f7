"""Redrive: an execution that did not succeed goes on where it failed. Map runs are redriven by their executions.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

from typing import Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api.registry import when
from eslabon.stepfunctions.api.starting import Starting

TOKENS = 10  # client tokens that are remembered
TOKEN_LIFE = 15 * 60.0  # seconds


class Redriving(Starting):
    """RedriveExecution."""

    def redrive_execution(self, executionArn: str, clientToken: str | None = None) -> dict[str, Any]:
        """Go on with a Standard execution that failed, timed out or was aborted in the last 14 days.

        What has succeeded is kept, of branches and iterations too; the rest runs again, with the same definition, on
        the same input. Raises ExecutionNotRedrivable, ExecutionDoesNotExist, InvalidArn.

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
        now = self.clock.now
        used = execution.tokens
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
