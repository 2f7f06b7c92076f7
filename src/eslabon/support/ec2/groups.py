"""Security groups: their rules, how permissions are checked, and what passes. Prefix lists and ICMP types are left out.

Security groups are stateful: the answer to what may arrive may leave, so only who begins is asked about.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eslabon.errors import NotModelled, ServiceError

NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
ALL = "-1"
WITH_PORTS = ("tcp", "udp")
MOST_RULES = 60  # inbound, and as many outbound, by default
TEXT = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}"  # names and descriptions


class Permission(NamedTuple):
    """What a rule permits: a protocol, a range of ports, and the peer, a CIDR or the id of a group."""

    protocol: str
    first: int | None
    last: int | None
    peer: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a security group."""

    id: str
    egress: bool
    permission: Permission
    description: str | None = None


@dataclass(slots=True)
class SecurityGroup:
    """A security group: nothing may arrive, and everything leave, until rules say otherwise."""

    id: str
    name: str
    vpc: str
    description: str
    rules: dict[str, Rule] = field(default_factory=dict)  # by id


def permissions(
    given: Iterable[Mapping[str, Any]], peers: Mapping[str, str], account: str
) -> dict[Permission, str | None]:
    """What IpPermissions ask for, with the description of each: one permission for each peer.

    peers: the ids of the groups that may be named, by id and by name. Raises InvalidParameterValue, MissingParameter,
    InvalidPermission.Malformed, InvalidGroup.NotFound.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html

    >>> web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "100.68.0.18/18"}]}
    >>> list(permissions([web], {}, "123456789012"))
    [Permission(protocol='tcp', first=80, last=80, peer='100.68.0.0/18')]
    >>> among = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}
    >>> list(permissions([among], {"sg-1": "sg-1"}, "123456789012"))
    [Permission(protocol='-1', first=None, last=None, peer='sg-1')]
    >>> permissions([web, web], {}, "123456789012")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: The same permission must not appear multiple times
    """
    found: dict[Permission, str | None] = {}
    for one in given:
        protocol = _protocol(one.get("IpProtocol"))
        first, last = _ports(protocol, one.get("FromPort"), one.get("ToPort"))
        sources = [(_cidr(entry["CidrIp"], 4), entry) for entry in one.get("IpRanges", ())]
        sources += [(_cidr(entry["CidrIpv6"], 6), entry) for entry in one.get("Ipv6Ranges", ())]
        sources += [(_group(entry, peers, account), entry) for entry in one.get("UserIdGroupPairs", ())]
        if not sources:
            raise ServiceError("MissingParameter", "The request must contain a CIDR or a security group for each rule")
        for peer, entry in sources:
            permission = Permission(protocol, first, last, peer)
            if permission in found:
                raise _invalid("The same permission must not appear multiple times")
            found[permission] = checked_text("rule description", entry.get("Description"))
    return found


def checked_text(what: str, given: str | None) -> str | None:
    """A name or description as it was given; InvalidParameterValue when it has other characters, or more than 255.

    >>> checked_text("rule description", "the web, from anywhere")
    'the web, from anywhere'
    >>> checked_text("security group description", "café")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Invalid security group description. Valid descriptions are ...
    """
    if given is not None and not re.fullmatch(TEXT, given):
        characters = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        message = f"Valid descriptions are strings less than 256 characters from the following set: {characters}"
        raise _invalid(f"Invalid {what}. {message}")
    return given


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message)


def _protocol(given: str | None) -> str:
    if given is None:
        raise ServiceError("MissingParameter", "The request must contain the parameter ipProtocol")
    protocol = NUMBERS.get(given, given.lower())
    number = protocol.isdecimal() and int(protocol) <= 255
    if protocol not in (ALL, *NUMBERS.values()) and not number:
        raise _invalid(f"Invalid value '{given}' for IP protocol. Unknown protocol.")
    return protocol


def _ports(protocol: str, first: int | None, last: int | None) -> tuple[int | None, int | None]:
    """The range of ports; of other protocols than TCP and UDP a rule is for all, whatever ports it names."""
    if protocol in ("icmp", *WITH_PORTS) and (first is None or last is None):
        named = "ICMP" if protocol == "icmp" else "TCP/UDP"
        raise _invalid(f"Invalid value 'Must specify both from and to ports with {named}.' for portRange.")
    if protocol in ("icmp", "icmpv6") and (first, last) not in ((-1, -1), (None, None)):
        raise NotModelled("ec2", "rules for some types of ICMP", ["FromPort=-1, ToPort=-1: all types"])
    if protocol not in WITH_PORTS:
        return (-1, -1) if protocol in ("icmp", "icmpv6") else (None, None)
    assert first is not None
    assert last is not None
    for port in (first, last):
        if not 0 <= port <= 65535:
            raise ServiceError("InvalidPermission.Malformed", f"TCP/UDP port ({port}) out of range")
    if first > last:
        raise _invalid(f"Invalid {protocol.upper()} port range: {first}, {last}")
    return first, last


def _cidr(given: str, version: int) -> str:
    try:
        network = ipaddress.ip_network(given if "/" in given else "", strict=False)
    except ValueError:
        raise _invalid(f"CIDR block {given} is malformed") from None
    if network.version != version:
        raise _invalid(f"CIDR block {given} is malformed")
    return str(network)


def _group(entry: Mapping[str, str], peers: Mapping[str, str], account: str) -> str:
    if entry.get("UserId", account) != account:
        raise NotModelled("ec2", "security groups of other accounts")
    named = entry.get("GroupId") or entry.get("GroupName", "")
    if named not in peers:
        raise ServiceError("InvalidGroup.NotFound", f"The security group '{named}' does not exist")
    return peers[named]


def spoken(permission: Permission) -> str:
    """A permission as EC2 writes it in its messages.

    >>> spoken(Permission("tcp", 80, 80, "0.0.0.0/0"))
    'peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW'
    >>> spoken(Permission("-1", None, None, "0.0.0.0/0"))
    'peer: 0.0.0.0/0, ALL, ALLOW'
    """
    protocol, first, last, peer = permission
    ports = f", from port: {first}, to port: {last}" if protocol in WITH_PORTS else ""
    return f"peer: {peer}, {'ALL' if protocol == ALL else protocol.upper()}{ports}, ALLOW"


def permits(
    groups: Iterable[SecurityGroup], egress: bool, protocol: str, port: int, address: str, peers: Collection[str]
) -> bool:
    """Whether a rule of one of the groups lets traffic from (egress: to) an address pass.

    peers: the ids of the groups that the other side has.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = Rule("sgr-1", False, Permission("tcp", 80, 90, "203.0.113.0/24"))
    >>> web = [SecurityGroup("sg-1", "web", "vpc-1", "the web", {rule.id: rule})]
    >>> permits(web, False, "tcp", 90, "203.0.113.7", ()), permits(web, False, "tcp", 90, "198.51.100.7", ())
    (True, False)
    >>> permits(web, False, "udp", 90, "203.0.113.7", ()), permits(web, True, "tcp", 90, "203.0.113.7", ())
    (False, False)
    """
    rules = (rule.permission for group in groups for rule in group.rules.values() if rule.egress == egress)
    return any(
        wanted in (ALL, protocol)
        and (wanted not in WITH_PORTS or (first or 0) <= port <= (last or 0))
        and (peer in peers if peer.startswith("sg-") else _within(address, peer))
        for wanted, first, last, peer in rules
    )


def _within(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


def grouped(rules: Iterable[Rule], account: str) -> list[dict[str, Any]]:
    """Rules as IpPermissions show them: one entry for each protocol and range of ports.

    >>> rules = [Rule("sgr-1", False, Permission("tcp", 80, 80, peer)) for peer in ("10.0.0.0/8", "sg-1")]
    >>> [shown] = grouped(rules, "123456789012")
    >>> shown["FromPort"], shown["IpRanges"], shown["UserIdGroupPairs"]
    (80, [{'CidrIp': '10.0.0.0/8'}], [{'GroupId': 'sg-1', 'UserId': '123456789012'}])
    """
    found: dict[tuple[str, int | None, int | None], dict[str, Any]] = {}
    for rule in rules:
        protocol, first, last, peer = rule.permission
        shown = found.setdefault(
            (protocol, first, last),
            {"IpProtocol": protocol, "FromPort": first, "ToPort": last}
            | {name: [] for name in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")},
        )
        kind, entry, _ = _peer(peer, account)
        shown[kind].append(entry | ({"Description": rule.description} if rule.description else {}))
    return list(found.values())


def _peer(peer: str, account: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    """In which member of IpPermissions a peer stands, how, and how it stands in a rule with its own id."""
    if peer.startswith("sg-"):
        pair = {"GroupId": peer, "UserId": account}
        return "UserIdGroupPairs", pair, {"ReferencedGroupInfo": pair}
    if ":" in peer:
        return "Ipv6Ranges", {"CidrIpv6": peer}, {"CidrIpv6": peer}
    return "IpRanges", {"CidrIp": peer}, {"CidrIpv4": peer}


def shown_rule(rule: Rule, group: str, account: str) -> dict[str, Any]:
    """A rule with its own id, as what has just been authorized is answered.

    >>> shown = shown_rule(Rule("sgr-1", False, Permission("tcp", 80, 80, "sg-2")), "sg-1", "123456789012")
    >>> shown["SecurityGroupRuleId"], shown["ReferencedGroupInfo"]
    ('sgr-1', {'GroupId': 'sg-2', 'UserId': '123456789012'})
    """
    protocol, first, last, peer = rule.permission
    return {
        "SecurityGroupRuleId": rule.id,
        "GroupId": group,
        "GroupOwnerId": account,
        "IsEgress": rule.egress,
        "IpProtocol": protocol,
        "FromPort": -1 if first is None else first,
        "ToPort": -1 if last is None else last,
        "Description": rule.description,
        **_peer(peer, account)[2],
    }
