"""What a client gets: responses of targets, framed anew and passed on as they come, and answers that are here whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from eslabon.elbv2.application.answers import phrase
from eslabon.elbv2.application.messages import Headers, Response
from eslabon.servers.connections import Connection
from eslabon.servers.framing import Body, ChunkedBody, ResponseHead
from eslabon.servers.front import Front, Going, Reply
from eslabon.servers.heads import UPGRADE, chunk, response_head

if TYPE_CHECKING:
    from eslabon.servers._http.server import HttpServer
    from eslabon.servers._http.targets import Target


class Answering(Connection):
    """The client's side as far as it answers: `other` is the connection to the target, None while there is none."""

    __slots__ = (
        *("server", "front", "loop", "buffer", "body", "going", "reply", "method", "old", "received", "sent"),
        *("heard", "final", "answered", "tunnel", "last", "chunked", "lingering"),
    )

    front: Front

    def __init__(self, server: HttpServer) -> None:
        self.other = None
        self.server = server
        self.front = server.front
        self.loop: asyncio.AbstractEventLoop = server.loop
        self.buffer = b""  # what has come and not been read
        self.body: Body | None = None  # of the request that is being answered; None: there is none
        self.going: Going | None = None  # the request on its way to a target
        self.reply: Reply | None = None  # what the client gets, once it is known
        self.method = "GET"
        self.old = False  # HTTP/1.0
        self.received = self.sent = 0
        self.heard = True  # something has happened since somebody looked
        self.final = False  # the next answer is the last
        self.answered = self.tunnel = self.last = self.chunked = self.lingering = False

    # --- From the target ----------------------------------------------------------------------------------------------

    def interim(self, head: ResponseHead) -> None:
        """The target says that it goes on: 100 Continue, 103 Early Hints."""
        self.heard = True
        if not self.old:
            self.transport.write(response_head(head.status, head.reason, head.headers, ""))

    def begin_response(self, head: ResponseHead, body: Body, content: bytes) -> None:
        """The head of the target's response has come, and the first of its content."""
        assert self.going is not None and self.body is not None
        self.heard = self.answered = True
        self.reply = reply = self.front.finish(self.going, head)
        if reply.close:
            self.last = True
        if head.status == 101:
            self.tunnel = True
            data = response_head(101, head.reason, reply.response.headers, UPGRADE)
            self.sent += len(data)
            self.transport.write(data)
            return
        framing = ""
        if self.method == "HEAD" or head.status in (204, 304):
            given = head.headers.by_name.get("content-length")
            framing = f"Content-Length: {given[0]}\r\n" if given else ""
        elif body.left is None or isinstance(body, ChunkedBody):
            self.chunked = not self.old
            self.last = self.last or self.old
            framing = "Transfer-Encoding: chunked\r\n" if self.chunked else ""
        else:
            framing = f"Content-Length: {body.left + len(content)}\r\n"
        if not self.body.complete:
            self.last = True  # it answers before it has read all: what is left could be taken for a request
        self._write(reply.response, framing, self._framed(content, body) if self.chunked else content)

    def more(self, content: bytes, body: Body) -> None:
        """More of the response's content."""
        self.heard = True
        data = self._framed(content, body)
        self.sent += len(data)
        self.transport.write(data)

    def _framed(self, content: bytes, body: Body) -> bytes:
        return chunk(content, last=body.complete) if self.chunked else content

    def end_response(self, target: Target, reusable: bool) -> None:
        """The response is complete."""
        assert self.going is not None and self.body is not None
        self.other = target.other = None
        if reusable and not self.going.close and self.body.complete:
            self.server.keep(target)
        else:
            target.transport.close()
        self._done()
        self._finished()

    def _part(self) -> None:
        """Be done with the target's connection, which cannot be used for another request."""
        target, self.other = self.other, None
        if target is not None:
            target.other = None
            target.transport.abort()

    # --- Of the balancer's own ----------------------------------------------------------------------------------------

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
        given = Headers.of(response.headers).by_name.get("content-length")
        length = given[0] if given else str(len(response.body))
        framing = "" if response.status == 204 else f"Content-Length: {length}\r\n"
        ends_with_head = self.method == "HEAD" or response.status in (204, 304)
        self._write(response, framing, b"" if ends_with_head else response.body)

    def _write(self, response: Response, framing: str, content: bytes) -> None:
        if self.final:
            self.last = True
        reason = response.reason or phrase(response.status)
        framing += "Connection: close\r\n" if self.last else "Connection: keep-alive\r\n"
        data = response_head(response.status, reason, response.headers, framing) + content
        self.sent += len(data)
        self.transport.write(data)

    def _done(self) -> None:
        """Tell that the exchange is over."""
        reply, self.reply, self.going = self.reply, None, None
        if reply is not None:
            self.front.end(reply, self.sent, self.received)

    def _finished(self) -> None:
        """The answer is sent: on to the next request, or to the end."""
        if not self.last:
            self._next()
        elif self.transport.can_write_eof():  # closed at once, what is still unread would make the answer disappear
            self.transport.write_eof()
            self.resume()
            self.lingering = self.heard = True
        else:
            self.transport.close()

    def _next(self) -> None:
        """Wait for the next request."""
        raise NotImplementedError
