"""Resource policies: put, listed, deleted. Whom they let write is decided when something is delivered."""

from __future__ import annotations

from eslabon.support.logs.errors import invalid
from eslabon.support.logs.operations.registry import PAGE_SIZE, Answer, Registry
from eslabon.support.logs.reading import listing


class Policies(Registry):
    """Operations on resource policies."""

    def put_resource_policy(self, policyName: str | None = None, policyDocument: str | None = None) -> Answer:
        """Write or replace a policy that lets services write to log groups: at most 10 an account and Region.

        Raises InvalidParameterException (no policy), LimitExceededException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> policy = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*",
        ...     "Principal": {"Service": "events.amazonaws.com"}, "Action": "logs:PutLogEvents"}}'''
        >>> logs.put_resource_policy(policyName="events", policyDocument=policy)["resourcePolicy"]["policyName"]
        'events'
        >>> logs.put_resource_policy(policyName="events", policyDocument="{}")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred ...
        """
        if not policyName or not policyDocument:
            raise invalid("policyName and policyDocument are required.")
        return {"resourcePolicy": self.policies.put(policyName, policyDocument, self.now)}

    def describe_resource_policies(self, nextToken: str | None = None, limit: int = PAGE_SIZE) -> Answer:
        """List the resource policies of this account and Region by name.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html

        >>> from eslabon import Cloud
        >>> Cloud().client("logs").describe_resource_policies()["resourcePolicies"]
        []
        """
        return listing("resourcePolicies", self.policies.described(), limit, nextToken)

    def delete_resource_policy(self, policyName: str | None = None) -> None:
        """Delete a resource policy. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteResourcePolicy.html

        >>> from eslabon import Cloud
        >>> Cloud().client("logs").delete_resource_policy(policyName="events")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        self.policies.delete(policyName or "")
