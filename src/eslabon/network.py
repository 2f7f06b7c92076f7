"""The cloud's network: host name -> WSGI application, in process;

urllib reaches it. No sockets, no TLS, no streaming.
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
from typing import Any

from eslabon import activation

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Network:
    """The names that this cloud's network knows.

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
