"""Security policies, the protocols and ciphers of a listener with TLS: the default and the recommended ones."""

from __future__ import annotations

from typing import NamedTuple

from eslabon.elbv2.operations.registry import PAGE, Answer, Registry, Texts, paged
from eslabon.errors import NotModelled, ServiceError


class Policy(NamedTuple):
    """What a client must be able to do, one of each; ciphers as OpenSSL calls them, the preferred ones first."""

    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]


_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_GCM_128 = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256")
_GCM_256 = ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384")
_CBC_128 = ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256")
_CBC_256 = ("ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384")
_SHA2 = (*_GCM_128, *_CBC_128, *_GCM_256, *_CBC_256)
_OLD = (
    *(*_GCM_128, *_CBC_128, "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA"),
    *(*_GCM_256, *_CBC_256, "ECDHE-RSA-AES256-SHA", "ECDHE-ECDSA-AES256-SHA"),
    *("AES128-GCM-SHA256", "AES128-SHA256", "AES128-SHA", "AES256-GCM-SHA384", "AES256-SHA256", "AES256-SHA"),
)
PREFIX = "ELBSecurityPolicy-"
DEFAULT = f"{PREFIX}2016-08"  # of listeners made through the API

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
# Those with PQ in their names have post-quantum key exchange besides, which this API does not tell.
POLICIES = {
    PREFIX + name: policy
    for name, policy in {
        "TLS13-1-2-Res-PQ-2025-09": Policy(
            ("TLSv1.2", "TLSv1.3"), (*_TLS13, *_GCM_128, *_GCM_256)
        ),  # the console's default
        "TLS13-1-2-Res-2021-06": Policy(("TLSv1.2", "TLSv1.3"), (*_TLS13, *_GCM_128, *_GCM_256)),
        "TLS13-1-2-2021-06": Policy(("TLSv1.2", "TLSv1.3"), _TLS13 + _SHA2),
        "TLS13-1-3-PQ-2025-09": Policy(("TLSv1.3",), _TLS13),
        "TLS13-1-3-2021-06": Policy(("TLSv1.3",), _TLS13),
        "FS-1-2-Res-2020-10": Policy(("TLSv1.2",), (*_GCM_128, *_GCM_256)),
        "2016-08": Policy(("TLSv1", "TLSv1.1", "TLSv1.2"), _OLD),
    }.items()
}


class SslPolicies(Registry):
    """The operation on security policies."""

    def describe_ssl_policies(
        self, Names: Texts = (), Marker: str = "", PageSize: int = PAGE, LoadBalancerType: str | None = None
    ) -> Answer:
        """Describe security policies, all or by name. Raises SSLPolicyNotFound, NotModelled.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeSSLPolicies.html

        >>> from eslabon import Cloud
        >>> elbv2 = Cloud().client("elbv2")
        >>> elbv2.describe_ssl_policies(Names=["ELBSecurityPolicy-TLS13-1-3-2021-06"])["SslPolicies"][0]["SslProtocols"]
        ['TLSv1.3']
        >>> elbv2.describe_ssl_policies(Names=["shop"])
        Traceback (most recent call last):
        botocore.errorfactory.SSLPolicyNotFoundException: An error occurred (SSLPolicyNotFound) ...
        """
        found = {name: find_policy(name) for name in Names} if Names else POLICIES
        if LoadBalancerType == "gateway":
            found = {}
        shown = [_shown(name, policy) for name, policy in found.items()]
        return paged("SslPolicies", shown, PageSize, Marker, Names)


def find_policy(name: str) -> Policy:
    """The policy of this name; ServiceError with SSLPolicyNotFound, NotModelled when AWS may have it.

    >>> find_policy("ELBSecurityPolicy-2016-08").protocols
    ('TLSv1', 'TLSv1.1', 'TLSv1.2')
    >>> find_policy("ELBSecurityPolicy-TLS-1-0-2015-04")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model elbv2 the security policy ELBSecurityPolicy-TLS-1-0-2015-04. ...
    >>> find_policy("shop")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: SSLPolicyNotFound: SSL policy 'shop' not found
    """
    if name in POLICIES:
        return POLICIES[name]
    if name.startswith(PREFIX):
        raise NotModelled("elbv2", f"the security policy {name}", POLICIES)
    raise ServiceError("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def _shown(name: str, policy: Policy) -> Answer:
    return {
        "Name": name,
        "SslProtocols": list(policy.protocols),
        "Ciphers": [{"Name": cipher, "Priority": place} for place, cipher in enumerate(policy.ciphers, 1)],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }
