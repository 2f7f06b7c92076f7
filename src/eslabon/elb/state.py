"""What exists in Elastic Load Balancing's first API: a Classic Load Balancer holds its instances itself.

Inside it is a balancer of elbv2 whose instances are a target group, the pool: health checks look at the pool, and each
listener forwards to a group of its own, of the same instances at the listener's instance port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eslabon.elb.exchanges import Routing
from eslabon.elbv2.operations.places import Places
from eslabon.elbv2.resources import INSTANCE, HealthCheck, Listener, LoadBalancer, Rule, Target, TargetGroup
from eslabon.elbv2.rules.decision import compile_rules
from eslabon.errors import ServiceError

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Shown = Mapping[str, Any]


@dataclass(slots=True)
class Classic:
    """A Classic Load Balancer: elbv2's balancer, and what the API shows of it."""

    balancer: LoadBalancer
    pool: TargetGroup
    check: Shown
    attributes: dict[str, Any]
    ports: dict[int, Shown] = field(default_factory=dict)  # the listeners as the API has them
    enabled: dict[int, Sequence[str]] = field(default_factory=dict)  # names of the policies of each listener
    policies: dict[str, Shown] = field(default_factory=dict)  # CookieName, or CookieExpirationPeriod, by name


class State(Routing, Places):
    """The Classic Load Balancers of one account and Region."""

    name = "elb"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.classics: dict[str, Classic] = {}  # by name, oldest first

    def _classic(self, name: str) -> Classic:
        if name not in self.classics:
            raise ServiceError("LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{name}'")
        return self.classics[name]

    def users(self, group: TargetGroup) -> list[LoadBalancer]:
        """The balancer whose instances these are."""
        return [self.classics[group.name].balancer] if group.name in self.classics else []

    def settle(self, group: TargetGroup) -> None:
        """Bring the health of a balancer's instances up to date: all its groups share the pool's."""
        if group.name in self.classics:
            super().settle(self.classics[group.name].pool)

    def _arrange(self, classic: Classic) -> None:
        """Make elbv2's listeners of what the API has been told, and give each the instances of the pool."""
        arn, pool, balancer = classic.balancer.arn, classic.pool, classic.balancer
        self.settle(pool)
        for listener in balancer.listeners:
            self.groups.pop(listener, None)
        balancer.listeners = {}
        for port, settings in classic.ports.items():
            here, protocol = f"{arn}/{port}", settings["Protocol"]
            forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": here}]}}
            rule = Rule(here, None, (), (forward,))
            self.groups[here] = _group(pool.name, here, pool.vpc, settings["InstanceProtocol"], pool.check)
            self.groups[here].attributes |= self._routing(classic, port, protocol)
            self.groups[here].targets = {
                (one.id, at): Target(one.id, at, one.zone, one.registered, one.health, one.deregistered)
                for at in [settings["InstancePort"]]
                for one in pool.targets.values()
            }
            certificates = [settings["SSLCertificateId"]] if protocol == "HTTPS" else []
            listener_made = Listener(here, arn, protocol, port, rule, certificates=certificates)
            listener_made.decision = compile_rules(rule, ())
            balancer.listeners[here] = listener_made

    def _routing(self, classic: Classic, port: int, protocol: str) -> dict[str, str]:
        """How a listener chooses, as attributes of a target group."""
        http = protocol in ("HTTP", "HTTPS")
        found = {
            "load_balancing.algorithm.type": "least_outstanding_requests" if http else "round_robin",
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "off",  # it never fails open
        }
        for name in classic.enabled.get(port, ()):
            policy = classic.policies[name]
            found |= {"stickiness.enabled": "true", "stickiness.type": "elb_cookie"}
            found["stickiness.elb_cookie.duration_seconds"] = str(policy.get("CookieExpirationPeriod", 0))
            found["stickiness.app_cookie.cookie_name"] = policy.get("CookieName", "")
        return found


def _group(name: str, arn: str, vpc: str | None, protocol: str, check: HealthCheck) -> TargetGroup:
    return TargetGroup(name, arn, INSTANCE, protocol, None, None, vpc, "ipv4", check, {})


def pool_of(name: str, arn: str, vpc: str) -> TargetGroup:
    """The instances of a new balancer, none yet; elbv2 checks them as it checks targets.

    >>> pool_of("shop", "arn:…/shop", "vpc-1").check.healthy
    10
    """
    check = HealthCheck(True, "TCP", "80", None, interval=30, timeout=5, healthy=10, unhealthy=2, matcher="200")
    return _group(name, arn, vpc, "HTTP", check)


def invalid(message: str) -> ServiceError:
    """The error for a change that cannot be: 409, where elbv2 has 400.

    >>> invalid("A load balancer needs a subnet").status
    409
    """
    return ServiceError("InvalidConfigurationRequest", message, 409)
