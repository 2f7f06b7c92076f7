"""A cloud's clock that follows the wall clock, and the one lock that guards whatever is done in the cloud meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eslabon.clock import Clock

LOOK = 0.05  # seconds after which who waits looks again, at the latest


class _Guard:
    """The clock's lock for all but requests: whoever lets go of it may have changed something in the cloud."""

    def __init__(self, time: WallTime) -> None:
        self._time = time

    def acquire(self) -> None:
        self._time.lock.acquire()

    def release(self) -> None:
        self._time.changes += 1
        self._time.lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class WallTime:
    """Time that passes by itself: a second of a cloud is a second.

    >>> clock = Clock()
    >>> with WallTime(clock).running() as time:
    ...     before = clock.now
    ...     clock.sleep(0.02)
    ...     clock.now - before >= 0.02
    True
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock: Any = clock.lock  # who holds it may look at the cloud; who changes it, takes `held`
        self.changes = 0  # how often something may have changed in the cloud
        self._passed = threading.Condition(clock.lock)
        self._then = 0.0

    @contextmanager
    def running(self) -> Iterator[WallTime]:
        """The clock follows in this block. Raises RuntimeError when it does so already.

        >>> clock = Clock()
        >>> with WallTime(clock).running(), WallTime(clock).running():
        ...     pass
        Traceback (most recent call last):
        RuntimeError: this cloud is being served already
        """
        with self.clock.lock:
            if self.clock.pace is not None:
                raise RuntimeError("this cloud is being served already")
            self._then = time.monotonic()
            self.clock.pace = self
            self.clock.lock = _Guard(self)  # type: ignore[assignment]  # of a lock it has what is used
        try:
            yield self
        finally:
            with self.lock:
                self.clock.pace = None
                self.clock.lock = self.lock
                self._passed.notify_all()

    def now(self) -> float:
        """The time that it is in the cloud, to which what falls due may not have come yet.

        >>> clock = Clock()
        >>> with WallTime(clock).running() as wall:
        ...     wall.now() >= clock.now
        True
        """
        return self.clock.now + (time.monotonic() - self._then)

    @contextmanager
    def held(self) -> Iterator[float]:
        """Nobody else does anything in the cloud in this block; the time it is comes with it, what fell due has run.

        >>> clock = Clock()
        >>> with WallTime(clock).running() as time, time.held() as now:
        ...     now == clock.now
        True
        """
        with self._passed:
            self.follow()
            yield self.clock.now

    def follow(self) -> None:
        """Let as much time pass as has passed; what falls due runs. The lock is held.

        >>> clock = Clock()
        >>> _ = clock.call_later(0.001, lambda: print("due"))
        >>> with WallTime(clock).running() as wall:
        ...     time.sleep(0.002)
        ...     wall.follow()
        due
        """
        now = time.monotonic()
        elapsed, self._then = now - self._then, now
        before = self.changes, self.clock.steps
        self.clock.advance(elapsed)
        if self.clock.steps == before[1]:
            self.changes = before[0]  # time alone changes nothing

    def sleep(self, seconds: float) -> None:
        """Wait; others work in the cloud meanwhile.

        >>> clock = Clock()
        >>> with WallTime(clock).running() as wall:
        ...     wall.sleep(0.001)
        >>> clock.now > Clock().now
        True
        """
        with self._passed:
            self.wait(lambda: False, self.clock.now + seconds)

    def wait(self, ready: Callable[[], bool], deadline: float) -> bool:
        """Wait until `ready()` or until it is `deadline` in the cloud; whether it is ready.

        >>> clock = Clock()
        >>> with WallTime(clock).running() as wall:
        ...     wall.wait(lambda: True, clock.now + 60), wall.wait(lambda: False, clock.now + 0.001)
        (True, False)
        """
        with self._passed:
            while True:
                self.follow()
                if ready():
                    return True
                left = deadline - self.clock.now
                if left <= 0 or self.clock.pace is not self:
                    return False
                self._passed.wait(min(left, LOOK))
