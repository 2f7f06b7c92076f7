"""Log streams: created, listed, deleted. What stands in them is events.py's."""

from __future__ import annotations

from eslabon.support.logs.errors import invalid
from eslabon.support.logs.operations.registry import PAGE_SIZE, Answer, Registry
from eslabon.support.logs.reading import listing


class LogStreams(Registry):
    """Operations on log streams."""

    def create_log_stream(self, logGroupName: str, logStreamName: str) -> None:
        """Create an empty log stream. Raises ResourceNotFoundException, ResourceAlreadyExistsException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> _ = logs.create_log_stream(logGroupName="shop", logStreamName="till")
        >>> logs.get_log_events(logGroupName="shop", logStreamName="till")["events"]
        []
        >>> logs.create_log_stream(logGroupName="shop", logStreamName="till")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceAlreadyExistsException: An error occurred ...
        """
        self._group(logGroupName).create_stream(logStreamName, self.now, self._token())

    def describe_log_streams(
        self,
        logGroupName: str | None = None,
        logStreamNamePrefix: str | None = None,
        orderBy: str = "LogStreamName",
        descending: bool = False,
        nextToken: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> Answer:
        """List a group's streams by name or by the time of their last event.

        Raises ResourceNotFoundException, InvalidParameterException (a prefix with LastEventTime).

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> for name in ("till", "door"):
        ...     _ = logs.create_log_stream(logGroupName="shop", logStreamName=name)
        >>> [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName="shop")["logStreams"]]
        ['door', 'till']
        >>> logs.describe_log_streams(logGroupName="shop", logStreamNamePrefix="window")["logStreams"]
        []
        >>> logs.describe_log_streams(logGroupName="shop", logStreamNamePrefix="till", orderBy="LastEventTime")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred ...
        """
        group = self._group(logGroupName)
        by_time = orderBy == "LastEventTime"
        if by_time and logStreamNamePrefix:
            raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = group.streams_named(logStreamNamePrefix or "", self.now)
        streams.sort(key=lambda stream: (stream.last_event if by_time else 0, stream.name), reverse=descending)
        key = f"{group.name}:{logStreamNamePrefix}:{orderBy}:{descending}"
        return listing("logStreams", [stream.described() for stream in streams], limit, nextToken, key)

    def delete_log_stream(self, logGroupName: str, logStreamName: str) -> None:
        """Delete a log stream with its events. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html

        >>> from eslabon import Cloud
        >>> logs = Cloud().client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> _ = logs.create_log_stream(logGroupName="shop", logStreamName="till")
        >>> _ = logs.delete_log_stream(logGroupName="shop", logStreamName="till")
        >>> logs.describe_log_streams(logGroupName="shop")["logStreams"]
        []
        >>> logs.delete_log_stream(logGroupName="shop", logStreamName="till")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        self._group(logGroupName).delete_stream(logStreamName)
