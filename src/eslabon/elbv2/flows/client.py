"""A client of Network Load Balancers in process, for labs and pages: a simulation, no socket. On AWS it does not exist.

`connect` shows which target a flow gets, and exchanges bytes with what listens there. The clients that programs use on
AWS reach a balancer through urllib, or through the sockets of `Cloud.serve`. Left out: encryption, also to a TLS
listener.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from eslabon.elbv2.flows.balancertargets import balancer_at
from eslabon.elbv2.flows.flows import Flow, Flows
from eslabon.elbv2.flows.hashing import Packet
from eslabon.elbv2.flows.proxyprotocol import header
from eslabon.elbv2.flows.settings import address_seen, is_proxied, node_address
from eslabon.elbv2.resources import NETWORK, LoadBalancer, Node
from eslabon.errors import NotModelled
from eslabon.network import CLIENT, PATIENCE, Host, WsgiApplication, is_private

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

PORTS = range(32_768, 61_000)  # from which clients take theirs, with Linux's defaults
# The listeners that hear what a client speaks; what no listener hears is dropped.
LISTENERS = {"TCP": ("TCP", "TCP_UDP"), "UDP": ("UDP", "TCP_UDP"), "TLS": ("TLS",)}

_REGION = re.compile(r"\.elb\.([a-z0-9-]+)\.amazonaws\.com$")

Answer = TypeVar("Answer")


class BytesServer:
    """A program at a target that answers bytes, or a datagram, with bytes; `Cloud.host` takes it as an application.

    answer: gets what was sent and the address that the target sees it come from. Asked over HTTP, it says 400.

    >>> from eslabon import Cloud
    >>> Cloud().host("10.0.0.5", BytesServer(lambda data, client: data.upper()), port=7)
    """

    def __init__(self, answer: Callable[[bytes, str], bytes]) -> None:
        self.answer = answer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("400 Bad Request", [])
        return []


@dataclass
class Connection:
    """A TCP or TLS connection, or a UDP socket that sends to one address; `connect` makes it."""

    service: Any
    balancer: LoadBalancer
    node: Node
    flows: Flows
    packet: Packet
    timeout: float | None
    flow: Flow | None = None  # None: no target has it yet, or it is over
    unsaid: bytes = b""  # what the balancer writes before the client's first bytes
    at: str = ""  # the address of the target

    @property
    def target(self) -> str | None:
        """The id or address of the target that has the flow."""
        return self.flow.target.id if self.flow else None

    def exchange(self, data: bytes) -> bytes:
        """Send bytes, or a datagram; what the target's BytesServer answers comes back, when it has taken its time.

        Raises ConnectionResetError when the balancer ends the connection, ConnectionRefusedError when nothing listens,
        TimeoutError when nothing comes back in time, NotModelled when what listens is a web application.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> cloud, name = echo("UDP")
        >>> socket = connect(cloud, name, 80, "UDP")
        >>> socket.exchange(b"hello"), socket.target
        (b'HELLO', '10.0.0.5')
        """

        def ask(application: WsgiApplication, client: str) -> bytes:
            if isinstance(application, BytesServer):
                return application.answer(self.unsaid + data, client)
            raise NotModelled("elbv2", "bytes for a web application", ["urllib", "a BytesServer at the target"])

        return self.ask(ask, len(data), len)

    def ask(
        self, ask: Callable[[WsgiApplication, str], Answer], received: int, sent: Callable[[Answer], int]
    ) -> Answer:
        """What the target's application answers to something, when it has taken its time.

        ask: gets the application and the address that the target sees. received, sent: the bytes of what is asked, and
        of an answer. Raises what `exchange` raises.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> connection = connect(*echo("TCP"), 80)
        >>> connection.ask(lambda application, client: client == connection.node.address, 5, lambda answer: 5)
        True
        """
        host, client = self.deliver()
        clock = self.service.clock
        if self.flow:
            self.flow.carry(clock.now, received=received)
        if host.silent:
            raise _timed_out(self.service, self.timeout, "the target does not answer")
        with clock.work() as work, self.service.cloud.network.running_at(self.at):
            clock.sleep(host.delay)
            answer = ask(host.application, client)
        if self.timeout is not None and work.elapsed >= self.timeout:
            raise _timed_out(self.service, self.timeout, "the target takes longer")
        clock.sleep(work.elapsed)
        self.unsaid = b""
        if self.flow:
            self.flow.carry(clock.now, sent=sent(answer))
        return answer

    def close(self, *, reset: bool = False) -> None:
        """End the connection, perhaps with a TCP reset; a UDP socket tells nobody.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> connection = connect(*echo("TCP"), 80)
        >>> connection.close(); connection.exchange(b"hello")
        Traceback (most recent call last):
        ConnectionResetError: the load balancer sends a TCP reset; the flow: unknown
        """
        if self.packet.protocol == "tcp":
            if reset and self.flow:
                self.flows.count("client reset", self.packet, self.node.zone)
            self.flows.close(self.packet, self.service.clock.now)
        self.flow = None

    def deliver(self, *, begins: bool = False) -> tuple[Host, str]:
        """Let a packet arrive at a target; what listens there, and the address that the target sees it come from.

        begins: whether it is a SYN. Raises what `exchange` raises.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> connection = connect(*echo("TCP"), 80)
        >>> connection.deliver()[1] == connection.node.address  # targets by IP address do not see the client's
        True
        """
        service, packet, before = self.service, self.packet, self.flow
        arrival = self.flows.arrive(packet, self.node.zone, service.clock.now, begins=begins)
        self.flow = flow = arrival.flow
        if arrival.trouble == "no target":
            some = any(self.flows.forwarding(packet.source)[0].values())
            self._tell("none available" if some else "no weight")
        if arrival.outcome == "reset":
            why = before.why if before else ""  # the balancer may have ended it before
            raise ConnectionResetError(f"the load balancer sends a TCP reset; the flow: {why or arrival.trouble}")
        if flow is None:
            raise _timed_out(service, self.timeout, arrival.trouble)
        port = flow.target.port or 0
        inner = balancer_at(service, flow, port)
        address = self.at = inner.node.address if inner else service.address_of(flow.group, flow.target)
        udp = packet.protocol == "udp"
        own = node_address(self.node, packet.source, packet.source_port, udp=udp, ipv6=":" in address)
        client = address_seen(flow.group, packet.source, own)
        host: Host | None = Host(inner) if inner else service.cloud.network.at(address, port)
        listening = host is not None and not host.refuse
        if arrival.outcome == "new":
            if is_proxied(flow.group):
                if packet.protocol == "udp":
                    raise NotModelled("elbv2", "proxy protocol before datagrams", ["proxy protocol before TCP"])
                self.unsaid = header(*packet[1:5])
            # A target that sees the client's address does not reach itself.
            groups = self.balancer.security_groups
            arrives = client != address and service.reaches(address, port, client, groups, protocol=packet.protocol)
            self._tell("" if arrives and listening else "nothing listens" if arrives else "nothing arrives")
            if not arrives:
                self.flows.close(packet, service.clock.now)
                raise _timed_out(service, self.timeout, "nothing arrives at the target")
        if host is not None and listening:
            return host, client
        self.close()
        if packet.protocol == "udp":
            raise _timed_out(service, self.timeout, "nothing listens at the target")
        self.flows.count("target reset", packet, self.node.zone)
        raise ConnectionRefusedError(f"nothing listens at {address}, port {port}")

    def _tell(self, cause: str) -> None:
        """Write a new flow into the journal; cause: why no target has got it, or nothing."""
        flow, packet = self.flow, self.packet
        place = {"balancer": self.balancer.arn, "zone": self.node.zone, "port": packet.destination_port}
        group, target = (flow.group.arn, f"{flow.target.id}:{flow.target.port or 0}") if flow else (None, None)
        facts = {"group": group, "target": target, "protocol": packet.protocol, "cause": cause}
        self.service.journal.record("flow", **place, **facts)


def connect(
    cloud: Cloud,
    name: str,
    port: int,
    protocol: str = "TCP",
    *,
    source: str = CLIENT,
    source_port: int | None = None,
    timeout: float | None = 10.0,
) -> Connection:
    """Connect to a port of a Network Load Balancer, in process and in virtual time; UDP sends nothing yet.

    name: its DNS name, or that of one zone, us-east-1a.shop-0123456789abcdef.elb.us-east-1.amazonaws.com. protocol:
    TCP, UDP or TLS. source: an address on the internet or in the VPC, of IPv6 for dualstack balancers; source_port: any
    if not given. timeout: seconds, None: as long as an operating system waits. Raises OSError when the name is none or
    leads to no address of the source's kind, NotModelled, and what `Connection.exchange` raises.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#listener-configuration

    >>> from eslabon.elbv2.flows.examples import echo
    >>> cloud, name = echo("TCP")
    >>> connection = connect(cloud, name, 80)
    >>> connection.target, connection.exchange(b"hello")
    ('10.0.0.5', b'HELLO')
    >>> connect(cloud, name, 81)
    Traceback (most recent call last):
    TimeoutError: timed out: no TCP listener of the load balancer has port 81
    >>> connect(cloud, "shop.example.com", 80)
    Traceback (most recent call last):
    OSError: no active Network Load Balancer of this cloud has the name 'shop.example.com'
    """
    if protocol not in LISTENERS:
        raise NotModelled("elbv2", f"flows of {protocol}", LISTENERS)
    service, balancer, node = _resolve(cloud, name)
    transport = "udp" if protocol == "UDP" else "tcp"
    seen = service.client_seen(balancer, node, source, port, transport)
    chance = service.ids.random
    number = 0 if protocol == "UDP" else chance.getrandbits(32)
    # The gateway to the internet has put the node's private address in the place of its public one.
    ends = (seen or source, source_port or chance.choice(PORTS), node.own(ipv6=":" in source), port)
    packet = Packet(transport, *ends, sequence=number)
    listener = service.listener_at(balancer, port)
    if listener is None or listener.protocol not in LISTENERS[protocol]:
        raise _timed_out(service, timeout, f"no {protocol} listener of the load balancer has port {port}")
    if not seen and balancer.scheme == "internal" and not is_private(source):
        raise _timed_out(service, timeout, "the load balancer is internal, and the client is on the internet")
    flows: Flows = service.flows_of(balancer, listener)
    connection = Connection(service, balancer, node, flows, packet, timeout)
    if not seen:
        flows.count("blocked", packet, node.zone)
        connection._tell("blocked")
        raise _timed_out(service, timeout, "the load balancer's security groups do not let it in")
    if packet.protocol == "tcp":
        connection.deliver(begins=True)
    if listener.protocol == "TLS" and connection.flow:
        connection.flow.handshake = service.negotiated(listener, name)
    return connection


def _resolve(cloud: Cloud, name: str) -> tuple[Any, LoadBalancer, Node]:
    """The service, the balancer that has a DNS name, and the node to whose address it resolves."""
    region = _REGION.search(name)
    service: Any = region and cloud.service_in_use("elbv2", region=region[1], account=cloud.account)
    balancer, node = (service and service.with_name(name)) or (None, None)
    if balancer is None or balancer.type != NETWORK or service.clock.now < balancer.active:
        raise OSError(f"no active Network Load Balancer of this cloud has the name {name!r}")
    return service, balancer, node or service.resolve(balancer)


def _timed_out(service: Any, timeout: float | None, why: str) -> TimeoutError:
    service.clock.sleep(PATIENCE if timeout is None else timeout)
    return TimeoutError(f"timed out: {why}")
