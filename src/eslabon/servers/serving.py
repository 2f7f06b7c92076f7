"""Load balancers on loopback sockets: a thread with an event loop opens one for each listener, and closes it again.

Gateway Load Balancers have none. Sockets are bound to 127.0.0.1 alone.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from eslabon import activation
from eslabon.elbv2.resources import ALB, GATEWAY, Target, TargetGroup
from eslabon.errors import NotModelled
from eslabon.servers._hosts import Hosts
from eslabon.servers._opening import Address, Open, listen, signature
from eslabon.servers.loopback import LoopbackServer
from eslabon.servers.probing import Prober
from eslabon.servers.walltime import WallTime

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LOOK = 0.1  # seconds between two looks at which listeners there are
TICK = 0.02  # seconds after which the cloud's time follows, at the latest
COLLECTING = (20_000, 20, 50)  # thresholds of Python's collector of garbage while a cloud is served: a sixth of the CPU
JOURNAL = 100_000  # entries of the cloud's journal: the older half of more is forgotten

Result = TypeVar("Result")


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
        self._open: dict[str, Open] = {}  # by the listener's ARN
        self._refused: dict[str, tuple[Any, Exception]] = {}  # why listeners that look like this cannot be opened
        self._hosts = Hosts(self)
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
            asyncio.run(self._serve(started))

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
        closing = [one.close(self.grace) for one in self._open.values()]
        await asyncio.gather(*closing, self._hosts.close(self.grace))

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
            signatures = {arn: signature(listener) for arn, (_, _, listener) in wanted.items()}
            for arn in [arn for arn, one in self._open.items() if signatures.get(arn) != one.signature]:
                await self._open.pop(arn).close(0.0 if arn in wanted else self.grace)
            for arn, found in wanted.items():
                if arn in self._open or self._refused.get(arn, (None,))[0] == signatures[arn]:
                    continue
                self._refused.pop(arn, None)
                try:
                    self._open[arn] = await listen(self, *found)
                except Exception as refused:  # the other listeners go on; who asks for this one is told
                    self._refused[arn] = signatures[arn], refused

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
        return await self._hosts.address(host, address, udp)
