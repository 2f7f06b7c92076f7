"""Load balancers on loopback sockets: a thread with an event loop opens one for each listener, and closes it again.

Gateway Load Balancers have none. Sockets are bound to 127.0.0.1 alone.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from eslabon import activation
from eslabon.elbv2.application.tls import mutual_of
from eslabon.elbv2.flows.client import BytesServer
from eslabon.elbv2.operations.sslpolicies import DEFAULT, POLICIES
from eslabon.elbv2.resources import ALB, APPLICATION, GATEWAY, Listener, LoadBalancer, Target, TargetGroup
from eslabon.errors import NotModelled
from eslabon.network import Host
from eslabon.servers.application import application_front, listener_front
from eslabon.servers.front import Listening
from eslabon.servers.http import http_server
from eslabon.servers.loopback import LoopbackServer
from eslabon.servers.probing import Prober
from eslabon.servers.securing import SecureServer
from eslabon.servers.tcp import tcp_server
from eslabon.servers.tls import ALPN, Certificate, server_context
from eslabon.servers.udp import udp_server
from eslabon.servers.walltime import WallTime

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LOOPBACK = "127.0.0.1"
LOOK = 0.1  # seconds between two looks at which listeners there are
TICK = 0.02  # seconds after which the cloud's time follows, at the latest
BACKLOG = 1024
COLLECTING = (20_000, 20, 50)  # thresholds of Python's collector of garbage while a cloud is served: a sixth of the CPU
JOURNAL = 100_000  # entries of the cloud's journal: the older half of more is forgotten

Address = tuple[str, int]
Result = TypeVar("Result")


class _Open:
    """A listener that is open: whose, where, and what ends it."""

    def __init__(self, name: tuple[str, int] = ("", 0), signature: Any = None) -> None:
        self.name = name  # of its balancer, and its port
        self.address: Address = (LOOPBACK, 0)
        self.signature = signature  # of what makes it another socket when it changes
        self.sockets: list[asyncio.Server | SecureServer | asyncio.DatagramTransport] = []
        self.serving: list[Listening] = []

    async def close(self, grace: float) -> None:
        """Listen no more, and end what is open."""
        for one in self.sockets:
            one.close()
        await asyncio.gather(*(one.drain(grace) for one in self.serving))


def event_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop: uvloop where it is installed (extra `serve`), otherwise (None) Python's own.

    >>> event_loop() is None or callable(event_loop())
    True
    """
    try:
        import uvloop  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    return uvloop.new_event_loop  # type: ignore[no-any-return]


def _port_for_both() -> int:
    """A port that is free for TCP and for UDP."""
    while True:
        with socket.create_server((LOOPBACK, 0)) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            try:
                other.bind(one.getsockname())
            except OSError:
                continue
            return int(one.getsockname()[1])


class Server:
    """What `Cloud.serve` gives: load balancers that listen on 127.0.0.1.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> shop.cloud.clock.advance(300)
    >>> with shop.cloud.serve() as server:
    ...     server.address("shop", 80)[0]
    '127.0.0.1'
    """

    def __init__(self, cloud: Cloud, *, grace: float = 5.0) -> None:
        self.cloud = cloud
        self.grace = grace
        self.time = WallTime(cloud.clock)
        self._open: dict[str, _Open] = {}  # by the listener's ARN
        self._refused: dict[str, tuple[Any, Exception]] = {}  # why listeners that look like this cannot be opened
        self._hosts: dict[tuple[int, bool], tuple[Host, _Open]] = {}  # what lets others connect to a Host, by its id
        self._looking = asyncio.Lock()
        self.looks = 0  # how often it was looked what there is: what was found out before may not hold any more

    # --- For whoever serves -------------------------------------------------------------------------------------------

    def __enter__(self) -> Server:
        self._running = self.time.running()
        self._running.__enter__()
        self._folder = tempfile.TemporaryDirectory()
        self._thresholds = gc.get_threshold()
        gc.freeze()  # what there is (botocore's models above all) is not looked through for garbage again and again,
        gc.set_threshold(*COLLECTING)  # and requests, which leave no cycles behind, do not make it look for them
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="eslabon-serve", daemon=True)
        self._thread.start()
        started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()
        self._running.__exit__(None, None, None)
        self._folder.cleanup()

    def address(self, name: str, port: int) -> Address:
        """The (host, port) where a balancer's listener can be reached on this machine.

        name: the balancer's name, DNS name or ARN. port: the listener's. Raises LookupError when there is no such
        listener or its balancer is not active yet, NotModelled for what has no socket.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> with shop.cloud.serve() as server:
        ...     server.address("shop", 80)
        Traceback (most recent call last):
        LookupError: shop is not active yet: wait for it (load_balancer_available) before serve(), or advance the clock
        """
        with self.time.lock:
            now = self.time.now()
            balancers = ((service, one) for service in self._services() for one in service.balancers.values())
            found = next((pair for pair in balancers if name in (pair[1].name, pair[1].arn, pair[1].dns_name)), None)
            if found is None:
                raise LookupError(f"no load balancer is called {name}")
            service, balancer = found
            if balancer.type == GATEWAY:
                raise NotModelled("elbv2", "a Gateway Load Balancer on sockets", ["application", "network"])
            if now < balancer.active:
                how = "wait for it (load_balancer_available) before serve(), or advance the clock"
                raise LookupError(f"{name} is not active yet: {how}")
            listener = service.listener_at(balancer, port)
        if listener is None:
            raise LookupError(f"{name} has no listener of port {port}")
        self._ask(self._look())
        if listener.arn in self._refused:
            raise self._refused[listener.arn][1]
        return self._open[listener.arn].address

    def addresses(self) -> dict[tuple[str, int], Address]:
        """Where each listener can be reached, by its balancer's name and its port.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.cloud.clock.advance(300)
        >>> with shop.cloud.serve() as server:
        ...     list(server.addresses())
        [('shop', 80)]
        """
        self._ask(self._look())
        return {one.name: one.address for one in self._open.values()}

    @property
    def ca_file(self) -> str:
        """The path of a file with the certificates, PEM, that clients of the listeners' certificates must trust."""
        with self.time.lock:
            held = [one for service in self._services() for one in self._acm(service).certificates.values()]
            pems = b"\n".join(one.chain or one.body for one in held)
        path = Path(self._folder.name, "authorities.pem")
        path.write_bytes(pems)
        return str(path)

    def _ask(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # --- The thread ---------------------------------------------------------------------------------------------------

    def _run(self, started: threading.Event) -> None:
        with activation.serving(), self.cloud.activated():
            with asyncio.Runner(loop_factory=event_loop()) as runner:
                runner.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._prober = Prober(self)
        self._ticking = self._loop.call_soon(self._tick)
        started.set()
        while not self._stop.is_set():
            await self._look()
            try:
                await asyncio.wait_for(self._stop.wait(), LOOK)
            except TimeoutError:
                pass
        self._ticking.cancel()
        self._prober.close()
        with self.time.lock:
            for service in self._services():
                service.prober = None
        opened = [*self._open.values(), *(one for _, one in self._hosts.values())]
        await asyncio.gather(*(one.close(self.grace) for one in opened))

    def _tick(self) -> None:
        self._ticking = self._loop.call_later(TICK, self._tick)  # first: what falls due may raise
        with self.time.held():
            pass

    def _services(self) -> list[Any]:
        """Elastic Load Balancing in the accounts and Regions where it is used."""
        return [one for (name, _, _), one in self.cloud._services.items() if name == "elbv2"]

    def _acm(self, service: Any) -> Any:
        return self.cloud.service("acm", region=service.region, account=service.account)

    async def _look(self) -> None:
        """Open the listeners that are new, and close those that are no more."""
        async with self._looking:
            self.looks += 1
            with self.time.lock:
                now = self.time.now()
                wanted = {
                    listener.arn: (service, balancer, listener)
                    for service in self._services()
                    for balancer in service.balancers.values()
                    if balancer.active <= now and balancer.type != GATEWAY
                    for listener in balancer.listeners.values()
                }
                for service in self._services():
                    service.prober = self._prober.probe
                entries = self.cloud.journal.entries
                if len(entries) > JOURNAL:
                    del entries[: JOURNAL // 2]
            for arn in [arn for arn, one in self._open.items() if self._signature(wanted.get(arn)) != one.signature]:
                await self._open.pop(arn).close(0.0 if arn in wanted else self.grace)
            for arn, found in wanted.items():
                signature = self._signature(found)
                if arn in self._open or self._refused.get(arn, (None,))[0] == signature:
                    continue
                self._refused.pop(arn, None)
                try:
                    self._open[arn] = await self._listen(*found)
                except Exception as refused:  # the other listeners go on; who asks for this one is told
                    self._refused[arn] = signature, refused

    @staticmethod
    def _signature(found: tuple[Any, LoadBalancer, Listener] | None) -> Any:
        if found is None:
            return None
        one = found[2]
        mutual = tuple(sorted((one.mutual or {}).items()))
        return one.protocol, one.port, tuple(one.certificates), one.ssl_policy, tuple(one.alpn), mutual

    async def _listen(self, service: Any, balancer: LoadBalancer, listener: Listener) -> _Open:
        protocol = listener.protocol or ""
        tls = self._tls(service, listener) if protocol in ("HTTPS", "TLS") else None
        opened = _Open((balancer.name, listener.port or 0), self._signature((service, balancer, listener)))
        if balancer.type == APPLICATION:
            front = listener_front(self, service, balancer, listener)
            port = listener.port or 0
            plain = http_server(front, scheme="http", port=port)
            if tls is None:
                await self._accept(opened, plain)
            else:
                self._secure(opened, http_server(front, scheme="https", port=port), tls, service, balancer, plain)
            return opened
        with self.time.lock:
            flows = service.flows_of(balancer, listener)
        if protocol == "TCP_UDP":
            opened.address = (LOOPBACK, _port_for_both())
        if protocol != "UDP":
            connections = tcp_server(self, service, balancer, listener, flows)
            if tls is None:
                await self._accept(opened, connections)
            else:
                self._secure(opened, connections, tls, service, balancer)
        if protocol in ("UDP", "TCP_UDP"):
            udp: Any = udp_server(self, service, balancer, listener, flows)
            await self._receive(opened, udp.protocol)
            opened.serving.append(udp)
        return opened

    async def _accept(self, opened: _Open, server: Listening) -> None:
        make: Any = server.protocol
        listening = await self._loop.create_server(make, *opened.address, backlog=BACKLOG)
        opened.address = listening.sockets[0].getsockname()
        opened.sockets.append(listening)
        opened.serving.append(server)

    def _secure(
        self,
        opened: _Open,
        server: Listening,
        tls: Any,
        service: Any,
        balancer: LoadBalancer,
        plain: Listening | None = None,
    ) -> None:
        """Take connections with TLS; plain: what talks to clients that have begun with HTTP."""

        def failed() -> None:
            with self.time.lock:
                service.reports.handshake_failed(balancer)

        unsecured = plain.protocol if plain else None
        listening = SecureServer(server.protocol, opened.address, tls, backlog=BACKLOG, plain=unsecured, failed=failed)
        opened.address = listening.address
        opened.sockets.append(listening)
        opened.serving += [server, plain] if plain else [server]

    async def _receive(self, opened: _Open, make: Callable[[], asyncio.DatagramProtocol]) -> None:
        transport, _ = await self._loop.create_datagram_endpoint(make, local_addr=opened.address)
        opened.address = transport.get_extra_info("sockname")
        opened.sockets.append(transport)

    def _tls(self, service: Any, listener: Listener) -> Any:
        with self.time.lock:
            held = [self._acm(service).certificates[arn] for arn in listener.certificates]
            store = service.trust_stores.get((listener.mutual or {}).get("TrustStoreArn"))
        certificates = [Certificate(one.arn, one.read.names, one.pem, one.key) for one in held]
        policy = POLICIES[listener.ssl_policy or DEFAULT]
        alpn = ["http/1.1"] if listener.protocol == "HTTPS" else ALPN.get(next(iter(listener.alpn), "None"), [])
        mutual = mutual_of(listener.mutual, store.certificates if store else ())
        return server_context(certificates, policy.protocols, policy.ciphers, alpn, mutual)

    # --- For the servers ----------------------------------------------------------------------------------------------

    def later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function in the event loop in so many seconds of the wall clock.

        >>> from eslabon import Cloud
        >>> called = threading.Event()
        >>> with Cloud().serve() as server:
        ...     server.in_loop(server.later, 0.001, called.set)
        ...     called.wait(5)
        True
        """
        if seconds > 0:
            self._loop.call_later(seconds, function, *arguments)
        else:
            function(*arguments)

    def in_loop(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function in the event loop, from whichever thread.

        >>> from eslabon import Cloud
        >>> called = threading.Event()
        >>> with Cloud().serve() as server:
        ...     server.in_loop(called.set)
        ...     called.wait(5)
        True
        """
        self._loop.call_soon_threadsafe(function, *arguments)

    async def place(
        self, service: Any, group: TargetGroup, target: Target, node: str, *, udp: bool = False
    ) -> Address | None:
        """Where to connect for a target of a Network Load Balancer's group; None: nobody answers there.

        node: the address from which the balancer connects.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> cloud, _ = echo("TCP")
        >>> service = cloud.service("elbv2")
        >>> [group] = service.groups.values()
        >>> [target] = group.targets.values()
        >>> with cloud.serve() as server:
        ...     server._ask(server.place(service, group, target, "10.0.0.4"))[0]
        '127.0.0.1'
        """
        port = target.port or 80
        if group.type == ALB:
            balancer = service.balancers.get(target.id)
            listener = service.listener_at(balancer, port) if balancer else None
            opened = self._open.get(listener.arn) if listener else None
            return opened.address if opened else None
        with self.time.lock:
            address = service.address_of(group, target)
            host = self.cloud.network.at(address, port)
            protocol = "udp" if udp else "tcp"
            if host is None or host.refuse or not service.reaches(address, port, node, protocol=protocol):
                return None
        if isinstance(host.application, LoopbackServer):
            return host.application.place
        kept = self._hosts.get((id(host), udp))
        if kept is None:
            kept = self._hosts[id(host), udp] = host, await self._let_connect(host, udp)
        return kept[1].address

    async def _let_connect(self, host: Host, udp: bool) -> _Open:
        """Give what answers in this process a socket, for what passes bytes on."""
        opened = _Open()
        if not isinstance(host.application, BytesServer):
            await self._accept(opened, http_server(application_front(self, host)))
        elif udp:
            await self._receive(opened, lambda: _Datagrams(self, host))
        else:
            listening = await self._loop.create_server(lambda: _Bytes(self, host), *opened.address)
            opened.address = listening.sockets[0].getsockname()
            opened.sockets.append(listening)
        return opened


class _Bytes(asyncio.Protocol):
    """A BytesServer on a TCP socket: whatever comes at once is answered at once."""

    def __init__(self, server: Server, host: Host) -> None:
        self.server = server
        self.host = host

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.peer = transport.get_extra_info("peername")[0]

    def data_received(self, data: bytes) -> None:
        self._answer(data, self.peer, self.transport.write)

    def _answer(self, data: bytes, client: str, send: Callable[[bytes], Any]) -> None:
        assert isinstance(self.host.application, BytesServer)
        if self.host.silent:
            return
        with self.server.time.lock, self.server.cloud.clock.work() as work:
            self.server.cloud.clock.sleep(self.host.delay)
            answer = self.host.application.answer(data, client)
        self.server.later(work.elapsed, send, answer)


class _Datagrams(asyncio.DatagramProtocol):
    """A BytesServer on a UDP socket."""

    def __init__(self, server: Server, host: Host) -> None:
        self.bytes = _Bytes(server, host)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.bytes._answer(data, address[0], lambda answer: self.transport.sendto(answer, address))
