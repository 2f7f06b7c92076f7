"""Requests in process: from urllib through a balancer's node to the target's application, in virtual time.

They come from the internet, from 203.0.113.7, but those of programs on the cloud's machines, which come from there and
reach internal balancers, too. Who gets in is in `entering`, what Network Load Balancers do in `flows`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from eslabon.elbv2.application.exchange import Answer, Exchanges, Forward
from eslabon.elbv2.application.messages import Request, Response
from eslabon.elbv2.application.outcome import Outcome, named
from eslabon.elbv2.application.tls import Agreed
from eslabon.elbv2.entering import Entering
from eslabon.elbv2.flows import web
from eslabon.elbv2.flows.flows import Flows
from eslabon.elbv2.reporting import Reports
from eslabon.elbv2.resources import LAMBDA, NETWORK, Listener, LoadBalancer, Node
from eslabon.network import PATIENCE, Call, Endpoint, Result, Unreachable, timed_out

if TYPE_CHECKING:
    from eslabon.cloud import Cloud


class InProcess(Entering):
    """What answers at the DNS names of the load balancers of one account and Region."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.exchanges = Exchanges(self.groups, self.ids)
        self.exchanges.observers.append(self._note)
        self.reports = Reports(self)
        cloud.network.resolvers.append(self._endpoint)

    def _endpoint(self, name: str) -> Endpoint | None:
        """What takes requests to a host name: a balancer, or one node of a Network Load Balancer, named by its zone."""
        found = self.with_name(name)
        return partial(self.take, found[0]) if found else None

    def take(self, balancer: LoadBalancer, call: Call) -> Result:
        """A client's call to a balancer's name. Raises Unreachable and TimeoutError, as clients see them.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.take(shop.balancer, Call("GET", "/", []))
        Traceback (most recent call last):
        eslabon.network.Unreachable: [Errno -2] Name or service not known
        """
        if self.clock.now < balancer.active:
            raise Unreachable(socket.gaierror(-2, "Name or service not known"))
        if balancer.type == NETWORK:
            return web.request(self.cloud, call, self.listener_at(balancer, call.port))
        node = self.resolve(balancer)
        try:
            client = self.client_seen(balancer, node, call.client, call.port)
        except OSError as unreachable:
            raise Unreachable(unreachable) from None
        if not client:
            self.clock.sleep(PATIENCE if call.timeout is None else call.timeout)
            raise timed_out(call)
        listener = self.listener_at(balancer, call.port)
        if listener is None:
            raise Unreachable(ConnectionRefusedError(111, "Connection refused"))
        certificate, agreed, name = None, None, None
        if call.scheme == "https":
            if listener.protocol != "HTTPS":
                raise Unreachable(OSError("[SSL: WRONG_VERSION_NUMBER] wrong version number"))
            certificate, agreed, name = self.shake_hands(listener, call)
        head = (call.method, call.target, tuple(call.headers), call.body)
        source = (client, 50_000 + self._turns[balancer.arn] % 10_000)
        request = Request(*head, *source, call.scheme, call.port, server_name=name)
        response = self.handle(balancer, node, request, agreed=agreed, certificate=certificate, patience=call.timeout)
        return Result(response.status, response.headers, response.body, response.reason)

    def flows_of(self, balancer: LoadBalancer, listener: Listener) -> Flows:
        """The flows of a Network Load Balancer's listener, which are reported from the first one on.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> service = echo("TCP")[0].service("elbv2")
        >>> [balancer] = service.balancers.values()
        >>> [listener] = balancer.listeners.values()
        >>> service.flows_of(balancer, listener) is listener.flows
        True
        """
        if listener.flows is None:
            listener.flows = Flows(balancer, listener, self.groups)
            self.reports.watch(listener.flows)
        self.reports.count()
        return listener.flows

    def end_flows(self) -> None:
        """End the flows that what has become of their targets ends.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> echo("TCP")[0].service("elbv2").end_flows()
        """
        for balancer in self.balancers.values():
            for listener in balancer.listeners.values():
                if listener.flows is not None:
                    listener.flows.active(self.clock.now)

    # --- From the node to the target and back -------------------------------------------------------------------------

    def handle(
        self,
        balancer: LoadBalancer,
        node: Node,
        request: Request,
        *,
        agreed: Agreed | None = None,
        certificate: str | None = None,
        patience: float | None = None,
    ) -> Response:
        """What a client gets for a request to a node; the time that it takes passes, or lengthens the caller's work.

        agreed, certificate: what a TLS handshake has led to, and the certificate's ARN. patience: seconds after which
        the client leaves: then TimeoutError.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.handle(shop.balancer, shop.balancer.nodes[0], Request("GET", "/")).status  # nothing runs there
        504
        """
        listener = self.listener_at(balancer, request.port)
        if listener is None:
            raise LookupError(f"{balancer.name} has no listener of port {request.port}")
        clock, exchanges, now = self.clock, self.exchanges, self.clock.now
        shaken, added = (agreed[:2], agreed.headers) if agreed else (None, None)
        place = (balancer, listener, node, request, now)
        begun = exchanges.begin(*place, tls=shaken, certificate=certificate, added=added)
        if isinstance(begun, Answer):
            elapsed, answer = 0.0, begun
        else:
            elapsed, answered = self.ask_target(begun)
            if patience is not None and elapsed >= patience:
                elapsed, answered = patience, partial(exchanges.fail, begun, "client left")
            answer = answered(now + elapsed)
        left = answer.outcome.cause == "client left"
        ended = now + elapsed
        clock.call_at(ended, partial(exchanges.end, answer, ended, 0 if left else None))  # even if nobody waits for it
        clock.sleep(elapsed)
        if left:
            raise TimeoutError("timed out")
        return answer.response

    def ask_target(self, forward: Forward) -> tuple[float, Callable[[float], Answer]]:
        """How long the target takes, and what makes the answer of it, given the time.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> place = (shop.balancer, shop.listener, shop.balancer.nodes[0])
        >>> elapsed, answered = shop.service.ask_target(shop.service.exchanges.begin(*place, Request("GET", "/"), 0.0))
        >>> elapsed, answered(elapsed).response.status  # nothing runs there
        (10.0, 504)
        """
        exchanges, outcome = self.exchanges, forward.outcome
        balancer, request, group = outcome.balancer, forward.request, forward.group
        if group.type == LAMBDA:
            elapsed, cause, payload = self._invoke(group, forward.target, forward.event)
            if cause:
                return elapsed, partial(exchanges.fail, forward, cause)
            return elapsed, partial(exchanges.finish_function, forward, payload)
        scheme, port = (group.protocol or "HTTP").lower(), forward.target.port or 80
        call = Call(request.method, request.target, request.headers, request.body, scheme, request.host, port)
        idle = float(balancer.attributes.get("idle_timeout.timeout_seconds", 60))
        address = self.address_of(group, forward.target)
        elapsed, found = self._connect(balancer, outcome.node, address, port, call, idle)
        if isinstance(found, str):
            return elapsed, partial(exchanges.fail, forward, found)
        headers = tuple(found.headers)
        if not any(name.lower() == "content-length" for name, _ in headers):
            headers += (("Content-Length", str(len(found.body))),)
        return elapsed, partial(exchanges.finish, forward, Response(found.status, headers, found.body, found.reason))

    def _note(self, outcome: Outcome) -> None:
        """Write a request into the journal."""
        kept = outcome.kind.kept
        entry = kept.get(self)
        if entry is None:
            kept[self] = self.journal.record("request", **_facts(outcome), began=outcome.received)
        else:
            self.journal.again(entry, began=outcome.received)


def _facts(outcome: Outcome) -> dict[str, object]:
    """What the journal has of a request besides when it began."""
    rule, group, target = outcome.rule, outcome.group, outcome.target
    return {
        "balancer": outcome.balancer.arn,
        "zone": outcome.node.zone,
        "port": outcome.listener.port,
        "rule": rule and (rule.priority or "default"),
        "group": group and group.arn,
        "target": target and named(target),
        "status": outcome.status,
        "cause": outcome.cause,
    }
