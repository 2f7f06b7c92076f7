"""Sending messages, one or a batch. What a message may hold is decided in contents.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.support.sqs import batch, contents, forms
from eslabon.support.sqs.errors import sqs_error
from eslabon.support.sqs.operations.registry import Answer, Registry
from eslabon.support.sqs.queue import Queue


class Sending(Registry):
    """Operations that put messages into queues."""

    def send_message(
        self,
        QueueUrl: str,
        MessageBody: str,
        DelaySeconds: int | None = None,
        MessageAttributes: dict[str, Any] | None = None,
        MessageDeduplicationId: str | None = None,
        MessageGroupId: str | None = None,
    ) -> Answer:
        """Put a message into a queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> sqs.send_message(QueueUrl=url, MessageBody="This is a test message")["MD5OfMessageBody"]
        'fafb00f5732ab283681e124bf8747ed1'
        >>> sqs.send_message(QueueUrl=url, MessageBody="a" + chr(7))
        Traceback (most recent call last):
        botocore.errorfactory.InvalidMessageContents: An error occurred (InvalidMessageContents) when calling the \
SendMessage operation: Invalid binary character '#x7' was found in the message body, ...
        """
        entry = {
            "MessageBody": MessageBody,
            "DelaySeconds": DelaySeconds,
            "MessageAttributes": MessageAttributes,
            "MessageDeduplicationId": MessageDeduplicationId,
            "MessageGroupId": MessageGroupId,
        }
        return self._send(self._queue(QueueUrl, "SendMessage"), entry, self._caller["UserId"])

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> Answer:
        """Put up to ten messages into a queue, of 1 MiB together.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> entries = [{"Id": "1", "MessageBody": "order 1"}, {"Id": "2", "MessageBody": ""}]
        >>> answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        >>> [entry["Id"] for entry in answer["Successful"]], [entry["Code"] for entry in answer["Failed"]]
        (['1'], ['MissingParameter'])
        >>> sqs.send_message_batch(QueueUrl=url, Entries=[])
        Traceback (most recent call last):
        botocore.errorfactory.EmptyBatchRequest: An error occurred (AWS.SimpleQueueService.EmptyBatchRequest) ...
        """
        queue = self._queue(QueueUrl, "SendMessage")
        batch.check(Entries, "SendMessageBatchRequestEntry")
        total = sum(contents.size(entry["MessageBody"], entry.get("MessageAttributes") or {}) for entry in Entries)
        if total > contents.MAXIMUM_SIZE:
            raise sqs_error(
                "BatchRequestTooLong",
                f"Batch requests cannot be longer than {contents.MAXIMUM_SIZE} bytes. You have sent {total} bytes.",
            )
        return batch.each(Entries, lambda entry: self._send(queue, entry, self._caller["UserId"]))

    def _send(self, queue: Queue, entry: Mapping[str, Any], sender_id: str) -> Answer:
        now = self.clock.now
        message = forms.read(entry, queue, message_id=self.ids.uuid(), sender_id=sender_id, now=now)
        kept = queue.send(message, now, entry.get("DelaySeconds"))
        self._record_depth(queue)
        return forms.sent(kept, entry)
