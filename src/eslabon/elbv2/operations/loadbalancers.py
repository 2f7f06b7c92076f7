"""Load balancers: made, described, changed, deleted. Capacity reservations and IPAM pools are left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from eslabon.elbv2 import attributes
from eslabon.elbv2.operations.limits import DESCRIBED, LIMITS
from eslabon.elbv2.operations.places import Places
from eslabon.elbv2.operations.registry import PAGE, Answer, Many, Texts, check_name, chosen, existing, paged
from eslabon.elbv2.resources import ALB, APPLICATION, GATEWAY, NETWORK, LoadBalancer
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import ServiceError

if TYPE_CHECKING:
    from eslabon.elbv2.reporting import Reports

PROVISIONING = 120.0  # seconds; on AWS about two minutes
_IN_ARNS = {APPLICATION: "app", NETWORK: "net", GATEWAY: "gwy"}
_ENFORCE = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"

# Region: the hosted zones of Route 53 of Application and of Network Load Balancers.
# https://docs.aws.amazon.com/general/latest/gr/elb.html
_HOSTED_ZONES = {
    "us-east-1": ("Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"),
    "us-east-2": ("Z3AADJGX6KTTL2", "ZLMOA37VPKANP"),
    "us-west-1": ("Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"),
    "us-west-2": ("Z1H1FL5HABSF5", "Z18D5FSROUN65G"),
}


class LoadBalancers(Places):
    """Operations on load balancers."""

    reports: Reports  # of their requests, as InProcess has them

    def create_load_balancer(
        self,
        Name: str,
        Subnets: Texts = (),
        SubnetMappings: Many = (),
        SecurityGroups: Texts = (),
        Scheme: str | None = None,
        Tags: Many = (),
        Type: str = APPLICATION,
        IpAddressType: str = "ipv4",
        EnablePrefixForIpv6SourceNat: str = "off",
    ) -> Answer:
        """Create a load balancer, active about two minutes later; the same request again finds the same one.

        Raises DuplicateLoadBalancerName, InvalidConfigurationRequest, SubnetNotFound, InvalidSubnet,
        InvalidSecurityGroup, TooManyLoadBalancers, TooManyTags, DuplicateTagKeys, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> made = shop.elbv2.create_load_balancer(Name="orders", Subnets=shop.subnets)["LoadBalancers"][0]
        >>> made["State"], made["Scheme"]
        ({'Code': 'provisioning'}, 'internet-facing')
        >>> shop.elbv2.create_load_balancer(Name="orders", Subnets=shop.subnets, Scheme="internal")
        Traceback (most recent call last):
        botocore.errorfactory.DuplicateLoadBalancerNameException: An error occurred (DuplicateLoadBalancerName) ...
        """
        check_name(Name, "The load balancer name")
        if Name.startswith("internal-"):
            raise validation_error(f"The load balancer name '{Name}' cannot begin with 'internal-'")
        tags = self._check_tags(Tags)
        if Type == GATEWAY and (Scheme or SecurityGroups):
            raise attributes.invalid(
                "Scheme and security groups are not supported for load balancers with type 'gateway'"
            )
        scheme = None if Type == GATEWAY else Scheme or "internet-facing"
        places = self._places(Type, Subnets, SubnetMappings)
        subnets = [place.subnet for place in places]
        prefixed = EnablePrefixForIpv6SourceNat == "on"
        self._check_address_type(Type, scheme, IpAddressType, subnets, prefixed=prefixed)
        wanted = None if Type == APPLICATION and not SecurityGroups else SecurityGroups
        groups = self._security_groups(places[0].vpc, wanted)
        there = next((one for one in self.balancers.values() if one.name == Name), None)
        if there:
            same = _settings(there) == (Type, scheme, set(subnets), set(groups), IpAddressType, prefixed)
            if not same or (Tags and tags != self._tags.get(there.arn)):
                message = f"A load balancer with the same name '{Name}' exists, but with different settings"
                raise ServiceError("DuplicateLoadBalancerName", message)
            return {"LoadBalancers": [self._shown(there)]}
        most = LIMITS[f"{Type}-load-balancers"]
        if sum(one.type == Type for one in self.balancers.values()) >= most:
            raise ServiceError("TooManyLoadBalancers", f"You have reached the maximum of {most} load balancers")
        prefixes = self._prefixes(places, SubnetMappings, prefixed)
        arn = self._new_arn(f"loadbalancer/{_IN_ARNS[Type]}/{Name}")
        table = attributes.defaults(attributes.BALANCERS[Type])
        if scheme == "internal" and "ipv6.deny_all_igw_traffic" in table:
            table["ipv6.deny_all_igw_traffic"] = "true"
        balancer = LoadBalancer(
            name=Name,
            arn=arn,
            type=Type,
            scheme=scheme,
            dns_name=self._dns_name(Type, scheme, Name, arn.split("/")[-1]),
            vpc=places[0].vpc,
            nodes=self._nodes(arn, places, scheme, groups, IpAddressType),
            security_groups=groups,
            address_type=IpAddressType,
            created=self.clock.now,
            active=self.clock.now + PROVISIONING,
            attributes=table,
            extra={_ENFORCE: "on"} if Type == NETWORK and groups else {},
        )
        for node in balancer.nodes:
            node.prefix = prefixes.get(node.subnet)
        self.balancers[arn] = balancer
        self._tags.put(arn, tags)
        self.journal.record("resource", arn=arn, state="created", type="load-balancer", name=Name)
        return {"LoadBalancers": [self._shown(balancer)]}

    def _dns_name(self, kind: str, scheme: str | None, name: str, short: str) -> str | None:
        if kind == APPLICATION:
            internal = "internal-" if scheme == "internal" else ""
            number = int(short, 16) % 9_000_000_000 + 1_000_000_000
            return f"{internal}{name}-{number}.{self.region}.elb.amazonaws.com"
        return f"{name}-{short}.elb.{self.region}.amazonaws.com" if kind == NETWORK else None

    def describe_load_balancers(
        self, LoadBalancerArns: Texts = (), Names: Texts = (), Marker: str = "", PageSize: int = PAGE
    ) -> Answer:
        """Describe load balancers: all, up to 20 by ARN, or by name. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> elbv2 = example().elbv2
        >>> [one["LoadBalancerName"] for one in elbv2.describe_load_balancers()["LoadBalancers"]]
        ['shop']
        >>> elbv2.describe_load_balancers(Names=["orders"])
        Traceback (most recent call last):
        botocore.errorfactory.LoadBalancerNotFoundException: An error occurred (LoadBalancerNotFound) ... Load ...
        """
        if len(LoadBalancerArns) > DESCRIBED:
            raise validation_error(f"Up to '{DESCRIBED}' load balancers can be described in a single call")
        found = [self._shown(one) for one in chosen(self.balancers, LoadBalancerArns, Names, "load balancer")]
        return paged("LoadBalancers", found, PageSize, Marker, LoadBalancerArns, Names)

    def delete_load_balancer(self, LoadBalancerArn: str) -> None:
        """Delete a load balancer with its listeners; target groups stay. One that is not there is no error.

        Raises OperationNotPermitted (deletion protection), ResourceInUse (a target of another one), ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> _ = shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        >>> _ = shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)  # it is gone already
        >>> len(shop.elbv2.describe_target_groups()["TargetGroups"])
        1
        >>> shop.elbv2.delete_load_balancer(LoadBalancerArn="shop")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        balancer = existing(self.balancers, LoadBalancerArn, "load balancer")
        if balancer is None:
            return
        if balancer.attributes["deletion_protection.enabled"] == "true":
            message = f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled"
            raise ServiceError("OperationNotPermitted", message)
        if any(group.type == ALB and (balancer.arn, group.port) in group.targets for group in self.groups.values()):
            message = f"Load balancer '{balancer.arn}' cannot be deleted because it is registered as a target"
            raise ServiceError("ResourceInUse", message)
        for listener in balancer.listeners.values():
            self._forget_tags(listener)
        del self.balancers[balancer.arn]
        self._tags.remove(balancer.arn)
        self._leave(balancer.nodes)
        self._rules_changed()
        self.journal.record("resource", arn=balancer.arn, state="deleted", type="load-balancer", name=balancer.name)

    def describe_load_balancer_attributes(self, LoadBalancerArn: str) -> Answer:
        """The attributes of a load balancer. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> found = shop.elbv2.describe_load_balancer_attributes(LoadBalancerArn=shop.balancer.arn)["Attributes"]
        >>> found[0]
        {'Key': 'deletion_protection.enabled', 'Value': 'false'}
        """
        return attributes.listed(self._balancer(LoadBalancerArn).attributes)

    def modify_load_balancer_attributes(self, LoadBalancerArn: str, Attributes: Many) -> Answer:
        """Change attributes, all or none of them. Raises LoadBalancerNotFound, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyLoadBalancerAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> def modify(key, value):
        ...     given = [{"Key": key, "Value": value}]
        ...     return shop.elbv2.modify_load_balancer_attributes(LoadBalancerArn=shop.balancer.arn, Attributes=given)
        >>> modify("idle_timeout.timeout_seconds", "30")["Attributes"][0]["Key"]
        'deletion_protection.enabled'
        >>> modify("idle_timeout.timeout_seconds", "0")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        balancer = self._balancer(LoadBalancerArn)
        table, on = attributes.BALANCERS[balancer.type], f"load balancers with type '{balancer.type}'"
        changes = attributes.changed("Load balancer", table, Attributes, on, balancer.attributes)
        after = balancer.attributes | changes
        if "AWSLogs" in after.get("access_logs.s3.prefix", ""):
            raise validation_error("The value of 'access_logs.s3.prefix' cannot contain 'AWSLogs'")
        if after.get("access_logs.s3.enabled") == "true":
            self._check_log_bucket(balancer, after)
        balancer.attributes = after
        return attributes.listed(after)

    def _check_log_bucket(self, balancer: LoadBalancer, after: Mapping[str, str]) -> None:
        """As AWS does when access logs are enabled, to see whether the bucket's policy lets them in."""
        bucket = after["access_logs.s3.bucket"]
        if not bucket:
            raise validation_error("'access_logs.s3.bucket' must be specified when access logs are enabled")
        if self._region_of(bucket) != self.region:
            raise attributes.invalid(
                f"The bucket '{bucket}' must be in the Region of the load balancer, '{self.region}'"
            )
        try:
            self.reports.check_bucket(balancer, after)
        except ServiceError:
            raise attributes.invalid(f"Access Denied for bucket: {bucket}. Please check S3bucket permission") from None

    def _region_of(self, bucket: str) -> str:
        """Where a bucket is; of one that is not this account's to look at it is not known."""
        try:
            return str(self.ask("s3", "head_bucket", Bucket=bucket)["BucketRegion"])
        except ServiceError:
            return self.region

    def set_subnets(
        self,
        LoadBalancerArn: str,
        Subnets: Texts = (),
        SubnetMappings: Many = (),
        IpAddressType: str | None = None,
        EnablePrefixForIpv6SourceNat: str | None = None,
    ) -> Answer:
        """Replace the subnets, and with them the zones; a Gateway Load Balancer's may only get more.

        Raises LoadBalancerNotFound, InvalidConfigurationRequest, SubnetNotFound, InvalidSubnet, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> zones = shop.elbv2.set_subnets(LoadBalancerArn=shop.balancer.arn, Subnets=shop.subnets[1:])
        >>> [zone["ZoneName"] for zone in zones["AvailabilityZones"]]
        ['us-east-1b', 'us-east-1c']
        >>> shop.elbv2.set_subnets(LoadBalancerArn=shop.balancer.arn, Subnets=shop.subnets[:1])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        balancer = self._balancer(LoadBalancerArn)
        places = self._places(balancer.type, Subnets, SubnetMappings)
        wanted = {place.subnet for place in places}
        if balancer.type == GATEWAY and not {node.subnet for node in balancer.nodes} <= wanted:
            raise attributes.invalid("Subnets cannot be removed from load balancers with type 'gateway'")
        address_type = IpAddressType or balancer.address_type
        prefixed = balancer.prefixed and address_type != "ipv4"
        if EnablePrefixForIpv6SourceNat is not None:
            prefixed = EnablePrefixForIpv6SourceNat == "on"
        of = (balancer.type, balancer.scheme, address_type, sorted(wanted), balancer)
        self._check_address_type(*of, prefixed=prefixed)
        prefixes = self._prefixes(places, SubnetMappings, prefixed, balancer)
        kept = {node.subnet: node for node in balancer.nodes if node.subnet in wanted}
        added = [place for place in places if place.subnet not in kept]
        fresh = self._nodes(balancer.arn, added, balancer.scheme, balancer.security_groups, address_type)
        self._readdress(list(kept.values()), balancer.scheme, address_type)
        self._leave([node for node in balancer.nodes if node.subnet not in wanted])
        nodes = kept | {node.subnet: node for node in fresh}
        balancer.nodes = [nodes[place.subnet] for place in places]
        for node in balancer.nodes:
            node.prefix = prefixes.get(node.subnet)
        balancer.address_type = address_type
        self._rules_changed()
        return {"AvailabilityZones": _zones(balancer), "IpAddressType": address_type, **_source_nat(balancer)}

    def set_security_groups(self, LoadBalancerArn: str, SecurityGroups: Texts) -> Answer:
        """Replace the security groups; a Network Load Balancer must have had some from the beginning.

        Raises LoadBalancerNotFound, InvalidConfigurationRequest, InvalidSecurityGroup.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> groups = shop.balancer.security_groups
        >>> answer = shop.elbv2.set_security_groups(LoadBalancerArn=shop.balancer.arn, SecurityGroups=groups)
        >>> answer["SecurityGroupIds"] == groups
        True
        >>> shop.elbv2.set_security_groups(LoadBalancerArn=shop.balancer.arn, SecurityGroups=["sg-0"])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidSecurityGroupException: An error occurred (InvalidSecurityGroup) ...
        """
        balancer = self._balancer(LoadBalancerArn)
        if balancer.type == GATEWAY or (balancer.type == NETWORK and _ENFORCE not in balancer.extra):
            without = " that were created without security groups" if balancer.type == NETWORK else ""
            raise attributes.invalid(
                f"SetSecurityGroups is not supported for load balancers of type '{balancer.type}'{without}"
            )
        if not SecurityGroups and balancer.type == APPLICATION:
            raise validation_error("You must specify at least one security group")
        balancer.security_groups = self._security_groups(balancer.vpc, SecurityGroups)
        for node in balancer.nodes:
            self._ec2.interfaces[node.address].groups = balancer.security_groups
        return {"SecurityGroupIds": balancer.security_groups, **balancer.extra}

    def set_ip_address_type(self, LoadBalancerArn: str, IpAddressType: str) -> Answer:
        """Change which IP addresses clients may use; dualstack needs subnets that have an IPv6 CIDR block.

        Raises LoadBalancerNotFound, InvalidConfigurationRequest, InvalidSubnet.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.set_ip_address_type(LoadBalancerArn=shop.balancer.arn, IpAddressType="ipv4")["IpAddressType"]
        'ipv4'
        >>> shop.elbv2.set_ip_address_type(LoadBalancerArn=shop.balancer.arn, IpAddressType="dualstack")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidSubnetException: An error occurred (InvalidSubnet) ...
        """
        balancer = self._balancer(LoadBalancerArn)
        subnets = [node.subnet for node in balancer.nodes]
        prefixed = balancer.prefixed and IpAddressType != "ipv4"
        self._check_address_type(balancer.type, balancer.scheme, IpAddressType, subnets, balancer, prefixed=prefixed)
        self._readdress(balancer.nodes, balancer.scheme, IpAddressType)
        balancer.address_type = IpAddressType
        for node in balancer.nodes:
            node.prefix = node.prefix if prefixed else None
        return {"IpAddressType": IpAddressType}

    def _shown(self, balancer: LoadBalancer) -> Answer:
        zones = _HOSTED_ZONES.get(self.region, (None, None))
        return {
            "LoadBalancerArn": balancer.arn,
            "DNSName": balancer.dns_name,
            "CanonicalHostedZoneId": {APPLICATION: zones[0], NETWORK: zones[1]}.get(balancer.type),
            "CreatedTime": datetime.fromtimestamp(balancer.created, UTC),
            "LoadBalancerName": balancer.name,
            "Scheme": balancer.scheme,
            "VpcId": balancer.vpc,
            "State": {"Code": "active" if self.clock.now >= balancer.active else "provisioning"},
            "Type": balancer.type,
            "AvailabilityZones": _zones(balancer),
            "SecurityGroups": balancer.security_groups or None,
            "IpAddressType": balancer.address_type,
            **_source_nat(balancer),
            **balancer.extra,
        }


def _zones(balancer: LoadBalancer) -> list[dict[str, Any]]:
    return [
        {
            "ZoneName": node.zone,
            "SubnetId": node.subnet,
            "LoadBalancerAddresses": [],
            "SourceNatIpv6Prefixes": [node.prefix] if node.prefix else None,
        }
        for node in balancer.nodes
    ]


def _source_nat(balancer: LoadBalancer) -> dict[str, str]:
    if balancer.type != NETWORK:
        return {}
    return {"EnablePrefixForIpv6SourceNat": "on" if balancer.prefixed else "off"}


def _settings(balancer: LoadBalancer) -> tuple[Any, ...]:
    subnets = {node.subnet for node in balancer.nodes}
    groups = set(balancer.security_groups)
    return balancer.type, balancer.scheme, subnets, groups, balancer.address_type, balancer.prefixed
