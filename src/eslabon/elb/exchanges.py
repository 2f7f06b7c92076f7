"""Requests through Classic Load Balancers: elbv2's exchange, with what Classic does otherwise. Metrics are left out."""

from __future__ import annotations

import http.client
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application.exchange import Answer, Exchanges, Forward
from eslabon.elbv2.application.messages import Request, Response
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.balancing.zones import Minimum, crosses_zones, eligible
from eslabon.elbv2.checking import Checking
from eslabon.elbv2.resources import LoadBalancer, Node
from eslabon.network import Call

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

_NEVER_OPEN = Minimum(None)  # no instance in service: nobody gets the request
# https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/ts-elb-error-message.html
_PHRASES = {
    400: "BAD_REQUEST",
    503: "Service Unavailable: Back-end server is at capacity",
    504: "GATEWAY_TIMEOUT",
}


class ClassicExchanges(Exchanges):
    """Exchanges without request tracing, whose own answers are empty."""

    def begin(self, *place: Any, **options: Any) -> Answer | Forward:
        """What becomes of a request: an answer of the balancer's own, or the instance that gets it."""
        begun = super().begin(*place, **options)
        if isinstance(begun, Forward):
            kept = tuple(pair for pair in begun.request.headers if pair[0] != "X-Amzn-Trace-Id")
            begun.request = begun.outcome.forwarded = replace(begun.request, headers=kept)
        return begun

    def _own(self, outcome: Outcome, response: Response, close: bool, now: float | None = None) -> Answer:
        outcome.status = status = response.status
        reason = _PHRASES.get(status) or HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        return Answer(outcome, Response(status, (("Content-Length", "0"),), b"", reason), close)


class Routing(Checking):
    """What answers at the DNS names of Classic Load Balancers."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.exchanges = ClassicExchanges(self.groups, self.ids)
        self.exchanges.observers.append(self._note)

    def handle(self, balancer: LoadBalancer, node: Node, request: Request, **options: Any) -> Response:
        """What a client gets for a request to a node; a TCP listener passes it on as it is.

        >>> from eslabon.elb.examples import example
        >>> shop = example("TCP")
        >>> shop.service.handle(shop.balancer, shop.balancer.nodes[0], Request("GET", "/"))
        Traceback (most recent call last):
        http.client.RemoteDisconnected: Remote end closed connection without response
        """
        listener = self.listener_at(balancer, request.port)
        if listener is None or listener.protocol != "TCP":
            return super().handle(balancer, node, request, **options)
        group = self.groups[listener.arn]
        cross_zone = crosses_zones(balancer.attributes, {})
        targets = eligible(node.zone, group.targets.values(), cross_zone, _NEVER_OPEN).targets
        if targets:
            target = self.exchanges.chooser(group, node.zone).choose(targets, self.clock.now)
            call = Call(request.method, request.target, request.headers, request.body, "http", request.host)
            idle = float(balancer.attributes["idle_timeout.timeout_seconds"])
            address, port = self.address_of(group, target), target.port or 0
            elapsed, found = self._connect(balancer, node, address, port, call._replace(port=port), idle)
            self.clock.sleep(elapsed)
            if not isinstance(found, str):
                return Response(found.status, tuple(found.headers), found.body, found.reason)
        raise http.client.RemoteDisconnected("Remote end closed connection without response")
