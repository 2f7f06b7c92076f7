"""A connection to a target of an Application Load Balancer: one response after the other, waiting in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eslabon.elbv2.application.messages import Headers
from eslabon.servers.connections import Connection
from eslabon.servers.framing import (
    Body,
    ChunkedBody,
    Malformed,
    ResponseHead,
    read_response,
    response_body,
    tokens,
)
from eslabon.servers.front import Place

if TYPE_CHECKING:
    from eslabon.servers._http.clients import Client
    from eslabon.servers._http.server import HttpServer


def _closes(headers: Headers) -> bool:
    return "close" in tokens(headers, "connection")


class Target(Connection):
    """The target's side: `other` is the client that it answers, None while nobody uses it."""

    __slots__ = (
        *("body", "buffer", "head", "heard", "kept", "lasting", "method", "place", "quiet", "reusable"),
        *("server", "tunnel"),
    )

    other: Client | None

    def __init__(self, server: HttpServer, place: Place) -> None:
        self.server = server
        self.place = place
        self.other = None
        self.kept = server.idle[place]
        self.head: ResponseHead | None = None  # of the last response
        self.lasting = False  # whether it can be used again after the last response
        self.heard = False
        self.quiet = 0.0

    def serve(self, client: Client, method: str, request: bytes) -> None:
        """Send a client's request with this method, as far as it has come; the next response is for this client."""
        self.other = client
        self.method = method
        self.buffer = b""
        self.body: Body | None = None
        self.tunnel = False
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        client = self.other
        if client is None:  # nobody asked
            self.transport.abort()
        elif self.tunnel:
            client.heard = True
            client.sent += len(data)
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

    def _head(self, client: Client, data: bytes) -> None:
        found = read_response(data, self.head)
        if found is None:
            self.buffer = data
            return
        before, (head, rest) = self.head, found
        self.buffer = b""
        if head.status == 101:
            if not client.wants_upgrade:
                raise Malformed("101 where no upgrade was asked for")
            self.tunnel = True
            client.begin_response(head, Body(None), b"")
            if rest:
                self.data_received(rest)
            return
        if head.status < 200:
            client.interim(head)
            if rest:
                self._head(client, rest)
            return
        self.head = head
        self.body = body = response_body(head, self.method)
        content, rest = body.feed(rest)
        if head is not before:
            self.lasting = head.version == "HTTP/1.1" and not _closes(head.headers)
        self.reusable = self.lasting and body.left is not None
        client.begin_response(head, body, content)
        if body.complete:
            client.end_response(self, self.reusable and not rest)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        client = self.other
        if client is None:
            self.server.forget(self)
        elif self.tunnel:
            self.other = client.other = None
            client.transport.close()
        elif self.body is not None and self.body.left is None and not isinstance(self.body, ChunkedBody):
            self.body.complete = True  # the end of the connection is the end of the content
            client.more(b"", self.body)
            client.end_response(self, False)
        else:
            client.failed("closed")
