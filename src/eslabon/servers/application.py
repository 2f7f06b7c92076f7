"""What HTTP servers do with requests: to a listener of an Application Load Balancer, and to a WSGI application."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from eslabon.elbv2.application import lambdatargets
from eslabon.elbv2.application.answers import failure
from eslabon.elbv2.application.exchange import Answer, Forward, function_event
from eslabon.elbv2.application.messages import Headers, Request, Response
from eslabon.elbv2.application.tls import client_headers
from eslabon.elbv2.resources import LAMBDA, Listener, LoadBalancer, Node
from eslabon.network import Call, Host, serve
from eslabon.servers.framing import ResponseHead
from eslabon.servers.front import Front, Place
from eslabon.servers.loopback import LoopbackServer

if TYPE_CHECKING:
    from eslabon.servers.serving import Server


class Arrival(NamedTuple):
    """What is known of a client's connection: the node that took it, and what came out of the handshake."""

    node: Node
    tls: tuple[str, str] | None = None
    certificate: str | None = None
    headers: Mapping[str, str] | None = None


def arrive(service: Any, balancer: LoadBalancer, port: int, client: str, protocol: str) -> Node | None:
    """The node that takes a client's connection or flow; None: its security groups do not let it in.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> arrive(shop.service, shop.balancer, 80, "127.0.0.1", "tcp") is None  # the default security group
    True
    """
    node: Node = service.resolve(balancer)
    return node if service.reaches(node.address, port, client, protocol=protocol) else None


def listener_front(server: Server, service: Any, balancer: LoadBalancer, listener: Listener) -> Front:
    """What requests to a listener lead to; service: the ElasticLoadBalancingV2 that has it.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> with shop.cloud.serve() as server:
    ...     listener_front(server, shop.service, shop.balancer, shop.listener).idle_timeout
    60.0
    """
    return _ListenerFront(server, service, balancer, listener)


def application_front(server: Server, host: Host, address: str) -> Front:
    """A WSGI application of the cloud's network as a server of its own, for what passes bytes on and not requests.

    address: of its machine in the cloud's network.

    >>> from eslabon import Cloud
    >>> with Cloud().serve() as server:
    ...     application_front(server, Host(lambda environ, start_response: []), "10.0.0.5").keep_alive
    3600.0
    """
    return _ApplicationFront(server, host, address)


class _ListenerFront:
    """A listener of an Application Load Balancer: `Exchanges`, in the wall clock's time, under the cloud's lock."""

    def __init__(self, server: Server, service: Any, balancer: LoadBalancer, listener: Listener) -> None:
        self.server = server
        self.service = service
        self.exchanges = service.exchanges
        self.time = server.time
        self.lock, self.now = server.time.lock, server.time.now
        self._changes = -1  # in the cloud, as many as there were when it was last asked for their effect
        self._places: dict[tuple[str, str, int | None], Place | None] = {}
        self._places_of = 0  # the server's look at the cloud in which these places were found
        self.balancer = balancer
        self.listener = listener

    @property
    def idle_timeout(self) -> float:
        return float(self.balancer.attributes.get("idle_timeout.timeout_seconds", 60))

    @property
    def keep_alive(self) -> float:
        return float(self.balancer.attributes.get("client_keep_alive.seconds", 3600))

    def connect(self, peer: tuple[str, int], tls: ssl.SSLObject | None) -> Arrival | None:
        with self.server.cloud.clock.lock:  # the health of targets is brought up to date
            node = arrive(self.service, self.balancer, self.listener.port or 0, peer[0], "tcp")
        if node is None:
            return None
        if tls is None:
            return Arrival(node)
        cipher, certificate = tls.cipher(), tls.getpeercert()
        headers = client_headers(certificate, tls.getpeercert(binary_form=True) or b"") if certificate else None
        agreed = (tls.version() or "", cipher[0] if cipher else "")
        return Arrival(node, agreed, getattr(tls, "certificate", None), headers)

    def begin(self, arrival: Arrival, request: Request) -> tuple[Answer | None, Forward | None]:
        node, tls, certificate, headers = arrival
        exchanges = self.exchanges
        with self.lock:
            if self._changes != self.time.changes:
                exchanges.forget()
                self._changes = self.time.changes
            found = exchanges.ask(self.balancer, self.listener, node, request, self.now(), tls, certificate, headers)
        return (found, None) if isinstance(found, Answer) else (None, found)

    def place(self, forward: Forward) -> Place | None:
        if self._places_of != self.server.looks:
            self._places, self._places_of = {}, self.server.looks
        target = forward.target
        key = (forward.outcome.node.zone, target.id, target.port)
        try:
            return self._places[key]
        except KeyError:
            place = self._places[key] = self._find(forward)
        return place

    def _find(self, forward: Forward) -> Place | None:
        if forward.group.type == LAMBDA:
            return None
        with self.lock:
            address, port = self.service.address_of(forward.group, forward.target), forward.target.port or 80
            host = self.service.cloud.network.at(address, port)
            if host is None or not isinstance(host.application, LoopbackServer) or host.refuse or host.silent:
                return None
            source = forward.outcome.node.address
            if not self.service.reaches(address, port, source, self.balancer.security_groups):
                return None
        return Place(*host.application.place, tls=forward.group.protocol == "HTTPS")

    def call(self, forward: Forward, body: bytes, reply: Callable[[Callable[[], Answer]], None]) -> None:
        with self.server.time.lock:
            forward.request = forward.outcome.forwarded = replace(forward.request, body=body)
            if forward.group.type == LAMBDA:
                try:
                    forward.event = function_event(forward.request, forward.group)
                except lambdatargets.Invalid as invalid:
                    cause = invalid.cause
                    reply(lambda: self.fail(forward, cause))
                    return
            elapsed, answered = self.service.ask_target(forward)
        self.server.later(elapsed, reply, partial(self._at, answered))

    def _at(self, answered: Callable[[float], Answer]) -> Answer:
        with self.lock:
            return answered(self.now())

    def finish(self, forward: Forward, head: ResponseHead) -> Answer:
        response = Response(head.status, head.headers, b"", head.reason)
        with self.lock:
            answer: Answer = self.exchanges.finish(forward, response, self.now())
        return answer

    def fail(self, forward: Forward, cause: str) -> Answer:
        with self.lock:
            answer: Answer = self.exchanges.fail(forward, cause, self.now())
        return answer

    def gone(self, forward: Forward) -> bool:
        target = forward.target
        if target.deregistered is None:
            return False
        with self.lock:
            return target.health.at(self.now()) != "draining"

    def refuse(self, arrival: Arrival, request: Request, cause: str) -> Answer:
        node, tls, certificate, _ = arrival
        of = (self.balancer, self.listener, node, request, cause)
        with self.lock:
            answer: Answer = self.exchanges.refuse(*of, self.now(), tls=tls, certificate=certificate)
        return answer

    def end(self, answer: Answer, sent: int, received: int) -> None:
        answer.outcome.body_bytes = received
        with self.lock:
            self.exchanges.end(answer, self.now(), sent)


_NO_HEADERS = Headers()


@dataclass(slots=True)
class _Asked:
    rewritten: Request
    headers: Headers = _NO_HEADERS
    trace: str = ""
    close: bool = False


@dataclass(slots=True)
class _Told:
    response: Response
    close: bool = False


class _ApplicationFront:
    """A WSGI application: each request is answered in this process."""

    idle_timeout = 60.0
    keep_alive = 3600.0

    def __init__(self, server: Server, host: Host, address: str) -> None:
        self.server = server
        self.host = host
        self.address = address

    def connect(self, peer: tuple[str, int], tls: ssl.SSLObject | None) -> tuple[str, int]:
        return peer

    def begin(self, arrival: Any, request: Request) -> tuple[None, _Asked]:
        return None, _Asked(request)

    def place(self, asked: _Asked) -> None:
        return None

    def call(self, asked: _Asked, body: bytes, reply: Callable[[Callable[[], _Told]], None]) -> None:
        request = asked.rewritten
        call = Call(request.method, request.url, request.headers, body, "http", request.host, request.port)
        cloud = self.server.cloud
        with self.server.time.lock, cloud.clock.work() as work, cloud.network.running_at(self.address):
            cloud.clock.sleep(self.host.delay)
            try:
                found = serve(self.host.application, call, request.client)
            except ValueError:
                found = None
        if found is None:
            reply(lambda: self.fail(asked, "malformed response"))
            return
        response = Response(found.status, tuple(found.headers), found.body, found.reason)
        self.server.later(work.elapsed, reply, lambda: _Told(response))

    def finish(self, asked: _Asked, head: ResponseHead) -> _Told:
        raise AssertionError("no target is on a socket")

    def fail(self, asked: _Asked, cause: str) -> _Told:
        return _Told(failure(cause), close=True)

    def gone(self, asked: _Asked) -> bool:
        return False

    def refuse(self, arrival: Any, request: Request, cause: str) -> _Told:
        return _Told(failure(cause), close=True)

    def end(self, told: _Told, sent: int, received: int) -> None:
        pass
