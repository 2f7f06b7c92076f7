"""UDP through a Network Load Balancer on sockets: each flow has a socket of its own towards its target."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.flows.flows import Flow, Flows
from eslabon.elbv2.flows.hashing import Packet
from eslabon.elbv2.resources import Listener, LoadBalancer
from eslabon.servers.application import arrive
from eslabon.servers.connections import Tasks
from eslabon.servers.front import Listening
from eslabon.servers.tcp import FlowServer

if TYPE_CHECKING:
    from eslabon.servers.serving import Server

Address = tuple[str, int]

FLOWS = 4096  # at once; datagrams of more are dropped
WAITING = 16  # datagrams of a flow that wait for its socket; more are dropped, as a network may
SWEEP = 1.0  # seconds between two looks for flows that are over


def udp_server(server: Server, service: Any, balancer: LoadBalancer, listener: Listener, flows: Flows) -> Listening:
    """What takes the datagrams of a Network Load Balancer's listener for UDP. Call it in the event loop.

    >>> from eslabon.elbv2.flows.examples import echo
    >>> import socket
    >>> cloud, name = echo("UDP")
    >>> with cloud.serve() as server, socket.socket(type=socket.SOCK_DGRAM) as client:
    ...     client.settimeout(5)
    ...     _ = client.sendto(b"hello", server.address(name, 80))
    ...     client.recv(100)
    b'HELLO'
    """
    return _UdpServer(server, service, balancer, listener, flows)


class _UdpServer(FlowServer, asyncio.DatagramProtocol):
    """The flows of a listener."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self._sockets: dict[Address, _Socket] = {}
        self._opening = Tasks()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def protocol(self) -> asyncio.BaseProtocol:
        return self

    def datagram_received(self, data: bytes, address: Address) -> None:
        kept = self._sockets.get(address)
        port = self.listener.port or 0
        with self.server.time.lock:
            now = self.server.time.now()
            if kept is not None:
                packet, zone = kept.flow.packet, kept.flow.zone
            else:
                node = arrive(self.service, self.balancer, port, address[0], "udp")
                if node is None:
                    self._count("blocked", Packet("udp", *address, "", port))
                if node is None or len(self._sockets) >= FLOWS:
                    return
                packet, zone = Packet("udp", address[0], address[1], node.address, port), node.zone
            arrival = self.flows.arrive(packet, zone, now)
        if arrival.flow is None:
            return
        arrival.flow.carry(now, received=len(data))
        if kept is None or kept.flow is not arrival.flow:
            if kept is not None:
                kept.close()
            kept = self._sockets[address] = _Socket(self, address, arrival.flow)
            self._opening.start(self._open(kept))
        kept.send(data)

    async def _open(self, socket: _Socket) -> None:
        flow = socket.flow
        place = await self.server.place(self.service, flow.group, flow.target, flow.packet.destination, udp=True)
        if place is not None and not socket.closed:
            await self.loop.create_datagram_endpoint(lambda: socket, remote_addr=place)

    def _look(self) -> None:
        with self.server.time.lock:
            now = self.server.time.now()
            over = [address for address, socket in self._sockets.items() if self.flows.is_over(socket.flow, now)]
            for address in over:
                self.flows.close(self._sockets[address].flow.packet, now)
        for address in over:
            self._sockets.pop(address).close()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    async def drain(self, grace: float) -> None:
        """End at once: nobody would tell when a flow of datagrams is over."""
        self._sweeping.cancel()
        self._opening.cancel()
        for socket in self._sockets.values():
            socket.close()


class _Socket(asyncio.DatagramProtocol):
    """The socket of one flow, towards its target."""

    def __init__(self, server: _UdpServer, client: Address, flow: Flow) -> None:
        self.server = server
        self.client = client
        self.flow = flow
        self.transport: Any = None
        self.closed = False
        self._waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if self.closed:
            transport.close()
            return
        for data in self._waiting:
            self.transport.sendto(data)
        self._waiting = []

    def send(self, data: bytes) -> None:
        """Send to the target, as soon as the socket is open."""
        if self.transport is not None:
            self.transport.sendto(data)
        elif len(self._waiting) < WAITING:
            self._waiting.append(data)

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.flow.carry(self.server.server.cloud.clock.now, sent=len(data))
        self.server.transport.sendto(data, self.client)

    def close(self) -> None:
        """Send and receive no more."""
        self.closed = True
        if self.transport is not None:
            self.transport.close()
