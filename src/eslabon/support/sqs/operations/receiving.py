"""Receiving messages, and what follows: deleting them, changing how long they stay hidden.

Left out: attempt ids of a receive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.ids import Arn
from eslabon.support.sqs import batch, forms
from eslabon.support.sqs.errors import no_such_queue
from eslabon.support.sqs.message import Message, later
from eslabon.support.sqs.operations.registry import Answer, Registry
from eslabon.support.sqs.queue import HANDLE_START, Queue


class Receiving(Registry):
    """Operations that take messages from queues, and on messages taken."""

    def receive_message(
        self,
        QueueUrl: str,
        AttributeNames: list[str] | None = None,
        MessageSystemAttributeNames: list[str] | None = None,
        MessageAttributeNames: list[str] | None = None,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: int | None = None,
        WaitTimeSeconds: int | None = None,
    ) -> Answer:
        """Take up to ten messages, waiting up to 20 seconds for one to arrive.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> "Messages" in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        False
        >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1")
        >>> sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
        'order 1'
        >>> sqs.receive_message(QueueUrl=url, WaitTimeSeconds=21)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidParameterValue) when calling the ReceiveMessage \
operation: Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.
        """
        queue = self._queue(QueueUrl, "ReceiveMessage")
        wait = queue.seconds("ReceiveMessageWaitTimeSeconds") if WaitTimeSeconds is None else WaitTimeSeconds
        timeout = queue.seconds("VisibilityTimeout") if VisibilityTimeout is None else VisibilityTimeout
        names = [*(AttributeNames or ()), *(MessageSystemAttributeNames or ())]
        limit = MaxNumberOfMessages
        forms.check_receive(names, MaxNumberOfMessages=limit, WaitTimeSeconds=wait, VisibilityTimeout=timeout)
        messages = self._poll(queue, limit, timeout, wait)
        self._record_depth(queue)
        shown = [forms.received(message, names, MessageAttributeNames or ()) for message in messages]
        return {"Messages": shown or None}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        """Delete the message that a receive gave with this receipt handle.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1")
        >>> handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        >>> _ = sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        >>> _ = sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        >>> sqs.delete_message(QueueUrl=url, ReceiptHandle="another")
        Traceback (most recent call last):
        botocore.errorfactory.ReceiptHandleIsInvalid: An error occurred (ReceiptHandleIsInvalid) when calling the \
DeleteMessage operation: The input receipt handle "another" is not a valid receipt handle.
        """
        self._delete(self._queue(QueueUrl, "DeleteMessage"), {"ReceiptHandle": ReceiptHandle})

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> Answer:
        """Delete up to ten messages.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1")
        >>> handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        >>> entries = [{"Id": "1", "ReceiptHandle": handle}, {"Id": "2", "ReceiptHandle": "another"}]
        >>> answer = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        >>> answer["Successful"], [entry["Code"] for entry in answer["Failed"]]
        ([{'Id': '1'}], ['ReceiptHandleIsInvalid'])
        """
        queue = self._queue(QueueUrl, "DeleteMessage")
        batch.check(Entries, "DeleteMessageBatchRequestEntry")
        return batch.each(Entries, lambda entry: self._delete(queue, entry))

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        """Keep a received message hidden for so many seconds from now on.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1")
        >>> handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        >>> _ = sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        >>> sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
        'order 1'
        >>> sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43201)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidParameterValue) when calling the \
ChangeMessageVisibility operation: Value 43201 for parameter VisibilityTimeout is invalid. Reason: ...
        """
        entry = {"ReceiptHandle": ReceiptHandle, "VisibilityTimeout": VisibilityTimeout}
        self._change_visibility(self._queue(QueueUrl, "ChangeMessageVisibility"), entry)

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> Answer:
        """Change the visibility timeout of up to ten received messages.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1")
        >>> handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        >>> entries = [{"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 60}]
        >>> sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)["Successful"]
        [{'Id': '1'}]
        >>> sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries * 2)
        Traceback (most recent call last):
        botocore.errorfactory.BatchEntryIdsNotDistinct: An error occurred \
(AWS.SimpleQueueService.BatchEntryIdsNotDistinct) ...
        """
        queue = self._queue(QueueUrl, "ChangeMessageVisibility")
        batch.check(Entries, "ChangeMessageVisibilityBatchRequestEntry")
        return batch.each(Entries, lambda entry: self._change_visibility(queue, entry))

    def _poll(self, queue: Queue, limit: int, timeout: int, wait: int) -> list[Message]:
        """Receive; with a wait, again whenever something may have become available, until the wait is over."""
        deadline = later(self.clock.now, wait)
        while True:
            messages = self._receive(queue, limit, timeout)
            if messages or self.clock.now >= deadline:
                return messages
            self._wait_for_change(queue, deadline)
            if self._owner(queue.account)._queues.get(queue.name) is not queue:
                raise no_such_queue()

    def _wait_for_change(self, queue: Queue, deadline: float) -> None:
        """Wait until something is available, or may be: a message that becomes visible again is no scheduled work."""
        until = min(deadline, queue.next_change(self.clock.now))

        def changed() -> bool:
            now = self.clock.now
            return queue.available(now) or queue.next_change(now) < until

        self.clock.wait_until(changed, until)

    def _receive(self, queue: Queue, limit: int, timeout: int) -> list[Message]:
        now = self.clock.now
        owner = self._owner(queue.account)
        policy = queue.redrive
        dead_letters = owner._queues.get(Arn.parse(policy.dead_letter_arn).resource) if policy else None
        # Without its dead-letter queue a message stays and is handed out again.
        most = policy.max_receive_count if policy and dead_letters else None
        found = queue.receive(now, limit, timeout, lambda: HANDLE_START + self.ids.token(180), most)
        if dead_letters is not None and found.dead:
            for message in found.dead:
                dead_letters.bury(message, queue.arn, now)
            owner._record_depth(dead_letters)
        return found.messages

    def _delete(self, queue: Queue, entry: Mapping[str, Any]) -> Answer:
        queue.delete(entry["ReceiptHandle"], self.clock.now)
        self._record_depth(queue)
        return {}

    def _change_visibility(self, queue: Queue, entry: Mapping[str, Any]) -> Answer:
        timeout = entry.get("VisibilityTimeout")
        if timeout is None:  # a batch entry may lack it
            timeout = queue.seconds("VisibilityTimeout")
        queue.change_visibility(entry["ReceiptHandle"], timeout, self.clock.now)
        self._record_depth(queue)
        return {}
