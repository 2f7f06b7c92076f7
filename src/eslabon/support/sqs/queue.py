"""One queue: its messages, how many are in which state, who has which. It reads no clock: it is told the time.

The order in which it hands messages out, and what it takes for a duplicate, have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from eslabon.ids import Arn
from eslabon.permissions import Policy, parse_policy
from eslabon.support.sqs import order
from eslabon.support.sqs.attributes import defaults
from eslabon.support.sqs.deduplication import Deduplication
from eslabon.support.sqs.errors import NOT_FOR_THIS_TYPE, invalid_value, missing_parameter, sqs_error
from eslabon.support.sqs.message import Message, later
from eslabon.support.sqs.redrive import RedrivePolicy, read_policy

LONGEST_VISIBILITY = 43_200  # seconds from the receive on, however often it is extended
MAXIMUM_IN_FLIGHT = 120_000
PURGE_INTERVAL = 60  # seconds

HANDLE_START = "AQEB"  # of every receipt handle

# Sequence numbers have 20 digits and grow in steps; where they start means nothing.
_FIRST_SEQUENCE_NUMBER = 18_850_000_000_000_000_000
_SEQUENCE_STEP = 256


class Depth(NamedTuple):
    """How many messages are in each state."""

    visible: int
    in_flight: int
    delayed: int


class Received(NamedTuple):
    """What a receive found: messages for the caller, and those received too often, for the dead-letter queue."""

    messages: list[Message]
    dead: list[Message]


class Queue:
    """A queue's state and rules; attributes that it is not given have their defaults.

    >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
    >>> message = queue.send(Message("m1", "hello", "123456789012", sent=0), now=0)
    >>> queue.receive(0, 10, 30, lambda: "handle").messages == [message]
    True
    >>> queue.depth(0), queue.depth(30)
    (Depth(visible=0, in_flight=1, delayed=0), Depth(visible=1, in_flight=0, delayed=0))
    >>> queue.delete("handle", 30); queue.depth(30)
    Depth(visible=0, in_flight=0, delayed=0)
    >>> queue.delete("another", 30)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ReceiptHandleIsInvalid: The input receipt handle "another" is not a valid \
receipt handle.
    """

    def __init__(self, name: str, arn: str, attributes: Mapping[str, str], now: float) -> None:
        self.name = name
        self.arn = arn
        self.account = Arn.parse(arn).account
        self.fifo = name.endswith(".fifo")
        self.created = now
        self.messages: dict[str, Message] = {}  # by id, in order of arrival
        self.tags: dict[str, str] = {}
        self.last_told = Depth(0, 0, 0)  # what the journal heard last
        self._purged: float | None = None
        self._receipts: dict[str, str] = {}  # receipt handle -> message id, of all times
        self._deduplication = Deduplication()
        self._sequence = _FIRST_SEQUENCE_NUMBER
        self._oldest = float("inf")  # no message is older: spares looking at each
        self.change({**defaults(self.fifo), **attributes}, now)

    def change(self, attributes: Mapping[str, str], now: float) -> None:
        """Take on attributes, which have been checked; an empty document removes the old one.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> queue.change({**queue.attributes, "Policy": ""}, now=60)
        >>> queue.modified, "Policy" in queue.attributes
        (60, False)
        """
        self.attributes = {name: value for name, value in attributes.items() if value}
        self.modified = now
        policy = self.attributes.get("Policy")
        self.policy: Policy | None = parse_policy(policy) if policy else None
        self.redrive: RedrivePolicy | None = read_policy(self.attributes.get("RedrivePolicy", ""))

    def seconds(self, attribute: str) -> int:
        """The value of an attribute that is a number.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> queue.seconds("VisibilityTimeout")
        30
        """
        return int(self.attributes[attribute])

    # -- sending

    def check_send(self, group: str | None, deduplication_id: str | None, delay: int | None) -> None:
        """Refuse what this type of queue does not take, or lacks.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> queue.check_send(group=None, deduplication_id=None, delay=5)
        >>> queue.check_send(group=None, deduplication_id="d1", delay=None)
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidParameterValue: Value d1 for parameter MessageDeduplicationId is invalid. \
Reason: The request include parameter that is not valid for this queue type.
        """
        if not self.fifo:
            if deduplication_id is not None:
                raise invalid_value("MessageDeduplicationId", deduplication_id, NOT_FOR_THIS_TYPE)
            return
        if group is None:
            raise missing_parameter("MessageGroupId")
        if deduplication_id is None and self.attributes["ContentBasedDeduplication"] != "true":
            raise sqs_error(
                "InvalidParameterValue",
                "The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly",
            )
        if delay:
            raise invalid_value("DelaySeconds", delay, NOT_FOR_THIS_TYPE)

    def send(self, message: Message, now: float, delay: int | None = None) -> Message:
        """Put a message in, after `delay` seconds (None: the queue's); returns it, or the earlier one it duplicates.

        >>> queue = Queue("orders.fifo", "arn:aws:sqs:us-east-1:123456789012:orders.fifo", {}, now=0)
        >>> first = queue.send(Message("m1", "hello", "123456789012", sent=0, group="g"), now=0)
        >>> queue.send(Message("m2", "hello", "123456789012", sent=0, group="g"), now=299).message_id
        'm1'
        >>> queue.send(Message("m3", "hello", "123456789012", sent=0, group="g"), now=300).message_id
        'm3'
        """
        if self.fifo:
            per_group = self.attributes["DeduplicationScope"] == "messageGroup"
            original = self._deduplication.original(message, now, per_group=per_group)
            if original is not message:
                return original
        self._put(message, now, self.seconds("DelaySeconds") if delay is None else delay)
        return message

    def bury(self, message: Message, source_arn: str, now: float) -> None:
        """Take in a dead letter of another queue: it keeps its id and its count of receives.

        In a standard queue it keeps its age too, and so may expire soon.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> message = Message("m1", "hello", "123456789012", sent=0)
        >>> queue.bury(message, "arn:aws:sqs:us-east-1:123456789012:bills", now=9)
        >>> queue.messages["m1"].source_arn
        'arn:aws:sqs:us-east-1:123456789012:bills'
        """
        age_from = now if self.fifo else message.enqueued
        message.source_arn = source_arn
        message.received_here = 0
        message.receipt_handle = None
        self._put(message, now, 0)
        message.enqueued = age_from
        self._oldest = min(self._oldest, age_from)

    def _put(self, message: Message, now: float, delay: int) -> None:
        if self.fifo:
            self._sequence += _SEQUENCE_STEP
            message.sequence_number = str(self._sequence)
        message.enqueued = now
        message.visible_at = later(now, delay)
        self._oldest = min(self._oldest, now)
        self.messages[message.message_id] = message

    # -- receiving

    def receive(
        self,
        now: float,
        limit: int,
        visibility_timeout: int,
        new_handle: Callable[[], str],
        max_receive_count: int | None = None,
    ) -> Received:
        """Take up to `limit` available messages in order, and hide them for `visibility_timeout` seconds.

        new_handle: makes a receipt handle. max_receive_count: a message received so often already is not handed out
        but taken from the queue as dead; None when there is no dead-letter queue.
        Raises OverLimit when a standard queue has 120,000 messages in flight; a FIFO queue then gives none.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> message = queue.send(Message("m1", "hello", "123456789012", sent=0), now=0)
        >>> [queue.receive(now, 10, 30, lambda: "handle").messages == [message] for now in (0, 29, 30)]
        [True, False, True]
        >>> queue.receive(60, 10, 30, lambda: "handle", max_receive_count=2).dead == [message]
        True
        """
        self._expire(now)
        limit = min(limit, self._room_in_flight(now))
        found = Received([], [])
        for message in order.available(self.messages, now, fifo=self.fifo):
            if len(found.messages) == limit:
                break
            if max_receive_count is not None and message.received_here >= max_receive_count:
                found.dead.append(message)
            else:
                found.messages.append(message)
        for message in found.dead:
            del self.messages[message.message_id]
        for message in found.messages:
            self._hand_out(message, now, visibility_timeout, new_handle())
        return found

    def available(self, now: float) -> bool:
        """Whether a receive would find something.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> queue.available(0), bool(queue.send(Message("m1", "hello", "123456789012", sent=0), 0)), queue.available(0)
        (False, True, True)
        """
        if not self._room_in_flight(now):
            return False
        return any(True for _ in order.available(self.messages, now, fifo=self.fifo))

    def next_change(self, now: float) -> float:
        """When the next hidden message becomes available by itself; infinity when none does.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> queue.next_change(0)
        inf
        >>> message = queue.send(Message("m1", "hello", "123456789012", sent=0), now=0, delay=5)
        >>> queue.next_change(0)
        5
        """
        return min((one.visible_at for one in self.messages.values() if one.visible_at > now), default=float("inf"))

    def _hand_out(self, message: Message, now: float, visibility_timeout: int, handle: str) -> None:
        message.receive_count += 1
        message.received_here += 1
        message.received = now
        message.first_received = now if message.first_received is None else message.first_received
        message.visible_at = later(now, visibility_timeout)
        message.receipt_handle = handle
        self._receipts[handle] = message.message_id

    def _room_in_flight(self, now: float) -> int:
        if len(self.messages) < MAXIMUM_IN_FLIGHT:
            return MAXIMUM_IN_FLIGHT
        room = max(0, MAXIMUM_IN_FLIGHT - self.depth(now).in_flight)
        if not room and not self.fifo:
            raise sqs_error("OverLimit", f"The queue has {MAXIMUM_IN_FLIGHT} messages in flight: delete some first.")
        return room

    # -- after a receive

    def delete(self, handle: str, now: float) -> None:
        """Delete the message of a receipt handle; an old handle of a standard queue has no effect.

        Raises ReceiptHandleIsInvalid, and InvalidParameterValue when a FIFO queue's handle has expired.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> message = queue.send(Message("m1", "hello", "123456789012", sent=0), now=0)
        >>> _ = queue.receive(0, 1, 30, lambda: "handle")
        >>> queue.delete("handle", 30)
        >>> queue.messages
        {}
        """
        message = self._received(handle)
        if message is None:
            return
        current = message.receipt_handle == handle
        if self.fifo and (not current or message.visible_at <= now):
            raise invalid_value("ReceiptHandle", handle, "The receipt handle has expired.")
        if current:
            del self.messages[message.message_id]

    def change_visibility(self, handle: str, timeout: int, now: float) -> None:
        """Hide the message of a receipt handle for `timeout` seconds from now on; 0 makes it available.

        Raises ReceiptHandleIsInvalid, MessageNotInflight, and InvalidParameterValue for more than 12 hours in all.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> message = queue.send(Message("m1", "hello", "123456789012", sent=0), now=0)
        >>> _ = queue.receive(0, 1, 30, lambda: "handle")
        >>> queue.change_visibility("handle", 5, now=10)
        >>> queue.available(14), queue.available(15)
        (False, True)
        >>> queue.change_visibility("handle", 5, now=15)
        Traceback (most recent call last):
        eslabon.errors.ServiceError: MessageNotInflight: The specified message isn't in flight.
        """
        if not 0 <= timeout <= LONGEST_VISIBILITY:
            reason = f"VisibilityTimeout must be an integer between 0 and {LONGEST_VISIBILITY}"
            raise invalid_value("VisibilityTimeout", timeout, reason)
        self._expire(now)
        message = self._received(handle)
        if message is None or message.receipt_handle != handle:
            reason = "Message does not exist or is not available for visibility timeout change."
            raise invalid_value("ReceiptHandle", handle, reason)
        if message.visible_at <= now:
            raise sqs_error("MessageNotInflight", "The specified message isn't in flight.")
        if later(now, timeout) > later(message.received, LONGEST_VISIBILITY):
            reason = f"Total VisibilityTimeout for the message is beyond the limit [{LONGEST_VISIBILITY} seconds]"
            raise invalid_value("VisibilityTimeout", timeout, reason)
        message.visible_at = later(now, timeout)

    def purge(self, now: float) -> None:
        """Delete all messages, those in flight too; PurgeQueueInProgress within 60 seconds of the last time.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> queue.purge(0)
        >>> queue.purge(59)
        Traceback (most recent call last):
        eslabon.errors.ServiceError: PurgeQueueInProgress: Only one PurgeQueue operation on orders is allowed every \
60 seconds.
        """
        if self._purged is not None and now < later(self._purged, PURGE_INTERVAL):
            raise sqs_error(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {self.name} is allowed every {PURGE_INTERVAL} seconds.",
            )
        self._purged = now
        self.messages.clear()

    def _expire(self, now: float) -> None:
        """Forget messages that are older than the retention period."""
        eldest = later(now, -self.seconds("MessageRetentionPeriod"))
        if self._oldest > eldest:
            return
        self.messages = {key: one for key, one in self.messages.items() if one.enqueued > eldest}
        self._oldest = min((one.enqueued for one in self.messages.values()), default=float("inf"))

    def depth(self, now: float) -> Depth:
        """How many messages are available, in flight and delayed.

        >>> queue = Queue("orders", "arn:aws:sqs:us-east-1:123456789012:orders", {}, now=0)
        >>> message = queue.send(Message("m1", "hello", "123456789012", sent=0), now=0, delay=5)
        >>> queue.depth(0), queue.depth(5)
        (Depth(visible=0, in_flight=0, delayed=1), Depth(visible=1, in_flight=0, delayed=0))
        """
        self._expire(now)
        hidden = [one for one in self.messages.values() if one.visible_at > now]
        in_flight = sum(1 for one in hidden if one.received_here)
        return Depth(len(self.messages) - len(hidden), in_flight, len(hidden) - in_flight)

    def _received(self, handle: str) -> Message | None:
        """The message that a receipt handle was given for; None when it is gone."""
        if handle not in self._receipts:
            wrong = f'The receipt handle "{handle}" is not valid for this queue.'
            malformed = f'The input receipt handle "{handle}" is not a valid receipt handle.'
            raise sqs_error("ReceiptHandleIsInvalid", wrong if handle.startswith(HANDLE_START) else malformed)
        return self.messages.get(self._receipts[handle])
