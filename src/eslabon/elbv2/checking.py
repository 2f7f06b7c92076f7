"""Health checks: while the targets of a group are used, each is checked at every interval, in the background.

AWS's nodes check each for itself; here one check a target does, from the node of its zone. Checks of HTTPS look at no
certificate, as AWS's do not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from eslabon.elbv2.application import lambdatargets
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.application.outcome import named
from eslabon.elbv2.balancing.checks import count, judge
from eslabon.elbv2.balancing.health import Reason
from eslabon.elbv2.flows.settings import is_proxied
from eslabon.elbv2.inprocess import InProcess
from eslabon.elbv2.operations.registry import forwarded_by
from eslabon.elbv2.resources import ALB, LAMBDA, NETWORK, LoadBalancer, Node, Target, TargetGroup
from eslabon.network import Call, Result

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

FIRST = 1.0  # seconds until a group that is used is checked for the first time
CHECKED = ("initial", "healthy", "unhealthy", "unhealthy.draining")


class Checking(InProcess):
    """The health checks of one account and Region."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._checking: set[str] = set()  # ARNs of the target groups whose next check is due
        self._states: dict[str, dict[str, str]] = {}  # of the targets of each group, as the journal has them
        self.prober: Callable[..., bool] | None = None  # of `Cloud.serve`: takes the checks of targets on sockets

    def check_health(self, group: TargetGroup) -> None:
        """See that health checks run while the targets of a group are used, as soon as a balancer is active.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.cloud.clock.advance(200)
        >>> shop.group.targets["172.31.0.10", 80].health.state  # nothing listens there
        'unhealthy'
        """
        if group.arn in self._checking or not any(one.health.state in CHECKED for one in group.targets.values()):
            return
        active = min((balancer.active for balancer in self.users(group)), default=self.clock.now)
        self._checking.add(group.arn)
        begin = max(self.clock.now, active) + FIRST
        self.clock.call_at(begin, partial(self._check_all, group), background=True)

    def _check_all(self, group: TargetGroup) -> None:
        if self.groups.get(group.arn) is group:
            self.settle(group)  # it is still among those that are checked: no other series begins
            users = [balancer for balancer in self.users(group) if balancer.active <= self.clock.now]
            targets = [target for target in group.targets.values() if target.health.state in CHECKED]
            if users and targets:
                for target in targets:
                    self._check(group, target, users[0])
                self.clock.call_later(group.check.interval, partial(self._check_all, group), background=True)
                return
        self._checking.discard(group.arn)

    def _check(self, group: TargetGroup, target: Target, balancer: LoadBalancer) -> None:
        """Send one check; what it finds counts when the answer is there, or the time is over."""
        node = balancer.node_in(target.zone)
        judged = partial(judge, group.check, group.protocol)

        def found(elapsed: float, connected: bool, status: int | None) -> None:
            self._count(group, target, judged(elapsed=elapsed, connected=connected, status=status))

        if self.prober and self.prober(self, group, target, balancer, node, found):
            return
        elapsed, connected, status = self._probe(group, target, balancer, node)
        later = partial(found, elapsed, connected, status)
        self.clock.call_later(min(elapsed, group.check.timeout), later, background=True)

    def _probe(
        self, group: TargetGroup, target: Target, balancer: LoadBalancer, node: Node
    ) -> tuple[float, bool, int | None]:
        """How long a check takes, whether it has connected, and the status of the answer, if there was one."""
        check, path = group.check, group.check.path or "/"
        if group.type == LAMBDA:
            event = json.dumps(lambdatargets.health_check(group.arn, path, multi_value=group.multi_value))
            elapsed, cause, payload = self._invoke(group, target, event)
            try:
                status = None if cause else lambdatargets.response(payload, multi_value=group.multi_value).status
            except lambdatargets.Invalid:
                status = None
            return elapsed, True, status
        address = self.address_of(group, target)
        call = self.check_of(group, target, balancer, node)
        if group.type == ALB:
            return self._probe_balancer(self.balancers.get(target.id), call)
        wanted = None if check.protocol in ("TCP", "TLS") else call
        elapsed, found = self._connect(balancer, node, address, call.port, wanted, check.timeout)
        if wanted and is_proxied(group) and found != "refused":
            return elapsed, True, 400  # web servers do not expect what stands before the request
        if isinstance(found, Result):
            return elapsed, True, found.status
        return elapsed, found != "refused", None

    def check_of(self, group: TargetGroup, target: Target, balancer: LoadBalancer, node: Node) -> Call:
        """The request that a check sends to a target, if it sends one, and the port to which it goes.

        A Network Load Balancer names its own node and listener as the host, others the target.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> [target] = shop.group.targets.values()
        >>> shop.service.check_of(shop.group, target, shop.balancer, shop.balancer.nodes[0]).headers[0]
        ('Host', '172.31.0.10:80')
        """
        check = group.check
        port = int(check.port) if check.port.isdigit() else target.port or 80
        address, named_port = self.address_of(group, target), port
        if balancer.type == NETWORK:
            ports = (one.port for one in balancer.listeners.values() if group.arn in forwarded_by(one))
            address, named_port = node.address, next(ports, None) or port
        host = f"[{address}]" if ":" in address else address
        agent = ("User-Agent", lambdatargets.HEALTH_CHECKER)
        headers = (("Host", f"{host}:{named_port}"), ("Connection", "close"), agent, ("Accept-Encoding", "gzip"))
        return Call("GET", check.path or "/", headers, scheme=check.protocol.lower(), port=port)

    def _probe_balancer(self, balancer: LoadBalancer | None, call: Call) -> tuple[float, bool, int | None]:
        """A check of a balancer that is a target: a request as any other."""
        if balancer is None or self.listener_at(balancer, call.port) is None:
            return 0.0, False, None
        node = balancer.nodes[0]
        request = Request("GET", call.target, tuple(call.headers), client=node.address, port=call.port)
        with self.clock.work() as work:
            status = self.handle(balancer, node, request).status
        return work.elapsed, True, status

    def _count(self, group: TargetGroup, target: Target, found: Reason | None) -> None:
        if target.health.at(self.clock.now) in CHECKED and count(group, target, found, self.clock.now):
            self._tell(group)

    def settle(self, group: TargetGroup) -> None:
        """Bring the health of a group's targets up to date, and write what has changed into the journal."""
        super().settle(group)
        switched = ("unavailable",) if group.check.enabled else CHECKED  # on or off: functions have no checks at first
        for target in group.targets.values():
            if target.health.state in switched:
                target.health.use(self.clock.now)
                self.check_health(group)
        self._tell(group)

    def _tell(self, group: TargetGroup) -> None:
        """Write into the journal which targets have another state than before, and when one has drained."""
        states = {named(target): target.health for target in group.targets.values()}
        known = self._states.setdefault(group.arn, {})
        if known != {name: health.state for name, health in states.items()}:
            self.end_flows()
        for name, health in states.items():
            if known.get(name) != health.state:
                known[name] = health.state
                self.journal.record("health", group=group.arn, target=name, state=health.state, reason=health.reason)
                if health.until is not None:  # then it has another state, even if nobody looks
                    self.clock.call_at(health.until, partial(self._settle_again, group), background=True)
        if len(known) == len(states):
            return
        for name in [name for name in known if name not in states]:
            if known.pop(name) != "unused":
                gone = {"state": "unused", "reason": "Target.NotRegistered"}
                self.journal.record("health", group=group.arn, target=name, **gone)

    def _settle_again(self, group: TargetGroup) -> None:
        if self.groups.get(group.arn) is group:
            self.settle(group)
