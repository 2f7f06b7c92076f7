"""What a rule does with a request: checked when a rule is made, compiled; leaves out targets, and authentication.

A rule has one routing action, forward, redirect or fixed-response. The gate checks what the API's model says: lengths,
status codes, the order's range. Messages that users of AWS have reported are AWS's; the others are ours, in its manner.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from eslabon.elbv2.application.messages import Request, Response
from eslabon.elbv2.rules.errors import invalid_action, validation_error
from eslabon.errors import NotModelled, ServiceError

Json = Mapping[str, Any]

FORWARD, REDIRECT, FIXED_RESPONSE = "forward", "redirect", "fixed-response"
CONFIGS = {FORWARD: "ForwardConfig", REDIRECT: "RedirectConfig", FIXED_RESPONSE: "FixedResponseConfig"}
CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
REDIRECT_DEFAULTS = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
REUSABLE = {
    "Protocol": {"protocol"},
    "Port": {"port"},
    "Host": {"host"},
    "Path": {"host", "path", "port"},
    "Query": {"protocol", "host", "port", "path", "query"},
}
"""Which parts of the request's URL a part of the redirect's may repeat."""

GROUPS_LIMIT = 5
LONGEST_STICKINESS = 604_800

_KEYWORD = re.compile(r"#\{(\w*)\}")
_PATH = re.compile(r"/(?:[A-Za-z0-9*?&_.$/~\"'@:+-]|#\{\w+\})*")
_QUERY = re.compile(r"[!-~]*")
_HOST = re.compile(r"(?:[A-Za-z0-9.*?_-]|#\{host\})+")


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the request to one of the target groups, by weight; `sticky` for so many seconds, or None."""

    groups: tuple[tuple[str, int], ...]  # ARN, weight
    sticky: int | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer with another URL; the parts are templates."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str

    def location(self, request: Request) -> str:
        """The URL that a request is sent to; it always names the port.

        >>> redirect = compile_action({"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443",
        ...                            "StatusCode": "HTTP_301"}})
        >>> redirect.location(Request("GET", "/a?b=c", (("Host", "example.com"),)))
        'https://example.com:443/a?b=c'
        >>> redirect.location(Request("GET", "/", (("Host", "example.com:80"),)))
        'https://example.com:443/'
        """
        parts = {
            "protocol": request.scheme,
            "host": request.host,
            "port": str(request.port),
            "path": request.path.removeprefix("/"),
            "query": request.query_string,
        }
        protocol, host, port, path, query = (
            _KEYWORD.sub(lambda found: parts[found[1]], template)
            for template in (self.protocol, self.host, self.port, self.path, self.query)
        )
        return f"{protocol.lower()}://{host}:{port}{path}" + (f"?{query}" if query else "")

    def answer(self, request: Request) -> Response:
        """The response to a request, with the headers that the redirect gives it.

        >>> compile_action({"Type": "redirect", "RedirectConfig": {"Host": "new.#{host}", "StatusCode": "HTTP_302"}}
        ...               ).answer(Request("GET", "/", (("Host", "example.com"),))).headers[0]
        ('Location', 'http://new.example.com:80/')
        """
        return Response(self.status, (("Location", self.location(request)),), b"", HTTPStatus(self.status).phrase)


@dataclass(frozen=True, slots=True)
class FixedResponse:
    """Answer with a status code, and perhaps a text."""

    status: int
    content_type: str
    body: bytes

    def answer(self, request: Request) -> Response:
        """The response to any request.

        >>> fixed = compile_action({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}})
        >>> fixed.answer(Request("GET", "/")).status, fixed.answer(Request("GET", "/")).body
        (503, b'')
        """
        known = self.status in set(HTTPStatus)
        headers = (("Content-Type", self.content_type),) if self.body else ()
        return Response(self.status, headers, self.body, HTTPStatus(self.status).phrase if known else "")


Action = Forward | Redirect | FixedResponse


def check_actions(actions: Sequence[Json], protocol: str = "HTTP", port: int = 80) -> list[dict[str, Any]]:
    """Check the actions of a rule, or the default actions of a listener, and return them as DescribeRules shows them.

    `protocol` and `port` are the listener's. Whether target groups exist and fit is for the caller. Raises ServiceError
    with InvalidLoadBalancerAction, ValidationError or TooManyTargetGroups, and NotModelled.

    >>> forward, = check_actions([{"Type": "forward", "TargetGroupArn": "arn:a"}])
    >>> forward["Order"], forward["ForwardConfig"]["TargetGroups"]
    (1, [{'TargetGroupArn': 'arn:a', 'Weight': 1}])
    >>> check_actions([{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidLoadBalancerAction: The redirect configuration is not valid because ...
    >>> check_actions([{"Type": "authenticate-oidc"}, {"Type": "forward", "TargetGroupArn": "arn:a"}], "HTTPS", 443)
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model elbv2 actions of type authenticate-oidc. Modelled nearby: ...
    """
    if not actions:
        raise validation_error("An action must be specified")
    for action in actions:
        if action["Type"] not in CONFIGS:
            raise NotModelled("elbv2", f"actions of type {action['Type']}", CONFIGS)
    if len(actions) > 1:
        raise invalid_action("A rule must have exactly one action of type 'forward', 'redirect' or 'fixed-response'")
    action = actions[0]
    kind = action["Type"]
    if kind != FORWARD and protocol not in ("HTTP", "HTTPS"):
        raise invalid_action(f"Actions of type '{kind}' are not supported by {protocol} listeners")
    allowed = {"Type", "Order", CONFIGS[kind]} | ({"TargetGroupArn"} if kind == FORWARD else set())
    other = sorted(set(action) - allowed)
    if other:
        raise invalid_action(f"For actions of type '{kind}', you cannot specify the following fields: '{other[0]}'")
    complete = {"Type": kind, "Order": action.get("Order", 1)}
    if kind == FORWARD:
        return [complete | _check_forward(action, protocol)]
    config = action.get(CONFIGS[kind])
    if config is None:
        raise invalid_action(f"For actions of type '{kind}', you must specify the following fields: '{CONFIGS[kind]}'")
    if kind == REDIRECT:
        return [complete | {"RedirectConfig": _check_redirect(config, protocol, port)}]
    content_type = config.get("ContentType")
    if content_type and content_type not in CONTENT_TYPES:
        raise validation_error(f"The content type '{content_type}' must be one of '[{', '.join(CONTENT_TYPES)}]'")
    return [complete | {"FixedResponseConfig": dict(config)}]


def _check_forward(action: Json, protocol: str) -> dict[str, Any]:
    arn, config = action.get("TargetGroupArn"), action.get("ForwardConfig", {})
    groups = config.get("TargetGroups") or ([{"TargetGroupArn": arn}] if arn else [])
    arns = [group.get("TargetGroupArn") for group in groups]
    if not groups or not all(arns):
        raise invalid_action("For actions of type 'forward', you must specify the following fields: 'TargetGroupArn'")
    if arn and arns != [arn]:
        raise validation_error("If you specify TargetGroupArn, ForwardConfig can only have the same target group")
    if len(groups) > GROUPS_LIMIT:
        raise ServiceError("TooManyTargetGroups", f"An action can only have '{GROUPS_LIMIT}' target groups")
    if len(set(arns)) < len(arns):
        raise validation_error("An action can have each target group only once")
    weights = [group.get("Weight", 1 if len(groups) == 1 else None) for group in groups]
    if None in weights:
        raise validation_error("Each target group must have a weight if an action has several")
    if not all(0 <= weight <= 999 for weight in weights):
        raise validation_error("Target group weight must be between 0 and 999")
    stickiness = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    duration = stickiness.get("DurationSeconds")
    needed = stickiness.get("Enabled") and protocol in ("HTTP", "HTTPS")
    if (needed or duration is not None) and not 1 <= (duration or 0) <= LONGEST_STICKINESS:
        raise validation_error(f"Target group stickiness duration must be between 1 and {LONGEST_STICKINESS} seconds")
    shown = [{"TargetGroupArn": name, "Weight": weight} for name, weight in zip(arns, weights, strict=True)]
    single = {"TargetGroupArn": arns[0]} if len(arns) == 1 else {}
    return single | {"ForwardConfig": {"TargetGroups": shown, "TargetGroupStickinessConfig": dict(stickiness)}}


def _check_redirect(config: Json, protocol: str, port: int) -> dict[str, Any]:
    parts = REDIRECT_DEFAULTS | dict(config)
    for name, reusable in REUSABLE.items():
        unknown = [word for word in _KEYWORD.findall(parts[name]) if word not in reusable]
        if unknown:
            raise validation_error(f"The redirect's {name} '{parts[name]}' cannot contain '#{{{unknown[0]}}}'")
    if not (parts["Port"] == "#{port}" or (parts["Port"].isdecimal() and 1 <= int(parts["Port"]) <= 65535)):
        raise validation_error(f"The redirect's Port '{parts['Port']}' must be from 1 to 65535, or '#{{port}}'")
    if not parts["Path"].startswith("/"):
        raise validation_error(f"The redirect's Path '{parts['Path']}' must start with '/'")
    for name, allowed in (("Path", _PATH), ("Query", _QUERY)):
        if not allowed.fullmatch(parts[name]):
            raise validation_error(f"The redirect's {name} {parts[name]!r} contains invalid characters")
    if not _HOST.fullmatch(parts["Host"]):
        raise validation_error(f"The redirect's Host '{parts['Host']}' is not valid")
    if protocol == "HTTPS" and parts["Protocol"] == "HTTP":
        raise invalid_action("The redirect configuration is not valid because it redirects HTTPS to HTTP.")
    unchanged = (
        parts["Protocol"] in ("#{protocol}", protocol)
        and parts["Port"] in ("#{port}", str(port))
        and all(parts[name] == REDIRECT_DEFAULTS[name] for name in ("Host", "Path"))
    )
    if unchanged:
        raise invalid_action("The redirect configuration is not valid because it creates a loop.")
    return parts


def compile_action(action: Json) -> Action:
    """What an action, checked or as it was given, does.

    >>> compile_action({"Type": "forward", "TargetGroupArn": "arn:a"})
    Forward(groups=(('arn:a', 1),), sticky=None)
    >>> compile_action({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "Hi"}})
    FixedResponse(status=200, content_type='text/plain', body=b'Hi')
    """
    if action["Type"] == FORWARD:
        config = action.get("ForwardConfig", {})
        groups = config.get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
        stickiness = config.get("TargetGroupStickinessConfig", {})
        weighted = tuple((group["TargetGroupArn"], group.get("Weight", 1)) for group in groups)
        return Forward(weighted, stickiness.get("DurationSeconds") if stickiness.get("Enabled") else None)
    config = action[CONFIGS[action["Type"]]]
    if action["Type"] == REDIRECT:
        parts = REDIRECT_DEFAULTS | dict(config)
        status = int(config["StatusCode"].removeprefix("HTTP_"))
        return Redirect(status, parts["Protocol"], parts["Host"], parts["Port"], parts["Path"], parts["Query"])
    body = (config.get("MessageBody") or "").encode()
    return FixedResponse(int(config["StatusCode"]), config.get("ContentType") or "text/plain", body)
