"""HTTP and HTTPS through a Network Load Balancer in process: what urllib gets.

HTTPS ends at a TLS listener; what a TCP listener passes on, so that it ends at the target, is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eslabon.elbv2.flows.balancertargets import ApplicationBalancer
from eslabon.elbv2.flows.client import Connection, connect
from eslabon.elbv2.flows.tlslog import Handshake
from eslabon.elbv2.resources import Listener
from eslabon.errors import NotModelled
from eslabon.network import Call, Result, Unreachable, WsgiApplication, serve

if TYPE_CHECKING:
    from eslabon.cloud import Cloud


def request(cloud: Cloud, call: Call, listener: Listener | None = None) -> Result:
    """What a client of HTTP gets through a Network Load Balancer: every request has a connection of its own.

    call.host: the balancer's DNS name. listener: at the port, for HTTPS. A web server does not expect proxy protocol,
    and answers it with 400. Raises Unreachable, and NotModelled for HTTPS to another listener than for TLS.

    >>> from eslabon.elbv2.flows.examples import echo
    >>> cloud, name = echo("TCP")
    >>> request(cloud, Call("GET", "/", [], host=name)).status
    400
    >>> request(cloud, Call("GET", "/", [], host=name, port=81, timeout=1))
    Traceback (most recent call last):
    eslabon.network.Unreachable: timed out: no TCP listener of the load balancer has port 81
    """
    secure = call.scheme == "https"
    if secure and (listener is None or listener.protocol != "TLS"):
        raise NotModelled("elbv2", "HTTPS through a TCP listener, in process", ["a TLS listener", "Cloud.serve"])
    try:
        protocol = "TLS" if secure else "TCP"
        connection = connect(cloud, call.host, call.port, protocol, source=call.client, timeout=call.timeout)
        if secure and listener is not None:
            _shake_hands(connection, listener, call)
        result = Result(400, [], b"", "Bad Request")
        if not connection.unsaid:
            port = connection.packet.source_port
            asked = _size(f"{call.method} {call.target} HTTP/1.1", call)
            result = connection.ask(
                lambda application, client: _answer(application, call, client, port),
                asked,
                lambda answer: _size(f"HTTP/1.1 {answer.status} {answer.reason}", answer),
            )
    except OSError as reason:
        raise Unreachable(reason) from reason
    connection.close()
    return result


def _shake_hands(connection: Connection, listener: Listener, call: Call) -> None:
    try:
        certificate, agreed, _ = connection.service.shake_hands(listener, call)
    except Unreachable:
        connection.close()
        raise
    if connection.flow is not None:
        connection.flow.handshake = Handshake(certificate, agreed.cipher, agreed.version, server_name=call.host)


def _answer(application: WsgiApplication, call: Call, client: str, client_port: int) -> Result:
    if isinstance(application, ApplicationBalancer):
        return application.answer(call, client, client_port)
    return serve(application, call, client)


def _size(line: str, message: Call | Result) -> int:
    """The bytes of a message: its first line, its headers, an empty line, its body."""
    head = [line, *(f"{name}: {value}" for name, value in message.headers), ""]
    return sum(len(one) + 2 for one in head) + len(message.body)
