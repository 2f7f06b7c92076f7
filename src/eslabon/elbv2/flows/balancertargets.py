"""Application Load Balancers as targets of Network Load Balancers: one that gets a flow answers the request in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.flows.flows import Flow
from eslabon.elbv2.resources import ALB, LoadBalancer, Node
from eslabon.network import Call, Result


@dataclass(frozen=True)
class ApplicationBalancer:
    """A node of an Application Load Balancer that is a target; it answers HTTP, port: of its listener.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
    """

    service: Any
    balancer: LoadBalancer
    node: Node
    port: int

    def answer(self, call: Call, client: str, client_port: int) -> Result:
        """What the balancer answers to a request, client: who made it, not the balancer in front.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> node = ApplicationBalancer(shop.service, shop.balancer, shop.balancer.nodes[0], 80)
        >>> node.answer(Call("TRACE", "/", []), "203.0.113.7", 50_000).status
        405
        """
        head = (call.method, call.target, tuple(call.headers), call.body)
        request = Request(*head, client, client_port, "http", self.port)
        response = self.service.handle(self.balancer, self.node, request, patience=call.timeout)
        return Result(response.status, response.headers, response.body, response.reason)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("400 Bad Request", [])
        return []


def balancer_at(service: Any, flow: Flow, port: int) -> ApplicationBalancer | None:
    """The node to which the name of a balancer that is the target leads; None: the target is none, or is deleted.

    >>> from eslabon.elbv2.flows.client import connect
    >>> from eslabon.elbv2.flows.examples import echo
    >>> connection = connect(*echo("TCP"), 80)
    >>> balancer_at(connection.service, connection.flow, 80) is None
    True
    """
    balancer = service.balancers.get(flow.target.id) if flow.group.type == ALB else None
    return ApplicationBalancer(service, balancer, service.resolve(balancer), port) if balancer else None
