"""Queues: made, found, listed, emptied, deleted, and their attributes. What a message is it does not know."""

from __future__ import annotations

from eslabon.support.sqs import attributes as queue_attributes
from eslabon.support.sqs import forms, redrive, requests
from eslabon.support.sqs.errors import sqs_error
from eslabon.support.sqs.message import later
from eslabon.support.sqs.operations.registry import Answer, Registry
from eslabon.support.sqs.queue import Queue

NAME_FREE_AFTER = 60  # seconds from DeleteQueue on

Attributes = dict[str, str]


class Queues(Registry):
    """Operations on queues."""

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


def _check_same(existing: Queue, given: Attributes) -> None:
    """Only attributes that the request includes are compared."""
    for name, value in given.items():
        if existing.attributes.get(name, "") != value:
            raise sqs_error(
                "QueueNameExists",
                f"A queue already exists with the same name and a different value for attribute {name}",
            )
