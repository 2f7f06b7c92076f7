"""Proxy protocol version 2 as Network Load Balancers write it before a TCP stream. Datagrams are left out.

Version 1 is of Classic Load Balancers. AWS documents the addresses and the endpoint's id; that a checksum and padding
stand there too, its own example of a header shows (aws/elastic-load-balancing-tools, proprot). That example is of IPv4;
that headers of IPv6 have the same length is an assumption.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#proxy-protocol
"""

from __future__ import annotations

import ipaddress

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21  # version 2, and a command
FAMILIES = {4: 0x11, 6: 0x21}  # TCP over IPv4 and over IPv6
CRC32C, NOOP, AWS = 0x03, 0x04, 0xEA  # types of the fields after the addresses
VPC_ENDPOINT = b"\x01"  # PP2_SUBTYPE_AWS_VPCE_ID
LENGTH = 84  # of what follows the length itself


def crc32c(data: bytes) -> int:
    """The checksum CRC-32C (RFC 3720, appendix B.4): polynomial 0x1EDC6F41, its bits reversed.

    >>> hex(crc32c(b"123456789")), crc32c(b"")
    ('0xe3069283', 0)
    """
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def header(
    source: str, source_port: int, destination: str, destination_port: int, *, endpoint: str | None = None
) -> bytes:
    """The bytes before a connection's first ones: who connects, and to what address of the balancer.

    endpoint: the id of the VPC endpoint through which the connection came, if it came through one. Raises ValueError
    for what is no address, and for two addresses of different families.

    >>> found = header("203.0.113.7", 50000, "198.51.100.1", 80)
    >>> found[:16].hex(" "), len(found)
    ('0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 21 11 00 54', 100)
    >>> header("2001:db8::7", 50000, "2001:db8::1", 80)[13].to_bytes().hex()
    '21'
    >>> header("203.0.113.7", 50000, "2001:db8::1", 80)
    Traceback (most recent call last):
    ValueError: 203.0.113.7 and 2001:db8::1 are not addresses of the same family
    """
    addresses = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if addresses[0].version != addresses[1].version:
        raise ValueError(f"{source} and {destination} are not addresses of the same family")
    ports = source_port.to_bytes(2) + destination_port.to_bytes(2)
    where = addresses[0].packed + addresses[1].packed + ports
    after = _field(AWS, VPC_ENDPOINT + endpoint.encode()) if endpoint else b""
    blank = _field(CRC32C, bytes(4))
    padding = _field(NOOP, bytes(LENGTH - len(where + blank + after) - 3))
    before = SIGNATURE + bytes((PROXY, FAMILIES[addresses[0].version])) + LENGTH.to_bytes(2) + where
    # The checksum is that of the whole header, with zeros where it will stand.
    checksum = crc32c(before + blank + after + padding)
    return before + _field(CRC32C, checksum.to_bytes(4)) + after + padding


def local_header() -> bytes:
    """The bytes before a health check: the balancer itself connects, so no client is named.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#health-check-connections

    >>> local_header()[12:].hex(" ")
    '20 00 00 00'
    """
    return SIGNATURE + bytes((LOCAL, 0, 0, 0))


def _field(kind: int, value: bytes) -> bytes:
    return bytes((kind,)) + len(value).to_bytes(2) + value
