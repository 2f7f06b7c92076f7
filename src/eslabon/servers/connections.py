"""What servers share: a side of a connection that stops when the other is full, tasks under way, a patient end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Protocol

BUFFER = 64 * 1024  # bytes of a message that wait on each side; more stops the sender


class Connection(asyncio.Protocol):
    """One of two sides: its write buffer is bounded, and when it fills, the other side reads no more."""

    __slots__ = ("other", "paused", "transport")

    transport: asyncio.Transport
    other: Any  # the Connection on the other side; None: there is none
    paused: bool

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.paused = False
        transport.set_write_buffer_limits(BUFFER)
        transport.max_size = BUFFER  # to read at once: room for asyncio's 256 KB is asked of the system each time

    def pause(self) -> None:
        """Read no more for now."""
        self.paused = True
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read on, if that was stopped."""
        if self.paused:
            self.paused = False
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.pause()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.resume()


class Tasks:
    """Tasks of the event loop, kept until they have ended."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a task. Call it in the event loop.

        >>> async def main():
        ...     tasks = Tasks()
        ...     tasks.start(asyncio.sleep(0))
        ...     return len(tasks._running)
        >>> asyncio.run(main())
        1
        """
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def cancel(self) -> None:
        """End those that have not ended.

        >>> Tasks().cancel()
        """
        for task in self._running:
            task.cancel()


class Closing(Protocol):
    """What says when it is closed."""

    closed: asyncio.Future[None]


async def until_closed(clients: Collection[Closing], grace: float) -> None:
    """Wait until there are no clients any more, for `grace` seconds at most; they leave the collection as they close.

    >>> asyncio.run(until_closed(set(), grace=5))
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + grace
    while clients and loop.time() < end:
        await asyncio.wait([client.closed for client in clients], timeout=end - loop.time())
