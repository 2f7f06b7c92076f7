"""The sockets of a listener: opened as its protocol wants, on 127.0.0.1 alone, and closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application.tls import mutual_of
from eslabon.elbv2.operations.sslpolicies import DEFAULT, POLICIES
from eslabon.elbv2.resources import APPLICATION, Listener, LoadBalancer
from eslabon.servers.application import listener_front
from eslabon.servers.front import Listening
from eslabon.servers.http import http_server
from eslabon.servers.securing import SecureServer
from eslabon.servers.tcp import tcp_server
from eslabon.servers.tls import ALPN, Certificate, server_context
from eslabon.servers.udp import udp_server

if TYPE_CHECKING:
    from eslabon.servers.serving import Server

LOOPBACK = "127.0.0.1"
BACKLOG = 1024

Address = tuple[str, int]


class Open:
    """Sockets that are open: whose, where, and what ends them."""

    def __init__(self, name: tuple[str, int] = ("", 0), signature: Any = None) -> None:
        self.name = name  # of the listener's balancer, and its port
        self.address: Address = (LOOPBACK, 0)
        self.signature = signature  # of what makes it another socket when it changes
        self.sockets: list[asyncio.Server | SecureServer | asyncio.DatagramTransport] = []
        self.serving: list[Listening] = []

    async def accept(self, make: Callable[[], Any], *serving: Listening) -> None:
        """Take TCP connections; make: what talks to the next one. serving: what must end with the socket."""
        listening = await asyncio.get_running_loop().create_server(make, *self.address, backlog=BACKLOG)
        self.address = listening.sockets[0].getsockname()
        self.sockets.append(listening)
        self.serving += serving

    async def receive(self, make: Callable[[], asyncio.DatagramProtocol], *serving: Listening) -> None:
        """Take datagrams."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(make, local_addr=self.address)
        self.address = transport.get_extra_info("sockname")
        self.sockets.append(transport)
        self.serving += serving

    def secure(self, server: Listening, tls: Any, failed: Callable[[], None], plain: Listening | None = None) -> None:
        """Take connections with TLS; plain: what talks to clients that have begun with HTTP."""
        unsecured = plain.protocol if plain else None
        listening = SecureServer(server.protocol, self.address, tls, backlog=BACKLOG, plain=unsecured, failed=failed)
        self.address = listening.address
        self.sockets.append(listening)
        self.serving += [server, plain] if plain else [server]

    async def close(self, grace: float) -> None:
        """Listen no more, and end what is open."""
        for one in self.sockets:
            one.close()
        await asyncio.gather(*(one.drain(grace) for one in self.serving))


def signature(listener: Listener) -> Any:
    """What makes a listener another socket when it changes."""
    mutual = tuple(sorted((listener.mutual or {}).items()))
    certificates, alpn = tuple(listener.certificates), tuple(listener.alpn)
    return listener.protocol, listener.port, certificates, listener.ssl_policy, alpn, mutual


async def listen(server: Server, service: Any, balancer: LoadBalancer, listener: Listener) -> Open:
    """Open a listener of a balancer. Raises whatever its certificates and the system object to."""
    protocol, port = listener.protocol or "", listener.port or 0
    tls = _tls(server, service, listener) if protocol in ("HTTPS", "TLS") else None
    opened = Open((balancer.name, port), signature(listener))

    def failed() -> None:
        with server.time.lock:
            service.reports.handshake_failed(balancer)

    if balancer.type == APPLICATION:
        front = listener_front(server, service, balancer, listener)
        plain = http_server(front, scheme="http", port=port)
        if tls is None:
            await opened.accept(plain.protocol, plain)
        else:
            opened.secure(http_server(front, scheme="https", port=port), tls, failed, plain)
        return opened
    with server.time.lock:
        flows = service.flows_of(balancer, listener)
    if protocol == "TCP_UDP":
        opened.address = (LOOPBACK, _port_for_both())
    if protocol != "UDP":
        connections = tcp_server(server, service, balancer, listener, flows)
        if tls is None:
            await opened.accept(connections.protocol, connections)
        else:
            opened.secure(connections, tls, failed)
    if protocol in ("UDP", "TCP_UDP"):
        datagrams: Any = udp_server(server, service, balancer, listener, flows)
        await opened.receive(datagrams.protocol, datagrams)
    return opened


def _tls(server: Server, service: Any, listener: Listener) -> Any:
    with server.time.lock:
        acm: Any = server.cloud.service("acm", region=service.region, account=service.account)
        held = [acm.certificates[arn] for arn in listener.certificates]
        store = service.trust_stores.get((listener.mutual or {}).get("TrustStoreArn"))
    certificates = [Certificate(one.arn, one.read.names, one.pem, one.key) for one in held]
    policy = POLICIES[listener.ssl_policy or DEFAULT]
    alpn = ["http/1.1"] if listener.protocol == "HTTPS" else ALPN.get(next(iter(listener.alpn), "None"), [])
    mutual = mutual_of(listener.mutual, store.certificates if store else ())
    return server_context(certificates, policy.protocols, policy.ciphers, alpn, mutual)


def _port_for_both() -> int:
    """A port that is free for TCP and for UDP."""
    while True:
        with socket.create_server((LOOPBACK, 0)) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            try:
                other.bind(one.getsockname())
            except OSError:
                continue
            return int(one.getsockname()[1])
