"""Amazon EC2: security groups, what they let pass, and how they are refused."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from eslabon import Cloud
from eslabon.errors import NotModelled
from eslabon.support.ec2.groups import ALL, Permission, permits
from tests.core.refusals import refused_code

CLIENT = "203.0.113.7"


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")


def made(ec2: Any, name: str) -> str:
    """The id of a new security group."""
    return str(ec2.create_security_group(GroupName=name, Description="for a test")["GroupId"])


def tcp(first: int, last: int | None = None, **peers: Any) -> dict[str, Any]:
    """A permission for ports of TCP, from everywhere unless said otherwise."""
    ports = {"IpProtocol": "tcp", "FromPort": first, "ToPort": first if last is None else last}
    return ports | (peers or {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]})


def shown(ec2: Any, group: str) -> Any:
    return ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]


def test_a_new_group_lets_nothing_in_and_everything_out(ec2: Any) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"""
    group = shown(ec2, made(ec2, "web"))
    assert group["IpPermissions"] == []
    [outbound] = group["IpPermissionsEgress"]
    assert outbound["IpProtocol"] == "-1"
    assert "FromPort" not in outbound
    assert outbound["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]


def test_the_default_group_lets_in_what_has_it_too(ec2: Any) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html"""
    [group] = ec2.describe_security_groups()["SecurityGroups"]
    [inbound] = group["IpPermissions"]
    assert group["GroupName"] == "default"
    assert inbound["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": "123456789012"}]
    assert inbound["IpRanges"] == []


def test_names_are_unique_in_a_vpc_whatever_their_case(ec2: Any) -> None:
    made(ec2, "web")
    assert refused_code(ec2.create_security_group, GroupName="WEB", Description="another") == "InvalidGroup.Duplicate"
    assert refused_code(ec2.create_security_group, GroupName="default", Description="mine") == "InvalidGroup.Reserved"


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("sg-web", "the web"),
        ("w" * 256, "the web"),
        ("café", "the web"),
        ("web", "d" * 256),
        ("web", "café"),
        ("", "d"),
    ],
)
def test_names_and_descriptions_have_up_to_255_characters_of_a_set(
    cloud: Cloud, ec2: Any, name: str, description: str
) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""
    assert refused_code(ec2.create_security_group, GroupName=name, Description=description) == "InvalidParameterValue"
    assert cloud.resources() == []


def test_a_group_is_tagged_when_it_is_made(ec2: Any) -> None:
    tags = [{"Key": "team", "Value": "shop"}]
    given = [{"ResourceType": "security-group", "Tags": tags}]
    group = ec2.create_security_group(GroupName="web", Description="the web", TagSpecifications=given)
    assert group["Tags"] == tags
    assert shown(ec2, group["GroupId"])["Tags"] == tags
    wrong = [{"ResourceType": "instance", "Tags": tags}]
    asked = {"GroupName": "db", "Description": "the database", "TagSpecifications": wrong}
    assert refused_code(ec2.create_security_group, **asked) == "InvalidParameterValue"


def test_permissions_are_shown_by_protocol_and_ports_with_their_descriptions(ec2: Any) -> None:
    web, peer = made(ec2, "web"), made(ec2, "balancer")
    ranges = [{"CidrIp": "10.0.0.0/8", "Description": "the office"}]
    ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[
            tcp(80, IpRanges=ranges, Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}]),
            tcp(80, UserIdGroupPairs=[{"GroupId": peer}]),
        ],
    )
    [permission] = shown(ec2, web)["IpPermissions"]
    assert permission == {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "IpRanges": ranges,
        "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}],
        "UserIdGroupPairs": [{"GroupId": peer, "UserId": "123456789012"}],
        "PrefixListIds": [],
    }


def test_aws_makes_ranges_canonical_so_another_form_of_the_same_is_a_duplicate(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"""
    group = made(ec2, "web")
    other_form, canonical = ([tcp(80, IpRanges=[{"CidrIp": f"100.68.0.{host}/18"}])] for host in (18, 0))
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=other_form)
    assert shown(ec2, group)["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "100.68.0.0/18"}]
    with pytest.raises(
        ClientError, match='peer: 100.68.0.0/18, TCP, from port: 80, to port: 80, ALLOW" already exists'
    ):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=canonical)


def test_protocols_go_by_number_too(ec2: Any) -> None:
    group = made(ec2, "web")
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**tcp(80), "IpProtocol": "6"}])
    assert shown(ec2, group)["IpPermissions"][0]["IpProtocol"] == "tcp"


def test_of_a_request_all_is_authorized_or_nothing(ec2: Any) -> None:
    group = made(ec2, "web")
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(80)])
    asked = {"GroupId": group, "IpPermissions": [tcp(443), tcp(80)]}
    assert refused_code(ec2.authorize_security_group_ingress, **asked) == "InvalidPermission.Duplicate"
    assert [one["FromPort"] for one in shown(ec2, group)["IpPermissions"]] == [80]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([tcp(80), tcp(80)], "InvalidParameterValue"),
        ([tcp(80, IpRanges=[{"CidrIp": "10.0.0.0"}])], "InvalidParameterValue"),
        ([tcp(80, IpRanges=[{"CidrIp": "10.0.0.0/33"}])], "InvalidParameterValue"),
        ([tcp(80, IpRanges=[{"CidrIp": "::/0"}])], "InvalidParameterValue"),
        ([tcp(80, IpRanges=[])], "MissingParameter"),
        ([tcp(80, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}])], "InvalidGroup.NotFound"),
        ([tcp(90, 80)], "InvalidParameterValue"),
        ([tcp(80, 65536)], "InvalidPermission.Malformed"),
        ([tcp(-1, -1)], "InvalidPermission.Malformed"),
        ([{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}], "InvalidParameterValue"),
        ([{"IpProtocol": "http", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}], "InvalidParameterValue"),
        ([{"FromPort": 80, "ToPort": 80}], "MissingParameter"),
        ([tcp(port) for port in range(61)], "RulesPerSecurityGroupLimitExceeded"),
    ],
)
def test_permissions_beyond_the_rules_are_refused(ec2: Any, permissions: list[Any], expected: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    group = made(ec2, "web")
    assert refused_code(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=permissions) == expected
    assert shown(ec2, group)["IpPermissions"] == []


@pytest.mark.parametrize(
    "permission",
    [
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "50", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        tcp(80, PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]),
        tcp(80, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0", "UserId": "111122223333"}]),
    ],
)
def test_rules_that_are_not_modelled_are_refused_and_not_ignored(ec2: Any, permission: dict[str, Any]) -> None:
    with pytest.raises(NotModelled):
        ec2.authorize_security_group_ingress(GroupId=made(ec2, "web"), IpPermissions=[permission])


def test_what_a_group_shows_revokes_it(ec2: Any) -> None:
    group = made(ec2, "web")
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(80), tcp(443)])
    before = shown(ec2, group)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=before["IpPermissions"])
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=before["IpPermissionsEgress"])
    after = shown(ec2, group)
    assert (after["IpPermissions"], after["IpPermissionsEgress"]) == ([], [])


def test_in_a_default_vpc_revoking_what_is_not_there_is_no_error(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html"""
    group = made(ec2, "web")
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(80)])
    answer = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[tcp(80), tcp(443)])
    assert [one["FromPort"] for one in answer["UnknownIpPermissions"]] == [443]
    assert shown(ec2, group)["IpPermissions"] == []


def test_a_group_that_is_in_use_or_named_by_another_is_not_deleted(cloud: Cloud, ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html"""
    balancer, web = made(ec2, "balancer"), made(ec2, "web")
    named = [tcp(80, UserIdGroupPairs=[{"GroupId": balancer}])]
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=named)
    assert refused_code(ec2.delete_security_group, GroupId=balancer) == "DependencyViolation"
    ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=named)

    service: Any = cloud.service("ec2")
    interface = service.new_interface(next(iter(service.subnets.values())), [balancer], "ELB app/shop/1")
    assert refused_code(ec2.delete_security_group, GroupId=balancer) == "DependencyViolation"
    service.drop_interface(interface)
    ec2.delete_security_group(GroupId=balancer)
    ec2.delete_security_group(GroupId=web)
    assert cloud.resources() == []


def test_a_group_may_name_itself_and_still_be_deleted(cloud: Cloud, ec2: Any) -> None:
    group = made(ec2, "web")
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=itself)
    ec2.delete_security_group(GroupId=group)
    assert cloud.resources() == []


class Shop:
    """A balancer's node and an instance's interface, with a security group each."""

    def __init__(self, cloud: Cloud) -> None:
        self.service: Any = cloud.service("ec2")
        self.api = cloud.client("ec2")
        first, second, _ = self.service.subnets.values()
        self.front, self.back = made(self.api, "balancer"), made(self.api, "web")
        self.node = self.service.new_interface(first, [self.front], "ELB app/shop/1", public=True).address
        self.web = self.service.new_interface(second, [self.back], "i-1").address

    def admit(self, group: str, permission: dict[str, Any]) -> None:
        self.api.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    def reaches(self, destination: str, port: int, source: str, protocol: str = "tcp") -> bool:
        return bool(self.service.reaches(destination, port, protocol, source))


@pytest.fixture
def shop(cloud: Cloud) -> Shop:
    return Shop(cloud)


def test_only_what_a_rule_lets_in_arrives_at_once_and_until_it_is_revoked(shop: Shop) -> None:
    assert not shop.reaches(shop.node, 80, CLIENT)
    shop.admit(shop.front, tcp(80))
    assert shop.reaches(shop.node, 80, CLIENT)
    assert not shop.reaches(shop.node, 81, CLIENT)
    assert not shop.reaches(shop.node, 80, CLIENT, "udp")
    shop.api.revoke_security_group_ingress(GroupId=shop.front, IpPermissions=[tcp(80)])
    assert not shop.reaches(shop.node, 80, CLIENT)


def test_a_rule_that_names_a_group_lets_in_what_has_that_group_and_nobody_else(shop: Shop) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing"""
    shop.admit(shop.back, tcp(80, UserIdGroupPairs=[{"GroupId": shop.front}]))
    assert shop.reaches(shop.web, 80, shop.node)
    assert not shop.reaches(shop.web, 80, CLIENT)
    assert shop.service.reaches(shop.web, 80, "tcp", CLIENT, [shop.front]), "client IP preserved: the sender counts"


def test_what_the_sender_does_not_let_out_does_not_arrive(shop: Shop) -> None:
    shop.admit(shop.back, tcp(80))
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    shop.api.revoke_security_group_egress(GroupId=shop.front, IpPermissions=everything)
    assert not shop.reaches(shop.web, 80, shop.node)
    to_web = [tcp(80, UserIdGroupPairs=[{"GroupId": shop.back}])]
    shop.api.authorize_security_group_egress(GroupId=shop.front, IpPermissions=to_web)
    assert shop.reaches(shop.web, 80, shop.node)


def test_without_any_group_everything_arrives_as_at_a_network_load_balancer(shop: Shop) -> None:
    node = shop.service.new_interface(next(iter(shop.service.subnets.values())), [], "ELB net/shop/1")
    assert shop.reaches(node.address, 80, CLIENT)


def test_where_no_machine_is_nothing_arrives_in_the_vpc(cloud: Cloud, shop: Shop) -> None:
    nobody = next(
        str(address)
        for address in ipaddress.ip_network("172.31.0.0/28").hosts()
        if str(address) not in shop.service.interfaces
    )
    assert not shop.reaches(nobody, 80, shop.node)
    cloud.host(nobody, lambda environ, start_response: [])
    assert shop.reaches(nobody, 80, shop.node), "a program that listens is a machine"
    assert shop.reaches("10.0.0.9", 80, shop.node), "outside the VPC no security group of it counts"


PORTS = st.integers(0, 65535)
RULES = st.builds(
    lambda protocol, ports, peer: Permission(protocol, *(sorted(ports) if protocol != ALL else (None, None)), peer),
    st.sampled_from(["tcp", "udp", ALL]),
    st.tuples(PORTS, PORTS),
    st.sampled_from(["0.0.0.0/0", "203.0.113.0/24", "203.0.113.7/32", "::/0", "sg-1", "sg-2"]),
)


@given(st.lists(RULES, max_size=5), RULES, PORTS, st.sampled_from(["tcp", "udp"]))
def test_rules_only_add_what_passes(rules: list[Permission], more: Permission, port: int, protocol: str) -> None:
    """Security groups have rules that allow, none that deny."""
    before = permits(rules, protocol, port, CLIENT, ["sg-1"])
    after = permits([*rules, more], protocol, port, CLIENT, ["sg-1"])
    assert after == (before or permits([more], protocol, port, CLIENT, ["sg-1"]))
