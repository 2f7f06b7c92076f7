"""Ratios of two calls, both measured in turn in the same run, so that a busy machine slows both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 15
CALLS = 40


class _Constant:
    """What botocore reads of an HTTP response."""

    status_code = 200
    headers: dict[str, str] = {}


def seconds(call: Callable[[], Any]) -> float:
    """The time of CALLS calls."""
    begun = time.perf_counter()
    for _ in range(CALLS):
        call()
    return time.perf_counter() - begun


def ratio(call: Callable[[], Any], baseline: Callable[[], Any]) -> float:
    """How many times as long as the baseline: the median over rounds in which both are measured in turn."""
    call()
    baseline()
    return statistics.median(seconds(call) / seconds(baseline) for _ in range(ROUNDS))


def constant(client: Any, operation: str, answer: dict[str, Any]) -> Any:
    """A client whose operation is answered by a constant, before anything else looks at it."""

    def answered(**_: Any) -> tuple[_Constant, dict[str, Any]]:
        return _Constant(), dict(answer)

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"before-call.{service}.{operation}", answered)
    return client
