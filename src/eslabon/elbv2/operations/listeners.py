"""Listeners: made, described, changed, deleted, with their default rules, certificates and attributes. No QUIC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.elbv2 import attributes
from eslabon.elbv2.operations.certificates import ListenerCertificates
from eslabon.elbv2.operations.limits import LIMITS
from eslabon.elbv2.operations.registry import PAGE, Answer, Many, Texts, paged
from eslabon.elbv2.operations.rules import Rules
from eslabon.elbv2.operations.sourcenat import check_protocol
from eslabon.elbv2.resources import ALB, APPLICATION, GATEWAY, NETWORK, Listener, LoadBalancer, Rule
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    APPLICATION: ("HTTPS", "HTTP"),
    NETWORK: ("TLS", "TCP", "TCP_UDP", "UDP"),
    GATEWAY: (),
}


class Listeners(Rules, ListenerCertificates):
    """Operations on listeners."""

    def create_listener(
        self,
        LoadBalancerArn: str,
        DefaultActions: Many,
        Protocol: str | None = None,
        Port: int | None = None,
        SslPolicy: str | None = None,
        Certificates: Many = (),
        AlpnPolicy: Texts = (),
        Tags: Many = (),
        MutualAuthentication: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Create a listener with its default rule; the same request again finds the same one.

        Raises LoadBalancerNotFound, DuplicateListener, TooManyListeners, TargetGroupNotFound, IncompatibleProtocols,
        TargetGroupAssociationLimit, CertificateNotFound, SSLPolicyNotFound, ALPNPolicyNotFound, TrustStoreNotFound,
        InvalidLoadBalancerAction, InvalidConfigurationRequest, TooManyTags, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> gone = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
        >>> asked = {"LoadBalancerArn": shop.balancer.arn, "DefaultActions": gone}
        >>> shop.elbv2.create_listener(Protocol="HTTP", Port=8080, **asked)["Listeners"][0]["Port"]
        8080
        >>> shop.elbv2.create_listener(Protocol="HTTP", Port=80, **asked)
        Traceback (most recent call last):
        botocore.errorfactory.DuplicateListenerException: An error occurred (DuplicateListener) ...
        >>> shop.elbv2.create_listener(Protocol="TCP", Port=81, **asked)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ... Listener protocol 'TCP' must be ...
        """
        balancer = self._balancer(LoadBalancerArn)
        tags = self._check_tags(Tags)
        _check_protocol(balancer, Protocol, Port)
        actions = self._check_actions(balancer, Protocol, Port, DefaultActions)
        arn = self._new_arn(balancer.arn.split(":")[-1].replace("loadbalancer/", "listener/"))
        listener = Listener(
            arn=arn,
            balancer=balancer.arn,
            protocol=Protocol,
            port=Port,
            default=Rule(self._rule_arn(arn), None, [], actions),
            attributes=attributes.defaults(attributes.LISTENERS[Protocol]),
            **self._tls(Protocol, SslPolicy, Certificates, AlpnPolicy, MutualAuthentication),
        )
        there = next((one for one in balancer.listeners.values() if one.port == Port), None)
        if there:
            if _settings(there) != _settings(listener) or (Tags and tags != self._tags.get(there.arn)):
                raise _duplicate(balancer)
            return {"Listeners": [_shown(there)]}
        if len(balancer.listeners) >= LIMITS.get(f"listeners-per-{balancer.type}-load-balancer", 1):
            message = f"The maximum number of listeners on load balancer '{balancer.arn}' has been reached"
            raise ServiceError("TooManyListeners", message)
        balancer.listeners[arn] = listener
        self._have_rules(listener, listener.default, {})
        self._tags.put(arn, tags)
        return {"Listeners": [_shown(listener)]}

    def describe_listeners(
        self, LoadBalancerArn: str = "", ListenerArns: Texts = (), Marker: str = "", PageSize: int = PAGE
    ) -> Answer:
        """The listeners of a load balancer, or listeners by ARN. Raises LoadBalancerNotFound, ListenerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> found, = shop.elbv2.describe_listeners(LoadBalancerArn=shop.balancer.arn)["Listeners"]
        >>> found["Protocol"], found["Port"]
        ('HTTP', 80)
        >>> shop.elbv2.describe_listeners(ListenerArns=[shop.listener.arn + "0"])
        Traceback (most recent call last):
        botocore.errorfactory.ListenerNotFoundException: ... One or more listeners not found
        """
        if bool(LoadBalancerArn) == bool(ListenerArns):
            raise validation_error("You must specify either listener ARNs or a load balancer ARN")
        if LoadBalancerArn:
            found = list(self._balancer(LoadBalancerArn).listeners.values())
        else:
            found = [self._listener(arn) for arn in ListenerArns]
        shown = [_shown(one) for one in found]
        return paged("Listeners", shown, PageSize, Marker, LoadBalancerArn, ListenerArns)

    def modify_listener(
        self,
        ListenerArn: str,
        Port: int | None = None,
        Protocol: str | None = None,
        SslPolicy: str | None = None,
        Certificates: Many = (),
        DefaultActions: Many = (),
        AlpnPolicy: Texts = (),
        MutualAuthentication: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Change a listener; what is left out stays, what TLS alone has goes with it. Raises as CreateListener does.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.modify_listener(ListenerArn=shop.listener.arn, Port=8080)["Listeners"][0]["Port"]
        8080
        >>> shop.elbv2.modify_listener(ListenerArn=shop.listener.arn, Protocol="HTTPS")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ... A certificate must be specified ...
        """
        listener = self._listener(ListenerArn)
        balancer = self.balancers[listener.balancer]
        protocol, port = Protocol or listener.protocol, Port or listener.port
        _check_protocol(balancer, protocol, port)
        if any(one.port == port and one is not listener for one in balancer.listeners.values()):
            raise _duplicate(balancer)
        if port != listener.port:
            self._check_not_a_target(balancer, listener)
        actions = DefaultActions or listener.default.actions
        if DefaultActions or protocol != listener.protocol:
            actions = self._check_actions(balancer, protocol, port, actions)
        if protocol == listener.protocol:
            certificates = Certificates or [{"CertificateArn": arn} for arn in listener.certificates[:1]]
            policy, mutual = SslPolicy or listener.ssl_policy, MutualAuthentication or listener.mutual
            changed = self._tls(protocol, policy, certificates, AlpnPolicy or listener.alpn, mutual)
            changed["certificates"] += listener.certificates[1:]
        else:
            changed = self._tls(protocol, SslPolicy, Certificates, AlpnPolicy, MutualAuthentication)
            changed["attributes"] = attributes.defaults(attributes.LISTENERS[protocol])
        for name, value in {"protocol": protocol, "port": port, **changed}.items():
            setattr(listener, name, value)
        default = Rule(listener.default.arn, None, [], actions)
        self._have_rules(listener, default, listener.rules)
        return {"Listeners": [_shown(listener)]}

    def delete_listener(self, ListenerArn: str) -> None:
        """Delete a listener with its rules. Raises ListenerNotFound, ResourceInUse (another balancer's target).

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteListener.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> _ = shop.elbv2.delete_listener(ListenerArn=shop.listener.arn)
        >>> shop.elbv2.delete_listener(ListenerArn=shop.listener.arn)
        Traceback (most recent call last):
        botocore.errorfactory.ListenerNotFoundException: ... One or more listeners not found
        """
        listener = self._listener(ListenerArn)
        balancer = self.balancers[listener.balancer]
        self._check_not_a_target(balancer, listener)
        self._forget_tags(listener)
        del balancer.listeners[listener.arn]
        self._rules_changed()

    def _check_not_a_target(self, balancer: LoadBalancer, listener: Listener) -> None:
        if any(group.type == ALB and (balancer.arn, listener.port) in group.targets for group in self.groups.values()):
            used = f"Listener port '{listener.port}' is in use by registered target '{balancer.arn}'"
            raise ServiceError("ResourceInUse", f"{used} and cannot be removed.")

    def describe_listener_attributes(self, ListenerArn: str) -> Answer:
        """The attributes of a listener. Raises ListenerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.describe_listener_attributes(ListenerArn=shop.listener.arn)["Attributes"][0]
        {'Key': 'routing.http.response.server.enabled', 'Value': 'true'}
        """
        return attributes.listed(self._listener(ListenerArn).attributes)

    def modify_listener_attributes(self, ListenerArn: str, Attributes: Many) -> Answer:
        """Change attributes, all or none of them. Raises ListenerNotFound, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListenerAttributes.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> given = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
        >>> shop.elbv2.modify_listener_attributes(ListenerArn=shop.listener.arn, Attributes=given)
        Traceback (most recent call last):
        botocore.errorfactory.InvalidConfigurationRequestException: An error occurred ... is not supported on ...
        """
        listener = self._listener(ListenerArn)
        table, on = attributes.LISTENERS[listener.protocol], f"listeners with protocol '{listener.protocol}'"
        listener.attributes |= attributes.changed("Listener", table, Attributes, on)
        return attributes.listed(listener.attributes)


def _check_protocol(balancer: LoadBalancer, protocol: str | None, port: int | None) -> None:
    allowed = PROTOCOLS[balancer.type]
    if balancer.type == GATEWAY and not protocol and not port:
        return
    if balancer.type == GATEWAY:
        raise validation_error("Protocol and port cannot be specified for listeners of a Gateway Load Balancer")
    if not protocol or not port:
        raise validation_error("A listener protocol and a listener port must be specified")
    if protocol in ("QUIC", "TCP_QUIC") and balancer.type == NETWORK:
        raise NotModelled("elbv2", f"listeners with the protocol {protocol}", allowed)
    if protocol not in allowed:
        raise validation_error(f"Listener protocol '{protocol}' must be one of '{', '.join(allowed)}'")
    if balancer.address_type == "dualstack":
        check_protocol(protocol, balancer.prefixed)


def _duplicate(balancer: LoadBalancer) -> ServiceError:
    message = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
    return ServiceError("DuplicateListener", message)


def _settings(listener: Listener) -> tuple[Any, ...]:
    tls = listener.certificates[:1], listener.ssl_policy, listener.alpn, listener.mutual
    return listener.protocol, listener.port, listener.default.actions, tls


def _shown(listener: Listener) -> Answer:
    return {
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.balancer,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "Certificates": [{"CertificateArn": arn} for arn in listener.certificates[:1]] or None,
        "SslPolicy": listener.ssl_policy,
        "DefaultActions": listener.default.actions,
        "AlpnPolicy": listener.alpn or None,
        "MutualAuthentication": listener.mutual,
    }
