"""The urllib hook: a request to a name that the active cloud's network knows is answered in process, without a socket.

What answers there is network.py's. Other clients of HTTP are left out.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import io
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from eslabon import activation, readertime
from eslabon.network import Call, Result, Unreachable


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
        endpoint = place.cloud.network.resolve(parts.hostname or "")
        if endpoint is None:
            raise urllib.error.URLError(f"the cloud's network knows no host {parts.hostname!r}")
        opener: Any = getattr(self, "parent", None)
        contexts = [getattr(handler, "_context", None) for handler in getattr(opener, "handlers", ())]
        try:
            call = _call(request, parts, next(filter(None, contexts), None))
            result = endpoint(call._replace(client=place.cloud.network.caller))
        except Unreachable as unreachable:
            raise urllib.error.URLError(unreachable.reason) from None
        wire: Any = _Wire(result)
        response: Any = http.client.HTTPResponse(wire, method=request.get_method())
        response.begin()
        response.url, response.msg = request.full_url, response.reason
        return response

    https_open = http_open


class _Wire:
    """What urllib's response reads its bytes from; no socket is opened."""

    def __init__(self, result: Result) -> None:
        lines = [f"HTTP/1.1 {result.status} {result.reason}", *(f"{name}: {value}" for name, value in result.headers)]
        self._sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + result.body

    def makefile(self, *_: Any, **__: Any) -> Any:
        return io.BytesIO(self._sent)


def _call(request: urllib.request.Request, parts: urllib.parse.SplitResult, context: Any) -> Call:
    """The request with the headers that urllib sends with it: those it adds, in its order and spelling."""
    body: Any = request.data or b""
    if not isinstance(body, bytes):
        body = body.read() if hasattr(body, "read") else b"".join(body)
    host = parts.netloc.rpartition("@")[2]
    given = {"Host": host, **{name.title(): value for name, value in request.header_items()}}
    headers = {"Accept-Encoding": "identity", **given, "Connection": "close"}
    timeout: Any = getattr(request, "timeout", None)
    return Call(
        request.get_method(),
        request.selector or "/",
        list(headers.items()),
        body,
        parts.scheme,
        parts.hostname or "",
        parts.port or (443 if parts.scheme == "https" else 80),
        float(timeout) if isinstance(timeout, int | float) else None,
        context,
    )


_build_opener = urllib.request.build_opener


def install() -> None:
    """Let urllib reach the active cloud, `urlopen` and every opener that is built: `import eslabon` does it.

    >>> install()
    >>> any(isinstance(handler, CloudHandler) for handler in urllib.request._opener.handlers)
    True
    >>> cookies = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    >>> any(isinstance(handler, CloudHandler) for handler in cookies.handlers)
    True
    """

    def build_opener(*handlers: Any) -> urllib.request.OpenerDirector:
        return _build_opener(CloudHandler, *handlers)

    urllib.request.build_opener = build_opener  # urlopen(context=…) builds an opener of its own, too
    urllib.request.install_opener(build_opener())
    http.cookiejar.time = readertime.time  # type: ignore[attr-defined]  # cookies expire in the cloud's time
