"""The cloud's network, in process: host name -> WSGI application, and what listens at an address and port.

urllib reaches the names. No sockets, no TLS, no streaming.
"""

from __future__ import annotations

import email.message
import io
import sys
import urllib.error
import urllib.parse
import urllib.request
import urllib.response
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from eslabon import activation

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Host:
    """What listens at an address and port: a WSGI application or, for plain TCP and UDP, what answers bytes to bytes.

    delay: seconds of virtual time before it answers. refuse: connections are refused, as where nothing listens.
    silent: nothing ever comes back, as from a machine that is gone.
    """

    application: WsgiApplication | None = None
    answers: Callable[[bytes], bytes] | None = None
    delay: float = 0.0
    refuse: bool = False
    silent: bool = False


class Network:
    """The names that this cloud's network knows, and what listens at its addresses.

    >>> def hello(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [environ["PATH_INFO"].encode()]
    >>> network = Network()
    >>> network.host("shop.example.com", hello)
    >>> network.find("SHOP.example.com") is hello, network.find("other.example.com")
    (True, None)
    """

    def __init__(self) -> None:
        self._hosts: dict[str, WsgiApplication] = {}
        self._listening: dict[tuple[str, int], Host] = {}
        self._taken: set[str] = set()

    def host(self, name: str, application: WsgiApplication | None) -> None:
        """Let a WSGI application answer at a host name; None takes the name away.

        >>> network = Network()
        >>> network.host("shop.example.com", lambda environ, start_response: [])
        >>> network.host("shop.example.com", None)
        >>> network.find("shop.example.com") is None
        True
        """
        if application is None:
            self._hosts.pop(name.lower(), None)
        else:
            self._hosts[name.lower()] = application

    def find(self, name: str) -> WsgiApplication | None:
        """What answers at a host name, written in capitals or not; None when nothing does.

        >>> network = Network()
        >>> network.host("Shop.example.com", hello := lambda environ, start_response: [])
        >>> network.find("shop.EXAMPLE.com") is hello, network.find("example.com")
        (True, None)
        """
        return self._hosts.get(name.lower())

    def attach(self, address: str, port: int, host: Host | None) -> None:
        """Let a host listen at an address and port; None takes away what listens there.

        >>> network = Network()
        >>> network.attach("172.31.0.9", 80, Host(refuse=True))
        >>> network.at("172.31.0.9", 80).refuse
        True
        >>> network.attach("172.31.0.9", 80, None)
        >>> network.at("172.31.0.9", 80) is None
        True
        """
        if host is None:
            self._listening.pop((address, port), None)
        else:
            self._listening[address, port] = host

    def at(self, address: str, port: int) -> Host | None:
        """What listens at an address and port; None when nothing does: a machine that is there refuses.

        >>> network = Network()
        >>> network.attach("172.31.0.9", 80, host := Host(silent=True))
        >>> network.at("172.31.0.9", 80) is host, network.at("172.31.0.9", 81)
        (True, None)
        """
        return self._listening.get((address, port))

    def take(self, address: str) -> None:
        """Mark an address as one that an interface has: in one cloud no two have the same, in whatever Regions.

        >>> network = Network()
        >>> network.take("172.31.0.9")
        >>> network.taken("172.31.0.9"), network.taken("172.31.0.8")
        (True, False)
        """
        self._taken.add(address)

    def release(self, address: str) -> None:
        """Let an address be taken again.

        >>> network = Network()
        >>> network.take("172.31.0.9"); network.release("172.31.0.9")
        >>> network.taken("172.31.0.9")
        False
        """
        self._taken.discard(address)

    def taken(self, address: str) -> bool:
        """Whether an interface has this address.

        >>> Network().taken("172.31.0.9")
        False
        """
        return address in self._taken


class CloudHandler(urllib.request.BaseHandler):
    """urllib's own extension point: requests to names that the active cloud knows are answered in process."""

    handler_order = 100  # before urllib's HTTP handlers, which open sockets

    def http_open(self, request: urllib.request.Request) -> Any:
        """Answer a request, or None where no cloud is active: then urllib goes on as it would without eslabon.

        >>> from eslabon import activate
        >>> def hello(environ, start_response):
        ...     start_response("200 OK", [])
        ...     return [b"hello"]
        >>> with activate() as cloud:
        ...     cloud.network.host("shop.example.com", hello)
        ...     urllib.request.urlopen("http://shop.example.com/").read()
        ...     urllib.request.urlopen("http://other.example.com/")
        Traceback (most recent call last):
        urllib.error.URLError: <urlopen error the cloud's network knows no host 'other.example.com'>
        """
        place = activation.active()
        if place is None:
            return None
        parts = urllib.parse.urlsplit(request.full_url)
        application = place.cloud.network.find(parts.hostname or "")
        if application is None:
            raise urllib.error.URLError(f"the cloud's network knows no host {parts.hostname!r}")
        return _respond(application, request, parts)

    https_open = http_open


def _respond(application: WsgiApplication, request: urllib.request.Request, parts: urllib.parse.SplitResult) -> Any:
    """Call a WSGI application with urllib's request; urllib's response comes back."""
    body = request.data if isinstance(request.data, bytes) else b""
    secure = parts.scheme == "https"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.get_method(),
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(parts.path or "/", "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if secure else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ["HTTP_HOST"] = parts.netloc.rpartition("@")[2]
    for name, value in request.header_items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return written.append

    written: list[bytes] = []
    chunks = application(environ, start_response)
    content = b"".join([*written, *chunks])
    status, headers = started[-1]
    message = email.message.Message()
    for name, value in headers:
        message[name] = value
    code, _, reason = status.partition(" ")
    response: Any = urllib.response.addinfourl(io.BytesIO(content), message, request.full_url, int(code))
    response.msg = reason
    return response


def install() -> None:
    """Let urllib.request.urlopen reach the active cloud: `import eslabon` does it.

    >>> install()
    >>> any(isinstance(handler, CloudHandler) for handler in urllib.request._opener.handlers)
    True
    """
    urllib.request.install_opener(urllib.request.build_opener(CloudHandler))
