"""A distributed Map: a map run, which starts child executions for its items, watches over them and gathers the results.

What the API shows of it is in `maprunoperations`; what the children start with, in `mapinputs`; where their results go
to, in `resultwriter`.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from eslabon.stepfunctions.api.describing import MOST_EVENTS, PERIOD
from eslabon.stepfunctions.language.definition import MapWork
from eslabon.stepfunctions.language.errornames import DATA_LIMIT, EXCEEDED, RUNTIME
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.maps import resultwriter
from eslabon.stepfunctions.maps.itemreader import Item, from_state
from eslabon.stepfunctions.maps.mapchildren import EXPRESS, STANDARD, Child, Ended
from eslabon.stepfunctions.maps.mapinputs import Inputs
from eslabon.stepfunctions.maps.places import Place
from eslabon.stepfunctions.running.branches import limits, wrong_items
from eslabon.stepfunctions.running.execution import ABORTED, FAILED, RUNNING, SUCCEEDED, Execution
from eslabon.stepfunctions.running.interpreter import Visit

MOST_CHILDREN = 10_000  # child executions that run at once when nothing limits them
MOST_REDRIVES = 1000
PENDING_REDRIVE = "PENDING_REDRIVE"


class MapRun:
    """A map run: its settings, its child executions, and how it ends.

    `visit` is the stay at the Map state that it belongs to, `open_items` begins to give its items.
    """

    def __init__(self, visit: Visit, work: MapWork, open_items: Callable[[], Iterator[Item]]) -> None:
        execution = visit.flow.execution
        service = execution.service
        self.visit = visit
        self.work = work
        self.service = service
        self.type = EXPRESS if work.express else STANDARD
        self.machine_name = execution.state_machine["Name"].partition("/")[0]
        machine_arn = service.arn(f"stateMachine:{self.machine_name}")
        self.label = work.label or str(uuid.uuid3(uuid.NAMESPACE_OID, f"{machine_arn} {visit.state.name}"))
        labelled = f"{self.machine_name}/{self.label}"
        name = service.ids.uuid()
        self.id = name.encode()
        self.arn = service.arn(f"mapRun:{labelled}:{name}")
        self.children_arn = service.arn(f"express:{labelled}:{name}:" if work.express else f"execution:{labelled}:")
        self.state_machine = {"Id": service.arn(f"stateMachine:{labelled}"), "Name": labelled}
        self.inputs = Inputs(visit, work, open_items)
        limit, count, percentage = limits(visit, work).values()
        self.max_concurrency = int(limit)
        self.tolerated_count = None if work.tolerated_count is None else int(count)
        self.tolerated_percentage = None if work.tolerated_percentage is None else percentage
        self.writer = work.writer or resultwriter.DEFAULT
        self.place: Place | None = None
        self.status = RUNNING
        self.started = service.clock.now
        self.stopped: float | None = None
        self.redrives = 0
        self.redriven: float | None = None
        self.written = False
        self.children: list[Child | Ended] = []
        self._known: dict[str, int] = {}  # children by ARN, as far as anybody has asked
        self.live = 0
        self._failure: StateError | None = None
        self._failed_items = 0
        self._stopping = False
        self._redriving: dict[int, str] = {}  # children that wait to be redriven, and what their status was
        self._redrive_after: int | None = None  # the event that a redrive follows which waits for Express children

    # --- Starting child executions ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin with as many child executions as may run at once.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1, 2, 3], MaxConcurrency=2)  # the Map state has called it
        >>> [child.status for child in run.children]
        ['RUNNING', 'RUNNING']
        """
        flow = self.visit.flow
        flow.record("MapRunStarted", {"mapRunArn": self.arn})
        if flow.alive:
            self._begin()

    def _begin(self) -> None:
        try:
            self.visit.document = self.inputs.given
            self.place = self.writer.place(self.visit)
            self.inputs.open()
        except StateError as failure:
            self._fail(failure)
        self.fill()

    def fill(self) -> None:
        """Start child executions while there is room; come to the end when none is left to wait for.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1, 2, 3], MaxConcurrency=1)
        >>> run.max_concurrency = 3
        >>> run.fill()
        >>> run.live
        3
        """
        limit = min(self.max_concurrency or MOST_CHILDREN, MOST_CHILDREN)
        try:
            while self._failure is None and self.status == RUNNING and self.live < limit:
                if self._redriving:
                    self._redrive_child(next(iter(self._redriving)))
                    continue
                taken = self.inputs.take()
                if taken is None:
                    break
                child = Child(self, len(self.children), *taken)
                self.children.append(child)
                self.live += 1
                child.start()
        except StateError as failure:
            self._fail(failure)
        if self.live == 0:
            self._settle()

    # --- How child executions end -------------------------------------------------------------------------------------

    def child_ended(self, ended: Execution) -> None:
        """A child execution has come to its end: the next one starts, unless too many have failed.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1, 2], MaxConcurrency=1)
        >>> run.children[0].stop(None, None)  # it calls this
        >>> run.status, len(run.children)
        ('FAILED', 1)
        """
        assert isinstance(ended, Child)
        self.live -= 1
        if ended.type == EXPRESS:
            self.children[ended.index] = Ended.of(self, ended)
            ended.forget()
        if ended.status != SUCCEEDED and not self._stopping:
            self._failed_items += ended.item_count or 0
            if self.status == RUNNING and self._failure is None:
                self._check_failures()
        if not self._stopping:
            self.fill()

    def _check_failures(self) -> None:
        try:
            if self._exceeded():
                cause = "The specified tolerated failure threshold was exceeded"
                self._fail(StateError(EXCEEDED, cause, complete=True))
        except StateError as failure:
            self._fail(failure)

    def _exceeded(self) -> bool:
        """Whether more items have failed than are tolerated; a threshold that is not given tolerates none."""
        failed, count, percentage = self._failed_items, self.tolerated_count, self.tolerated_percentage
        if count is None and percentage is None:
            return failed > 0
        if count is not None and failed > count:
            return True
        if percentage is None or percentage >= 100 or failed == 0:
            return False
        if percentage > 0:
            self.inputs.expand()
        started = sum(child.item_count or 0 for child in self.children)
        return failed * 100 > percentage * (started + sum(items for _, items in self.inputs.ahead))

    def child(self, arn: str) -> Child | Ended | None:
        """The child execution that has this ARN.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1, 2])
        >>> run.child(run.children[1].arn) is run.children[1], run.child("arn")
        (True, None)
        """
        for index in range(len(self._known), len(self.children)):
            self._known[self.children[index].arn] = index
        return self.children[self._known[arn]] if arn in self._known else None

    def _fail(self, failure: StateError) -> None:
        """No more child executions start; the run ends once those that cannot be stopped have ended."""
        self._failure = failure if failure.complete else self.visit.completed(failure)
        self._stop_children()

    def _stop_children(self) -> None:
        """Stop the Standard ones; Express executions cannot be stopped."""
        self._stopping = True
        for index, status in self._redriving.items():
            self.children[index].status = status
        self._redriving.clear()
        if self.type == STANDARD:
            for child in self.children:
                if isinstance(child, Child):
                    child.stop(None, None)
        self._stopping = False

    # --- How the run ends ---------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Nothing runs any more."""
        if self.status == ABORTED:
            self._finish_aborted()
            return
        result: Any = None
        try:
            result = self._result()
        except StateError as failure:
            if self._failure is None:
                self._failure = failure
        self.stopped = self.service.clock.now
        flow, failed = self.visit.flow, self._failure
        if failed is not None:
            self.status = FAILED
            if failed.error in (DATA_LIMIT, RUNTIME):
                self.visit.running = None  # a redrive starts a new map run
            flow.record("MapRunFailed", {"error": failed.error, "cause": failed.cause})
            self.visit.fail(failed)
            return
        self.status = SUCCEEDED
        self.visit.running = None
        last = flow.record("MapRunSucceeded")
        flow.record("MapStateSucceeded")
        flow.previous = last  # AWS lets the Exited event follow the run's last event
        self.visit.succeed(result)

    def _result(self) -> Any:
        """The state's result, written to where it is to go. Raises StateError."""
        if self.place is not None:
            result = self.writer.write(self.place, self.arn, self.children, self._never_started())
            self.written = True
            return result
        if self._failure is not None:
            return None
        result = self.writer.shown(self.children)
        self.visit.check_size(result)
        return result

    def _never_started(self) -> Iterator[Any]:
        if self._failure is None and self.status == RUNNING:
            return
        try:
            self.inputs.expand()
        except StateError:
            pass  # what cannot be read is not told
        for given, _ in self.inputs.ahead:
            yield given

    def _finish_aborted(self) -> None:
        try:
            self._result()
        except StateError:
            pass  # the parent has ended: there is nobody to tell
        previous, self._redrive_after = self._redrive_after, None
        if previous is not None:
            self.redrive(previous)

    def abort(self) -> None:
        """The parent execution ends: so does the run, and its Standard child executions with it.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1, 2])
        >>> run.abort()
        >>> run.status, [child.status for child in run.children]
        ('ABORTED', ['ABORTED', 'ABORTED'])
        """
        if self.status != RUNNING:
            return
        self.status = ABORTED
        self.stopped = self.service.clock.now
        self.visit.flow.record("MapRunAborted")
        self._stop_children()
        if self.live == 0:
            self._settle()

    # --- Redrive and update -------------------------------------------------------------------------------------------

    def redrive(self, previous: int) -> None:
        """Run the child executions again that did not succeed, after the event `previous`, and those never started.

        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1])
        >>> run.abort()
        >>> run.redrive(4)
        >>> run.status, run.redrives, run.children[0].status
        ('RUNNING', 1, 'RUNNING')
        """
        if self.live:  # Express ones that could not be stopped: they come to their end first
            self._redrive_after = previous
            return
        flow = self.visit.flow
        flow.previous = previous
        if self.redrives >= MOST_REDRIVES:
            self.visit.fail(StateError(RUNTIME, f"A map run can be redriven {MOST_REDRIVES} times."))
            return
        self.redrives += 1
        self.redriven = self.service.clock.now
        self.status = RUNNING
        self.stopped = self._failure = None
        self.written = False
        self._failed_items = 0
        flow.record("MapRunRedriven", {"mapRunArn": self.arn, "redriveCount": self.redrives})
        for child in self.children:
            if child.status == SUCCEEDED:
                continue
            if not self.redrivable(child):
                self._failed_items += child.item_count or 0
                continue
            self._redriving[child.index] = child.status
            child.status = PENDING_REDRIVE
        self._begin()

    def redrivable(self, child: Child | Ended) -> bool:
        """Whether a child execution that did not succeed can run again; an Express one always can.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1])
        >>> run.abort()
        >>> run.redrivable(run.children[0])
        True
        >>> run.service.clock.advance(15 * 86_400)
        >>> run.redrivable(run.children[0])
        False
        """
        if not isinstance(child, Child) or child.stopped is None:
            return True
        return len(child.events) <= MOST_EVENTS and self.service.clock.now < child.stopped + PERIOD

    def _redrive_child(self, index: int) -> None:
        child = self.children[index]
        del self._redriving[index]
        self.live += 1
        if isinstance(child, Child):
            child.redrive()
            return
        again = Child(self, index, child.input, child.item_count or 0)
        again.redrives = child.redrives + 1
        self.children[index] = again
        again.start()

    def update(self, max_concurrency: int | None, count: int | None, percentage: float | None) -> None:
        """Change the settings that are given; they hold at once.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1, 2, 3], MaxConcurrency=1)
        >>> run.update(2, None, None)
        >>> run.live
        2
        """
        if max_concurrency is not None:
            self.max_concurrency = max_concurrency
        if count is not None:
            self.tolerated_count = count
        if percentage is not None:
            self.tolerated_percentage = percentage
        self._check_failures()
        self.fill()


def run(visit: Visit, work: MapWork) -> None:
    """What a Map state in DISTRIBUTED mode does. Raises StateError when its items or its limits cannot be found.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html

    >>> from eslabon.stepfunctions.api.examples import SUCCEED, outcome
    >>> processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **SUCCEED}
    >>> outcome({"Type": "Map", "ItemProcessor": processor}, [1, 2])
    [1, 2]
    >>> outcome({"Type": "Map", "ItemProcessor": processor}, 7)
    'States.Runtime'
    """
    reader = work.reader
    items: Any = ()
    if reader is None:
        items = visit.document if work.items is None else work.items(visit)
        if not isinstance(items, list | dict):
            raise wrong_items(visit, items)
    visit.flow.record("MapStateStarted", {"length": len(items)})
    open_items = (lambda: from_state(items)) if reader is None else (lambda: reader.items(visit))
    map_run = MapRun(visit, work, open_items)
    map_run.service.map_runs[map_run.arn] = map_run
    visit.running = map_run
    map_run.start()
