"""A certificate authority for programs that try out TLS on this machine; it needs `cryptography`: eslabon[serve]."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

ALWAYS = (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))


class Authority:
    """A root certificate, and what it signs; keys are on the curve P-256.

    >>> authority = Authority("Example Authority")
    >>> sorted(authority.issue("shop.example.com", "*.shop.example.com"))
    ['Certificate', 'CertificateChain', 'PrivateKey']
    >>> Authority("")
    Traceback (most recent call last):
    ValueError: Attribute's length must be >= 1 ...
    """

    def __init__(self, name: str = "Example Authority") -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._made = 0
        self.certificate = self._sign(self._name, self._key.public_key(), (), authority=True)

    def issue(
        self,
        *names: str,
        common_name: str | None = None,
        valid: tuple[datetime.datetime, datetime.datetime] = ALWAYS,
    ) -> dict[str, bytes]:
        """A certificate for these host names with its key and chain, in PEM, as ACM's import_certificate takes them.

        common_name: the subject's; the first name unless said. valid: from when until when.

        >>> issued = Authority().issue("shop.example.com")
        >>> issued["Certificate"].splitlines()[0], issued["CertificateChain"] == issued["Certificate"]
        (b'-----BEGIN CERTIFICATE-----', False)
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name or names[0])])
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        return {
            "Certificate": self._sign(subject, key.public_key(), names, valid=valid),
            "PrivateKey": key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),
            "CertificateChain": self.certificate,
        }

    def _sign(
        self,
        subject: Any,
        key: Any,
        names: Sequence[str],
        *,
        authority: bool = False,
        valid: tuple[datetime.datetime, datetime.datetime] = ALWAYS,
    ) -> bytes:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization

        self._made += 1
        builder = x509.CertificateBuilder(self._name, subject, key, 1000 + self._made, *valid)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        own = x509.SubjectKeyIdentifier.from_public_key(key)
        builder = builder.add_extension(own, critical=False)
        if authority:
            usage = x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False,
            )  # fmt: skip
            builder = builder.add_extension(usage, critical=True)
        if names:
            alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternative, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
