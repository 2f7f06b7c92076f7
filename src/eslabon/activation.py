"""Which cloud plain boto3 code talks to: one stack for the process, the innermost cloud answers.

A second thread is refused, loudly, unless it serves a cloud: then it has a stack of its own.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eslabon.errors import NoActiveCloud

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

_NO_CLOUD = (
    "No cloud is active. This boto3 client was made while eslabon was imported, so it never dials AWS: use it inside "
    "`with activate() as cloud:`, or make it with `cloud.client(…)`. "
    "To talk to AWS itself, run the program without eslabon."
)
_OTHER_THREAD = (
    "A cloud is already active in another thread. One stack of active clouds serves the whole process, and its time "
    "moves for one caller at a time: use it in that thread only, or give this thread a cloud and clients of its own "
    "with Cloud() and cloud.client(…)."
)
_NOT_INNERMOST = "This cloud is not the innermost active one: stop clouds in the reverse order of starting."
_LEFT_ACTIVE = (
    "This code ended with a cloud still active that it had started itself; it has been stopped. Call stop() for each "
    "activate().start(), or use `with activate():`. Code that runs in a cloud already needs neither."
)


@dataclass(frozen=True)
class Place:
    """A cloud, and the account and Region that code runs in."""

    cloud: Cloud
    account: str
    region: str


@dataclass(frozen=True, eq=False)
class _Entered:
    place: Place
    leave: Callable[[], None]  # what is undone when the place is left


_stack: list[_Entered] = []
_thread: int | None = None
_serving: dict[int, list[_Entered]] = {}  # the stacks of threads that serve clouds, whose locks they hold meanwhile


def _own() -> list[_Entered]:
    """The stack of the thread that asks; for one that may have none, RuntimeError."""
    here = threading.get_ident()
    if here in _serving:
        return _serving[here]
    if _stack and here != _thread:
        raise RuntimeError(_OTHER_THREAD)
    return _stack


@contextmanager
def serving() -> Iterator[None]:
    """This thread serves a cloud: what it runs, holding the cloud's lock, has a stack of active clouds of its own.

    >>> from eslabon import Cloud
    >>> with Cloud().activated(), serving():
    ...     active() is None
    True
    """
    here = threading.get_ident()
    _serving[here] = []
    try:
        yield
    finally:
        del _serving[here]


def current() -> Place:
    """The innermost active place. Raises NoActiveCloud when there is none, RuntimeError from a second thread.

    >>> from eslabon import Cloud
    >>> with Cloud().activated(region="eu-south-1"):
    ...     current().region
    'eu-south-1'
    >>> current()
    Traceback (most recent call last):
    eslabon.errors.NoActiveCloud: No cloud is active. ...
    """
    stack = _own()
    if not stack:
        raise NoActiveCloud(_NO_CLOUD)
    return stack[-1].place


def active() -> Place | None:
    """The innermost active place, if any, whichever thread asks.

    >>> active() is None
    True
    """
    stack = _serving.get(threading.get_ident(), _stack)
    return stack[-1].place if stack else None


def check_thread(cloud: Cloud) -> None:
    """Refuse, with RuntimeError, a call to a cloud that is active in another thread: the two would race.

    >>> from eslabon import Cloud
    >>> with Cloud().activated() as cloud:
    ...     check_thread(cloud)
    """
    here = threading.get_ident()
    if _stack and here != _thread and here not in _serving and any(entered.place.cloud is cloud for entered in _stack):
        raise RuntimeError(_OTHER_THREAD)


def push(place: Place, enter: Callable[[], Callable[[], None]] = lambda: lambda: None) -> None:
    """Make this place the innermost. Raises RuntimeError from a second thread.

    enter: called then; it returns what is called when the place is left.

    >>> from eslabon import Cloud
    >>> place = Place(Cloud(), "123456789012", "us-east-1")
    >>> push(place)
    >>> current() is place
    True
    >>> pop(place)
    """
    global _thread
    stack = _own()
    if stack is _stack:
        _thread = threading.get_ident()
    stack.append(_Entered(place, enter()))


def pop(place: Place) -> None:
    """Leave this place; RuntimeError when another one was entered later.

    >>> from eslabon import Cloud
    >>> outer, inner = (Place(Cloud(), "123456789012", "us-east-1") for _ in range(2))
    >>> push(outer); push(inner)
    >>> pop(outer)
    Traceback (most recent call last):
    RuntimeError: This cloud is not the innermost active one: stop clouds in the reverse order of starting.
    >>> pop(inner); pop(outer)
    """
    stack = _own()
    if not stack or stack[-1].place is not place:
        raise RuntimeError(_NOT_INNERMOST)
    stack.pop().leave()


@contextmanager
def activated(place: Place) -> Iterator[Place]:
    """Code in the block talks to this place; a cloud that it starts and leaves active is stopped, with a warning.

    >>> from eslabon import Cloud, activate
    >>> with activated(Place(Cloud(), "123456789012", "us-east-1")) as place:
    ...     current() is place
    True
    >>> with warnings.catch_warnings(record=True) as warned:
    ...     with activated(Place(Cloud(), "123456789012", "us-east-1")):
    ...         _ = activate().start()
    >>> str(warned[0].message)
    'This code ended with a cloud still active that it had started itself; it has been stopped. ...
    """
    push(place)
    stack = _own()
    entered = stack[-1]
    try:
        yield place
    finally:
        left_active = entered in stack and stack[-1] is not entered
        while left_active and stack[-1] is not entered:
            pop(stack[-1].place)
        pop(place)
        if left_active:
            warnings.warn(_LEFT_ACTIVE, RuntimeWarning, stacklevel=5)  # `with cloud.activated()`
