"""Virtual time: it moves only when somebody waits, and due work runs in time order, then in order of creation.

It never reads the system's clock.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
_MICRO = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RUNAWAY = 1_000_000  # callbacks in one run_until_idle: more is a loop that AWS would run (and bill) for ever


class Handle:
    """Work that is due later; `cancel()` takes it back."""

    __slots__ = ("_foreground", "cancelled", "due", "function", "number")

    def __init__(self, due: int, number: int, function: Callable[[], object], foreground: set[Handle]) -> None:
        self.due = due
        self.number = number
        self.function = function
        self.cancelled = False
        self._foreground = foreground

    def cancel(self) -> None:
        """Take the work back; nothing happens when it has run.

        >>> clock = Clock()
        >>> handle = clock.call_later(60, lambda: print("a minute later"))
        >>> handle.cancel()
        >>> clock.advance(60)
        """
        self.cancelled = True
        self.function = _nothing  # it stays in the heap until it is due: what it would have called need not
        self._foreground.discard(self)

    def __lt__(self, other: Handle) -> bool:
        return (self.due, self.number) < (other.due, other.number)


def _nothing() -> None:
    """What work that was taken back would do."""


class Work:
    """A stretch of the reader's code that runs inside the clock; `elapsed` says how many seconds it took."""

    def __init__(self) -> None:
        self.elapsed = 0.0


class Pace(Protocol):
    """What lets a clock's time pass by itself; see `Cloud.serve`."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def wait(self, ready: Callable[[], bool], deadline: float) -> bool:
        """Wait until `ready()` or `deadline`."""


class Clock:
    """The cloud's time.

    >>> clock = Clock()
    >>> clock.datetime().isoformat()
    '2026-01-01T00:00:00+00:00'
    >>> done = []
    >>> _ = clock.call_later(60, lambda: done.append(clock.datetime().minute))
    >>> clock.advance(59); done
    []
    >>> clock.advance(1); done
    [1]
    >>> clock.advance(-1)
    Traceback (most recent call last):
    ValueError: time only moves forward: advance(-1)
    """

    def __init__(self, start: float = START) -> None:
        self._now = round(start * _MICRO)  # whole microseconds: sums of 10 ms stay exact
        self._due: list[Handle] = []
        self._made = 0
        self._foreground: set[Handle] = set()  # live work that is not background
        self.steps = 0  # pieces of work that have run
        self._working = 0  # depth of `work`: the reader's code runs inside a callback or a call
        self.lock = threading.RLock()  # guards every call while the cloud is served
        self.pace: Pace | None = None  # None: time moves only when somebody waits

    @property
    def now(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        return self._now / _MICRO

    def datetime(self) -> datetime:
        """The same as an aware datetime in UTC.

        >>> Clock(start=0).datetime()
        datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
        """
        return _EPOCH + timedelta(microseconds=self._now)

    def call_at(self, when: float, function: Callable[[], object], *, background: bool = False) -> Handle:
        """Run `function` at `when` (seconds since 1970); background work does not keep `run_until_idle` going.

        >>> clock = Clock()
        >>> _ = clock.call_at(START + 2, lambda: print("second"))
        >>> _ = clock.call_at(START - 1, lambda: print("overdue, so now"))
        >>> clock.advance(2)
        overdue, so now
        second
        """
        return self._schedule(round(when * _MICRO), function, background)

    def call_later(self, delay: float, function: Callable[[], object], *, background: bool = False) -> Handle:
        """Run `function` in `delay` seconds.

        >>> clock = Clock()
        >>> _ = clock.call_later(0.5, lambda: print(clock.now - START))
        >>> clock.advance(1)
        0.5
        """
        return self._schedule(self._now + round(delay * _MICRO), function, background)

    def _schedule(self, due: int, function: Callable[[], object], background: bool) -> Handle:
        with self.lock:
            self._made += 1
            handle = Handle(max(due, self._now), self._made, function, self._foreground)
            if not background:
                self._foreground.add(handle)
            heapq.heappush(self._due, handle)
        return handle

    def advance(self, seconds: float) -> None:
        """Let time pass: all work that falls due meanwhile runs, at its own time.

        >>> clock = Clock()
        >>> clock.advance(60); clock.now - START
        60.0
        >>> clock.advance(-1)
        Traceback (most recent call last):
        ValueError: time only moves forward: advance(-1)
        """
        if seconds < 0:
            raise ValueError(f"time only moves forward: advance({seconds})")
        with self.lock:
            self._pass(seconds)

    def sleep(self, seconds: float) -> None:
        """A caller waits. Inside the clock (see `work`) waiting only lengthens that work.

        >>> clock = Clock()
        >>> clock.sleep(0.01); round(clock.now - START, 2)
        0.01
        >>> clock.sleep(-1)
        Traceback (most recent call last):
        ValueError: sleep length must be non-negative
        """
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        with self.lock:  # another thread may be working
            if self.pace is not None and not self._working:
                self.pace.sleep(seconds)
            else:
                self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        end = self._now + round(seconds * _MICRO)
        if not self._working:
            while self._due and self._due[0].due <= end:
                self._step()
        self._now = max(self._now, end)

    def wait_until(self, ready: Callable[[], bool], deadline: float) -> bool:
        """Wait until `ready()` or `deadline` (seconds since 1970), whichever comes first; says whether it is ready.

        Inside the clock nothing else moves meanwhile, so what is not ready now is not ready at the deadline.

        >>> clock, arrived = Clock(), []
        >>> _ = clock.call_later(3, lambda: arrived.append("message"))
        >>> clock.wait_until(lambda: bool(arrived), START + 20), clock.now - START
        (True, 3.0)
        >>> clock.wait_until(lambda: len(arrived) > 1, START + 20), clock.now - START
        (False, 20.0)
        """
        with self.lock:
            if self.pace is not None and not self._working:
                return self.pace.wait(ready, deadline)
            end = round(deadline * _MICRO)
            while not ready():
                if self._working or not self._due or self._due[0].due > end:
                    self._now = max(self._now, end)
                    return ready()
                self._step()
            return True

    def run_until_idle(self) -> None:
        """Run until only background work is left: health checks, recurring schedules, pollers.

        Raises RuntimeError when there is no end of it, or inside the clock.

        >>> clock = Clock()
        >>> _ = clock.call_later(60, lambda: print("delivered"))
        >>> _ = clock.call_later(3600, lambda: print("health check"), background=True)
        >>> clock.run_until_idle(); clock.now - START
        delivered
        60.0
        >>> _ = clock.call_later(1, clock.run_until_idle); clock.advance(1)
        Traceback (most recent call last):
        RuntimeError: run_until_idle() was called by code that itself runs inside the clock
        """
        if self._working:
            raise RuntimeError("run_until_idle() was called by code that itself runs inside the clock")
        with self.lock:
            for _ in range(_RUNAWAY):
                if not self._foreground:
                    return
                self._step()
        raise RuntimeError(
            f"{_RUNAWAY:,} pieces of work and still not idle: does a rule, a function or a queue feed itself? "
            "On AWS such a loop runs, and is billed, until somebody stops it."
        )

    def _step(self) -> None:
        handle = heapq.heappop(self._due)
        self._foreground.discard(handle)
        if handle.cancelled:
            return
        self._now = max(self._now, handle.due)
        self.steps += 1
        with self.work():  # nothing nests: work that waits is lengthened, and time then goes on from when it was due
            handle.function()

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Code that runs inside the clock: its waiting lengthens it, and afterwards the time is what it was before.

        >>> clock = Clock()
        >>> with clock.work() as work:
        ...     clock.sleep(5)
        >>> work.elapsed, clock.now == START
        (5.0, True)
        """
        work = Work()
        begun = self._now
        self._working += 1
        try:
            yield work
        finally:
            self._working -= 1
            work.elapsed = (self._now - begun) / _MICRO
            self._now = begun
