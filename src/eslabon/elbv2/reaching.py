"""How a balancer's node reaches targets in process: addresses of the cloud's network, and functions, in virtual time.

What TLS to targets would add is left out: balancers look at no certificate of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from eslabon.elbv2.application.answers import CONNECT_TIMEOUT
from eslabon.elbv2.application.headers import is_header
from eslabon.elbv2.operations.targets import Targets
from eslabon.elbv2.resources import INSTANCE, IP, LoadBalancer, Node, Target, TargetGroup
from eslabon.errors import ServiceError
from eslabon.ids import Arn
from eslabon.network import Call, Result, serve
from eslabon.permissions import parse_policy

LATENCY = 0.001  # seconds from node to target and back; code takes none but what it waits


class Reaching(Targets):
    """The way to the targets of one account and Region."""

    def reaches(
        self, address: str, port: int, source: str, groups: Sequence[str] = (), *, protocol: str = "tcp"
    ) -> bool:
        """Whether security groups let what a source sends arrive; groups: the source's. Nothing arrives nowhere ("").

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()  # in the default security group, which lets in its own members alone
        >>> node = shop.balancer.nodes[0].address
        >>> shop.service.reaches(node, 80, "203.0.113.7"), shop.service.reaches("", 80, "203.0.113.7")
        (False, False)
        >>> shop.service.reaches(node, 80, "203.0.113.7", shop.balancer.security_groups)
        True
        """
        return bool(address) and bool(self._ec2.reaches(address, port, protocol, source, groups))

    def address_of(self, group: TargetGroup, target: Target) -> str:
        """Where a target is in the network; "" for a terminated instance, a function, another balancer.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> [shop.service.address_of(shop.group, target) for target in shop.group.targets.values()]
        ['172.31.0.10']
        """
        if group.type == IP:
            return target.id
        found = self._ec2.instances.get(target.id) if group.type == INSTANCE else None
        return "" if found is None or found.state == "terminated" else str(found.address)

    def _connect(
        self, balancer: LoadBalancer, node: Node, address: str, port: int, call: Call | None, limit: float
    ) -> tuple[float, Result | str]:
        """How long it takes until an address has answered, and what, or why it has not, a key of answers.CAUSES.

        call: None for a connection alone. limit: seconds that the node waits.
        """
        source = node.own(ipv6=":" in address)
        if not source or not self.reaches(address, port, source, balancer.security_groups):
            return min(CONNECT_TIMEOUT, limit), "connection time-out"
        host = self.cloud.network.at(address, port)
        if host is None or host.refuse:
            return 0.0, "refused"
        if call is None:
            return 0.0, Result(200, ())
        if host.silent:
            return limit, "idle time-out"
        with self.clock.work() as work, self.cloud.network.running_at(address):
            self.clock.sleep(LATENCY + host.delay)
            try:
                found = serve(host.application, call, source)
            except ValueError:
                return work.elapsed, "malformed response"
        lengths = [value for name, value in found.headers if name.lower() == "content-length"]
        if (
            not 200 <= found.status <= 599
            or not all(is_header(*header) for header in found.headers)
            or not all(map(str.isdigit, lengths))
        ):
            return work.elapsed, "malformed response"
        has_body = call.method != "HEAD" and found.status != 304
        if work.elapsed >= limit or (has_body and max(map(int, lengths), default=0) > len(found.body)):
            return limit, "idle time-out"  # or the missing bytes never come
        return work.elapsed, found

    def _invoke(self, group: TargetGroup, target: Target, event: str) -> tuple[float, str, str]:
        """How long a function takes for an event (JSON text); why it fails, a key of answers.CAUSES, or its result."""
        place = Arn.parse(target.id)
        call = partial(self.cloud.call, "lambda", region=place.region, account=place.account)
        asked = {"FunctionName": target.id}
        try:
            call("get_function", asked)
        except ServiceError:
            return 0.0, "no function", ""
        try:
            policy = parse_policy(call("get_policy", asked)["Policy"])
        except ServiceError:
            policy = None
        if not self.admits(
            policy,
            target.id,
            principal=self.principal,
            action="lambda:InvokeFunction",
            resource=target.id,
            source_arn=group.arn,
            source_account=self.account,
            reply=lambda result, failure: None,
        ):
            return 0.0, "access denied", ""
        with self.clock.work() as work:
            try:
                answer = call("invoke", {**asked, "Payload": event})
            except ServiceError:
                return 0.0, "function failed", ""
        payload = answer["Payload"]
        text = payload if isinstance(payload, str) else payload.decode()
        return work.elapsed, "function failed" if answer.get("FunctionError") else "", text
