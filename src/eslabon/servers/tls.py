"""TLS on sockets: one of a listener's certificates for each client, by the name that it asks for (SNI)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from eslabon.elbv2.application.tls import Mutual, chosen, covers, listener_context

ALPN = {
    "HTTP1Only": ["http/1.1"],
    "HTTP2Only": ["h2"],
    "HTTP2Optional": ["http/1.1", "h2"],
    "HTTP2Preferred": ["h2", "http/1.1"],
}


class Certificate(NamedTuple):
    """A certificate of a listener: the names in it, it and its chain in PEM, and its key."""

    arn: str
    names: Sequence[str]
    chain: bytes
    key: bytes


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
    contexts: dict[str, ssl.SSLContext] = {
        one.arn: listener_context(one.chain, one.key, protocols, ciphers, alpn, mutual) for one in certificates
    }
    names = {one.arn: one.names for one in certificates}
    default = certificates[0].arn

    def choose(socket: Any, name: str | None, _: ssl.SSLContext) -> None:
        arn = chosen(names, name) if name else default
        socket.asked_name, socket.certificate, socket.began = name, arn, time.monotonic()
        socket.served_name = name if name and any(covers(one, name) for one in names[arn]) else None
        socket.context = contexts[arn]

    contexts[default].sni_callback = choose
    return contexts[default]
