"""What the operations share: where queues are kept and found, who may ask, what the journal is told. No operation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from eslabon.clock import Handle
from eslabon.permissions import allows
from eslabon.service import Service
from eslabon.support.sqs import requests
from eslabon.support.sqs.errors import no_such_queue, sqs_error
from eslabon.support.sqs.queue import Queue

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]


# The queue's policy may give these to other accounts; the other operations are the owner's alone.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
_SHARED = frozenset(
    {
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)


class Registry(Service):
    """The queues of one account and Region."""

    name = "sqs"
    principal = "sqs.amazonaws.com"
    validation_code = "InvalidParameterValue"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._queues: dict[str, Queue] = {}
        self._watches: dict[str, Handle] = {}  # by queue ARN: the next change that time alone makes
        self._deleted: dict[str, float] = {}  # name -> when

    # -- finding queues

    @cached_property
    def _caller(self) -> Answer:
        """Who calls: the answer of sts GetCallerIdentity."""
        return self.cloud.call("sts", "get_caller_identity", {}, region=self.region, account=self.account)

    def _queue(self, url: str, action: str) -> Queue:
        """The queue of a URL, for a caller of this account who wants to do `action`."""
        account, name = requests.account_and_name(url, self.region)
        return self._named(account, name, action)

    def _named(self, account: str, name: str, action: str) -> Queue:
        owner = self._owner(account)
        queue = owner._queues.get(name)
        if queue is None:
            raise no_such_queue()
        if owner is not self:
            self._check_shared(queue, action)
        return queue

    def _check_shared(self, queue: Queue, action: str) -> None:
        me = self._caller["Arn"]
        if action in _SHARED and allows(queue.policy, principal=me, action=f"sqs:{action}", resource=queue.arn):
            return
        raise sqs_error(
            "AccessDenied",
            f"User: {me} is not authorized to perform: sqs:{action.lower()} on resource: {queue.arn} "
            f"because no resource-based policy allows the sqs:{action.lower()} action",
        )

    def _owner(self, account: str) -> Registry:
        """The service that has an account's queues; a URL leads to queues of this Region alone."""
        owner = self.cloud.service("sqs", region=self.region, account=account)
        assert isinstance(owner, Registry)
        return owner

    # -- the journal

    def _record_queue(self, queue: Queue, state: str) -> None:
        self.journal.record("resource", arn=queue.arn, state=state, type="queue", name=queue.name)

    def _record_depth(self, queue: Queue) -> None:
        depth = queue.depth(self.clock.now)
        if queue.last_told != depth:
            queue.last_told = depth
            self.journal.record("depth", arn=queue.arn, **depth._asdict())
        self._watch(queue)

    def _watch(self, queue: Queue) -> None:
        """A message also becomes visible by itself: the journal is told when that happens, though nobody looks then."""
        watches = self._owner(queue.account)._watches
        if earlier := watches.pop(queue.arn, None):
            earlier.cancel()
        change = queue.next_change(self.clock.now)
        if change < float("inf"):
            watches[queue.arn] = self.clock.call_at(change, lambda: self._look(queue), background=True)

    def _look(self, queue: Queue) -> None:
        if self._owner(queue.account)._queues.get(queue.name) is queue:
            self._record_depth(queue)
