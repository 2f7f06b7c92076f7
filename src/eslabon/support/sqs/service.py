"""Amazon SQS in one account and Region: its operations, gathered; what other services deliver to its queues.

Left out: add_permission (a queue's policy says the same), system attributes of a send, attempt ids of a receive, what a
dead-letter queue knows of its sources, move tasks, KMS keys, throttling, the seconds that a change takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.service import Reply
from eslabon.support.sqs import contents
from eslabon.support.sqs.errors import QUERY_CODES, no_such_queue
from eslabon.support.sqs.operations.queues import Queues
from eslabon.support.sqs.operations.receiving import Receiving
from eslabon.support.sqs.operations.sending import Sending
from eslabon.support.sqs.operations.tagging import Tagging

# Messages that come from an AWS service carry the id of a principal of AWS's own; its value means nothing.
_SENDER_ID_OF_SERVICES = "AIDAIENQZJOLO23YVJ4VO"

# What a sender may say about a message that it delivers, beside its body.
_DELIVERY_PARAMETERS = ("MessageGroupId", "MessageDeduplicationId", "MessageAttributes")


class Sqs(Queues, Tagging, Sending, Receiving):
    """Amazon SQS in one account and Region.

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> sqs = cloud.client("sqs")
    >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1", DelaySeconds=5)
    >>> "Messages" in sqs.receive_message(QueueUrl=url)
    False
    >>> sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]["Body"]
    'order 1'
    >>> sqs.get_queue_url(QueueName="bills")
    Traceback (most recent call last):
    botocore.errorfactory.QueueDoesNotExist: An error occurred (AWS.SimpleQueueService.NonExistentQueue) ...

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
    """

    query_codes: ClassVar[Mapping[str, str]] = QUERY_CODES
    modelled: ClassVar[Mapping[str, str]] = {
        "MessageAttributeValue": "StringValue BinaryValue DataType",
        "SendMessageBatchRequestEntry": (
            "Id MessageBody DelaySeconds MessageAttributes MessageDeduplicationId MessageGroupId"
        ),
        "DeleteMessageBatchRequestEntry": "*",
        "ChangeMessageVisibilityBatchRequestEntry": "*",
    }
    inert: ClassVar[Mapping[str, str]] = {
        "QueueAttributeMap.SqsManagedSseEnabled": "Encryption at rest cannot be seen through the API.",
        "QueueAttributeMap.FifoThroughputLimit": "Nothing is throttled here.",
        "send_message.MessageGroupId": "In a standard queue: fair queues show under load, which is not simulated.",
    }
    # SQS answers InvalidAttributeName where the gate would answer with the model's enum.
    gate_skips: ClassVar[frozenset[str]] = frozenset(
        {
            "create_queue.Attributes.key",
            "set_queue_attributes.Attributes.key",
            "get_queue_attributes.AttributeNames.member",
            "receive_message.AttributeNames.member",
            "receive_message.MessageSystemAttributeNames.member",
        }
    )

    def resources(self) -> list[str]:
        """ARNs of the queues."""
        return [queue.arn for queue in self._queues.values()]

    def deliver(
        self,
        arn: str,
        payload: str,
        *,
        principal: str,
        source_arn: str,
        source_account: str,
        role_arn: str | None,
        parameters: Mapping[str, Any],
        reply: Reply,
    ) -> None:
        """Put `payload` into the queue when its policy lets `principal` send, or when a role is used.

        parameters: MessageGroupId, MessageDeduplicationId, MessageAttributes, as SendMessage takes them.
        What XML does not allow comes as JSON's escapes: AWS documents nothing, and the event stays the same JSON.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
        """
        for name in parameters:
            if name not in _DELIVERY_PARAMETERS:
                raise NotModelled("sqs", f"deliver({name}=…)", _DELIVERY_PARAMETERS)
        queue = self._queues.get(Arn.parse(arn).resource)
        if queue is None:
            reply(None, Failure("NO_RESOURCE", no_such_queue().message, retryable=False))
            return
        if role_arn is None and not self.admits(
            queue.policy,
            arn,
            principal=principal,
            action="sqs:SendMessage",
            resource=arn,
            source_arn=source_arn,
            source_account=source_account,
            reply=reply,
        ):
            return
        try:
            entry = {"MessageBody": contents.as_escapes(payload), **parameters}
            sent = self._send(queue, entry, _SENDER_ID_OF_SERVICES)
        except ServiceError as error:
            reply(None, Failure("INVALID_PARAMETER", error.message, retryable=False))
            return
        reply(json.dumps({name: value for name, value in sent.items() if value is not None}), None)
