"""Tags on resources: kept by ARN, with the limits that AWS sets for all services.

Tag-based access control is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LIMIT = 50  # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html


class TooManyTags(ValueError):
    """More than 50 tags on one resource."""


class ReservedTag(ValueError):
    """Keys that begin with aws: are AWS's own."""


class Tags:
    """The tags of one service's resources.

    >>> tags = Tags()
    >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {"team": "shop"})
    >>> tags.get("arn:aws:sqs:us-east-1:123456789012:orders")
    {'team': 'shop'}
    >>> tags.get("arn:aws:sqs:us-east-1:123456789012:other")
    {}
    >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {"aws:x": "y"})
    Traceback (most recent call last):
    eslabon.tags.ReservedTag: aws:x
    """

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def put(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags; nothing is kept when one is refused: ReservedTag, or TooManyTags beyond 50.

        >>> tags = Tags()
        >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {str(number): "" for number in range(50)})
        >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {"0": "replaced"})
        >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {"one": "more"})
        Traceback (most recent call last):
        eslabon.tags.TooManyTags: 51
        """
        for key in tags:
            if key.lower().startswith("aws:"):
                raise ReservedTag(key)
        merged = {**self._tags.get(arn, {}), **tags}
        if len(merged) > LIMIT:
            raise TooManyTags(str(len(merged)))
        self._tags[arn] = merged

    def remove(self, arn: str, keys: Iterable[str] | None = None) -> None:
        """Remove these keys, or everything when the resource goes.

        >>> tags = Tags()
        >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {"team": "shop", "stage": "test"})
        >>> tags.remove("arn:aws:sqs:us-east-1:123456789012:orders", ["team", "nothing"])
        >>> tags.get("arn:aws:sqs:us-east-1:123456789012:orders")
        {'stage': 'test'}
        >>> tags.remove("arn:aws:sqs:us-east-1:123456789012:orders")
        """
        if keys is None:
            self._tags.pop(arn, None)
            return
        for key in keys:
            self._tags.get(arn, {}).pop(key, None)

    def get(self, arn: str) -> dict[str, str]:
        """A copy of the resource's tags.

        >>> tags = Tags()
        >>> tags.put("arn:aws:sqs:us-east-1:123456789012:orders", {"team": "shop"})
        >>> tags.get("arn:aws:sqs:us-east-1:123456789012:orders"), tags.get("arn:aws:sqs:us-east-1:123456789012:gone")
        ({'team': 'shop'}, {})
        """
        return dict(self._tags.get(arn, {}))
