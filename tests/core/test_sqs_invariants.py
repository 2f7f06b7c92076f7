"""What holds in every SQS queue, whatever is done to it, in any order: on the core, without a client."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.errors import ServiceError
from eslabon.support.sqs.attributes import defaults
from eslabon.support.sqs.message import Message
from eslabon.support.sqs.queue import Queue

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from("ab")),
        st.tuples(st.just("receive"), st.integers(1, 3)),
        st.tuples(st.just("delete"), st.integers(0, 2)),
        st.tuples(st.just("give back"), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    min_size=15,
    max_size=40,
)


class Run:
    """A queue, and what a careful observer would write down about it."""

    def __init__(self, name: str) -> None:
        settings_of_queue = {**defaults(fifo=name.endswith(".fifo")), "VisibilityTimeout": "30"}
        self.queue = Queue(name, f"arn:aws:sqs:us-east-1:123456789012:{name}", settings_of_queue, 0)
        self.now = 0
        self.numbers = count()
        self.sent: dict[str, list[int]] = defaultdict(list)
        self.held: list[Message] = []
        self.deleted: dict[str, list[int]] = defaultdict(list)

    def send(self, group: str) -> None:
        number = next(self.numbers)
        message = Message(f"m{number}", str(number), "s", self.now, group=group, deduplication_id=str(number))
        self.queue.send(message, self.now)
        self.sent[group].append(number)

    def receive(self, limit: int) -> list[Message]:
        found = self.queue.receive(self.now, limit, 30, lambda: f"h{next(self.numbers)}").messages
        self.held += found
        return found

    def delete(self, at: int) -> None:
        if at < len(self.held):
            message = self.held.pop(at)
            if message.visible_at > self.now and message.message_id in self.queue.messages:
                self.queue.delete(message.receipt_handle or "", self.now)
                self.deleted[message.group or ""].append(int(message.body))

    def give_back(self, at: int) -> None:
        if at < len(self.held):
            try:
                self.queue.change_visibility(self.held[at].receipt_handle or "", 0, self.now)
            except ServiceError:
                assert self.held[at].visible_at <= self.now or self.held[at].message_id not in self.queue.messages


@settings(max_examples=100, deadline=None)
@given(STEPS, st.sampled_from(["orders", "orders.fifo"]))
def test_every_message_is_available_in_flight_or_deleted(steps: list[tuple[str, int | str]], name: str) -> None:
    run = Run(name)
    for what, argument in steps:
        _do(run, what, argument)
        there = sum(map(len, run.sent.values())) - sum(map(len, run.deleted.values()))
        depth = run.queue.depth(run.now)
        assert (sum(depth), depth.delayed) == (there, 0)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_fifo_queue_hands_out_the_oldest_messages_of_groups_that_nobody_holds(
    steps: list[tuple[str, int | str]],
) -> None:
    run = Run("orders.fifo")
    for what, argument in steps:
        in_flight = {one.group for one in run.queue.messages.values() if one.visible_at > run.now}
        waiting = {
            group: [number for number in numbers if number not in run.deleted[group]]
            for group, numbers in run.sent.items()
        }
        for group in {message.group or "" for message in _do(run, what, argument)}:
            members = [one for one in run.queue.messages.values() if one.group == group]
            got = [int(one.body) for one in members if one.visible_at > run.now]
            assert group not in in_flight
            assert got == waiting[group][: len(got)]


def _do(run: Run, what: str, argument: int | str) -> list[Message]:
    """Take a step; gives what it received."""
    if what == "send":
        run.send(str(argument))
    elif what == "delete":
        run.delete(int(argument))
    elif what == "give back":
        run.give_back(int(argument))
    elif what == "wait":
        run.now += int(argument)
    else:
        return run.receive(int(argument))
    return []
