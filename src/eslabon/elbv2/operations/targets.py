"""Targets: registered, deregistered, and what their health is. Anomaly detection is left out."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from eslabon.elbv2.attributes import stays_in_zone
from eslabon.elbv2.balancing.health import Health, Reason, reason
from eslabon.elbv2.operations.limits import ALB_GROUPS, TARGETS
from eslabon.elbv2.operations.registry import Answer, Many, Registry
from eslabon.elbv2.resources import ALB, APPLICATION, INSTANCE, IP, LAMBDA, Target, TargetGroup
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import ServiceError
from eslabon.network import is_private
from eslabon.permissions import allows, parse_policy


class Targets(Registry):
    """Operations on targets."""

    def register_targets(self, TargetGroupArn: str, Targets: Many) -> None:
        """Register targets, all or none; one that drains is in use again, one that is registered stays as it is.

        Raises TargetGroupNotFound, InvalidTarget, TooManyTargets, TooManyRegistrationsForTargetId, AccessDenied (a
        function's policy), ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> _ = shop.elbv2.register_targets(TargetGroupArn=shop.group.arn, Targets=[{"Id": "8.8.8.8"}])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        group = self._group(TargetGroupArn)
        if not Targets:
            raise validation_error("Targets cannot be empty")
        now = self.clock.now
        fresh = {target.key: target for one in Targets for target in [self._target(group, one, now)]}
        self.settle(group)
        count = len(group.targets.keys() | fresh.keys())
        if count > (1 if group.type in (LAMBDA, ALB) else TARGETS):
            raise ServiceError("TooManyTargets", f"The maximum number of targets for '{group.arn}' has been reached")
        for key, target in fresh.items():
            held = group.targets.get(key)
            if held is None:
                group.targets[key] = target
            elif held.deregistered is not None:
                held.deregistered, held.registered = None, now
                held.health.use(now)
        self.settle(group)

    def deregister_targets(self, TargetGroupArn: str, Targets: Many) -> None:
        """Deregister targets: they get no new requests, and drain for the group's deregistration delay.

        One that is not registered is no error. Raises TargetGroupNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> target = {"Id": "172.31.0.10"}
        >>> _ = shop.elbv2.deregister_targets(TargetGroupArn=shop.group.arn, Targets=[target, {"Id": "172.31.0.11"}])
        >>> [target.health.state for target in shop.group.targets.values()]
        ['draining']
        """
        group, now = self._group(TargetGroupArn), self.clock.now
        self.settle(group)
        delay = float(group.attributes.get("deregistration_delay.timeout_seconds", 0))
        for one in Targets:
            target = group.targets.get(_key(group, one))
            if target and target.deregistered is None:
                target.deregistered = now
                target.health.deregister(now, delay)
        self.settle(group)

    def describe_target_health(self, TargetGroupArn: str, Targets: Many = ()) -> Answer:
        """The health of a group's targets, or of some, registered or not. Raises TargetGroupNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> health = shop.elbv2.describe_target_health
        >>> health(TargetGroupArn=shop.group.arn)["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"]
        'Elb.RegistrationInProgress'
        >>> other = health(TargetGroupArn=shop.group.arn, Targets=[{"Id": "172.31.0.11"}])
        >>> other["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"]
        'Target.NotRegistered'
        """
        group = self._group(TargetGroupArn)
        self.settle(group)
        keys = [_key(group, one) for one in Targets] or list(group.targets)
        return {"TargetHealthDescriptions": [_described(group, key) for key in keys]}

    # --- What may be a target -----------------------------------------------------------------------------------------

    def _target(self, group: TargetGroup, given: Mapping[str, Any], now: float) -> Target:
        identifier, port = _key(group, given)
        zone = given.get("AvailabilityZone")
        if zone and group.type in (INSTANCE, ALB):
            raise validation_error(f"You cannot specify an Availability Zone for target type '{group.type}'")
        if group.type == LAMBDA and "Port" in given:
            raise validation_error("You cannot specify a port for target type 'lambda'")
        find = {INSTANCE: self._instance, IP: self._address, LAMBDA: self._function, ALB: self._application}
        zone = find[group.type](group, identifier, zone)
        if group.type == ALB and port != group.port:
            raise validation_error(f"The port of a target of type 'alb' must be '{group.port}', the target group's")
        return Target(identifier, port, zone, now, Health(group.check))

    def _instance(self, group: TargetGroup, identifier: str, zone: str | None) -> str:
        try:
            instance = self._described_instance(identifier)
        except ServiceError:
            raise validation_error(f"Instance ID '{identifier}' is not valid") from None
        if instance["State"]["Name"] != "running":
            raise _invalid(f"The following targets are not in a running state and cannot be registered: '{identifier}'")
        return str(instance["Placement"]["AvailabilityZone"])

    def _described_instance(self, identifier: str) -> Answer:
        found = self.ask("ec2", "describe_instances", InstanceIds=[identifier])["Reservations"][0]
        return dict(found["Instances"][0])

    def _address(self, group: TargetGroup, identifier: str, zone: str | None) -> str | None:
        family = group.address_type.replace("ip", "IP")
        try:
            address = ipaddress.ip_address(identifier)
        except ValueError:
            address = None
        if address is None or family != f"IPv{address.version}":
            raise validation_error(f"The IP address '{identifier}' is not a valid {family} address")
        subnets = self.ask("ec2", "describe_subnets", Filters=[{"Name": "vpc-id", "Values": [group.vpc]}])["Subnets"]
        for subnet in subnets:
            if any(address in ipaddress.ip_network(block) for block in _blocks(subnet)):
                detected = str(subnet["AvailabilityZone"])
                if zone not in (None, detected):
                    overridden = f"cannot have its Availability Zone overridden to '{zone}' from '{detected}'"
                    raise validation_error(f"The IP address '{identifier}' is within the VPC, and {overridden}")
                return detected
        if not is_private(identifier):
            raise validation_error(f"The IP address '{identifier}' is neither in '{group.vpc}' nor in a private range")
        if zone is None:
            why = f"The Availability Zone is required for IP address '{identifier}' because it is not in the VPC"
            raise validation_error(why)
        zones = [one["ZoneName"] for one in self._ec2.zones]
        alone = stays_in_zone(group, group.attributes)
        if zone not in (zones if alone else [*zones, "all"]):
            raise validation_error(f"Availability Zone '{zone}' is not valid")
        ignored = group.protocol in ("HTTP", "HTTPS") and not alone
        return "all" if ignored else zone

    def _function(self, group: TargetGroup, identifier: str, zone: str | None) -> str:
        if not identifier.startswith("arn:") or ":lambda:" not in identifier:
            raise validation_error(f"'{identifier}' is not a valid Lambda function ARN")
        if zone not in (None, "all"):
            raise validation_error("The only supported Availability Zone for target type 'lambda' is 'all'")
        try:
            policy = parse_policy(self.ask("lambda", "get_policy", FunctionName=identifier)["Policy"])
        except ServiceError:  # there is no such function, or nobody is permitted anything
            policy = None
        asked = {"principal": self.principal, "action": "lambda:InvokeFunction", "resource": identifier}
        if not allows(policy, source_arn=group.arn, source_account=self.account, **asked):
            who = f"{self.prefix} principal does not have permission to invoke {identifier}"
            raise ServiceError("AccessDenied", f"{who} from target group {group.arn}", 403)
        return "all"

    def _application(self, group: TargetGroup, identifier: str, zone: str | None) -> None:
        balancer = self._balancer(identifier)
        if balancer.type != APPLICATION:
            raise _invalid(f"The load balancer '{identifier}' is not an Application Load Balancer")
        others = [one for one in self.groups.values() if one is not group]
        if sum(identifier in [target.id for target in one.targets.values()] for one in others) >= ALB_GROUPS:
            message = f"'{identifier}' is the target of '{ALB_GROUPS}' target groups already"
            raise ServiceError("TooManyRegistrationsForTargetId", message)
        if not any(listener.port == group.port for listener in balancer.listeners.values()):
            raise _invalid(f"The Application Load Balancer '{identifier}' has no listener on port '{group.port}'")


def _key(group: TargetGroup, given: Mapping[str, Any]) -> tuple[str, int | None]:
    return given["Id"], None if group.type == LAMBDA else given.get("Port", group.port)


def _blocks(subnet: Mapping[str, Any]) -> list[str]:
    """The CIDR blocks of a subnet, of IPv4 and of IPv6."""
    return [subnet["CidrBlock"], *(one["Ipv6CidrBlock"] for one in subnet.get("Ipv6CidrBlockAssociationSet") or ())]


def _described(group: TargetGroup, key: tuple[str, int | None]) -> Answer:
    target = group.targets.get(key)
    because: Reason = target.health.because if target else reason("Target.NotRegistered")
    port = str(key[1]) if group.check.port == "traffic-port" else group.check.port
    shown_zone = target.zone if target and group.type in (IP, LAMBDA) else None
    return {
        "Target": {"Id": key[0], "Port": key[1], "AvailabilityZone": shown_zone},
        "HealthCheckPort": port or None,
        "TargetHealth": {
            "State": target.health.state if target else "unused",
            "Reason": because.code or None,
            "Description": because.description or None,
        },
    }


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidTarget", message)
