"""What happened in a cloud, in order, over virtual time: what pages and labs draw after a run. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eslabon.clock import Clock

# Each kind of entry and the facts that it always carries.
KINDS: dict[str, tuple[str, ...]] = {
    "call": ("service", "operation", "error"),
    "resource": ("arn", "state", "type", "name"),
    "link": ("source", "target", "state"),
    "match": ("bus", "rule", "event_id"),
    "delivery": ("source", "target", "payload", "attempt", "error", "message"),
    "dropped": ("source", "target", "event_id"),
    "refusal": ("source", "target", "principal", "action", "missing"),
    "depth": ("arn", "visible", "in_flight", "delayed"),
    "flow": ("balancer", "zone", "port", "group", "target", "protocol", "cause"),  # port: listener
    "listening": ("arn", "address", "ports", "why"),
    "request": ("balancer", "zone", "port", "rule", "group", "target", "status", "cause", "began"),
    "health": ("group", "target", "state", "reason"),
    "log": ("group", "stream", "message"),
    "execution": ("arn", "machine", "status", "execution"),  # the Execution itself, so that it can still be drawn
}


@dataclass(slots=True)
class Entry:
    """One thing that happened: `time` in seconds since 1970, `kind` one of KINDS, `facts` by name."""

    time: float
    kind: str
    facts: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]


class Journal:
    """The entries of one cloud.

    >>> journal = Journal(Clock())
    >>> _ = journal.record("depth", arn="arn:aws:sqs:us-east-1:123456789012:orders", visible=1, in_flight=0, delayed=0)
    >>> [entry["visible"] for entry in journal.of("depth")]
    [1]
    >>> list(journal.of("delivery"))
    []
    >>> journal.record("depth", arn="orders")
    Traceback (most recent call last):
    TypeError: a journal entry of kind depth has the facts arn, visible, in_flight, delayed
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: list[Entry] = []

    def record(self, kind: str, **facts: Any) -> Entry:
        """Write down that something happened now; TypeError unless it has the facts that its kind always has.

        >>> journal = Journal(Clock())
        >>> entry = journal.record("call", service="sqs", operation="list_queues", error=None)
        >>> entry.time, entry["operation"]
        (1767225600.0, 'list_queues')
        >>> journal.record("call", service="sqs")
        Traceback (most recent call last):
        TypeError: a journal entry of kind call has the facts service, operation, error
        """
        if tuple(facts) != KINDS[kind]:
            if set(facts) != set(KINDS[kind]):
                raise TypeError(f"a journal entry of kind {kind} has the facts {', '.join(KINDS[kind])}")
            facts = {name: facts[name] for name in KINDS[kind]}
        entry = Entry(self._clock.now, kind, facts)
        self.entries.append(entry)
        return entry

    def again(self, entry: Entry, **changed: Any) -> None:
        """Write down that what an entry tells has happened again now, but for these facts.

        >>> journal = Journal(Clock())
        >>> journal.again(journal.record("log", group="/aws/lambda/echo", stream="one", message="START"), message="END")
        >>> [entry["message"] for entry in journal.entries]
        ['START', 'END']
        """
        facts = entry.facts.copy()
        facts.update(changed)
        self.entries.append(Entry(self._clock.now, entry.kind, facts))

    def of(self, *kinds: str) -> Iterator[Entry]:
        """The entries of these kinds, oldest first.

        >>> journal = Journal(Clock())
        >>> _ = journal.record("log", group="/aws/lambda/echo", stream="one", message="START")
        >>> [entry["message"] for entry in journal.of("log", "call")], list(journal.of("call"))
        (['START'], [])
        """
        return (entry for entry in self.entries if entry.kind in kinds)
