"""Certificates and keys, read from PEM as far as ACM needs; no signature is looked at, no extension but names.

https://www.rfc-editor.org/rfc/rfc5280#section-4.1
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from eslabon.errors import NotModelled

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*")
_NAMES = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
_ALTERNATIVE_NAMES, _DNS = "2.5.29.17", 0x82
_RSA = "1.2.840.113549.1.1.1"
_CURVES = {"1.2.840.10045.3.1.7": "prime256v1", "1.3.132.0.34": "secp384r1", "1.3.132.0.35": "secp521r1"}
Found = TypeVar("Found")
_CONTEXT_0, _CONTEXT_1, _CONTEXT_3, _UTC_TIME = 0xA0, 0xA1, 0xA3, 0x17


class Malformed(ValueError):
    """It is no PEM, or not what it should be inside."""


class Element(NamedTuple):
    """One element of DER."""

    tag: int
    content: bytes

    @property
    def parts(self) -> list[Element]:
        """The elements inside."""
        return elements(self.content)

    @property
    def number(self) -> int:
        """An integer."""
        return int.from_bytes(self.content, "big")

    @property
    def identifier(self) -> str:
        """An object identifier, its numbers with points between."""
        numbers, number = [], 0
        for byte in self.content:
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                numbers.append(number)
                number = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))

    @property
    def time(self) -> datetime:
        """A time; two digits of a year mean one from 1950 to 2049."""
        text = self.content.decode()
        if self.tag == _UTC_TIME:
            text = ("19" if text >= "50" else "20") + text
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is read of a certificate; names are (kind, value), as CN and www.example.com."""

    subject: tuple[tuple[str, str], ...]
    issuer: tuple[tuple[str, str], ...]
    serial: int
    not_before: datetime
    not_after: datetime
    alternative_names: tuple[str, ...]
    key_algorithm: str  # RSA_2048, EC_prime256v1
    public_key: bytes  # the modulus, or the point on the curve

    @property
    def names(self) -> list[str]:
        """The domain names: the common name, then the others."""
        common = [value for kind, value in self.subject if kind == "CN"]
        return list(dict.fromkeys([*common, *self.alternative_names]))


def elements(der: bytes) -> list[Element]:
    """The elements of DER, one after the other. Raises Malformed.

    >>> elements(bytes([2, 1, 5, 4, 2, 65, 66]))
    [Element(tag=2, content=b'\\x05'), Element(tag=4, content=b'AB')]
    >>> elements(bytes([2, 9, 5]))
    Traceback (most recent call last):
    eslabon.support.acm.x509.Malformed: an element ends after its end
    """
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1] if at + 1 < len(der) else 0, at + 2
        if length > 0x80:  # so many bytes have the length
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        found.append(Element(tag, der[at : at + length]))
        at += length
    if at > len(der):
        raise Malformed("an element ends after its end")
    return found


def blocks(pem: bytes) -> list[tuple[str, bytes]]:
    r"""The label and the content of each block of PEM; nothing else may stand there. Raises Malformed.

    >>> blocks(b"-----BEGIN X-----\nAAEC\n-----END X-----\n")
    [('X', b'\x00\x01\x02')]
    >>> blocks(b"www.example.com")
    Traceback (most recent call last):
    eslabon.support.acm.x509.Malformed: it is not PEM
    """
    if not pem.strip() or _BLOCK.sub(b"", pem).strip():
        raise Malformed("it is not PEM")
    return [(found[1].decode(), _decoded(found[2])) for found in _BLOCK.finditer(pem)]


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except ValueError:
        raise Malformed("it is not base64") from None


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate of version 3. Raises Malformed.

    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> certificate = read_certificate(blocks(CERTIFICATE)[0][1])
    >>> certificate.subject[0], certificate.alternative_names, certificate.key_algorithm
    (('CN', 'www.example.com'), ('www.example.com', '*.shop.example.com'), 'EC_prime256v1')
    >>> read_certificate(blocks(PRIVATE_KEY)[0][1])
    Traceback (most recent call last):
    eslabon.support.acm.x509.Malformed: it is no certificate
    """
    return _read(der, _certificate, "it is no certificate")


def read_public_key(label: str, der: bytes) -> bytes:
    """The public part of a private key, as Certificate has it. Raises Malformed.

    label: of its block, PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY; one that is encrypted is another.

    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> read_public_key(*blocks(PRIVATE_KEY)[0]) == read_certificate(blocks(CERTIFICATE)[0][1]).public_key
    True
    >>> read_public_key("ENCRYPTED PRIVATE KEY", b"")
    Traceback (most recent call last):
    eslabon.support.acm.x509.Malformed: it is no private key
    """
    if label == "PRIVATE KEY":  # PKCS #8: the other forms are inside
        der = _read(der, lambda whole: whole.parts[2].content, "it is no private key")
    elif label not in ("RSA PRIVATE KEY", "EC PRIVATE KEY"):
        raise Malformed("it is no private key")
    return _read(der, _public_key, "it is no private key")


def _read(der: bytes, read: Callable[[Element], Found], complaint: str) -> Found:
    try:
        (whole,) = elements(der)
        return read(whole)
    except (ValueError, IndexError):
        raise Malformed(complaint) from None


def _certificate(whole: Element) -> Certificate:
    body, _, _ = whole.parts
    version, serial, _, issuer, validity, subject, key, *rest = body.parts
    if (version.tag, version.parts[0].number) != (_CONTEXT_0, 2):
        raise Malformed("it is not of version 3")
    extensions = [extension for one in rest if one.tag == _CONTEXT_3 for extension in one.parts[0].parts]
    found = {extension.parts[0].identifier: extension.parts[-1] for extension in extensions}
    names = found[_ALTERNATIVE_NAMES].parts[0].parts if _ALTERNATIVE_NAMES in found else []
    not_before, not_after = validity.parts
    return Certificate(
        _names(subject),
        _names(issuer),
        serial.number,
        not_before.time,
        not_after.time,
        tuple(name.content.decode() for name in names if name.tag == _DNS),
        *_key(key),
    )


def _names(name: Element) -> tuple[tuple[str, str], ...]:
    pairs = [pair.parts for group in name.parts for pair in group.parts]
    return tuple((_NAMES.get(kind.identifier, kind.identifier), value.content.decode()) for kind, value in pairs)


def _key(key: Element) -> tuple[str, bytes]:
    """The kind of a public key, and what tells it from others."""
    (algorithm, *parameters), bits = key.parts[0].parts, key.parts[1].content[1:]
    if algorithm.identifier == _RSA:
        modulus = elements(bits)[0].parts[0]
        return f"RSA_{modulus.number.bit_length()}", modulus.content
    curve = parameters[0].identifier if parameters else algorithm.identifier
    return f"EC_{_CURVES.get(curve, curve)}", bits


def _public_key(key: Element) -> bytes:
    """Of RSA (version, modulus, …) or of a curve (version, number, [0] curve, [1] point)."""
    parts = key.parts
    if len(parts) >= 9:
        return parts[1].content
    points = [part.parts[0].content[1:] for part in parts if part.tag == _CONTEXT_1]
    if not points:
        raise NotModelled("acm", "keys of elliptic curves that lack their public part")
    return points[0]
