"""Which target, or target group, a client is bound to: the balancer's cookies, and source addresses.

Flows of Gateway Load Balancers and WebSockets need no cookie and are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from eslabon.elbv2.balancing.seal import Seal
from eslabon.elbv2.resources import Key, Target

LIFETIME = 604_800  # seconds: every cookie of the balancer expires after 7 days, and is renewed with each response
SHARD = 4096  # characters of one AWSALBAPP cookie
SHARDS = 4
CORS = "; SameSite=None; Secure"
_NEVER = 10**12  # seconds since 1970

_CHROMIUM = re.compile(r"Chrom(?:e|ium)/(\d+)")


def cookies_of(headers: Iterable[str]) -> dict[str, str]:
    """The cookies in the Cookie headers of a request; of two with one name, the first.

    >>> cookies_of(["a=1; b=x=y", "a=2"])
    {'a': '1', 'b': 'x=y'}
    >>> cookies_of([]), cookies_of(["lonely"])
    ({}, {})
    """
    found: dict[str, str] = {}
    for header in headers:
        for part in header.split(";"):
            name, equals, value = part.strip().partition("=")
            if equals:
                found.setdefault(name, value)
    return found


@dataclass(frozen=True, slots=True)
class Stickiness:
    """How a target group binds clients to its targets; made by `stickiness`."""

    group: str  # its ARN
    duration: float  # seconds
    application_cookie: str | None = None  # the name of the application's own cookie, which must come too
    classic: bool = False  # by Classic's cookie AWSELB; duration 0: as long as the browser keeps it


def stickiness(group: str, attributes: Mapping[str, str], *, weighted: bool = False) -> Stickiness | None:
    """The stickiness that a target group's attributes ask for; None: there is none.

    group: its ARN. weighted: whether it is one of several in a forward action; application cookies do not work then.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions

    >>> stickiness("orders", {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"})
    Stickiness(group='orders', duration=86400.0, application_cookie=None, classic=False)
    >>> own = {"stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "cart"}
    >>> own["stickiness.enabled"] = "true"
    >>> stickiness("orders", own).application_cookie, stickiness("orders", own, weighted=True)
    ('cart', None)
    >>> stickiness("orders", {"stickiness.enabled": "false"}) is None
    True
    """
    kind = attributes.get("stickiness.type", "lb_cookie")
    if attributes.get("stickiness.enabled") != "true" or (kind == "app_cookie" and weighted):
        return None
    duration = float(attributes.get(f"stickiness.{kind}.duration_seconds", 86_400))
    if kind == "elb_cookie":  # what a policy of a Classic Load Balancer becomes
        return Stickiness(group, duration, attributes["stickiness.app_cookie.cookie_name"] or None, classic=True)
    return Stickiness(
        group, duration, attributes.get("stickiness.app_cookie.cookie_name") if kind == "app_cookie" else None
    )


def bound_target(seal: Seal, sticky: Stickiness, cookies: Mapping[str, str], now: float) -> Key | None:
    """The id and port of the target that a request's cookies bind it to; None: any will do.

    The caller sends the request there only if that target is eligible. If not (unhealthy, draining, gone), it chooses
    another one, and `target_cookies` binds the client to that.

    >>> from eslabon.ids import Ids
    >>> seal, sticky = Seal(Ids(1)), Stickiness("orders", duration=60)
    >>> lines = target_cookies(seal, sticky, ("i-0", 80), {}, (), now=0)
    >>> sent_back = cookies_of(line.partition(";")[0] for line in lines)
    >>> bound_target(seal, sticky, sent_back, now=59), bound_target(seal, sticky, sent_back, now=60)
    (('i-0', 80), None)
    >>> bound_target(seal, Stickiness("bills", 60), sent_back, now=0) is None
    True
    """
    if sticky.application_cookie and sticky.application_cookie not in cookies:
        return None
    entry = _bound(seal, sticky, cookies).get(sticky.group)
    return (entry[0], entry[1]) if entry and now < entry[2] else None


def target_cookies(
    seal: Seal,
    sticky: Stickiness,
    target: Key,
    cookies: Mapping[str, str],
    answered: Iterable[str],
    now: float,
    user_agent: str = "",
) -> list[str]:
    """The values of the Set-Cookie headers that bind a client to the target that has answered it.

    cookies: of the request. answered: the Set-Cookie headers of the target's response: a session by application cookie
    begins when the application sets that cookie. user_agent: of a request from another origin (one with Origin).

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions

    >>> from eslabon.ids import Ids
    >>> seal = Seal(Ids(1))
    >>> for line in target_cookies(seal, Stickiness("orders", 60), ("i-0", 80), {}, (), now=1767225600):
    ...     print(line.partition("=")[0], line.partition(";")[2])
    AWSALB  Expires=Thu, 08 Jan 2026 00:00:00 GMT; Path=/
    AWSALBCORS  Expires=Thu, 08 Jan 2026 00:00:00 GMT; Path=/; SameSite=None; Secure
    >>> own = Stickiness("orders", 60, application_cookie="cart")
    >>> [line[:12] for line in target_cookies(seal, own, ("i-0", 80), {}, ["cart=1; Path=/"], now=0)]
    ['AWSALBAPP-0=']
    >>> target_cookies(seal, own, ("i-0", 80), {}, [], now=0)
    []
    """
    entry = {sticky.group: (*target, now + sticky.duration)}
    if sticky.classic:
        return _classic_cookies(seal, sticky, target, cookies, answered, now)
    if sticky.application_cookie is None:
        return _pair("AWSALB", seal.close("AWSALB", entry), now)
    known = _bound(seal, sticky, cookies)
    goes_on = sticky.application_cookie in cookies and sticky.group in known
    if not goes_on and sticky.application_cookie not in cookies_of(line.partition(";")[0] for line in answered):
        return []
    text = seal.close("AWSALBAPP", {**{arn: other for arn, other in known.items() if now < other[2]}, **entry})
    version = _CHROMIUM.search(user_agent)
    cors = CORS if version and int(version[1]) >= 80 else ""
    parts = [text[start : start + SHARD] for start in range(0, len(text), SHARD)]
    return [_cookie(f"AWSALBAPP-{number}", part, now) + cors for number, part in enumerate(parts[:SHARDS])]


def bound_group(
    seal: Seal,
    groups: Iterable[Mapping[str, Any]],
    config: Mapping[str, Any] | None,
    cookies: Mapping[str, str],
    now: float,
) -> str | None:
    """The ARN of the target group that a request's cookies bind it to among those of a forward action; None: any.

    config: the action's TargetGroupStickinessConfig.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions

    >>> from eslabon.ids import Ids
    >>> seal, config = Seal(Ids(1)), {"Enabled": True, "DurationSeconds": 1000}
    >>> blue, green = {"TargetGroupArn": "blue", "Weight": 1}, {"TargetGroupArn": "green", "Weight": 9}
    >>> sent_back = cookies_of(line.partition(";")[0] for line in group_cookies(seal, "blue", config, now=0))
    >>> bound_group(seal, [blue, green], config, sent_back, now=999), bound_group(seal, [green], config, sent_back, 0)
    ('blue', None)
    >>> bound_group(seal, [blue, green], config, sent_back, now=1000) is None
    True
    """
    if not config or not config.get("Enabled"):
        return None
    bound = _read(seal, cookies, "AWSALBTG")
    for group in groups:
        arn: str = group["TargetGroupArn"]
        if arn in bound and now < bound[arn][0]:
            return arn
    return None


def group_cookies(seal: Seal, group: str, config: Mapping[str, Any] | None, now: float) -> list[str]:
    """The values of the Set-Cookie headers that bind a client to the target group that was chosen for it.

    >>> from eslabon.ids import Ids
    >>> lines = group_cookies(Seal(Ids(1)), "blue", {"Enabled": True, "DurationSeconds": 1000}, now=1767225600)
    >>> for line in lines:
    ...     print(line.partition("=")[0], line.partition(";")[2])
    AWSALBTG  Expires=Thu, 08 Jan 2026 00:00:00 GMT; Path=/
    AWSALBTGCORS  Expires=Thu, 08 Jan 2026 00:00:00 GMT; Path=/; SameSite=None; Secure
    >>> group_cookies(Seal(Ids(1)), "blue", {"Enabled": False}, now=0)
    []
    """
    if not config or not config.get("Enabled"):
        return []
    return _pair("AWSALBTG", seal.close("AWSALBTG", {group: (now + config["DurationSeconds"],)}), now)


def by_source_ip(client: str, targets: Sequence[Target]) -> Target:
    """The target for a client's address, always the same one while it is among the targets: source_ip of an NLB.

    When targets come or go, only clients of those move. IndexError: no target.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#sticky-sessions

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> three = targets(3)
    >>> bound = by_source_ip("203.0.113.7", three)
    >>> by_source_ip("203.0.113.7", three) is bound
    True
    >>> others = [target for target in three if target is not bound]
    >>> by_source_ip("203.0.113.7", others) in others
    True
    >>> by_source_ip("203.0.113.7", [])
    Traceback (most recent call last):
    IndexError: no target
    """
    if not targets:
        raise IndexError("no target")
    return max(targets, key=lambda target: hashlib.blake2b(f"{client} {target.key}".encode(), digest_size=8).digest())


def _bound(seal: Seal, sticky: Stickiness, cookies: Mapping[str, str]) -> Mapping[str, Sequence[Any]]:
    """ARN of a target group: id and port of the target, and until when; as the balancer's own cookies say it."""
    if sticky.classic:
        return _read(seal, cookies, "AWSELB")
    if sticky.application_cookie is None:
        return _read(seal, cookies, "AWSALB")
    text = ""
    for number in range(SHARDS):
        text += cookies.get(f"AWSALBAPP-{number}", "")
        if len(text) < SHARD * (number + 1):  # what comes after an unfilled one is left from a longer text
            break
    return seal.open("AWSALBAPP", text) or {}


def _classic_cookies(
    seal: Seal, sticky: Stickiness, target: Key, cookies: Mapping[str, str], answered: Iterable[str], now: float
) -> list[str]:
    """AWSELB, set once a session and not renewed: clients forget it, the balancer does not look how old it is.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-sticky-sessions.html
    """
    own = sticky.application_cookie
    begins = own and own in cookies_of(line.partition(";")[0] for line in answered)
    if not begins and (own or bound_target(seal, sticky, cookies, now) == target):
        return []
    text = seal.close("AWSELB", {sticky.group: (*target, _NEVER)})
    lasting = f"; Max-Age={int(sticky.duration)}" if sticky.duration else ""
    return [f"AWSELB={text}; Path=/{lasting}", f"AWSELBCORS={text}; Path=/{lasting}{CORS}"]


def _read(seal: Seal, cookies: Mapping[str, str], name: str) -> Mapping[str, Sequence[Any]]:
    """The twin of a cookie for requests from other origins, or the cookie: of both the twin counts, as AWS says."""
    return seal.open(name, cookies.get(f"{name}CORS", "")) or seal.open(name, cookies.get(name, "")) or {}


def _pair(name: str, text: str, now: float) -> list[str]:
    return [_cookie(name, text, now), _cookie(f"{name}CORS", text, now) + CORS]


def _cookie(name: str, text: str, now: float) -> str:
    return f"{name}={text}; Expires={formatdate(now + LIFETIME, usegmt=True)}; Path=/"
