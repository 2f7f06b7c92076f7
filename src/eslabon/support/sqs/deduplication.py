"""Duplicates that a FIFO queue takes for one message. Which ids a queue asks for is decided in queue.py.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
"""

from __future__ import annotations

import hashlib

from eslabon.support.sqs.message import Message, later

DEDUPLICATION_INTERVAL = 300  # seconds


class Deduplication:
    """The messages of one queue that may still have duplicates.

    >>> sent = Deduplication()
    >>> first, second = (Message(id, "hello", "123456789012", sent=0) for id in ("m1", "m2"))
    >>> sent.original(first, 0, per_group=False) is first, sent.original(second, 299, per_group=False) is first
    (True, True)
    >>> sent.original(second, 300, per_group=False) is second
    True
    """

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, str], tuple[float, Message]] = {}  # (group, id) -> until when, message

    def original(self, message: Message, now: float, *, per_group: bool) -> Message:
        """The first message with this deduplication id in the last five minutes, even when it is long deleted.

        A message without an id gets one, from its body. per_group: ids of different message groups are different.

        >>> sent = Deduplication()
        >>> first, second = (Message(id, "hello", "123456789012", sent=0, group=id) for id in ("m1", "m2"))
        >>> sent.original(first, 0, per_group=True) is first, sent.original(second, 0, per_group=True) is first
        (True, False)
        >>> first.deduplication_id == second.deduplication_id
        True
        """
        if message.deduplication_id is None:
            message.deduplication_id = hashlib.sha256(message.body.encode()).hexdigest()
        self._first = {key: one for key, one in self._first.items() if one[0] > now}
        key = (message.group if per_group else None, message.deduplication_id)
        return self._first.setdefault(key, (later(now, DEDUPLICATION_INTERVAL), message))[1]
