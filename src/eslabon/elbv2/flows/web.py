"""HTTP through a Network Load Balancer in process: what urllib gets. HTTPS is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eslabon.elbv2.flows.balancertargets import ApplicationBalancer
from eslabon.elbv2.flows.client import connect
from eslabon.errors import NotModelled
from eslabon.network import Call, Result, Unreachable, WsgiApplication, serve

if TYPE_CHECKING:
    from eslabon.cloud import Cloud


def request(cloud: Cloud, call: Call) -> Result:
    """What a client of HTTP gets through a Network Load Balancer: every request has a connection of its own.

    call.host: the balancer's DNS name. A web server does not expect proxy protocol, and answers it with 400. Raises
    Unreachable, and NotModelled for HTTPS.

    >>> from eslabon.elbv2.flows.examples import echo
    >>> cloud, name = echo("TCP")
    >>> request(cloud, Call("GET", "/", [], host=name)).status
    400
    >>> request(cloud, Call("GET", "/", [], host=name, port=81, timeout=1))
    Traceback (most recent call last):
    eslabon.network.Unreachable: timed out: no TCP listener of the load balancer has port 81
    """
    if call.scheme == "https":
        raise NotModelled("elbv2", "HTTPS through a Network Load Balancer, in process", ["HTTP", "Cloud.serve"])
    try:
        connection = connect(cloud, call.host, call.port, source=call.client, timeout=call.timeout)
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


def _answer(application: WsgiApplication, call: Call, client: str, client_port: int) -> Result:
    if isinstance(application, ApplicationBalancer):
        return application.answer(call, client, client_port)
    return serve(application, call, client)


def _size(line: str, message: Call | Result) -> int:
    """The bytes of a message: its first line, its headers, an empty line, its body."""
    head = [line, *(f"{name}: {value}" for name, value in message.headers), ""]
    return sum(len(one) + 2 for one in head) + len(message.body)
