"""The S3 API, a method an operation.

Left out: versions, ranges, multipart uploads (and with them boto3's upload and download helpers), access control lists,
encryption settings, tags, notifications, every other setting of a bucket but its policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from eslabon.errors import ServiceError
from eslabon.ids import Arn
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.support.s3.buckets import BUCKETS, Stored, checked_name, encoded, listed_names
from eslabon.support.s3.buckets import Bucket as StoredBucket
from eslabon.support.s3.policies import admitted, checked_policy

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

MOST_KEYS = 1000  # of one answer
LONGEST_KEY = 1024  # bytes
LARGEST_METADATA = 2048  # bytes of names and values
DEFAULT_TYPE = "binary/octet-stream"

Answer = dict[str, Any]
Found = TypeVar("Found")


class S3(Service):
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

    name: ClassVar[str] = "s3"
    principal: ClassVar[str] = "s3.amazonaws.com"
    modelled: ClassVar[Mapping[str, str]] = {
        "CreateBucketConfiguration": "LocationConstraint",
        "Delete": "Objects Quiet",
        "ObjectIdentifier": "Key",
    }
    gate_skips: ClassVar[frozenset[str]] = frozenset({"CreateBucketConfiguration.LocationConstraint"})

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._buckets = BUCKETS.setdefault(cloud, {})

    def resources(self) -> list[str]:
        """ARNs of the buckets of this account that are in this Region."""
        return [
            f"arn:aws:s3:::{bucket.name}"
            for bucket in self._buckets.values()
            if (bucket.account, bucket.region) == (self.account, self.region)
        ]

    # -- buckets

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
        bucket = _head(lambda: self._find(Bucket, "s3:ListBucket"))
        return {"BucketRegion": bucket.region, "BucketArn": f"arn:aws:s3:::{Bucket}", "AccessPointAlias": False}

    # -- objects

    def put_object(
        self,
        Bucket: str,
        Key: str,
        Body: bytes = b"",
        ContentType: str = DEFAULT_TYPE,
        Metadata: Mapping[str, str] | None = None,
    ) -> Answer:
        """Store an object, in place of the one that has its key.

        Raises NoSuchBucket, KeyTooLongError, MetadataTooLarge.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> s3.put_object(Bucket="orders-2026", Key="1", Body=b"one")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchBucket: An error occurred (NoSuchBucket) ... The specified bucket does not exist
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> s3.put_object(Bucket="orders-2026", Key="1", Body=b"one")["ETag"]
        '"f97c5d29941bfb1b2fdab0874906ab82"'
        """
        bucket = self._find(Bucket, "s3:PutObject", Key)
        return self._store(bucket, Key, Body, ContentType, Metadata or {})

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
            raise _no_bucket()
        arn = f"arn:aws:s3:::{Bucket}/{Key}"
        asked = {"principal": principal, "action": "s3:PutObject", "resource": arn, "source_arn": source_arn}
        account = Arn.parse(source_arn).account
        if not self.admits(bucket.policy, arn, source_account=account, reply=lambda *_: None, **asked):
            raise _denied()
        self._store(bucket, Key, Body, DEFAULT_TYPE, {})

    def _store(self, bucket: StoredBucket, Key: str, Body: bytes, type: str, given: Mapping[str, str]) -> Answer:
        if len(Key.encode()) > LONGEST_KEY:
            raise ServiceError("KeyTooLongError", "Your key is too long")
        metadata = {name.lower(): value for name, value in given.items()}
        if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > LARGEST_METADATA:
            message = "Your metadata headers exceed the maximum allowed metadata size"
            raise ServiceError("MetadataTooLarge", message)
        stored = Stored(Body, type, metadata, self.clock.datetime().replace(microsecond=0))
        bucket.objects[Key] = stored
        return {
            "ETag": stored.etag,
            "ChecksumCRC32": stored.checksum,
            "ChecksumType": "FULL_OBJECT",
            "ServerSideEncryption": "AES256",
        }

    def get_object(self, Bucket: str, Key: str) -> Answer:
        """Read an object. Raises NoSuchBucket, NoSuchKey.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> _ = s3.put_object(Bucket="orders-2026", Key="1", Body=b"one", Metadata={"shop": "north"})
        >>> answer = s3.get_object(Bucket="orders-2026", Key="1")
        >>> answer["Body"].read(), answer["ContentLength"], answer["Metadata"]
        (b'one', 3, {'shop': 'north'})
        """
        stored = self._object(Bucket, Key)
        return {"Body": stored.content, **stored.described()}

    def head_object(self, Bucket: str, Key: str) -> Answer:
        """What get_object answers, without the content; what is missing is only a 404.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> s3.head_object(Bucket="orders-2026", Key="1")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (404) when calling the HeadObject operation: Not Found
        """
        return _head(lambda: self._object(Bucket, Key)).described()

    def list_objects_v2(
        self,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = MOST_KEYS,
        StartAfter: str = "",
        ContinuationToken: str | None = None,
        EncodingType: str | None = None,
    ) -> Answer:
        """List the objects whose keys begin with `Prefix`, in the order of their keys' UTF-8.

        Keys that have `Delimiter` after the prefix are told together, as one of CommonPrefixes. boto3 asks for encoded
        keys and decodes them. Raises NoSuchBucket, InvalidArgument (the token).

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> for key in ("a/1", "a/2", "b"):
        ...     _ = s3.put_object(Bucket="orders-2026", Key=key)
        >>> [found["Key"] for found in s3.list_objects_v2(Bucket="orders-2026", Prefix="a/")["Contents"]]
        ['a/1', 'a/2']
        >>> listed = s3.list_objects_v2(Bucket="orders-2026", Delimiter="/")
        >>> listed["CommonPrefixes"], [found["Key"] for found in listed["Contents"]], listed["KeyCount"]
        ([{'Prefix': 'a/'}], ['b'], 2)
        """
        bucket = self._find(Bucket, "s3:ListBucket")
        names = listed_names(bucket.objects, Prefix, Delimiter)
        ordered = sorted((name for name in names if name > StartAfter), key=str.encode)
        limit = min(MaxKeys, MOST_KEYS)
        try:
            shown, following = page(ordered, limit, ContinuationToken, f"{Bucket}:{Prefix}:{Delimiter}:{StartAfter}")
        except InvalidToken:
            raise ServiceError("InvalidArgument", "The continuation token provided is incorrect") from None
        answer = {
            "Name": Bucket,
            "Prefix": Prefix,
            "Delimiter": Delimiter or None,
            "MaxKeys": limit,
            "StartAfter": StartAfter or None,
            "ContinuationToken": ContinuationToken,
            "KeyCount": len(shown),
            "IsTruncated": following is not None,
            "NextContinuationToken": following,
            "Contents": [bucket.objects[name].listed(name) for name in shown if names[name] == name] or None,
            "CommonPrefixes": [{"Prefix": name} for name in shown if names[name] != name] or None,
        }
        return encoded(answer) if EncodingType else answer

    def delete_object(self, Bucket: str, Key: str) -> None:
        """Delete an object; nothing happens when there is none. Raises NoSuchBucket.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> s3.delete_object(Bucket="orders-2026", Key="1")["ResponseMetadata"]["HTTPStatusCode"]
        204
        """
        self._find(Bucket, "s3:DeleteObject", Key).objects.pop(Key, None)

    def delete_objects(self, Bucket: str, Delete: Mapping[str, Any]) -> Answer:
        """Delete up to 1,000 objects; those that were not there are told as well, and as Errors those that may not go.

        Raises NoSuchBucket, MalformedXML.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html

        >>> from eslabon import Cloud
        >>> s3 = Cloud().client("s3")
        >>> _ = s3.create_bucket(Bucket="orders-2026")
        >>> s3.delete_objects(Bucket="orders-2026", Delete={"Objects": [{"Key": "1"}]})["Deleted"]
        [{'Key': '1'}]
        """
        if not 0 < len(Delete["Objects"]) <= MOST_KEYS:
            message = "The XML you provided was not well-formed or did not validate against our published schema"
            raise ServiceError("MalformedXML", message)
        deleted, errors = [], []
        for one in Delete["Objects"]:
            try:
                self.delete_object(Bucket, one["Key"])
                deleted.append({"Key": one["Key"]})
            except ServiceError as refused:
                if refused.code != "AccessDenied":
                    raise
                errors.append({"Key": one["Key"], "Code": refused.code, "Message": refused.message})
        return {"Deleted": None if Delete.get("Quiet") else deleted, "Errors": errors or None}

    # -- the policy of a bucket

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
            raise _no_bucket()
        if bucket.account != self.account:
            message = "The specified method is not allowed against this resource."
            raise ServiceError("MethodNotAllowed", message, 405)
        return bucket

    def _find(self, name: str, action: str, key: str = "") -> StoredBucket:
        """The bucket, if who asks may do this with it or with the object of this key."""
        bucket = self._buckets.get(name)
        if bucket is None:
            raise _no_bucket()
        own = bucket.account == self.account
        if bucket.policy or not own:
            principal = self.cloud.call("sts", "get_caller_identity", {}, account=self.account)["Arn"]
            resource = f"arn:aws:s3:::{name}/{key}" if key else f"arn:aws:s3:::{name}"
            if not admitted(bucket.policy, owner=own, principal=principal, action=action, resource=resource):
                raise _denied()
        return bucket

    def _object(self, bucket: str, key: str) -> Stored:
        stored = self._find(bucket, "s3:GetObject", key).objects.get(key)
        if stored is None:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
        return stored


def _no_bucket() -> ServiceError:
    return ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)


def _denied() -> ServiceError:
    return ServiceError("AccessDenied", "Access Denied", 403)


def _head(find: Callable[[], Found]) -> Found:
    """What `find` answers; its refusal as HEAD tells it: a status without a body."""
    try:
        return find()
    except ServiceError as refused:
        reason = {403: "Forbidden", 404: "Not Found"}[refused.status]
        raise ServiceError(str(refused.status), reason, refused.status) from None
