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
        # By the host's id, the address of its machine in the cloud's network, and whether for datagrams.
        self._open: dict[tuple[int, str, bool], tuple[Host, Open]] = {}

    async def address(self, host: Host, machine: str, udp: bool) -> Address:
        """Where a host can be reached; machine: its address in the cloud's network."""
        key = (id(host), machine, udp)
        kept = self._open.get(key)
        if kept is None:
            kept = self._open[key] = host, await self._let_connect(host, machine, udp)
        return kept[1].address

    async def _let_connect(self, host: Host, machine: str, udp: bool) -> Open:
        opened = Open()
        if not isinstance(host.application, BytesServer):
            server = http_server(application_front(self.server, host, machine))
            await opened.accept(server.protocol, server)
        elif udp:
            await opened.receive(lambda: _Datagrams(self.server, host, machine))
        else:
            await opened.accept(lambda: _Bytes(self.server, host, machine))
        return opened

    async def close(self, grace: float) -> None:
        """Let nobody connect any more."""
        await asyncio.gather(*(opened.close(grace) for _, opened in self._open.values()))


class _Bytes(asyncio.Protocol):
    """A BytesServer on a TCP socket: whatever comes at once is answered at once."""

    def __init__(self, server: Server, host: Host, machine: str) -> None:
        self.server = server
        self.host = host
        self.machine = machine

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.peer = transport.get_extra_info("peername")[0]

    def data_received(self, data: bytes) -> None:
        _answer(self.server, self.host, self.machine, data, self.peer, self.transport.write)


class _Datagrams(asyncio.DatagramProtocol):
    """A BytesServer on a UDP socket."""

    def __init__(self, server: Server, host: Host, machine: str) -> None:
        self.server = server
        self.host = host
        self.machine = machine

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        send = self.transport.sendto
        _answer(self.server, self.host, self.machine, data, address[0], lambda answer: send(answer, address))


def _answer(
    server: Server, host: Host, machine: str, data: bytes, client: str, send: Callable[[bytes], Any]
) -> None:
    assert isinstance(host.application, BytesServer)
    if host.silent:
        return
    cloud = server.cloud
    with server.time.lock, cloud.clock.work() as work, cloud.network.running_at(machine):
        cloud.clock.sleep(host.delay)
        answer = host.application.answer(data, client)
    server.later(work.elapsed, send, answer)
