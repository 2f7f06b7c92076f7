"""Which messages may be handed out, and in which order: as sent, or by message group. Fair queues are left out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from eslabon.support.sqs.message import Message


def available(messages: Mapping[str, Message], now: float, *, fifo: bool) -> Iterator[Message]:
    """What may be handed out, in order; in a FIFO queue, a hidden message holds back the rest of its group.

    messages: by id, in order of arrival.

    >>> from dataclasses import replace
    >>> first = Message("m1", "hello", "123456789012", sent=0, group="a", visible_at=30, received_here=1)
    >>> second = replace(first, message_id="m2", visible_at=0, received_here=0)
    >>> sent = {"m1": first, "m2": second, "m3": replace(second, message_id="m3", group="b")}
    >>> [one.message_id for one in available(sent, 0, fifo=True)]
    ['m3']
    >>> [one.message_id for one in available(sent, 0, fifo=False)]
    ['m2', 'm3']
    >>> [one.message_id for one in available(sent, 30, fifo=True)]
    ['m1', 'm2', 'm3']
    """
    blocked = _groups_in_flight(messages, now) if fifo else set()
    for message in _by_group(messages) if fifo else messages.values():
        if fifo and message.group in blocked:
            continue
        if message.visible_at > now:
            blocked.add(message.group)
        else:
            yield message


def _by_group(messages: Mapping[str, Message]) -> Iterable[Message]:
    """As many of one message group as there are, then of the next.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
    """
    groups: dict[str | None, list[Message]] = {}
    for message in messages.values():
        groups.setdefault(message.group, []).append(message)
    return itertools.chain.from_iterable(groups.values())


def _groups_in_flight(messages: Mapping[str, Message], now: float) -> set[str | None]:
    return {one.group for one in messages.values() if one.visible_at > now and one.received_here}
