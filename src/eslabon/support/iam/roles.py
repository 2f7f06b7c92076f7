"""A role, with what is written on it, as it is kept and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from eslabon.errors import ServiceError

TAGS = 50


@dataclass
class Role:
    """A role; its policies are JSON text, `inline` by their names."""

    name: str
    path: str
    id: str
    arn: str
    created: datetime
    trust: str
    description: str | None = None
    max_session_duration: int = 3600
    tags: dict[str, str] = field(default_factory=dict)
    inline: dict[str, str] = field(default_factory=dict)

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags as the API shows them, by key."""
        return [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())]

    def described(self, tags: bool = True) -> dict[str, Any]:
        """Show the role as the API does: policies travel URL-encoded, boto3 decodes them.

        >>> arn = "arn:aws:iam::123456789012:role/worker"
        >>> worker = Role("worker", "/", "AROAEXAMPLE", arn, datetime(2026, 1, 1), "{}", tags={"team": "shop"})
        >>> worker.described()["AssumeRolePolicyDocument"], worker.described()["Tags"]
        ('%7B%7D', [{'Key': 'team', 'Value': 'shop'}])
        >>> "Tags" in worker.described(tags=False)
        False
        """
        description: dict[str, Any] = {
            "Path": self.path,
            "RoleName": self.name,
            "RoleId": self.id,
            "Arn": self.arn,
            "CreateDate": self.created,
            "AssumeRolePolicyDocument": quote(self.trust),
            "MaxSessionDuration": self.max_session_duration,
        }
        if self.description is not None:
            description["Description"] = self.description
        if tags and self.tags:
            description["Tags"] = self.tag_list
        return description

    def add_tags(self, tags: Sequence[dict[str, str]]) -> None:
        """Add tags ({"Key": …, "Value": …}), or change none of them. Raises InvalidInput, LimitExceeded.

        A key that differs from an old one in case alone replaces it.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html

        >>> arn = "arn:aws:iam::123456789012:role/worker"
        >>> worker = Role("worker", "/", "AROAEXAMPLE", arn, datetime(2026, 1, 1), "{}", tags={"team": "shop"})
        >>> worker.add_tags([{"Key": "Team", "Value": "post"}])
        >>> worker.tags
        {'Team': 'post'}
        >>> worker.add_tags([{"Key": "cost", "Value": "7"}, {"Key": "aws:cost", "Value": "7"}])
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidInput: Tag keys beginning with aws: are reserved for system use.
        >>> worker.tags
        {'Team': 'post'}
        """
        keys = [tag["Key"].lower() for tag in tags]
        if len(set(keys)) < len(keys):
            message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            raise ServiceError("InvalidInput", message)
        if any(key.startswith("aws:") for key in keys):
            raise ServiceError("InvalidInput", "Tag keys beginning with aws: are reserved for system use.")
        merged = {key: value for key, value in self.tags.items() if key.lower() not in keys}
        merged.update({tag["Key"]: tag["Value"] for tag in tags})
        if len(merged) > TAGS:
            raise ServiceError("LimitExceeded", f"The number of tags has reached the maximum limit of {TAGS}.", 409)
        self.tags = merged
