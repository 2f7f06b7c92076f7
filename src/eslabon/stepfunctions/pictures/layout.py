"""Places boxes in rows from top to bottom and routes the ways between them, by the method of Sugiyama, Tagawa and Toda.

Ways back are turned round, states lie one row below all that lead to them, labels have rows of their own, rows are
put in the order with fewest crossings. It knows sizes and names, no states and no SVG.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from eslabon.stepfunctions.pictures.cells import SPACE, Cell, Line, Pen, Point, Size, gaps, settle

LANE = 14.0  # room of a line that passes a row
SLACK = 80.0  # by which the whole may be wider than its widest row, so that lines are straighter
TURN = 24.0  # how far a line goes beyond a row to turn back
SWEEPS = 6  # down and up, for the order and for the places


@dataclass(slots=True)
class Layout:
    """Left upper corners of the boxes, and the size of the whole."""

    width: float
    height: float
    places: dict[str, Point]


def arrange(boxes: Mapping[str, Size], lines: Sequence[Line], *, first: str, last: str | None, bound: float) -> Layout:
    """Place `boxes`, route `lines` (their steps, tip and place are filled in), not much wider than `bound`.

    first: the box at the top; last: the box at the bottom, if any.

    >>> way = Line("a", "b")
    >>> layout = arrange({"a": (50, 20), "b": (50, 20)}, [way], first="a", last=None, bound=300)
    >>> layout.places["a"][1] < layout.places["b"][1], layout.places["a"][0] == layout.places["b"][0]
    (True, True)
    >>> way.tip == (layout.places["b"][0] + 25, layout.places["b"][1])
    True
    """
    rows = _Rows(boxes, lines, first, last, bound)
    rows.order()
    rows.place()
    rows.route()
    return Layout(rows.width, rows.height, {key: (cell.x - cell.width / 2, cell.y) for key, cell in rows.boxes.items()})


class _Rows:
    """Rows of cells, from the top."""

    def __init__(
        self, boxes: Mapping[str, Size], lines: Sequence[Line], first: str, last: str | None, bound: float
    ) -> None:
        self.lines, self.bound = lines, bound
        self.boxes = {key: Cell(width, height, "box") for key, (width, height) in boxes.items()}
        self.leaving: dict[str, list[int]] = {key: [] for key in boxes}  # the indexes of the lines that leave a box
        for number, line in enumerate(lines):
            self.leaving[line.source].append(number)
        self.back = self._backward(first)
        self.rows: list[list[Cell]] = []
        self.labels: dict[int, Cell] = {}  # of lines
        self.chains: list[list[Cell]] = []  # of each line, the cells that it passes
        self._passing: dict[Hashable, Cell] = {}
        self._fill(last)
        self._chain()

    # ---- rows

    def _backward(self, first: str) -> set[int]:
        """The lines that lead back to a box that is still being left, in a walk from the first one."""
        back: set[int] = set()
        done: dict[str, bool] = {}  # False: on the way there
        for root in [first, *self.leaving]:
            stack = [] if root in done else [(root, iter(self.leaving[root]))]
            done.setdefault(root, False)
            while stack:
                key, rest = stack[-1]
                number = next(rest, None)
                if number is None:
                    done[key] = True
                    stack.pop()
                    continue
                target = self.lines[number].target
                if target not in done:
                    done[target] = False
                    stack.append((target, iter(self.leaving[target])))
                elif not done[target]:
                    back.add(number)
        return back

    def _ranks(self) -> dict[str, int]:
        """Of each box, the length of the longest way to it that never leads back."""
        onward = {
            key: [self.lines[number].target for number in numbers if number not in self.back]
            for key, numbers in self.leaving.items()
        }
        coming = Counter(target for targets in onward.values() for target in targets)
        ranks = dict.fromkeys(onward, 0)
        ready = [key for key in onward if not coming[key]]
        for key in ready:
            for target in onward[key]:
                ranks[target] = max(ranks[target], ranks[key] + 1)
                coming[target] -= 1
                if not coming[target]:
                    ready.append(target)
        return {key: ranks[key] for key in ready}

    def _fill(self, last: str | None) -> None:
        """One row below all that lead there; rows that are too wide are broken, rows of labels put between."""
        ranks = self._ranks()
        if last is not None:
            ranks[last] = max(ranks.values()) + (1 if len(ranks) > 1 else 0)
        for rank in range(max(ranks.values()) + 1):
            layer = [(self.boxes[key].width, key, None) for key in ranks if ranks[key] == rank]
            for part in _broken(layer, self.bound):
                self._row([self.boxes[key] for key in part])
                self._label_rows([number for key in part for number in self.leaving[key]])

    def _label_rows(self, numbers: Sequence[int]) -> None:
        labelled = []
        for number in numbers:
            line, back = self.lines[number], number in self.back
            if line.label is not None:
                self.labels[number] = Cell(*line.label, "label", aside=back)
                labelled.append((line.label[0], number, (line.target, line.shared) if back else None))
        for some in _broken(labelled, self.bound):
            self._row([self.labels[number] for number in some])

    def _row(self, cells: Sequence[Cell]) -> None:
        self.rows.append([])
        for cell in cells:
            self._put(cell, len(self.rows) - 1)

    def _put(self, cell: Cell, row: int) -> None:
        cell.row, cell.order = row, len(self.rows[row])
        self.rows[row].append(cell)

    def _pass(self, row: int, *shared: Hashable, aside: bool = False) -> Cell:
        """The cell of a line that passes a row; lines that share a lane pass it in one cell."""
        key = (row, *shared)
        if key not in self._passing:
            self._passing[key] = Cell(LANE, 0.0, "line", aside=aside)
            self._put(self._passing[key], row)
        return self._passing[key]

    def _chain(self) -> None:
        """Find the cells of each line: those before its label, which it shares with its source's, and those behind."""
        for number, line in enumerate(self.lines):
            source, target, back = self.boxes[line.source], self.boxes[line.target], number in self.back
            label = [self.labels[number]] if number in self.labels else []
            turn = label[0].row if label else source.row
            rows = range(turn - len(label), target.row - 1, -1) if back else range(turn + 1, target.row)
            before = [self._pass(row, "out", line.source, line.shared) for row in range(source.row + 1, turn + back)]
            way = "back" if back else "in"
            behind = [self._pass(row, way, line.target, line.shared, aside=back) for row in rows]
            self.chains.append([source, *before, *label, *behind, target])
            self._link([source, *before] if back else self.chains[-1])

    @staticmethod
    def _link(chain: Sequence[Cell]) -> None:
        for upper, lower in pairwise(chain):
            if all(cell is not lower for cell, _ in upper.below):
                upper.below.append((lower, 0.0))
                lower.above.append((upper, 0.0))

    def _ports(self) -> None:
        """Lines that do not leave from the middle leave on the side to which they go."""
        for numbers in self.leaving.values():
            ported = [self._heading(number) for number in numbers if self.lines[number].port]
            middle = [self._heading(number) for number in numbers if not self.lines[number].port]
            if ported and middle and sum(ported) / len(ported) < sum(middle) / len(middle):
                for number in numbers:
                    self.lines[number].port *= -1
        for line, chain in zip(self.lines, self.chains, strict=True):
            if line.port and not chain[1].aside:
                upper, lower = chain[0], chain[1]
                upper.below = [(cell, -line.port if cell is lower else port) for cell, port in upper.below]
                lower.above = [(cell, line.port if cell is upper else port) for cell, port in lower.above]

    def _heading(self, number: int) -> float:
        """Where a line goes, from 0 at the left to 1 at the right."""
        return 1.5 if number in self.back else self.chains[number][1].order

    # ---- the order in a row

    def order(self) -> None:
        """Put each row in the order of what its cells are linked to, above and below by turns; keep the best."""
        best, kept = self._crossings(), [list(row) for row in self.rows]
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for row in self.rows if down else reversed(self.rows):
                for cell in row:
                    linked = cell.above if down else cell.below
                    if linked:
                        cell.order = sum(other.order for other, _ in linked) / len(linked)
                self._sort(row)
            count = self._crossings()
            if count < best:
                best, kept = count, [list(row) for row in self.rows]
            if not best:
                break
        self.rows = kept

    @staticmethod
    def _sort(row: list[Cell]) -> None:
        row.sort(key=lambda cell: (cell.aside, cell.order))
        for position, cell in enumerate(row):
            # Relative to the row's length: the middle of a short row belongs to the middle of a long one.
            cell.order = (position + 0.5) / len(row)

    def _crossings(self) -> int:
        for row in self.rows:
            self._sort(row)
        count = 0
        for row in self.rows:
            ends = [sorted(other.order for other, _ in cell.below) for cell in row]
            flat: list[float] = []
            for some in ends:
                count += sum(1 for end in some for earlier in flat if earlier > end)
                flat += some
        return count

    # ---- places

    def place(self) -> None:
        """Boxes near the middle of what they are linked to, lines straight; then ways back at the right."""
        self._ports()
        inner = [[cell for cell in row if not cell.aside] for row in self.rows]
        spans = [sum(cell.width for cell in row) + sum(gaps(row)) for row in inner]
        room = min(max(spans) + SLACK, max(self.bound, *spans))
        for row, span in zip(inner, spans, strict=True):
            left = (room - span) / 2
            for cell, gap in zip(row, [*gaps(row), 0.0], strict=False):
                cell.x = left + cell.width / 2
                left += cell.width + gap
        for sweep in range(2 * SWEEPS):
            down = sweep % 2 == 0
            for row in inner if down else reversed(inner):
                both = sweep >= SWEEPS
                settle(row, room, up=down or both, down=not down or both)
        for row in inner:  # at last, straight down from above
            settle(row, room, up=True, down=False)
        self._aside()
        left = min((cell.x - cell.width / 2 for row in self.rows for cell in row), default=0.0)
        for row in self.rows:
            for cell in row:
                cell.x -= left
        self.width = max(cell.x + cell.width / 2 for row in self.rows for cell in row)
        self._heights()

    def _aside(self) -> None:
        """Ways back run straight up, each as near as what stands in its rows allows; short ones inside."""
        edges = [max((cell.x + cell.width / 2 for cell in row if not cell.aside), default=0.0) for row in self.rows]
        lanes: dict[Hashable, list[Cell]] = {}
        for number in sorted(self.back):
            line = self.lines[number]
            cells = [cell for cell in self.chains[number] if cell.aside]
            lane = lanes.setdefault((line.target, line.shared), [])
            lane += [cell for cell in cells if all(cell is not other for other in lane)]
        for lane in sorted(lanes.values(), key=len):
            x = max(edges[cell.row] + cell.width / 2 + 6 for cell in lane)
            for cell in lane:
                cell.x = x
                edges[cell.row] = x + cell.width / 2

    def _heights(self) -> None:
        """Rows from the top, with more room between them where lines go far to the side."""
        y = 0.0
        turns = {self.boxes[self.lines[number].target].row - 1 for number in self.back}
        turns |= {(self.labels.get(number) or self.boxes[self.lines[number].source]).row for number in self.back}
        if -1 in turns:
            y = 22.0
        self.tops, self.bottoms = [], []
        for number, row in enumerate(self.rows):
            height = max(cell.height for cell in row)
            for cell in row:
                cell.y = y
            self.tops.append(y)
            self.bottoms.append(y + height)
            far = max((abs(other.x - cell.x) for cell in row for other, _ in cell.below), default=0.0)
            labels = any(cell.kind == "label" for cell in [*row, *(other for cell in row for other, _ in cell.below)])
            gap = (14.0 if labels else 26.0) + min(34.0, far * 0.08)
            y += height + (max(gap, 26.0) if number in turns else gap)
        self.height = self.bottoms[-1] + (22.0 if len(self.rows) - 1 in turns else 0.0)

    # ---- routes

    def route(self) -> None:
        """The steps of each line: straight through rows, curved between them, until it meets one to the same target."""
        drawn: set[Cell] = set()
        for number in sorted(range(len(self.lines)), key=lambda number: not self.lines[number].strong):
            line, chain = self.lines[number], self.chains[number]
            if label := self.labels.get(number):
                line.place = (label.x - label.width / 2, label.y)
            pen = Pen(chain[0].x + line.port, chain[0].y + chain[0].height)
            pen.down(self.bottoms[chain[0].row])
            if number in self.back:
                self._route_back(line, chain, pen, drawn)
            else:
                self._route_down(line, chain, pen, drawn)
            line.steps = pen.steps

    def _route_down(self, line: Line, chain: Sequence[Cell], pen: Pen, drawn: set[Cell]) -> None:
        labelled = any(cell.kind == "label" for cell in chain)
        for cell in chain[1:-1]:
            pen.curve(cell.x, self.tops[cell.row])
            if cell.kind == "label":
                pen.lift(cell.y + cell.height)
                labelled = False
            elif not labelled:  # before its label it runs together with others from its source, behind it to its target
                if cell in drawn:
                    return
                drawn.add(cell)
            pen.down(self.bottoms[cell.row])
        target = chain[-1]
        pen.curve(target.x, target.y)
        line.tip = (target.x, target.y)

    def _route_back(self, line: Line, chain: Sequence[Cell], pen: Pen, drawn: set[Cell]) -> None:
        for cell in [cell for cell in chain[1:-1] if not cell.aside]:
            pen.curve(cell.x, self.tops[cell.row])
            pen.down(self.bottoms[cell.row])
        up = [cell for cell in chain if cell.aside]
        pen.turn(up[0].x, TURN)
        for cell in up:
            if cell.kind == "label":
                pen.down(cell.y + cell.height)
                pen.lift(cell.y)
            elif cell in drawn:
                pen.down(self.bottoms[cell.row])
                return
            drawn.add(cell)
        pen.down(self.tops[up[-1].row])
        target = chain[-1]
        port = min(target.width / 4, 30.0)
        pen.turn(target.x + port, -TURN)
        line.tip = (target.x + port, target.y)


Key = TypeVar("Key")


def _broken(items: Sequence[tuple[float, Key, Hashable]], bound: float) -> list[list[Key]]:
    """Keys in as few lists as the bound allows; two with the same last member are never in one list."""
    lists: list[list[Key]] = []
    width, taken = 0.0, set[Hashable]()
    for size, key, lane in items:
        if not lists or width + SPACE + size > bound or (lane is not None and lane in taken):
            lists.append([])
            width, taken = -SPACE, set()
        lists[-1].append(key)
        width += SPACE + size
        taken.add(lane)
    return lists
