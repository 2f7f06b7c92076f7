"""Health checks of targets on sockets: asked in the event loop, so that nobody in the cloud waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.flows.proxyprotocol import local_header
from eslabon.elbv2.flows.settings import is_proxied
from eslabon.elbv2.resources import ALB, LAMBDA, LoadBalancer, Node, Target, TargetGroup
from eslabon.network import Call
from eslabon.servers.connections import Tasks
from eslabon.servers.framing import RESPONSE_HEADER, Malformed, parse_response, split_head
from eslabon.servers.loopback import LoopbackServer, any_certificate

if TYPE_CHECKING:
    from eslabon.servers.serving import Server

Found = Callable[[float, bool, int | None], None]  # seconds, whether it has connected, the status of the answer


class Prober:
    """What `Checking` gives checks to while the cloud is served.

    >>> from eslabon import Cloud
    >>> with Cloud().serve() as server:
    ...     Prober(server).close()
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._running = Tasks()

    def probe(
        self, service: Any, group: TargetGroup, target: Target, balancer: LoadBalancer, node: Node, found: Found
    ) -> bool:
        """Check a target, if it is on a socket; `found` is called later. False: it is not.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> [target] = shop.group.targets.values()
        >>> node = shop.balancer.nodes[0]
        >>> with shop.cloud.serve() as server:
        ...     Prober(server).probe(shop.service, shop.group, target, shop.balancer, node, print)
        False
        """
        if group.type in (LAMBDA, ALB):
            return False
        check, call = group.check, service.check_of(group, target, balancer, node)
        port, address = call.port, service.address_of(group, target)
        host = self.server.cloud.network.at(address, port)
        if host is None or host.refuse or host.silent or not isinstance(host.application, LoopbackServer):
            return False
        if not service.reaches(address, port, node.address, balancer.security_groups):
            return False
        asked = _ask(host.application.place, check.protocol, call, local_header() if is_proxied(group) else b"")
        self.server.in_loop(self._start, asked, float(check.timeout), found)
        return True

    def _start(self, asked: Any, timeout: float, found: Found) -> None:
        self._running.start(self._run(asked, timeout, found))

    async def _run(self, asked: Any, timeout: float, found: Found) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        connected, status = True, None
        try:
            async with asyncio.timeout(timeout):
                status = await asked
        except TimeoutError:
            begun = loop.time() - timeout
        except OSError:
            connected = False
        except (Malformed, EOFError):
            pass
        with self.server.cloud.clock.lock:
            found(loop.time() - begun, connected, status)

    def close(self) -> None:
        """Ask no more.

        >>> from eslabon import Cloud
        >>> with Cloud().serve() as server:
        ...     Prober(server).close()
        """
        self._running.cancel()


async def _ask(place: tuple[str, int], protocol: str, call: Call, before: bytes) -> int | None:
    """The status of the answer; None for what is only connected to. before: what is written first."""
    secure = protocol in ("HTTPS", "TLS")
    reader, writer = await asyncio.open_connection(
        *place, ssl=any_certificate() if secure else None, limit=RESPONSE_HEADER
    )
    try:
        writer.write(before)
        if protocol in ("TCP", "TLS"):
            return None
        lines = (f"GET {call.target} HTTP/1.1", *(f"{name}: {value}" for name, value in call.headers), "", "")
        writer.write("\r\n".join(lines).encode())
        data = b""
        while (head := split_head(data, RESPONSE_HEADER)) is None:
            more = await reader.read(RESPONSE_HEADER)
            if not more:
                raise EOFError
            data += more
        return parse_response(head[0]).status
    finally:
        writer.close()
