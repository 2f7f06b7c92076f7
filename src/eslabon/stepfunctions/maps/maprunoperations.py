"""The operations that show and change map runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api.registry import Registry, newest_first, shown
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running.execution import RUNNING

if TYPE_CHECKING:
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


class MapRuns(Registry):
    """Operations on map runs."""

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
        ahead = run.inputs.ahead
        return {
            "mapRunArn": run.arn,
            "executionArn": run.visit.flow.execution.arn,
            **shown(run, "status startDate stopDate maxConcurrency redriveCount redriveDate"),
            "toleratedFailurePercentage": run.tolerated_percentage or 0.0,
            "toleratedFailureCount": run.tolerated_count or 0,
            "itemCounts": _counts(run, lambda child: child.item_count or 0, sum(items for _, items in ahead)),
            "executionCounts": _counts(run, lambda child: 1, len(ahead)),
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
        listed, token = self._page(found, maxResults, nextToken, "list_map_runs", executionArn)
        same = {"executionArn": execution.arn, "stateMachineArn": execution.state_machine["Id"]}
        runs = [{"mapRunArn": run.arn, **same, **shown(run, "startDate stopDate")} for run in listed]
        return {"mapRuns": runs, "nextToken": token}

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


def _counts(run: MapRun, weigh: Callable[[Child | Ended], int], pending: int) -> dict[str, int]:
    by_status: Counter[str] = Counter()
    for child in run.children:
        by_status[child.status] += weigh(child)
    unsuccessful = (child for child in run.children if child.status in _UNSUCCESSFUL)
    lost = sum(weigh(child) for child in unsuccessful if not run.redrivable(child))
    total = sum(by_status.values()) + pending
    counted = {name: by_status[status] for name, status in _COUNTED.items()}
    written = sum(by_status.values()) if run.written else 0
    return {"pending": pending, **counted, "total": total, "resultsWritten": written, "failuresNotRedrivable": lost}
