"""Where a balancer is: subnets become a node in each zone, with addresses; security groups. Chosen ones are left out.

EC2 is asked through its API, and beside it for the network interfaces that AWS makes for the nodes. It has one VPC
here, so nothing is ever in another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eslabon.elbv2.attributes import invalid
from eslabon.elbv2.operations.registry import Many, Registry, Texts, forwarded_to
from eslabon.elbv2.operations.sourcenat import AUTO, NEEDS_IPV6, check_protocol, choose_prefix
from eslabon.elbv2.resources import APPLICATION, NETWORK, LoadBalancer, Node
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import ServiceError

WITHOUT_PUBLIC_IPV4 = "dualstack-without-public-ipv4"


class Place(NamedTuple):
    """A subnet that a balancer is to use."""

    subnet: str
    zone: str
    vpc: str


class Places(Registry):
    """Subnets, nodes and security groups of balancers."""

    def _places(self, kind: str, subnets: Texts, mappings: Many) -> list[Place]:
        """The subnets of a request, one a zone. Raises what CreateLoadBalancer and SetSubnets raise."""
        if subnets and mappings:
            raise validation_error("Subnets and subnet mappings cannot be specified at the same time")
        wanted = [one.get("SubnetId", "") for one in mappings] or subnets
        if not wanted:
            raise validation_error("You must specify subnets or subnet mappings")
        described = self._subnets(wanted)
        places = [described[subnet] for subnet in wanted]
        zones = {place.zone for place in places}
        if len(zones) < len(places):
            raise invalid("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
        if kind == APPLICATION and len(zones) < 2:
            raise validation_error("At least two subnets in two different Availability Zones must be specified")
        return places

    def _subnets(self, wanted: Texts) -> dict[str, Place]:
        try:
            found = self.ask("ec2", "describe_subnets", SubnetIds=list(dict.fromkeys(wanted)))["Subnets"]
        except ServiceError as refused:
            raise ServiceError("SubnetNotFound", refused.message) from None
        return {one["SubnetId"]: Place(one["SubnetId"], one["AvailabilityZone"], one["VpcId"]) for one in found}

    def _nodes(
        self, arn: str, places: Sequence[Place], scheme: str | None, groups: Texts, address_type: str = "ipv4"
    ) -> list[Node]:
        """A node in each place, with its addresses."""
        nodes: list[Node] = []
        wanted = _addresses(scheme, address_type)
        purpose = f"ELB {arn.split(':loadbalancer/')[1]}"
        for place in places:
            subnet = self._ec2.subnets[place.subnet]
            try:
                interface = self._ec2.new_interface(subnet, groups, purpose, **wanted)
            except ServiceError as refused:
                self._leave(nodes)
                raise ServiceError("InvalidSubnet", refused.message) from None
            nodes.append(Node(place.zone, place.subnet, interface.address, interface.public, interface.ipv6))
        return nodes

    def _readdress(self, nodes: Sequence[Node], scheme: str | None, address_type: str) -> None:
        """Nodes have the addresses of another type from now on."""
        for node in nodes:
            interface = self._ec2.interfaces[node.address]
            self._ec2.readdress(interface, **_addresses(scheme, address_type))
            node.public, node.ipv6 = interface.public, interface.ipv6

    def _leave(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._ec2.drop_interface(self._ec2.interfaces[node.address])

    def _check_address_type(
        self,
        kind: str,
        scheme: str | None,
        address_type: str,
        subnets: Texts,
        balancer: LoadBalancer | None = None,
        *,
        prefixed: bool = False,
    ) -> None:
        """IPv6 addresses need subnets that have some; what needs IPv6 keeps its balancer from giving it up.

        balancer: the one that is changed; None: one is made. prefixed: whether there are prefixes for source NAT.
        """
        if prefixed and (kind != NETWORK or address_type != "dualstack"):
            what = "load balancers with type 'network' and the IP address type 'dualstack'"
            raise invalid(f"EnablePrefixForIpv6SourceNat can be 'on' for {what} only")
        if address_type == WITHOUT_PUBLIC_IPV4 and (kind != APPLICATION or scheme == "internal"):
            raise invalid(f"'{address_type}' is not supported for {scheme or ''} load balancers with type '{kind}'")
        listeners = balancer.listeners.values() if balancer else ()
        if address_type == "ipv4":
            groups = [self.groups[arn] for arn in forwarded_to(balancer)] if balancer else []
            if any(group.address_type == "ipv6" for group in groups):
                raise invalid("A load balancer that forwards to IPv6 target groups must be dualstack")
            if kind == NETWORK and any(listener.rules for listener in listeners):
                raise invalid("A Network Load Balancer whose listeners have rules must be dualstack")
            return
        for listener in listeners:
            check_protocol(listener.protocol, prefixed)
            if balancer and balancer.address_type == "ipv4" and listener.protocol in NEEDS_IPV6:  # so its targets are
                raise invalid(f"Dualstack load balancers forward {listener.protocol} to IPv6 target groups only")
        described = self.ask("ec2", "describe_subnets", SubnetIds=list(subnets))["Subnets"]
        if not all(_has_ipv6(subnet) for subnet in described):
            raise ServiceError("InvalidSubnet", "You must specify subnets with an associated IPv6 CIDR block.")

    def _prefixes(
        self, places: Sequence[Place], mappings: Many, prefixed: bool, balancer: LoadBalancer | None = None
    ) -> dict[str, str]:
        """The IPv6 prefix for source NAT in each subnet, if there are to be any; balancer: the one that is changed."""
        wanted = {one["SubnetId"]: one["SourceNatIpv6Prefix"] for one in mappings if "SourceNatIpv6Prefix" in one}
        if wanted and not prefixed:
            raise invalid("SourceNatIpv6Prefix can be specified with EnablePrefixForIpv6SourceNat 'on' only")
        kept = {node.subnet: node.prefix for node in balancer.nodes} if balancer else {}
        others = [node for one in self.balancers.values() if one is not balancer for node in one.nodes]
        used = [interface.ipv6 for interface in self._ec2.interfaces.values() if interface.ipv6]
        used += [node.prefix for node in others if node.prefix]
        prefixes = {}
        for place in places if prefixed else ():
            asked, block = wanted.get(place.subnet, AUTO), self._ec2.block(place.subnet)
            known = kept.get(place.subnet) if asked == AUTO else None
            prefixes[place.subnet] = known or choose_prefix(asked, block.network, used, self.ids.random)
        return prefixes

    def _security_groups(self, vpc: str, wanted: Texts | None) -> list[str]:
        """The groups of a request; None: the VPC's default group."""
        if wanted is None:
            filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
            found = self.ask("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"]
            return [one["GroupId"] for one in found]
        try:
            self.ask("ec2", "describe_security_groups", GroupIds=list(wanted))
        except ServiceError as refused:
            raise ServiceError("InvalidSecurityGroup", refused.message) from None
        return list(wanted)


def _has_ipv6(subnet: Mapping[str, Any]) -> bool:
    blocks = subnet.get("Ipv6CidrBlockAssociationSet") or ()
    return any(block["Ipv6CidrBlockState"]["State"] == "associated" for block in blocks)


def _addresses(scheme: str | None, address_type: str) -> dict[str, bool]:
    """Which addresses a node has beside its private one."""
    public = scheme == "internet-facing" and address_type != WITHOUT_PUBLIC_IPV4
    return {"public": public, "ipv6": address_type != "ipv4"}
