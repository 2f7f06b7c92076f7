"""The health of a registration as a table of transitions, and the counters that fire it. Sends no health check.

AWS's nodes check each for itself and may disagree for a while; here a registration has one health.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from eslabon.elbv2.resources import HealthCheck

State = Literal["initial", "healthy", "unhealthy", "unhealthy.draining", "unused", "draining", "unavailable"]
Event = Literal["used", "unused", "unavailable", "first pass", "passes", "failures", "deregistered", "time over"]

# State: event: the next state. An event that a state does not have changes nothing.
TRANSITIONS: dict[State, dict[Event, State]] = {
    "unused": {"used": "initial", "unavailable": "unavailable", "unused": "unused"},  # the last: for another reason
    "initial": {
        "first pass": "healthy",
        "failures": "unhealthy",
        "unavailable": "unavailable",
        "unused": "unused",
        "deregistered": "draining",
    },
    "healthy": {
        "failures": "unhealthy.draining",  # for 0 seconds, unless the target group says otherwise
        "unavailable": "unavailable",
        "unused": "unused",
        "deregistered": "draining",
    },
    "unhealthy.draining": {
        "time over": "unhealthy",
        "passes": "healthy",
        "unavailable": "unavailable",
        "unused": "unused",
        "deregistered": "draining",
    },
    "unhealthy": {
        "passes": "healthy",
        "unavailable": "unavailable",
        "unused": "unused",
        "deregistered": "draining",
    },
    "unavailable": {"used": "initial", "unused": "unused", "deregistered": "draining"},
    "draining": {"time over": "unused", "used": "initial", "unavailable": "unavailable"},  # registered again
}

# Reason code: the descriptions that DescribeTargetHealth gives with it.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
DESCRIPTIONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Elb.InternalError": "Health checks failed due to an internal error",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.HealthCheckDisabled": "Health checks are disabled",
    "Target.InvalidState": "Target is in {}",
    "Target.IpUnusable": "The IP address cannot be used as a target, as it is in use by a load balancer",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.ResponseCodeMismatch": "Health checks failed with these codes: [{}]",
    "Target.Timeout": "Request timed out",
}
ZONE_NOT_ENABLED = "Target is in an Availability Zone that is not enabled for the load balancer"
STATES_OF_INSTANCES = {"stopped": "the stopped state", "terminated": "the terminated state"}


class Reason(NamedTuple):
    """A reason code and its description; both empty for a healthy target."""

    code: str = ""
    description: str = ""


def reason(code: str, detail: object = "") -> Reason:
    """The reason of this code, with AWS's description; detail: the status code, or what state it is in.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html

    >>> reason("Target.ResponseCodeMismatch", 404).description
    'Health checks failed with these codes: [404]'
    >>> reason("Target.Timeout")
    Reason(code='Target.Timeout', description='Request timed out')
    >>> reason("Target.Asleep")
    Traceback (most recent call last):
    KeyError: 'Target.Asleep'
    """
    return Reason(code, DESCRIPTIONS[code].format(detail))


HEALTHY = Reason()
NOT_IN_USE = reason("Target.NotInUse")


def why_unused(*, used: bool, zone_enabled: bool = True, instance: str = "running", ip_usable: bool = True) -> Reason:
    """Why a target is unused; an empty reason: it is not.

    used: whether a listener's rule of a balancer forwards to its group. instance: the state of the EC2 instance.
    ip_usable: whether no balancer has its address. Of several reasons, the first one is told (that order is ours).

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html

    >>> why_unused(used=True, instance="stopped")
    Reason(code='Target.InvalidState', description='Target is in the stopped state')
    >>> why_unused(used=True, zone_enabled=False).code, why_unused(used=True).code
    ('Target.NotInUse', '')
    """
    if not used:
        return NOT_IN_USE
    if not zone_enabled:
        return Reason("Target.NotInUse", ZONE_NOT_ENABLED)
    if instance not in ("pending", "running"):
        return reason("Target.InvalidState", STATES_OF_INSTANCES.get(instance, "an invalid state"))
    return HEALTHY if ip_usable else reason("Target.IpUnusable")


@dataclass(slots=True)
class Health:
    """The state of one registration; a new one is unused until its group is used.

    check: the settings of its target group, looked at when a check's result is counted.

    >>> from eslabon.elbv2.resources import HealthCheck
    >>> health = Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, healthy=3, unhealthy=2, matcher="200"))
    >>> health.use(now=0)
    >>> health.state, health.reason
    ('initial', 'Elb.RegistrationInProgress')
    >>> health.passed(now=10)
    >>> health.state, health.reason
    ('healthy', '')
    """

    check: HealthCheck
    state: State = "unused"
    because: Reason = NOT_IN_USE
    since: float = 0.0  # when this state began
    until: float | None = None  # when its time is over
    before: State = "unused"  # the state that it came from
    warming: float | None = None  # since when it is in slow start mode
    passes: int = 0  # in a row
    failures: int = 0

    @property
    def reason(self) -> str:
        """The reason code; empty for a healthy target."""
        return self.because.code

    @property
    def description(self) -> str:
        """AWS's words for the reason."""
        return self.because.description

    def use(self, now: float) -> None:
        """The group, and the zone, are used by a balancer: the first health checks begin, or there are none.

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> health = Health(HealthCheck(False, "HTTP", "traffic-port", "/", 35, 30, 5, 2, None))
        >>> health.use(now=0)
        >>> health.state, health.reason
        ('unavailable', 'Target.HealthCheckDisabled')
        """
        if self.check.enabled:
            self.fire("used", now, reason("Elb.RegistrationInProgress"))
        else:
            self.fire("unavailable", now, reason("Target.HealthCheckDisabled"))

    def unuse(self, now: float, why: Reason = NOT_IN_USE) -> None:
        """No request can reach it any more: nobody uses its group, its zone is not enabled, its instance is stopped.

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> health = Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 3, 2, "200"))
        >>> health.unuse(0, why_unused(used=True, instance="stopped"))
        >>> health.state, health.description
        ('unused', 'Target is in the stopped state')
        """
        self.fire("unused", now, why)

    def passed(self, now: float) -> None:
        """A health check has passed; one is enough for a new target, others need as many in a row as the group says.

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> health = Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 2, 2, "200"), state="unhealthy")
        >>> health.passed(30)
        >>> health.state
        'unhealthy'
        >>> health.passed(60)
        >>> health.state
        'healthy'
        """
        self.at(now)
        self.passes, self.failures = self.passes + 1, 0
        self.fire("first pass", now)
        if self.passes >= self.check.healthy:
            self.fire("passes", now)

    def failed(self, now: float, why: Reason, *, draining: float = 0) -> None:
        """A health check has failed; as many in a row as the group says make the target unhealthy.

        draining: the seconds that a healthy one is unhealthy.draining before,
        target_health_state.unhealthy.draining_interval_seconds.

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> health = Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 2, 2, "200"), state="healthy")
        >>> health.failed(30, reason("Target.Timeout"), draining=100)
        >>> health.state
        'healthy'
        >>> health.failed(60, reason("Target.Timeout"), draining=100)
        >>> health.state, health.reason
        ('unhealthy.draining', 'Target.Timeout')
        >>> health.at(160)
        'unhealthy'
        """
        self.at(now)
        self.passes, self.failures = 0, self.failures + 1
        if self.state == "initial":
            self.because = reason("Elb.InitialHealthChecking")
        if self.failures >= self.check.unhealthy:
            self.fire("failures", now, why, lasting=draining)
        if self.state.startswith("unhealthy"):
            self.because = why

    def deregister(self, now: float, delay: float) -> None:
        """It gets no new requests; for the deregistration delay, in seconds, it is shown as draining.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> health = Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 2, 2, "200"), state="healthy")
        >>> health.deregister(0, delay=300)
        >>> health.at(299), health.at(300), health.reason
        ('draining', 'unused', 'Target.NotRegistered')
        """
        self.fire("deregistered", now, reason("Target.DeregistrationInProgress"), lasting=delay)

    def at(self, now: float) -> State:
        """The state at this time: what lasts for a while may be over.

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 2, 2, "200")).at(1000)
        'unused'
        """
        if self.until is not None and now >= self.until:
            why = reason("Target.NotRegistered") if self.state == "draining" else self.because
            self.fire("time over", self.until, why)
        return self.state

    def fire(self, event: Event, now: float, why: Reason = HEALTHY, *, lasting: float = 0) -> None:
        """Follow the table; an event that it does not have for this state changes nothing.

        lasting: seconds that draining or unhealthy.draining last.

        >>> from eslabon.elbv2.resources import HealthCheck
        >>> health = Health(HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 2, 2, "200"))
        >>> health.fire("passes", now=0)
        >>> health.state, health.reason
        ('unused', 'Target.NotInUse')
        """
        becomes = TRANSITIONS[self.state].get(event)
        if becomes is None:
            return
        self.before, self.state, self.because, self.since = self.state, becomes, why, now
        self.warming = None
        self.passes = self.failures = 0
        self.until = now + lasting if becomes in ("draining", "unhealthy.draining") else None
        self.at(now)
