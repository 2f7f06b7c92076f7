"""Tags of state machines and activities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.registry import Registry, not_found
from eslabon.tags import LIMIT, ReservedTag, TooManyTags

_NOT_IN_A_TAG = re.compile(r"[^\w\s.:/=+\-@]")  # letters, digits and white space of all scripts, and these


class Tagging(Registry):
    """Operations on tags."""

    def tag_resource(self, resourceArn: str, tags: Sequence[Mapping[str, str]]) -> None:
        """Add or overwrite tags. Raises ResourceNotFound, TooManyTags (50), InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(tags=[{"key": "team", "value": "shop"}])
        >>> states = cloud.client("stepfunctions")
        >>> _ = states.tag_resource(resourceArn=orders, tags=[{"key": "stage", "value": "test"}])
        >>> states.list_tags_for_resource(resourceArn=orders)["tags"]
        [{'key': 'team', 'value': 'shop'}, {'key': 'stage', 'value': 'test'}]
        >>> states.tag_resource(resourceArn=orders + "s", tags=[])
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFound: An error occurred (ResourceNotFound) ...
        """
        self._check_taggable(resourceArn)
        self._put_tags(resourceArn, checked_tags(tags))

    def untag_resource(self, resourceArn: str, tagKeys: Iterable[str]) -> None:
        """Remove tags; keys that it does not have are no error. Raises ResourceNotFound, InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_UntagResource.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(tags=[{"key": "team", "value": "shop"}])
        >>> states = cloud.client("stepfunctions")
        >>> _ = states.untag_resource(resourceArn=orders, tagKeys=["team", "stage"])
        >>> states.list_tags_for_resource(resourceArn=orders)["tags"]
        []
        """
        self._check_taggable(resourceArn)
        self._tags.remove(resourceArn, tagKeys)

    def list_tags_for_resource(self, resourceArn: str) -> dict[str, Any]:
        """List the tags of a state machine. Raises ResourceNotFound, InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListTagsForResource.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> states.list_tags_for_resource(resourceArn=orders)["tags"]
        []
        >>> states.list_tags_for_resource(resourceArn="orders")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidArn: An error occurred (InvalidArn) ...
        """
        self._check_taggable(resourceArn)
        return {"tags": [{"key": key, "value": value} for key, value in self._tags.get(resourceArn).items()]}

    def _check_taggable(self, arn: str) -> None:
        arns.parse(arn, "stateMachine", "activity")
        if not self._is_tagged(arn):
            raise not_found(arn)

    def _is_tagged(self, arn: str) -> bool:
        """Whether something with this ARN can have tags; activities say so too."""
        return self._find_machine(arn) is not None

    def _put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        try:
            self._tags.put(arn, tags)
        except ReservedTag:
            raise ServiceError("ValidationException", "Tag keys that begin with aws: are AWS's own.") from None
        except TooManyTags:
            message = f"A resource has at most {LIMIT} tags: '{arn}'"
            raise ServiceError("TooManyTags", message, resourceName=arn) from None


def checked_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key. Raises ValidationException for a character that no tag may have.

    >>> checked_tags([{"key": "equipo", "value": "diseño"}])
    {'equipo': 'diseño'}
    >>> checked_tags([{"key": "a;b"}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationException: ...
    """
    taken = {tag.get("key", ""): tag.get("value", "") for tag in tags}
    for key, value in taken.items():
        if not key or _NOT_IN_A_TAG.search(key + value):
            raise ServiceError(
                "ValidationException",
                f"The tag '{key}' is not valid: it may have letters, digits, white space and _ . : / = + - @",
            )
    return taken
