"""Which cloud plain boto3 code talks to: one stack for the process, the innermost cloud answers.

Threads are left out, loudly.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eslabon import readertime
from eslabon.clock import Clock
from eslabon.errors import NoActiveCloud

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

_NO_CLOUD = (
    "No cloud is active. This boto3 client was made while eslabon was imported, so it never dials AWS: use it inside "
    "`with activate() as cloud:`, or make it with `cloud.client(…)`. "
    "To talk to AWS itself, run the program without eslabon."
)


@dataclass(frozen=True)
class Place:
    """A cloud, and the account and Region that code runs in."""

    cloud: Cloud
    account: str
    region: str


_stack: list[Place] = []
_thread: int | None = None


def current() -> Place:
    """The innermost active place; NoActiveCloud when there is none."""
    if not _stack:
        raise NoActiveCloud(_NO_CLOUD)
    return _stack[-1]


def active() -> Place | None:
    """The innermost active place, if any."""
    return _stack[-1] if _stack else None


def _clock() -> Clock | None:
    return _stack[-1].cloud.clock if _stack else None


readertime.follow(_clock)


def push(place: Place) -> None:
    """Make this place the innermost; RuntimeError from a second thread."""
    global _thread
    here = threading.get_ident()
    if _stack and here != _thread:
        raise RuntimeError(
            "A cloud is already active in another thread. One stack of active clouds serves the whole process: "
            "activate in one thread only, or give each thread its own clients with cloud.client(…)."
        )
    _thread = here
    _stack.append(place)


def pop(place: Place) -> None:
    """Leave this place; clouds are left in the reverse order of entering."""
    if not _stack or _stack[-1] is not place:
        raise RuntimeError("This cloud is not the innermost active one: stop clouds in the reverse order of starting.")
    _stack.pop()


@contextmanager
def activated(place: Place) -> Iterator[Place]:
    """Code in the block talks to this place."""
    push(place)
    try:
        yield place
    finally:
        pop(place)
