"""Where an HTTP/1.1 message begins and ends, strictly: what two readers could take differently is refused.

Reads bytes, opens no socket. Leaves out HTTP/2, trailers (read and dropped), transfer codings but chunked, and what a
balancer thinks of a well-framed request (its desync mitigation mode).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from eslabon.elbv2.application.messages import Headers

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html (HTTP headers)
REQUEST_LINE = 16 * 1024
SINGLE_HEADER = 16 * 1024
REQUEST_HEADER = 64 * 1024
RESPONSE_HEADER = 32 * 1024
_CHUNK_LINE = 256  # a chunk's size and extensions: the limit is ours

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FIELD = re.compile(rf"({_TOKEN}):[ \t]*([^\r\n\0]*?)[ \t]*\r\n")
_ONLY_FIELDS = re.compile(rf"(?:{_TOKEN}:[^\r\n\0]*\r\n)*")
_ASKED = rf"({_TOKEN}) ([^\r\n\0]+)"
_METHOD_AND_TARGET = re.compile(_ASKED)
_REQUEST_LINE = re.compile(rf"{_ASKED} (HTTP/[0-9]\.[0-9])")
_STATUS_LINE = re.compile(r"(HTTP/1\.[01]) ([1-9][0-9][0-9])(?: ([^\r\n\0]*))?")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[^\r\n\0]*)?")
_CODINGS = frozenset({"chunked", "compress", "deflate", "gzip", "identity"})  # RFC 9112, section 7, and RFC 2616
_LENGTH = re.compile(r"[0-9]{1,18}")

# What is wrong with a head that is not well-formed: the first that is found in it is told.
_FAULTS = (
    (re.compile(r"\0"), "a null character"),
    (re.compile(r"(?<!\r)\n"), "a line feed without a carriage return"),
    (re.compile(r"\r(?!\n)"), "a carriage return without a line feed"),
    (re.compile(r"\r\n[ \t]"), "a header continued on the next line"),
    (re.compile(r"\r\n[^\r\n:]*[ \t]:"), "white space before a colon"),
    (re.compile(r"\r\n:"), "a header without a name"),
    (re.compile(r"\r\n[^\r\n:]+(?=\r\n)"), "a line without a colon"),
    (re.compile(rf"\r\n(?!{_TOKEN}:)[^\r\n]"), "a header's name that is no token"),
)


class Malformed(ValueError):
    """A message that cannot be, or must not be, read; `status` is what a request gets for an answer."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class RequestHead(NamedTuple):
    """A request line and its headers; lines: what came after method and target, with the empty line at its end."""

    method: str
    target: str
    version: str
    headers: Headers
    lines: bytes


class ResponseHead(NamedTuple):
    """A status line and its headers; lines: all that came, with the empty line at its end."""

    version: str
    status: int
    reason: str
    headers: Headers
    lines: bytes


def split_head(data: bytes, limit: int = REQUEST_HEADER) -> tuple[bytes, bytes] | None:
    r"""A head with its last line end, and what follows it; None when it has not all come. Malformed over the limit.

    >>> split_head(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody")
    (b'GET / HTTP/1.1\r\nHost: a\r\n', b'body')
    >>> split_head(b"GET / HT") is None
    True
    >>> split_head(b"GET /" + bytes(16384))
    Traceback (most recent call last):
    eslabon.servers.framing.Malformed: the first line is longer than 16384 bytes
    """
    end = data.find(b"\r\n\r\n")
    if (end if end >= 0 else len(data)) > limit:
        raise Malformed(f"a head of more than {limit} bytes")
    if end >= 0:
        return data[: end + 2], data[end + 4 :]
    if len(data) > REQUEST_LINE and data.find(b"\n", 0, REQUEST_LINE) < 0:
        raise Malformed(f"the first line is longer than {REQUEST_LINE} bytes", 414)
    if b"\n\n" in data or b"\n\r\n" in data or b"\0" in data:
        raise Malformed("a line feed without a carriage return, or a null character")
    return None


def read_request(data: bytes, before: RequestHead | None = None) -> tuple[RequestHead, bytes] | None:
    r"""A request's head and what follows it; None when it has not all come. Malformed as `split_head`, `parse_request`.

    before: the head that came before it. Clients repeat their headers: then what was found out about them holds again.

    >>> first, _ = read_request(b"GET /cart HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
    >>> second, rest = read_request(b"GET /pay HTTP/1.1\r\nHost: shop.example.com\r\n\r\nGET", first)
    >>> second.target, second.headers is first.headers, rest
    ('/pay', True, b'GET')
    >>> read_request(b"GET / HTTP/1.1\r\nHost: a\r\n") is None
    True
    """
    if before is not None:
        _, _, version, headers, lines = before
        end = data.find(lines, 0, REQUEST_HEADER)
        if 0 < end <= REQUEST_LINE - len(" HTTP/1.1"):
            found = _METHOD_AND_TARGET.fullmatch(data[:end].decode("latin-1"))
            if found:
                return RequestHead(found[1], found[2], version, headers, lines), data[end + len(lines) :]
    whole = split_head(data)
    return (parse_request(whole[0]), whole[1]) if whole else None


def parse_request(head: bytes) -> RequestHead:
    r"""A request's head, as `split_head` gives it. Malformed when it is not exactly as RFC 9112 has it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (400, 414)

    >>> parse_request(b"GET /cart?size=m HTTP/1.1\r\nHost: shop.example.com\r\nX-Empty:\r\n")
    RequestHead(method='GET', target='/cart?size=m', version='HTTP/1.1', headers=(('Host', 'shop.example.com'), ...
    >>> parse_request(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: one\r\n two\r\n")
    Traceback (most recent call last):
    eslabon.servers.framing.Malformed: a header continued on the next line
    >>> parse_request(b"GET / HTTP/1.1\r\n")
    Traceback (most recent call last):
    eslabon.servers.framing.Malformed: HTTP/1.1 needs exactly one Host header, 0 came
    """
    line, _, lines = head.partition(b"\r\n")
    if len(head) > REQUEST_LINE:
        _check_lengths(head)
    found = _REQUEST_LINE.fullmatch(line.decode("latin-1"))
    headers = _headers(lines)
    if not found or headers is None:
        raise _fault(head, "a request line that is not METHOD target HTTP/1.1")
    method, target, version = found.groups()
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise Malformed(f"{version} where HTTP/1.1 or HTTP/1.0 is spoken")
    hosts = len(headers.by_name.get("host", ()))
    if hosts != 1 and (hosts or version == "HTTP/1.1"):
        raise Malformed(f"HTTP/1.1 needs exactly one Host header, {hosts} came")
    return RequestHead(method, target, version, headers, b" %b\r\n%b\r\n" % (version.encode(), lines))


def read_response(data: bytes, before: ResponseHead | None = None) -> tuple[ResponseHead, bytes] | None:
    r"""A response's head and what follows it; None when it has not all come. before: as `read_request` has it.

    >>> first, _ = read_response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    >>> second, rest = read_response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", first)
    >>> second is first, rest
    (True, b'hello')
    """
    if before is not None and data.startswith(before.lines):
        return before, data[len(before.lines) :]
    whole = split_head(data, RESPONSE_HEADER)
    return (parse_response(whole[0]), whole[1]) if whole else None


def parse_response(head: bytes) -> ResponseHead:
    r"""A response's head, as `split_head` gives it. Malformed when it is not exactly as RFC 9112 has it.

    >>> parse_response(b"HTTP/1.1 204 No Content\r\nServer: shop\r\n")[:4]
    ('HTTP/1.1', 204, 'No Content', (('Server', 'shop'),))
    >>> parse_response(b"HTTP/1.1 200\r\n").reason
    ''
    >>> parse_response(b"SSH-2.0-OpenSSH\r\n")
    Traceback (most recent call last):
    eslabon.servers.framing.Malformed: a status line that is not HTTP/1.1 CODE reason
    """
    line, _, lines = head.partition(b"\r\n")
    found = _STATUS_LINE.fullmatch(line.decode("latin-1"))
    headers = _headers(lines)
    if not found or headers is None:
        raise _fault(head, "a status line that is not HTTP/1.1 CODE reason")
    version, status, reason = found.groups()
    return ResponseHead(version, int(status), reason or "", headers, head + b"\r\n")


def _headers(lines: bytes) -> Headers | None:
    """The headers in these lines; None: that is something else."""
    text = lines.decode("latin-1")
    return Headers(_FIELD.findall(text)) if _ONLY_FIELDS.fullmatch(text) else None


def tokens(headers: Headers, name: str) -> list[str]:
    """The parts of a header that is a list, in small letters; name: in small letters too.

    >>> headers = Headers((("Connection", "Keep-Alive, Upgrade"),))
    >>> tokens(headers, "connection"), tokens(headers, "upgrade")
    (['keep-alive', 'upgrade'], [])
    """
    values = headers.by_name.get(name)
    return [part.strip().lower() for value in values for part in value.split(",")] if values else []


def _check_lengths(head: bytes) -> None:
    line, *fields = head.split(b"\r\n")
    if len(line) > REQUEST_LINE:
        raise Malformed(f"the first line is longer than {REQUEST_LINE} bytes", 414)
    if any(len(field) > SINGLE_HEADER for field in fields):
        raise Malformed(f"a header of more than {SINGLE_HEADER} bytes")


def _fault(head: bytes, otherwise: str) -> Malformed:
    text = head.decode("latin-1")
    return Malformed(next((told for pattern, told in _FAULTS if pattern.search(text)), otherwise))


class Body:
    r"""A body of so many bytes; None: until the connection closes.

    >>> body = Body(5)
    >>> body.feed(b"012"), body.complete
    ((b'012', b''), False)
    >>> body.feed(b"34GET /"), body.complete
    ((b'34', b'GET /'), True)
    >>> Body(0).complete, Body(None).feed(b"all that comes")
    (True, (b'all that comes', b''))
    """

    __slots__ = ("complete", "left")

    def __init__(self, length: int | None) -> None:
        self.left = length
        self.complete = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """What of these bytes is content, and what follows the message.

        >>> Body(1).feed(b"ab")
        (b'a', b'b')
        """
        left = self.left
        if left is None:
            return data, b""
        if len(data) < left:
            self.left = left - len(data)
            return data, b""
        self.left = 0
        self.complete = True
        return data[:left], data[left:]


NO_BODY = Body(0)


class ChunkedBody(Body):
    r"""A body in chunks; extensions and trailers are dropped.

    >>> body = ChunkedBody()
    >>> body.feed(b"5\r\n012"), body.feed(b"34\r\n0;a=b\r\nX-Sum: 1\r\n\r\nGET /"), body.complete
    ((b'012', b''), (b'34', b'GET /'), True)
    >>> ChunkedBody().feed(b"5 \r\nhello")
    Traceback (most recent call last):
    eslabon.servers.framing.Malformed: b'5 ' is not the size of a chunk
    """

    __slots__ = ("_held", "_trailing")

    def __init__(self) -> None:
        super().__init__(None)
        self.left = 0  # bytes of the chunk and its line end that are still to come
        self._held = b""  # the beginning of a line
        self._trailing = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        r"""What of these bytes is content, and what follows the message; Malformed when it is not chunks.

        >>> ChunkedBody().feed(b"5\nhello")
        Traceback (most recent call last):
        eslabon.servers.framing.Malformed: a line that does not end with carriage return and line feed
        """
        data = self._held + data
        self._held = b""
        content: list[bytes] = []
        at = 0
        while at < len(data):
            if self._trailing:
                return b"".join(content), self._trailers(data[at:])
            if self.left:
                piece = data[at : at + self.left]
                content.append(piece[: max(0, self.left - 2)])
                end = piece[len(content[-1]) :]
                if not b"\r\n"[2 - self.left if self.left < 2 else 0 :].startswith(end):
                    raise Malformed("a chunk that does not end where its size says")
                self.left -= len(piece)
                at += len(piece)
                continue
            line = _line(data, at, _CHUNK_LINE)
            if line is None:
                self._held = data[at:]
                break
            at += len(line) + 2
            found = _CHUNK.fullmatch(line)
            if not found:
                raise Malformed(f"{line[:20]!r} is not the size of a chunk")
            size = int(found[1], 16)
            self._trailing = not size
            self.left = size + 2 if size else 0
        return b"".join(content), b""

    def _trailers(self, data: bytes) -> bytes:
        if data.startswith(b"\r\n"):
            self.complete = True
            return data[2:]
        end = data.find(b"\r\n\r\n")
        if (end if end >= 0 else len(data)) > SINGLE_HEADER:
            raise Malformed(f"trailers of more than {SINGLE_HEADER} bytes")
        if end < 0:
            self._held = data
            return b""
        if not _ONLY_FIELDS.fullmatch(data[: end + 2].decode("latin-1")):
            raise Malformed("a trailer that is no header")
        self.complete = True
        return data[end + 4 :]


def _line(data: bytes, at: int, limit: int) -> bytes | None:
    """The line that begins there, without its end; None when it has not all come."""
    end = data.find(b"\n", at, at + limit)
    if end < 0:
        if len(data) - at >= limit:
            raise Malformed(f"a line of more than {limit} bytes")
        return None
    if data[end - 1 : end] != b"\r" or end == at:
        raise Malformed("a line that does not end with carriage return and line feed")
    return data[at : end - 1]


def request_body(head: RequestHead) -> Body:
    r"""How long the body of a request is. Malformed when two readers could disagree.

    With both a length and chunks the chunks count: whoever forwards such a request leaves the length out, and closes
    the connection after it (RFC 9112, section 6.3).

    >>> request_body(parse_request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n")).left
    5
    >>> request_body(parse_request(b"GET / HTTP/1.1\r\nHost: a\r\n")).complete
    True
    >>> request_body(parse_request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n"))
    Traceback (most recent call last):
    eslabon.servers.framing.Malformed: Content-Length '5', '6'
    """
    found = head.headers.once(_framed)
    return NO_BODY if found is _NOTHING else _body(head.headers, head.version) or NO_BODY


def response_body(head: ResponseHead, method: str) -> Body:
    r"""How long the body of a response to a request with this method is. Malformed when two readers could disagree.

    >>> response_body(parse_response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"), "GET")
    <eslabon.servers.framing.ChunkedBody object at ...>
    >>> response_body(parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n"), "HEAD").complete
    True
    >>> response_body(parse_response(b"HTTP/1.0 200 OK\r\n"), "GET").left is None
    True
    """
    status = head.status
    if status < 200 or status == 204 or status == 304 or method == "HEAD":
        return NO_BODY
    length, codings = head.headers.once(_framed)
    if not codings:
        return Body(length)
    found = _body(head.headers, head.version)
    if length is not None and isinstance(found, ChunkedBody):
        raise Malformed("both Content-Length and Transfer-Encoding")
    return found or Body(None)


def _body(headers: Headers, version: str) -> Body | None:
    length, codings = headers.once(_framed)
    if codings:
        if codings == ["chunked"] and version == "HTTP/1.1":
            return ChunkedBody()
        understood = _CODINGS.issuperset(codings) and codings.count("chunked") < 2 and version == "HTTP/1.1"
        raise Malformed(f"Transfer-Encoding {', '.join(codings)} in {version}", 501 if understood else 400)
    return None if length is None else Body(length)


_NOTHING: tuple[int | None, list[str]] = (None, [])  # no header says how long a body is


def _framed(headers: Headers) -> tuple[int | None, list[str]]:
    """The length that headers give a body, and its transfer codings; Malformed when it is no length."""
    lengths, codings = headers.by_name.get("content-length"), headers.by_name.get("transfer-encoding")
    if lengths and (len(set(lengths)) > 1 or not _LENGTH.fullmatch(lengths[0])):
        raise Malformed(f"Content-Length {', '.join(map(repr, lengths))}")
    named = [part.strip(" \t").lower() for value in codings for part in value.split(",")] if codings else []
    if not lengths and not named:
        return _NOTHING
    return int(lengths[0]) if lengths else None, [] if named == ["identity"] else named
