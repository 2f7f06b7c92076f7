"""Objects: put, read, listed, deleted, whole. Versions, ranges, multipart uploads, control of access are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.support.s3.buckets import Bucket as StoredBucket
from eslabon.support.s3.buckets import Stored, encoded, listed_names
from eslabon.support.s3.errors import told_by_head
from eslabon.support.s3.operations.registry import Answer, Registry

MOST_KEYS = 1000  # of one answer
LONGEST_KEY = 1024  # bytes
LARGEST_METADATA = 2048  # bytes of names and values
DEFAULT_TYPE = "binary/octet-stream"


class Objects(Registry):
    """Operations on objects."""

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
        return told_by_head(lambda: self._object(Bucket, Key)).described()

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

    def _object(self, bucket: str, key: str) -> Stored:
        stored = self._find(bucket, "s3:GetObject", key).objects.get(key)
        if stored is None:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
        return stored
