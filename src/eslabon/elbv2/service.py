"""Elastic Load Balancing, version 2, in one account and Region: its operations, gathered; what of them is modelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from eslabon.elbv2.checking import Checking
from eslabon.elbv2.operations.limits import AccountLimits
from eslabon.elbv2.operations.listeners import Listeners
from eslabon.elbv2.operations.loadbalancers import LoadBalancers
from eslabon.elbv2.operations.targetgroups import TargetGroups

# Structures of the API that are modelled with all their members.
_WHOLE = """Tag LoadBalancerAttribute ListenerAttribute TargetGroupAttribute RedirectActionConfig
    FixedResponseActionConfig ForwardActionConfig TargetGroupTuple TargetGroupStickinessConfig RuleCondition
    HostHeaderConditionConfig PathPatternConditionConfig HttpHeaderConditionConfig QueryStringConditionConfig
    QueryStringKeyValuePair HttpRequestMethodConditionConfig SourceIpConditionConfig RulePriorityPair RuleTransform
    HostHeaderRewriteConfig UrlRewriteConfig RewriteConfig"""


class ElasticLoadBalancingV2(Checking, LoadBalancers, Listeners, TargetGroups, AccountLimits):
    """The API: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"""

    modelled: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(_WHOLE.split(), "*"),
        "SubnetMapping": "SubnetId SourceNatIpv6Prefix",
        "Certificate": "CertificateArn",
        "MutualAuthenticationAttributes": "Mode TrustStoreArn IgnoreClientCertificateExpiry AdvertiseTrustStoreCaNames",
        "Matcher": "HttpCode",
        "TargetDescription": "Id Port AvailabilityZone",
        "Action": "Type TargetGroupArn Order RedirectConfig FixedResponseConfig ForwardConfig",
    }
    inert: ClassVar[Mapping[str, str]] = {
        "modify_load_balancer_attributes.Attributes": "routing.http2.enabled: no client here offers HTTP/2.",
    }

    def resources(self) -> list[str]:
        """ARNs of the load balancers, target groups and trust stores.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.resources() == [shop.balancer.arn, shop.group.arn]
        True
        """
        return [*self.balancers, *self.groups, *self.trust_stores]
