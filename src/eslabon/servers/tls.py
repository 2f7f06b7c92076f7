"""TLS on listeners: which certificate a client gets (SNI), what it may speak, and who it says that it is (mutual TLS).

Left out: revocation lists, TLS before 1.2, and mutual TLS that passes certificates on unverified, since Python's ssl
cannot ask for one without verifying it.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
"""

from __future__ import annotations

import datetime
import ssl
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from eslabon.elbv2.application.tls import chosen, covers
from eslabon.errors import NotModelled

HANDSHAKE_TIMEOUT = 10.0
_NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}  # OpenSSL refuses older ones
ALPN = {
    "HTTP1Only": ["http/1.1"],
    "HTTP2Only": ["h2"],
    "HTTP2Optional": ["http/1.1", "h2"],
    "HTTP2Preferred": ["h2", "http/1.1"],
}
_SHORT = {
    "commonName": "CN", "organizationalUnitName": "OU", "organizationName": "O", "localityName": "L",
    "stateOrProvinceName": "ST", "countryName": "C",
}  # fmt: skip


class Certificate(NamedTuple):
    """A certificate of a listener: the names in it, it and its chain in PEM, and its key."""

    arn: str
    names: Sequence[str]
    chain: bytes
    key: bytes


class Mutual(NamedTuple):
    """Who clients must be certified by, PEM; expired: whether certificates may be out of date."""

    authorities: str
    expired: bool = False


def server_context(
    certificates: Sequence[Certificate],
    protocols: Sequence[str] = ("TLSv1.2", "TLSv1.3"),
    ciphers: Sequence[str] = (),
    alpn: Sequence[str] = (),
    mutual: Mutual | None = None,
) -> ssl.SSLContext:
    """What a listener shakes hands with; the first certificate is the default one.

    protocols, ciphers: of the security policy, in OpenSSL's words. Each connection's ssl object gets `asked_name`, the
    name that the client asked for, `served_name`, the same if the certificate that it got is for that name,
    `certificate`, the ARN of that, and `began`, when it asked.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html

    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> shop = Certificate("arn:shop", ["www.example.com"], CERTIFICATE, PRIVATE_KEY)
    >>> server_context([shop]).minimum_version.name
    'TLSv1_2'
    >>> server_context([])
    Traceback (most recent call last):
    IndexError: list index out of range
    """
    contexts = {one.arn: _context(one, protocols, ciphers, alpn, mutual) for one in certificates}
    names = {one.arn: one.names for one in certificates}
    default = certificates[0].arn

    def choose(socket: Any, name: str | None, _: ssl.SSLContext) -> None:
        arn = chosen(names, name) if name else default
        socket.asked_name, socket.certificate, socket.began = name, arn, time.monotonic()
        socket.served_name = name if name and any(covers(one, name) for one in names[arn]) else None
        socket.context = contexts[arn]

    contexts[default].sni_callback = choose
    return contexts[default]


def _context(
    certificate: Certificate,
    protocols: Sequence[str],
    ciphers: Sequence[str],
    alpn: Sequence[str],
    mutual: Mutual | None,
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    versions = [_VERSIONS[name] for name in protocols if name in _VERSIONS]
    context.minimum_version, context.maximum_version = min(versions), max(versions)
    old = [name for name in ciphers if not name.startswith("TLS_")]  # those of TLS 1.3 cannot be chosen
    if old:
        context.set_ciphers(":".join(old))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    with tempfile.TemporaryDirectory() as folder:  # Python's ssl reads keys from files alone; the folder is ours alone
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_bytes(certificate.chain)
        key.write_bytes(certificate.key)
        context.load_cert_chain(chain, key)
    if mutual:
        context.load_verify_locations(cadata=mutual.authorities)
        context.verify_mode = ssl.CERT_REQUIRED
        if mutual.expired:
            context.verify_flags |= _NO_CHECK_TIME
    return context


def mutual_of(listener: Mapping[str, Any] | None, authorities: Sequence[str]) -> Mutual | None:
    """What a listener's MutualAuthentication asks of clients; NotModelled for passthrough.

    >>> mutual_of({"Mode": "off"}, []) is None
    True
    >>> mutual_of({"Mode": "verify", "IgnoreClientCertificateExpiry": True}, ["-----BEGIN…"])
    Mutual(authorities='-----BEGIN…', expired=True)
    >>> mutual_of({"Mode": "passthrough"}, [])
    Traceback (most recent call last):
    eslabon.errors.NotModelled: ...
    """
    mode = (listener or {}).get("Mode", "off")
    if mode == "passthrough":
        raise NotModelled("elbv2", "MutualAuthentication Mode passthrough on sockets", ["off", "verify"])
    if mode == "off":
        return None
    return Mutual("\n".join(authorities), bool((listener or {}).get("IgnoreClientCertificateExpiry")))


def client_headers(peer: Mapping[str, Any], der: bytes) -> dict[str, str]:
    """The headers that tell a target of a client's verified certificate, by their usual names.

    peer, der: what ssl's getpeercert says, as a dictionary and as bytes.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html

    >>> name = ((("countryName", "ES"),), (("commonName", "partner"),))
    >>> peer = {"serialNumber": "03E9", "subject": name, "issuer": name, "notBefore": "Jan  1 00:00:00 2020 GMT",
    ...     "notAfter": "Jan  1 00:00:00 2120 GMT"}
    >>> for header, value in list(client_headers(peer, b"").items())[:4]:
    ...     print(f"{header}: {value}")
    X-Amzn-Mtls-Clientcert-Serial-Number: 03E9
    X-Amzn-Mtls-Clientcert-Issuer: CN=partner,C=ES
    X-Amzn-Mtls-Clientcert-Subject: CN=partner,C=ES
    X-Amzn-Mtls-Clientcert-Validity: NotBefore=2020-01-01T00:00:00Z;NotAfter=2120-01-01T00:00:00Z
    """
    pem = ssl.DER_cert_to_PEM_cert(der)
    return {
        "X-Amzn-Mtls-Clientcert-Serial-Number": peer["serialNumber"],
        "X-Amzn-Mtls-Clientcert-Issuer": _distinguished(peer["issuer"]),
        "X-Amzn-Mtls-Clientcert-Subject": _distinguished(peer["subject"]),
        "X-Amzn-Mtls-Clientcert-Validity": f"NotBefore={_time(peer['notBefore'])};NotAfter={_time(peer['notAfter'])}",
        "X-Amzn-Mtls-Clientcert-Leaf": quote(pem, safe="+=/"),
    }


def _distinguished(name: Sequence[Sequence[tuple[str, str]]]) -> str:
    """A name as RFC 2253 writes it: the last part first, and what has a meaning there escaped."""
    parts = []
    for relative in reversed(name):
        for kind, value in relative:
            escaped = "".join(f"\\{letter}" if letter in ',+"\\<>;' else letter for letter in value)
            parts.append(f"{_SHORT.get(kind, kind)}={escaped}")
    return ",".join(parts)


def _time(text: str) -> str:
    when = datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(text), datetime.UTC)
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
