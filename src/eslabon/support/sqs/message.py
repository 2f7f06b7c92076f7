"""A message and where it stands, by times that are compared exactly. Who may have it next is decided in order.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def later(now: float, seconds: float) -> float:
    """The time so many seconds from now, in whole microseconds as the clock counts: times compare exactly.

    >>> later(1767225600.1, 0.2) == 1767225600.3, later(1767225600.1, -0.1) == 1767225600
    (True, True)
    """
    return round(now + seconds, 6)


@dataclass
class Message:
    """A message and where it stands. Times in seconds since 1970.

    It is delayed (hidden, never received here), available, or in flight (hidden, received here), by `visible_at`
    and the time at which one asks.
    """

    message_id: str
    body: str
    sender_id: str
    sent: float
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    group: str | None = None
    deduplication_id: str | None = None
    sequence_number: str | None = None
    source_arn: str | None = None  # the queue from which it came here as a dead letter
    enqueued: float = 0.0  # retention counts from here
    visible_at: float = 0.0
    first_received: float | None = None
    receive_count: int = 0  # in all queues
    received_here: int = 0
    received: float = 0.0  # the last time
    receipt_handle: str | None = None  # of the last time
