"""What a layout is made of: cells in rows, lines between boxes, and the pen that draws them. It decides no place."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

Size = tuple[float, float]
Point = tuple[float, float]
Step = tuple[Any, ...]  # M, L or C, and then x and y by turns, as in the path of an SVG


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
    """Writes the steps of a path; straight ones that follow each other become one.

    >>> pen = Pen(0, 0)
    >>> pen.down(10)
    >>> pen.down(20)
    >>> pen.curve(8, 30)
    >>> pen.done()
    [('M', 0, 0), ('L', 0, 20), ('C', 0, 25.0, 8, 25.0, 8, 30)]
    """

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y
        self.steps: list[Step] = [("M", x, y)]
        self.straight = False  # the last step is still to be written

    def down(self, y: float) -> None:
        """Straight down, or up.

        >>> pen = Pen(4, 0)
        >>> pen.down(10)
        >>> pen.down(6)
        >>> pen.done()
        [('M', 4, 0), ('L', 4, 6)]
        """
        self.straight = self.straight or y != self.y
        self.y = y

    def curve(self, x: float, y: float) -> None:
        """Down to a place, leaving and arriving upright.

        >>> pen = Pen(0, 0)
        >>> pen.curve(8, 10)
        >>> pen.curve(8.2, 20)  # that is straight
        >>> pen.done()
        [('M', 0, 0), ('C', 0, 5.0, 8, 5.0, 8, 10), ('L', 8, 20)]
        """
        if abs(x - self.x) < 0.5:
            self.down(y)
            return
        self._write()
        middle = (self.y + y) / 2
        self.steps.append(("C", self.x, middle, x, middle, x, y))
        self.x, self.y = x, y

    def turn(self, x: float, height: float) -> None:
        """Round, to the same height at another place.

        >>> pen = Pen(0, 0)
        >>> pen.turn(8, -6)
        >>> pen.done()
        [('M', 0, 0), ('C', 0, -6, 8, -6, 8, 0)]
        """
        self._write()
        self.steps.append(("C", self.x, self.y + height, x, self.y + height, x, self.y))
        self.x = x

    def lift(self, y: float) -> None:
        """Go on at another height; nothing is drawn until there.

        >>> pen = Pen(0, 0)
        >>> pen.down(5)
        >>> pen.lift(15)
        >>> pen.done()
        [('M', 0, 0), ('L', 0, 5), ('M', 0, 15)]
        """
        self._write()
        self.y = y
        self.steps.append(("M", self.x, y))

    def done(self) -> list[Step]:
        """All steps.

        >>> Pen(2, 3).done()
        [('M', 2, 3)]
        """
        self._write()
        return self.steps

    def _write(self) -> None:
        if self.straight:
            self.steps.append(("L", self.x, self.y))
            self.straight = False
