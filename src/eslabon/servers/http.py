"""The data plane of an Application Load Balancer on sockets: HTTP/1.1 on both sides, streamed, and WebSocket.

What a request leads to is the listener's affair (`Front`). HTTP/2 and CONNECT are left out.
"""

from __future__ import annotations

from eslabon.servers._http.server import HttpServer
from eslabon.servers.front import Front, Listening


def http_server(front: Front, *, scheme: str = "http", port: int = 80) -> Listening:
    """What takes the HTTP connections of a listener; scheme, port: the listener's. Call it in the event loop.

    >>> from eslabon.elbv2.operations.examples import example
    >>> import socket
    >>> shop = example()
    >>> shop.cloud.clock.advance(300)
    >>> with shop.cloud.serve() as server, socket.create_connection(server.address("shop", 80), 5) as client:
    ...     client.recv(1)  # its security group lets nobody in
    b''
    """
    return HttpServer(front, scheme, port)
