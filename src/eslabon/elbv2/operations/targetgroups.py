"""Target groups: their types, protocols and health checks. gRPC, HTTP/2 to targets and QUIC are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eslabon.elbv2 import attributes
from eslabon.elbv2.balancing.checks import DEFAULT_MATCHER, parse_matcher
from eslabon.elbv2.operations.limits import LIMITS
from eslabon.elbv2.operations.registry import (
    PAGE,
    Answer,
    Many,
    Registry,
    Texts,
    check_name,
    chooses_anew,
    chosen,
    existing,
    forward_groups,
    paged,
)
from eslabon.elbv2.resources import ALB, INSTANCE, IP, LAMBDA, HealthCheck, TargetGroup
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

# Protocol: the types of targets that a group with it may have.
_TYPES = {
    **dict.fromkeys(("HTTP", "HTTPS", "TLS", "UDP", "TCP_UDP", "GENEVE"), (INSTANCE, IP)),
    "TCP": (INSTANCE, IP, ALB),
}
_GENEVE_PORT = 6081
_HTTP = ("HTTP", "HTTPS")
_PATH = re.compile(r"/[!-~]*")
_IPV6 = (*_HTTP, "TCP", "TLS", "UDP", "TCP_UDP")  # protocols of groups of IPv6 addresses; instances have none here

# What health checks are by default: of functions, of Application, Network and Gateway Load Balancers' groups.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html and the pages of
# that name for the other types
_CHECK = HealthCheck(True, "TCP", "traffic-port", None, interval=30, timeout=10, healthy=5, unhealthy=2, matcher=None)
_FUNCTION_CHECK = replace(_CHECK, enabled=False, protocol="", port="", interval=35, timeout=30, unhealthy=5)
_APPLICATION_CHECK = replace(_CHECK, protocol="HTTP", timeout=5)
_GATEWAY_CHECK = replace(_CHECK, port="80", interval=10, timeout=5)

# Members of the API: fields of HealthCheck.
_MEMBERS = {
    "HealthCheckProtocol": "protocol",
    "HealthCheckPort": "port",
    "HealthCheckEnabled": "enabled",
    "HealthCheckPath": "path",
    "HealthCheckIntervalSeconds": "interval",
    "HealthCheckTimeoutSeconds": "timeout",
    "HealthyThresholdCount": "healthy",
    "UnhealthyThresholdCount": "unhealthy",
}


class TargetGroups(Registry):
    """Operations on target groups."""

    def create_target_group(
        self,
        Name: str,
        Protocol: str | None = None,
        ProtocolVersion: str | None = None,
        Port: int | None = None,
        VpcId: str | None = None,
        HealthCheckProtocol: str | None = None,
        HealthCheckPort: str | None = None,
        HealthCheckEnabled: bool | None = None,
        HealthCheckPath: str | None = None,
        HealthCheckIntervalSeconds: int | None = None,
        HealthCheckTimeoutSeconds: int | None = None,
        HealthyThresholdCount: int | None = None,
        UnhealthyThresholdCount: int | None = None,
        Matcher: Mapping[str, str] | None = None,
        TargetType: str = INSTANCE,
        Tags: Many = (),
        IpAddressType: str = "ipv4",
    ) -> Answer:
        """Create a target group; the same request again finds the same one.

        Raises DuplicateTargetGroupName, InvalidConfigurationRequest, TooManyTargetGroups, TooManyTags, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html

        >>> from eslabon import Cloud
        >>> elbv2 = Cloud().client("elbv2")
        >>> made = elbv2.create_target_group(Name="thumbnails", TargetType="lambda")["TargetGroups"][0]
        >>> made["HealthCheckEnabled"], made["HealthCheckIntervalSeconds"], made["Matcher"]
        (False, 35, {'HttpCode': '200'})
        >>> elbv2.create_target_group(Name="orders", Port=80, VpcId="vpc-0")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ... A protocol must be specified
        """
        check_name(Name, "Target group name")
        tags = self._check_tags(Tags)
        if IpAddressType == "ipv6" and (TargetType != IP or Protocol not in _IPV6):
            raise NotModelled(self.name, f"target groups of IPv6 with the type {TargetType} and {Protocol}", _IPV6)
        self._check_group(TargetType, Protocol, ProtocolVersion, Port, VpcId)
        given = _given(locals())
        default = _default_check(TargetType, Protocol, HealthCheckProtocol)
        group = TargetGroup(
            name=Name,
            arn=self._new_arn(f"targetgroup/{Name}"),
            type=TargetType,
            protocol=Protocol,
            protocol_version="HTTP1" if Protocol in _HTTP else None,
            port=Port,
            vpc=VpcId,
            address_type=IpAddressType,
            check=_checked(default, given, Matcher, TargetType, Protocol),
            attributes=attributes.defaults(attributes.of_group(TargetType, Protocol)),
        )
        there = next((one for one in self.groups.values() if one.name == Name), None)
        if there:
            if _settings(there) != _settings(group) or (Tags and tags != self._tags.get(there.arn)):
                message = f"A target group with the same name '{Name}' exists, but with different settings"
                raise ServiceError("DuplicateTargetGroupName", message)
            return {"TargetGroups": [self._shown_group(there)]}
        most = LIMITS["target-groups"]
        if len(self.groups) >= most:
            raise ServiceError("TooManyTargetGroups", f"You have reached the maximum of {most} target groups")
        self.groups[group.arn] = group
        self._tags.put(group.arn, tags)
        self.journal.record("resource", arn=group.arn, state="created", type="target-group", name=Name)
        return {"TargetGroups": [self._shown_group(group)]}

    def _check_group(
        self, kind: str, protocol: str | None, version: str | None, port: int | None, vpc: str | None
    ) -> None:
        """Refuse a type, protocol, version, port and VPC that a group cannot have together."""
        given = {"protocol": protocol, "port": port, "VPC ID": vpc}
        for name, value in given.items():
            if value and kind == LAMBDA:
                raise validation_error(f"A {name} cannot be specified with the target type 'lambda'")
            if not value and kind != LAMBDA:
                raise validation_error(f"A {name} must be specified")
        if version and protocol not in _HTTP:
            raise validation_error("A protocol version can be specified only with the protocols 'HTTP' and 'HTTPS'")
        if version not in (None, "HTTP1", "HTTP2", "GRPC"):
            raise validation_error(f"Protocol version '{version}' must be one of 'GRPC, HTTP1, HTTP2'")
        if version in ("HTTP2", "GRPC"):
            raise NotModelled(self.name, f"target groups with the protocol version {version}", ("HTTP1",))
        if kind == LAMBDA:
            return
        if protocol not in _TYPES:
            raise NotModelled(self.name, f"target groups with the protocol {protocol}", _TYPES)
        if kind not in _TYPES[protocol]:
            raise validation_error(f"Protocol '{protocol}' is not supported with the target type '{kind}'")
        if protocol == "GENEVE" and port != _GENEVE_PORT:
            raise validation_error(f"Port '{port}' must be '{_GENEVE_PORT}' with the protocol 'GENEVE'")
        try:
            self.ask("ec2", "describe_vpcs", VpcIds=[vpc])
        except ServiceError as missing:
            raise validation_error(missing.message) from None

    def describe_target_groups(
        self,
        LoadBalancerArn: str = "",
        TargetGroupArns: Texts = (),
        Names: Texts = (),
        Marker: str = "",
        PageSize: int = PAGE,
    ) -> Answer:
        """Describe target groups: all, a load balancer's, or by ARN or name.

        Raises TargetGroupNotFound, LoadBalancerNotFound, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> found, = shop.elbv2.describe_target_groups(LoadBalancerArn=shop.balancer.arn)["TargetGroups"]
        >>> found["TargetGroupName"], found["LoadBalancerArns"] == [shop.balancer.arn]
        ('shop', True)
        >>> shop.elbv2.describe_target_groups(Names=["orders"])
        Traceback (most recent call last):
        botocore.errorfactory.TargetGroupNotFoundException: An error occurred (TargetGroupNotFound) ...
        """
        if LoadBalancerArn and (TargetGroupArns or Names):
            raise validation_error("A load balancer ARN cannot be specified together with target group ARNs or names")
        groups = chosen(self.groups, TargetGroupArns, Names, "target group")
        if LoadBalancerArn:
            balancer = self._balancer(LoadBalancerArn)
            groups = [one for one in groups if balancer in self.users(one)]
        found = [self._shown_group(one) for one in groups]
        return paged("TargetGroups", found, PageSize, Marker, LoadBalancerArn, TargetGroupArns, Names)

    def modify_target_group(
        self,
        TargetGroupArn: str,
        HealthCheckProtocol: str | None = None,
        HealthCheckPort: str | None = None,
        HealthCheckPath: str | None = None,
        HealthCheckEnabled: bool | None = None,
        HealthCheckIntervalSeconds: int | None = None,
        HealthCheckTimeoutSeconds: int | None = None,
        HealthyThresholdCount: int | None = None,
        UnhealthyThresholdCount: int | None = None,
        Matcher: Mapping[str, str] | None = None,
    ) -> Answer:
        """Change the health checks. Raises TargetGroupNotFound, InvalidConfigurationRequest, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroup.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> modify = shop.elbv2.modify_target_group
        >>> changed = modify(TargetGroupArn=shop.group.arn, HealthCheckPath="/health", Matcher={"HttpCode": "200-299"})
        >>> changed["TargetGroups"][0]["HealthCheckPath"]
        '/health'
        >>> modify(TargetGroupArn=shop.group.arn, HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=5)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ... interval must be greater than the ...
        """
        group = self._group(TargetGroupArn)
        changed = _checked(group.check, _given(locals()), Matcher, group.type, group.protocol)
        for name in HealthCheck.__slots__:  # the targets' health counts by the same settings
            setattr(group.check, name, getattr(changed, name))
        self.settle(group)
        return {"TargetGroups": [self._shown_group(group)]}

    def delete_target_group(self, TargetGroupArn: str) -> None:
        """Delete a target group that no rule forwards to; its targets live on. Raises ResourceInUse.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.delete_target_group(TargetGroupArn=shop.group.arn)
        Traceback (most recent call last):
        botocore.errorfactory.ResourceInUseException: An error occurred (ResourceInUse) ... by a listener or a rule
        >>> _ = shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        >>> _ = shop.elbv2.delete_target_group(TargetGroupArn=shop.group.arn)
        >>> _ = shop.elbv2.delete_target_group(TargetGroupArn=shop.group.arn)  # it is gone already
        """
        group = existing(self.groups, TargetGroupArn, "target group")
        if group is None:
            return
        if self.users(group):
            message = f"Target group '{group.arn}' is currently in use by a listener or a rule"
            raise ServiceError("ResourceInUse", message)
        del self.groups[group.arn]
        self._tags.remove(group.arn)
        self.journal.record("resource", arn=group.arn, state="deleted", type="target-group", name=group.name)

    def describe_target_group_attributes(self, TargetGroupArn: str) -> Answer:
        """The attributes of a target group. Raises TargetGroupNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroupAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.describe_target_group_attributes(TargetGroupArn=shop.group.arn)["Attributes"][0]
        {'Key': 'deregistration_delay.timeout_seconds', 'Value': '300'}
        """
        return attributes.listed(self._group(TargetGroupArn).attributes)

    def modify_target_group_attributes(self, TargetGroupArn: str, Attributes: Many) -> Answer:
        """Change attributes, all or none of them. Raises TargetGroupNotFound, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroupAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> def modify(key, value):
        ...     given = [{"Key": key, "Value": value}]
        ...     return shop.elbv2.modify_target_group_attributes(TargetGroupArn=shop.group.arn, Attributes=given)
        >>> modify("deregistration_delay.timeout_seconds", "0")["Attributes"][0]["Value"]
        '0'
        >>> modify("preserve_client_ip.enabled", "true")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidConfigurationRequestException: An error occurred ... is not supported on ...
        """
        group = self._group(TargetGroupArn)
        on = f"target groups with the {group.protocol} protocol" if group.protocol else "functions"
        changes = attributes.changed("Target group", attributes.of_group(group.type, group.protocol), Attributes, on)
        after = group.attributes | changes
        attributes.check_group(group, after)
        if after.get("stickiness.enabled") == "true":
            self._check_rules_are_sticky(group)
        group.attributes = after
        return attributes.listed(after)

    def _check_rules_are_sticky(self, group: TargetGroup) -> None:
        """As AWS does: stickiness of a target comes after that of its group."""
        for rule in [rule for one in self._listeners() for rule in (one.default, *one.rules.values())]:
            if group.arn in forward_groups(rule.actions) and chooses_anew(rule.actions):
                where = f"This target group appears behind a rule with group stickiness disabled ({rule.arn})"
                what = "You must enable group stickiness before enabling target stickiness"
                raise attributes.invalid(f"{where}. {what}")

    def _shown_group(self, group: TargetGroup) -> Answer:
        check = {member: getattr(group.check, field) for member, field in _MEMBERS.items()}
        return {
            "TargetGroupArn": group.arn,
            "TargetGroupName": group.name,
            "Protocol": group.protocol,
            "Port": group.port,
            "VpcId": group.vpc,
            **check,
            "HealthCheckProtocol": group.check.protocol or None,
            "HealthCheckPort": group.check.port or None,
            "Matcher": {"HttpCode": group.check.matcher} if group.check.matcher else None,
            "LoadBalancerArns": [balancer.arn for balancer in self.users(group)],
            "TargetType": group.type,
            "ProtocolVersion": group.protocol_version,
            "IpAddressType": group.address_type,
        }


def _given(parameters: Mapping[str, Any]) -> Answer:
    return {_MEMBERS[name]: value for name, value in parameters.items() if name in _MEMBERS and value is not None}


def _default_check(kind: str, protocol: str | None, checked_by: str | None) -> HealthCheck:
    if kind == LAMBDA:
        check = _FUNCTION_CHECK
    elif protocol in (*_HTTP, "GENEVE"):
        check = _GATEWAY_CHECK if protocol == "GENEVE" else _APPLICATION_CHECK
    else:
        checked_by = checked_by or ("HTTP" if kind == ALB else "TCP")
        check = replace(_CHECK, timeout=6 if checked_by == "HTTP" else 10)
    return replace(check, protocol=checked_by or check.protocol)


def _checked(
    before: HealthCheck, given: Mapping[str, Any], matcher: Mapping[str, str] | None, kind: str, protocol: str | None
) -> HealthCheck:
    """The settings after a request, complete. Raises ServiceError for what does not go together."""
    check = replace(before, **given)
    if kind == LAMBDA and (check.protocol or check.port):
        raise validation_error("Health check protocol and port cannot be specified with the target type 'lambda'")
    allowed = ("",) if kind == LAMBDA else _HTTP if protocol in _HTTP or kind == ALB else (*_HTTP, "TCP")
    if check.protocol not in allowed:
        raise validation_error(f"Health check protocol '{check.protocol}' must be one of '{', '.join(allowed)}'")
    if kind != LAMBDA and check.port != "traffic-port" and not _is_port(check.port):
        raise validation_error(f"Health check port '{check.port}' must be 'traffic-port' or between '1' and '65535'")
    if kind != LAMBDA and not check.enabled:
        raise validation_error(f"Health checks cannot be disabled with the target type '{kind}'")
    if check.timeout >= check.interval:
        raise validation_error("Health check interval must be greater than the timeout.")
    if check.protocol == "TCP":
        if matcher or given.get("path"):
            what = "matchers" if matcher else "paths"
            raise attributes.invalid(f"Health check {what} are not supported for TCP health checks")
        return replace(check, path=None, matcher=None)
    path, code = check.path or "/", (matcher or {}).get("HttpCode", check.matcher or DEFAULT_MATCHER[protocol])
    if not _PATH.fullmatch(path):
        must = "must begin with '/', and can only contain printable ASCII characters, without spaces"
        raise validation_error(f"Health check path '{path}' {must}")
    parse_matcher(code, protocol)
    return replace(check, path=path, matcher=code)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 65_535


def _settings(group: TargetGroup) -> tuple[Any, ...]:
    return group.type, group.protocol, group.protocol_version, group.port, group.vpc, group.address_type, group.check
