"""The policy of a bucket: put, read, taken away. What it may say and whom it admits is policies.py's."""

from __future__ import annotations

from eslabon.errors import ServiceError
from eslabon.support.s3.buckets import Bucket as StoredBucket
from eslabon.support.s3.errors import no_bucket
from eslabon.support.s3.operations.registry import Answer, Registry
from eslabon.support.s3.policies import checked_policy


class BucketPolicies(Registry):
    """Operations on the policies of buckets."""

    def put_bucket_policy(self, Bucket: str, Policy: str) -> None:
        """Give a bucket of one's own its policy, in place of the one that it has.

        Raises MalformedPolicy, NoSuchBucket, MethodNotAllowed (another account's), AccessDenied (a public policy).

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="logs-2026")
        >>> s3.put_bucket_policy(Bucket="logs-2026", Policy="nonsense")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (MalformedPolicy) ... the first byte must be '{'
        """
        bucket = self._own(Bucket)
        bucket.policy, bucket.policy_text = checked_policy(Policy, Bucket), Policy

    def get_bucket_policy(self, Bucket: str) -> Answer:
        """Read the policy of a bucket of one's own. Raises NoSuchBucketPolicy, NoSuchBucket, MethodNotAllowed.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="logs-2026")
        >>> s3.get_bucket_policy(Bucket="logs-2026")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (NoSuchBucketPolicy) ... The bucket policy does not exist
        """
        bucket = self._own(Bucket)
        if bucket.policy is None:
            raise ServiceError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
        return {"Policy": bucket.policy_text}

    def delete_bucket_policy(self, Bucket: str) -> None:
        """Take away the policy, if there is one. Raises NoSuchBucket, MethodNotAllowed.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="logs-2026")
        >>> s3.delete_bucket_policy(Bucket="logs-2026")["ResponseMetadata"]["HTTPStatusCode"]
        204
        """
        self._own(Bucket).policy = None

    def _own(self, name: str) -> StoredBucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            raise no_bucket()
        if bucket.account != self.account:
            message = "The specified method is not allowed against this resource."
            raise ServiceError("MethodNotAllowed", message, 405)
        return bucket
