"""The SQS API, a method an operation.

Left out: add_permission (a queue's policy says the same), system attributes of a send, attempt ids of a receive, what a
dead-letter queue knows of its sources, move tasks, KMS keys, throttling, the seconds that a change takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.clock import Handle
from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.permissions import allows
from eslabon.service import Reply, Service
from eslabon.support.sqs import attributes as queue_attributes
from eslabon.support.sqs import batch, contents, forms, redrive, requests
from eslabon.support.sqs.errors import QUERY_CODES, no_such_queue, sqs_error
from eslabon.support.sqs.queue import HANDLE_START, Message, Queue, later

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

NAME_FREE_AFTER = 60  # seconds from DeleteQueue on

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

# Messages that come from an AWS service carry the id of a principal of AWS's own; its value means nothing.
_SENDER_ID_OF_SERVICES = "AIDAIENQZJOLO23YVJ4VO"

# What a sender may say about a message that it delivers, beside its body.
_DELIVERY_PARAMETERS = ("MessageGroupId", "MessageDeduplicationId", "MessageAttributes")

Attributes = dict[str, str]
Answer = dict[str, Any]


class Sqs(Service):
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

    name: ClassVar[str] = "sqs"
    principal: ClassVar[str] = "sqs.amazonaws.com"
    validation_code: ClassVar[str] = "InvalidParameterValue"
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

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._queues: dict[str, Queue] = {}
        self._watches: dict[str, Handle] = {}  # by queue ARN: the next change that time alone makes
        self._deleted: dict[str, float] = {}  # name -> when

    def resources(self) -> list[str]:
        """ARNs of the queues."""
        return [queue.arn for queue in self._queues.values()]

    # -- queues

    def create_queue(
        self, QueueName: str, Attributes: Attributes | None = None, tags: dict[str, str] | None = None
    ) -> Answer:
        """Create a queue, or give the URL of the one that has this name and these attributes.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> sqs.create_queue(QueueName="orders", Attributes={"DelaySeconds": "5"})["QueueUrl"]
        'https://sqs.us-east-1.amazonaws.com/123456789012/orders'
        >>> sqs.create_queue(QueueName="orders")["QueueUrl"]
        'https://sqs.us-east-1.amazonaws.com/123456789012/orders'
        >>> sqs.create_queue(QueueName="orders", Attributes={"DelaySeconds": "6"})
        Traceback (most recent call last):
        botocore.errorfactory.QueueNameExists: An error occurred (QueueAlreadyExists) when calling the CreateQueue \
operation: A queue already exists with the same name and a different value for attribute DelaySeconds
        """
        given = Attributes or {}
        fifo = given.get("FifoQueue") == "true"
        requests.check_name(QueueName, fifo)
        checked = queue_attributes.check(given, fifo)
        existing = self._queues.get(QueueName)
        if existing is not None:
            _check_same(existing, checked)
            return {"QueueUrl": requests.queue_url(existing.arn)}
        deleted = self._deleted.get(QueueName)
        if deleted is not None and self.clock.now < later(deleted, NAME_FREE_AFTER):
            raise sqs_error(
                "QueueDeletedRecently",
                f"You must wait {NAME_FREE_AFTER} seconds after deleting a queue "
                "before you can create another with the same name.",
            )
        queue = Queue(QueueName, self.arn(QueueName), checked, self.clock.now)
        queue_attributes.check_together(queue.attributes)
        redrive.check_target(given.get("RedrivePolicy", ""), queue.arn, self._queues)
        requests.check_tags(tags or {})
        queue.tags = dict(tags or {})
        self._queues[QueueName] = queue
        self._record_queue(queue, "created")
        return {"QueueUrl": requests.queue_url(queue.arn)}

    def get_queue_url(self, QueueName: str, QueueOwnerAWSAccountId: str | None = None) -> Answer:
        """The URL of a queue, by its name.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url
        True
        >>> sqs.get_queue_url(QueueName="bills")
        Traceback (most recent call last):
        botocore.errorfactory.QueueDoesNotExist: An error occurred (AWS.SimpleQueueService.NonExistentQueue) ...
        """
        queue = self._named(QueueOwnerAWSAccountId or self.account, QueueName, "GetQueueUrl")
        return {"QueueUrl": requests.queue_url(queue.arn)}

    def list_queues(
        self, QueueNamePrefix: str = "", NextToken: str | None = None, MaxResults: int | None = None
    ) -> Answer:
        """The URLs of the queues of this account and Region.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> sqs.list_queues()["QueueUrls"] == [url]
        True
        >>> "QueueUrls" in sqs.list_queues(QueueNamePrefix="bills")
        False
        >>> sqs.list_queues(MaxResults=1001)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidParameterValue) when calling the ListQueues \
operation: Value 1001 for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.
        """
        names = [name for name in sorted(self._queues) if name.startswith(QueueNamePrefix)]
        urls = [requests.queue_url(self.arn(name)) for name in names]
        found, token = requests.page_of(urls, MaxResults, NextToken, f"list_queues {QueueNamePrefix}")
        return {"QueueUrls": found or None, "NextToken": token}

    def delete_queue(self, QueueUrl: str) -> None:
        """Delete a queue and its messages; its name is free again after 60 seconds.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.delete_queue(QueueUrl=url)
        >>> sqs.create_queue(QueueName="orders")
        Traceback (most recent call last):
        botocore.errorfactory.QueueDeletedRecently: An error occurred (AWS.SimpleQueueService.QueueDeletedRecently) ...
        """
        queue = self._queue(QueueUrl, "DeleteQueue")
        del self._queues[queue.name]
        self._deleted[queue.name] = self.clock.now
        self._record_queue(queue, "deleted")

    def purge_queue(self, QueueUrl: str) -> None:
        """Delete all messages of a queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.send_message(QueueUrl=url, MessageBody="order 1")
        >>> _ = sqs.purge_queue(QueueUrl=url)
        >>> "Messages" in sqs.receive_message(QueueUrl=url)
        False
        >>> sqs.purge_queue(QueueUrl=url)
        Traceback (most recent call last):
        botocore.errorfactory.PurgeQueueInProgress: An error occurred (AWS.SimpleQueueService.PurgeQueueInProgress) ...
        """
        queue = self._queue(QueueUrl, "PurgeQueue")
        queue.purge(self.clock.now)
        self._record_depth(queue)

    # -- attributes and tags

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str] | None = None) -> Answer:
        """The attributes of a queue that are named, or "All".

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        {'VisibilityTimeout': '30'}
        >>> "Attributes" in sqs.get_queue_attributes(QueueUrl=url)
        False
        >>> sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Colour"])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidAttributeName: An error occurred (InvalidAttributeName) when calling the \
GetQueueAttributes operation: Unknown Attribute Colour.
        """
        queue = self._queue(QueueUrl, "GetQueueAttributes")
        return {"Attributes": forms.attributes(queue, AttributeNames or (), self.clock.now) or None}

    def set_queue_attributes(self, QueueUrl: str, Attributes: Attributes) -> None:
        """Change attributes of a queue; an empty Policy or RedrivePolicy takes the old one away.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
        >>> sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        {'VisibilityTimeout': '60'}
        >>> sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "43201"})
        Traceback (most recent call last):
        botocore.errorfactory.InvalidAttributeValue: An error occurred (InvalidAttributeValue) when calling the \
SetQueueAttributes operation: Invalid value for the parameter VisibilityTimeout.
        """
        queue = self._queue(QueueUrl, "SetQueueAttributes")
        if "FifoQueue" in Attributes and queue.attributes.get("FifoQueue") != Attributes["FifoQueue"]:
            raise queue_attributes.unknown("FifoQueue")
        checked = queue_attributes.check(Attributes, queue.fifo)
        settings = {**queue.attributes, **checked}
        queue_attributes.check_together(settings)
        redrive.check_target(Attributes.get("RedrivePolicy", ""), queue.arn, self._queues)
        queue.change(settings, self.clock.now)

    def tag_queue(self, QueueUrl: str, Tags: dict[str, str]) -> None:
        """Add tags to a queue, or replace their values.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        >>> _ = sqs.tag_queue(QueueUrl=url, Tags={"team": "shop"})
        >>> sqs.list_queue_tags(QueueUrl=url)["Tags"]
        {'team': 'shop'}
        >>> sqs.tag_queue(QueueUrl=url, Tags={"aws:team": "shop"})
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidParameterValue) when calling the TagQueue \
operation: Value aws:team for parameter Tag.Key is invalid. Reason: Keys that start with aws: are reserved.
        """
        queue = self._queue(QueueUrl, "TagQueue")
        merged = {**queue.tags, **Tags}
        requests.check_tags(merged)
        queue.tags = merged

    def untag_queue(self, QueueUrl: str, TagKeys: list[str]) -> None:
        """Remove tags from a queue; keys that it does not have are passed over.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_UntagQueue.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders", tags={"team": "shop"})["QueueUrl"]
        >>> _ = sqs.untag_queue(QueueUrl=url, TagKeys=["team", "cost"])
        >>> "Tags" in sqs.list_queue_tags(QueueUrl=url)
        False
        """
        queue = self._queue(QueueUrl, "UntagQueue")
        queue.tags = {key: value for key, value in queue.tags.items() if key not in TagKeys}

    def list_queue_tags(self, QueueUrl: str) -> Answer:
        """The tags of a queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html

        >>> from eslabon import Cloud
        >>> sqs = Cloud().client("sqs")
        >>> url = sqs.create_queue(QueueName="orders", tags={"team": "shop"})["QueueUrl"]
        >>> sqs.list_queue_tags(QueueUrl=url)["Tags"]
        {'team': 'shop'}
        >>> sqs.list_queue_tags(QueueUrl=url + "s")
        Traceback (most recent call last):
        botocore.errorfactory.QueueDoesNotExist: An error occurred (AWS.SimpleQueueService.NonExistentQueue) ...
        """
        queue = self._queue(QueueUrl, "ListQueueTags")
        return {"Tags": queue.tags or None}

    # -- sending

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

    # -- receiving

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

    # -- deliveries from other services

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

    def _owner(self, account: str) -> Sqs:
        """The service that has an account's queues; a URL leads to queues of this Region alone."""
        owner = self.cloud.service("sqs", region=self.region, account=account)
        assert isinstance(owner, Sqs)
        return owner

    # -- acting on one message

    def _send(self, queue: Queue, entry: Mapping[str, Any], sender_id: str) -> Answer:
        now = self.clock.now
        message = forms.read(entry, queue, message_id=self.ids.uuid(), sender_id=sender_id, now=now)
        kept = queue.send(message, now, entry.get("DelaySeconds"))
        self._record_depth(queue)
        return forms.sent(kept, entry)

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


def _check_same(existing: Queue, given: Attributes) -> None:
    """Only attributes that the request includes are compared."""
    for name, value in given.items():
        if existing.attributes.get(name, "") != value:
            raise sqs_error(
                "QueueNameExists",
                f"A queue already exists with the same name and a different value for attribute {name}",
            )
