"""The clients of one listener, and the idle connections to its targets."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict

from eslabon.elbv2.application.answers import CONNECT_TIMEOUT
from eslabon.servers._http.clients import Client
from eslabon.servers._http.targets import Target
from eslabon.servers.connections import Tasks, until_closed
from eslabon.servers.front import Front, Place
from eslabon.servers.loopback import any_certificate

CONNECTIONS = 4096  # of clients at once; more are closed as they come
IDLE_TARGET_CONNECTIONS = 64  # kept open for the next request, to each target
SWEEP = 0.25  # seconds between two looks for connections whose time is over


class HttpServer:
    """One listener of a balancer: its clients, and the idle connections to its targets."""

    def __init__(self, front: Front, scheme: str, port: int) -> None:
        self.front = front
        self.scheme = scheme
        self.port = port
        self.clients: set[Client] = set()
        self.idle: defaultdict[Place, list[Target]] = defaultdict(list)
        self.draining = False
        self.loop = asyncio.get_running_loop()
        self._dialling = Tasks()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def protocol(self) -> asyncio.Protocol:
        """What talks to the next client."""
        return Client(self)

    @property
    def full(self) -> bool:
        """Whether it takes no more clients."""
        return self.draining or len(self.clients) >= CONNECTIONS

    def _look(self) -> None:
        """Let go of connections whose time is over. One look at all costs less than a timer for each request."""
        now, idle, oldest = self.loop.time(), self.front.idle_timeout, self.front.keep_alive
        for client in list(self.clients):
            client.look(now, idle, oldest)
        for kept in self.idle.values():
            for target in list(kept):
                if target.heard:
                    target.heard, target.quiet = False, now
                elif now - target.quiet >= idle:
                    target.transport.close()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def dial(self, place: Place, client: Client) -> None:
        """Give the client a connection to a target: one that is idle, or a new one."""
        kept = self.idle[place]
        while kept:
            found = kept.pop()
            if not found.transport.is_closing():
                client.connected(found, fresh=False)
                return
        self._dialling.start(self._connect(place, client))

    async def _connect(self, place: Place, client: Client) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, found = await self.loop.create_connection(
                    lambda: Target(self, place),
                    place.host,
                    place.port,
                    ssl=any_certificate() if place.tls else None,
                )
        except TimeoutError:
            client.failed("connection time-out")
        except ssl.SSLError:
            client.failed("handshake")
        except OSError:
            client.failed("refused")
        else:
            client.connected(found, fresh=True)

    def keep(self, target: Target) -> None:
        """Keep a connection for the next request."""
        kept = target.kept
        if self.draining or len(kept) >= IDLE_TARGET_CONNECTIONS:
            target.transport.close()
            return
        target.heard = True
        kept.append(target)

    def forget(self, target: Target) -> None:
        """An idle connection is closed."""
        kept = target.kept
        if target in kept:
            kept.remove(target)

    async def drain(self, grace: float) -> None:
        """End: idle connections now, the others when their request is answered, all after `grace` seconds."""
        self.draining = True
        for client in list(self.clients):
            client.drain()
        await until_closed(self.clients, grace)
        for client in list(self.clients):
            client.transport.abort()
        self._sweeping.cancel()
        self._dialling.cancel()
        for kept in self.idle.values():
            for target in list(kept):
                target.transport.abort()
