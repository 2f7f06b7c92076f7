"""A distributed Map: a map run whose child executions process the items."""

from __future__ import annotations

from eslabon.errors import NotModelled
from eslabon.stepfunctions.definition import MapWork
from eslabon.stepfunctions.interpreter import Visit


def run(visit: Visit, work: MapWork) -> None:
    """Start the map run."""
    raise NotModelled("stepfunctions", "a Map in DISTRIBUTED mode", ["INLINE"])
