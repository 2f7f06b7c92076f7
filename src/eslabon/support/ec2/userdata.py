"""What UserData starts in an instance: the servers of the scripts that eslabon recognises, by their very text.

Scripts are not run: of any other nothing listens, whatever it would start on AWS.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from eslabon.network import Host, WsgiApplication


def web(instance: str, zone: str) -> WsgiApplication:
    """What web.sh starts: a server that tells the request, and which instance has answered it.

    PUT a status to a path, and the path answers with it from then on.

    >>> from eslabon.network import Call, serve
    >>> application = web("i-0123456789abcdef0", "us-east-1a")
    >>> answer = json.loads(serve(application, Call("GET", "/cart?item=1", [("Host", "shop.example.com")])).body)
    >>> answer["path"], answer["headers"], answer["instance"], answer["zone"]
    ('/cart?item=1', {'host': 'shop.example.com'}, 'i-0123456789abcdef0', 'us-east-1a')
    >>> serve(application, Call("PUT", "/health", [], b"503")).status
    200
    >>> serve(application, Call("GET", "/health", [])).status, serve(application, Call("GET", "/", [])).status
    (503, 200)
    """
    statuses: dict[str, int] = {}

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, target = environ["REQUEST_METHOD"], environ["RAW_URI"]
        body = environ["wsgi.input"].read()
        path = target.partition("?")[0]
        if method == "PUT" and body.isdigit():
            statuses[path] = int(body)
        told = {
            "method": method,
            "path": target,
            "headers": dict(sorted(_headers(environ))),
            "instance": instance,
            "zone": zone,
        }
        content = json.dumps(told, indent=2).encode() + b"\n"
        status = 200 if method == "PUT" else statuses.get(path, 200)
        start_response(f"{status} ", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [] if method == "HEAD" else [content]

    return application


def _headers(environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """The request's headers as the server's library reads them, their names in small letters."""
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value not in ("", "0"):
            yield name.replace("_", "-").lower(), value


# The SHA-256 of a script of snippets/elbv2 -> its name, the port on which its server listens, the server.
SCRIPTS: dict[str, tuple[str, int, Callable[[str, str], WsgiApplication]]] = {
    "0be40e59b93666fac931d45505237078e57360805b3b9dddfb309aa2079eef72": ("web.sh", 80, web),
}


def started(user_data: bytes, instance: str, zone: str) -> tuple[dict[int, Host], str]:
    """What listens in an instance once its UserData has run, by port; and that in words, or why nothing does.

    >>> started(b"", "i-0123456789abcdef0", "us-east-1a")
    ({}, 'nothing listens: no UserData starts a server')
    >>> started(b"#!/bin/bash\\ndnf install -y httpd", "i-0123456789abcdef0", "us-east-1a")
    ({}, 'nothing listens: eslabon runs no scripts, and this UserData is none that it recognises (web.sh)')
    """
    if not user_data:
        return {}, "nothing listens: no UserData starts a server"
    found = SCRIPTS.get(hashlib.sha256(user_data).hexdigest())
    if found is None:
        names = ", ".join(name for name, *_ in SCRIPTS.values())
        return {}, f"nothing listens: eslabon runs no scripts, and this UserData is none that it recognises ({names})"
    name, port, server = found
    return {port: Host(server(instance, zone))}, f"{name} listens on port {port}"
