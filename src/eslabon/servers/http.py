"""The data plane of an Application Load Balancer on sockets: HTTP/1.1 on both sides, streamed, and WebSocket.

What a request leads to is the listener's affair (`Front`); here are bytes, time-outs and back-pressure. HTTP/2 and
CONNECT are left out.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any

from eslabon.elbv2.application.answers import CONNECT_TIMEOUT, phrase
from eslabon.elbv2.application.headers import HOP_BY_HOP
from eslabon.elbv2.application.messages import Request, Response
from eslabon.servers.connections import BUFFER, Connection, Tasks, until_closed
from eslabon.servers.framing import (
    RESPONSE_HEADER,
    Body,
    ChunkedBody,
    Known,
    Malformed,
    RequestHead,
    ResponseHead,
    parse_request,
    parse_response,
    request_body,
    response_body,
    split_head,
    tokens,
)
from eslabon.servers.front import Front, Going, Listening, Place, Reply
from eslabon.servers.loopback import any_certificate

CONNECTIONS = 4096  # of clients at once; more are closed as they come
IDLE_TARGET_CONNECTIONS = 64  # kept open for the next request, to each target
IN_PROCESS_BODY = 16 * 1024 * 1024  # bytes that an application in this process gets at most
SWEEP = 0.25  # seconds between two looks for connections whose time is over

LINGER = 2.0  # seconds that a client has to read the last answer

Headers = tuple[tuple[str, str], ...]


_USUAL = (None, ["keep-alive"], ["close"])  # Connection headers that take no other header away
_UNFRAMED = frozenset({"connection", "expect", "host"})
_FRAMING = HOP_BY_HOP | {"content-length"}
_UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
_CAUSES = {400: "malformed request", 414: "target too long", 501: "transfer coding"}
_SAFE = ("GET", "HEAD", "OPTIONS")


def http_server(front: Front, *, scheme: str = "http", port: int = 80) -> Listening:
    """What takes the HTTP connections of a listener; scheme, port: the listener's. Call it in the event loop.

    >>> from eslabon.elbv2.operations.examples import example
    >>> import socket
    >>> shop = example()
    >>> shop.cloud.clock.advance(300)
    >>> with shop.cloud.serve() as server, socket.create_connection(server.address("shop", 80), 5) as client:
    ...     client.recv(1)  # its security group lets nobody in
    b''
    """
    return _HttpServer(front, scheme, port)


class _HttpServer:
    """One listener of a balancer: its clients, and the idle connections to its targets."""

    def __init__(self, front: Front, scheme: str, port: int) -> None:
        self.front = front
        self.scheme = scheme
        self.port = port
        self.clients: set[_Client] = set()
        self.idle: dict[Place, deque[_Target]] = {}
        self.draining = False
        self.loop = asyncio.get_running_loop()
        self._dialling = Tasks()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def protocol(self) -> asyncio.Protocol:
        """What talks to the next client."""
        return _Client(self)

    def _look(self) -> None:
        """Let go of connections whose time is over."""
        now = self.loop.time()
        for client in [client for client in self.clients if client.deadline <= now]:
            client.expire()
        for kept in self.idle.values():
            for target in [target for target in kept if target.deadline <= now]:
                target.transport.close()
        self._sweeping = self.loop.call_later(SWEEP, self._look)

    def _dial(self, place: Place, client: _Client) -> None:
        """Give the client a connection to a target: one that is idle, or a new one."""
        kept = self.idle.get(place)
        while kept:
            found = kept.pop()
            if not found.transport.is_closing():
                client.connected(found, fresh=False)
                return
        self._dialling.start(self._connect(place, client))

    async def _connect(self, place: Place, client: _Client) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, found = await self.loop.create_connection(
                    lambda: _Target(self, place),
                    place.host,
                    place.port,
                    ssl=any_certificate() if place.tls else None,
                )
        except TimeoutError:
            client.failed("connection time-out")
        except ssl.SSLError:
            client.failed("handshake")
        except OSError:
            client.failed("refused")
        else:
            client.connected(found, fresh=True)

    def _keep(self, target: _Target) -> None:
        """Keep a connection for the next request."""
        kept = self.idle.setdefault(target.place, deque())
        if self.draining or len(kept) >= IDLE_TARGET_CONNECTIONS:
            target.transport.close()
            return
        target.deadline = self.loop.time() + self.front.idle_timeout
        kept.append(target)

    async def drain(self, grace: float) -> None:
        """End: idle connections now, the others when their request is answered, all after `grace` seconds."""
        self.draining = True
        for client in list(self.clients):
            client.drain()
        await until_closed(self.clients, grace)
        for client in list(self.clients):
            client.transport.abort()
        self._sweeping.cancel()
        self._dialling.cancel()
        for kept in self.idle.values():
            for target in list(kept):
                target.transport.abort()


class _Client(Connection):
    """A client: one request after the other."""

    __slots__ = (
        *("server", "front", "loop", "closed", "peer", "tls", "arrival", "since", "idle", "deadline", "buffer"),
        *(
            "body",
            "going",
            "reply",
            "waiting",
            "answered",
            "tunnel",
            "last",
            "chunked",
            "lingering",
            "received",
            "sent",
        ),
        *("method", "old", "wants_upgrade", "in_process", "bodiless", "pending", "place", "fresh"),
    )

    def __init__(self, server: _HttpServer) -> None:
        self.other = None
        self.server = server
        self.front = server.front
        self.loop = server.loop
        self.closed: asyncio.Future[None] = self.loop.create_future()
        self.buffer = b""  # what has come and not been read
        self.body: Body | None = None  # of the request that is being answered; None: there is none
        self.going: Going | None = None  # the request on its way to a target
        self.reply: Reply | None = None  # what the client gets, once it is known
        self.waiting = True  # for the first byte of a request
        self.answered = self.tunnel = self.last = self.chunked = self.lingering = False
        self.deadline = inf

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.peer = transport.get_extra_info("peername")
        self.tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        full = self.server.draining or len(self.server.clients) >= CONNECTIONS
        self.arrival = None if full else self.front.connect(self.peer, self.tls)
        if self.arrival is None:
            self.transport.abort()
            return
        self.server.clients.add(self)
        self.since = self.loop.time()
        self.idle = self.front.idle_timeout
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.clients.discard(self)
        if not self.closed.done():
            self.closed.set_result(None)
        _part(self)
        if self.going is not None and self.reply is None:
            self.reply = self.front.fail(self.going, "client left")
        self._done()

    # --- From the client ----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.lingering:
            return
        if self.body is None:
            self._head(self.buffer + data if self.buffer else data)
        elif self.tunnel and self.other is not None:
            self.touch()
            self.other.transport.write(data)
        elif not self.body.complete:
            self._content(data)
        else:  # the next request waits for the answer to this one
            self.buffer += data
            if len(self.buffer) > BUFFER:
                self.transport.pause_reading()

    def eof_received(self) -> bool:
        """The client sends no more. Before its answer has begun, that is how it leaves: most close all at once."""
        self.last = True
        if self.tunnel and self.other is not None and self.other.transport.can_write_eof():
            self.other.transport.write_eof()
            return True
        return self.answered and not self.lingering

    def _head(self, data: bytes) -> None:
        self.buffer = b""
        try:
            found = split_head(data)
            if found is None:
                self.buffer = data
                if self.waiting:
                    self.waiting = False  # from the first byte on the whole head must come within the idle time-out
                    self.touch()
                return
            head = parse_request(found[0])
            body = request_body(head)
            if head.method == "CONNECT":
                raise Malformed("CONNECT")
        except Malformed as error:
            self._refuse(_CAUSES[error.status])
        else:
            self._begin(head, body, found[1])

    def _begin(self, head: RequestHead, body: Body, rest: bytes) -> None:
        self.body = body
        self.method = head.method
        self.old = head.version == "HTTP/1.0"
        known = head.known
        connection = tokens(known, "connection") if "connection" in known else ()
        self.last = self.last or "close" in connection or (self.old and "keep-alive" not in connection)
        self.wants_upgrade = "upgrade" in connection and tokens(known, "upgrade") == ["websocket"] and body.complete
        self.idle = self.front.idle_timeout
        self.touch()
        reply, going = self.front.begin(
            self.arrival,
            Request(
                head.method,
                head.target,
                head.headers,
                client=self.peer[0],
                client_port=self.peer[1],
                scheme=self.server.scheme,
                port=self.server.port,
                version=head.version,
                server_name=getattr(self.tls, "asked_name", None) if self.tls else None,
            ),
        )
        if reply is not None:
            self._answer(reply, rest)
            return
        self.going = going
        place = self.front.place(going)
        self.in_process = place is None
        self.bodiless = body.complete
        self.pending: list[bytes] = []  # for a target that is not there yet, or answers in this process
        if place is not None:
            self.place = place
            self.pending.append(_request_bytes(going.request, body, known, upgrade=self.wants_upgrade))
        elif "100-continue" in tokens(known, "expect") and not self.old and not body.complete:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if body.complete:
            self.buffer = rest
            if self.in_process:
                self._call(going)
        elif rest:
            self._content(rest)
        if place is not None and self.going is going:  # what has come of the body is in order
            self.server._dial(place, self)

    def _content(self, data: bytes) -> None:
        body, going = self.body, self.going
        assert body is not None
        self.touch()
        try:
            content, self.buffer = body.feed(data)
        except Malformed:
            self._cut("malformed request")
            return
        self.received += len(content)
        if going is None:  # it has its answer already: what still comes is thrown away
            if body.complete:
                self._finished()
        elif self.in_process:
            self.pending.append(content)
            if self.received > IN_PROCESS_BODY:
                self._cut("body too large")
            elif body.complete:
                self._call(going)
        else:
            if isinstance(body, ChunkedBody):
                content = _chunk(content, last=body.complete)
            if self.other is not None:
                self.other.transport.write(content)
            elif content:
                self.pending.append(content)
                self.transport.pause_reading()  # until the target is there

    def _call(self, going: Going) -> None:
        self.front.call(going, b"".join(self.pending), lambda make: self._called(going, make))

    def _called(self, going: Going, make: Callable[[], Reply]) -> None:
        if self.going is going and self.reply is None:
            self._answer(make())

    # --- To and from the target ---------------------------------------------------------------------------------------

    def connected(self, target: _Target, fresh: bool) -> None:
        """A connection to the target is there."""
        if self.going is None or self.reply is not None or self.other is not None:
            self.server._keep(target)
            return
        self.other = target
        self.fresh = fresh
        target.serve(self, self.method)
        target.transport.write(self.pending[0] if len(self.pending) == 1 else b"".join(self.pending))
        if len(self.pending) > 1:
            self.transport.resume_reading()

    def failed(self, cause: str) -> None:
        """The target has not answered, and will not."""
        _part(self)
        if self.going is None:
            return
        if self.answered:
            self.transport.abort()  # in the middle of an answer the end of the connection is all that can be said
        elif cause == "closed" and not self.fresh and self.method in _SAFE and self.bodiless:
            self.server._dial(self.place, self)  # an idle connection that the target was just closing
        else:
            self._answer(self.front.fail(self.going, cause))

    def interim(self, head: ResponseHead) -> None:
        """The target says that it goes on: 100 Continue, 103 Early Hints."""
        self.touch()
        if not self.old:
            self.transport.write(_head_bytes(head.status, head.reason, head.headers, ""))

    def begin_response(self, head: ResponseHead, body: Body, content: bytes) -> None:
        """The head of the target's response has come, and the first of its content."""
        assert self.going is not None and self.body is not None
        self.touch()
        self.reply = self.front.finish(self.going, head)
        self.answered = True
        response = self.reply.response
        self.last = self.last or self.reply.close
        if head.status == 101:
            self.tunnel = True
            self.transport.write(_head_bytes(101, head.reason, response.headers, _UPGRADE))
            return
        framing, clean = "", False
        if self.method == "HEAD" or head.status in (204, 304):
            if "content-length" in head.known:
                framing = f"Content-Length: {head.known['content-length'][0]}\r\n"
        elif isinstance(body, ChunkedBody) or body.left is None:
            self.chunked = not self.old
            self.last = self.last or self.old
            framing = "Transfer-Encoding: chunked\r\n" if self.chunked else ""
        elif len(head.known["content-length"]) == 1 and head.known.get("connection") in _USUAL:
            clean = True  # it has its length among its headers
        else:
            framing = f"Content-Length: {body.left + len(content)}\r\n"
        if not self.body.complete:
            self.last = True  # it answers before it has read all: what is left could be taken for a request
        self._write(response, framing, self._framed(content, body), clean)

    def more(self, content: bytes, body: Body) -> None:
        """More of the response's content."""
        self.touch()
        self.transport.write(self._framed(content, body))

    def _framed(self, content: bytes, body: Body) -> bytes:
        return _chunk(content, last=body.complete) if self.chunked else content

    def end_response(self, target: _Target, reusable: bool) -> None:
        """The response is complete."""
        assert self.going is not None and self.body is not None
        self.other = target.other = None
        if reusable and not self.going.close and self.body.complete:
            self.server._keep(target)
        else:
            target.transport.close()
        self._done()
        self._finished()

    # --- To the client ------------------------------------------------------------------------------------------------

    def _refuse(self, cause: str) -> None:
        """Answer what is no request."""
        self.body, self.last, self.method = Body(0), True, "GET"
        self._send(self.front.refuse(self.arrival, cause))
        self._finished()

    def _cut(self, cause: str) -> None:
        """The request does not go on: the target's connection ends with what it has got."""
        _part(self)
        if self.going is None or self.answered:
            self.transport.abort()
            return
        self.last, self.body = True, Body(0)
        self._answer(self.front.fail(self.going, cause))

    def _answer(self, reply: Reply, rest: bytes = b"") -> None:
        """Send an answer that is here as a whole."""
        assert self.body is not None
        self.reply = reply
        self.last = self.last or reply.close or not self.body.complete
        self._send(reply.response)
        self._done()
        if self.body.complete:
            self.buffer = rest or self.buffer
        self._finished()

    def _send(self, response: Response) -> None:
        self.answered = True
        given = [value for name, value in response.headers if name.lower() == "content-length"]
        length = given[0] if given else str(len(response.body))
        framing = "" if response.status == 204 else f"Content-Length: {length}\r\n"
        self._write(response, framing, b"" if self.method == "HEAD" else response.body)

    def _write(self, response: Response, framing: str, content: bytes, clean: bool = False) -> None:
        if self.server.draining or self.loop.time() - self.since >= self.front.keep_alive:
            self.last = True
        reason = response.reason or phrase(response.status)
        framing += "Connection: close\r\n" if self.last else "Connection: keep-alive\r\n"
        head = _head_bytes(response.status, reason, response.headers, framing, clean)
        self.sent += len(head) + len(content)
        self.transport.write(head + content)

    def _done(self) -> None:
        """Tell that the exchange is over."""
        reply, self.reply, self.going = self.reply, None, None
        if reply is not None:
            self.front.end(reply, self.sent)

    def _finished(self) -> None:
        """The answer is sent: on to the next request, or to the end."""
        if not self.last:
            self._next()
        elif self.transport.can_write_eof():  # closed at once, what is still unread would make the answer disappear
            self.transport.write_eof()
            self.transport.resume_reading()
            self.lingering = True
            self.deadline = self.loop.time() + LINGER
        else:
            self.transport.close()

    def _next(self) -> None:
        """Wait for the next request, which may be here already."""
        self.body = None
        self.answered = self.chunked = False
        self.received = self.sent = 0
        self.waiting = True
        self.touch()
        self.transport.resume_reading()  # it may have been stopped when the target was slower
        if self.buffer:
            self.loop.call_soon(self._resume)

    def _resume(self) -> None:
        if self.body is None and self.buffer and not self.transport.is_closing():
            data, self.buffer = self.buffer, b""
            self._head(data)

    # --- Time ---------------------------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Something has happened: the idle time-out begins anew."""
        self.deadline = self.loop.time() + self.idle

    def expire(self) -> None:
        """Nothing has happened for as long as the idle time-out."""
        if self.lingering or self.answered or (self.body is None and self.waiting):
            self.transport.abort()
        elif self.body is None:
            self._refuse("silent client")
        elif not self.body.complete:
            self._cut("silent client")
        else:
            self.failed("idle time-out")

    def drain(self) -> None:
        """No further request."""
        if self.body is None and self.waiting:
            self.transport.close()


def _part(client: _Client) -> None:
    """The client has nothing more to do with its target's connection, which cannot be used for another."""
    target, client.other = client.other, None
    if target is not None:
        target.other = None
        target.transport.abort()


class _Target(Connection):
    """A connection to a target: one response after the other, with pauses in which it waits to be used."""

    __slots__ = ("body", "buffer", "deadline", "method", "place", "reusable", "server", "tunnel")

    other: _Client | None

    def __init__(self, server: _HttpServer, place: Place) -> None:
        self.server = server
        self.place = place
        self.other = None
        self.deadline = inf

    def serve(self, client: _Client, method: str) -> None:
        """The next response is for this client."""
        self.other = client
        self.method = method
        self.buffer = b""
        self.body: Body | None = None
        self.tunnel = False

    def data_received(self, data: bytes) -> None:
        client = self.other
        if client is None:  # nobody asked
            self.transport.abort()
        elif self.tunnel:
            client.touch()
            client.transport.write(data)
        elif self.body is None:
            try:
                self._head(client, self.buffer + data if self.buffer else data)
            except Malformed:
                client.failed("malformed response")
        else:
            try:
                content, rest = self.body.feed(data)
            except Malformed:
                client.failed("malformed response")
                return
            client.more(content, self.body)
            if self.body.complete:
                client.end_response(self, self.reusable and not rest)

    def _head(self, client: _Client, data: bytes) -> None:
        found = split_head(data, RESPONSE_HEADER)
        if found is None:
            self.buffer = data
            return
        head = parse_response(found[0])
        self.buffer = b""
        if head.status == 101:
            if not client.wants_upgrade:
                raise Malformed("101 where no upgrade was asked for")
            self.tunnel = True
            client.begin_response(head, Body(None), b"")
            if found[1]:
                self.data_received(found[1])
            return
        if head.status < 200:
            client.interim(head)
            if found[1]:
                self._head(client, found[1])
            return
        self.body = response_body(head, self.method)
        content, rest = self.body.feed(found[1])
        keeps = "connection" not in head.known or "close" not in tokens(head.known, "connection")
        self.reusable = keeps and head.version == "HTTP/1.1" and self.body.left is not None
        client.begin_response(head, self.body, content)
        if self.body.complete:
            client.end_response(self, self.reusable and not rest)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        client = self.other
        if client is None:
            kept = self.server.idle.get(self.place)
            if kept and self in kept:
                kept.remove(self)
        elif self.tunnel:
            self.other = client.other = None
            client.transport.close()
        elif self.body is not None and self.body.left is None and not isinstance(self.body, ChunkedBody):
            self.body.complete = True  # the end of the connection is the end of the content
            client.more(b"", self.body)
            client.end_response(self, False)
        else:
            client.failed("closed")


def _lines(headers: Headers, clean: bool) -> str:
    """Header lines, without those that say how the message is framed: they are made anew. clean: there are none."""
    if clean:
        return "".join([f"{name}: {value}\r\n" for name, value in headers])
    return "".join([f"{name}: {value}\r\n" for name, value in headers if name.lower() not in _FRAMING])


def _head_bytes(status: int, reason: str, headers: Headers, framing: str, clean: bool = False) -> bytes:
    return f"HTTP/1.1 {status} {reason}\r\n{_lines(headers, clean)}{framing}\r\n".encode("latin-1", "replace")


def _request_bytes(request: Request, body: Body, known: Known, *, upgrade: bool) -> bytes:
    framing = _UPGRADE if upgrade else ""
    if isinstance(body, ChunkedBody):
        framing = "Transfer-Encoding: chunked\r\n"
    elif body.left or request.method in ("POST", "PUT", "PATCH"):
        framing = f"Content-Length: {body.left}\r\n"
    lines = _lines(request.headers, known.keys() <= _UNFRAMED)  # what is for one hop alone the front has left out
    return f"{request.method} {request.target} HTTP/1.1\r\n{lines}{framing}\r\n".encode("latin-1", "replace")


def _chunk(content: bytes, *, last: bool) -> bytes:
    data = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
    return data + b"0\r\n\r\n" if last else data
