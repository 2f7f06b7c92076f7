"""One request from listener to answer, in steps between which others read and write: begin, finish or fail, end.

Leaves out how bytes come and go. `added` and `tls` come from whoever has shaken hands with the client.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from eslabon.elbv2.application import lambdatargets
from eslabon.elbv2.application.answers import CAUSES, failure, own, refusal
from eslabon.elbv2.application.desync import COMPLIANT, classify, treatment
from eslabon.elbv2.application.headers import ForTarget, for_client, for_target, new_trace, trace_header
from eslabon.elbv2.application.messages import Headers, Request, Response
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.balancing.choosing import Chooser, choose_group, chooser_for
from eslabon.elbv2.balancing.seal import Seal
from eslabon.elbv2.balancing.stickiness import (
    Stickiness,
    bound_group,
    bound_target,
    cookies_of,
    group_cookies,
    stickiness,
    target_cookies,
)
from eslabon.elbv2.balancing.zones import crosses_zones, eligible, minimum
from eslabon.elbv2.resources import LAMBDA, Listener, LoadBalancer, Node, Target, TargetGroup
from eslabon.elbv2.rules.actions import FIXED_RESPONSE, FORWARD, REDIRECT, FixedResponse, Redirect
from eslabon.elbv2.rules.transforms import TransformFailed
from eslabon.ids import Ids

_ALGORITHM, _SLOW_START = "load_balancing.algorithm.type", "slow_start.duration_seconds"
_TLS_HEADERS = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"


@dataclass(slots=True)
class Answer:
    """What the client gets; close: its connection is closed afterwards. forward: of a target's answer."""

    outcome: Outcome
    response: Response
    close: bool = False
    forward: Forward | None = None


@dataclass(slots=True)
class Forward:
    """A request on its way to a target; event: what a function gets, as JSON."""

    outcome: Outcome
    rewritten: Request  # as the transforms made it
    headers: ForTarget
    group: TargetGroup
    target: Target
    chooser: Chooser
    close: bool = False
    sticky: Stickiness | None = None
    sticky_group: Mapping[str, object] | None = None  # TargetGroupStickinessConfig
    event: str = ""
    _whole: Request | None = None

    @property
    def request(self) -> Request:
        """The request with the headers that the target gets."""
        if self._whole is None:
            sent = self.rewritten
            headers = Headers(self.headers.made + self.headers.passed_on + _upgrade(sent.fields))
            self._whole = self.outcome.forwarded = replace(sent, target=sent.url, headers=headers)
        return self._whole

    @request.setter
    def request(self, request: Request) -> None:
        self._whole = self.outcome.forwarded = request


class Exchanges:
    """The requests of the balancers of one account and Region; groups: the target groups by ARN.

    >>> from eslabon.elbv2.application.examples import balancer, request
    >>> shop, exchanges = balancer()
    >>> forward = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/"), now=0.0)
    >>> forward.target.id, forward.request.header("x-forwarded-for")
    ('172.31.0.10', ['203.0.113.7'])
    >>> answer = exchanges.finish(forward, Response(200, (("Content-Length", "5"),), b"hello"), now=0.5)
    >>> exchanges.end(answer, now=0.5)
    >>> answer.response.status, answer.outcome.target_status, forward.chooser.in_flight
    (200, 200, {})
    """

    def __init__(self, groups: Mapping[str, TargetGroup], ids: Ids) -> None:
        self.groups = groups
        self.observers: list[Callable[[Outcome], None]] = []  # told when an exchange has ended
        self._ids = ids
        self._choosers: dict[tuple[str | None, ...], Chooser] = {}

    @cached_property
    def seal(self) -> Seal:
        """What seals the cookies of these balancers."""
        return Seal(self._ids)

    def begin(
        self,
        balancer: LoadBalancer,
        listener: Listener,
        node: Node,
        request: Request,
        now: float,
        *,
        tls: tuple[str, str] | None = None,
        certificate: str | None = None,
        added: Mapping[str, str] | None = None,
    ) -> Answer | Forward:
        """What becomes of a request that came to a node: an answer of the balancer's own, or where it goes.

        tls: version and cipher suite. certificate: the ARN of the one that the client got. added: headers about the
        client's certificate.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> exchanges.begin(*place, request("/"), now=0.0).target.id
        '172.31.0.10'
        >>> exchanges.begin(*place, request("/", method="TRACE"), now=0.0).response.status
        405
        >>> exchanges.groups["group"].targets.clear()
        >>> exchanges.begin(*place, request("/"), now=0.0).outcome.cause
        'no targets'
        """
        trace = trace_header(request, new_trace(now, self._ids.hex(24)))
        outcome = Outcome(balancer, listener, node, request, now, trace, tls=tls, certificate=certificate)
        if listener.protocol == "HTTPS" and request.scheme == "http":
            return self._failed(outcome, "plain HTTP", close=True)
        close = False
        classified = classify(request)
        if classified is not COMPLIANT:
            outcome.classification = classified
            mode = balancer.attributes.get("routing.http.desync_mitigation_mode", "defensive")
            treated = treatment(mode, classified.tier)
            if treated == "blocked":
                return self._failed(outcome, "malformed request", close=True)
            close = treated == "closed"
        refused = refusal(request)
        if refused:
            return self._failed(outcome, refused, close=CAUSES[refused].status in (400, 414))
        decision = listener.decision
        assert decision, "a listener has its rules compiled"
        outcome.rule = rule = decision.decide(request)
        action = decision.action(rule)
        if isinstance(action, Redirect):
            outcome.action, outcome.redirect = REDIRECT, action.location(request)
            return self._own(outcome, action.answer(request), close)
        if isinstance(action, FixedResponse):
            outcome.action = FIXED_RESPONSE
            kind = (("Content-Type", f"{action.content_type or 'text/plain'}; charset=utf-8"),)
            return self._own(outcome, Response(action.status, kind, action.body), close)
        outcome.action = FORWARD
        try:
            outcome.forwarded = decision.rewrite(rule, request)
        except TransformFailed:
            return self._failed(outcome, "transform failed")
        if tls and balancer.attributes.get(_TLS_HEADERS) == "true":
            added = {"X-Amzn-Tls-Version": tls[0], "X-Amzn-Tls-Cipher-Suite": tls[1], **(added or {})}
        return self._forward(outcome, outcome.forwarded, close, added)

    def refuse(
        self,
        balancer: LoadBalancer,
        listener: Listener,
        node: Node,
        request: Request,
        cause: str,
        now: float,
        *,
        tls: tuple[str, str] | None = None,
        certificate: str | None = None,
    ) -> Answer:
        """What is answered to what is no request, or none that can be read; cause: a key of answers.CAUSES.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> exchanges.refuse(*place, Request("-", "-", version="-"), "malformed request", now=0.0).response.status
        400
        """
        outcome = Outcome(balancer, listener, node, request, now, "-", tls=tls, certificate=certificate)
        return self._failed(outcome, cause, close=True)

    def _forward(
        self, outcome: Outcome, request: Request, close: bool, added: Mapping[str, str] | None
    ) -> Answer | Forward:
        """Choose target group and target."""
        now, node, balancer = outcome.received, outcome.node, outcome.balancer
        assert outcome.rule
        config = outcome.rule.actions[-1]["ForwardConfig"]
        groups, sticky_group = config["TargetGroups"], config.get("TargetGroupStickinessConfig")
        cookies = request.fields.once(_cookies)
        bound = bound_group(self.seal, groups, sticky_group, cookies, now) if sticky_group and cookies else None
        arn = bound or choose_group(groups, self._ids.random)
        if arn is None:
            return self._failed(outcome, "no weight")
        outcome.group = group = self.groups[arn]
        if group.protocol_version not in (None, "HTTP1"):
            return self._failed(outcome, "protocol version")
        cross_zone = crosses_zones(balancer.attributes, group.attributes)
        settings = minimum(group.attributes, "unhealthy_state_routing")
        found = eligible(node.zone, group.targets.values(), cross_zone, settings)
        outcome.fail_open = found.fail_open
        if not found.targets:
            return self._failed(outcome, "no targets")
        chooser = self.chooser(group, node.zone)
        sticky = stickiness(group.arn, group.attributes, weighted=len(groups) > 1)
        key = bound_target(self.seal, sticky, cookies, now) if sticky and cookies else None
        same = next((target for target in found.targets if target.key == key), None) if key else None
        outcome.reused_target = same is not None
        target = same or chooser.choose(found.targets, now)
        function = group.type == LAMBDA
        listener = outcome.listener.attributes
        headers = for_target(
            request, balancer.attributes, outcome.trace, added=added, listener=listener, function=function
        )
        forward = Forward(outcome, request, headers, group, target, chooser, close, sticky, sticky_group)
        if function:
            try:
                forward.event = function_event(forward.request, group)
            except lambdatargets.Invalid as invalid:
                return self._failed(outcome, invalid.cause)
        outcome.target, outcome.sent = target, now
        chooser.begin(target)
        return forward

    def chooser(self, group: TargetGroup, zone: str) -> Chooser:
        """What takes turns among a group's targets at the node of a zone; another one when the algorithm changes.

        >>> from eslabon.elbv2.application.examples import balancer
        >>> shop, exchanges = balancer()
        >>> group = exchanges.groups["group"]
        >>> exchanges.chooser(group, "us-east-1a") is exchanges.chooser(group, "us-east-1a")
        True
        >>> exchanges.chooser(group, "us-east-1a") is exchanges.chooser(group, "us-east-1b")
        False
        """
        key = (group.arn, zone, group.attributes.get(_ALGORITHM), group.attributes.get(_SLOW_START))
        found = self._choosers.get(key)
        if found is None:
            found = self._choosers[key] = chooser_for(group.attributes, self._ids.random)
        return found

    def finish(self, forward: Forward, response: Response, now: float) -> Answer:
        """The target has answered, with these headers at least: what the client gets; the body is passed on as it is.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer(group={"stickiness.enabled": "true"})
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> answer = exchanges.finish(exchanges.begin(*place, request("/"), now=0.0), Response(200), now=0.1)
        >>> [(name, value.partition("=")[0]) for name, value in answer.response.headers if name == "Set-Cookie"]
        [('Set-Cookie', 'AWSALB'), ('Set-Cookie', 'AWSALBCORS')]
        """
        outcome = forward.outcome
        outcome.answered = outcome.started = now
        outcome.target_status = response.status
        received = Headers.of(response.headers)
        cookies: list[str] = []
        if forward.sticky_group:
            cookies += group_cookies(self.seal, forward.group.arn, forward.sticky_group, now)
        if forward.sticky:
            request = outcome.request
            agent = (request.header("user-agent") or [""])[0] if request.header("origin") else ""
            answered, sent = received.by_name.get("set-cookie", ()), forward.rewritten.fields.once(_cookies)
            cookies += target_cookies(self.seal, forward.sticky, forward.target.key, sent, answered, now, agent)
        headers = for_client(received, outcome.listener.attributes, now, cookies)
        if response.status == 101:
            headers = Headers(headers + _upgrade(received))
        outcome.status = response.status
        whole = Response(response.status, headers, response.body, response.reason)
        return Answer(outcome, whole, forward.close, forward)

    def finish_function(self, forward: Forward, result: str, now: float) -> Answer:
        """A Lambda function has returned, this JSON text: what the client gets, 502 when it is no response.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> forward = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/"), now=0.0)
        >>> exchanges.finish_function(forward, '"hello"', now=0.1).outcome.cause
        'invalid function response'
        """
        try:
            response = lambdatargets.response(result, multi_value=forward.group.multi_value)
        except lambdatargets.Invalid as invalid:
            return self.fail(forward, invalid.cause, now)
        return self.finish(forward, response, now)

    def fail(self, forward: Forward, cause: str, now: float) -> Answer:
        """No answer came from the target; cause: a key of answers.CAUSES.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> forward = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/"), now=0.0)
        >>> exchanges.fail(forward, "refused", now=0.1).response.status
        502
        """
        answer = self._failed(forward.outcome, cause, close=forward.close, now=now)
        answer.forward = forward
        return answer

    def end(self, answer: Answer, now: float, sent: int | None = None) -> None:
        """The client has its answer, or is gone: the target is less busy, and whoever observes is told.

        sent: bytes that went to the client; None: all of the answer.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> exchanges.observers.append(lambda outcome: print(outcome.status, outcome.ended))
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> exchanges.end(exchanges.begin(*place, request("/", method="TRACE"), now=0.0), now=0.1)
        405 0.1
        """
        outcome, response = answer.outcome, answer.response
        if answer.forward:
            answer.forward.chooser.end(answer.forward.target)
        if sent is None:
            body = 0 if outcome.request.method == "HEAD" else len(response.body)
            sent = 17 + len(response.reason) + Headers.of(response.headers).size + body
        outcome.sent_bytes = sent
        outcome.ended = now
        for observer in self.observers:
            observer(outcome)

    def _failed(self, outcome: Outcome, cause: str, *, close: bool = False, now: float | None = None) -> Answer:
        outcome.cause = cause
        return self._own(outcome, failure(cause), close, now)

    def _own(self, outcome: Outcome, response: Response, close: bool, now: float | None = None) -> Answer:
        outcome.status = response.status
        when = outcome.received if now is None else now
        return Answer(outcome, own(response, outcome.listener.attributes, when), close)


def function_event(request: Request, group: TargetGroup) -> str:
    """What a function of a target group gets for a request, as JSON. Raises lambdatargets.Invalid.

    >>> from eslabon.elbv2.application.examples import balancer
    >>> group = balancer()[1].groups["group"]
    >>> json.loads(function_event(Request("GET", "/cart"), group))["path"]
    '/cart'
    """
    return json.dumps(lambdatargets.event(request, group.arn, multi_value=group.multi_value))


def _upgrade(headers: Headers) -> tuple[tuple[str, str], ...]:
    """The headers with which a connection is taken over, for WebSockets: they go on though they are hop by hop."""
    wanted = headers.by_name.get("upgrade")
    return (("Connection", "upgrade"), ("Upgrade", wanted[0])) if wanted else ()


def _cookies(headers: Headers) -> dict[str, str]:
    return cookies_of(headers.by_name.get("cookie", ()))
