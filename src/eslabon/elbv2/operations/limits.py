"""What an account may have in a Region, as AWS's pages tell the defaults; nothing raises them here."""

from __future__ import annotations

from eslabon.elbv2.operations.registry import PAGE, Answer, Registry, paged

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Limit.html tells the names; the values are in
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html and the pages of that
# name for the other types
LIMITS = {
    "application-load-balancers": 50,
    "condition-values-per-alb-rule": 5,
    "condition-wildcards-per-alb-rule": 5,
    "gateway-load-balancers": 100,
    "gateway-load-balancers-per-vpc": 100,
    "geneve-target-groups": 100,
    "listeners-per-application-load-balancer": 50,
    "listeners-per-network-load-balancer": 50,
    "network-load-balancers": 50,
    "rules-per-application-load-balancer": 100,
    "target-groups": 3000,
    "target-groups-per-action-on-application-load-balancer": 5,
    "target-groups-per-action-on-network-load-balancer": 5,
    "target-groups-per-application-load-balancer": 100,
    "targets-per-application-load-balancer": 1000,
    "targets-per-availability-zone-per-gateway-load-balancer": 300,
    "targets-per-availability-zone-per-network-load-balancer": 500,
    "targets-per-network-load-balancer": 3000,
}
CERTIFICATES = 25  # a balancer, default ones not counted
ALB_GROUPS = 2  # target groups that an Application Load Balancer is the target of, each of another balancer
DESCRIBED = 20  # resources that a request to describe may name by ARN, where it has a limit
TARGETS = 1000  # a target group of instances or addresses


class AccountLimits(Registry):
    """The operation on limits."""

    def describe_account_limits(self, Marker: str = "", PageSize: int = PAGE) -> Answer:
        """The limits of the account in this Region.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeAccountLimits.html

        >>> from eslabon import Cloud
        >>> elbv2 = Cloud().client("elbv2")
        >>> elbv2.describe_account_limits(PageSize=1)["Limits"]
        [{'Name': 'application-load-balancers', 'Max': '50'}]
        >>> elbv2.describe_account_limits(Marker="shop")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        limits = [{"Name": name, "Max": str(most)} for name, most in LIMITS.items()]
        return paged("Limits", limits, PageSize, Marker)
