"""What the operations share: where buckets are kept and found, and who may do what with one. No operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.service import Service
from eslabon.support.s3.buckets import BUCKETS, Bucket
from eslabon.support.s3.errors import denied, no_bucket
from eslabon.support.s3.policies import admitted

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]


class Registry(Service):
    """The buckets of a cloud, asked in one account and Region."""

    name: ClassVar[str] = "s3"
    principal: ClassVar[str] = "s3.amazonaws.com"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._buckets = BUCKETS.setdefault(cloud, {})

    def _find(self, name: str, action: str, key: str = "") -> Bucket:
        """The bucket, if who asks may do this with it or with the object of this key."""
        bucket = self._buckets.get(name)
        if bucket is None:
            raise no_bucket()
        own = bucket.account == self.account
        if bucket.policy or not own:
            principal = self.cloud.call("sts", "get_caller_identity", {}, account=self.account)["Arn"]
            resource = f"arn:aws:s3:::{name}/{key}" if key else f"arn:aws:s3:::{name}"
            if not admitted(bucket.policy, owner=own, principal=principal, action=action, resource=resource):
                raise denied()
        return bucket
