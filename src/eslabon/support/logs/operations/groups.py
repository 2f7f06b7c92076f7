"""Log groups: created, listed, deleted, and how long their events are kept. Groups of other classes are left out."""

from __future__ import annotations

from eslabon.errors import NotModelled
from eslabon.support.logs.errors import already_exists, invalid
from eslabon.support.logs.groups import Group
from eslabon.support.logs.operations.registry import PAGE_SIZE, Answer, Registry
from eslabon.support.logs.reading import listing

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


class LogGroups(Registry):
    """Operations on log groups."""

    def create_log_group(self, logGroupName: str, logGroupClass: str = "STANDARD") -> None:
        """Create a log group whose events never expire.

        Raises ResourceAlreadyExistsException, InvalidParameterException (names starting with aws/).

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="/aws/events/orders")
        >>> logs.describe_log_groups()["logGroups"][0]["arn"]
        'arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/orders:*'
        >>> logs.create_log_group(logGroupName="/aws/events/orders")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceAlreadyExistsException: An error occurred ...
        """
        if logGroupClass != "STANDARD":
            raise NotModelled("logs", f"log groups of class {logGroupClass}", ["STANDARD"])
        if logGroupName.startswith("aws/"):
            raise invalid("Log groups starting with aws/ are reserved for AWS.")
        if logGroupName in self.groups:
            raise already_exists("log group")
        group = Group(logGroupName, self.arn(f"log-group:{logGroupName}"), self.now)
        self.groups[logGroupName] = group
        self.journal.record("resource", arn=group.arn, state="created", type="log-group", name=logGroupName)

    def describe_log_groups(
        self,
        logGroupNamePrefix: str = "",
        nextToken: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> Answer:
        """List log groups by name: all, or those that start with a prefix. Raises InvalidParameterException (token).

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> for name in ("/aws/events/orders", "/aws/lambda/orders"):
        ...     _ = logs.create_log_group(logGroupName=name)
        >>> found = logs.describe_log_groups(logGroupNamePrefix="/aws/events/")["logGroups"]
        >>> [group["logGroupName"] for group in found]
        ['/aws/events/orders']
        >>> logs.describe_log_groups(logGroupNamePrefix="shop")["logGroups"]
        []
        >>> logs.describe_log_groups(nextToken="nonsense")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred ...
        """
        names = sorted(name for name in self.groups if name.startswith(logGroupNamePrefix))
        shown = [self.groups[name].described(self.now) for name in names]
        return listing("logGroups", shown, limit, nextToken, logGroupNamePrefix)

    def delete_log_group(self, logGroupName: str) -> None:
        """Delete a log group with all its streams and events. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> _ = logs.delete_log_group(logGroupName="shop")
        >>> logs.delete_log_group(logGroupName="shop")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        group = self._group(logGroupName)
        del self.groups[group.name]
        self.journal.record("resource", arn=group.arn, state="deleted", type="log-group", name=group.name)

    def put_retention_policy(self, logGroupName: str, retentionInDays: int) -> None:
        """Let events expire after a number of days, one of RETENTION_DAYS; those already older are gone at once.

        Raises ResourceNotFoundException, InvalidParameterException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> _ = logs.put_retention_policy(logGroupName="shop", retentionInDays=7)
        >>> logs.describe_log_groups()["logGroups"][0]["retentionInDays"]
        7
        >>> logs.put_retention_policy(logGroupName="shop", retentionInDays=2)
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred ...
        """
        group = self._group(logGroupName)
        if retentionInDays not in RETENTION_DAYS:
            allowed = ", ".join(map(str, RETENTION_DAYS))
            raise invalid(
                f"1 validation error detected: Value '{retentionInDays}' at 'retentionInDays' failed to satisfy "
                f"constraint: Member must satisfy enum value set: [{allowed}]"
            )
        group.retention_days = retentionInDays

    def delete_retention_policy(self, logGroupName: str) -> None:
        """Keep events for ever again. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> _ = logs.put_retention_policy(logGroupName="shop", retentionInDays=7)
        >>> _ = logs.delete_retention_policy(logGroupName="shop")
        >>> "retentionInDays" in logs.describe_log_groups()["logGroups"][0]
        False
        >>> logs.delete_retention_policy(logGroupName="door")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        self._group(logGroupName).retention_days = None
