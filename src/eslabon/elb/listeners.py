"""Listeners of Classic Load Balancers and the cookie policies on them.

Left out: SSL listeners, TLS settings, proxy protocol, checks of instances' certificates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.elb.state import Classic, Shown, State, invalid
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

Many = Sequence[Mapping[str, Any]]
LISTENERS = 100  # a balancer
# Protocol: the protocols that instances may get, the default first.
_INSTANCES = {"HTTP": ("HTTP", "HTTPS"), "HTTPS": ("HTTP", "HTTPS"), "TCP": ("TCP", "SSL"), "SSL": ("TCP", "SSL")}


class Listeners(State):
    """Operations on listeners and policies."""

    def create_load_balancer_listeners(self, LoadBalancerName: str, Listeners: Many) -> None:
        """Add listeners, all or none; the same one again changes nothing.

        Raises LoadBalancerNotFound, DuplicateListener, CertificateNotFound, InvalidConfigurationRequest,
        UnsupportedProtocol.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancerListeners.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> listener = {"Protocol": "HTTP", "LoadBalancerPort": 8080, "InstancePort": 80}
        >>> _ = shop.elb.create_load_balancer_listeners(LoadBalancerName="shop", Listeners=[listener])
        >>> listener["InstancePort"] = 81
        >>> shop.elb.create_load_balancer_listeners(LoadBalancerName="shop", Listeners=[listener])
        Traceback (most recent call last):
        botocore.errorfactory.DuplicateListenerException: An error occurred (DuplicateListener) ...
        """
        classic = self._classic(LoadBalancerName)
        classic.ports |= self._checked(classic.ports, Listeners)
        self._arrange(classic)

    def _checked(self, held: Mapping[int, Shown], given: Many) -> dict[int, Shown]:
        found: dict[int, Shown] = {}
        for one in given:
            settings, port = self._listener_settings(one), one["LoadBalancerPort"]
            if (there := {**held, **found}.get(port)) and there != settings:
                message = f"A listener already exists for port {port}, but with other settings"
                raise ServiceError("DuplicateListener", message)
            found[port] = settings
        if len(held.keys() | found.keys()) > LISTENERS:
            raise invalid(f"A load balancer has {LISTENERS} listeners at most")
        return found

    def _listener_settings(self, given: Mapping[str, Any]) -> Shown:
        protocol, certificate = given["Protocol"].upper(), given.get("SSLCertificateId")
        if protocol not in _INSTANCES:
            raise ServiceError("UnsupportedProtocol", f"'{protocol}' is none of HTTP, HTTPS, TCP, SSL")
        towards = given.get("InstanceProtocol", _INSTANCES[protocol][0]).upper()
        if towards not in _INSTANCES[protocol]:
            raise invalid(f"Protocol {protocol} and InstanceProtocol {towards} are of different layers")
        if "SSL" in (protocol, towards):
            raise NotModelled("elb", "the protocol SSL", ["HTTP", "HTTPS", "TCP"])
        if not 1 <= given["LoadBalancerPort"] <= 65_535:
            raise validation_error(f"LoadBalancerPort {given['LoadBalancerPort']} is not in the range 1-65535")
        if protocol == "HTTPS":
            acm: Any = self.cloud.service("acm", region=self.region, account=self.account)
            if not certificate:
                raise validation_error("Secure Listeners need to specify a SSLCertificateId")
            if certificate not in acm.certificates:
                raise ServiceError("CertificateNotFound", f"Server Certificate not found for the key: {certificate}")
        shown = {"Protocol": protocol, "LoadBalancerPort": given["LoadBalancerPort"], "InstanceProtocol": towards}
        return {**shown, "InstancePort": given["InstancePort"], "SSLCertificateId": certificate}

    def delete_load_balancer_listeners(self, LoadBalancerName: str, LoadBalancerPorts: Sequence[int]) -> None:
        """Remove the listeners of these ports; a port without one is no error. Raises LoadBalancerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancerListeners.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> _ = shop.elb.delete_load_balancer_listeners(LoadBalancerName="shop", LoadBalancerPorts=[80, 81])
        >>> shop.elb.describe_load_balancers()["LoadBalancerDescriptions"][0]["ListenerDescriptions"]
        []
        """
        classic = self._classic(LoadBalancerName)
        for port in LoadBalancerPorts:
            classic.ports.pop(port, None)
            classic.enabled.pop(port, None)
        self._arrange(classic)

    def create_lb_cookie_stickiness_policy(
        self, LoadBalancerName: str, PolicyName: str, CookieExpirationPeriod: int = 0
    ) -> None:
        """Make a policy of stickiness by the balancer's own cookie, AWSELB; seconds, 0: until the browser is closed.

        Raises LoadBalancerNotFound, DuplicatePolicyName.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-sticky-sessions.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> asked = {"LoadBalancerName": "shop", "PolicyName": "hour", "CookieExpirationPeriod": 3600}
        >>> _ = shop.elb.create_lb_cookie_stickiness_policy(**asked)
        >>> shop.elb.create_lb_cookie_stickiness_policy(**asked)
        Traceback (most recent call last):
        botocore.errorfactory.DuplicatePolicyNameException: An error occurred (DuplicatePolicyName) ...
        """
        shown = {"CookieExpirationPeriod": CookieExpirationPeriod} if CookieExpirationPeriod else {}
        self._add_policy(self._classic(LoadBalancerName), PolicyName, shown)

    def create_app_cookie_stickiness_policy(self, LoadBalancerName: str, PolicyName: str, CookieName: str) -> None:
        """Make a policy of stickiness that lasts as long as the application's cookie of this name.

        Raises LoadBalancerNotFound, DuplicatePolicyName.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-sticky-sessions.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> asked = {"LoadBalancerName": "shop", "PolicyName": "cart", "CookieName": "cart"}
        >>> _ = shop.elb.create_app_cookie_stickiness_policy(**asked)
        >>> described = shop.elb.describe_load_balancers()["LoadBalancerDescriptions"][0]["Policies"]
        >>> described["AppCookieStickinessPolicies"]
        [{'PolicyName': 'cart', 'CookieName': 'cart'}]
        """
        self._add_policy(self._classic(LoadBalancerName), PolicyName, {"CookieName": CookieName})

    def _add_policy(self, classic: Classic, name: str, policy: Shown) -> None:
        if name in classic.policies:
            raise ServiceError("DuplicatePolicyName", f"A policy with the name '{name}' already exists")
        classic.policies[name] = policy

    def set_load_balancer_policies_of_listener(
        self, LoadBalancerName: str, LoadBalancerPort: int, PolicyNames: Sequence[str]
    ) -> None:
        """Give a listener these policies in place of others; an empty list: none.

        Raises LoadBalancerNotFound, ListenerNotFound, PolicyNotFound, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_SetLoadBalancerPoliciesOfListener.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> enable = shop.elb.set_load_balancer_policies_of_listener
        >>> enable(LoadBalancerName="shop", LoadBalancerPort=80, PolicyNames=["hour"])
        Traceback (most recent call last):
        botocore.errorfactory.PolicyNotFoundException: An error occurred (PolicyNotFound) ...
        >>> enable(LoadBalancerName="shop", LoadBalancerPort=81, PolicyNames=[])
        Traceback (most recent call last):
        botocore.errorfactory.ListenerNotFoundException: An error occurred (ListenerNotFound) ...
        """
        classic = self._classic(LoadBalancerName)
        if LoadBalancerPort not in classic.ports:
            message = f"There is no listener of port {LoadBalancerPort} on load balancer '{LoadBalancerName}'"
            raise ServiceError("ListenerNotFound", message)
        missing = [name for name in PolicyNames if name not in classic.policies]
        if missing:
            raise ServiceError("PolicyNotFound", f"There is no policy with name {missing[0]} for {LoadBalancerName}")
        if PolicyNames and classic.ports[LoadBalancerPort]["Protocol"] == "TCP":
            raise invalid("Cookie stickiness policies need a listener with the protocol HTTP or HTTPS")
        if len(PolicyNames) > 1:
            raise invalid("Only one cookie stickiness policy can be enabled for a listener")
        classic.enabled[LoadBalancerPort] = list(PolicyNames)
        self._arrange(classic)

    def delete_load_balancer_policy(self, LoadBalancerName: str, PolicyName: str) -> None:
        """Delete a policy that no listener has. Raises LoadBalancerNotFound, InvalidConfigurationRequest.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancerPolicy.html

        >>> from eslabon.elb.examples import example
        >>> shop = example()
        >>> _ = shop.elb.delete_load_balancer_policy(LoadBalancerName="shop", PolicyName="none")  # no error
        """
        classic = self._classic(LoadBalancerName)
        if any(PolicyName in names for names in classic.enabled.values()):
            raise invalid(f"The policy '{PolicyName}' is enabled for a listener")
        classic.policies.pop(PolicyName, None)
