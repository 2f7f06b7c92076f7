"""TLS of listeners: which certificate a client gets, what it may speak, who it is by its own certificate (mutual TLS).

A handshake in process needs no socket, and afterwards nothing is encrypted: nobody listens in. Certificates expire in
real time, not in the cloud's. Left out: TLS before 1.2, revocation lists, the authorities' names that clients are told,
and certificates that are passed on unverified, since Python's ssl asks for none that it does not verify.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from eslabon.errors import NotModelled

_NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME
_SPOKEN = {"TLSv1.2": "TLSv1_2", "TLSv1.3": "TLSv1_3"}  # OpenSSL refuses older ones
_SHORT = {
    "commonName": "CN", "organizationalUnitName": "OU", "organizationName": "O", "localityName": "L",
    "stateOrProvinceName": "ST", "countryName": "C",
}  # fmt: skip


class Mutual(NamedTuple):
    """Who clients must be certified by, PEM; expired: whether certificates may be out of date."""

    authorities: str
    expired: bool = False


class Agreed(NamedTuple):
    """What a handshake has led to: version and cipher suite in OpenSSL's words; what targets are told of the client."""

    version: str
    cipher: str
    headers: Mapping[str, str] | None = None


def covers(name: str, host: str) -> bool:
    """Whether a name in a certificate is a host's; * stands for the first label.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html

    >>> covers("*.example.com", "shop.example.com"), covers("*.example.com", "a.shop.example.com")
    (True, False)
    >>> covers("Shop.example.com", "shop.EXAMPLE.com"), covers("*.example.com", "example.com")
    (True, False)
    """
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def chosen(certificates: Mapping[str, Sequence[str]], server_name: str) -> str:
    """The certificate that a client gets which names this server (SNI): of those that cover it, or the default one.

    certificates: the names in each by its ARN, the default certificate first.

    >>> held = {"arn:default": ["example.org"], "arn:any": ["*.example.com"], "arn:shop": ["shop.example.com"]}
    >>> chosen(held, "shop.example.com"), chosen(held, "www.example.com"), chosen(held, "other.example")
    ('arn:shop', 'arn:any', 'arn:default')
    """
    matching = [arn for arn, names in certificates.items() if any(covers(name, server_name) for name in names)]
    exact = [arn for arn in matching if server_name.lower() in [name.lower() for name in certificates[arn]]]
    return [*exact, *matching, *certificates][0]


def mutual_of(listener: Mapping[str, Any] | None, authorities: Sequence[str]) -> Mutual | None:
    """What a listener's MutualAuthentication asks of clients; NotModelled for passthrough.

    authorities: the certificates of its trust store, PEM.

    >>> mutual_of({"Mode": "off"}, []) is None
    True
    >>> mutual_of({"Mode": "verify", "IgnoreClientCertificateExpiry": True}, ["-----BEGIN…"])
    Mutual(authorities='-----BEGIN…', expired=True)
    >>> mutual_of({"Mode": "passthrough"}, [])
    Traceback (most recent call last):
    eslabon.errors.NotModelled: ...
    """
    asked = listener or {}
    mode = asked.get("Mode", "off")
    if mode == "off":
        return None
    if mode == "passthrough":
        raise NotModelled("elbv2", "a handshake with MutualAuthentication Mode passthrough", ["off", "verify"])
    if asked.get("AdvertiseTrustStoreCaNames") == "on":
        raise NotModelled("elbv2", "a handshake with AdvertiseTrustStoreCaNames on", ["off"])
    return Mutual("\n".join(authorities), bool(asked.get("IgnoreClientCertificateExpiry")))


def listener_context(
    chain: bytes,
    key: bytes,
    protocols: Sequence[str] = ("TLSv1.2", "TLSv1.3"),
    ciphers: Sequence[str] = (),
    alpn: Sequence[str] = (),
    mutual: Mutual | None = None,
) -> Any:
    """The ssl.SSLContext with which a listener shakes hands for one of its certificates.

    chain, key: PEM. protocols, ciphers: of its security policy. Raises ImportError where there is no ssl.

    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> listener_context(CERTIFICATE, PRIVATE_KEY, ["TLSv1.1", "TLSv1.2"]).maximum_version.name
    'TLSv1_2'
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    versions = [ssl.TLSVersion[_SPOKEN[name]] for name in protocols if name in _SPOKEN]
    context.minimum_version, context.maximum_version = min(versions), max(versions)
    old = [name for name in ciphers if not name.startswith("TLS_")]  # those of TLS 1.3 cannot be chosen
    if old:
        context.set_ciphers(":".join(old))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    with tempfile.TemporaryDirectory() as folder:  # ssl reads keys from files alone; the folder is this process's
        path = Path(folder, "listener.pem")
        path.write_bytes(b"\n".join((chain.rstrip(), key)))
        context.load_cert_chain(path)
    if mutual:
        context.load_verify_locations(cadata=mutual.authorities)
        context.verify_mode = ssl.CERT_REQUIRED
        context.num_tickets = 0  # with mutual TLS no session is resumed
        if mutual.expired:
            context.verify_flags |= _NO_CHECK_TIME
    return context


def shake_hands(client: Any, host: str, context: Any) -> Agreed:
    """A TLS handshake without a socket.

    client: its ssl.SSLContext, None for the default one. host: that it asks for. context: the listener's. Raises
    ssl.SSLError, as the client sees it, and ImportError where there is no ssl, as in the page.

    >>> import ssl
    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> listener = listener_context(CERTIFICATE, PRIVATE_KEY)
    >>> trusting = ssl.create_default_context(cadata=CERTIFICATE.decode())
    >>> shake_hands(trusting, "www.example.com", listener).version
    'TLSv1.3'
    >>> shake_hands(trusting, "example.org", listener)
    Traceback (most recent call last):
    ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch...
    """
    import ssl

    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = (client or ssl.create_default_context()).wrap_bio(back, there, server_hostname=host)
    answering = context.wrap_bio(there, back, server_side=True)
    sides = [asking, answering]
    while sides:
        side = sides.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            sides.append(side)
        except ssl.SSLError:
            if side is asking:
                raise
            asking.do_handshake()  # the client is told by an alert, perhaps when its own handshake is over
            asking.read(1)
    cipher, peer = asking.cipher(), answering.getpeercert()
    headers = client_headers(peer, answering.getpeercert(binary_form=True)) if peer else None
    return Agreed(asking.version() or "", cipher[0] if cipher else "", headers)


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
    import ssl

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
    import ssl

    when = datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
