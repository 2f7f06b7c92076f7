"""Instances of Classic Load Balancers: registered, deregistered, checked, and the state of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.elb.state import Classic, Shown, State
from eslabon.elbv2.balancing.health import ZONE_NOT_ENABLED, Health
from eslabon.elbv2.resources import Target
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

Many = Sequence[Mapping[str, Any]]
Answer = dict[str, Any]
LONGEST_TARGET = 1024  # characters of a health check's target
_TARGET = re.compile(r"(?:(TCP|SSL):(\d{1,5})|(HTTPS?):(\d{1,5})(/.*))")

# What DescribeInstanceHealth says: state, reason code, description.
# https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_InstanceState.html
_FAILED = "Instance has failed at least the UnhealthyThreshold number of health checks consecutively."
_NOT_PASSED = "Instance has not passed the configured HealthyThreshold number of health checks consecutively."
_OTHER_ZONE = "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to."
_STATES = {
    "healthy": ("InService", "N/A", "N/A"),
    "draining": ("InService", "N/A", "Instance deregistration currently in progress."),
    "initial": ("OutOfService", "ELB", "Instance registration is still in progress."),
    "unhealthy": ("OutOfService", "Instance", _FAILED),
    "on the way": ("OutOfService", "Instance", _NOT_PASSED),
    "another zone": ("OutOfService", "ELB", _OTHER_ZONE),
    "stopped": ("OutOfService", "Instance", "Instance is in stopped state."),
    "unregistered": ("OutOfService", "Instance", "Instance is not currently registered with the LoadBalancer."),
}


class Instances(State):
    """Operations on instances and their health."""

    def register_instances_with_load_balancer(self, LoadBalancerName: str, Instances: Many) -> Answer:
        """Register running instances of the balancer's VPC, all or none. Raises LoadBalancerNotFound, InvalidInstance.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_RegisterInstancesWithLoadBalancer.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> register = shop.elb.register_instances_with_load_balancer
        >>> register(LoadBalancerName="shop", Instances=[{"InstanceId": "i-0123456789abcdef0"}])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidEndPointException: An error occurred (InvalidInstance) ...
        """
        classic, now = self._classic(LoadBalancerName), self.clock.now
        found = {one["InstanceId"]: self._running(classic, one["InstanceId"]) for one in Instances}
        for instance, zone in found.items():
            held = classic.pool.targets.get((instance, None))
            if held is None or held.deregistered is not None:
                target = Target(instance, None, zone, now, Health(classic.pool.check))
                classic.pool.targets[target.key] = target
        self._arrange(classic)
        return {"Instances": self._shown_instances(classic)}

    def _running(self, classic: Classic, instance: str) -> str:
        """The zone of an instance that may be registered."""
        described = self._known(instance)
        if described["State"]["Name"] != "running" or described["VpcId"] != classic.balancer.vpc:
            raise ServiceError("InvalidInstance", f"EC2 instance {instance} is not running in the load balancer's VPC.")
        return str(described["Placement"]["AvailabilityZone"])

    def _known(self, instance: str) -> Answer:
        try:
            return self._described_instance(instance)
        except ServiceError:
            raise ServiceError("InvalidInstance", f"Could not find EC2 instance {instance}.") from None

    def deregister_instances_from_load_balancer(self, LoadBalancerName: str, Instances: Many) -> Answer:
        """Deregister instances; those with requests in flight drain first, if that is enabled.

        Raises LoadBalancerNotFound, InvalidInstance.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-conn-drain.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> instances = [{"InstanceId": shop.instance}]
        >>> shop.elb.deregister_instances_from_load_balancer(LoadBalancerName="shop", Instances=instances)["Instances"]
        []
        """
        classic, now = self._classic(LoadBalancerName), self.clock.now
        for instance in [one["InstanceId"] for one in Instances]:
            self._known(instance)
            target = classic.pool.targets.get((instance, None))
            if target and target.deregistered is None:
                draining = classic.attributes["ConnectionDraining"]
                delay = draining["Timeout"] if draining["Enabled"] and self._is_busy(classic, instance) else 0
                target.deregistered = now
                target.health.deregister(now, delay)
                if target.health.state != "draining":
                    del classic.pool.targets[target.key]
        self._arrange(classic)
        return {"Instances": self._shown_instances(classic)}

    def _is_busy(self, classic: Classic, instance: str) -> bool:
        choosers = [
            self.exchanges.chooser(self.groups[arn], node.zone)
            for arn in classic.balancer.listeners
            for node in classic.balancer.nodes
        ]
        return any(chooser.in_flight[key] for chooser in choosers for key in chooser.in_flight if key[0] == instance)

    def _shown_instances(self, classic: Classic) -> list[Shown]:
        return [{"InstanceId": one.id} for one in classic.pool.targets.values() if self._counts(one)]

    def _counts(self, target: Target) -> bool:
        return target.deregistered is None and self._instance_state(target.id) != "terminated"

    def configure_health_check(self, LoadBalancerName: str, HealthCheck: Mapping[str, Any]) -> Answer:
        """Say how instances are checked: TCP:port, HTTP:port/path or HTTPS:port/path, how often, how long.

        Raises LoadBalancerNotFound, ValidationError, NotModelled (SSL).

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_HealthCheck.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> check = {"Target": "HTTP:80/", "Interval": 5, "Timeout": 2, "UnhealthyThreshold": 2, "HealthyThreshold": 2}
        >>> answer = shop.elb.configure_health_check(LoadBalancerName="shop", HealthCheck=check)
        >>> answer["HealthCheck"] == check
        True
        >>> shop.elb.configure_health_check(LoadBalancerName="shop", HealthCheck=check | {"Target": "HTTP:80"})
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ... HealthCheck HTTP Target must ...
        """
        classic = self._classic(LoadBalancerName)
        target = HealthCheck["Target"]
        parts = _TARGET.fullmatch(target)
        port = int(parts[2] or parts[4]) if parts else 0
        if parts is None or not 1 <= port <= 65_535:
            kind = target.partition(":")[0]
            form = "a port followed by a path that begins with '/'" if kind.startswith("HTTP") else "a port"
            raise validation_error(f"HealthCheck {kind} Target must specify {form}, 1 to 65535: '{target}'")
        if len(target) > LONGEST_TARGET:
            raise validation_error(f"HealthCheck Target cannot be longer than {LONGEST_TARGET} characters")
        if HealthCheck["Timeout"] >= HealthCheck["Interval"]:
            raise validation_error("HealthCheck timeout must be less than the interval")
        if parts[1] == "SSL":
            raise NotModelled("elb", "health checks by SSL", ["TCP", "HTTP", "HTTPS"])
        check = classic.pool.check
        check.protocol, check.port, check.path = parts[1] or parts[3], str(port), parts[5]
        check.interval, check.timeout = HealthCheck["Interval"], HealthCheck["Timeout"]
        check.healthy, check.unhealthy = HealthCheck["HealthyThreshold"], HealthCheck["UnhealthyThreshold"]
        classic.check = HealthCheck
        return {"HealthCheck": HealthCheck}

    def describe_instance_health(self, LoadBalancerName: str, Instances: Many | None = None) -> Answer:
        """The state of the registered instances, or of some, registered or not; terminated ones are left out.

        Raises LoadBalancerNotFound, InvalidInstance.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeInstanceHealth.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> shop.elb.describe_instance_health(LoadBalancerName="shop")["InstanceStates"][0]["Description"]
        'Instance registration is still in progress.'
        >>> shop.elb.describe_instance_health(LoadBalancerName="orders")
        Traceback (most recent call last):
        botocore.errorfactory.AccessPointNotFoundException: An error occurred (LoadBalancerNotFound) ...
        """
        classic = self._classic(LoadBalancerName)
        self.settle(classic.pool)
        registered = [one.id for one in classic.pool.targets.values()]
        wanted = registered if Instances is None else [one["InstanceId"] for one in Instances]
        there = [one for one in wanted if one in registered or self._known(one)]
        shown = [one for one in there if self._instance_state(one) != "terminated"]
        return {"InstanceStates": [_described(one, classic.pool.targets.get((one, None))) for one in shown]}


def _described(instance: str, target: Target | None) -> Answer:
    state, code, description = _STATES[_kind(target)]
    return {"InstanceId": instance, "State": state, "ReasonCode": code, "Description": description}


def _kind(target: Target | None) -> str:
    if target is None:
        return "unregistered"
    health = target.health
    if health.state == "unused":
        return "another zone" if health.description == ZONE_NOT_ENABLED else "stopped"
    if health.state.startswith("unhealthy"):
        return "on the way" if health.passes else "unhealthy"
    return health.state
