"""What a layout is made of: cells and their places side by side in a row, lines between boxes, and their pen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Size = tuple[float, float]
Point = tuple[float, float]
Step = tuple[Any, ...]  # M, L or C, and then x and y by turns, as in the path of an SVG

SPACE = 20.0  # between boxes side by side


@dataclass(slots=True, eq=False)
class Cell:
    """Something in a row: a box, a label, or a line that passes."""

    width: float
    height: float
    kind: str  # "box", "label", "line"
    row: int = 0
    x: float = 0.0  # of its middle
    y: float = 0.0  # of its top
    order: float = 0.0
    aside: bool = False  # a way back, at the right of its row
    above: list[tuple[Cell, float]] = field(default_factory=list)  # linked cells, and how far right of them to be
    below: list[tuple[Cell, float]] = field(default_factory=list)


def gaps(row: Sequence[Cell]) -> list[float]:
    """The room between neighbours; two lines need less.

    >>> box, line = Cell(50, 20, "box"), Cell(14, 0, "line")
    >>> gaps([box, box, line, line])
    [20.0, 6.0, 0.0]
    """
    return [
        0.0 if left.kind == right.kind == "line" else SPACE if "line" not in (left.kind, right.kind) else 6.0
        for left, right in pairwise(row)
    ]


_PULL = {("line", "line"): 8.0, ("box", "label"): 2.0, ("box", "line"): 2.0}  # of a link, by what is at its ends


def _pull(cell: Cell, other: Cell, *, up: bool) -> float:
    """How strongly a link pulls; most where it is the only one at both of its ends."""
    first, second = sorted((cell.kind, other.kind))
    strength = _PULL.get((first, second), 1.0)
    ends = (cell.above, other.below) if up else (cell.below, other.above)
    return strength * 4 if len(ends[0]) == len(ends[1]) == 1 else strength


def settle(row: Sequence[Cell], room: float, *, up: bool, down: bool) -> None:
    """Move the cells of a row as near as can be to where their links pull them: order and distances stay.

    That is an isotonic regression, solved by pooling neighbours that want to pass each other. room: the whole width;
    up, down: whether links to the row above and to the one below pull.

    >>> above, cell = Cell(50, 20, "box", x=60), Cell(50, 20, "box", x=25)
    >>> cell.above.append((above, 0.0))
    >>> settle([cell], 200, up=True, down=False)
    >>> round(cell.x)
    60
    """
    if not row:
        return
    offset = [0.0]
    for left, right, gap in zip(row, row[1:], gaps(row), strict=False):
        offset.append(offset[-1] + (left.width + right.width) / 2 + gap)
    pools: list[list[float]] = []  # sum of pull times place, sum of pull, cells
    for cell, shift in zip(row, offset, strict=True):
        weight, total = 0.01, 0.01 * cell.x
        for is_up in [True] * up + [False] * down:
            for other, port in cell.above if is_up else cell.below:
                pull = _pull(cell, other, up=is_up)
                weight += pull
                total += pull * (other.x + port)
        pools.append([total - weight * shift, weight, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = [have + more for have, more in zip(pools[-1], last, strict=True)]
    lowest = row[0].width / 2
    highest = room - row[-1].width / 2 - offset[-1]
    places = [min(max(total / weight, lowest), highest) for total, weight, count in pools for _ in range(int(count))]
    for cell, place, shift in zip(row, places, offset, strict=True):
        cell.x = place + shift


@dataclass(slots=True)
class Line:
    """A way between two boxes."""

    source: str
    target: str
    label: Size | None = None
    port: float = 0.0  # where it leaves the source, right of its middle
    shared: Hashable = None  # lines to one target with the same value run together
    strong: bool = False  # of lines that run together, the one that is drawn to the end
    steps: list[Step] = field(default_factory=list)
    tip: Point | None = None  # where its arrow ends, downwards; None: it ends in another line
    place: Point | None = None  # of the label's left upper corner


class Pen:
    """Writes the `steps` of a path; straight ones that follow each other become one.

    >>> pen = Pen(0, 0)
    >>> pen.down(10)
    >>> pen.down(20)
    >>> pen.curve(8, 30)
    >>> pen.steps
    [('M', 0, 0), ('L', 0, 20), ('C', 0, 25.0, 8, 25.0, 8, 30)]
    """

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y
        self.steps: list[Step] = [("M", x, y)]

    def down(self, y: float) -> None:
        """Straight down, or up.

        >>> pen = Pen(4, 0)
        >>> pen.down(10)
        >>> pen.down(6)
        >>> pen.steps
        [('M', 4, 0), ('L', 4, 6)]
        """
        if y == self.y:
            return
        if self.steps[-1][0] == "L":
            self.steps.pop()
        self.steps.append(("L", self.x, y))
        self.y = y

    def curve(self, x: float, y: float) -> None:
        """Down to a place, leaving and arriving upright.

        >>> pen = Pen(0, 0)
        >>> pen.curve(8, 10)
        >>> pen.curve(8.2, 20)  # that is straight
        >>> pen.steps
        [('M', 0, 0), ('C', 0, 5.0, 8, 5.0, 8, 10), ('L', 8, 20)]
        """
        if abs(x - self.x) < 0.5:
            self.down(y)
            return
        middle = (self.y + y) / 2
        self.steps.append(("C", self.x, middle, x, middle, x, y))
        self.x, self.y = x, y

    def turn(self, x: float, height: float) -> None:
        """Round, to the same height at another place.

        >>> pen = Pen(0, 0)
        >>> pen.turn(8, -6)
        >>> pen.steps
        [('M', 0, 0), ('C', 0, -6, 8, -6, 8, 0)]
        """
        self.steps.append(("C", self.x, self.y + height, x, self.y + height, x, self.y))
        self.x = x

    def lift(self, y: float) -> None:
        """Go on at another height; nothing is drawn until there.

        >>> pen = Pen(0, 0)
        >>> pen.down(5)
        >>> pen.lift(15)
        >>> pen.steps
        [('M', 0, 0), ('L', 0, 5), ('M', 0, 15)]
        """
        self.steps.append(("M", self.x, y))
        self.y = y
