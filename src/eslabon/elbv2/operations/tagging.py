"""Tags of balancers, listeners, rules, target groups and trust stores."""

from __future__ import annotations

from collections.abc import Callable

from eslabon.elbv2.operations.limits import DESCRIBED
from eslabon.elbv2.operations.registry import Answer, Many, Texts
from eslabon.elbv2.operations.truststores import TrustStores
from eslabon.elbv2.rules.errors import validation_error


class Tagging(TrustStores):
    """Operations on tags."""

    def add_tags(self, ResourceArns: Texts, Tags: Many) -> None:
        """Add tags or change their values. Raises DuplicateTagKeys, TooManyTags, LoadBalancerNotFound and its like.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> arns = [shop.balancer.arn]
        >>> _ = shop.elbv2.add_tags(ResourceArns=arns, Tags=[{"Key": "team", "Value": "shop"}])
        >>> shop.elbv2.describe_tags(ResourceArns=arns)["TagDescriptions"][0]["Tags"]
        [{'Key': 'team', 'Value': 'shop'}]
        >>> shop.elbv2.add_tags(ResourceArns=arns, Tags=[{"Key": "team"}, {"Key": "team"}])
        Traceback (most recent call last):
        botocore.errorfactory.DuplicateTagKeysException: An error occurred (DuplicateTagKeys) ...
        """
        self._check_taggable(ResourceArns)
        tags = self._check_tags(Tags)
        for arn in ResourceArns:
            self._check_tags([{"Key": key} for key in self._tags.get(arn) | tags])
        for arn in ResourceArns:
            self._tags.put(arn, tags)

    def remove_tags(self, ResourceArns: Texts, TagKeys: Texts) -> None:
        """Remove tags; keys that are not there are no error. Raises LoadBalancerNotFound and its like.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RemoveTags.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> _ = shop.elbv2.remove_tags(ResourceArns=[shop.group.arn], TagKeys=["team"])
        >>> shop.elbv2.remove_tags(ResourceArns=["shop"], TagKeys=["team"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        self._check_taggable(ResourceArns)
        for arn in ResourceArns:
            self._tags.remove(arn, TagKeys)

    def describe_tags(self, ResourceArns: Texts) -> Answer:
        """The tags of up to 20 resources. Raises LoadBalancerNotFound and its like.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.describe_tags(ResourceArns=[shop.listener.arn])["TagDescriptions"][0]["Tags"]
        []
        >>> shop.elbv2.describe_tags(ResourceArns=[shop.group.arn] * 21)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        if len(ResourceArns) > DESCRIBED:
            raise validation_error(f"Up to '{DESCRIBED}' resources can be described in a single call")
        self._check_taggable(ResourceArns)
        held = {arn: self._tags.get(arn).items() for arn in ResourceArns}
        shown = {arn: [{"Key": key, "Value": value} for key, value in tags] for arn, tags in held.items()}
        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": tags} for arn, tags in shown.items()]}

    def _check_taggable(self, arns: Texts) -> None:
        find: dict[str, Callable[[str], object]] = {
            "loadbalancer": self._balancer,
            "listener": self._listener,
            "listener-rule": self._rule,
            "targetgroup": self._group,
            "truststore": self._trust_store,
        }
        for arn in arns:
            kind = arn.split(":")[-1].split("/")[0]
            if kind not in find:
                raise validation_error(f"'{arn}' is not a valid resource ARN")
            find[kind](arn)
