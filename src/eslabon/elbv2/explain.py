"""What a listener would do with a request or a flow, and why, for people; nothing is sent, and no turn is taken."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application.answers import CAUSES, refusal
from eslabon.elbv2.application.desync import classify, treatment
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.flows.explaining import explain_flow
from eslabon.elbv2.inprocess import InProcess
from eslabon.elbv2.resources import NETWORK, Listener, LoadBalancer
from eslabon.elbv2.rules.actions import Action, FixedResponse, Redirect
from eslabon.elbv2.telling import Explained, obstacles, tell_targets
from eslabon.ids import Arn
from eslabon.network import CLIENT

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

DESYNC = "routing.http.desync_mitigation_mode"


def explain(
    cloud: Cloud,
    listener_arn: str,
    url: str | None = None,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    client: str = CLIENT,
) -> Explained:
    """Explain which rule of a listener decides on a request, and what may then get it; flows as `explain_flow` does.

    url: with the host name that the client uses, or a path alone; None: /, or a flow through a Network Load Balancer.
    client: its address. Raises ServiceError for a listener that does not exist, ValueError for a URL where the listener
    does not speak HTTP.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> print(explain(shop.cloud, shop.listener.arn, "http://shop.example.com/cart"))
    The balancer is still being provisioned: its name leads nowhere yet.
    The default rule decides: no other rule has all its conditions met.
    It forwards to the target group shop.
    172.31.0.10:80 is initial: Target registration is in progress.
    Too few are healthy, so the balancer fails open: 172.31.0.10:80 may get it.
    >>> explain(shop.cloud, shop.listener.arn, "/cart", method="TRACE").sentences[-1]
    'The balancer itself answers 405: the method is TRACE.'
    """
    place = Arn.parse(listener_arn)
    service: Any = cloud.service("elbv2", region=place.region, account=place.account)
    listener: Listener = service._listener(listener_arn)
    decision = listener.decision
    balancer: LoadBalancer = service.balancers[listener.balancer]
    if balancer.type == NETWORK and url is None:
        return explain_flow(cloud, listener_arn, client=client)
    if listener.protocol not in ("HTTP", "HTTPS") or decision is None:
        raise ValueError(f"{listener_arn} is a listener of {listener.protocol}: it sees no requests, and has no rules")
    request = _request(listener, balancer, url or "/", method, headers or {}, client)
    told = Explained(list(obstacles(service, balancer, listener, client)))
    tier, reason = classify(request)
    refused = refusal(request)
    if treatment(balancer.attributes.get(DESYNC, "defensive"), tier) == "blocked":
        told.sentences.append(f"The balancer itself answers 400: the request is {tier} ({reason}); {DESYNC} blocks it.")
    elif refused:
        told.sentences.append(f"The balancer itself answers {CAUSES[refused].status}: {CAUSES[refused].when}.")
    else:
        decided = decision.explain(request)
        told.rule = decided.won
        told.sentences += decided.sentences()
        _tell_action(told, service, balancer, decision.action(decided.won), request)
    return told


def _request(
    listener: Listener, balancer: LoadBalancer, url: str, method: str, headers: Mapping[str, str], client: str
) -> Request:
    parts = urllib.parse.urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = {} if any(name.lower() == "host" for name in headers) else {"Host": parts.netloc or balancer.dns_name or ""}
    scheme = (listener.protocol or "HTTP").lower()
    return Request(
        method, target, (*host.items(), *headers.items()), b"", client, scheme=scheme, port=listener.port or 0
    )


def _tell_action(told: Explained, service: InProcess, balancer: LoadBalancer, action: Action, request: Request) -> None:
    if isinstance(action, Redirect):
        told.sentences.append(f"It answers {action.status}: go to {action.location(request)}.")
    elif isinstance(action, FixedResponse):
        told.sentences.append(f"It answers {action.status}: its fixed response.")
    else:
        total = sum(weight for _, weight in action.groups)
        for arn, weight in action.groups:
            group = service.groups[arn]
            service.settle(group)
            share = "" if len(action.groups) == 1 else f" {weight} of {total} requests"
            told.sentences.append(f"It forwards{share} to the target group {group.name}.")
            if weight:
                tell_targets(told, service, balancer, group, f"503, because {CAUSES['no targets'].when}")
