"""TCP and TLS through a Network Load Balancer on sockets: each connection is a flow, bytes pass both ways.

Targets see connections from this machine: the client's own address only the proxy protocol tells.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application.answers import CONNECT_TIMEOUT
from eslabon.elbv2.flows import proxyprotocol
from eslabon.elbv2.flows.counting import Happening
from eslabon.elbv2.flows.flows import Flow, Flows
from eslabon.elbv2.flows.hashing import Packet
from eslabon.elbv2.flows.settings import is_proxied
from eslabon.elbv2.flows.tlslog import Handshake
from eslabon.elbv2.resources import Listener, LoadBalancer
from eslabon.servers._http.server import CONNECTIONS
from eslabon.servers.application import arrive
from eslabon.servers.connections import Connection, Tasks, until_closed
from eslabon.servers.front import Listening
from eslabon.servers.loopback import any_certificate

if TYPE_CHECKING:
    from eslabon.servers.serving import Server

SWEEP = 0.5  # seconds between two looks at what has become of the flows


def tcp_server(server: Server, service: Any, balancer: LoadBalancer, listener: Listener, flows: Flows) -> Listening:
    """What takes the connections of a Network Load Balancer's listener for TCP or TLS. Call it in the event loop.

    >>> from eslabon.elbv2.flows.examples import echo
    >>> import socket
    >>> cloud, name = echo("TCP")
    >>> with cloud.serve() as server, socket.create_connection(server.address(name, 80), 5) as client:
    ...     client.sendall(b"hello"); client.recv(5)
    b'HELLO'
    """
    return _TcpServer(server, service, balancer, listener, flows)


class FlowServer:
    """What takes the flows of one listener of a Network Load Balancer."""

    def __init__(self, server: Server, service: Any, balancer: LoadBalancer, listener: Listener, flows: Flows) -> None:
        self.server = server
        self.service = service
        self.balancer = balancer
        self.listener = listener
        self.flows = flows
        self.loop = asyncio.get_running_loop()

    def _count(self, what: Happening, packet: Packet, zone: str = "") -> None:
        """Something has happened that metrics count; zone: of the node, where a flow has one."""
        with self.server.time.lock:
            self.flows.count(what, packet, zone)


class _TcpServer(FlowServer):
    """The connections of a listener."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self.clients: set[_Client] = set()
        self.draining = False
        self._dialling = Tasks()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def protocol(self) -> asyncio.Protocol:
        return _Client(self)

    def _look(self) -> None:
        """End the connections whose flow is over: idle for too long, or its target has left."""
        with self.server.time.lock:
            now = self.server.time.now()
            for client in self.clients:
                client.tell_both()
            over = [client for client in self.clients if client.flow and self.flows.is_over(client.flow, now)]
        for client in over:
            client.reset("reset")
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def _arrive(self, client: _Client, peer: tuple[str, int]) -> Flow | None:
        """The flow of a new connection; None: it is reset."""
        port = self.listener.port or 0
        with self.server.time.lock:
            now = self.server.time.now()
            node = arrive(self.service, self.balancer, port, peer[0], "tcp")
            if node is None:
                self._count("blocked", Packet("tcp", *peer, "", port))
                return None
            sequence = self.service.ids.random.getrandbits(32)  # of the SYN, which a socket does not tell
            client.packet = Packet("tcp", peer[0], peer[1], node.address, port, sequence)
            return self.flows.arrive(client.packet, node.zone, now, begins=True).flow

    def _dial(self, client: _Client, flow: Flow) -> None:
        self._dialling.start(self._connect(client, flow))

    async def _connect(self, client: _Client, flow: Flow) -> None:
        place = await self.server.place(self.service, flow.group, flow.target, client.packet.destination)
        try:
            if place is None:
                raise ConnectionRefusedError("nothing listens there")
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, target = await self.loop.create_connection(
                    lambda: _Target(self), *place, ssl=any_certificate() if flow.group.protocol == "TLS" else None
                )
        except (OSError, TimeoutError) as refused:
            client.reset("target reset" if isinstance(refused, ConnectionRefusedError) else "reset")
        else:
            client.connected(target)

    async def drain(self, grace: float) -> None:
        self.draining = True
        await until_closed(self.clients, grace)
        self._dialling.cancel()
        for client in list(self.clients):
            client.reset()
        self._sweeping.cancel()


class _Side(Connection):
    """One end of a flow; what comes goes to the other.

    resets: what metrics count when it resets its connection. counts: as what the flow counts what comes from it.
    """

    __slots__ = ("clock", "ended", "flow", "held", "server", "sizes")

    resets: Happening
    counts: str

    def __init__(self, server: _TcpServer) -> None:
        self.server = server
        self.clock = server.server.cloud.clock
        self.other: _Side | None = None
        self.flow: Flow | None = None
        self.ended = False  # it sends no more
        self.held = b""  # what has come before the other side was there
        self.sizes: dict[int, int] = {}  # of what has come and the flow has not been told: how often each

    def data_received(self, data: bytes) -> None:
        other, flow = self.other, self.flow
        if other is not None and flow is not None:
            flow.seen = self.clock.now
            size = len(data)
            self.sizes[size] = self.sizes.get(size, 0) + 1
            other.transport.write(data)
        else:  # an event loop may have begun to read before it was told not to
            self.held += data
            self.pause()

    def tell(self, flow: Flow) -> None:
        """Tell the flow what has come from this side since it was told last."""
        sizes, self.sizes = self.sizes, {}
        for size, times in sizes.items():
            flow.carry(flow.seen, **{self.counts: size}, times=times)

    def eof_received(self) -> bool:
        self.ended = True
        other = self.other
        if other is None or other.ended or not other.transport.can_write_eof():
            return False
        other.transport.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        other, self.other = self.other, None
        waits = other is None and self.paused  # for the other side
        if self.flow is not None and isinstance(exc, ConnectionResetError) and (other is not None or waits):
            self.server._count(self.resets, self.flow.packet, self.flow.zone)
        if other is None:
            return
        other.other = None
        if exc is None:
            other.transport.close()
        else:
            _reset(other.transport)  # it is passed on


class _Target(_Side):
    """The target's end."""

    resets: Happening = "target reset"
    counts = "sent"


class _Client(_Side):
    """The client's end."""

    __slots__ = ("closed", "packet", "peer", "target")

    packet: Packet
    resets: Happening = "client reset"
    counts = "received"

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.target: _Target | None = None
        server = self.server
        self.closed: asyncio.Future[None] = server.loop.create_future()
        self.peer = transport.get_extra_info("peername")
        refused = server.draining or len(server.clients) >= CONNECTIONS
        gone = self.peer is None  # it has reset the connection already
        self.flow = None if refused or gone else server._arrive(self, self.peer)
        if self.flow is None:
            _reset(self.transport)
            return
        self.flow.handshake = _handshake(transport.get_extra_info("ssl_object"))
        server.clients.add(self)
        self.pause()  # until the target is there
        server._dial(self, self.flow)

    def tell_both(self) -> None:
        """Tell the flow what has come from both sides."""
        for side in (self, self.target):
            if side is not None and side.sizes and self.flow is not None:
                side.tell(self.flow)

    def connected(self, target: _Target) -> None:
        """The connection to the target is there."""
        if self.transport.is_closing() or self.flow is None:
            target.transport.abort()
            return
        self.other, target.other, target.flow = target, self, self.flow
        self.target = target
        if is_proxied(self.flow.group):
            packet = self.packet
            target.transport.write(
                proxyprotocol.header(packet.source, packet.source_port, packet.destination, packet.destination_port)
            )
        for side in (self, target):
            side.resume()
            if side.held:
                side.data_received(side.held)

    def reset(self, what: Happening | None = None) -> None:
        """End both connections at once; what: as what metrics count it."""
        if what and self.flow is not None:
            self.server._count(what, self.packet, self.flow.zone)
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            _reset(other.transport)
        _reset(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.server.clients.discard(self)
        if not self.closed.done():
            self.closed.set_result(None)
        if self.flow is not None:
            with self.server.server.time.lock:
                self.tell_both()
                self.server.flows.close(self.packet, self.clock.now)
            self.flow = None


def _handshake(agreed: Any) -> Handshake | None:
    """What an SSLObject has agreed upon, and in what time."""
    if agreed is None:
        return None
    seconds, cipher = time.monotonic() - agreed.began, agreed.cipher()[0]
    asked = agreed.asked_name, agreed.selected_alpn_protocol()
    return Handshake(agreed.certificate, cipher, agreed.version(), seconds, *asked)


def _reset(transport: asyncio.Transport) -> None:
    """End a connection with a TCP reset, as the balancer does."""
    own = transport.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
