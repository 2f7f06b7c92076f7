"""Log events: written, read from a stream, searched for in a group. Live tails and Logs Insights are left out."""

from __future__ import annotations

from typing import Any

from eslabon.support.logs.errors import invalid
from eslabon.support.logs.groups import DAY, Event
from eslabon.support.logs.operations.registry import Answer, Registry
from eslabon.support.logs.patterns import PatternError, compile_pattern
from eslabon.support.logs.reading import listing, stream_page
from eslabon.support.logs.writing import check_batch, sift

EVENTS_A_PAGE = 10_000


class LogEvents(Registry):
    """Operations on log events."""

    def put_log_events(
        self,
        logGroupName: str,
        logStreamName: str,
        logEvents: list[dict[str, Any]],
        sequenceToken: str | None = None,  # inert
    ) -> Answer:
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
    ) -> Answer:
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
        interleaved: bool | None = None,  # inert
    ) -> Answer:
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


def _describe(event: Event) -> Answer:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested}
