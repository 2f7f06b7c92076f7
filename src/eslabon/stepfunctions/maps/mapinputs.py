"""The inputs of a map run's child executions: items are selected and batched as they are taken.

Where the items come from is in `itemreader`, what starts for them in `mapruns`.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from eslabon.stepfunctions.language.dataflow import TEMPLATES
from eslabon.stepfunctions.language.definition import MapWork
from eslabon.stepfunctions.language.errornames import DATA_LIMIT
from eslabon.stepfunctions.language.fields import Range, compile_number
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, Scope, StateError
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


@dataclass(frozen=True, slots=True)
class Batcher:
    """An ItemBatcher, compiled."""

    most_items: Evaluate | None
    most_bytes: Evaluate | None
    batch_input: Evaluate | None

    def limits(self, scope: Scope) -> tuple[int, int, dict[str, Any]]:
        """The most items and the most bytes of a batch, and what every batch holds beside its items.

        Raises StateError when a limit is no positive number.

        >>> compile_batcher({"MaxInputBytesPerBatch": 100, "BatchInput": {"day": 1}}, "JSONPath").limits(Scope({}))
        (0, 100, {'BatchInput': {'day': 1}})
        >>> compile_batcher({"MaxItemsPerBatchPath": "$"}, "JSONPath").limits(Scope(0))
        Traceback (most recent call last):
        StateError: ...
        """
        most_items = int(self.most_items(scope)) if self.most_items else 0
        most_bytes = int(self.most_bytes(scope)) if self.most_bytes else LARGEST
        fixed = {} if self.batch_input is None else {"BatchInput": self.batch_input(scope)}
        return most_items, min(most_bytes, LARGEST), fixed


def compile_batcher(fields: Mapping[str, Any], language: str) -> Batcher:
    """The ItemBatcher field of a Map. Raises DefinitionError when nothing limits a batch.

    >>> compile_batcher({"MaxItemsPerBatch": 2}, "JSONPath").limits(Scope({}))
    (2, 262144, {})
    >>> compile_batcher({"BatchInput": {}}, "JSONPath")
    Traceback (most recent call last):
    DefinitionError: An ItemBatcher must have MaxItemsPerBatch or MaxInputBytesPerBatch.
    """
    most_items, most_bytes = (
        compile_number(fields, name, Range(1)) for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    )
    if most_items is None and most_bytes is None:
        raise DefinitionError("An ItemBatcher must have MaxItemsPerBatch or MaxInputBytesPerBatch.")
    field = "BatchInput"
    batch_input = TEMPLATES[language](fields[field], field) if field in fields else None
    return Batcher(most_items, most_bytes, batch_input)


def batches(
    items: Iterable[Any], most_items: int, most_bytes: int, fixed: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], int]]:
    """The inputs of child executions, each with the number of its items.

    most_items: 0 for any number; most_bytes: of an input as JSON text. Raises StateError, States.DataLimitExceeded, for
    an item that is too large for a batch of its own.

    >>> list(batches([1, 2, 3], 2, 1000, {}))
    [({'Items': [1, 2]}, 2), ({'Items': [3]}, 1)]
    >>> list(batches(["aa", "bb"], 0, 16, {}))
    [({'Items': ['aa']}, 1), ({'Items': ['bb']}, 1)]
    >>> list(batches(["aaaa"], 0, 16, {}))
    Traceback (most recent call last):
    StateError: ...
    """
    empty = _bytes({**fixed, "Items": []})
    batch: list[Any] = []
    size = empty
    for item in items:
        bytes_of_item = _bytes(item)
        if empty + bytes_of_item > most_bytes:
            cause = f"An item of {bytes_of_item} bytes does not fit in a batch of at most {most_bytes} bytes."
            raise StateError(DATA_LIMIT, cause, complete=True)
        comma = 1 if batch else 0
        if batch and (len(batch) == most_items or size + comma + bytes_of_item > most_bytes):
            yield {**fixed, "Items": batch}, len(batch)
            batch, size, comma = [], empty, 0
        batch.append(item)
        size += comma + bytes_of_item
    if batch:
        yield {**fixed, "Items": batch}, len(batch)


def _bytes(value: Any) -> int:
    return len(compact(value).encode("utf-8", "surrogatepass"))
