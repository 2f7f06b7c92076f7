"""A program that really listens on this machine, as a target in the cloud's network; in process over HTTP alone."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

TIMEOUT = 5.0  # seconds that a request in process waits: nothing else happens in the cloud meanwhile


class LoopbackServer:
    """What `Cloud.host` puts at an address when it is given the (host, port) of a server on 127.0.0.1.

    While `Cloud.serve` runs, load balancers open connections to it; otherwise it is asked over HTTP, one request at a
    time. Raises ValueError for what is not on this machine: whatever runs in a cloud reaches nothing else.

    >>> LoopbackServer("127.0.0.1", 8001).place
    ('127.0.0.1', 8001)
    >>> LoopbackServer("192.0.2.7", 80)
    Traceback (most recent call last):
    ValueError: 192.0.2.7 is not on this machine: a server behind a balancer listens on 127.0.0.1
    """

    def __init__(self, host: str, port: int) -> None:
        if not host.startswith("127."):
            raise ValueError(f"{host} is not on this machine: a server behind a balancer listens on 127.0.0.1")
        self.place = (host, port)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        secure = environ["wsgi.url_scheme"] == "https"
        context = any_certificate() if secure else None
        make: Any = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        options = {"context": context} if secure else {}
        connection: http.client.HTTPConnection = make(*self.place, timeout=TIMEOUT, **options)
        query = environ["QUERY_STRING"]
        headers = {
            name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        headers |= {"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {}
        try:
            path = environ["PATH_INFO"].encode("latin-1")
            target = "".join(chr(byte) if 0x21 <= byte < 0x7F else f"%{byte:02X}" for byte in path)
            target += f"?{query}" if query else ""
            connection.request(environ["REQUEST_METHOD"], target, environ["wsgi.input"].read(), headers)
            answer = connection.getresponse()
            start_response(f"{answer.status} {answer.reason}", answer.getheaders())
            return [answer.read()]
        except (OSError, http.client.HTTPException):
            return []  # without start_response: there is no answer
        finally:
            connection.close()


@cache
def any_certificate() -> ssl.SSLContext:
    """What connects to targets with TLS: balancers do not look at their certificates.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html

    >>> any_certificate().verify_mode
    <VerifyMode.CERT_NONE: 0>
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
