"""Classic Load Balancers in one account and Region: made, described, changed, deleted; what of the API is modelled.

Left out: access logs, metrics, SSL, policies other than cookies', subnets that are no zone's default one, limits;
`Cloud.serve` does not serve them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, ClassVar

from eslabon.elb.instances import Instances
from eslabon.elb.listeners import Listeners
from eslabon.elb.state import Classic, Shown, invalid, pool_of
from eslabon.elbv2.operations.loadbalancers import PROVISIONING
from eslabon.elbv2.operations.registry import PAGE, check_name, paged
from eslabon.elbv2.resources import LoadBalancer, Node
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

Many = Sequence[Mapping[str, Any]]
Texts = Sequence[str]
Answer = dict[str, Any]
# https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html
BALANCERS = 20  # in a Region
TAGS = 10  # a balancer
# https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_LoadBalancerAttributes.html
_DESYNC = "elb.http.desyncmitigationmode"
_ATTRIBUTES: Shown = {
    "CrossZoneLoadBalancing": {"Enabled": False},  # the console's wizard switched it on
    "AccessLog": {"Enabled": False},
    "ConnectionDraining": {"Enabled": False, "Timeout": 300},
    "ConnectionSettings": {"IdleTimeout": 60},
    "AdditionalAttributes": [{"Key": _DESYNC, "Value": "defensive"}],
}


class ElasticLoadBalancing(Listeners, Instances):
    """The API: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/Welcome.html"""

    modelled: ClassVar[Mapping[str, str]] = dict.fromkeys(
        "Listener Tag TagKeyOnly Instance HealthCheck LoadBalancerAttributes CrossZoneLoadBalancing AccessLog "
        "ConnectionDraining ConnectionSettings AdditionalAttribute".split(),
        "*",
    )

    def resources(self) -> list[str]:
        """ARNs of the balancers.

        >>> from eslabon.elb.examples import example
        >>> example().service.resources()
        ['arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/shop']
        """
        return list(self.balancers)

    def create_load_balancer(
        self,
        LoadBalancerName: str,
        Listeners: Many,
        AvailabilityZones: Texts = (),
        Subnets: Texts = (),
        SecurityGroups: Texts = (),
        Scheme: str = "internet-facing",
        Tags: Many = (),
    ) -> Answer:
        """Create a Classic Load Balancer; its name is in DNS about two minutes later.

        Raises DuplicateLoadBalancerName, TooManyLoadBalancers, InvalidScheme, SubnetNotFound, InvalidSecurityGroup,
        TooManyTags, DuplicateTagKeys, ValidationError, and what create_load_balancer_listeners raises.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
        >>> made = shop.elb.create_load_balancer(
        ...     LoadBalancerName="orders", Listeners=[listener], AvailabilityZones=["us-east-1a"])
        >>> made["DNSName"].startswith("orders-"), made["DNSName"].endswith(".us-east-1.elb.amazonaws.com")
        (True, True)
        >>> shop.elb.create_load_balancer(LoadBalancerName="bills", Listeners=[listener])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ... Either AvailabilityZones or ...
        """
        check_name(LoadBalancerName, "The load balancer name")
        tags = self._few_tags("", Tags)
        if Scheme not in ("internet-facing", "internal"):
            raise ServiceError("InvalidScheme", f"'{Scheme}' is none of internet-facing, internal")
        if bool(AvailabilityZones) == bool(Subnets):
            given = "Only one of" if Subnets else "Either"
            raise validation_error(f"{given} AvailabilityZones or SubnetIds must be specified")
        places = self._places("classic", Subnets or self._default_subnets(AvailabilityZones), ())
        groups = self._security_groups(places[0].vpc, SecurityGroups or None)
        ports = self._checked({}, Listeners)
        there = self.classics.get(LoadBalancerName)
        if there:
            wanted = (ports, {place.subnet for place in places}, groups, Scheme)
            nodes = {node.subnet for node in there.balancer.nodes}
            if wanted != (there.ports, nodes, there.balancer.security_groups, there.balancer.scheme):
                message = f"Load Balancer named {LoadBalancerName} already exists and it is configured with different"
                raise ServiceError("DuplicateLoadBalancerName", f"{message} parameters.")
            return {"DNSName": there.balancer.dns_name}
        if len(self.classics) >= BALANCERS:
            raise ServiceError("TooManyLoadBalancers", f"The maximum of {BALANCERS} Classic Load Balancers is reached")
        arn, internal = self.arn(f"loadbalancer/{LoadBalancerName}"), "internal-" if Scheme == "internal" else ""
        number = self.ids.random.randrange(10**9, 10**10)
        now, dns_name = self.clock.now, f"{internal}{LoadBalancerName}-{number}.{self.region}.elb.amazonaws.com"
        nodes_made = self._nodes(arn, places, Scheme, groups)
        place = (Scheme, dns_name, places[0].vpc, nodes_made, groups, "ipv4")
        balancer = LoadBalancer(LoadBalancerName, arn, "classic", *place, now, now + PROVISIONING, {})
        pool = pool_of(LoadBalancerName, arn, places[0].vpc)
        classic = Classic(balancer, pool, {}, deepcopy(dict(_ATTRIBUTES)), ports)
        self.balancers[arn], self.groups[arn], self.classics[LoadBalancerName] = balancer, pool, classic
        first = Listeners[0]["InstancePort"] if Listeners else 80
        check = {"Target": f"TCP:{first}", "Interval": 30, "Timeout": 5, "UnhealthyThreshold": 2}
        self.configure_health_check(LoadBalancerName, {**check, "HealthyThreshold": 10})
        self._apply(classic)
        self._tags.put(arn, tags)
        self._arrange(classic)
        self.journal.record("resource", arn=arn, state="created", type="load-balancer", name=LoadBalancerName)
        return {"DNSName": dns_name}

    def _default_subnets(self, zones: Texts) -> list[str]:
        filters = [{"Name": "default-for-az", "Values": ["true"]}]
        found = self.ask("ec2", "describe_subnets", Filters=filters)["Subnets"]
        by_zone = {one["AvailabilityZone"]: one["SubnetId"] for one in found}
        unknown = [zone for zone in zones if zone not in by_zone]
        if unknown:
            raise validation_error(f"Invalid availability zone: {unknown[0]}")
        return [by_zone[zone] for zone in zones]

    def describe_load_balancers(self, LoadBalancerNames: Texts = (), Marker: str = "", PageSize: int = PAGE) -> Answer:
        """Describe Classic Load Balancers, all or by name. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html

        >>> from eslabon.elb.examples import example
        >>> described = example().elb.describe_load_balancers()["LoadBalancerDescriptions"][0]
        >>> described["HealthCheck"]["Target"], described["AvailabilityZones"]
        ('TCP:80', ['us-east-1a', 'us-east-1b'])
        """
        found = [self._shown(self._classic(name)) for name in LoadBalancerNames or self.classics]
        return paged("LoadBalancerDescriptions", found, PageSize, Marker, LoadBalancerNames)

    def _shown(self, classic: Classic) -> Answer:
        balancer, policies = classic.balancer, classic.policies.items()
        groups = self.ask("ec2", "describe_security_groups", GroupIds=balancer.security_groups[:1])["SecurityGroups"]
        own = [{"PolicyName": name, **policy} for name, policy in policies if "CookieName" not in policy]
        of_applications = [{"PolicyName": name, **policy} for name, policy in policies if "CookieName" in policy]
        return {
            "LoadBalancerName": balancer.name,
            "DNSName": balancer.dns_name,
            "CanonicalHostedZoneName": balancer.dns_name if balancer.scheme == "internet-facing" else None,
            "ListenerDescriptions": [
                {"Listener": settings, "PolicyNames": classic.enabled.get(port, [])}
                for port, settings in classic.ports.items()
            ],
            "Policies": {
                "AppCookieStickinessPolicies": of_applications,
                "LBCookieStickinessPolicies": own,
                "OtherPolicies": [],
            },
            "BackendServerDescriptions": [],
            "AvailabilityZones": [node.zone for node in balancer.nodes],
            "Subnets": [node.subnet for node in balancer.nodes],
            "VPCId": balancer.vpc,
            "Instances": self._shown_instances(classic),
            "HealthCheck": classic.check,
            "SourceSecurityGroup": {"OwnerAlias": self.account, "GroupName": groups[0]["GroupName"]},
            "SecurityGroups": balancer.security_groups,
            "CreatedTime": datetime.fromtimestamp(balancer.created, UTC),
            "Scheme": balancer.scheme,
        }

    def delete_load_balancer(self, LoadBalancerName: str) -> None:
        """Delete a Classic Load Balancer; instances go on. One that is not there is no error.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancer.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> _ = shop.elb.delete_load_balancer(LoadBalancerName="shop")
        >>> _ = shop.elb.delete_load_balancer(LoadBalancerName="shop")
        >>> shop.service.resources()
        []
        """
        classic = self.classics.pop(LoadBalancerName, None)
        if classic is None:
            return
        arn = classic.balancer.arn
        for held in (arn, *classic.balancer.listeners):
            del self.groups[held]
        del self.balancers[arn]
        self._tags.remove(arn)
        self._leave(classic.balancer.nodes)
        self.journal.record("resource", arn=arn, state="deleted", type="load-balancer", name=LoadBalancerName)

    # --- Where it is --------------------------------------------------------------------------------------------------

    def enable_availability_zones_for_load_balancer(self, LoadBalancerName: str, AvailabilityZones: Texts) -> Answer:
        """Add zones, by their default subnets. Raises LoadBalancerNotFound, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_EnableAvailabilityZonesForLoadBalancer.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> zones = {"LoadBalancerName": "shop", "AvailabilityZones": ["us-east-1b", "us-east-1c"]}
        >>> shop.elb.enable_availability_zones_for_load_balancer(**zones)["AvailabilityZones"]
        ['us-east-1a', 'us-east-1b', 'us-east-1c']
        """
        balancer = self._classic(LoadBalancerName).balancer
        held = {node.subnet for node in balancer.nodes}
        added = [subnet for subnet in self._default_subnets(AvailabilityZones) if subnet not in held]
        places = self._places("classic", added, ()) if added else []
        fresh = self._nodes(balancer.arn, places, balancer.scheme, balancer.security_groups)
        return self._use_nodes(LoadBalancerName, [*balancer.nodes, *fresh])

    def disable_availability_zones_for_load_balancer(self, LoadBalancerName: str, AvailabilityZones: Texts) -> Answer:
        """Take zones away; instances there go out of service.

        Raises LoadBalancerNotFound, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DisableAvailabilityZonesForLoadBalancer.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> zones = {"LoadBalancerName": "shop", "AvailabilityZones": ["us-east-1b"]}
        >>> shop.elb.disable_availability_zones_for_load_balancer(**zones)["AvailabilityZones"]
        ['us-east-1a']
        >>> zones["AvailabilityZones"] = ["us-east-1a"]
        >>> shop.elb.disable_availability_zones_for_load_balancer(**zones)
        Traceback (most recent call last):
        botocore.errorfactory.InvalidConfigurationRequestException: An error occurred (InvalidConfigurationRequest) ...
        """
        nodes = self._classic(LoadBalancerName).balancer.nodes
        gone = [node for node in nodes if node.zone in AvailabilityZones]
        if len(gone) == len(nodes):
            raise invalid("There must be at least one Availability Zone enabled for a load balancer at all times.")
        self._leave(gone)
        return self._use_nodes(LoadBalancerName, [node for node in nodes if node not in gone])

    def _use_nodes(self, name: str, nodes: list[Node]) -> Answer:
        classic = self._classic(name)
        classic.balancer.nodes = nodes
        self.settle(classic.pool)
        return {"AvailabilityZones": [node.zone for node in nodes]}

    def apply_security_groups_to_load_balancer(self, LoadBalancerName: str, SecurityGroups: Texts) -> Answer:
        """Replace the security groups. Raises LoadBalancerNotFound, InvalidSecurityGroup, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_ApplySecurityGroupsToLoadBalancer.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> shop.elb.apply_security_groups_to_load_balancer(LoadBalancerName="shop", SecurityGroups=["sg-0"])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidSecurityGroupException: An error occurred (InvalidSecurityGroup) ...
        """
        balancer = self._classic(LoadBalancerName).balancer
        if not SecurityGroups:
            raise invalid("A load balancer needs a security group")
        balancer.security_groups = self._security_groups(balancer.vpc, SecurityGroups)
        for node in balancer.nodes:
            self._ec2.interfaces[node.address].groups = balancer.security_groups
        return {"SecurityGroups": balancer.security_groups}

    # --- Attributes, tags --------------------------------------------------------------------------------------------

    def describe_load_balancer_attributes(self, LoadBalancerName: str) -> Answer:
        """The attributes of a balancer. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerAttributes.html

        >>> from eslabon.elb.examples import example
        >>> found = example().elb.describe_load_balancer_attributes(LoadBalancerName="shop")["LoadBalancerAttributes"]
        >>> found["CrossZoneLoadBalancing"], found["ConnectionDraining"]
        ({'Enabled': False}, {'Enabled': False, 'Timeout': 300})
        """
        return {"LoadBalancerAttributes": self._classic(LoadBalancerName).attributes}

    def modify_load_balancer_attributes(self, LoadBalancerName: str, LoadBalancerAttributes: Shown) -> Answer:
        """Change attributes, all or none.

        Raises LoadBalancerNotFound, InvalidConfigurationRequest, LoadBalancerAttributeNotFound, NotModelled (logs).

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_ModifyLoadBalancerAttributes.html

        >>> from eslabon.elb.examples import example
        >>> shop, on = example(), {"CrossZoneLoadBalancing": {"Enabled": True}}
        >>> _ = shop.elb.modify_load_balancer_attributes(LoadBalancerName="shop", LoadBalancerAttributes=on)
        >>> shop.balancer.attributes["load_balancing.cross_zone.enabled"]
        'true'
        """
        classic, given = self._classic(LoadBalancerName), LoadBalancerAttributes
        if given.get("AccessLog", {}).get("Enabled"):
            raise NotModelled("elb", "AccessLog.Enabled=True", ["access logs of Application Load Balancers"])
        if not 1 <= given.get("ConnectionDraining", {}).get("Timeout", 1) <= 3600:
            raise invalid("ConnectionDraining Timeout must be 1 to 3600 seconds")
        for one in given.get("AdditionalAttributes", ()):
            if one.get("Key") != _DESYNC:
                raise ServiceError("LoadBalancerAttributeNotFound", f"There is no attribute '{one.get('Key')}'")
            if one.get("Value") not in ("monitor", "defensive", "strictest"):
                raise invalid(f"'{one.get('Value')}' is none of monitor, defensive, strictest")
        for name, value in given.items():
            if not value:
                continue  # an empty list of AdditionalAttributes changes none
            merges = name == "ConnectionDraining"  # a time-out that is not given stays
            classic.attributes[name] = {**classic.attributes[name], **value} if merges else value
        self._apply(classic)
        return {"LoadBalancerName": LoadBalancerName, "LoadBalancerAttributes": given}

    def _apply(self, classic: Classic) -> None:
        """Say in elbv2's attributes what this API's mean."""
        held = classic.attributes
        classic.balancer.attributes = {
            "load_balancing.cross_zone.enabled": str(held["CrossZoneLoadBalancing"]["Enabled"]).lower(),
            "idle_timeout.timeout_seconds": str(held["ConnectionSettings"]["IdleTimeout"]),
            "routing.http.desync_mitigation_mode": held["AdditionalAttributes"][0]["Value"],
            "routing.http.preserve_host_header.enabled": "true",
        }

    def add_tags(self, LoadBalancerNames: Texts, Tags: Many) -> None:
        """Add tags or change their values, to 10. Raises LoadBalancerNotFound, DuplicateTagKeys, TooManyTags.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AddTags.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> _ = shop.elb.add_tags(LoadBalancerNames=["shop"], Tags=[{"Key": "team", "Value": "shop"}])
        >>> shop.elb.describe_tags(LoadBalancerNames=["shop"])["TagDescriptions"][0]["Tags"]
        [{'Key': 'team', 'Value': 'shop'}]
        """
        arns = [self._classic(name).balancer.arn for name in LoadBalancerNames]
        found = [(arn, self._few_tags(arn, Tags)) for arn in arns]
        for arn, tags in found:
            self._tags.put(arn, tags)

    def _few_tags(self, arn: str, given: Many) -> dict[str, str]:
        tags = self._check_tags(given)
        if len(self._tags.get(arn) | tags) > TAGS:
            raise ServiceError("TooManyTags", f"A Classic Load Balancer has {TAGS} tags at most")
        return tags

    def remove_tags(self, LoadBalancerNames: Texts, Tags: Many) -> None:
        """Remove tags by key. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_RemoveTags.html

        >>> from eslabon.elb.examples import example
        >>> _ = example().elb.remove_tags(LoadBalancerNames=["shop"], Tags=[{"Key": "team"}])
        """
        for arn in [self._classic(name).balancer.arn for name in LoadBalancerNames]:
            self._tags.remove(arn, [tag["Key"] for tag in Tags])

    def describe_tags(self, LoadBalancerNames: Texts) -> Answer:
        """The tags of balancers. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeTags.html

        >>> from eslabon.elb.examples import example
        >>> example().elb.describe_tags(LoadBalancerNames=["shop"])["TagDescriptions"]
        [{'LoadBalancerName': 'shop', 'Tags': []}]
        """
        held = {name: self._tags.get(self._classic(name).balancer.arn).items() for name in LoadBalancerNames}
        shown = {name: [{"Key": key, "Value": value} for key, value in tags] for name, tags in held.items()}
        return {"TagDescriptions": [{"LoadBalancerName": name, "Tags": tags} for name, tags in shown.items()]}
