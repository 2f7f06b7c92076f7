"""Connections that must begin with TLS: one listens for them, and sees which begin otherwise.

asyncio's own servers begin the handshake at once, close where it fails, and tell nobody.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

from eslabon.servers.connections import Tasks

HANDSHAKE_TIMEOUT = 10.0  # seconds until a client must have begun to shake hands, and must have ended it
BEGINNING = 4096  # clients that have not shaken hands yet; more are closed
PAUSE = 1.0  # seconds until it listens again when this machine has no sockets left
_HANDSHAKE = b"\x16"  # the first byte of a TLS connection


class SecureServer:
    """Listens at an address; a connection is one of `make`'s when its handshake is over. Make it in the event loop.

    plain: makes what talks to a client that begins with a letter, as HTTP does without TLS; None: it is closed. failed:
    is called for each other failure.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        address: tuple[str, int],
        context: ssl.SSLContext,
        *,
        backlog: int,
        plain: Callable[[], Any] | None,
        failed: Callable[[], None],
    ) -> None:
        self._make = make
        self._context = context
        self._plain = plain
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._tasks = Tasks()
        self._beginning = 0
        self._socket = socket.create_server(address, backlog=backlog)
        self._socket.setblocking(False)
        self.address: tuple[str, int] = self._socket.getsockname()
        self._listen()

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Listen no more, and end the handshakes that are under way.

        >>> async def main():
        ...     context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ...     server = SecureServer(asyncio.Protocol, ("127.0.0.1", 0), context, backlog=1, plain=None, failed=print)
        ...     server.close()
        >>> asyncio.run(main())
        """
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._tasks.cancel()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):  # nobody else is there
                return
            except OSError:
                self._loop.remove_reader(self._socket)
                self._loop.call_later(PAUSE, self._listen)
                return
            if self._beginning >= BEGINNING:
                client.close()
                continue
            self._beginning += 1
            client.setblocking(False)
            self._tasks.start(self._take(client))

    async def _take(self, client: socket.socket) -> None:
        try:
            await self._begin(client)
        finally:
            self._beginning -= 1

    async def _begin(self, client: socket.socket) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                first = await self._first(client)
        except (OSError, TimeoutError):
            first = b""
        if first == _HANDSHAKE:
            shaken: dict[str, Any] = {"ssl": self._context, "ssl_handshake_timeout": HANDSHAKE_TIMEOUT}
            try:
                await self._loop.connect_accepted_socket(self._make, client, **shaken)
            except OSError:
                self._failed()
        elif first.isalpha() and self._plain is not None:
            await self._loop.connect_accepted_socket(self._plain, client)
        else:
            client.close()
            if first:
                self._failed()

    async def _first(self, client: socket.socket) -> bytes:
        """The first byte that comes, which stays there; empty when the client has left."""
        while True:
            try:
                return client.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                ready = asyncio.Event()
                self._loop.add_reader(client, ready.set)
                try:
                    await ready.wait()
                finally:
                    self._loop.remove_reader(client)
