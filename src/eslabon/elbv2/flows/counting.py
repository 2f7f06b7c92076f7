"""What metrics count of flows, and how large data is on the wire. The names of metrics are in `metrics`."""

from __future__ import annotations

from typing import Literal, NamedTuple

# "bytes": with the headers of packets; "reset": by the balancer; "rejected": for want of a target; "blocked": by the
# balancer's security groups.
Happening = Literal[
    "new", "active", "bytes", "fail open", "reset", "client reset", "target reset", "rejected", "blocked"
]

HEADERS = {"tcp": 20, "udp": 8}  # bytes
IPV4, IPV6 = 20, 40  # bytes of their headers
PACKET = 1500  # bytes at the most


class Counted(NamedTuple):
    """What is counted; protocol: TCP, TLS or UDP; group: an ARN, empty when no group has it."""

    what: Happening
    protocol: str
    zone: str
    group: str = ""


def wire_size(protocol: str, size: int, *, ipv6: bool = False) -> int:
    """The bytes that data takes in packets as large as they may be, with their headers; handshakes are left out.

    protocol: tcp; any other has the headers of udp.

    >>> wire_size("udp", 100), wire_size("udp", 1472), wire_size("udp", 1473), wire_size("tcp", 0, ipv6=True)
    (128, 1500, 1529, 60)
    """
    headers = HEADERS.get(protocol, HEADERS["udp"]) + (IPV6 if ipv6 else IPV4)
    packets = -(-size // (PACKET - headers)) or 1
    return size + packets * headers
