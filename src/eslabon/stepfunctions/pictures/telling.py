"""What an execution did, in words: for each state of a picture, for its headline, and for a screen reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from eslabon.stepfunctions.pictures.graphs import Graph
from eslabon.stepfunctions.pictures.labels import Labels
from eslabon.stepfunctions.pictures.svg import BAD, GOOD, WARNING
from eslabon.stepfunctions.pictures.visits import CAUGHT, FAILED, RUNNING, STOPPED, SUCCEEDED, Run, Visit

SIGNS = {SUCCEEDED: "✓", FAILED: "✗", CAUGHT: "↷", STOPPED: "■", RUNNING: "…"}
COLOURS = {SIGNS[SUCCEEDED]: GOOD, SIGNS[FAILED]: BAD, SIGNS[CAUGHT]: WARNING, SIGNS[STOPPED]: WARNING}
LONG = 30  # visits or names that a sentence lists


@dataclass(slots=True)
class Told:
    """What is said of a state that was reached. `order`: its place among the states entered, from 1."""

    order: int
    status: str
    line: str
    error: str
    cause: str

    def spoken(self, labels: Labels) -> str:
        """The same for somebody who listens: no signs.

        >>> Told(1, SUCCEEDED, "×2 · 3 s · ↻ 1 retry", "", "").spoken(Labels("en"))
        'succeeded, × 2, 3 s, 1 retry'
        """
        line = self.line.replace("↻ ", "").replace(" · ", ", ").replace("×", "× ")
        for status, sign in SIGNS.items():
            line = line.replace(f"{sign} ", f"{labels(status)} ")
        word = labels(self.status)
        words = [line] if line.startswith(word) else [word, line]
        return ", ".join([*words, *([self.error] if self.error else [])])


def tell(run: Run, labels: Labels) -> dict[str, Told]:
    """Of each state that was reached, what happened there.

    >>> tell(Run(), Labels("en"))
    {}
    """
    visits: dict[str, list[Visit]] = {}
    for visit in run.visits:
        visits.setdefault(visit.name, []).append(visit)
    order = {name: number for number, name in enumerate(visits, 1)}
    return {name: told_of(some, order[name], labels) for name, some in visits.items()}


def elsewhere(graph: Graph) -> set[str]:
    """The states of which this history says nothing: those of distributed Maps run in executions of their own.

    >>> elsewhere(Graph("A", {}, []))
    set()
    """
    maps = [node for node in graph.every_node() if node.distributed]
    return {inner.name for node in maps for branch in node.branches for inner in branch.every_node()}


def worst(visits: list[Visit]) -> str:
    """The status that stands for several visits.

    >>> worst([Visit("A", "Task", 0.0, status=SUCCEEDED), Visit("A", "Task", 0.0, status=FAILED)])
    'failed'
    """
    found = {visit.status for visit in visits}
    return next(status for status in (FAILED, RUNNING, STOPPED, CAUGHT, SUCCEEDED) if status in found)


def told_of(visits: list[Visit], order: int, labels: Labels) -> Told:
    """What is said of visits of one state.

    >>> told_of([Visit("A", "Wait", 0.0, ended=3.0, status=SUCCEEDED)], 1, Labels("en")).line
    '3 s'
    """
    status = worst(visits)
    parts = []
    ended = [visit.ended - visit.began for visit in visits if visit.ended is not None]
    if len(visits) > 1:
        counts = Counter(visit.status for visit in visits)
        parts.append(_counts(counts) if len(counts) > 1 else f"×{len(visits)}")
    elif status != SUCCEEDED:
        parts.append(labels(status))
    if sum(ended):
        time = labels.duration(sum(ended))
        parts.append(labels("in all", time) if len(visits) > 1 else time)
    retries = sum(visit.retries for visit in visits)
    if retries:
        parts.append(f"↻ {labels.counted('retry', 'retries', retries)}")
    if any(visit.redrives for visit in visits):
        parts.append(labels("redriven"))
    if visits[0].type == "Map":
        parts += _items(visits, labels)
    if not parts:
        parts = [labels(status)]
    errors = list(dict.fromkeys(visit.error for visit in visits if visit.error and visit.status in (FAILED, CAUGHT)))
    causes = [visit.cause for visit in visits if visit.cause and visit.error]
    return Told(order, status, " · ".join(parts), ", ".join(errors), causes[0] if causes else "")


def _items(visits: list[Visit], labels: Labels) -> list[str]:
    counts = Counter(status for visit in visits for status in visit.iterations.values())
    total = sum(visit.items if visit.items is not None else len(visit.iterations) for visit in visits)
    if not total:
        return []
    counted = labels.counted("item", "items", total)
    return [f"{counted}: {_counts(counts)}" if counts else counted]


def _counts(counts: Counter[str]) -> str:
    return " ".join(f"{SIGNS[status]} {counts[status]}" for status in SIGNS if counts[status])


def headline(run: Run, labels: Labels) -> tuple[str, str]:
    """A sign and a sentence: how the execution ended.

    >>> headline(Run("FAILED", 0.0, 2.0, "Full", "No room."), Labels("en"))
    ('✗', 'The execution failed after 2 s: Full, No room.')
    """
    status = {"SUCCEEDED": SUCCEEDED, "RUNNING": RUNNING, "ABORTED": STOPPED}.get(run.status, FAILED)
    why = ", ".join(part for part in (run.error, run.cause) if part) or labels("no error")
    return SIGNS[status], labels(run.status, labels.duration(run.ended - run.began), why.rstrip("."))


def summary(graph: Graph, run: Run | None, labels: Labels) -> str:
    """The whole picture in words.

    >>> from eslabon.stepfunctions.pictures.graphs import read
    >>> summary(read({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, Labels("en")), None, Labels("en"))
    'A state machine of one state, A.'
    """
    names = [node.name for node in graph.every_node()]
    text = labels("one", graph.start) if len(names) == 1 else labels("machine", len(names), graph.start)
    if run is None:
        return text
    told = tell(run, labels)
    ran = [f"{name} ({each.spoken(labels)})" for name, each in told.items()]
    unknown = elsewhere(graph)
    missed = [name for name in names if name not in told and name not in unknown]
    sentences = [headline(run, labels)[1], labels("ran", _listed(ran, labels) or labels("nothing"))]
    if missed:
        sentences.append(labels("not reached", _listed(missed, labels)))
    return " ".join([text, *sentences])


def _listed(parts: list[str], labels: Labels) -> str:
    more = [labels("more", len(parts) - LONG)] if len(parts) > LONG else []
    return "; ".join([*parts[:LONG], *more])
