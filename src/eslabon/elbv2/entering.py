"""How clients come to a balancer's node in process: by which name, to which listener, and how they shake hands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from eslabon.elbv2.application import tls
from eslabon.elbv2.balancing.zones import resolved
from eslabon.elbv2.flows.tlslog import Handshake
from eslabon.elbv2.operations.registry import forwarded_to
from eslabon.elbv2.operations.sslpolicies import DEFAULT, POLICIES
from eslabon.elbv2.operations.truststores import TrustStore
from eslabon.elbv2.reaching import Reaching
from eslabon.elbv2.resources import NETWORK, Listener, LoadBalancer, Node
from eslabon.errors import NotModelled
from eslabon.network import Call, Unreachable

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.elbv2.reporting import Reports


class Entering(Reaching):
    """The way to the nodes of the balancers of one account and Region."""

    trust_stores: dict[str, TrustStore]  # of the operations on them
    reports: Reports

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._turns: Counter[str] = Counter()  # how often each balancer's name was resolved

    def with_name(self, name: str) -> tuple[LoadBalancer, Node | None] | None:
        """The balancer that has a DNS name, and the node if the name is that of a Network Load Balancer in one zone.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> cloud, name = echo("TCP")
        >>> balancer, node = cloud.service("elbv2").with_name(f"us-east-1a.{name}")
        >>> balancer.name, node.zone, cloud.service("elbv2").with_name("shop.example.com")
        ('echo', 'us-east-1a', None)
        """
        wanted = name.lower()
        for balancer in self.balancers.values():
            whole = (balancer.dns_name or "").lower()
            if whole and wanted == whole:
                return balancer, None
            for node in balancer.nodes if balancer.type == NETWORK else ():
                if wanted == f"{node.zone}.{whole}":
                    return balancer, node
        return None

    def resolve(self, balancer: LoadBalancer) -> Node:
        """The node that the balancer's name leads to now: those in DNS take turns.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> [shop.service.resolve(shop.balancer).zone for _ in range(3)]
        ['us-east-1a', 'us-east-1b', 'us-east-1a']
        """
        groups = [self.groups[arn] for arn in forwarded_to(balancer)]
        for group in groups:
            self.settle(group)
        zones = resolved([node.zone for node in balancer.nodes], groups, balancer.attributes, balancer.type)
        turn = self._turns[balancer.arn]
        self._turns[balancer.arn] += 1
        return balancer.node_in(zones[turn % len(zones)])

    def listener_at(self, balancer: LoadBalancer, port: int) -> Listener | None:
        """The listener of a port; None: there is none.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.listener_at(shop.balancer, 80) is shop.listener, shop.service.listener_at(shop.balancer, 81)
        (True, None)
        """
        return next((one for one in balancer.listeners.values() if one.port == port), None)

    def client_seen(self, balancer: LoadBalancer, node: Node, client: str, port: int, protocol: str = "tcp") -> str:
        """The address that a client's packet comes from when a node gets it; "" when the node never does.

        The name leads to the node's public address, to the private one of an internal balancer, and to an IPv6 one of
        a dual-stack one. Raises OSError when it leads to none of the client's kind.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()  # in the default security group, which lets in its own members alone
        >>> shop.service.client_seen(shop.balancer, shop.balancer.nodes[0], "203.0.113.7", 80)
        ''
        >>> shop.service.client_seen(shop.balancer, shop.balancer.nodes[0], "2001:db8::7", 80)
        Traceback (most recent call last):
        OSError: [Errno 101] Network is unreachable
        """
        internal = balancer.scheme == "internal"
        destination = node.ipv6 if ":" in client else node.address if internal else node.public
        if not destination:
            raise OSError(101, "Network is unreachable")
        if internal and ":" in client and not self._ec2.in_vpc(client):
            return ""  # what has an IPv6 address is on the internet, but nothing is let in from there
        source = self._ec2.source_seen(client, destination, port, protocol)
        return source if source and self.reaches(node.address, port, source, protocol=protocol) else ""

    def shake_hands(self, listener: Listener, call: Call) -> tuple[str, tls.Agreed, str | None]:
        """The certificate that the client gets, what is agreed upon, and the name if the certificate is for it.

        Refusals are the client's: Unreachable. NotModelled where there is no ssl, as in the page.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> service = echo("TLS")[0].service("elbv2")
        >>> [balancer] = service.balancers.values()
        >>> [listener] = balancer.listeners.values()
        >>> service.shake_hands(listener, Call("GET", "/", [], scheme="https", host="www.example.com"))
        Traceback (most recent call last):
        eslabon.network.Unreachable: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ...
        """
        verifies = (listener.mutual or {}).get("TrustStoreArn")  # Classic Load Balancers have no trust stores
        store = self.trust_stores[verifies] if verifies else None
        mutual = tls.mutual_of(listener.mutual, store.certificates if store else ())
        held = self._certificates(listener)
        policy = POLICIES[listener.ssl_policy or DEFAULT]
        arn = tls.chosen({arn: one.read.names for arn, one in held.items()}, call.host)
        try:
            own = tls.listener_context(held[arn].pem, held[arn].key, policy.protocols, policy.ciphers, mutual=mutual)
            agreed = tls.shake_hands(call.context, call.host, own)
        except ImportError as missing:
            raise NotModelled("elbv2", "https where Python has no ssl, as in the page", ["http"]) from missing
        except OSError as refused:  # an ssl.SSLError is one
            self.reports.handshake_failed(self.balancers[listener.balancer])
            raise Unreachable(refused) from None
        return arn, agreed, call.host if any(tls.covers(name, call.host) for name in held[arn].read.names) else None

    def negotiated(self, listener: Listener, name: str) -> Handshake:
        """What a client that can do everything and a TLS listener agree upon; name: that it asks for (SNI).

        >>> from eslabon.elbv2.flows.examples import echo
        >>> service = echo("TLS")[0].service("elbv2")
        >>> [balancer] = service.balancers.values()
        >>> [listener] = balancer.listeners.values()
        >>> service.negotiated(listener, "www.example.com")[1:3]
        ('ECDHE-ECDSA-AES128-GCM-SHA256', 'TLSv1.2')
        """
        held, policy = self._certificates(listener), POLICIES[listener.ssl_policy or DEFAULT]
        arn = tls.chosen({arn: one.read.names for arn, one in held.items()}, name)
        signed = "-ECDSA-" if held[arn].read.key_algorithm.startswith("EC") else "-RSA-"
        cipher = next(one for one in policy.ciphers if one.startswith("TLS_") or signed in one)
        return Handshake(arn, cipher, policy.protocols[-1], server_name=name)

    def _certificates(self, listener: Listener) -> dict[str, Any]:
        acm: Any = self.cloud.service("acm", region=self.region, account=self.account)
        return {arn: acm.certificates[arn] for arn in listener.certificates}
