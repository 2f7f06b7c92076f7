"""The operations that show and change map runs, and what other operations say of their child executions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.executions import Executions
from eslabon.stepfunctions.api.registry import newest_first, when
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running.execution import RUNNING, SUCCEEDED, Execution

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.stepfunctions.maps.mapchildren import Child, Ended
    from eslabon.stepfunctions.maps.mapruns import MapRun

# How the counts of DescribeMapRun are called, and the statuses that they count.
_COUNTED = {
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "timedOut": "TIMED_OUT",
    "aborted": "ABORTED",
    "pendingRedrive": "PENDING_REDRIVE",
}
_UNSUCCESSFUL = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


class MapRuns(Executions):
    """Operations on map runs."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.map_runs: dict[str, MapRun] = {}  # by ARN, oldest first

    def describe_map_run(self, mapRunArn: str) -> dict[str, Any]:
        """Describe a map run: its settings, and how many items and child executions are how far.

        Raises ResourceNotFound, InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html

        >>> from eslabon.stepfunctions.api.examples import MAPPING, example
        >>> cloud, orders = example(MAPPING)
        >>> states = cloud.client("stepfunctions")
        >>> execution = states.start_execution(stateMachineArn=orders, input="[1, 2, 3]")["executionArn"]
        >>> cloud.clock.run_until_idle()
        >>> [listed] = states.list_map_runs(executionArn=execution)["mapRuns"]
        >>> described = states.describe_map_run(mapRunArn=listed["mapRunArn"])
        >>> described["status"], described["itemCounts"]["succeeded"], described["itemCounts"]["total"]
        ('SUCCEEDED', 3, 3)
        >>> states.describe_map_run(mapRunArn=listed["mapRunArn"] + "0")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFound: An error occurred (ResourceNotFound) ...
        """
        run = self._map_run(mapRunArn)
        try:
            run.inputs.expand()  # so that what is pending is counted
        except StateError:
            pass  # the run meets the error when it comes to it
        return {
            "mapRunArn": run.arn,
            "executionArn": run.visit.flow.execution.arn,
            "status": run.status,
            "startDate": when(run.started),
            "stopDate": when(run.stopped) if run.stopped is not None else None,
            "maxConcurrency": run.max_concurrency,
            "toleratedFailurePercentage": run.tolerated_percentage or 0.0,
            "toleratedFailureCount": run.tolerated_count or 0,
            "itemCounts": _counts(
                run, lambda child: child.item_count or 0, sum(items for _, items in run.inputs.ahead)
            ),
            "executionCounts": _counts(run, lambda child: 1, len(run.inputs.ahead)),
            "redriveCount": run.redrives,
            "redriveDate": when(run.redriven) if run.redriven is not None else None,
        }

    def list_map_runs(self, executionArn: str, maxResults: int = 0, nextToken: str | None = None) -> dict[str, Any]:
        """List the map runs that an execution has started, the most recent first.

        Raises ExecutionDoesNotExist, InvalidArn, InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html

        >>> from eslabon.stepfunctions.api.examples import DONE, example
        >>> cloud, orders = example(DONE)
        >>> states = cloud.client("stepfunctions")
        >>> execution = states.start_execution(stateMachineArn=orders)["executionArn"]
        >>> states.list_map_runs(executionArn=execution)["mapRuns"]
        []
        >>> states.list_map_runs(executionArn=execution + "s")
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionDoesNotExist: An error occurred (ExecutionDoesNotExist) ...
        """
        execution = self._execution(executionArn)
        found = [run for run in self.map_runs.values() if run.visit.flow.execution is execution]
        found = newest_first(found, lambda run: run.started)
        shown, token = self._page(found, maxResults, nextToken, "list_map_runs", executionArn)
        return {"mapRuns": [_listed(run) for run in shown], "nextToken": token}

    def update_map_run(
        self,
        mapRunArn: str,
        maxConcurrency: int | None = None,
        toleratedFailurePercentage: float | None = None,
        toleratedFailureCount: int | None = None,
    ) -> None:
        """Change how many child executions of a map run may be under way at once, and how many items may fail.

        Raises ResourceNotFound, InvalidArn, ValidationException (the run has ended).

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateMapRun.html

        >>> from eslabon.stepfunctions.api.examples import MAPPING, example
        >>> cloud, orders = example(MAPPING)
        >>> states = cloud.client("stepfunctions")
        >>> execution = states.start_execution(stateMachineArn=orders, input="[1, 2, 3]")["executionArn"]
        >>> cloud.clock.advance(0.02)  # the Map state has been entered
        >>> arn = states.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
        >>> _ = states.update_map_run(mapRunArn=arn, toleratedFailureCount=1)
        >>> states.describe_map_run(mapRunArn=arn)["toleratedFailureCount"]
        1
        >>> cloud.clock.run_until_idle()
        >>> states.update_map_run(mapRunArn=arn, toleratedFailureCount=2)
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationException) ...
        """
        run = self._map_run(mapRunArn)
        if run.status != RUNNING:
            message = f"The map run {mapRunArn} is {run.status}; only one that is RUNNING can be updated."
            raise ServiceError("ValidationException", message)
        run.update(maxConcurrency, toleratedFailureCount, toleratedFailurePercentage)

    def _map_run(self, arn: str) -> MapRun:
        arns.parse(arn, "mapRun")
        run = self.map_runs.get(arn)
        if run is None or self._expired(run.visit.flow.execution):
            self.map_runs.pop(arn, None)
            raise ServiceError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)
        return run

    def redrive_execution(self, executionArn: str, clientToken: str | None = None) -> dict[str, Any]:
        """Redrive an execution; a child execution is redriven with its map run, by the execution that started it."""
        execution = self._execution(executionArn)
        if execution.map_run_arn is not None:
            parent = self._map_run(execution.map_run_arn).visit.flow.execution.arn
            message = f"Execution is not redrivable: '{executionArn}'. Redrive the execution that started it: {parent}"
            raise ServiceError("ExecutionNotRedrivable", message)
        return super().redrive_execution(executionArn, clientToken)

    # --- What other operations ask about child executions -------------------------------------------------------------

    def _map_run_executions(self, arn: str) -> list[Execution]:
        return _as_executions(self._map_run(arn).children)

    def _execution(self, arn: str) -> Execution:
        child = self._child(arn, "execution")
        return child if child is not None else super()._execution(arn)

    def _describable(self, arn: str) -> Execution:
        child = self._child(arn, "express")
        return child if child is not None else super()._describable(arn)

    def _child(self, arn: str, kind: str) -> Execution | None:
        """The child execution of an ARN of this kind; None when the ARN is not that of a child."""
        resource = arn.split(":", 5)[-1]
        if not resource.startswith(f"{kind}:") or "/" not in resource:
            return None
        place = resource.split(":")[1]
        for run in self.map_runs.values():
            if f"{run.machine_name}/{run.label}" == place:
                child = run.child(arn)
                if child is not None:
                    return _as_executions([child])[0]
        return None

    def _not_redrivable(self, execution: Execution) -> str | None:
        if execution.map_run_arn is None:
            return super()._not_redrivable(execution)
        if execution.status in (RUNNING, SUCCEEDED):
            return f"Execution is {execution.status} and cannot be redriven"
        parent = self._map_run(execution.map_run_arn).visit.flow.execution
        reason = super()._not_redrivable(parent)
        return None if parent.status == RUNNING else reason


def _as_executions(children: Iterable[Child | Ended]) -> list[Execution]:
    """An Express child execution that has ended tells what an execution tells, and is nothing else."""
    return cast(list[Execution], list(children))


def _counts(run: MapRun, weigh: Callable[[Child | Ended], int], pending: int) -> dict[str, int]:
    by_status: Counter[str] = Counter()
    lost = 0
    for child in run.children:
        by_status[child.status] += weigh(child)
        if child.status in _UNSUCCESSFUL and not run.redrivable(child):
            lost += weigh(child)
    total = sum(by_status.values()) + pending
    counted = {name: by_status[status] for name, status in _COUNTED.items()}
    written = sum(by_status.values()) if run.written else 0
    return {"pending": pending, **counted, "total": total, "resultsWritten": written, "failuresNotRedrivable": lost}


def _listed(run: MapRun) -> dict[str, Any]:
    execution = run.visit.flow.execution
    return {
        "executionArn": execution.arn,
        "mapRunArn": run.arn,
        "stateMachineArn": execution.state_machine["Id"],
        "startDate": when(run.started),
        "stopDate": when(run.stopped) if run.stopped is not None else None,
    }
