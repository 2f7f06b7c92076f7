"""ItemBatcher: the selected items of a distributed Map, many to a child execution.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.dataflow import TEMPLATES
from eslabon.stepfunctions.language.errornames import DATA_LIMIT
from eslabon.stepfunctions.language.fields import Range, compile_number
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, Scope, StateError
from eslabon.stepfunctions.running.history import LARGEST


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
