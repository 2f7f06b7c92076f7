"""Certificates of HTTPS listeners in process: which one a client gets, and whether it takes it.

No handshake, no signature: what the names say, and whether the client was told to trust this certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

AGREED = ("TLSv1.3", "TLS_AES_128_GCM_SHA256")  # by a client of today and the default security policy


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


def refusal(context: Any, host: str, names: Iterable[str], pems: Iterable[str]) -> OSError | None:
    """The error with which a client's ssl.SSLContext refuses a certificate; None: it takes it.

    context: None for the default one, which verifies everything. names: in the certificate. pems: it, and its chain.
    Raises ImportError where there is no ssl, as in the page.

    >>> import ssl
    >>> unverified = ssl.create_default_context()
    >>> unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    >>> refusal(unverified, "shop.example.com", ["example.org"], []) is None
    True
    >>> print(refusal(None, "shop.example.com", ["example.org"], []).strerror)
    [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate
    """
    import ssl

    context = context or ssl.create_default_context()
    chain = [ssl.PEM_cert_to_DER_cert(pem) for pem in pems]
    if context.verify_mode == ssl.CERT_NONE:
        return None
    trusted = set(context.get_ca_certs(binary_form=True))
    complaint = "self-signed certificate" if len(chain) < 2 else "unable to get local issuer certificate"
    if trusted.intersection(chain):
        if not context.check_hostname or any(covers(name, host) for name in names):
            return None
        complaint = f"Hostname mismatch, certificate is not valid for '{host}'."
    return ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {complaint}")
