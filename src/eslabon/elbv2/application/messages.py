"""An HTTP request and response as values; leaves out reading them from bytes, and what is wrong with malformed ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
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
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    client: str = "203.0.113.7"
    client_port: int = 50000
    scheme: str = "http"
    port: int = 80
    version: str = "HTTP/1.1"
    server_name: str | None = None
    _by_name: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        authority = self.authority
        name, colon, port = authority.rpartition(":")
        return name if colon and port.isdigit() else authority

    @property
    def url(self) -> str:
        """Path and query string, without the host that a target may have."""
        if not self.target.startswith("/") and "://" in self.target:
            rest = self.target.partition("://")[2]
            return rest[len(self.authority) :] or "/"
        return self.target

    @property
    def path(self) -> str:
        """The path as it was sent, percent-encoded."""
        return self.url.partition("?")[0]

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
        found = self._by_name
        if not found:  # looked at often, so looked through once
            for given, value in self.headers:
                found.setdefault(given.lower(), []).append(value)
        return found.get(name.lower(), [])


@dataclass(frozen=True, slots=True)
class Response:
    """What a client gets.

    >>> Response(204, (("Server", "awselb/2.0"),)).body
    b''
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    reason: str = ""
