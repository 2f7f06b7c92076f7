"""Log groups, their streams and the events in them, as they are kept and shown.

Who may write, and what may be written, is decided elsewhere. All times are milliseconds since 1970.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import Any

from eslabon.support.logs.errors import already_exists, not_found

DAY = 24 * 3_600_000

EVENT_OVERHEAD = 26  # bytes that CloudWatch Logs counts for an event beside its message


@dataclass(frozen=True, order=True, slots=True)
class Event:
    """One line of a log. Events sort by time, then in the order of arrival."""

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

    @property
    def last_event(self) -> int:
        """The time of the last event; a stream without any comes before all others."""
        return self.events[-1].timestamp if self.events else 0

    def add(self, event: Event) -> None:
        """Put an event in its place in time.

        >>> till = Stream("till", "arn:aws:logs:us-east-1:123456789012:log-group:shop:log-stream:till", 0, "1")
        >>> till.add(Event(2000, 1, "sold", 2000))
        >>> till.add(Event(1000, 2, "open", 2000))
        >>> [event.message for event in till.events], till.last_event
        (['open', 'sold'], 2000)
        """
        insort(self.events, event)

    def described(self) -> dict[str, Any]:
        """Show the stream as the API does.

        >>> till = Stream("till", "arn:aws:logs:us-east-1:123456789012:log-group:shop:log-stream:till", 0, "1")
        >>> till.described()["storedBytes"], "lastEventTimestamp" in till.described()
        (0, False)
        >>> till.add(Event(1000, 1, "open", 1500))
        >>> till.described()["lastEventTimestamp"], till.described()["lastIngestionTime"]
        (1000, 1500)
        """
        description: dict[str, Any] = {
            "logStreamName": self.name,
            "creationTime": self.created,
            "uploadSequenceToken": self.token,
            "arn": self.arn,
            # CloudWatch Logs has said 0 here, whatever the stream holds, since June 2019.
            "storedBytes": 0,
        }
        if self.events:
            description["firstEventTimestamp"] = self.events[0].timestamp
            description["lastEventTimestamp"] = self.last_event
            description["lastIngestionTime"] = max(event.ingested for event in self.events)
        return description


@dataclass
class Group:
    """Streams that share a retention.

    >>> shop = Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0)
    >>> shop.create_stream("till", 0, "1").add(Event(1000, 1, "open", 1000))
    >>> shop.retention_days = 1
    >>> len(shop.stream("till", now=1000 + DAY).events), len(shop.stream("till", now=1001 + DAY).events)
    (1, 0)
    """

    name: str
    arn: str
    created: int
    retention_days: int | None = None
    streams: dict[str, Stream] = field(default_factory=dict)

    def horizon(self, now: int) -> int:
        """Say before which time the group's events have expired.

        >>> Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0).horizon(5 * DAY)
        0
        >>> Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0, 3).horizon(5 * DAY) == 2 * DAY
        True
        """
        return 0 if self.retention_days is None else now - self.retention_days * DAY

    def create_stream(self, name: str, now: int, token: str) -> Stream:
        """Add an empty stream. Raises ResourceAlreadyExistsException.

        >>> shop = Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0)
        >>> shop.create_stream("till", 0, "1").arn
        'arn:aws:logs:us-east-1:123456789012:log-group:shop:log-stream:till'
        >>> shop.create_stream("till", 0, "2")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: ResourceAlreadyExistsException: The specified log stream already exists
        """
        if name in self.streams:
            raise already_exists("log stream")
        self.streams[name] = Stream(name, f"{self.arn}:log-stream:{name}", now, token)
        return self.streams[name]

    def delete_stream(self, name: str) -> None:
        """Remove a stream with its events. Raises ResourceNotFoundException.

        >>> Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0).delete_stream("till")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: ResourceNotFoundException: The specified log stream does not exist.
        """
        if self.streams.pop(name, None) is None:
            raise not_found("The specified log stream does not exist.")

    def stream(self, name: str, now: int) -> Stream:
        """Find a stream by its name; what has expired is dropped here, when somebody looks.

        >>> Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0).stream("till", now=0)
        Traceback (most recent call last):
        eslabon.errors.ServiceError: ResourceNotFoundException: The specified log stream does not exist.
        """
        if name not in self.streams:
            raise not_found("The specified log stream does not exist.")
        stream = self.streams[name]
        horizon = self.horizon(now)
        if stream.events and stream.events[0].timestamp < horizon:
            stream.events = [event for event in stream.events if event.timestamp >= horizon]
        return stream

    def streams_named(self, prefix: str, now: int) -> list[Stream]:
        """Find the streams whose names begin with a prefix, by name.

        >>> shop = Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0)
        >>> for name in ("till", "door"):
        ...     _ = shop.create_stream(name, 0, "1")
        >>> [stream.name for stream in shop.streams_named("", now=0)], shop.streams_named("window", now=0)
        (['door', 'till'], [])
        """
        return [self.stream(name, now) for name in sorted(self.streams) if name.startswith(prefix)]

    def described(self, now: int) -> dict[str, Any]:
        """Show the group as the API does.

        >>> shop = Group("shop", "arn:aws:logs:us-east-1:123456789012:log-group:shop", 0)
        >>> shop.described(now=0)["arn"], "retentionInDays" in shop.described(now=0)
        ('arn:aws:logs:us-east-1:123456789012:log-group:shop:*', False)
        """
        description = {
            "logGroupName": self.name,
            "creationTime": self.created,
            "metricFilterCount": 0,
            "arn": f"{self.arn}:*",
            "storedBytes": sum(event.size for stream in self.streams_named("", now) for event in stream.events),
            "logGroupClass": "STANDARD",
            "logGroupArn": self.arn,
        }
        if self.retention_days is not None:
            description["retentionInDays"] = self.retention_days
        return description
