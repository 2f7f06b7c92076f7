"""Security groups: how permissions are checked, and what passes. ICMP, prefix lists and ids of rules are left out.

Security groups are stateful: the answer to what may arrive may leave, so only who begins is asked about.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any, NamedTuple

from eslabon.errors import NotModelled, ServiceError
from eslabon.support.ec2.finding import cidr, invalid, lookup

ALL = "-1"
NUMBERS = {"6": "tcp", "17": "udp"}
PROTOCOLS = ("tcp", "udp", ALL)
OTHERS = ("icmp", "icmpv6", *map(str, range(256)))
MOST_RULES = 60  # inbound, and as many outbound, by default


class Permission(NamedTuple):
    """What a rule permits: a protocol, a range of ports, and the peer, a CIDR or the id of a group."""

    protocol: str
    first: int | None
    last: int | None
    peer: str


EVERYTHING, EVERYTHING_IPV6 = (Permission(ALL, None, None, peer) for peer in ("0.0.0.0/0", "::/0"))
Rules = dict[Permission, str | None]  # with the description of each


@dataclass(slots=True)
class SecurityGroup:
    """A security group: nothing may arrive, and everything leave, until rules say otherwise."""

    id: str
    name: str
    vpc: str
    description: str
    inbound: Rules = field(default_factory=dict)
    outbound: Rules = field(default_factory=lambda: {EVERYTHING: None})


def permissions(given: Iterable[Mapping[str, Any]], groups: Mapping[str, SecurityGroup], account: str) -> Rules:
    """What IpPermissions ask for: a permission for each peer; groups: those that may be named, by id.

    Raises InvalidParameterValue, MissingParameter, InvalidPermission.Malformed, InvalidGroup.NotFound.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html

    >>> web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "100.68.0.18/18"}]}
    >>> permissions([web], {}, "123456789012")
    {Permission(protocol='tcp', first=80, last=80, peer='100.68.0.0/18'): None}
    >>> permissions([{**web, "IpProtocol": "-1"}], {}, "123456789012")
    {Permission(protocol='-1', first=None, last=None, peer='100.68.0.0/18'): None}
    >>> permissions([web, web], {}, "123456789012")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: The same permission must not appear multiple times
    """
    found: Rules = {}
    for one in given:
        ports = _ports(one.get("IpProtocol"), one.get("FromPort"), one.get("ToPort"))
        peers = [(str(cidr(entry["CidrIp"], IPv4Network)), entry) for entry in one.get("IpRanges", ())]
        peers += [(str(cidr(entry["CidrIpv6"], IPv6Network)), entry) for entry in one.get("Ipv6Ranges", ())]
        for entry in one.get("UserIdGroupPairs", ()):
            if entry.get("UserId", account) != account:
                raise NotModelled("ec2", "security groups of other accounts")
            peers += [(group.id, entry) for group in lookup("sg", [entry.get("GroupId", "")], groups)]
        if not peers:
            raise ServiceError("MissingParameter", "Each rule must name a CIDR block or a security group")
        for peer, entry in peers:
            permission = Permission(*ports, peer)
            if permission in found:
                raise invalid("The same permission must not appear multiple times")
            found[permission] = entry.get("Description")
    return found


def _ports(given: str | None, first: int | None, last: int | None) -> tuple[str, int | None, int | None]:
    """A protocol and its ports; a rule for all protocols is for all ports, whatever ports it names."""
    if given is None:
        raise ServiceError("MissingParameter", "The request must contain the parameter ipProtocol")
    protocol = NUMBERS.get(given, given.lower())
    if protocol in OTHERS:
        raise NotModelled("ec2", f"security group rules of protocol {given}", PROTOCOLS)
    if protocol not in PROTOCOLS:
        raise invalid(f"Invalid value '{given}' for IP protocol. Unknown protocol.")
    if protocol == ALL:
        return ALL, None, None
    if first is None or last is None:
        raise invalid("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
    for port in (first, last):
        if not 0 <= port <= 65535:
            raise ServiceError("InvalidPermission.Malformed", f"TCP/UDP port ({port}) out of range")
    if first > last:
        raise invalid(f"Invalid {protocol.upper()} port range: {first}, {last}")
    return protocol, first, last


def spoken(permission: Permission) -> str:
    """A permission as EC2 writes it in its messages.

    >>> spoken(Permission("tcp", 80, 80, "0.0.0.0/0"))
    'peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW'
    >>> spoken(EVERYTHING)
    'peer: 0.0.0.0/0, ALL, ALLOW'
    """
    protocol, first, last, peer = permission
    what = "ALL" if protocol == ALL else f"{protocol.upper()}, from port: {first}, to port: {last}"
    return f"peer: {peer}, {what}, ALLOW"


def permits(rules: Iterable[Permission], protocol: str, port: int, address: str, peers: Collection[str]) -> bool:
    """Whether a rule lets traffic from (of outbound rules: to) an address pass; peers: ids of the other side's groups.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rules = [Permission("tcp", 80, 90, "203.0.113.0/24")]
    >>> permits(rules, "tcp", 90, "203.0.113.7", ()), permits(rules, "tcp", 90, "198.51.100.7", ())
    (True, False)
    >>> permits(rules, "udp", 90, "203.0.113.7", ()), permits([], "tcp", 90, "203.0.113.7", ())
    (False, False)
    """
    return any(
        (allowed == ALL or (allowed == protocol and first is not None and last is not None and first <= port <= last))
        and (peer in peers if peer.startswith("sg-") else _within(address, peer))
        for allowed, first, last, peer in rules
    )


@lru_cache(4096)
def _within(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


def grouped(rules: Rules, account: str) -> list[dict[str, Any]]:
    """Rules as IpPermissions show them: one entry for each protocol and range of ports.

    >>> [shown] = grouped({Permission("tcp", 80, 80, peer): None for peer in ("10.0.0.0/8", "sg-1")}, "123456789012")
    >>> shown["FromPort"], shown["IpRanges"], shown["UserIdGroupPairs"]
    (80, [{'CidrIp': '10.0.0.0/8'}], [{'GroupId': 'sg-1', 'UserId': '123456789012'}])
    """
    found: dict[tuple[str, int | None, int | None], dict[str, Any]] = {}
    for (protocol, first, last, peer), description in rules.items():
        entry: dict[str, str] = {"Description": description} if description else {}
        lists: dict[str, Any] = {"IpRanges": [], "Ipv6Ranges": [], "UserIdGroupPairs": [], "PrefixListIds": []}
        shown = found.setdefault(
            (protocol, first, last), {"IpProtocol": protocol, "FromPort": first, "ToPort": last, **lists}
        )
        if peer.startswith("sg-"):
            shown["UserIdGroupPairs"].append({"GroupId": peer, "UserId": account, **entry})
        elif ":" in peer:
            shown["Ipv6Ranges"].append({"CidrIpv6": peer, **entry})
        else:
            shown["IpRanges"].append({"CidrIp": peer, **entry})
    return list(found.values())
