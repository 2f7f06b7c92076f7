"""CloudWatch Logs' operations, and what other services ask of it.

How groups are kept, what may be written, and how pages are read stand in modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import Failure, NotModelled
from eslabon.ids import Arn
from eslabon.service import Reply, Service
from eslabon.support.logs.errors import already_exists, invalid, not_found
from eslabon.support.logs.groups import DAY, Event, Group, Stream
from eslabon.support.logs.patterns import PatternError, compile_pattern
from eslabon.support.logs.policies import ResourcePolicies
from eslabon.support.logs.reading import listing, stream_page
from eslabon.support.logs.writing import check_batch, delivered_event, sift

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
PAGE_SIZE = 50
EVENTS_A_PAGE = 10_000

DELIVERY_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


class Logs(Service):
    """CloudWatch Logs of one account and Region."""

    name: ClassVar[str] = "logs"
    principal: ClassVar[str] = "logs.amazonaws.com"
    validation_code: ClassVar[str] = "InvalidParameterException"
    modelled: ClassVar[Mapping[str, str]] = {"InputLogEvent": "*"}
    inert: ClassVar[Mapping[str, str]] = {
        "put_log_events.sequenceToken": "CloudWatch Logs ignores it too: writers need no token any more.",
        "filter_log_events.interleaved": "CloudWatch Logs ignores it too: the events of all streams are interleaved.",
    }

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.groups: dict[str, Group] = {}
        self.policies = ResourcePolicies()
        self._sequence = 0
        self._delivery_streams: dict[tuple[str, str], str] = {}

    def resources(self) -> list[str]:
        """ARNs of the log groups."""
        return [group.arn for group in self.groups.values()]

    @property
    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock.now * 1000)

    # Groups

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
    ) -> dict[str, Any]:
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

    # Streams

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
    ) -> dict[str, Any]:
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

    # Events

    def put_log_events(
        self,
        logGroupName: str,
        logStreamName: str,
        logEvents: list[dict[str, Any]],
        sequenceToken: str | None = None,  # noqa: ARG002 - inert
    ) -> dict[str, Any]:
        """Write a batch of events: in the order of time, at most 1,048,576 bytes (26 more an event) and 24 hours long.

        Events older than 14 days or than the retention, or more than 2 hours ahead, are rejected one by one: the answer
        says which. Raises ResourceNotFoundException, InvalidParameterException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> logs = cloud.client("logs")
        >>> _ = logs.create_log_group(logGroupName="shop")
        >>> _ = logs.create_log_stream(logGroupName="shop", logStreamName="till")
        >>> now = int(cloud.clock.now * 1000)
        >>> _ = logs.put_log_events(logGroupName="shop", logStreamName="till",
        ...     logEvents=[{"timestamp": now, "message": "open"}, {"timestamp": now + 1, "message": "sold"}])
        >>> [event["message"] for event in logs.filter_log_events(logGroupName="shop")["events"]]
        ['open', 'sold']

        An event from last month is rejected, the call is not:

        >>> answer = logs.put_log_events(logGroupName="shop", logStreamName="till",
        ...     logEvents=[{"timestamp": now - 30 * 86_400_000, "message": "late"}])
        >>> answer["rejectedLogEventsInfo"]
        {'tooOldLogEventEndIndex': 1}

        >>> logs.put_log_events(logGroupName="shop", logStreamName="till",
        ...     logEvents=[{"timestamp": now + 1, "message": "b"}, {"timestamp": now, "message": "a"}])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred (InvalidParameterException) when calling \
the PutLogEvents operation: Log events in a single PutLogEvents request must be in chronological order.
        """
        group = self._group(logGroupName)
        stream = group.stream(logStreamName, self.now)
        check_batch(logEvents)
        taken, rejected = sift([event["timestamp"] for event in logEvents], self.now, group.horizon(self.now))
        accepted = logEvents[taken]
        if accepted and accepted[-1]["timestamp"] - accepted[0]["timestamp"] > DAY:
            raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        self._write(group, stream, ((event["timestamp"], event["message"]) for event in accepted))
        answer: dict[str, Any] = {"nextSequenceToken": stream.token}
        return {**answer, "rejectedLogEventsInfo": rejected} if rejected else answer

    def get_log_events(
        self,
        logStreamName: str,
        logGroupName: str | None = None,
        startTime: int | None = None,
        endTime: int | None = None,
        nextToken: str | None = None,
        limit: int = EVENTS_A_PAGE,
        startFromHead: bool = False,
    ) -> dict[str, Any]:
        """Read a stream from startTime up to, not including, endTime; the newest page first unless startFromHead.

        nextForwardToken and nextBackwardToken lead to the pages after and before; at either end the same token comes
        back. Raises ResourceNotFoundException, InvalidParameterException (token).

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> logs = cloud.client("logs")
        >>> now = int(cloud.clock.now * 1000)
        >>> cloud.service("logs").append("shop", "till", [(now, "open"), (now + 1, "sold")])
        >>> till = {"logGroupName": "shop", "logStreamName": "till"}
        >>> [event["message"] for event in logs.get_log_events(**till, limit=1)["events"]]
        ['sold']
        >>> [event["message"] for event in logs.get_log_events(**till, endTime=now + 1)["events"]]
        ['open']
        >>> logs.get_log_events(**till, nextToken="nonsense")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred ...
        """
        stream = self._group(logGroupName).stream(logStreamName, self.now)
        events = [
            event
            for event in stream.events
            if (startTime is None or event.timestamp >= startTime) and (endTime is None or event.timestamp < endTime)
        ]
        shown, tokens = stream_page(events, limit, nextToken, startFromHead)
        return {"events": [_describe(event) for event in shown], **tokens}

    def filter_log_events(
        self,
        logGroupName: str | None = None,
        logStreamNames: list[str] | None = None,
        logStreamNamePrefix: str | None = None,
        startTime: int | None = None,
        endTime: int | None = None,
        filterPattern: str = "",
        nextToken: str | None = None,
        limit: int = EVENTS_A_PAGE,
        interleaved: bool | None = None,  # noqa: ARG002 - inert
    ) -> dict[str, Any]:
        """Read the events of a group's streams from startTime to endTime (both included) that match a pattern, by time.

        Raises ResourceNotFoundException, InvalidParameterException (pattern, names with a prefix, token).

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> logs = cloud.client("logs")
        >>> now = int(cloud.clock.now * 1000)
        >>> cloud.service("logs").append("shop", "till", [(now, "open"), (now + 1, "sold 7")])
        >>> cloud.service("logs").append("shop", "door", [(now, "open")])
        >>> [event["logStreamName"] for event in logs.filter_log_events(logGroupName="shop")["events"]]
        ['till', 'door', 'till']
        >>> [event["message"] for event in logs.filter_log_events(logGroupName="shop", filterPattern="sold")["events"]]
        ['sold 7']
        >>> logs.filter_log_events(logGroupName="shop", filterPattern="order-1")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterException: An error occurred ...
        """
        group = self._group(logGroupName)
        if logStreamNames and logStreamNamePrefix:
            raise invalid("You can specify either logStreamNames or logStreamNamePrefix, but not both.")
        try:
            matches = compile_pattern(filterPattern)
        except PatternError as error:
            raise invalid(str(error)) from error
        if logStreamNames:
            streams = [group.stream(name, self.now) for name in dict.fromkeys(logStreamNames)]
        else:
            streams = group.streams_named(logStreamNamePrefix or "", self.now)
        found = sorted(
            (event, stream.name)
            for stream in streams
            for event in stream.events
            if (startTime is None or event.timestamp >= startTime)
            and (endTime is None or event.timestamp <= endTime)
            and matches(event.message)
        )
        shown = [
            {"logStreamName": stream_name, "eventId": event.id, **_describe(event)} for event, stream_name in found
        ]
        names = logStreamNames or logStreamNamePrefix
        key = f"{group.name}:{names}:{startTime}:{endTime}:{filterPattern}"
        return {**listing("events", shown, limit, nextToken, key), "searchedLogStreams": []}

    # Resource policies

    def put_resource_policy(self, policyName: str | None = None, policyDocument: str | None = None) -> dict[str, Any]:
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

    def describe_resource_policies(self, nextToken: str | None = None, limit: int = PAGE_SIZE) -> dict[str, Any]:
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

    # What other services ask

    def deliver(
        self,
        arn: str,
        payload: str,
        *,
        principal: str,
        source_arn: str,
        source_account: str,
        role_arn: str | None,  # noqa: ARG002 - log groups know resource policies alone
        parameters: Mapping[str, Any],
        reply: Reply,
    ) -> None:
        """Write a payload as one event to the log group at arn, when a resource policy lets the principal do so.

        The policy must allow logs:CreateLogStream and logs:PutLogEvents on the group's streams, ``…:log-group:NAME:*``.
        A role has no say in it: EventBridge writes to log groups by resource policy alone. There are no parameters.
        What is no log event, or one that PutLogEvents would reject for its time, fails for good.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
        """
        if parameters:
            raise NotModelled("logs", f"deliver({', '.join(parameters)}=…)")
        group_name = Arn.parse(arn).resource.removeprefix("log-group:").removesuffix(":*")
        group = self.groups.get(group_name)
        if group is None:
            reply(None, Failure("NO_RESOURCE", "The specified log group does not exist.", retryable=False))
            return
        stream_key = (group_name, source_arn)
        if stream_key not in self._delivery_streams:
            self._delivery_streams[stream_key] = self.ids.uuid()
        stream_name = self._delivery_streams[stream_key]
        for action in DELIVERY_ACTIONS:
            if not self.admits(
                self.policies.together,
                arn,
                principal=principal,
                action=action,
                resource=f"{group.arn}:log-stream:{stream_name}",
                missing_resource=f"{group.arn}:*",
                source_arn=source_arn,
                source_account=source_account,
                reply=reply,
            ):
                return
        event = delivered_event(payload, self.now, group.horizon(self.now))
        if isinstance(event, Failure):
            reply(None, event)
            return
        self.append(group_name, stream_name, [event])
        reply(None, None)

    def append(self, group_name: str, stream_name: str, events: Iterable[tuple[int, str]]) -> None:
        """Write (milliseconds since 1970, message) pairs for a service, making group and stream when they are missing.

        This is no modelled operation: Lambda writes what functions print this way.

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> cloud.service("logs").append("/aws/lambda/orders", "1", [(int(cloud.clock.now * 1000), "START")])
        >>> logs = cloud.client("logs")
        >>> [event["message"] for event in logs.filter_log_events(logGroupName="/aws/lambda/orders")["events"]]
        ['START']
        """
        if group_name not in self.groups:
            self.create_log_group(group_name)
        group = self.groups[group_name]
        if stream_name not in group.streams:
            group.create_stream(stream_name, self.now, self._token())
        self._write(group, group.streams[stream_name], events)

    def _write(self, group: Group, stream: Stream, events: Iterable[tuple[int, str]]) -> None:
        for timestamp, message in events:
            self._sequence += 1
            text = message.encode(errors="replace").decode()  # a lone surrogate has no bytes in UTF-8
            stream.add(Event(timestamp, self._sequence, text, self.now))
            self.journal.record("log", group=group.name, stream=stream.name, message=text)

    def _token(self) -> str:
        return f"{self.ids.random.randrange(10**55, 10**56)}"

    def _group(self, name: str | None) -> Group:
        if name is None:
            raise invalid("logGroupName is required.")
        if name not in self.groups:
            raise not_found("The specified log group does not exist.")
        return self.groups[name]


def _describe(event: Event) -> dict[str, Any]:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested}
