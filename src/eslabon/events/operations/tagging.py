"""Tags of buses and rules: added, removed, listed. Those that something is created with come with its creation."""

from __future__ import annotations

from typing import Any

from eslabon.errors import ServiceError
from eslabon.events.operations.registry import Registry


class Tagging(Registry):
    """Operations on tags."""

    def tag_resource(self, ResourceARN: str, Tags: list[dict[str, str]]) -> None:
        """Add or overwrite tags of a bus or rule. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> orders = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')["RuleArn"]
        >>> _ = events.tag_resource(ResourceARN=orders, Tags=[{"Key": "team", "Value": "shop"}])
        >>> events.list_tags_for_resource(ResourceARN=orders)["Tags"]
        [{'Key': 'team', 'Value': 'shop'}]
        >>> events.tag_resource(ResourceARN="arn:aws:events:us-east-1:123456789012:rule/gone", Tags=[])
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        self._existing(ResourceARN)
        self._put_tags(ResourceARN, Tags)

    def untag_resource(self, ResourceARN: str, TagKeys: list[str]) -> None:
        """Remove tags from a bus or rule; keys that it does not have are no error. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UntagResource.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> bus = events.create_event_bus(Name="shop", Tags=[{"Key": "team", "Value": "shop"}])["EventBusArn"]
        >>> _ = events.untag_resource(ResourceARN=bus, TagKeys=["team", "stage"])
        >>> events.list_tags_for_resource(ResourceARN=bus)["Tags"]
        []
        """
        self._existing(ResourceARN)
        self._tags.remove(ResourceARN, TagKeys)

    def list_tags_for_resource(self, ResourceARN: str) -> dict[str, Any]:
        """List the tags of a bus or rule. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTagsForResource.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.list_tags_for_resource(ResourceARN=events.describe_event_bus()["Arn"])["Tags"]
        []
        >>> events.list_tags_for_resource(ResourceARN="arn:aws:events:us-east-1:123456789012:rule/gone")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        self._existing(ResourceARN)
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tags.get(ResourceARN).items()]}

    def _existing(self, arn: str) -> None:
        buses = self._buses.values()
        if not any(arn == bus.arn or any(arn == rule.arn for rule in bus.rules.values()) for bus in buses):
            raise ServiceError("ResourceNotFoundException", f"Resource {arn} does not exist.")
