"""What metrics count of flows, and in what packets data goes. The names of metrics are in `metrics`."""

from __future__ import annotations

from typing import Literal, NamedTuple

# "bytes": with the headers of packets; "reset": by the balancer; "rejected": for want of a target; "blocked": by the
# balancer's security groups.
Happening = Literal[
    "new", "active", "bytes", "fail open", "reset", "client reset", "target reset", "rejected", "blocked"
]

HEADERS = {"tcp": 20, "udp": 8}  # bytes
IPV4, IPV6 = 20, 40  # bytes of their headers
MOST = 1460  # bytes of data in a packet: 1,500 with the headers of TCP and IPv4


class Counted(NamedTuple):
    """What is counted; protocol: TCP, TLS or UDP; group: an ARN, empty when no group has it."""

    what: Happening
    protocol: str
    zone: str
    group: str = ""


def headers_of(protocol: str, *, ipv6: bool = False) -> int:
    """The bytes of the headers of a packet; protocol: tcp, any other has those of udp.

    >>> headers_of("tcp"), headers_of("udp"), headers_of("tcp", ipv6=True)
    (40, 28, 60)
    """
    return HEADERS.get(protocol, HEADERS["udp"]) + (IPV6 if ipv6 else IPV4)


def packets_of(size: int) -> int:
    """In how many packets data goes, as large as they may be; even nothing has one. Handshakes are left out.

    >>> packets_of(0), packets_of(1460), packets_of(1461)
    (1, 1, 2)
    """
    return -(-size // MOST) or 1
