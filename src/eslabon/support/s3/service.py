"""Amazon S3, asked in one account and Region: its operations, gathered, and what other services write there.

Left out: versions, ranges, multipart uploads (and with them boto3's upload and download helpers), access control lists,
encryption settings, tags, notifications, every other setting of a bucket but its policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from eslabon.ids import Arn
from eslabon.support.s3.errors import denied, no_bucket
from eslabon.support.s3.operations.bucketpolicies import BucketPolicies
from eslabon.support.s3.operations.buckets import Buckets
from eslabon.support.s3.operations.objects import DEFAULT_TYPE, Objects


class S3(Buckets, Objects, BucketPolicies):
    """Amazon S3, asked in one account and Region.

    >>> from eslabon import Cloud
    >>> s3 = Cloud().client("s3")
    >>> _ = s3.create_bucket(Bucket="orders-2026")
    >>> _ = s3.put_object(Bucket="orders-2026", Key="january/1.json", Body=b"[1, 2]")
    >>> s3.get_object(Bucket="orders-2026", Key="january/1.json")["Body"].read()
    b'[1, 2]'
    >>> s3.get_object(Bucket="orders-2026", Key="february/1.json")
    Traceback (most recent call last):
    botocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) ... The specified key does not exist.

    https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
    """

    modelled: ClassVar[Mapping[str, str]] = {
        "CreateBucketConfiguration": "LocationConstraint",
        "Delete": "Objects Quiet",
        "ObjectIdentifier": "Key",
    }
    gate_skips: ClassVar[frozenset[str]] = frozenset({"CreateBucketConfiguration.LocationConstraint"})

    def resources(self) -> list[str]:
        """ARNs of the buckets of this account that are in this Region."""
        return [
            f"arn:aws:s3:::{bucket.name}"
            for bucket in self._buckets.values()
            if (bucket.account, bucket.region) == (self.account, self.region)
        ]

    def write_for(self, principal: str, Bucket: str, Key: str, Body: bytes, source_arn: str) -> None:
        """Store an object for a service that the bucket's policy lets in; the journal notes what is missing.

        For services, not for programs. Raises NoSuchBucket, AccessDenied.

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> _ = cloud.client("s3").create_bucket(Bucket="logs-2026")
        >>> cloud.service("s3").write_for("logdelivery.elasticloadbalancing.amazonaws.com", "logs-2026", "1", b"one",
        ...     "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: AccessDenied: Access Denied
        >>> next(cloud.journal.of("refusal"))["missing"]["Action"]
        's3:PutObject'
        """
        bucket = self._buckets.get(Bucket)
        if bucket is None:
            raise no_bucket()
        arn = f"arn:aws:s3:::{Bucket}/{Key}"
        asked = {"principal": principal, "action": "s3:PutObject", "resource": arn, "source_arn": source_arn}
        account = Arn.parse(source_arn).account
        if not self.admits(bucket.policy, arn, source_account=account, reply=lambda *_: None, **asked):
            raise denied()
        self._store(bucket, Key, Body, DEFAULT_TYPE, {})
