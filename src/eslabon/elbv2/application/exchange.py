"""One request from listener to answer, in steps between which others read and write: begin, finish or fail, end.

Leaves out how bytes come and go. `added` and `tls` come from whoever has shaken hands with the client.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from eslabon.elbv2.application import lambdatargets
from eslabon.elbv2.application.answers import CAUSES, failure, is_usual, own, refusal
from eslabon.elbv2.application.desync import classify, treatment
from eslabon.elbv2.application.headers import for_client, for_target, new_trace, trace_header
from eslabon.elbv2.application.messages import Headers, Request, Response
from eslabon.elbv2.application.outcome import Course, Outcome
from eslabon.elbv2.application.routes import Plan, Plans
from eslabon.elbv2.balancing.choosing import Chooser, choose_group
from eslabon.elbv2.balancing.seal import Seal
from eslabon.elbv2.balancing.stickiness import (
    Stickiness,
    bound_group,
    bound_target,
    cookies_of,
    group_cookies,
    target_cookies,
)
from eslabon.elbv2.resources import Listener, LoadBalancer, Node, Target, TargetGroup
from eslabon.elbv2.rules.actions import FIXED_RESPONSE, FORWARD, REDIRECT, FixedResponse, Redirect
from eslabon.elbv2.rules.transforms import TransformFailed
from eslabon.ids import Ids


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
    plan: Plan
    rewritten: Request  # as the transforms made it
    headers: Headers  # for the target, without the trace
    group: TargetGroup
    target: Target
    chooser: Chooser
    close: bool = False
    sticky: Stickiness | None = None
    sticky_group: Mapping[str, object] | None = None  # TargetGroupStickinessConfig
    event: str = ""
    _whole: Request | None = None

    @property
    def trace(self) -> str:
        """The X-Amzn-Trace-Id that the target gets."""
        return self.outcome.trace

    @property
    def request(self) -> Request:
        """The request with the headers that the target gets."""
        if self._whole is None:
            sent = self.rewritten
            trace = ("X-Amzn-Trace-Id", self.outcome.trace)
            headers = Headers((trace, *self.headers, *_upgrade(sent.fields)))
            self._whole = self.outcome.forwarded = replace(sent, target=sent.url, headers=headers)
        return self._whole

    @request.setter
    def request(self, request: Request) -> None:
        self._whole = self.outcome.forwarded = request


class Exchanges(Plans):
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
        super().__init__(groups, ids)
        self.observers: list[Callable[[Outcome], None]] = []  # told when an exchange has ended

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
        self.forget()
        return self.ask(balancer, listener, node, request, now, tls, certificate, added)

    def ask(
        self,
        balancer: LoadBalancer,
        listener: Listener,
        node: Node,
        request: Request,
        now: float,
        tls: tuple[str, str] | None = None,
        certificate: str | None = None,
        added: Mapping[str, str] | None = None,
    ) -> Answer | Forward:
        """The same as `begin`, for whoever forgets when something has changed.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> exchanges.ask(*place, request("/"), now=0.0).target.id
        '172.31.0.10'
        """
        plan = self._plans.get((listener.arn, node.zone)) or self._plan(balancer, listener, node)
        course = _course(plan, listener, request, tls, certificate, added)
        close = course.close
        trace = trace_header(request, new_trace(now, self._ids.hex(24)))
        outcome = Outcome(
            balancer, listener, node, request, now, trace, course, certificate, tls, course.classification
        )
        if course.cause:
            return self._failed(outcome, course.cause, close=close)
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
        if tls and plan.tells_tls:
            added = {"X-Amzn-Tls-Version": tls[0], "X-Amzn-Tls-Cipher-Suite": tls[1], **(added or {})}
        return self._forward(outcome, plan, course, outcome.forwarded, added)

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
        if request.method != "-":  # it could be read
            outcome.classification = classify(request)
        return self._failed(outcome, cause, close=True)

    def _forward(
        self, outcome: Outcome, plan: Plan, course: Course, request: Request, added: Mapping[str, str] | None
    ) -> Answer | Forward:
        """Choose target group and target."""
        now = outcome.received
        assert outcome.rule
        way = plan.ways.get(outcome.rule.arn) or self._way(plan, outcome.rule)
        route, sticky_group = way.route, way.sticky_group
        if route is None:
            cookies = request.fields.once(_cookies) if sticky_group else {}
            bound = bound_group(self.seal, way.groups, sticky_group, cookies, now)
            arn = bound or choose_group(way.groups, self._ids.random)
            if arn is None:
                return self._failed(outcome, "no weight")
            route = self._route(plan, arn, weighted=len(way.groups) > 1)
        outcome.group = route.group
        if route.fail_open:
            outcome.fail_open = True
        if route.cause:
            return self._failed(outcome, route.cause)
        chooser, sticky, same = route.chooser, route.sticky, None
        if sticky:
            key = bound_target(self.seal, sticky, request.fields.once(_cookies), now)
            same = next((target for target in route.targets if target.key == key), None)
            outcome.reused_target = same is not None
        target = same or chooser.choose(route.targets, now)
        headers = _headers(course, outcome, request, added, route.function)
        forward = Forward(
            outcome, plan, request, headers, route.group, target, chooser, course.close, sticky, sticky_group
        )
        if route.function:
            try:
                forward.event = function_event(forward.request, route.group)
            except lambdatargets.Invalid as invalid:
                return self._failed(outcome, invalid.cause)
        outcome.target, outcome.sent = target, now
        chooser.begin(target)
        return forward

    def finish(self, forward: Forward, response: Response, now: float) -> Answer:
        """The target has answered, with these headers at least: the response becomes what the client gets.

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
            cookies = group_cookies(self.seal, forward.group.arn, forward.sticky_group, now)
        if forward.sticky:
            request = outcome.request
            agent = (request.header("user-agent") or [""])[0] if request.header("origin") else ""
            answered, sent = received.by_name.get("set-cookie", ()), forward.rewritten.fields.once(_cookies)
            cookies += target_cookies(self.seal, forward.sticky, forward.target.key, sent, answered, now, agent)
        headers = for_client(received, forward.plan.set_headers, now, cookies)
        if response.status == 101:
            headers = Headers(headers + _upgrade(received))
        outcome.status = response.status
        response.headers = headers
        return Answer(outcome, response, forward.close, forward)

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
            ends_with_head = outcome.request.method == "HEAD" or response.status in (204, 304)
            body = 0 if ends_with_head else len(response.body)
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


def _course(
    plan: Plan,
    listener: Listener,
    request: Request,
    tls: tuple[str, str] | None,
    certificate: str | None,
    added: Mapping[str, str] | None,
) -> Course:
    """What becomes of requests like this one; the same as for the client's last while nothing has changed."""
    client = request.client, request.client_port, request.scheme, request.port
    alike = plan, client, tls, certificate, added, request.method, request.version, request.server_name
    recent: list[Any] = request.fields.recent(_course) if is_usual(request.target) else [None, None]
    if recent[0] != alike:
        recent[:] = alike, _new_course(plan, listener, request)
    course: Course = recent[1]
    return course


def _new_course(plan: Plan, listener: Listener, request: Request) -> Course:
    if listener.protocol == "HTTPS" and request.scheme == "http":
        return Course(cause="plain HTTP", close=True)
    classified = classify(request)
    treated = treatment(plan.desync_mode, classified.tier)
    if treated == "blocked":
        return Course(classified, "malformed request", close=True)
    refused = refusal(request)
    if refused:
        return Course(classified, refused, close=CAUSES[refused].status in (400, 414))
    return Course(classified, close=treated == "closed")


def _headers(
    course: Course, outcome: Outcome, request: Request, added: Mapping[str, str] | None, function: bool
) -> Headers:
    """What the target gets beside the trace; the same as for the last request of this course."""
    recent: list[Any] = request.fields.recent(_headers) if request.target.startswith("/") else [None, None]
    alike = course, function
    if recent[0] != alike:
        attributes, listener = outcome.balancer.attributes, outcome.listener.attributes
        recent[:] = alike, for_target(request, attributes, added=added, listener=listener, function=function)
    headers: Headers = recent[1]
    return headers


def _cookies(headers: Headers) -> dict[str, str]:
    return cookies_of(headers.by_name.get("cookie", ()))
