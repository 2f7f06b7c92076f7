"""Where the cells of a row stand side by side: as near as can be to what they are linked to."""

from __future__ import annotations

from collections.abc import Sequence

from eslabon.stepfunctions.pictures.cells import Cell

SPACE = 20.0  # between boxes side by side


def gaps(row: Sequence[Cell]) -> list[float]:
    """The room between neighbours; two lines need less.

    >>> box, line = Cell(50, 20, "box"), Cell(14, 0, "line")
    >>> gaps([box, box, line, line])
    [20.0, 6.0, 0.0]
    """
    return [
        0.0 if left.kind == right.kind == "line" else SPACE if "line" not in (left.kind, right.kind) else 6.0
        for left, right in zip(row, row[1:], strict=False)
    ]


_PULL = {("line", "line"): 8.0, ("box", "label"): 2.0, ("box", "line"): 2.0}  # of a link, by what is at its ends


def _pull(cell: Cell, other: Cell, *, up: bool) -> float:
    """How strongly a link pulls; most where it is the only one at both of its ends."""
    first, second = sorted((cell.kind, other.kind))
    strength = _PULL.get((first, second), 1.0)
    ends = (cell.above, other.below) if up else (cell.below, other.above)
    return strength * 4 if len(ends[0]) == len(ends[1]) == 1 else strength


def mean(values: Sequence[float]) -> float:
    """The mean of numbers, of which there is one at least.

    >>> mean([1, 2])
    1.5
    """
    return sum(values) / len(values)


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
