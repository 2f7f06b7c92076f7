"""Amazon CloudWatch Logs: groups, streams, events, retention, resource policies.

Log classes but the standard one, encryption keys, metric and subscription filters, Logs Insights are left out.
"""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.pagination import InvalidToken, page
from eslabon.permissions import Policy, PolicyError, allows, parse_policy
from eslabon.service import Reply, Service
from eslabon.support.log_patterns import PatternError, compile_pattern
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
RESOURCE_POLICIES = 10
PAGE_SIZE = 50
EVENTS_A_PAGE = 10_000
BYTES_A_PAGE = 1_048_576

BATCH_BYTES = 1_048_576
EVENT_OVERHEAD = 26
HOUR = 3_600_000
DAY = 24 * HOUR
OLDEST = 14 * DAY
NEWEST = 2 * HOUR

DELIVERY_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True, order=True, slots=True)
class Event:
    """One line of a log; times in milliseconds since 1970. Events sort by time, then in the order of arrival."""

    timestamp: int
    sequence: int
    message: str = field(compare=False)
    ingested: int = field(compare=False)

    @property
    def id(self) -> str:
        """The event's id: 56 digits that sort as the events do."""
        return f"{self.timestamp:020d}{self.sequence:036d}"

    @property
    def size(self) -> int:
        """The bytes that CloudWatch Logs counts for the event."""
        return len(self.message.encode()) + EVENT_OVERHEAD


@dataclass
class Stream:
    """A sequence of events from one source."""

    name: str
    arn: str
    created: int
    token: str
    events: list[Event] = field(default_factory=list)


@dataclass
class Group:
    """Streams that share a retention."""

    name: str
    arn: str
    created: int
    retention_days: int | None = None
    streams: dict[str, Stream] = field(default_factory=dict)


@dataclass
class ResourcePolicy:
    """A policy of the account's Region that lets services write to log groups."""

    name: str
    document: str
    policy: Policy
    updated: int


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
        self.policies: dict[str, ResourcePolicy] = {}
        self.tags = Tags()
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

    def create_log_group(
        self, logGroupName: str, tags: dict[str, str] | None = None, logGroupClass: str = "STANDARD"
    ) -> None:
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
        botocore.errorfactory.ResourceAlreadyExistsException: An error occurred (ResourceAlreadyExistsException) when \
calling the CreateLogGroup operation: The specified log group already exists
        """
        if logGroupClass != "STANDARD":
            raise NotModelled("logs", f"log groups of class {logGroupClass}", ["STANDARD"])
        if logGroupName.startswith("aws/"):
            raise invalid("Log groups starting with aws/ are reserved for AWS.")
        if logGroupName in self.groups:
            raise ServiceError("ResourceAlreadyExistsException", "The specified log group already exists")
        arn = self.arn(f"log-group:{logGroupName}")
        self._put_tags(arn, tags or {})
        self.groups[logGroupName] = Group(logGroupName, arn, self.now)
        self.journal.record("resource", arn=arn, state="created", type="log-group", name=logGroupName)

    def describe_log_groups(
        self,
        logGroupNamePrefix: str | None = None,
        logGroupNamePattern: str | None = None,
        nextToken: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> dict[str, Any]:
        """List log groups by name: all, those that start with a prefix, or those whose name contains a text.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
        """
        if logGroupNamePrefix and logGroupNamePattern:
            raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        groups = [
            self.groups[name]
            for name in sorted(self.groups)
            if name.startswith(logGroupNamePrefix or "") and (logGroupNamePattern or "") in name
        ]
        key = f"{logGroupNamePrefix}:{logGroupNamePattern}"
        return listing("logGroups", [self._describe(group) for group in groups], limit, nextToken, key)

    def delete_log_group(self, logGroupName: str) -> None:
        """Delete a log group with all its streams and events. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html
        """
        group = self._group(logGroupName)
        del self.groups[group.name]
        self.tags.remove(group.arn)
        self.journal.record("resource", arn=group.arn, state="deleted", type="log-group", name=group.name)

    def put_retention_policy(self, logGroupName: str, retentionInDays: int) -> None:
        """Let events expire after a number of days, one of RETENTION_DAYS; those already older are gone at once.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
        """
        group = self._group(logGroupName)
        if retentionInDays not in RETENTION_DAYS:
            allowed = ", ".join(map(str, sorted(RETENTION_DAYS)))
            raise invalid(
                f"1 validation error detected: Value '{retentionInDays}' at 'retentionInDays' failed to satisfy "
                f"constraint: Member must satisfy enum value set: [{allowed}]"
            )
        group.retention_days = retentionInDays

    def delete_retention_policy(self, logGroupName: str) -> None:
        """Keep events for ever again.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html
        """
        self._group(logGroupName).retention_days = None

    # Streams

    def create_log_stream(self, logGroupName: str, logStreamName: str) -> None:
        """Create an empty log stream. Raises ResourceNotFoundException, ResourceAlreadyExistsException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html
        """
        group = self._group(logGroupName)
        if logStreamName in group.streams:
            raise ServiceError("ResourceAlreadyExistsException", "The specified log stream already exists")
        self._create_stream(group, logStreamName)

    def describe_log_streams(
        self,
        logGroupName: str | None = None,
        logGroupIdentifier: str | None = None,
        logStreamNamePrefix: str | None = None,
        orderBy: str = "LogStreamName",
        descending: bool = False,
        nextToken: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> dict[str, Any]:
        """List a group's streams by name or by the time of their last event.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
        """
        group = self._identified(logGroupName, logGroupIdentifier)
        if orderBy == "LastEventTime" and logStreamNamePrefix:
            raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = [stream for name, stream in group.streams.items() if name.startswith(logStreamNamePrefix or "")]
        streams.sort(key=lambda stream: stream.name, reverse=descending)
        if orderBy == "LastEventTime":
            streams.sort(key=lambda stream: last_event(self._events(group, stream)), reverse=descending)
        shown = [self._describe_stream(group, stream) for stream in streams]
        return listing(
            "logStreams", shown, limit, nextToken, f"{group.name}:{logStreamNamePrefix}:{orderBy}:{descending}"
        )

    def delete_log_stream(self, logGroupName: str, logStreamName: str) -> None:
        """Delete a log stream with its events. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html
        """
        group = self._group(logGroupName)
        del group.streams[self._stream(group, logStreamName).name]

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
        says which.

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
        stream = self._stream(group, logStreamName)
        times = [event["timestamp"] for event in logEvents]
        if times != sorted(times):
            raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
        size = sum(len(event["message"].encode()) + EVENT_OVERHEAD for event in logEvents)
        if size > BATCH_BYTES:
            raise invalid(f"Upload too large: {size} bytes exceeds limit of {BATCH_BYTES}")
        now = self.now
        expired = times_before(times, self._horizon(group, now))
        too_old = times_before(times, now - OLDEST)
        too_new = times_before(times, now + NEWEST + 1)
        first = max(expired, too_old)
        accepted = logEvents[first:too_new]
        if accepted and accepted[-1]["timestamp"] - accepted[0]["timestamp"] > DAY:
            raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        self._append(group, stream, ((event["timestamp"], event["message"]) for event in accepted))
        answer: dict[str, Any] = {"nextSequenceToken": stream.token}
        rejected = {
            "tooNewLogEventStartIndex": too_new if too_new < len(times) else None,
            "tooOldLogEventEndIndex": too_old or None,
            "expiredLogEventEndIndex": expired or None,
        }
        if any(index is not None for index in rejected.values()):
            answer["rejectedLogEventsInfo"] = {name: index for name, index in rejected.items() if index is not None}
        return answer

    def get_log_events(
        self,
        logStreamName: str,
        logGroupName: str | None = None,
        logGroupIdentifier: str | None = None,
        startTime: int | None = None,
        endTime: int | None = None,
        nextToken: str | None = None,
        limit: int = EVENTS_A_PAGE,
        startFromHead: bool = False,
    ) -> dict[str, Any]:
        """Read a stream from startTime up to, not including, endTime; the newest page first unless startFromHead.

        nextForwardToken and nextBackwardToken lead to the pages after and before; at either end the same token comes
        back.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
        """
        group = self._identified(logGroupName, logGroupIdentifier)
        stream = self._stream(group, logStreamName)
        events = [
            event
            for event in self._events(group, stream)
            if (startTime is None or event.timestamp >= startTime) and (endTime is None or event.timestamp < endTime)
        ]
        forward, position = read_token(nextToken, startFromHead)
        if position is not None:
            events = [event for event in events if (event.id > position if forward else event.id < position)]
        shown = one_page(events, limit, forward)
        edge = position or "0" * 56
        return {
            "events": [
                {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested}
                for event in shown
            ],
            "nextForwardToken": f"f/{shown[-1].id if shown else edge}/s",
            "nextBackwardToken": f"b/{shown[0].id if shown else edge}/s",
        }

    def filter_log_events(
        self,
        logGroupName: str | None = None,
        logGroupIdentifier: str | None = None,
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

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
        """
        group = self._identified(logGroupName, logGroupIdentifier)
        if logStreamNames and logStreamNamePrefix:
            raise invalid("You can specify either logStreamNames or logStreamNamePrefix, but not both.")
        try:
            matches = compile_pattern(filterPattern)
        except PatternError as error:
            raise invalid(str(error)) from error
        names = list(dict.fromkeys(logStreamNames or ())) or [
            name for name in group.streams if name.startswith(logStreamNamePrefix or "")
        ]
        found = [
            (event, stream.name)
            for stream in (self._stream(group, name) for name in names)
            for event in self._events(group, stream)
            if (startTime is None or event.timestamp >= startTime)
            and (endTime is None or event.timestamp <= endTime)
            and matches(event.message)
        ]
        found.sort()
        shown = [
            {
                "logStreamName": stream_name,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": event.id,
            }
            for event, stream_name in found
        ]
        key = f"{group.name}:{names}:{startTime}:{endTime}:{filterPattern}"
        return {**listing("events", shown, limit, nextToken, key), "searchedLogStreams": []}

    # Resource policies

    def put_resource_policy(self, policyName: str | None = None, policyDocument: str | None = None) -> dict[str, Any]:
        """Write or replace a policy that lets services write to log groups: at most 10 an account and Region.

        Raises InvalidParameterException (no policy), LimitExceededException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
        """
        if not policyName or not policyDocument:
            raise invalid("policyName and policyDocument are required.")
        try:
            policy = parse_policy(policyDocument)
        except PolicyError as error:
            raise invalid(f"Invalid policy document: {error}") from error
        if policyName not in self.policies and len(self.policies) == RESOURCE_POLICIES:
            raise ServiceError("LimitExceededException", "Resource limit exceeded.")
        self.policies[policyName] = ResourcePolicy(policyName, policyDocument, policy, self.now)
        return {"resourcePolicy": describe_policy(self.policies[policyName])}

    def describe_resource_policies(self, nextToken: str | None = None, limit: int = PAGE_SIZE) -> dict[str, Any]:
        """List the resource policies of this account and Region by name.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html
        """
        policies = [describe_policy(self.policies[name]) for name in sorted(self.policies)]
        return listing("resourcePolicies", policies, limit, nextToken, "")

    def delete_resource_policy(self, policyName: str | None = None) -> None:
        """Delete a resource policy. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteResourcePolicy.html
        """
        if policyName not in self.policies:
            raise not_found(f"Policy with name [{policyName}] does not exist")
        del self.policies[policyName]

    # Tags

    def tag_resource(self, resourceArn: str, tags: dict[str, str]) -> None:
        """Add or overwrite a log group's tags; its ARN without the final ``:*``.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
        """
        self._put_tags(self._tagged(resourceArn), tags)

    def untag_resource(self, resourceArn: str, tagKeys: list[str]) -> None:
        """Remove tags from a log group.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html
        """
        self.tags.remove(self._tagged(resourceArn), tagKeys)

    def list_tags_for_resource(self, resourceArn: str) -> dict[str, Any]:
        """List a log group's tags.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html
        """
        return {"tags": self.tags.get(self._tagged(resourceArn))}

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
            asked = {"principal": principal, "action": action, "source_arn": source_arn}
            resource = f"{group.arn}:log-stream:{stream_name}"
            if not self._allows(resource=resource, source_account=source_account, **asked):
                self.refuse(arn, resource=f"{group.arn}:*", reply=reply, **asked)
                return
        timestamp, message = as_log_event(payload, self.now)
        self.append(group_name, stream_name, [(timestamp, message)])
        reply(None, None)

    def append(self, group_name: str, stream_name: str, events: Iterable[tuple[int, str]]) -> None:
        """Write (milliseconds since 1970, message) pairs for a service, making group and stream when they are missing.

        This is no modelled operation: Lambda writes what functions print this way.
        """
        if group_name not in self.groups:
            self.create_log_group(group_name)
        group = self.groups[group_name]
        if stream_name not in group.streams:
            self._create_stream(group, stream_name)
        self._append(group, group.streams[stream_name], events)

    def _allows(self, **asked: str) -> bool:
        """Ask all policies together: one that denies outweighs any that allows."""
        statements = tuple(statement for entry in self.policies.values() for statement in entry.policy.statements)
        return allows(Policy(statements), **asked)

    def _append(self, group: Group, stream: Stream, events: Iterable[tuple[int, str]]) -> None:
        for timestamp, message in events:
            self._sequence += 1
            text = message.encode(errors="replace").decode()  # a lone surrogate has no bytes in UTF-8
            insort(stream.events, Event(timestamp, self._sequence, text, self.now))
            self.journal.record("log", group=group.name, stream=stream.name, message=text)

    def _create_stream(self, group: Group, name: str) -> None:
        token = f"{self.ids.random.randrange(10**55, 10**56)}"
        group.streams[name] = Stream(name, f"{group.arn}:log-stream:{name}", self.now, token)

    def _horizon(self, group: Group, now: int) -> int:
        """The time before which the group's events have expired."""
        return 0 if group.retention_days is None else now - group.retention_days * DAY

    def _events(self, group: Group, stream: Stream) -> list[Event]:
        """The events that have not expired; expired ones are dropped here, when somebody looks."""
        horizon = self._horizon(group, self.now)
        if stream.events and stream.events[0].timestamp < horizon:
            stream.events = [event for event in stream.events if event.timestamp >= horizon]
        return stream.events

    def _describe(self, group: Group) -> dict[str, Any]:
        streams = group.streams.values()
        description = {
            "logGroupName": group.name,
            "creationTime": group.created,
            "metricFilterCount": 0,
            "arn": f"{group.arn}:*",
            "storedBytes": sum(event.size for stream in streams for event in self._events(group, stream)),
            "logGroupClass": "STANDARD",
            "logGroupArn": group.arn,
        }
        if group.retention_days is not None:
            description["retentionInDays"] = group.retention_days
        return description

    def _describe_stream(self, group: Group, stream: Stream) -> dict[str, Any]:
        description: dict[str, Any] = {
            "logStreamName": stream.name,
            "creationTime": stream.created,
            "uploadSequenceToken": stream.token,
            "arn": stream.arn,
            # CloudWatch Logs has said 0 here, whatever the stream holds, since June 2019.
            "storedBytes": 0,
        }
        events = self._events(group, stream)
        if events:
            description["firstEventTimestamp"] = events[0].timestamp
            description["lastEventTimestamp"] = events[-1].timestamp
            description["lastIngestionTime"] = max(event.ingested for event in events)
        return description

    def _group(self, name: str) -> Group:
        if name not in self.groups:
            raise not_found("The specified log group does not exist.")
        return self.groups[name]

    def _identified(self, name: str | None, identifier: str | None) -> Group:
        """Find the group by its name or by its identifier, a name or an ARN."""
        if (name is None) == (identifier is None):
            raise invalid("Exactly one of logGroupName and logGroupIdentifier is required.")
        if identifier is not None and identifier.startswith("arn:"):
            found = next((group for group in self.groups.values() if group.arn == identifier), None)
            if found is None:
                raise not_found("The specified log group does not exist.")
            return found
        return self._group(name or identifier or "")

    def _stream(self, group: Group, name: str) -> Stream:
        if name not in group.streams:
            raise not_found("The specified log stream does not exist.")
        return group.streams[name]

    def _put_tags(self, arn: str, tags: dict[str, str]) -> None:
        try:
            self.tags.put(arn, tags)
        except ReservedTag as error:
            raise invalid("Tag keys starting with aws: are reserved for AWS.") from error
        except TooManyTags as error:
            raise ServiceError(
                "TooManyTagsException", "A resource can have at most 50 tags.", resourceName=arn
            ) from error

    def _tagged(self, arn: str) -> str:
        if all(group.arn != arn for group in self.groups.values()):
            raise not_found("The specified log group does not exist.")
        return arn


def invalid(message: str) -> ServiceError:
    """The error of a parameter that CloudWatch Logs does not take."""
    return ServiceError("InvalidParameterException", message)


def not_found(message: str) -> ServiceError:
    """The error of a group, stream or policy that does not exist."""
    return ServiceError("ResourceNotFoundException", message)


def listing(member: str, items: list[Any], limit: int, token: str | None, key: str) -> dict[str, Any]:
    """Answer one page of items, with nextToken when there is more."""
    try:
        shown, following = page(items, limit, token, f"{member}:{key}")
    except InvalidToken as error:
        raise invalid("The specified nextToken is invalid.") from error
    return {member: shown} if following is None else {member: shown, "nextToken": following}


def describe_policy(entry: ResourcePolicy) -> dict[str, Any]:
    """Show a resource policy as the API does."""
    return {"policyName": entry.name, "policyDocument": entry.document, "lastUpdatedTime": entry.updated}


def last_event(events: list[Event]) -> int:
    """The time of a stream's last event; a stream without any comes first."""
    return events[-1].timestamp if events else 0


def times_before(times: list[int], moment: int) -> int:
    """Count the times before a moment.

    >>> times_before([1, 2, 3], 3)
    2
    """
    return sum(time < moment for time in times)


def read_token(token: str | None, start_from_head: bool) -> tuple[bool, str | None]:
    """Read which way a page token leads, and from which event; without a token the caller says.

    >>> read_token("f/" + "7" * 56 + "/s", False) == (True, "7" * 56)
    True
    >>> read_token(None, False)
    (False, None)
    >>> read_token("nonsense", False)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterException: The specified nextToken is invalid.
    """
    if token is None:
        return start_from_head, None
    direction, _, rest = token.partition("/")
    position, _, end = rest.partition("/")
    if direction not in ("f", "b") or len(position) != 56 or not position.isdigit() or end != "s":
        raise invalid("The specified nextToken is invalid.")
    return direction == "f", position


def one_page(events: list[Event], limit: int, forward: bool) -> list[Event]:
    """Take the events of one page, in the order of time, from one end or the other: 1 MiB or `limit` of them."""
    shown: list[Event] = []
    size = 0
    for event in events if forward else reversed(events):
        size += event.size
        if len(shown) == limit or (shown and size > BYTES_A_PAGE):
            break
        shown.append(event)
    return shown if forward else shown[::-1]


def as_log_event(payload: str, now: int) -> tuple[int, str]:
    """Read a delivered payload: a whole event, or {"timestamp": …, "message": …} as an input transformer writes it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html

    >>> as_log_event('{"source": "shop"}', 1767225600000)
    (1767225600000, '{"source": "shop"}')
    >>> as_log_event('{"timestamp": 1767225601000, "message": "sold"}', 1767225600000)
    (1767225601000, 'sold')
    """
    try:
        written = json.loads(payload)
    except ValueError:
        return now, payload
    if not isinstance(written, dict) or set(written) != {"timestamp", "message"}:
        return now, payload
    message = written["message"] if isinstance(written["message"], str) else json.dumps(written["message"])
    return (written["timestamp"] if isinstance(written["timestamp"], int) else now), message
