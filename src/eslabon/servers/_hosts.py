"""What answers in this process, the hosts of the cloud's network, on sockets: for what passes bytes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.flows.client import BytesServer
from eslabon.network import Host
from eslabon.servers._opening import Address, Open
from eslabon.servers.application import application_front
from eslabon.servers.http import http_server

if TYPE_CHECKING:
    from eslabon.servers.serving import Server


class Hosts:
    """Sockets for hosts, opened when somebody wants to connect."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._open: dict[tuple[int, bool], tuple[Host, Open]] = {}  # by the host's id, and whether for datagrams

    async def address(self, host: Host, udp: bool) -> Address:
        """Where a host can be reached."""
        kept = self._open.get((id(host), udp))
        if kept is None:
            kept = self._open[id(host), udp] = host, await self._let_connect(host, udp)
        return kept[1].address

    async def _let_connect(self, host: Host, udp: bool) -> Open:
        opened = Open()
        if not isinstance(host.application, BytesServer):
            server = http_server(application_front(self.server, host))
            await opened.accept(server.protocol, server)
        elif udp:
            await opened.receive(lambda: _Datagrams(self.server, host))
        else:
            await opened.accept(lambda: _Bytes(self.server, host))
        return opened

    async def close(self, grace: float) -> None:
        """Let nobody connect any more."""
        await asyncio.gather(*(opened.close(grace) for _, opened in self._open.values()))


class _Bytes(asyncio.Protocol):
    """A BytesServer on a TCP socket: whatever comes at once is answered at once."""

    def __init__(self, server: Server, host: Host) -> None:
        self.server = server
        self.host = host

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.peer = transport.get_extra_info("peername")[0]

    def data_received(self, data: bytes) -> None:
        _answer(self.server, self.host, data, self.peer, self.transport.write)


class _Datagrams(asyncio.DatagramProtocol):
    """A BytesServer on a UDP socket."""

    def __init__(self, server: Server, host: Host) -> None:
        self.server = server
        self.host = host

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        send = self.transport.sendto
        _answer(self.server, self.host, data, address[0], lambda answer: send(answer, address))


def _answer(server: Server, host: Host, data: bytes, client: str, send: Callable[[bytes], Any]) -> None:
    assert isinstance(host.application, BytesServer)
    if host.silent:
        return
    with server.time.lock, server.cloud.clock.work() as work:
        server.cloud.clock.sleep(host.delay)
        answer = host.application.answer(data, client)
    server.later(work.elapsed, send, answer)
