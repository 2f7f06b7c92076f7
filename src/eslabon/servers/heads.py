"""What is written: heads of messages that are framed anew, and chunks. `framing` reads them."""

from __future__ import annotations

from eslabon.elbv2.application.headers import HOP_BY_HOP
from eslabon.elbv2.application.messages import Headers, Pairs, Request
from eslabon.servers.framing import Body, ChunkedBody

UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
_FRAMING = HOP_BY_HOP | {"content-length"}
_WITH_BODY = ("POST", "PUT", "PATCH")  # methods whose requests have a length even if it is 0


def request_head(request: Request, headers: Headers, trace: str, body: Body, *, upgrade: bool = False) -> bytes:
    r"""The head of a request to a target; body: what the client sends. upgrade: it asks for a WebSocket.

    >>> request = Request("PUT", "/cart", (("Content-Length", "007"),))
    >>> request_head(request, request.fields, "Root=1", Body(7))
    b'PUT /cart HTTP/1.1\r\nX-Amzn-Trace-Id: Root=1\r\nContent-Length: 7\r\n\r\n'
    """
    framing = UPGRADE if upgrade else ""
    if isinstance(body, ChunkedBody):
        framing = "Transfer-Encoding: chunked\r\n"
    elif body.left or request.method in _WITH_BODY:
        framing = f"Content-Length: {body.left}\r\n"
    head = f"{request.method} {request.url} HTTP/1.1\r\nX-Amzn-Trace-Id: {trace}\r\n{headers.once(_lines)}{framing}\r\n"
    return head.encode("latin-1", "replace")


def response_head(status: int, reason: str, headers: Pairs, framing: str) -> bytes:
    r"""The head of a response to a client; framing: the header lines that say where it ends, and what follows.

    >>> headers = Headers((("Server", "shop"), ("Transfer-Encoding", "chunked")))
    >>> response_head(200, "OK", headers, "Content-Length: 5\r\n")
    b'HTTP/1.1 200 OK\r\nServer: shop\r\nContent-Length: 5\r\n\r\n'
    """
    lines = Headers.of(headers).once(_lines)
    return f"HTTP/1.1 {status} {reason}\r\n{lines}{framing}\r\n".encode("latin-1", "replace")


def _lines(headers: Headers) -> str:
    """Header lines, without those that say how the message is framed."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers if name.lower() not in _FRAMING])


def chunk(content: bytes, *, last: bool) -> bytes:
    r"""Content as a chunk; last: nothing follows.

    >>> chunk(b"hello", last=True), chunk(b"", last=False)
    (b'5\r\nhello\r\n0\r\n\r\n', b'')
    """
    data = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
    return data + b"0\r\n\r\n" if last else data
