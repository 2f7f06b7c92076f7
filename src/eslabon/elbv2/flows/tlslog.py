"""Access logs of Network Load Balancers: a line for each TLS connection. Files and buckets are as in `accesslog`.

Not seen here, and so always "-": alerts and the protocols that a client offers, the key exchange, ALPN with targets.
A connection whose handshake fails has no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from eslabon.elbv2.flows.flows import Flow
    from eslabon.elbv2.resources import Listener

VERSION = "2.0"  # of the format
# As Python's ssl calls protocols, and as the line does.
PROTOCOLS = {"TLSv1": "tlsv10", "TLSv1.1": "tlsv11", "TLSv1.2": "tlsv12", "TLSv1.3": "tlsv13"}


class Handshake(NamedTuple):
    """What client and listener have agreed upon: the certificate's ARN, cipher suite and protocol in OpenSSL's words.

    seconds: how long it took. server_name: what the client asked for (SNI). alpn: the application's protocol.
    """

    certificate: str
    cipher: str
    protocol: str
    seconds: float = 0.0
    server_name: str | None = None
    alpn: str | None = None


def fields(listener: Listener, flow: Flow, handshake: Handshake) -> Mapping[str, str]:
    """What the line of a connection that has ended says, by field and in order; what there is not is "-".

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html#access-log-entry-format

    >>> from eslabon.elbv2.flows.examples import network
    >>> from eslabon.elbv2.flows.hashing import Packet
    >>> flows = network(1, "TLS")
    >>> flow = flows.arrive(Packet("tcp", "203.0.113.7", 50000, "172.31.0.9", 443), "us-east-1a", 0, begins=True).flow
    >>> flow.carry(1, received=98); flow.carry(1, sent=246); flow.ended = 2.5
    >>> handshake = Handshake("arn:shop", "TLS_AES_128_GCM_SHA256", "TLSv1.3", 0.002, "shop.example.com")
    >>> found = fields(flows.listener, flow, handshake)
    >>> list(found.values())[:4], found["tls_protocol_version"]
    (['tls', '2.0', '1970-01-01T00:00:02', 'shop'], 'tlsv13')
    >>> [found[name] for name in ("connection_time", "tls_handshake_time", "received_bytes", "sent_bytes")]
    ['2500', '2', '98', '246']
    """
    packet, ended = flow.packet, flow.began if flow.ended is None else flow.ended
    found = {
        "type": "tls",
        "version": VERSION,
        "time": _time(ended),
        "elb": listener.balancer.rpartition(":loadbalancer/")[2],
        "listener": listener.arn.rpartition("/")[2],
        "client:port": f"{packet.source}:{packet.source_port}",
        "destination:port": f"{packet.destination}:{packet.destination_port}",
        "connection_time": str(round((ended - flow.began) * 1000)),
        "tls_handshake_time": str(round(handshake.seconds * 1000)),
        "received_bytes": str(flow.received),
        "sent_bytes": str(flow.sent),
        "incoming_tls_alert": "",
        "chosen_cert_arn": handshake.certificate,
        "chosen_cert_serial": "",
        "tls_cipher": handshake.cipher,
        "tls_protocol_version": PROTOCOLS.get(handshake.protocol, ""),
        "tls_keyexchange": "",
        "domain_name": quote(handshake.server_name or ""),
        "alpn_fe_protocol": handshake.alpn or "",
        "alpn_be_protocol": "",
        "alpn_client_preference_list": "",
        "tls_connection_creation_time": _time(flow.began),
    }
    return {name: value or "-" for name, value in found.items()}


def line(listener: Listener, flow: Flow, handshake: Handshake) -> str:
    """The line of a connection that has ended, without its end.

    >>> from eslabon.elbv2.flows.examples import network
    >>> from eslabon.elbv2.flows.hashing import Packet
    >>> flows = network(1, "TLS")
    >>> flow = flows.arrive(Packet("tcp", "203.0.113.7", 50000, "172.31.0.9", 443), "us-east-1a", 0, begins=True).flow
    >>> line(flows.listener, flow, Handshake("arn:shop", "TLS_AES_128_GCM_SHA256", "TLSv1.3"))
    'tls 2.0 1970-01-01T00:00:00 shop listener 203.0.113.7:50000 172.31.0.9:443 0 0 0 0 - arn:shop - \
TLS_AES_128_GCM_SHA256 tlsv13 - - - - - 1970-01-01T00:00:00'
    """
    return " ".join(fields(listener, flow, handshake).values())


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%S}"
