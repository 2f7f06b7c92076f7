"""The time-out of a function's code, in virtual time. Code that computes for ever without waiting is not stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eslabon.clock import Clock


class TimedOut(BaseException):
    """Thrown into the function's code where it would wait beyond its time-out; not to be caught there."""


@contextmanager
def limited(clock: Clock, seconds: float) -> Iterator[None]:
    """Throw TimedOut into the block where its waiting would go beyond so many seconds from now; time then stands there.

    A block inside another (a function that invokes a function) has its own limit alone: it goes on when its caller is
    gone.

    >>> clock = Clock()
    >>> with limited(clock, 3):
    ...     clock.sleep(2)
    >>> with limited(clock, 3):
    ...     clock.sleep(4)
    Traceback (most recent call last):
    eslabon.support.lambda_.timeouts.TimedOut
    """
    end = clock.now + seconds
    is_over = False

    def time_out() -> None:
        nonlocal is_over
        is_over = True
        raise TimedOut

    def sleep(length: float) -> None:
        if clock.now + length > end:
            Clock.sleep(clock, max(0.0, end - clock.now))
            time_out()
        Clock.sleep(clock, length)

    def wait_until(ready: Callable[[], bool], deadline: float) -> bool:
        if Clock.wait_until(clock, ready, min(deadline, end)):
            return True
        if deadline > end:
            time_out()
        return False

    own: dict[str, Any] = vars(clock)
    outside = {name: own.pop(name) for name in ["sleep", "wait_until"] if name in own}
    own["sleep"], own["wait_until"] = sleep, wait_until
    try:
        yield
    finally:
        del own["sleep"], own["wait_until"]
        own.update(outside)
        if is_over:  # even when the code caught it: on AWS nothing of it would have run after that
            raise TimedOut
