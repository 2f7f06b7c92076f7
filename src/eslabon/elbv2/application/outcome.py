"""What became of one request: the facts that access logs, metrics, the journal and pictures tell of it, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eslabon.elbv2.application.desync import COMPLIANT, Classification
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.resources import Listener, LoadBalancer, Node, Rule, Target, TargetGroup


@dataclass(slots=True, eq=False)
class Kind:
    """Requests of which the same is told but for the URL, sizes and times; kept: what follows from it, by who tells."""

    kept: dict[Any, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Course:
    """What becomes of the requests of a connection that are alike, as far as neither URL nor time decides it.

    cause: why none of them goes to a target, a key of answers.CAUSES. close: both connections end with the request.
    """

    classification: Classification = COMPLIANT
    cause: str = ""
    close: bool = False
    kinds: dict[int, tuple[object, Kind]] = field(default_factory=dict)  # by target: what became of the last, its Kind

    def kind(self, target: Target | None, became: object) -> Kind:
        """The kind of a request of which this became; mostly it is that of the one before that had the same target.

        >>> course = Course()
        >>> course.kind(None, 200) is course.kind(None, 200), course.kind(None, 200) is course.kind(None, 502)
        (True, False)
        """
        found = self.kinds.get(id(target))
        if found is None or found[0] != became:
            found = self.kinds[id(target)] = became, Kind()
        return found[1]


@dataclass(slots=True)
class Outcome:
    """One request and what became of it; times are seconds since 1970, None: it did not come to that."""

    balancer: LoadBalancer
    listener: Listener
    node: Node
    request: Request  # as the client sent it
    received: float
    trace: str  # X-Amzn-Trace-Id, as the target gets it
    course: Course | None = None  # None: it has nothing in common with others
    certificate: str | None = None  # ARN of the certificate that the client got
    tls: tuple[str, str] | None = None  # version and cipher suite, in OpenSSL's words
    classification: Classification = COMPLIANT
    rule: Rule | None = None
    action: str = ""  # forward, redirect, fixed-response
    redirect: str = ""  # the URL
    group: TargetGroup | None = None
    target: Target | None = None
    fail_open: bool = False
    forwarded: Request | None = None  # as the target gets it, after the transforms
    sent: float | None = None  # to the target
    answered: float | None = None  # when the target's answer began
    started: float | None = None  # when the client's did
    target_status: int | None = None
    cause: str = ""  # why the balancer answered by itself, a key of answers.CAUSES
    status: int = 0  # what the client got
    reused_target: bool = False  # whether a cookie chose the target
    sent_bytes: int = 0  # to the client
    body_bytes: int = 0  # from the client on a socket: of a body, or of a WebSocket
    ended: float | None = None
    _received: int | None = None
    _kind: Kind | None = None

    @property
    def received_bytes(self) -> int:
        """The size of the request as HTTP/1.1 has it, headers and all, and of what came on a WebSocket."""
        if self._received is None or self.ended is None:
            self._received = self._size()
        return self._received

    @property
    def kind(self) -> Kind:
        """What it has in common with other requests of its course; settled when it has ended."""
        kind = self._kind
        if kind is None or self.ended is None:
            rule, sent_on = self.rule, None
            if rule is not None and rule.transforms:
                sent_on = self.forwarded
            target, routed = self.target, (rule, self.action, self.redirect, sent_on, self.group, self.target)
            told = self.status, self.target_status, self.cause, self.fail_open, self.reused_target
            kind = self._kind = (self.course or Course()).kind(target, (routed, told))
        return kind

    def _size(self) -> int:
        request = self.request
        if request.method == "-":  # what came could not be read
            return 0
        line = len(request.method) + len(request.target) + len(request.version) + 4
        return line + request.fields.size + 2 + len(request.body) + self.body_bytes


def named(target: Target) -> str:
    """A target in one word: its id, and its port unless it is a function.

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> named(targets(1)[0])
    'i-0:80'
    """
    return f"{target.id}:{target.port}" if target.port else target.id
