"""What a history says of each state: when it was visited, how it was left, what failed, was retried, was caught.

It reads the events that GetExecutionHistory answers, of this implementation or of AWS. It draws nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eslabon.stepfunctions.pictures.graphs import CATCH, END, NEXT, START, Graph, Way

RUNNING, SUCCEEDED, CAUGHT, FAILED, STOPPED = "running", "succeeded", "caught", "failed", "stopped"


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
        self.nodes = {node.name: node for node in graph.every_node()}
        self.ways = {(way.source, way.target, way.kind) for way in _every_way(graph)}
        self.at: dict[int, Visit | None] = {}  # of an event, the visit it belongs to
        self.iteration: dict[int, int] = {}  # of a MapIterationStarted event, its index
        self.left: dict[int, Visit] = {}  # of an Exited event
        self.redriven: set[int] = set()

    def take(self, event: Mapping[str, Any]) -> None:
        kind, number, previous = str(event["type"]), int(event["id"]), int(event["previousEventId"])
        details = next((value for name, value in event.items() if name.endswith("EventDetails")), None) or {}
        self.run.ended = now = _seconds(event["timestamp"])
        if kind.startswith("Execution"):
            visit = self.at.get(previous)
            self._execution(kind.removeprefix("Execution"), number, visit, now, details)
        elif kind.endswith("StateEntered"):
            visit = self._enter(kind.removesuffix("StateEntered"), previous, now, details["name"])
        elif kind.endswith("StateExited"):
            visit = self._named(details["name"], previous)
            if visit is not None:
                self.left[number] = visit
                _close(visit, CAUGHT if visit.failing else SUCCEEDED, now)
        elif kind.startswith("MapIteration"):
            visit = self._named(details["name"], previous)
            self.iteration[number] = details["index"]
            if visit is not None:
                visit.iterations[details["index"]] = _STATUS[kind.removeprefix("MapIteration")]
        elif kind == "EvaluationFailed":
            visit = self._named(details.get("state", ""), previous)
            self._fail(visit, now, details)
        else:
            visit = self._work(kind, previous, now, details)
        self.at[number] = visit

    def _execution(self, what: str, number: int, last: Visit | None, now: float, details: Mapping[str, Any]) -> None:
        run = self.run
        if what == "Started":
            run.began = now
            return
        if what == "Redriven":
            run.status, run.error, run.cause = "RUNNING", None, None
            run.redrives.append(now)
            self.redriven.add(number)
            return
        run.status = {"TimedOut": "TIMED_OUT"}.get(what, what.upper())
        run.error, run.cause = details.get("error"), details.get("cause")
        if run.status == "SUCCEEDED" and last is not None:
            run.taken[last.name, END, NEXT] += 1
        if run.status == "FAILED" and last is not None:
            self._blame(last, now)
        for visit in run.visits:
            if visit.open:
                _close(visit, FAILED if visit.failing and run.status == "FAILED" else STOPPED, now)

    def _blame(self, visit: Visit, now: float) -> None:
        """The execution has failed at this visit, and so have those around it."""
        if visit.open:
            self._fail(visit, now, {"error": self.run.error, "cause": self.run.cause})
        elif visit.status == FAILED and visit.error is None:
            visit.error, visit.cause = self.run.error, self.run.cause
        for each in _outward(visit):
            if each.open:
                _close(each, FAILED, now)

    def _enter(self, kind: str, previous: int, now: float, name: str) -> Visit:
        node = self.nodes.get(name)
        inside, iteration = None, None
        if node is not None and node.around is not None:
            inside = self._named(node.around, previous)
            iteration = self.iteration.get(previous)
            if iteration is None:
                beside = (visit for visit in _outward(self.at.get(previous)) if visit.inside is inside)
                neighbour = next(beside, None) or self._undone(name=name)
                iteration = neighbour.iteration if neighbour is not None else None
        again = self._undone(name=name) if previous in self.redriven else None
        if again is not None:
            _reopen(again)
            return again
        visit = Visit(name, kind, now, inside, iteration, branch=node.branch if node else 0, before=previous)
        if kind == "Fail":
            visit.failing, visit.status, visit.ended = True, FAILED, now
            visit.error, visit.cause = (node.error, node.cause) if node else (None, None)
        self.run.visits.append(visit)
        came = self.left.get(previous)
        if came is not None and came.inside is inside:
            self.run.taken[came.name, name, self._kind(came, name)] += 1
        elif inside is None and came is None and previous not in self.redriven:
            self.run.taken[START, name, NEXT] += 1
        return visit

    def _kind(self, came: Visit, name: str) -> str:
        caught = came.status == CAUGHT or (came.name, name, NEXT) not in self.ways
        return CATCH if caught and (came.name, name, CATCH) in self.ways else NEXT

    def _undone(self, **members: str) -> Visit | None:
        """The visit, by its name or its type, that a redrive goes on with."""
        for visit in self.run.visits:
            if visit.status in _UNDONE and all(getattr(visit, member) == value for member, value in members.items()):
                return visit
        return None

    def _named(self, name: str, previous: int) -> Visit | None:
        """The visit of this name that an event belongs to: where its predecessor is, or around that."""
        visit = next((visit for visit in _outward(self.at.get(previous)) if visit.name == name), None)
        if visit is not None and visit.status not in _UNDONE:
            return visit
        # AWS lets an EvaluationFailed event follow what was before its state was entered.
        found = [each for each in self.run.visits if each.name == name and each.open]
        found = [each for each in found if each.before == previous] or found
        if found:
            return found[-1]
        visit = visit or self._undone(name=name)
        if visit is not None and self.run.redrives:
            _reopen(visit)
        return visit

    def _work(self, kind: str, previous: int, now: float, details: Mapping[str, Any]) -> Visit | None:
        """Events of a Task, Parallel, Map or map run, which do not name their state."""
        state = next((name for name in ("Parallel", "Map", "Wait", "Pass") if kind.startswith(name)), "Task")
        around = _outward(self.at.get(previous))
        visit = next((visit for visit in around if visit.open and visit.type == state), None)
        if visit is None and self.run.redrives and (visit := self._undone(type=state)):
            _reopen(visit)
        if visit is None:
            return None
        if kind.endswith("Scheduled") or kind in ("ParallelStateStarted", "MapStateStarted"):
            self._close_inside(visit, now)
            visit.attempts.append(Attempt(now))
            visit.failing = False
            visit.items = details.get("length", visit.items)
            visit.iterations.clear()
        elif kind.endswith("Aborted"):
            _close(visit, STOPPED, now)
        elif kind.endswith(("Failed", "TimedOut")):
            self._fail(visit, now, details)
        elif kind.endswith("Succeeded"):
            visit.failing, visit.error, visit.cause = False, None, None
            _end_attempt(visit, now, failed=False)
        return visit

    def _fail(self, visit: Visit | None, now: float, details: Mapping[str, Any]) -> None:
        if visit is None:
            return
        visit.failing = True
        self._close_inside(visit, now)
        visit.error = details.get("error", visit.error)
        visit.cause = details.get("cause", visit.cause)
        _end_attempt(visit, now, failed=True)

    def _close_inside(self, visit: Visit, now: float) -> None:
        """What has not ended in a Parallel or Map that has failed, or begins again; it fails with what failed in it."""
        for inner in [inner for inner in self.run.visits if inner.inside is visit]:
            if inner.open:
                _close(inner, FAILED if inner.failing else STOPPED, now)
            if inner.status == FAILED:
                visit.error, visit.cause = inner.error or visit.error, inner.cause or visit.cause


_UNDONE = (FAILED, STOPPED)
_STATUS = {"Started": RUNNING, "Succeeded": SUCCEEDED, "Failed": FAILED, "Aborted": STOPPED}


def _reopen(visit: Visit) -> None:
    visit.status, visit.ended, visit.failing = RUNNING, None, False
    visit.redrives += 1


def _close(visit: Visit, status: str, now: float) -> None:
    visit.status, visit.ended = status, now
    _end_attempt(visit, now, failed=status in (FAILED, CAUGHT))


def _end_attempt(visit: Visit, now: float, *, failed: bool) -> None:
    if visit.attempts and visit.attempts[-1].ended is None:
        visit.attempts[-1].ended, visit.attempts[-1].failed = now, failed


def _outward(visit: Visit | None) -> Iterator[Visit]:
    """A visit and those around it."""
    while visit is not None:
        yield visit
        visit = visit.inside


def _every_way(graph: Graph) -> list[Way]:
    return [*graph.ways, *(way for node in graph.nodes.values() for part in node.branches for way in _every_way(part))]


def _seconds(when: Any) -> float:
    """A timestamp as boto3, the CLI or JSON gives it."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    return when.timestamp() if isinstance(when, datetime) else float(when)
