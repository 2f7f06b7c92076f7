"""What one health check says of a target: its status code against the matcher, its time against the time-out.

gRPC codes are left out, and so are passive checks.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from eslabon.elbv2.balancing.choosing import has_become_healthy, slow_start
from eslabon.elbv2.balancing.health import Reason, reason
from eslabon.errors import ServiceError

if TYPE_CHECKING:
    from eslabon.elbv2.resources import HealthCheck, Target, TargetGroup

# The codes that a matcher may name, by the protocol of the target group; None: of functions.
CODES: dict[str | None, range] = {
    "HTTP": range(200, 500),
    "HTTPS": range(200, 500),
    None: range(200, 500),
    "TCP": range(200, 600),
    "TLS": range(200, 600),
    "UDP": range(200, 600),
    "TCP_UDP": range(200, 600),
    "GENEVE": range(200, 400),
}
DEFAULT_MATCHER = {protocol: "200" if protocol in ("HTTP", "HTTPS", None) else "200-399" for protocol in CODES}

_CODES = re.compile(r"(\d{3})(?:-(\d{3}))?", re.ASCII)


@lru_cache(maxsize=256)
def parse_matcher(text: str, protocol: str | None = "HTTP") -> tuple[range, ...]:
    """The codes of a matcher, single ones and ranges with both ends; ServiceError when the group may not have them.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html

    >>> parse_matcher("200-299,404")
    (range(200, 300), range(404, 405))
    >>> parse_matcher("503", "TCP")
    (range(503, 504),)
    >>> parse_matcher("503")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: Health check matcher HTTP code '503' must be within '200-499'
    """
    if not text:
        raise ServiceError("ValidationError", "Health check matcher HTTP code cannot be empty")
    if protocol == "GENEVE" and text != DEFAULT_MATCHER[protocol]:
        raise ServiceError("ValidationError", f"Health check matcher HTTP code '{text}' must be '200-399'")
    return tuple(_codes(part, CODES[protocol]) for part in text.split(","))


def _codes(part: str, allowed: range) -> range:
    found = _CODES.fullmatch(part)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not found or first > last or first not in allowed or last not in allowed:
        limits = f"{allowed[0]}-{allowed[-1]}"
        raise ServiceError("ValidationError", f"Health check matcher HTTP code '{part}' must be within '{limits}'")
    return range(first, last + 1)


def judge(
    check: HealthCheck, protocol: str | None, *, elapsed: float, connected: bool = True, status: int | None = None
) -> Reason | None:
    """Why a health check has failed; None: it has passed.

    check, protocol: the settings and the protocol of the target group. elapsed: seconds until the answer, or until
    the connection stood. connected: whether it did. status: of the answer; None: there was none, or a malformed one.
    Network Load Balancers tell FailedHealthChecks whatever the cause.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html

    >>> from eslabon.elbv2.resources import HealthCheck
    >>> check = HealthCheck(True, "HTTP", "traffic-port", "/", 30, 5, 5, 2, "200")
    >>> judge(check, "HTTP", elapsed=0.1, status=200) is None
    True
    >>> judge(check, "HTTP", elapsed=5, status=200).code, judge(check, "HTTP", elapsed=0, connected=False).code
    ('Target.Timeout', 'Target.FailedHealthChecks')
    >>> judge(check, "HTTP", elapsed=0.1, status=500).description
    'Health checks failed with these codes: [500]'
    """
    failed = reason("Target.FailedHealthChecks")
    tells_why = protocol in ("HTTP", "HTTPS", "GENEVE", None)
    if elapsed >= check.timeout:
        return reason("Target.Timeout") if tells_why else failed
    if not connected:
        return failed
    if check.protocol == "TCP":
        return None
    if status is None:
        return failed
    if any(status in codes for codes in parse_matcher(check.matcher or DEFAULT_MATCHER[protocol], protocol)):
        return None
    return reason("Target.ResponseCodeMismatch", status) if tells_why else failed


def count(group: TargetGroup, target: Target, found: Reason | None, now: float) -> bool:
    """Count what a check of a group's target has found, as `judge` says it; whether the state is another one now.

    The attributes of the group say how long connections drain, and whether a healthy target starts slowly.

    >>> from eslabon.elbv2.balancing.examples import group, targets
    >>> (target,) = targets(1)
    >>> orders = group([target], target_health_state__unhealthy__draining_interval_seconds="60")
    >>> [count(orders, target, reason("Target.FailedHealthChecks"), now) for now in (30, 60)]
    [False, True]
    >>> target.health.state, target.health.at(120)
    ('unhealthy.draining', 'unhealthy')
    """
    before = target.health.at(now)
    if found is None:
        target.health.passed(now)
    else:
        interval = group.attributes.get("target_health_state.unhealthy.draining_interval_seconds", "0")
        target.health.failed(now, found, draining=float(interval))
    if before != "healthy" and target.health.state == "healthy":
        has_become_healthy(target, group.targets.values(), slow_start(group.attributes), now)
    return target.health.state != before
