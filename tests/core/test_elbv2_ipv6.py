"""Elastic Load Balancing: clients and targets with IPv6 addresses, and the listener rules that tell them apart."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled, activate
from eslabon.elbv2.explain import explain
from eslabon.elbv2.flows.client import BytesServer, connect
from tests.core.refusals import refused, refused_code

CLIENT, CLIENT_IPV6 = "198.51.100.9", "2001:db8::9"
WITHOUT_PUBLIC_IPV4 = "dualstack-without-public-ipv4"
SOURCE_NAT = json.loads((Path(__file__).parents[1] / "cases" / "elbv2" / "source_nat.json").read_text("utf-8"))
ANYBODY = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ANYBODY_IPV6 = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}


def forwarded_for(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A web application that tells whom the balancer has seen, and from where the balancer asks."""
    body = f"{environ.get('HTTP_X_FORWARDED_FOR')} by {environ['REMOTE_ADDR']}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


class Site:
    """A VPC with IPv6, and a security group that lets in everybody on port 80."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ec2, self.elbv2 = boto3.client("ec2"), boto3.client("elbv2")
        described = sorted(self.ec2.describe_subnets()["Subnets"], key=lambda one: str(one["AvailabilityZone"]))
        self.vpc, self.subnets = described[0]["VpcId"], [one["SubnetId"] for one in described]
        self.ec2.associate_vpc_cidr_block(VpcId=self.vpc, AmazonProvidedIpv6CidrBlock=True)
        cloud.clock.advance(60)
        [told] = self.ec2.describe_vpcs()["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
        self.parts = list(ipaddress.IPv6Network(told["Ipv6CidrBlock"]).subnets(new_prefix=64))
        self.table = self.ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        gateway = self.ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
        self.ec2.create_route(RouteTableId=self.table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
        for subnet, part in zip(self.subnets[:2], self.parts, strict=False):
            self.ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=str(part))
        cloud.clock.advance(60)
        self.group = self.ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
        self.admit(ANYBODY)

    def admit(self, peers: dict[str, Any]) -> None:
        http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **peers}
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[http])

    def address(self, number: int) -> str:
        """An IPv6 address in the first subnet."""
        return str(self.parts[0][number])

    def balancer(self, address_type: str = "dualstack", **more: Any) -> dict[str, Any]:
        asked = {"Name": "shop", "Subnets": self.subnets[:2], "SecurityGroups": [self.group], **more}
        return dict(self.elbv2.create_load_balancer(IpAddressType=address_type, **asked)["LoadBalancers"][0])

    def targets(self, name: str, target: str, address_type: str, protocol: str = "HTTP") -> str:
        arn = self.elbv2.create_target_group(
            Name=name, Protocol=protocol, Port=80, VpcId=self.vpc, TargetType="ip", IpAddressType=address_type
        )["TargetGroups"][0]["TargetGroupArn"]
        zone = {} if ":" in target else {"AvailabilityZone": "all"}
        self.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": target, **zone}])
        return str(arn)

    def listen(self, balancer: dict[str, Any], *groups: str, protocol: str = "HTTP") -> str:
        listener = self.elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol=protocol, Port=80, DefaultActions=forward(*groups)
        )["Listeners"][0]["ListenerArn"]
        self.cloud.clock.advance(300)
        return str(listener)

    def set(self, balancer: dict[str, Any], address_type: str) -> Any:
        arn = balancer["LoadBalancerArn"]
        return self.elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=address_type)

    def ask(self, balancer: dict[str, Any], client: str) -> str:
        with self.cloud.network.running_at(client):
            try:
                with urllib.request.urlopen(f"http://{balancer['DNSName']}/", timeout=5) as response:
                    return str(response.read().decode())
            except urllib.error.URLError as error:
                return str(error.reason)

    def interfaces(self) -> list[dict[str, Any]]:
        return list(self.ec2.describe_network_interfaces()["NetworkInterfaces"])


@pytest.fixture
def site() -> Iterator[Site]:
    with activate() as cloud:
        yield Site(cloud)


def forward(*groups: str) -> list[dict[str, Any]]:
    weighted = [{"TargetGroupArn": group, "Weight": 1} for group in groups]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}]


class TestAddresses:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-ip-address-type.html"""

    def test_dualstack_needs_subnets_whose_block_is_associated(self, site: Site) -> None:
        code, message = refused(site.balancer, Subnets=site.subnets[1:])
        expected = "You must specify subnets with an associated IPv6 CIDR block."
        assert (code, message) == ("InvalidSubnet", expected)
        site.ec2.associate_subnet_cidr_block(SubnetId=site.subnets[2], Ipv6CidrBlock=str(site.parts[2]))
        assert refused_code(site.balancer, Subnets=site.subnets[1:]) == "InvalidSubnet"
        site.cloud.clock.advance(60)
        assert site.balancer(Subnets=site.subnets[1:])["IpAddressType"] == "dualstack"

    def test_each_node_has_an_address_of_its_subnets_block(self, site: Site) -> None:
        site.balancer()
        addresses = [one["Ipv6Addresses"][0]["Ipv6Address"] for one in site.interfaces()]
        assert len(addresses) == 2
        for address, part in zip(sorted(addresses), sorted(site.parts[:2]), strict=True):
            assert ipaddress.IPv6Address(address) in part

    def test_it_is_changed_at_any_time(self, site: Site) -> None:
        balancer = site.balancer("ipv4")
        assert not any(one["Ipv6Addresses"] for one in site.interfaces())
        assert site.set(balancer, "dualstack")["IpAddressType"] == "dualstack"
        assert all(one["Ipv6Addresses"] and one["Association"] for one in site.interfaces())
        site.set(balancer, WITHOUT_PUBLIC_IPV4)
        assert all(one["Ipv6Addresses"] and "Association" not in one for one in site.interfaces())
        site.set(balancer, "ipv4")
        assert all(one["Association"] and not one["Ipv6Addresses"] for one in site.interfaces())

    def test_it_is_changed_with_the_subnets(self, site: Site) -> None:
        balancer = site.balancer("ipv4", Subnets=site.subnets)
        arn = balancer["LoadBalancerArn"]
        asked = {"LoadBalancerArn": arn, "IpAddressType": "dualstack"}
        assert refused_code(site.elbv2.set_subnets, Subnets=site.subnets, **asked) == "InvalidSubnet"
        assert site.elbv2.set_subnets(Subnets=site.subnets[:2], **asked)["IpAddressType"] == "dualstack"
        assert all(one["Ipv6Addresses"] for one in site.interfaces())

    def test_only_public_application_load_balancers_can_be_without_public_ipv4(self, site: Site) -> None:
        code = "InvalidConfigurationRequest"
        assert refused_code(site.balancer, WITHOUT_PUBLIC_IPV4, Type="network") == code
        assert refused_code(site.balancer, WITHOUT_PUBLIC_IPV4, Scheme="internal") == code

    def test_the_same_request_with_another_type_is_another_one(self, site: Site) -> None:
        site.balancer()
        assert refused_code(site.balancer, "ipv4") == "DuplicateLoadBalancerName"


class TestClients:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html"""

    @pytest.fixture
    def serving(self, site: Site) -> dict[str, Any]:
        site.cloud.host("10.0.0.9", forwarded_for)
        balancer = site.balancer()
        site.listen(balancer, site.targets("shop", "10.0.0.9", "ipv4"))
        return balancer

    def test_a_security_group_lets_in_ipv6_by_rules_of_its_own(self, site: Site, serving: dict[str, Any]) -> None:
        assert site.ask(serving, CLIENT_IPV6) == "timed out"
        site.admit(ANYBODY_IPV6)
        assert site.ask(serving, CLIENT_IPV6).startswith(f"{CLIENT_IPV6} by 172.31.")
        assert site.ask(serving, CLIENT).startswith(f"{CLIENT} by 172.31.")

    def test_without_a_route_for_ipv6_nothing_comes_from_the_internet(
        self, site: Site, serving: dict[str, Any]
    ) -> None:
        site.admit(ANYBODY_IPV6)
        site.ec2.delete_route(RouteTableId=site.table, DestinationIpv6CidrBlock="::/0")
        assert site.ask(serving, CLIENT_IPV6) == "timed out"
        assert site.ask(serving, site.address(5)).startswith(site.address(5)), "inside the VPC it needs none"
        [listener] = site.elbv2.describe_listeners(LoadBalancerArn=serving["LoadBalancerArn"])["Listeners"]
        told = explain(site.cloud, listener["ListenerArn"], "/", client=CLIENT_IPV6)
        assert "no route for ::/0" in told.sentences[0]

    def test_the_name_of_an_ipv4_balancer_leads_nowhere_for_ipv6(self, site: Site, serving: dict[str, Any]) -> None:
        site.set(serving, "ipv4")
        assert site.ask(serving, CLIENT_IPV6) == "[Errno 101] Network is unreachable"
        [listener] = site.elbv2.describe_listeners(LoadBalancerArn=serving["LoadBalancerArn"])["Listeners"]
        told = explain(site.cloud, listener["ListenerArn"], "/", client=CLIENT_IPV6)
        assert told.sentences[0] == f"{CLIENT_IPV6} does not get through: the balancer has no IPv6 addresses."

    def test_without_public_ipv4_only_ipv6_gets_through(self, site: Site, serving: dict[str, Any]) -> None:
        site.admit(ANYBODY_IPV6)
        site.set(serving, WITHOUT_PUBLIC_IPV4)
        assert site.ask(serving, CLIENT) == "[Errno 101] Network is unreachable"
        assert site.ask(serving, CLIENT_IPV6).startswith(CLIENT_IPV6)
        [listener] = site.elbv2.describe_listeners(LoadBalancerArn=serving["LoadBalancerArn"])["Listeners"]
        told = explain(site.cloud, listener["ListenerArn"], "/", client=CLIENT)
        assert told.sentences[0] == f"{CLIENT} does not get through: the balancer has no public IPv4 addresses."

    def test_an_internal_one_lets_in_nobody_from_the_internet_although_ipv6_addresses_are_public(
        self, site: Site
    ) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""
        site.admit(ANYBODY_IPV6)
        site.cloud.host("10.0.0.9", forwarded_for)
        balancer = site.balancer(Scheme="internal")
        site.listen(balancer, site.targets("shop", "10.0.0.9", "ipv4"))
        assert site.ask(balancer, CLIENT_IPV6) == "timed out"
        assert site.ask(balancer, site.address(5)).startswith(f"{site.address(5)} by 172.31.")


class TestTargets:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html"""

    def test_a_group_has_addresses_of_its_own_kind_that_are_in_the_vpc(self, site: Site) -> None:
        six = site.targets("six", site.address(5), "ipv6")
        for wrong in ("10.0.0.9", "2001:db8::5", "shop"):
            asked = {"TargetGroupArn": six, "Targets": [{"Id": wrong}]}
            assert refused_code(site.elbv2.register_targets, **asked) == "ValidationError"
        four = site.targets("four", "10.0.0.9", "ipv4")
        asked = {"TargetGroupArn": four, "Targets": [{"Id": site.address(5)}]}
        assert refused_code(site.elbv2.register_targets, **asked) == "ValidationError"
        [told] = site.elbv2.describe_target_health(TargetGroupArn=six)["TargetHealthDescriptions"]
        assert told["Target"]["AvailabilityZone"] == "us-east-1a"

    def test_the_balancer_asks_them_and_checks_them_from_its_ipv6_address(self, site: Site) -> None:
        site.cloud.host(site.address(5), forwarded_for)
        balancer = site.balancer()
        group = site.targets("six", site.address(5), "ipv6")
        site.listen(balancer, group)
        [health] = site.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        assert health["TargetHealth"]["State"] == "healthy"
        client, _, node = site.ask(balancer, CLIENT).partition(" by ")
        assert client == CLIENT
        assert node in {one["Ipv6Addresses"][0]["Ipv6Address"] for one in site.interfaces()}

    def test_they_need_a_dualstack_balancer_for_as_long_as_they_are_used(self, site: Site) -> None:
        group = site.targets("six", site.address(5), "ipv6")
        four, both = site.balancer("ipv4", Name="four"), site.balancer(Name="both")
        assert refused_code(site.listen, four, group) == "InvalidConfigurationRequest"
        site.listen(both, group)
        assert refused_code(site.set, both, "ipv4") == "InvalidConfigurationRequest"
        site.set(both, WITHOUT_PUBLIC_IPV4)

    def test_instances_have_no_ipv6_addresses_here(self, site: Site) -> None:
        asked = {"Name": "six", "Protocol": "HTTP", "Port": 80, "VpcId": site.vpc, "IpAddressType": "ipv6"}
        with pytest.raises(NotModelled, match="instance"):
            site.elbv2.create_target_group(**asked)


class TestRulesByFamily:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-rule.html"""

    @pytest.fixture
    def flows(self, site: Site) -> dict[str, Any]:
        site.admit(ANYBODY_IPV6)
        return site.balancer(Type="network")

    def group(self, site: Site, family: str, target: str) -> str:
        """A group whose target tells its family and whom it sees."""
        site.cloud.host(target, BytesServer(lambda data, client: f"{family} sees {client}".encode()))
        group = site.targets(family, target, family, "TCP")
        preserve = {"Key": "preserve_client_ip.enabled", "Value": "true"}
        site.elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=[preserve])
        return group

    def rule(self, site: Site, listener: str, family: str, *groups: str, priority: int = 1) -> Any:
        condition = {"Field": "source-ip", "SourceIpConfig": {"IpAddressType": family}}
        return site.elbv2.create_rule(
            ListenerArn=listener, Conditions=[condition], Priority=priority, Actions=forward(*groups)
        )["Rules"][0]

    def test_clients_of_each_family_get_to_targets_of_theirs_which_see_their_address(
        self, site: Site, flows: dict[str, Any]
    ) -> None:
        four = self.group(site, "ipv4", "10.0.0.9")
        listener = site.listen(flows, four, protocol="TCP")
        seen = connect(site.cloud, flows["DNSName"], 80, source=CLIENT_IPV6).exchange(b"who?").decode()
        assert seen.startswith("ipv4 sees 172.31."), "the balancer translates"
        rule = self.rule(site, listener, "ipv6", self.group(site, "ipv6", site.address(5)))
        assert rule["Conditions"] == [{"Field": "source-ip", "SourceIpConfig": {"IpAddressType": "ipv6"}}]
        site.cloud.clock.advance(120)
        for family, client in (("ipv6", CLIENT_IPV6), ("ipv4", CLIENT)):
            answer = connect(site.cloud, flows["DNSName"], 80, source=client).exchange(b"who?")
            assert answer == f"{family} sees {client}".encode()
            told = explain(site.cloud, listener, client=client)
            assert told.rule and (told.rule.priority is None) == (family == "ipv4")
            assert f"The target sees the client's address, {client}." in told.sentences

    def test_all_groups_of_an_action_are_of_one_family(self, site: Site, flows: dict[str, Any]) -> None:
        """AWS says so where it announces these rules: "Consolidate dual-stack architectures with listener rules"."""
        four, six = self.group(site, "ipv4", "10.0.0.9"), self.group(site, "ipv6", site.address(5))
        assert refused_code(site.listen, flows, four, six, protocol="TCP") == "InvalidConfigurationRequest"
        listener = site.listen(flows, four, protocol="TCP")
        assert refused_code(self.rule, site, listener, "ipv6", six, four) == "InvalidConfigurationRequest"

    def test_they_are_the_only_rules_of_a_network_load_balancer(self, site: Site, flows: dict[str, Any]) -> None:
        four = self.group(site, "ipv4", "10.0.0.9")
        listener = site.listen(flows, four, protocol="TCP")
        asked = {"ListenerArn": listener, "Priority": 1, "Actions": forward(four)}
        for condition in (
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
            {"Field": "path-pattern", "Values": ["/img/*"]},
        ):
            assert refused_code(site.elbv2.create_rule, Conditions=[condition], **asked) == "ValidationError"
        gone = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
        family = [{"Field": "source-ip", "SourceIpConfig": {"IpAddressType": "ipv6"}}]
        code = refused_code(site.elbv2.create_rule, Conditions=family, **{**asked, "Actions": gone})
        assert code == "InvalidLoadBalancerAction"
        rewrite = {"Rewrites": [{"Regex": "^/img/(.*)$", "Replace": "/$1"}]}
        transforms = [{"Type": "url-rewrite", "UrlRewriteConfig": rewrite}]
        code = refused_code(site.elbv2.create_rule, Conditions=family, Transforms=transforms, **asked)
        assert code == "ValidationError"

    def test_while_there_are_rules_the_balancer_stays_dualstack(self, site: Site, flows: dict[str, Any]) -> None:
        four = self.group(site, "ipv4", "10.0.0.9")
        listener = site.listen(flows, four, protocol="TCP")
        rule = self.rule(site, listener, "ipv6", four)
        assert refused_code(site.set, flows, "ipv4") == "InvalidConfigurationRequest"
        site.elbv2.delete_rule(RuleArn=rule["RuleArn"])
        site.set(flows, "ipv4")
        assert refused_code(self.rule, site, listener, "ipv6", four) == "UnsupportedProtocol"


class TestSourceNat:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""

    def made(self, site: Site, **more: Any) -> dict[str, Any]:
        """A balancer for UDP; without security groups, which would have to let UDP in."""
        return site.balancer(**{"Type": "network", "SecurityGroups": [], "EnablePrefixForIpv6SourceNat": "on", **more})

    def prefixes(self, balancer: dict[str, Any]) -> list[ipaddress.IPv6Network]:
        zones = balancer["AvailabilityZones"]
        return [ipaddress.IPv6Network(prefix) for zone in zones for prefix in zone.get("SourceNatIpv6Prefixes", ())]

    @pytest.mark.parametrize("case", SOURCE_NAT, ids=lambda case: case["id"])
    def test_when_it_is_needed_and_what_prefixes_may_be(self, site: Site, case: dict[str, Any]) -> None:
        assert case["source"].startswith("https://")
        asked: dict[str, Any] = {"Type": case["type"], "SecurityGroups": []}
        if case["enable"]:
            asked["EnablePrefixForIpv6SourceNat"] = case["enable"]
        if "prefix" in case:
            first = site.parts[0][0].exploded[:20]
            prefix = f"{first}{case['prefix']}" if case["prefix"].startswith("5::") else case["prefix"]
            asked |= {"Subnets": [], "SubnetMappings": [{"SubnetId": site.subnets[0], "SourceNatIpv6Prefix": prefix}]}
        refusals = []
        try:
            balancer = site.balancer(case["address_type"], **asked)
            if "listener" in case:
                target = {"ipv4": "10.0.0.9", "ipv6": site.address(5)}[case["targets"]]
                group = site.targets("flows", target, case["targets"], case["listener"])
                site.listen(balancer, group, protocol=case["listener"])
        except ClientError as error:
            refusals.append(error.response["Error"]["Code"])
        assert refusals == [case["refused"]] * bool(case["refused"])

    def test_each_subnet_has_a_prefix_of_its_block(self, site: Site) -> None:
        balancer = self.made(site)
        assert balancer["EnablePrefixForIpv6SourceNat"] == "on"
        for prefix, block in zip(self.prefixes(balancer), site.parts, strict=False):
            assert prefix.prefixlen == 80
            assert prefix.subnet_of(block)
        mapping = {"SubnetId": site.subnets[0], "SourceNatIpv6Prefix": str(self.prefixes(balancer)[0])}
        code = refused_code(self.made, site, Name="other", Subnets=[], SubnetMappings=[mapping])
        assert code == "InvalidConfigurationRequest"

    def test_without_it_there_are_none(self, site: Site) -> None:
        balancer = self.made(site, EnablePrefixForIpv6SourceNat="off")
        assert balancer["EnablePrefixForIpv6SourceNat"] == "off"
        assert self.prefixes(balancer) == []
        assert "EnablePrefixForIpv6SourceNat" not in site.balancer(Name="web")

    def test_it_is_turned_on_with_the_subnets_and_stays_while_there_is_udp(self, site: Site) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html"""
        balancer = self.made(site, EnablePrefixForIpv6SourceNat="off")
        asked = {"LoadBalancerArn": balancer["LoadBalancerArn"], "Subnets": site.subnets[:2]}
        told = site.elbv2.set_subnets(EnablePrefixForIpv6SourceNat="on", **asked)
        assert (told["EnablePrefixForIpv6SourceNat"], len(self.prefixes(told))) == ("on", 2)
        listener = site.listen(balancer, site.targets("udp", site.address(5), "ipv6", "UDP"), protocol="UDP")
        off = {"EnablePrefixForIpv6SourceNat": "off", **asked}
        assert refused_code(site.elbv2.set_subnets, **off) == "InvalidConfigurationRequest"
        assert self.prefixes(site.elbv2.set_subnets(**asked)) == self.prefixes(told)
        site.elbv2.delete_listener(ListenerArn=listener)
        site.set(balancer, "ipv4")
        [now] = site.elbv2.describe_load_balancers()["LoadBalancers"]
        assert (now["EnablePrefixForIpv6SourceNat"], self.prefixes(now)) == ("off", [])

    def test_a_balancer_that_forwards_udp_to_ipv4_does_not_become_dualstack(self, site: Site) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-target-group.html"""
        balancer = self.made(site, address_type="ipv4", EnablePrefixForIpv6SourceNat="off")
        site.listen(balancer, site.targets("udp", "10.0.0.9", "ipv4", "UDP"), protocol="UDP")
        assert refused_code(site.set, balancer, "dualstack") == "InvalidConfigurationRequest"
        asked = {"LoadBalancerArn": balancer["LoadBalancerArn"], "IpAddressType": "dualstack"}
        on = {"Subnets": site.subnets[:2], "EnablePrefixForIpv6SourceNat": "on", **asked}
        assert refused_code(site.elbv2.set_subnets, **on) == "InvalidConfigurationRequest"

    def test_targets_see_clients_with_ipv6_and_addresses_of_a_prefix_for_others(self, site: Site) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html"""
        balancer = self.made(site, Subnets=site.subnets[:1])
        site.cloud.host(site.address(5), BytesServer(lambda data, client: client.encode()))
        listener = site.listen(balancer, site.targets("six", site.address(5), "ipv6", "UDP"), protocol="UDP")

        def seen(client: str, port: int = 50_000) -> str:
            socket = connect(site.cloud, balancer["DNSName"], 80, "UDP", source=client, source_port=port)
            return socket.exchange(b"who?").decode()

        assert seen(CLIENT_IPV6) == CLIENT_IPV6
        [prefix] = self.prefixes(balancer)
        others = {seen(CLIENT), seen(CLIENT, 50_001), seen("198.51.100.10")}
        assert len(others) == 3
        assert all(ipaddress.IPv6Address(other) in prefix for other in others)
        told = explain(site.cloud, listener, client=CLIENT)
        assert "The target sees an address of the node's IPv6 prefix for source NAT." in told.sentences
