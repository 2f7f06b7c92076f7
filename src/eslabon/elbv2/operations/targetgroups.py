"""Target groups: their types, protocols and health checks. gRPC, HTTP/2 to targets, QUIC and IPv6 are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eslabon.elbv2 import attributes
from eslabon.elbv2.balancing.checks import DEFAULT_MATCHER, parse_matcher
from eslabon.elbv2.operations.limits import LIMITS
from eslabon.elbv2.operations.loadbalancers import listed
from eslabon.elbv2.operations.registry import PAGE, Registry, check_name
from eslabon.elbv2.resources import ALB, INSTANCE, IP, LAMBDA, HealthCheck, TargetGroup
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

# Protocol: the types of targets that a group with it may have.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "HTTP": (INSTANCE, IP),
    "HTTPS": (INSTANCE, IP),
    "TCP": (INSTANCE, IP, ALB),
    "TLS": (INSTANCE, IP),
    "UDP": (INSTANCE, IP),
    "TCP_UDP": (INSTANCE, IP),
    "GENEVE": (INSTANCE, IP),
}
_GENEVE_PORT = 6081
_HTTP = ("HTTP", "HTTPS")
_CHECKED_BY = ("HTTP", "HTTPS", "TCP")

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
        Tags: Sequence[Mapping[str, str]] | None = None,
        IpAddressType: str = "ipv4",
    ) -> dict[str, Any]:
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
        if IpAddressType != "ipv4":
            raise NotModelled(self.name, "target groups of IPv6 addresses", ("ipv4",))
        if TargetType == LAMBDA:
            self._check_function_group(Protocol, ProtocolVersion, Port, VpcId)
        else:
            self._check_group(TargetType, Protocol, ProtocolVersion, Port, VpcId)
        given = _given(locals())
        check = _checked(
            _default_check(TargetType, Protocol, HealthCheckProtocol), given, Matcher, TargetType, Protocol
        )
        group = TargetGroup(
            name=Name,
            arn=self.arn(f"targetgroup/{Name}/{self._short_id()}"),
            type=TargetType,
            protocol=Protocol,
            protocol_version="HTTP1" if Protocol in _HTTP else None,
            port=Port,
            vpc=VpcId,
            address_type=IpAddressType,
            check=check,
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

    def _check_function_group(self, *unwanted: object) -> None:
        names = ("Protocol", "ProtocolVersion", "Port", "VpcId")
        for name, value in zip(names, unwanted, strict=True):
            if value is not None:
                raise validation_error(f"{name} cannot be specified for target groups with the target type 'lambda'")

    def _check_group(
        self, kind: str, protocol: str | None, version: str | None, port: int | None, vpc: str | None
    ) -> None:
        """Refuse a group of servers that cannot be."""
        if not protocol:
            raise validation_error("A protocol must be specified")
        if protocol not in _TYPES:
            raise NotModelled(self.name, f"target groups with the protocol {protocol}", _TYPES)
        if port is None:
            raise validation_error("A port must be specified")
        if protocol == "GENEVE" and port != _GENEVE_PORT:
            raise validation_error(
                f"Port '{port}' must be '{_GENEVE_PORT}' for target groups with the protocol 'GENEVE'"
            )
        if not vpc:
            raise validation_error("A VPC ID must be specified")
        if kind not in _TYPES[protocol]:
            raise validation_error(f"Protocol '{protocol}' is not supported with the target type '{kind}'")
        if protocol not in _HTTP:
            if version:
                raise validation_error(f"Protocol version cannot be specified with the protocol '{protocol}'")
        elif version not in (None, "HTTP1"):
            if version not in ("GRPC", "HTTP2"):
                raise validation_error(f"Protocol version '{version}' must be one of 'GRPC, HTTP1, HTTP2'")
            raise NotModelled(self.name, f"target groups with the protocol version {version}", ("HTTP1",))
        try:
            self.ask("ec2", "describe_vpcs", VpcIds=[vpc])
        except ServiceError as missing:
            raise validation_error(missing.message) from None

    def describe_target_groups(
        self,
        LoadBalancerArn: str | None = None,
        TargetGroupArns: Sequence[str] | None = None,
        Names: Sequence[str] | None = None,
        Marker: str | None = None,
        PageSize: int = PAGE,
    ) -> dict[str, Any]:
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
        if sum(map(bool, (LoadBalancerArn, TargetGroupArns, Names))) > 1:
            raise validation_error("Only one of load balancer ARN, target group ARNs and names can be specified")
        found = [self._group(arn) for arn in TargetGroupArns or ()] or list(self.groups.values())
        if LoadBalancerArn:
            balancer = self._balancer(LoadBalancerArn)
            found = [one for one in found if balancer in self.users(one)]
        if Names:
            found = [one for one in found if one.name in Names]
            if len(found) < len(set(Names)):
                raise ServiceError("TargetGroupNotFound", "One or more target groups not found")
        shown, marker = self._page(found, PageSize, Marker, "groups", LoadBalancerArn, TargetGroupArns, Names)
        return {"TargetGroups": [self._shown_group(one) for one in shown], "NextMarker": marker}

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
    ) -> dict[str, Any]:
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
        try:
            group = self._group(TargetGroupArn)
        except ServiceError as missing:
            if missing.code != "TargetGroupNotFound":
                raise
            return
        if self.users(group):
            message = f"Target group '{group.arn}' is currently in use by a listener or a rule"
            raise ServiceError("ResourceInUse", message)
        del self.groups[group.arn]
        self._tags.remove(group.arn)
        self.journal.record("resource", arn=group.arn, state="deleted", type="target-group", name=group.name)

    def describe_target_group_attributes(self, TargetGroupArn: str) -> dict[str, Any]:
        """The attributes of a target group. Raises TargetGroupNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroupAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.describe_target_group_attributes(TargetGroupArn=shop.group.arn)["Attributes"][0]
        {'Key': 'deregistration_delay.timeout_seconds', 'Value': '300'}
        """
        return {"Attributes": listed(self._group(TargetGroupArn).attributes)}

    def modify_target_group_attributes(
        self, TargetGroupArn: str, Attributes: Sequence[Mapping[str, str]]
    ) -> dict[str, Any]:
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
        kind = f"the protocol '{group.protocol}'" if group.protocol else "the target type 'lambda'"
        changes = attributes.changed(
            attributes.of_group(group.type, group.protocol),
            Attributes,
            what="Target group",
            on=f"target groups with {kind}",
            known=[attributes.of_group(LAMBDA, None), *(attributes.of_group(INSTANCE, one) for one in _TYPES)],
        )
        after = group.attributes | changes
        attributes.check_group(group, after)
        group.attributes = after
        return {"Attributes": listed(after)}

    def _shown_group(self, group: TargetGroup) -> dict[str, Any]:
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


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {_MEMBERS[name]: value for name, value in parameters.items() if name in _MEMBERS and value is not None}


def _default_check(kind: str, protocol: str | None, checked_by: str | None) -> HealthCheck:
    if kind == LAMBDA:
        check = _FUNCTION_CHECK
    elif protocol in _HTTP:
        check = _APPLICATION_CHECK
    elif protocol == "GENEVE":
        check = _GATEWAY_CHECK
    else:
        checked_by = checked_by or ("HTTP" if kind == ALB else "TCP")
        check = replace(_CHECK, timeout=6 if checked_by == "HTTP" else 10)
    return replace(check, protocol=checked_by or check.protocol)


def _checked(
    before: HealthCheck, given: Mapping[str, Any], matcher: Mapping[str, str] | None, kind: str, protocol: str | None
) -> HealthCheck:
    """The settings after a request, complete. Raises ServiceError for what does not go together."""
    check = replace(before, **given)
    if kind == LAMBDA:
        if given.keys() & {"protocol", "port"}:
            raise validation_error("Health check protocol and port are not supported with the target type 'lambda'")
    else:
        allowed = _HTTP if protocol in _HTTP or kind == ALB else _CHECKED_BY
        if check.protocol not in allowed:
            raise validation_error(f"Health check protocol '{check.protocol}' must be one of '{', '.join(allowed)}'")
        if not check.enabled:
            raise validation_error(f"Health checks cannot be disabled for target groups with the target type '{kind}'")
        if check.port != "traffic-port" and not (check.port.isdecimal() and 1 <= int(check.port) <= 65_535):
            raise validation_error(
                f"Health check port '{check.port}' must be 'traffic-port' or between '1' and '65535'"
            )
    if check.timeout >= check.interval:
        raise validation_error("Health check interval must be greater than the timeout.")
    if check.protocol == "TCP":
        if matcher or given.get("path"):
            raise validation_error(
                "Health check path and matcher cannot be specified with the health check protocol 'TCP'"
            )
        return replace(check, path=None, matcher=None)
    if check.path is not None and not check.path.startswith("/"):
        raise validation_error(f"Health check path '{check.path}' must begin with '/'")
    code = (matcher or {}).get("HttpCode", check.matcher or DEFAULT_MATCHER[protocol])
    parse_matcher(code, protocol)
    return replace(check, path=check.path or "/", matcher=code)


def _settings(group: TargetGroup) -> tuple[Any, ...]:
    return group.type, group.protocol, group.protocol_version, group.port, group.vpc, group.check
