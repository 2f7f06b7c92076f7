"""TLS of HTTPS listeners: which certificate a client gets, and a handshake in process, without a socket.

Afterwards nothing is encrypted: nobody listens in. Certificates expire in real time, not in the cloud's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


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


def shake_hands(
    client: Any, host: str, chain: bytes, key: bytes, protocols: Sequence[str] = ("TLSv1.2", "TLSv1.3")
) -> tuple[str, str]:
    """A TLS handshake without a socket: the version and cipher suite that client and listener agree upon.

    client: its ssl.SSLContext, None for the default one. host: that it asks for. chain, key: of the listener's
    certificate, PEM. protocols: of its security policy. Raises ssl.SSLError, as the client sees it, and
    ImportError where there is no ssl, as in the page.

    >>> import ssl
    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> trusting = ssl.create_default_context(cadata=CERTIFICATE.decode())
    >>> shake_hands(trusting, "www.example.com", CERTIFICATE, PRIVATE_KEY)[0]
    'TLSv1.3'
    >>> shake_hands(trusting, "example.org", CERTIFICATE, PRIVATE_KEY)
    Traceback (most recent call last):
    ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch...
    """
    import ssl

    listener = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    newest = max(ssl.TLSVersion[name.replace(".", "_")] for name in protocols)
    oldest = ssl.TLSVersion.TLSv1_2 if "TLSv1.2" in protocols else newest  # Python's clients speak nothing older
    listener.minimum_version, listener.maximum_version = oldest, newest
    with tempfile.TemporaryDirectory() as folder:  # ssl reads keys from files alone; the folder is this process's
        path = Path(folder, "listener.pem")
        path.write_bytes(b"\n".join((chain.rstrip(), key)))
        listener.load_cert_chain(path)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = (client or ssl.create_default_context()).wrap_bio(back, there, server_hostname=host)
    sides = [asking, listener.wrap_bio(there, back, server_side=True)]
    while sides:
        side = sides.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            sides.append(side)
    cipher = asking.cipher()
    return asking.version() or "", cipher[0] if cipher else ""
