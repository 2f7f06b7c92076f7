"""The picture of an execution over time: a row for each visit of a state, bars from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eslabon.stepfunctions.pictures import svg
from eslabon.stepfunctions.pictures.labels import Labels
from eslabon.stepfunctions.pictures.telling import COLOURS, LONG, SIGNS, Told, headline, told_of
from eslabon.stepfunctions.pictures.visits import FAILED, RUNNING, SUCCEEDED, Attempt, Run, Visit

TOGETHER = 12  # visits of a state, in one place, that have rows of their own; more of them share one
ROW, MARGIN, INDENT = 26.0, 14.0, 14.0
SIGN = 15.0  # room of a sign before a text
NARROW = 520.0  # width below which words stand above bars
SIZE, SMALL = 12.0, 11.0
_STEPS = [
    *(base * 10.0**power for power in range(-3, 1) for base in (1, 2, 5)),
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0),
    *(86_400.0 * days for days in (1, 2, 5, 10, 30, 60, 90, 180, 365)),
]


@dataclass(slots=True)
class Row:
    """Visits of one state that share a line, `depth` Parallels and Maps deep."""

    depth: int
    visits: list[Visit]

    @property
    def name(self) -> str:
        """The state's name, with the number of the iteration where the row shows one."""
        first = self.visits[0]
        alone = len(self.visits) == 1 and first.iteration is not None
        return f"#{first.iteration} {first.name}" if alone else first.name


def rows(run: Run) -> list[Row]:
    """The rows of a run in order: what lies in a Parallel or Map below it, an iteration's states together.

    >>> run = Run(visits=[Visit("A", "Pass", 0.0), Visit("B", "Pass", 1.0)])
    >>> [(row.depth, row.name) for row in rows(run)]
    [(0, 'A'), (0, 'B')]
    >>> len(rows(Run(visits=[Visit("A", "Pass", float(time)) for time in range(13)])))
    1
    """
    inside: dict[int, list[Visit]] = {}
    for visit in run.visits:
        inside.setdefault(id(visit.inside), []).append(visit)
    return list(_below(inside, [None], 0))


def _below(inside: dict[int, list[Visit]], places: Sequence[Visit | None], depth: int) -> Iterator[Row]:
    visits = [visit for place in places for visit in inside.get(id(place), ())]
    visits.sort(key=lambda visit: (visit.iteration or 0, visit.branch, visit.began))
    by_name: dict[str, list[Visit]] = {}
    for visit in visits:
        by_name.setdefault(visit.name, []).append(visit)
    for visit in visits:
        some = by_name[visit.name]
        if len(some) <= TOGETHER and len(places) == 1:
            some = [visit]
        elif visit is not some[0]:
            continue
        yield Row(depth, some)
        yield from _below(inside, some, depth + 1)


def ticks(span: float) -> list[float]:
    """Seconds that an axis of this length marks: from zero, four to eight of them, in round numbers.

    >>> ticks(4.2), ticks(100), ticks(0)
    ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0], [0.0])
    """
    if span <= 0:
        return [0.0]
    step = next((step for step in _STEPS if span / step <= 7), span / 5)
    return [number * step for number in range(int(span / step + 1e-9) + 1)]


class Timeline:
    """Draws one run in one language. Where it is narrow, the words of a row stand above its bars."""

    def __init__(self, run: Run, labels: Labels, width: float) -> None:
        self.run, self.labels, self.width = run, labels, width
        self.rows = [(row, told_of(row.visits, 0, labels)) for row in rows(run)]
        self.span = max(run.ended - run.began, 0.001)
        self.narrow = width < NARROW
        self.left, self.right = MARGIN + 4, width - MARGIN - 4
        if not self.narrow:
            names = [svg.text_width(row.name, SIZE) + row.depth * INDENT for row, _ in self.rows]
            lines = [svg.text_width(_line(told), SMALL) for _, told in self.rows]
            self.left = MARGIN + min(max(names, default=0.0) + 14, width * 0.3)
            self.right = width - MARGIN - min(max(lines, default=0.0) + SIGN + 10, width * 0.36)

    def picture(self) -> svg.Picture:
        """The whole drawing.

        >>> run = Run("FAILED", 0.0, 2.0, visits=[Visit("A", "Wait", 0.0, ended=2.0, status=FAILED)])
        >>> picture = Timeline(run, Labels("en"), 700).picture()
        >>> picture.svg.startswith("<svg"), ">A</text>" in picture.svg
        (True, True)
        """
        sign, sentence = headline(self.run, self.labels)
        # How it went stands above the graph, which is shown with it: here the sign alone repeats it.
        name = self.labels("time")
        head, top = svg.headline(sign, name, MARGIN, self.width - 2 * MARGIN, COLOURS.get(sign))
        top += 12 if self.run.redrives else 0
        tall = ROW + (18 if self.narrow else 0)
        base = top + tall * len(self.rows) + 6
        content = [head, *self._axis(top, base)]
        for number, (row, told) in enumerate(self.rows):
            content.append(self._row(row, told, top + tall * number))
        words = self._summary(sentence)
        return svg.Picture(svg.document(self.width, base + 22, name, words, content), words, self.run.began)

    def _x(self, time: float) -> float:
        return self.left + (time - self.run.began) / self.span * (self.right - self.left)

    def _axis(self, top: float, base: float) -> list[str]:
        content = []
        # Where there is little room, only some of the marks have their labels.
        marks = ticks(self.span)
        widest = max(svg.text_width(self.labels.duration(mark), SMALL) for mark in marks) + 10
        every = int(widest * len(marks) / max(self.right - self.left, 1)) + 1
        for number, mark in enumerate(marks):
            x = self._x(self.run.began + mark)
            content.append(svg.line([("M", x, top - 4), ("L", x, base)], stroke_opacity=0.15))
            if number % every == 0:
                text = self.labels.duration(mark) if mark else "0"
                content.append(svg.label(x, base + 14, text, font_size=SMALL, text_anchor="middle", fill_opacity=0.85))
        for time in self.run.redrives:
            x = self._x(time)
            content.append(svg.line([("M", x, top - 4), ("L", x, base)], stroke_dasharray="2 3"))
            word = self.labels("redriven")
            half = svg.text_width(word, SMALL) / 2
            x = min(max(x, MARGIN + half), self.width - MARGIN - half)
            content.append(svg.label(x, top - 8, word, font_size=SMALL, text_anchor="middle"))
        return content

    def _row(self, row: Row, told: Told, y: float) -> str:
        colour = COLOURS.get(SIGNS[told.status], "currentColor")
        name_x, line_x, line = MARGIN + INDENT * row.depth, self.right + 10, _line(told)
        name_room = self.left - 8 - name_x
        if self.narrow:  # half of the line for the name, and what the other words leave
            room = self.width - MARGIN - name_x - 8 - SIGN
            name_room = max(room / 2, room - svg.text_width(line, SMALL))
        name = svg.fitted(row.name, name_room, SIZE)
        if self.narrow:
            line_x = name_x + svg.text_width(name, SIZE) + 8
        line = svg.fitted(line, self.width - MARGIN - SIGN - line_x, SMALL)
        whole = "\n".join(part for part in (row.name, told.line, told.error, told.cause) if part)
        content = [
            svg.title(whole),
            svg.label(name_x, y + 16, name, font_size=SIZE),
            svg.signed(line_x, y + 16, SIGNS[told.status], line, colour, font_size=SMALL),
        ]
        for visit in row.visits:
            content += self._bar(visit, y + (18 if self.narrow else 0), alone=len(row.visits) == 1)
        return svg.element("g", *content, data_state=row.visits[0].name, data_depth=str(row.depth))

    def _bar(self, visit: Visit, y: float, *, alone: bool) -> list[str]:
        """The stay as an outline, each attempt in it filled; between attempts, a dashed line is the wait."""
        colour = COLOURS.get(SIGNS[visit.status], "currentColor")
        end = self._end(visit)
        many = visit.attempts if len(visit.attempts) > 1 and alone else []
        look: dict[str, object] = {
            "fill": colour,
            "fill_opacity": 0.0 if many else 0.25 if alone else 0.18,
            "stroke": colour if alone else None,
            "stroke_dasharray": "3 3" if many or visit.status == RUNNING else None,
            "stroke_width": 1.2,
        }
        x, width = self._stretch(visit.began, end)
        content = [svg.rect(x, y + 5, width, 15, rx=2.5, data_bar=visit.status, **look)]
        for number, attempt in enumerate(many, 1):
            content.append(self._attempt(attempt, attempt.ended or end, y, number))
        return content

    def _attempt(self, attempt: Attempt, ended: float, y: float, number: int) -> str:
        status, colour = (FAILED, svg.BAD) if attempt.failed else (SUCCEEDED, svg.GOOD)
        x, width = self._stretch(attempt.began, ended)
        what = f"{self.labels('attempt', number)}: {SIGNS[status]} {self.labels.duration(ended - attempt.began)}"
        content = [svg.title(what), svg.rect(x, y + 5, width, 15, fill=colour, fill_opacity=0.7, stroke=colour)]
        if attempt.failed:  # without colours it is known by a stroke across
            content.append(svg.line([("M", x, y + 5), ("L", x + width, y + 20)], stroke_width=1.2))
        return svg.element("g", *content, data_attempt=status)

    def _stretch(self, began: float, ended: float) -> tuple[float, float]:
        """Where a bar begins and how wide it is."""
        return self._x(began), max(self._x(ended) - self._x(began), 3.0)

    def _end(self, visit: Visit) -> float:
        return visit.ended if visit.ended is not None else self.run.ended

    def _summary(self, sentence: str) -> str:
        words = []
        for row, told in self.rows[:LONG]:
            first = row.visits[0]
            end = max(self._end(visit) for visit in row.visits)
            began, lasted = self.labels.duration(first.began - self.run.began), self.labels.duration(end - first.began)
            words.append(self.labels("row", row.name, began, lasted, told.spoken(self.labels)))
        if len(self.rows) > LONG:
            words.append(self.labels("more", len(self.rows) - LONG))
        return f"{sentence} {'; '.join(words)}."


def _line(told: Told) -> str:
    return f"{told.line} · {told.error}" if told.error else told.line
