"""A client's connection to an Application Load Balancer: one request after the other is read, and sent on its way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from eslabon.elbv2.application.messages import Headers, Request
from eslabon.servers._http.answering import Answering
from eslabon.servers.connections import BUFFER
from eslabon.servers.framing import (
    NO_BODY,
    Body,
    ChunkedBody,
    Malformed,
    RequestHead,
    read_request,
    request_body,
    tokens,
)
from eslabon.servers.front import Going, Place, Reply
from eslabon.servers.heads import chunk, request_head

if TYPE_CHECKING:
    from eslabon.servers._http.server import HttpServer
    from eslabon.servers._http.targets import Target

IN_PROCESS_BODY = 16 * 1024 * 1024  # bytes that an application in this process gets at most
LINGER = 2.0  # seconds that a client has to read the last answer

_CAUSES = {400: "malformed request", 414: "target too long", 501: "transfer coding"}
_SAFE = ("GET", "HEAD", "OPTIONS")
_UNREADABLE = RequestHead("-", "-", "-", Headers(), b"")


class _Wishes(NamedTuple):
    """What the headers of a request ask of the connection itself."""

    close: bool
    keep_alive: bool
    websocket: bool
    continuing: bool  # the client waits for 100 Continue


def _wishes(headers: Headers) -> _Wishes:
    connection = tokens(headers, "connection")
    websocket = "upgrade" in connection and tokens(headers, "upgrade") == ["websocket"]
    continuing = "100-continue" in tokens(headers, "expect")
    return _Wishes("close" in connection, "keep-alive" in connection, websocket, continuing)


class Client(Answering):
    """The client's side: `other` is the connection to the target that answers, None while there is none."""

    __slots__ = (
        *("closed", "peer", "tls", "name", "arrival", "since", "quiet", "head", "waiting"),
        *("wants_upgrade", "bodiless", "pending", "place", "fresh"),
    )

    def __init__(self, server: HttpServer) -> None:
        super().__init__(server)
        self.closed: asyncio.Future[None] = self.loop.create_future()
        self.head: RequestHead | None = None  # of the last request
        self.waiting = True  # for the first byte of a request

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.peer = transport.get_extra_info("peername")
        self.tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.name: str | None = getattr(self.tls, "served_name", None)  # that the client asked for
        self.arrival = None if self.server.full else self.front.connect(self.peer, self.tls)
        if self.arrival is None:
            self.transport.abort()
            return
        self.since = self.quiet = self.loop.time()
        self.server.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.clients.discard(self)
        if not self.closed.done():
            self.closed.set_result(None)
        self._part()
        if self.going is not None and self.reply is None:
            whole = self.body is None or self.body.complete
            self.reply = self.front.fail(self.going, "client left" if whole else "incomplete request")
        self._done()

    # --- From the client ----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.body is None:
            self._head(self.buffer + data if self.buffer else data)
        elif self.lingering:
            return
        elif self.tunnel and self.other is not None:
            self.heard = True
            self.received += len(data)
            self.other.transport.write(data)
        elif not self.body.complete:
            self._content(data)
        else:  # the next request waits for the answer to this one
            self.buffer += data
            if len(self.buffer) > BUFFER:
                self.pause()

    def eof_received(self) -> bool:
        """The client sends no more. Before its answer has begun, that is how it leaves: most close all at once."""
        self.last = True
        if self.tunnel and self.other is not None and self.other.transport.can_write_eof():
            self.other.transport.write_eof()
            return self.tls is None  # TLS ends in both directions at once
        return self.answered and not self.lingering and self.tls is None

    def _head(self, data: bytes) -> None:
        head = None
        try:
            found = read_request(data, self.head)
            if found is None:
                self.buffer = data
                if self.waiting:
                    self.waiting = False  # from the first byte on the whole head must come within the idle time-out
                    self.heard = True
                return
            self.buffer = b""
            self.head = head = found[0]
            body = request_body(head)
            if head.method == "CONNECT":
                raise Malformed("CONNECT")
        except Malformed as error:
            self._refuse(_CAUSES[error.status], head)
        else:
            self._begin(head, body, found[1])

    def _begin(self, head: RequestHead, body: Body, rest: bytes) -> None:
        self.body = body
        self.heard = True
        method, target, version, headers, _ = head
        self.method = method
        self.old = version == "HTTP/1.0"
        wishes = headers.once(_wishes)
        self.bodiless = body.complete
        self.wants_upgrade = wishes.websocket and body.complete
        if wishes.close or (self.old and not wishes.keep_alive):
            self.last = True
        server, (client, port), name = self.server, self.peer, self.name
        request = Request(method, target, headers, b"", client, port, server.scheme, server.port, version, name)
        reply, going = self.front.begin(self.arrival, request)
        if reply is not None:
            self._answer(reply, rest)
            return
        self.going = going
        self.place: Place | None = self.front.place(going)
        if self.place is not None:
            first = request_head(going.rewritten, going.headers, going.trace, body, upgrade=self.wants_upgrade)
            self.pending = [first]  # for a target that is not there yet
        else:
            self.pending = []  # for one that answers in this process
            if wishes.continuing and not self.old and not body.complete:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if body.complete:
            self.buffer = rest
            if self.place is None:
                self._call(going)
        elif rest:
            self._content(rest)
        if self.place is not None and self.going is going:  # what has come of the body is in order
            server.dial(self.place, self)

    def _content(self, data: bytes) -> None:
        body, going = self.body, self.going
        assert body is not None
        self.heard = True
        try:
            content, self.buffer = body.feed(data)
        except Malformed:
            self._cut("malformed request")
            return
        self.received += len(content)
        if going is None:  # it has its answer already: what still comes is thrown away
            if body.complete:
                self._finished()
        elif self.place is None:
            self.pending.append(content)
            if self.received > IN_PROCESS_BODY:
                self._cut("body too large")
            elif body.complete:
                self._call(going)
        else:
            if isinstance(body, ChunkedBody):
                content = chunk(content, last=body.complete)
            if self.other is not None:
                self.other.transport.write(content)
            elif content:
                self.pending.append(content)
                self.pause()  # until the target is there

    def _call(self, going: Going) -> None:
        self.front.call(going, b"".join(self.pending), lambda make: self._called(going, make))

    def _called(self, going: Going, make: Callable[[], Reply]) -> None:
        if self.going is going and self.reply is None:
            self._answer(make())

    # --- To and from the target ---------------------------------------------------------------------------------------

    def connected(self, target: Target, fresh: bool) -> None:
        """A connection to the target is there."""
        if self.going is None or self.reply is not None or self.other is not None:
            self.server.keep(target)
            return
        self.other = target
        self.fresh = fresh
        target.serve(self, self.method, b"".join(self.pending))
        if self.paused:
            self.resume()

    def failed(self, cause: str) -> None:
        """The target has not answered, and will not."""
        self._part()
        if self.going is None:
            return
        if self.answered:
            self.transport.abort()  # in the middle of an answer the end of the connection is all that can be said
        elif cause == "closed" and not self.fresh and self.method in _SAFE and self.bodiless and self.place:
            self.server.dial(self.place, self)  # an idle connection that the target was just closing
        else:
            self._answer(self.front.fail(self.going, cause))

    def _refuse(self, cause: str, head: RequestHead | None = None) -> None:
        """Answer what is no request; head: when it could be read."""
        self.body, self.last, self.method = NO_BODY, True, "GET"
        method, target, version, headers, _ = head or _UNREADABLE
        asked = (method, target, headers, b"", *self.peer[:2], self.server.scheme, self.server.port, version)
        self._answer(self.front.refuse(self.arrival, Request(*asked), cause))

    def _cut(self, cause: str) -> None:
        """The request does not go on: the target's connection ends with what it has got."""
        self._part()
        if self.going is None or self.answered:
            self.transport.abort()
            return
        self.last, self.body = True, NO_BODY
        self._answer(self.front.fail(self.going, cause))

    def _next(self) -> None:
        """Wait for the next request, which may be here already."""
        self.body = None
        self.answered = self.chunked = False
        self.received = self.sent = 0
        self.waiting = self.heard = True
        if self.paused:
            self.resume()  # it was stopped when the target was slower
        if self.buffer:
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if self.body is None and self.buffer and not self.transport.is_closing():
            data, self.buffer = self.buffer, b""
            self._head(data)

    # --- Time ---------------------------------------------------------------------------------------------------------

    def look(self, now: float, idle: float, oldest: float) -> None:
        """Somebody looks how late it is; idle: seconds without a byte, oldest: of the connection, until it ends."""
        if self.going is not None and self.front.gone(self.going):
            self.failed("deregistered")
        elif self.heard:
            self.heard, self.quiet = False, now
        elif now - self.quiet >= (LINGER if self.lingering else idle):
            self._expire()
        if now - self.since >= oldest:
            self.final = True

    def _expire(self) -> None:
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
        self.final = True
        if self.body is None and self.waiting:
            self.transport.close()
