"""What a history says of each state: when it was visited, how it was left, what failed, was retried, was caught.

It reads the events that GetExecutionHistory answers, of this implementation or of AWS. It draws nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eslabon.stepfunctions.pictures.graphs import CATCH, END, NEXT, START, Graph

RUNNING, SUCCEEDED, CAUGHT, FAILED, STOPPED = "running", "succeeded", "caught", "failed", "stopped"
_ENDS = ("Succeeded", "Failed", "TimedOut", "Aborted")


@dataclass(slots=True)
class Attempt:
    """One try of a Task, Parallel or Map: seconds since 1970, and whether it failed."""

    began: float
    ended: float | None = None
    failed: bool = False


@dataclass(slots=True, eq=False)
class Visit:
    """One stay at a state. `inside`: the visit of the Parallel or Map around it; `iteration`: of that Map."""

    name: str
    type: str
    began: float
    inside: Visit | None = None
    iteration: int | None = None
    ended: float | None = None
    status: str = RUNNING
    error: str | None = None
    cause: str | None = None
    failing: bool = False  # its last attempt has failed
    attempts: list[Attempt] = field(default_factory=list)
    redrives: int = 0
    items: int | None = None  # of a Map
    iterations: dict[int, str] = field(default_factory=dict)  # of a Map: their status
    branch: int = 0  # of that Parallel
    before: int = 0  # id of the event before it was entered

    @property
    def retries(self) -> int:
        """How often it was tried again."""
        return max(len(self.attempts) - 1 - self.redrives, 0)

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status == RUNNING


@dataclass(slots=True)
class Run:
    """An execution, as its history tells it; `taken` counts transitions by source, target and kind."""

    status: str = "RUNNING"
    began: float = 0.0
    ended: float = 0.0  # of the last event
    error: str | None = None
    cause: str | None = None
    redrives: list[float] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def of(self, name: str) -> list[Visit]:
        """The visits of a state, in order.

        >>> Run(visits=[Visit("A", "Pass", 0.0)]).of("B")
        []
        """
        return [visit for visit in self.visits if visit.name == name]


def read(events: Iterable[Mapping[str, Any]], graph: Graph) -> Run:
    """What happened, from all events of an execution in any order. ValueError for what is no event.

    >>> read([], Graph("A", {}, [])).visits
    []
    >>> read([{"id": 1}], Graph("A", {}, []))
    Traceback (most recent call last):
    ValueError: event 1 has no type, timestamp and previousEventId: give the events of get_execution_history
    """
    given = list(events)
    for event in given:
        if not isinstance(event, Mapping) or not {"id", "type", "timestamp", "previousEventId"} <= set(event):
            which = event.get("id") if isinstance(event, Mapping) else event
            raise ValueError(
                f"event {which} has no type, timestamp and previousEventId: give the events of get_execution_history"
            )
    reader = _Reader(graph)
    for event in sorted(given, key=lambda event: event["id"]):
        reader.take(event)
    return reader.run


class _Reader:
    """Finds the visit that each event belongs to, by the event before it."""

    def __init__(self, graph: Graph) -> None:
        self.run = Run()
        self.around: dict[str, str] = {}  # of a state, the Parallel or Map around it
        self.branch: dict[str, int] = {}
        self._remember(graph, None)
        self.catches = {(way.source, way.target): way.errors for way in _every_way(graph) if way.kind == CATCH}
        self.plain = {(way.source, way.target) for way in _every_way(graph) if way.kind == NEXT}
        self.fails = {node.name: (node.error, node.cause) for node in graph.every_node() if node.type == "Fail"}
        self.at: dict[int, Visit | None] = {}  # of an event, the visit it belongs to
        self.iteration: dict[int, int] = {}  # of a MapIterationStarted event, its index
        self.left: dict[int, Visit] = {}  # of an Exited event
        self.redriven: set[int] = set()

    def _remember(self, graph: Graph, around: str | None) -> None:
        for node in graph.nodes.values():
            if around is not None:
                self.around[node.name] = around
            for number, branch in enumerate(node.branches):
                self.branch.update(dict.fromkeys(branch.nodes, number))
                self._remember(branch, node.name)

    def take(self, event: Mapping[str, Any]) -> None:
        kind, number, previous = str(event["type"]), int(event["id"]), int(event["previousEventId"])
        now = _seconds(event["timestamp"])
        details = next((value for name, value in event.items() if name.endswith("EventDetails")), None) or {}
        run = self.run
        run.ended = now
        if kind.startswith("Execution"):
            self.at[number] = self.at.get(previous)
            self._execution(kind.removeprefix("Execution"), number, now, details)
        elif kind.endswith("StateEntered"):
            self.at[number] = self._enter(kind.removesuffix("StateEntered"), previous, now, details)
        elif kind.endswith("StateExited"):
            self.at[number] = visit = self._named(details["name"], previous)
            if visit is not None:
                self.left[number] = visit
                self._close(visit, CAUGHT if visit.failing else SUCCEEDED, now)
        elif kind.startswith("MapIteration"):
            self.at[number] = visit = self._named(details["name"], previous)
            self.iteration[number] = index = details["index"]
            if visit is not None:
                visit.iterations[index] = _STATUS[kind.removeprefix("MapIteration")]
        elif kind == "EvaluationFailed":
            self.at[number] = visit = self._named(details.get("state", ""), previous)
            self._fail(visit, now, details)
        else:
            self._work(kind, number, previous, now, details)

    def _execution(self, what: str, number: int, now: float, details: Mapping[str, Any]) -> None:
        run = self.run
        if what == "Started":
            run.began = now
        elif what == "Redriven":
            run.status, run.error, run.cause = "RUNNING", None, None
            run.redrives.append(now)
            self.redriven.add(number)
        else:
            run.status = {"TimedOut": "TIMED_OUT"}.get(what, what.upper())
            run.error, run.cause = details.get("error"), details.get("cause")
            last = self.at.get(number)
            if run.status == "SUCCEEDED" and last is not None:
                run.taken[last.name, END, NEXT] += 1
            if run.status == "FAILED" and last is not None:
                self._blame(last, now)
            for visit in run.visits:
                if visit.open:
                    self._close(visit, FAILED if visit.failing and run.status == "FAILED" else STOPPED, now)

    def _blame(self, visit: Visit | None, now: float) -> None:
        """The execution has failed at this visit, and so have those around it."""
        first = True
        while visit is not None:
            if visit.open:
                if first:
                    self._fail(visit, now, {"error": self.run.error, "cause": self.run.cause})
                self._close(visit, FAILED, now)
            elif first and visit.status == FAILED and visit.error is None:
                visit.error, visit.cause = self.run.error, self.run.cause
            first = False
            visit = visit.inside

    def _enter(self, kind: str, previous: int, now: float, details: Mapping[str, Any]) -> Visit:
        name = details["name"]
        came = self.left.get(previous)
        around = self.around.get(name)
        inside, iteration = None, None
        if around is not None:
            inside = self._named(around, previous)
            iteration = self.iteration.get(previous)
            if iteration is None:
                neighbour = self.at.get(previous)
                while neighbour is not None and neighbour.inside is not inside:
                    neighbour = neighbour.inside
                iteration = neighbour.iteration if neighbour is not None else self._iteration_again(name, previous)
        again = self._again(name) if previous in self.redriven else None
        if again is not None:
            again.status, again.failing, again.ended = RUNNING, False, None
            again.redrives += 1
            return again
        visit = Visit(name, kind, now, inside, iteration, branch=self.branch.get(name, 0), before=previous)
        if kind == "Fail":
            visit.failing, visit.status, visit.ended = True, FAILED, now
            visit.error, visit.cause = self.fails.get(name, (None, None))
        self.run.visits.append(visit)
        if came is not None and came.inside is inside:
            self.run.taken[came.name, name, self._kind(came, name)] += 1
        elif inside is None and came is None and previous not in self.redriven:
            self.run.taken[START, name, NEXT] += 1
        return visit

    def _kind(self, came: Visit, name: str) -> str:
        way = (came.name, name)
        return CATCH if way in self.catches and (came.status == CAUGHT or way not in self.plain) else NEXT

    def _iteration_again(self, name: str, previous: int) -> int | None:
        found = self._again(name)
        return found.iteration if found is not None else None

    def _again(self, name: str) -> Visit | None:
        """The visit that a redrive goes on with."""
        for visit in self.run.visits:
            if visit.name == name and visit.status in (FAILED, STOPPED):
                return visit
        return None

    def _named(self, name: str, previous: int) -> Visit | None:
        """The visit of this name that an event belongs to: where its predecessor is, or around that."""
        visit = self.at.get(previous)
        while visit is not None and visit.name != name:
            visit = visit.inside
        if visit is not None and visit.status not in (FAILED, STOPPED):
            return visit
        known = self.run.of(name)
        # AWS lets an EvaluationFailed event follow what was before its state was entered.
        found = [each for each in known if each.open]
        found = [each for each in found if each.before == previous] or found
        if found:
            return found[-1]
        if visit is None and known:
            visit = self._again(name)
        if visit is not None and self.run.redrives and visit.status in (FAILED, STOPPED):
            visit.status, visit.ended, visit.failing = RUNNING, None, False
            visit.redrives += 1
        return visit

    def _work(self, kind: str, number: int, previous: int, now: float, details: Mapping[str, Any]) -> None:
        """Events of a Task, Parallel, Map or map run, which do not name their state."""
        state = next((name for name in ("Parallel", "MapRun", "Map", "Wait", "Pass") if kind.startswith(name)), "Task")
        what = kind.removeprefix("MapRun") if state == "MapRun" else kind
        state = {"MapRun": "Map"}.get(state, state)
        visit = self.at.get(previous)
        while visit is not None and not (visit.open and visit.type == state):
            visit = visit.inside
        if visit is None and self.run.redrives:
            visit = next((v for v in self.run.visits if v.type == state and v.status in (FAILED, STOPPED)), None)
            if visit is not None:
                visit.status, visit.ended, visit.failing = RUNNING, None, False
                visit.redrives += 1
        self.at[number] = visit
        if visit is None:
            return
        if what.endswith("Scheduled") or kind in ("ParallelStateStarted", "MapStateStarted"):
            self._close_inside(visit, now)
            visit.attempts.append(Attempt(now))
            visit.failing = False
            visit.items = details.get("length", visit.items)
            if visit.type == "Map":
                visit.iterations.clear()
        elif what.endswith("Aborted"):
            self._close(visit, STOPPED, now)
        elif what.endswith(("Failed", "TimedOut")):
            self._fail(visit, now, details)
        elif what.endswith("Succeeded"):
            visit.failing, visit.error, visit.cause = False, None, None
            self._end_attempt(visit, now, failed=False)

    def _fail(self, visit: Visit | None, now: float, details: Mapping[str, Any]) -> None:
        if visit is None:
            return
        visit.failing = True
        self._close_inside(visit, now)
        visit.error = details.get("error", visit.error)
        visit.cause = details.get("cause", visit.cause)
        self._end_attempt(visit, now, failed=True)

    def _close_inside(self, visit: Visit, now: float) -> None:
        """What has not ended in a Parallel or Map that has failed, or begins again; it fails with what failed in it."""
        for inner in self.run.visits if visit.type in ("Parallel", "Map") else ():
            if inner.inside is visit and inner.open:
                self._close(inner, FAILED if inner.failing else STOPPED, now)
            if inner.inside is visit and inner.status == FAILED:
                visit.error, visit.cause = inner.error or visit.error, inner.cause or visit.cause

    @staticmethod
    def _end_attempt(visit: Visit, now: float, *, failed: bool) -> None:
        if visit.attempts and visit.attempts[-1].ended is None:
            visit.attempts[-1].ended, visit.attempts[-1].failed = now, failed

    def _close(self, visit: Visit, status: str, now: float) -> None:
        visit.status, visit.ended = status, now
        if visit.attempts and visit.attempts[-1].ended is None:
            visit.attempts[-1].ended, visit.attempts[-1].failed = now, status in (FAILED, CAUGHT)


_STATUS = {"Started": RUNNING, "Succeeded": SUCCEEDED, "Failed": FAILED, "Aborted": STOPPED}


def _every_way(graph: Graph) -> Sequence[Any]:
    return [*graph.ways, *(way for node in graph.nodes.values() for part in node.branches for way in _every_way(part))]


def _seconds(when: Any) -> float:
    """A timestamp as boto3, the CLI or JSON gives it."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when.replace("Z", "+00:00"))
    return when.timestamp() if isinstance(when, datetime) else float(when)
