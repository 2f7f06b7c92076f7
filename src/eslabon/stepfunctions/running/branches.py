"""Parallel and inline Map: several threads of control in one execution, and how they join.

A distributed Map starts executions of its own (`mapruns`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONATA
from eslabon.stepfunctions.language.definition import Machine, MapWork, ParallelWork
from eslabon.stepfunctions.language.errornames import QUERY_FAILED, RUNTIME
from eslabon.stepfunctions.language.fields import as_shown
from eslabon.stepfunctions.language.scope import ABSENT, Evaluate, StateError
from eslabon.stepfunctions.running.flows import Flow
from eslabon.stepfunctions.running.interpreter import Visit

INLINE_CONCURRENCY = 40  # iterations of an inline Map that run at once when nothing limits them


class _Joined:
    """Threads of one state, started in order, at most `limit` at once; the state ends when all have, or one fails.

    As it is, they are the branches of a Parallel: all at once, on the same input.
    """

    def __init__(self, visit: Visit, machines: Sequence[Machine], given: Any, limit: int) -> None:
        self.visit = visit
        self.machines = machines
        self.given = given
        self.results: list[Any] = [None] * len(machines)
        self.flows: list[Flow | None] = [None] * len(machines)
        self.limit = limit
        self.waiting = 0  # index of the first thread that has not been started
        self.live = 0

    def fill(self, previous: int) -> None:
        """Start threads while there is room; each one's first event follows `previous`."""
        while self.waiting < len(self.flows) and self.live < self.limit:
            index = self.waiting
            self.waiting += 1
            self.live += 1
            try:
                self.flows[index] = self.begin(index, previous)
            except StateError:  # what it was to begin with could not be computed: the state fails
                self.waiting = index  # a redrive begins with it
                self.abort()
                raise

    def begin(self, index: int, previous: int) -> Flow:
        """Start thread number `index`."""
        parent = self.visit.flow
        flow = Flow(
            parent.execution,
            self.machines[index],
            self.ended(index),
            variables=self.visit.variables,
            previous=previous,
            item=parent.item,
        )
        flow.go(flow.machine.start_at, self.input_of(flow, index))
        return flow

    def input_of(self, flow: Flow, index: int) -> Any:
        """What thread number `index` begins with."""
        return self.given

    def record(self, flow: Flow, index: int, what: str) -> int:
        """Write what a thread does, where that is an event; answers the id that the next event follows."""
        return flow.previous

    def ended(self, index: int) -> Callable[[Any, StateError | None], None]:
        """What thread number `index` calls when it ends."""

        def when_ended(output: Any, failure: StateError | None) -> None:
            flow = self.flows[index]
            assert flow is not None
            self.live -= 1
            last = flow.previous
            closed = self.record(flow, index, "Failed" if failure else "Succeeded")
            parent = self.visit.flow
            if failure is not None:
                self.abort()
                parent.previous = last
                self.visit.fail(failure)
                return
            self.results[index] = output
            self.flows[index] = None
            if self.waiting < len(self.flows):
                try:
                    self.fill(last)
                except StateError as error:
                    self.visit.fail(error)
            elif self.live == 0:
                self.join(closed)

        return when_ended

    def join(self, previous: int) -> None:
        """All threads have ended well."""
        parent = self.visit.flow
        self.visit.running = None
        parent.previous = previous
        parent.record(f"{self.visit.state.type}StateSucceeded")
        parent.previous = previous  # AWS lets the Exited event follow the last thread's event as well
        self.visit.succeed(self.results)

    def redrive(self, previous: int) -> None:
        """Go on with the threads that have not ended well, and start those that have not begun."""
        unfinished = [flow for flow in self.flows if flow is not None]
        self.live = len(unfinished)
        for flow in unfinished:
            flow.redrive(previous)
        try:
            self.fill(previous)
        except StateError as failure:
            self.visit.fail(failure)

    def abort(self) -> None:
        """Stop every thread that still runs."""
        for index, flow in enumerate(self.flows):
            if flow is not None and flow.alive:
                flow.abort()
                self.record(flow, index, "Aborted")


class _Iterations(_Joined):
    """The iterations of an inline Map, one an item."""

    def __init__(self, visit: Visit, work: MapWork, items: Sequence[Any], limit: int) -> None:
        limit = min(limit or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
        super().__init__(visit, [work.processor] * len(items), visit.document, limit)
        self.selector = work.selector
        self.items = items

    def input_of(self, flow: Flow, index: int) -> Any:
        flow.item = {"Index": index, "Value": self.items[index], "Source": "STATE_DATA"}
        flow.previous = self.record(flow, index, "Started")
        selected = select(self.visit, self.selector, self.given, flow.item)
        if self.selector is not None:
            self.visit.check_size(selected)
        return selected

    def record(self, flow: Flow, index: int, what: str) -> int:
        named = {"name": self.visit.state.name, "index": index}
        return flow.execution.record(f"MapIteration{what}", flow.previous, named)


def run_parallel(visit: Visit, work: ParallelWork) -> None:
    """What a Parallel state does: every branch on the same input, and their outputs as a list.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html

    >>> from eslabon.stepfunctions.api.examples import SUCCEED, outcome
    >>> also = {"StartAt": "Also", "States": {"Also": {"Type": "Succeed"}}}
    >>> outcome({"Type": "Parallel", "Branches": [SUCCEED, also]}, 7)
    [7, 7]
    >>> stop = {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Full"}}}
    >>> outcome({"Type": "Parallel", "Branches": [SUCCEED, stop]}, 7)
    'Full'
    """
    given = visit.state.dataflow.arguments(visit)
    visit.check_size(given)
    visit.flow.record("ParallelStateStarted")
    visit.running = _Joined(visit, work.branches, given, len(work.branches))
    visit.running.fill(visit.flow.previous)


def run_map(visit: Visit, work: MapWork) -> None:
    """What a Map state does: its processor on every item, and the outputs as a list.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html

    >>> from eslabon.stepfunctions.api.examples import SUCCEED, outcome
    >>> outcome({"Type": "Map", "ItemProcessor": SUCCEED}, [1, 2])
    [1, 2]
    >>> outcome({"Type": "Map", "ItemProcessor": SUCCEED}, {})
    'States.Runtime'
    """
    visit.document = visit.state.dataflow.arguments(visit)
    if work.distributed:
        from eslabon.stepfunctions.maps import mapruns

        mapruns.run(visit, work)
        return
    items = visit.document if work.items is None else work.items(visit)
    if not isinstance(items, list):
        raise wrong_items(visit, items)
    visit.flow.record("MapStateStarted", {"length": len(items)})
    limit = limits(visit, work)["maxConcurrency"]
    visit.running = joined = _Iterations(visit, work, items, int(limit))
    if items:
        joined.fill(visit.flow.previous)
    else:
        joined.join(visit.flow.previous)


def wrong_items(visit: Visit, items: Any) -> StateError:
    """The error of a Map whose items are none.

    >>> from eslabon.stepfunctions.api.examples import map_run
    >>> wrong_items(map_run().visit, {"a": 1}).cause
    'Map state input must be an array but was: {"a":1}'
    """
    error = QUERY_FAILED if visit.state.language == JSONATA else RUNTIME
    return StateError(error, f"Map state input must be an array but was: {as_shown(items)}")


def limits(visit: Visit, work: MapWork) -> Mapping[str, float]:
    """MaxConcurrency and the tolerated failures of a Map, 0 where it names none.

    >>> from eslabon.stepfunctions.api.examples import map_run
    >>> run = map_run(MaxConcurrency=2)
    >>> limits(run.visit, run.work)["maxConcurrency"], limits(run.visit, run.work)["toleratedFailureCount"]
    (2.0, 0.0)
    """

    def value(field: Evaluate | None) -> float:
        return float(field(visit)) if field is not None else 0.0

    return {
        "maxConcurrency": value(work.max_concurrency),
        "toleratedFailureCount": value(work.tolerated_count),
        "toleratedFailurePercentage": value(work.tolerated_percentage),
    }


def select(visit: Visit, selector: Evaluate | None, given: Any, item: Mapping[str, Any]) -> Any:
    """What an iteration gets for an item: the item itself, or what ItemSelector makes of it.

    >>> from eslabon.stepfunctions.api.examples import map_run
    >>> run = map_run(ItemSelector={"n.$": "$$.Map.Item.Value"})
    >>> select(run.visit, run.work.selector, [7], {"Index": 0, "Value": 7}), select(run.visit, None, [7], {"Value": 7})
    ({'n': 7}, 7)
    """
    if selector is None:
        return item["Value"]
    flow = visit.flow
    outer, flow.item = flow.item, item
    visit.document, visit.result = given, ABSENT
    try:
        return selector(visit)
    finally:
        flow.item = outer
