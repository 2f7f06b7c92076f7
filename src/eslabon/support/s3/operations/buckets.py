"""Buckets: created, found, listed, deleted. Every other setting of a bucket but its policy is left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from eslabon.errors import ServiceError
from eslabon.support.s3.buckets import Bucket as StoredBucket
from eslabon.support.s3.buckets import checked_name
from eslabon.support.s3.errors import told_by_head
from eslabon.support.s3.operations.registry import Answer, Registry


class Buckets(Registry):
    """Operations on buckets."""

    def create_bucket(self, Bucket: str, CreateBucketConfiguration: Mapping[str, str] | None = None) -> Answer:
        """Create a bucket in this Region; outside us-east-1 the request must name the Region too.

        Raises BucketAlreadyOwnedByYou (not in us-east-1, where it answers as the first time), BucketAlreadyExists,
        InvalidBucketName, IllegalLocationConstraintException, InvalidLocationConstraint.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html

        >>> from eslabon import Cloud
        >>> Cloud().client("s3").create_bucket(Bucket="orders-2026")["Location"]
        '/orders-2026'
        >>> Cloud().client("s3", region_name="eu-south-1").create_bucket(Bucket="orders-2026")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (IllegalLocationConstraintException) ...
        """
        checked_name(Bucket)
        self._check_location((CreateBucketConfiguration or {}).get("LocationConstraint"))
        there = self._buckets.get(Bucket)
        if there is not None and there.account != self.account:
            message = (
                "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                "system. Please select a different name and try again."
            )
            raise ServiceError("BucketAlreadyExists", message, 409)
        if there is not None and (there.region, self.region) != ("us-east-1", "us-east-1"):
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise ServiceError("BucketAlreadyOwnedByYou", message, 409)
        if there is None:
            self._buckets[Bucket] = StoredBucket(Bucket, self.account, self.region, self.clock.datetime())
        where = f"/{Bucket}" if self.region == "us-east-1" else f"http://{Bucket}.s3.amazonaws.com/"
        return {"Location": where, "BucketArn": f"arn:aws:s3:::{Bucket}"}

    def _check_location(self, constraint: str | None) -> None:
        if self.region == "us-east-1" and constraint == "us-east-1":
            raise ServiceError("InvalidLocationConstraint", "The specified location-constraint is not valid")
        if (constraint or "us-east-1") != self.region:
            message = (
                f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific "
                "endpoint this request was sent to."
            )
            raise ServiceError("IllegalLocationConstraintException", message)

    def delete_bucket(self, Bucket: str) -> None:
        """Delete an empty bucket. Raises NoSuchBucket, BucketNotEmpty.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> _ = s3.put_object(Bucket="orders-2026", Key="1", Body=b"")
        >>> s3.delete_bucket(Bucket="orders-2026")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (BucketNotEmpty) ...
        """
        if self._find(Bucket, "s3:DeleteBucket").objects:
            raise ServiceError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)
        del self._buckets[Bucket]

    def list_buckets(self) -> Answer:
        """List the buckets of this account, in every Region, by name.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html

        >>> from eslabon import Cloud
        >>> Cloud().client("s3").list_buckets()["Buckets"]
        []
        """
        own = sorted(name for name, bucket in self._buckets.items() if bucket.account == self.account)
        shown = [{"Name": name, "CreationDate": self._buckets[name].created} for name in own]
        return {"Buckets": shown, "Owner": {"ID": hashlib.sha256(self.account.encode()).hexdigest()}}

    def head_bucket(self, Bucket: str) -> Answer:
        """Say where a bucket is. An answer to HEAD has no body, so what is missing is only a 404.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html

        >>> from eslabon import Cloud
        >>> Cloud().client("s3").head_bucket(Bucket="orders-2026")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (404) when calling the HeadBucket operation: Not Found
        """
        bucket = told_by_head(lambda: self._find(Bucket, "s3:ListBucket"))
        return {"BucketRegion": bucket.region, "BucketArn": f"arn:aws:s3:::{Bucket}", "AccessPointAlias": False}
