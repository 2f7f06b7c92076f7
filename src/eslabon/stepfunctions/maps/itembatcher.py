"""ItemBatcher: the selected items of a distributed Map, many to a child execution.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONATA
from eslabon.stepfunctions.language.errornames import DATA_LIMIT, RUNTIME
from eslabon.stepfunctions.language.fields import compile_field, integer
from eslabon.stepfunctions.language.jsonata import jsonata
from eslabon.stepfunctions.language.jsonpath.templates import compile_template
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, Scope, StateError
from eslabon.stepfunctions.maps.itemreader import check_members
from eslabon.stepfunctions.running.history import LARGEST

_MEMBERS = (
    "MaxItemsPerBatch",
    "MaxItemsPerBatchPath",
    "MaxInputBytesPerBatch",
    "MaxInputBytesPerBatchPath",
    "BatchInput",
)


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
        most_items = _positive(self.most_items, scope, "MaxItemsPerBatch") or 0
        most_bytes = _positive(self.most_bytes, scope, "MaxInputBytesPerBatch") or LARGEST
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
    check_members(fields, "ItemBatcher", _MEMBERS)
    most_items = compile_field(fields, "MaxItemsPerBatch", jsonata_kind="number", convert=integer)
    most_bytes = compile_field(fields, "MaxInputBytesPerBatch", jsonata_kind="number", convert=integer)
    if most_items is None and most_bytes is None:
        raise DefinitionError("An ItemBatcher must have MaxItemsPerBatch or MaxInputBytesPerBatch.")
    batch_input = None
    if "BatchInput" in fields:
        compile_it = jsonata.compile_value if language == JSONATA else compile_template
        batch_input = compile_it(fields["BatchInput"], "BatchInput")
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
    empty = len(compact({**fixed, "Items": []}).encode("utf-8", "surrogatepass"))
    batch: list[Any] = []
    size = empty
    for item in items:
        bytes_of_item = len(compact(item).encode("utf-8", "surrogatepass"))
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


def _positive(field: Evaluate | None, scope: Scope, name: str) -> int | None:
    if field is None:
        return None
    value = field(scope)
    if value != int(value) or value < 1:
        raise StateError(RUNTIME, f"{name} must be a positive integer, but is {value}.")
    return int(value)
