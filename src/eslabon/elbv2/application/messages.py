"""An HTTP request and response as values; leaves out reading them from bytes, and what is wrong with malformed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import unquote

Pairs = tuple[tuple[str, str], ...]
Found = TypeVar("Found")


class Headers(tuple[tuple[str, str], ...]):
    """The headers of a message, in the order and spelling in which they came.

    What follows from them alone is found out once: a connection that repeats its headers brings the same object again.

    >>> headers = Headers((("Host", "www.example.com:8080"), ("Accept", "text/html"), ("accept", "*/*")))
    >>> headers.by_name["accept"], headers.host, headers.size
    (['text/html', '*/*'], 'www.example.com', 60)
    """

    @staticmethod
    def of(pairs: Pairs) -> Headers:
        """These pairs of name and value; the same object when they are headers already.

        >>> Headers.of((("Host", "example.com"),))
        (('Host', 'example.com'),)
        """
        return pairs if type(pairs) is Headers else Headers(pairs)

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The values of each header in the order in which they came, by its name in small letters."""
        found: dict[str, list[str]] = {}
        for name, value in self:
            found.setdefault(name.lower(), []).append(value)
        return found

    @cached_property
    def size(self) -> int:
        """The bytes of the headers on the wire, each with its colon, space and line end."""
        return sum([len(name) + len(value) + 4 for name, value in self])

    @cached_property
    def host(self) -> str:
        """The Host header without its port."""
        return without_port(self.by_name.get("host", ("",))[0])

    @cached_property
    def _found(self) -> dict[Callable[[Headers], Any], Any]:
        return {}

    def once(self, find: Callable[[Headers], Found]) -> Found:
        """What a function finds out about these headers; it is asked the first time.

        >>> headers = Headers((("Cookie", "a=1"),))
        >>> headers.once(len), headers.once(len)
        (1, 1)
        """
        try:
            known: Found = self._found[find]
        except KeyError:
            known = self._found[find] = find(self)
        return known

    def recent(self, owner: Callable[..., Any]) -> list[Any]:
        """What a function was asked last about these headers and something else, and what came of it; both may be set.

        >>> Headers().recent(len)
        [None, None]
        """
        try:
            known: list[Any] = self._found[owner]
        except KeyError:
            known = self._found[owner] = [None, None]
        return known


def without_port(authority: str) -> str:
    """A host without the port that may stand after it.

    >>> without_port("www.example.com:8080"), without_port("www.example.com")
    ('www.example.com', 'www.example.com')
    """
    name, colon, port = authority.rpartition(":")
    return name if colon and port.isdigit() else authority


@dataclass(slots=True, init=False)
class Request:
    """What a client asked a listener; `target` is the request target as it was sent, `port` the listener's.

    >>> request = Request("GET", "/shop/cart?size=m&gift", (("Host", "www.example.com:8080"), ("X-Canary", "yes")))
    >>> request.host, request.path, request.query
    ('www.example.com', '/shop/cart', (('size', 'm'), ('gift', '')))
    >>> Request("GET", "http://example.com/", (("Host", "other.example"),)).host
    'example.com'
    >>> Request("OPTIONS", "*").host
    ''
    """

    method: str
    target: str
    headers: Pairs
    body: bytes
    client: str
    client_port: int
    scheme: str
    port: int
    version: str
    server_name: str | None
    fields: Headers = field(init=False, repr=False, compare=False)  # the headers, and what was found out about them

    def __init__(
        self,
        method: str,
        target: str,
        headers: Pairs = (),
        body: bytes = b"",
        client: str = "203.0.113.7",
        client_port: int = 50000,
        scheme: str = "http",
        port: int = 80,
        version: str = "HTTP/1.1",
        server_name: str | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.client = client
        self.client_port = client_port
        self.scheme = scheme
        self.port = port
        self.version = version
        self.server_name = server_name
        self.fields = headers if type(headers) is Headers else Headers(headers)

    @property
    def authority(self) -> str:
        """The Host header as it was sent; a target that is a whole URL has it instead (RFC 9112, section 3.2.2)."""
        if not self.target.startswith("/") and "://" in self.target:
            return self.target.partition("://")[2].partition("/")[0].partition("?")[0]
        values = self.header("host")
        return values[0] if values else ""

    @property
    def host(self) -> str:
        """The host name, without a port."""
        return self.fields.host if self.target.startswith("/") else without_port(self.authority)

    @property
    def url(self) -> str:
        """Path and query string, without the host that a target may have."""
        target = self.target
        if not target.startswith("/") and "://" in target:
            rest = target.partition("://")[2]
            return rest[len(self.authority) :] or "/"
        return target

    @property
    def path(self) -> str:
        """The path as it was sent, percent-encoded."""
        target = self.target
        return (target if target.startswith("/") else self.url).partition("?")[0]

    @property
    def query_string(self) -> str:
        """What follows the first question mark, as it was sent."""
        return self.url.partition("?")[2].partition("#")[0]

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query string's keys and values, decoded."""
        parts = (part.partition("=") for part in self.query_string.split("&") if part)
        return tuple((unquote(key), unquote(value)) for key, _, value in parts)

    def header(self, name: str) -> list[str]:
        """The values of a header, in the order in which they came; `name` in any case.

        >>> Request("GET", "/", (("Accept", "text/html"), ("accept", "*/*"))).header("ACCEPT")
        ['text/html', '*/*']
        >>> Request("GET", "/").header("accept")
        []
        """
        return self.fields.by_name.get(name.lower(), [])


@dataclass(slots=True)
class Response:
    """What a client gets.

    >>> Response(204, (("Server", "awselb/2.0"),)).body
    b''
    """

    status: int
    headers: Pairs = ()
    body: bytes = b""
    reason: str = ""
