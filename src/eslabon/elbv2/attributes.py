"""The attributes of balancers, listeners and target groups: which type has which, their defaults and values, as tables.

What an attribute does is where it does it. One whose other values have no effect here takes its default only.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html,
API_ListenerAttribute.html, API_TargetGroupAttribute.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from eslabon.elbv2.resources import ALB, APPLICATION, GATEWAY, IP, LAMBDA, NETWORK, TargetGroup
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its default (None: it is not there until it is set), and what it may be."""

    default: str | None
    values: tuple[str, ...] = ()
    numbers: range | None = None  # beside the values
    text: str | None = None  # a regular expression for texts
    modelled: bool = True  # whether values other than the default have their effect here


Table = Mapping[str, Attribute]

_ANY = r"(?s:.*)"
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, section 5.6.2
_HEADER_VALUE = r"[\t -~]*"
_COOKIE_NAME = rf"(?:{_HEADER_NAME})?"  # RFC 6265, section 4.1.1


def _switch(default: str = "false", *, modelled: bool = True) -> Attribute:
    return Attribute(default, ("true", "false"), modelled=modelled)


def _number(default: int, first: int, last: int, *values: str) -> Attribute:
    return Attribute(str(default), values, range(first, last + 1))


def _choice(*values: str, modelled: bool = True) -> Attribute:
    """The first one is the default."""
    return Attribute(values[0], values, modelled=modelled)


def _logs(kind: str, *, modelled: bool = False) -> dict[str, Attribute]:
    return {
        f"{kind}.s3.enabled": _switch(modelled=modelled),
        f"{kind}.s3.bucket": Attribute("", text=_ANY, modelled=modelled),
        f"{kind}.s3.prefix": Attribute("", text=_ANY, modelled=modelled),
    }


_EVERY_BALANCER = {"deletion_protection.enabled": _switch()}
_AFFINITIES = ("any_availability_zone", "partial_availability_zone_affinity", "availability_zone_affinity")
BALANCERS: Mapping[str, Table] = {
    APPLICATION: {
        **_EVERY_BALANCER,
        "load_balancing.cross_zone.enabled": _choice("true"),
        **_logs("access_logs", modelled=True),
        **_logs("connection_logs"),
        **_logs("health_check_logs"),
        "ipv6.deny_all_igw_traffic": _switch(modelled=False),
        "zonal_shift.config.enabled": _switch(modelled=False),
        "idle_timeout.timeout_seconds": _number(60, 1, 4000),
        "client_keep_alive.seconds": _number(3600, 60, 604_800),
        "routing.http.desync_mitigation_mode": _choice("defensive", "monitor", "strictest"),
        "routing.http.drop_invalid_header_fields.enabled": _switch(),
        "routing.http.preserve_host_header.enabled": _switch(),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _switch(),
        "routing.http.xff_client_port.enabled": _switch(),
        "routing.http.xff_header_processing.mode": _choice("append", "preserve", "remove"),
        "routing.http2.enabled": _switch("true"),
        "waf.fail_open.enabled": _switch(modelled=False),
    },
    NETWORK: {
        **_EVERY_BALANCER,
        "load_balancing.cross_zone.enabled": _switch(),
        **_logs("access_logs", modelled=True),
        "ipv6.deny_all_igw_traffic": _switch(modelled=False),
        "zonal_shift.config.enabled": _switch(modelled=False),
        "dns_record.client_routing_policy": Attribute("any_availability_zone", _AFFINITIES, modelled=False),
        "secondary_ips.auto_assigned.per_subnet": replace(_number(0, 0, 7), modelled=False),
    },
    GATEWAY: {**_EVERY_BALANCER, "load_balancing.cross_zone.enabled": _switch()},
}

_IDLE = {"tcp.idle_timeout.seconds": _number(350, 60, 6000)}
_RESPONSE_HEADERS = """strict_transport_security access_control_allow_origin access_control_allow_methods
    access_control_allow_headers access_control_allow_credentials access_control_expose_headers access_control_max_age
    content_security_policy x_content_type_options x_frame_options""".split()
_HTTP = {
    "routing.http.response.server.enabled": _switch("true"),
    **{f"routing.http.response.{name}.header_value": Attribute("", text=_HEADER_VALUE) for name in _RESPONSE_HEADERS},
}
# Of HTTPS listeners, what the request headers are called that tell of TLS and of the client's certificate.
_CERTIFICATE_PARTS = ("-Serial-Number", "-Issuer", "-Subject", "-Validity", "-Leaf", "")
_TLS_HEADERS = {
    f"routing.http.request.{name.lower().replace('-', '_')}.header_name": Attribute(name, text=_HEADER_NAME)
    for name in (
        *(f"X-Amzn-Mtls-Clientcert{part}" for part in _CERTIFICATE_PARTS),
        *("X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite"),
    )
}
LISTENERS: Mapping[str | None, Table] = {  # by protocol; Gateway Load Balancers' listeners have none
    "HTTP": _HTTP,
    "HTTPS": {**_HTTP, **_TLS_HEADERS},
    "TCP": _IDLE,
    "TCP_UDP": _IDLE,
    "TLS": {},
    "UDP": {},
    None: {**_IDLE, "send_tcp_reset.on_idle_timeout.enabled": _switch()},
}

_DELAY = {"deregistration_delay.timeout_seconds": _number(300, 0, 3600)}
_PERCENTAGE = Attribute("off", ("off",), range(1, 101))
CROSS_ZONE = "load_balancing.cross_zone.enabled"
_CROSS_ZONE = {CROSS_ZONE: _choice("use_load_balancer_configuration", "true", "false")}
_GROUP_HEALTH = {
    "target_group_health.dns_failover.minimum_healthy_targets.count": _number(1, 1, 1000, "off"),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": _PERCENTAGE,
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": _number(1, 1, 1000),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": _PERCENTAGE,
}
_COOKIES = {
    "stickiness.enabled": _switch(),
    "stickiness.type": _choice("lb_cookie", "app_cookie"),
    "stickiness.lb_cookie.duration_seconds": _number(86_400, 1, 604_800),
    "stickiness.app_cookie.cookie_name": Attribute("", text=_COOKIE_NAME),
    "stickiness.app_cookie.duration_seconds": _number(86_400, 1, 604_800),
}
_HTTP_GROUP = {
    **_DELAY,
    **_CROSS_ZONE,
    **_GROUP_HEALTH,
    **_COOKIES,
    "load_balancing.algorithm.type": _choice("round_robin", "least_outstanding_requests", "weighted_random"),
    "load_balancing.algorithm.anomaly_mitigation": _choice("off", "on", modelled=False),
    "slow_start.duration_seconds": Attribute("0", ("0",), range(30, 901)),
}
_LAMBDA_GROUP = {
    CROSS_ZONE: _choice("use_load_balancer_configuration", "true"),  # a function is in no zone
    **_COOKIES,
    "lambda.multi_value_headers.enabled": _switch(),
}
_TERMINATE = "target_health_state.unhealthy.connection_termination.enabled"
_DRAIN = "target_health_state.unhealthy.draining_interval_seconds"
_NETWORK_GROUP = {
    **_DELAY,
    **_CROSS_ZONE,
    **_GROUP_HEALTH,
    "stickiness.enabled": _switch(),
    "stickiness.type": _choice("source_ip"),
    "deregistration_delay.connection_termination.enabled": _switch(),
    "preserve_client_ip.enabled": _switch("true"),
    "proxy_protocol_v2.enabled": _switch(),
    _TERMINATE: _switch("true"),
    _DRAIN: _number(0, 0, 360_000),
}
_FAILOVER_ACTIONS = ("dns_failover", "unhealthy_state_routing")
_FAILOVER = ("target_failover.on_deregistration", "target_failover.on_unhealthy")
_GATEWAY_GROUP = {
    **_DELAY,
    "stickiness.enabled": _switch(),
    "stickiness.type": _choice("source_ip_dest_ip_proto", "source_ip_dest_ip"),
    **{key: _choice("no_rebalance", "rebalance") for key in _FAILOVER},
    "send_tcp_reset.on_unhealthy.enabled": _switch(),
    "send_tcp_reset.on_deregistration.enabled": _switch(),
}
_UDP = ("UDP", "TCP_UDP")
_GROUPS: Mapping[str, Table] = {
    **dict.fromkeys(("HTTP", "HTTPS"), _HTTP_GROUP),
    **dict.fromkeys(("TCP", "TLS", *_UDP), _NETWORK_GROUP),
    "GENEVE": _GATEWAY_GROUP,
}
_TABLES: Mapping[str, Iterable[Table]] = {  # to tell a key of another type from none
    "Load balancer": BALANCERS.values(),
    "Listener": LISTENERS.values(),
    "Target group": (*_GROUPS.values(), _LAMBDA_GROUP),
}


def of_group(group_type: str, protocol: str | None) -> dict[str, Attribute]:
    """The attributes that a target group of this type and protocol has.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html

    >>> of_group("ip", "TCP")["preserve_client_ip.enabled"].default
    'false'
    >>> "slow_start.duration_seconds" in of_group("lambda", None)
    False
    >>> of_group("instance", "SCTP")
    Traceback (most recent call last):
    KeyError: 'SCTP'
    """
    table = dict(_LAMBDA_GROUP if group_type == LAMBDA else _GROUPS[protocol or ""])
    if protocol in _UDP:  # a flow without connections ends with the registration, and keeps its client's address
        table["deregistration_delay.connection_termination.enabled"] = _switch("true")
        table["preserve_client_ip.enabled"] = _choice("true")
        table[_TERMINATE] = _choice("false")
    elif group_type == IP and "preserve_client_ip.enabled" in table:
        table["preserve_client_ip.enabled"] = _switch("false")
    if protocol == "TLS":
        table["stickiness.enabled"] = _choice("false")
    if group_type == ALB:
        for key in ("stickiness.enabled", "stickiness.type", "proxy_protocol_v2.enabled"):
            del table[key]
    return table


def defaults(table: Table) -> dict[str, str]:
    """What something has before anybody modifies its attributes.

    >>> defaults(BALANCERS["gateway"])
    {'deletion_protection.enabled': 'false', 'load_balancing.cross_zone.enabled': 'false'}
    >>> defaults(LISTENERS["TLS"])
    {}
    """
    return {key: one.default for key, one in table.items() if one.default is not None}


def listed(held: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Attributes as the API answers them.

    >>> listed({"idle_timeout.timeout_seconds": "60"}), listed({})
    ({'Attributes': [{'Key': 'idle_timeout.timeout_seconds', 'Value': '60'}]}, {'Attributes': []})
    """
    return {"Attributes": [{"Key": key, "Value": value} for key, value in held.items()]}


def changed(
    kind: str, table: Table, given: Iterable[Mapping[str, str]], on: str, held: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The attributes that a request sets, checked by their table.

    kind: "Load balancer", "Listener" or "Target group". given: Key and Value, as the API has them. on: what has this
    table, for the message. held: what it has so far, where that is not always the default.

    Raises ServiceError: ValidationError for an unknown key or a value that may not be, InvalidConfigurationRequest for
    a key of another type. Raises NotModelled for a value without its effect here.

    >>> like = ("Load balancer", BALANCERS["network"])
    >>> cross_zone = {"Key": "load_balancing.cross_zone.enabled", "Value": "true"}
    >>> changed(*like, [cross_zone], "load balancers with type 'network'")
    {'load_balancing.cross_zone.enabled': 'true'}
    >>> changed(*like, [], "load balancers with type 'network'")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: Attributes cannot be empty
    >>> idle = {"Key": "idle_timeout.timeout_seconds", "Value": "60"}
    >>> changed(*like, [idle], "load balancers with type 'network'")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidConfigurationRequest: Load balancer attribute key ... is not supported on ...
    """
    found: dict[str, str] = {}
    for one in given:
        key, value = one.get("Key", ""), one.get("Value", "")
        attribute = table.get(key)
        if attribute is None:
            if any(key in other for other in _TABLES[kind]):
                raise invalid(f"{kind} attribute key '{key}' is not supported on {on}")
            raise validation_error(f"{kind} attribute key '{key}' is not recognized")
        if key in found:
            raise validation_error(f"{kind} attribute key '{key}' is specified more than once")
        if not _is_one_of(attribute, value):
            if key == "stickiness.type" and any(_is_one_of(other[key], value) for other in _TABLES[kind]):
                raise invalid(f"Stickiness type '{value}' is not supported for {on}")
            if attribute.text is not None:
                raise validation_error(f"The value of '{key}' contains invalid characters")
            raise validation_error(f"{kind} attribute value '{value}' for key '{key}' must be {_allowed(attribute)}")
        default = (held or {}).get(key, attribute.default)
        if not attribute.modelled and value != default:
            raise NotModelled("elbv2", f"{key} with the value {value!r}", (f"its default {default!r}",))
        found[key] = value
    if not found:
        raise validation_error("Attributes cannot be empty")
    return found


def _is_one_of(attribute: Attribute, value: str) -> bool:
    if attribute.text is not None:
        return re.fullmatch(attribute.text, value) is not None
    if value in attribute.values:
        return True
    return attribute.numbers is not None and value.isdecimal() and value.isascii() and int(value) in attribute.numbers


def _allowed(attribute: Attribute) -> str:
    allowed = [f"'{value}'" for value in attribute.values]
    if attribute.numbers is not None:
        allowed.append(f"between '{attribute.numbers[0]}' and '{attribute.numbers[-1]}'")
    return " or ".join(allowed)


def check_group(group: TargetGroup, attributes: Mapping[str, str]) -> None:
    """Refuse attributes of a target group that do not go together: ServiceError with InvalidConfigurationRequest.

    attributes: all of them, as they are to be.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html

    >>> from eslabon.elbv2.balancing.examples import group
    >>> check_group(group([]), {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"})
    >>> slow = {"slow_start.duration_seconds": "30"}
    >>> check_group(group([]), slow | {"load_balancing.algorithm.type": "weighted_random"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidConfigurationRequest: Slow start mode cannot be enabled with ...
    """
    algorithm = attributes.get("load_balancing.algorithm.type", "round_robin")
    if attributes.get("slow_start.duration_seconds", "0") != "0" and algorithm != "round_robin":
        raise invalid(f"Slow start mode cannot be enabled with the load balancing algorithm '{algorithm}'")
    sticky = attributes.get("stickiness.enabled") == "true"
    if sticky and algorithm == "weighted_random":
        raise invalid("Stickiness cannot be enabled with the load balancing algorithm 'weighted_random'")
    for key in ("send_tcp_reset.on_unhealthy.enabled", "send_tcp_reset.on_deregistration.enabled"):
        if sticky and attributes.get(key) == "true":
            raise invalid(f"'{key}' requires 5-tuple flow stickiness: 'stickiness.enabled' must be false")
    name = attributes.get("stickiness.app_cookie.cookie_name", "")
    if name.startswith("AWSALB"):
        raise validation_error(
            f"Cookie name '{name}' is not valid: the prefixes AWSALB, AWSALBAPP and AWSALBTG are reserved"
        )
    by_application = attributes.get("stickiness.type") == "app_cookie"
    if sticky and by_application and not name:
        raise invalid("Stickiness type 'app_cookie' needs 'stickiness.app_cookie.cookie_name'")
    for unit in ("count", "percentage"):  # DNS failover comes with or before routing failover
        keys = [f"target_group_health.{action}.minimum_healthy_targets.{unit}" for action in _FAILOVER_ACTIONS]
        dns, routing = (attributes.get(key, "off") for key in keys)
        if "off" not in (dns, routing) and int(dns) < int(routing):
            raise invalid(f"'{keys[0]}' must be greater than or equal to '{keys[1]}'")
    if stays_in_zone(group, attributes):
        if sticky:
            raise invalid("Stickiness is not supported when cross-zone load balancing is off")
        if any(target.zone == "all" for target in group.targets.values()):
            raise invalid("Cross-zone load balancing cannot be off while a target has the Availability Zone 'all'")
    if attributes.get(_DRAIN, "0") != "0" and attributes.get(_TERMINATE) == "true":
        raise invalid(f"'{_DRAIN}' can be set only when '{_TERMINATE}' is false")
    if len({attributes[key] for key in _FAILOVER if key in attributes}) > 1:
        raise invalid("'target_failover.on_deregistration' and 'target_failover.on_unhealthy' must have the same value")


def stays_in_zone(group: TargetGroup, attributes: Mapping[str, str]) -> bool:
    """Whether a target group of an Application Load Balancer with these attributes has cross-zone load balancing off.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/disable-cross-zone.html

    >>> from eslabon.elbv2.balancing.examples import group
    >>> stays_in_zone(group([]), {"load_balancing.cross_zone.enabled": "false"}), stays_in_zone(group([]), {})
    (True, False)
    """
    return attributes.get(CROSS_ZONE) == "false" and group.protocol in ("HTTP", "HTTPS")


def invalid(message: str) -> ServiceError:
    """The error for a configuration that cannot be.

    >>> invalid("All subnets must be in the same VPC").code
    'InvalidConfigurationRequest'
    """
    return ServiceError("InvalidConfigurationRequest", message)
