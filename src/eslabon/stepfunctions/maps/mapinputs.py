"""The inputs of a map run's child executions: items are selected and batched as they are taken.

Where the items come from is in `itemreader`, what starts for them in `mapruns`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from eslabon.stepfunctions.language.definition import MapWork
from eslabon.stepfunctions.language.errornames import DATA_LIMIT
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.maps.itembatcher import batches
from eslabon.stepfunctions.maps.itemreader import Item
from eslabon.stepfunctions.running.branches import select
from eslabon.stepfunctions.running.history import LARGEST, too_large
from eslabon.stepfunctions.running.interpreter import Visit

Input = tuple[Any, int]  # of a child execution, and how many items are in it


class Inputs:
    """The inputs of one map run, in order; `ahead` are those that were read before they were taken.

    `visit` is the stay at the Map state, `open_items` begins to give its items.
    """

    def __init__(self, visit: Visit, work: MapWork, open_items: Callable[[], Iterator[Item]]) -> None:
        self.visit = visit
        self.work = work
        self.given = visit.document
        self.ahead: deque[Input] = deque()
        self._open_items = open_items
        self._taken = 0
        self._following: Iterator[Input] = iter(())
        self._broken = True  # not opened yet, or ended with an error

    def open(self) -> None:
        """Begin, or go on after an error where it happened: then the source is read again.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> inputs = map_run([1, 2], MaxConcurrency=1).inputs
        >>> inputs.open()  # nothing happens: it is open
        >>> inputs.take()
        (2, 1)
        """
        if self._broken:
            self._broken = False
            self._following = islice(self._read(), self._taken + len(self.ahead), None)

    def take(self) -> Input | None:
        """The next one; None after the last. Raises StateError.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> inputs = map_run([1, 2, 3], MaxConcurrency=1, ItemBatcher={"MaxItemsPerBatch": 2}).inputs
        >>> inputs.take(), inputs.take()
        (({'Items': [3]}, 1), None)
        """
        found = self.ahead.popleft() if self.ahead else self._next()
        if found is not None:
            self._taken += 1
        return found

    def _next(self) -> Input | None:
        try:
            return next(self._following, None)
        except StateError:
            self._broken = True
            raise

    def expand(self) -> None:
        """Read all that are left, to know how many there are. Raises StateError.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> inputs = map_run([1, 2, 3], MaxConcurrency=1).inputs
        >>> inputs.expand()
        >>> list(inputs.ahead)
        [(2, 1), (3, 1)]
        """
        while (found := self._next()) is not None:
            self.ahead.append(found)

    def _read(self) -> Iterator[Input]:
        self.visit.document = self.given
        if self.work.batcher is not None:
            yield from batches(self._selected(), *self.work.batcher.limits(self.visit))
            return
        for value in self._selected():
            if too_large(value):
                cause = f"The input of a child execution is larger than {LARGEST} bytes."
                raise StateError(DATA_LIMIT, cause, complete=True)
            yield value, 1

    def _selected(self) -> Iterator[Any]:
        selector = self.work.selector
        for index, item in enumerate(self._open_items()):
            if selector is None:
                yield item.value if item.key is None else {"Key": item.key, "Value": item.value}
                continue
            shown = {"Index": index, "Value": item.value, "Source": item.source}
            if item.key is not None:
                shown["Key"] = item.key
            yield select(self.visit, selector, self.given, shown)
