"""Tags of queues: added, removed, listed. Those of a queue that is made come with CreateQueue."""

from __future__ import annotations

from eslabon.support.sqs import requests
from eslabon.support.sqs.operations.registry import Answer, Registry


class Tagging(Registry):
    """Operations on the tags of queues."""

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
