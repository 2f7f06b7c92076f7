"""Buckets and the objects in them, and where a cloud keeps them. Who may see them, the service says."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from eslabon.errors import ServiceError

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

_BUCKET_NAME = re.compile(r"(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: its content and what is known of it.

    >>> stored = Stored(b"one", "text/plain", {}, datetime(2026, 1, 1))
    >>> stored.etag, stored.checksum
    ('"f97c5d29941bfb1b2fdab0874906ab82"', 'emyG8Q==')
    """

    content: bytes
    content_type: str
    metadata: Mapping[str, str]
    modified: datetime

    @property
    def etag(self) -> str:
        """The MD5 of the content, in quotation marks, which belong to it."""
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'

    @property
    def checksum(self) -> str:
        """The CRC-32 of the content in base64."""
        return base64.b64encode(zlib.crc32(self.content).to_bytes(4, "big")).decode()

    def described(self) -> dict[str, Any]:
        """What GetObject and HeadObject answer beside the content.

        >>> Stored(b"one", "text/plain", {}, datetime(2026, 1, 1)).described()["ContentLength"]
        3
        """
        return {
            "AcceptRanges": "bytes",
            "LastModified": self.modified,
            "ContentLength": len(self.content),
            "ETag": self.etag,
            "ContentType": self.content_type,
            "Metadata": dict(self.metadata),
            "ServerSideEncryption": "AES256",
        }


@dataclass(slots=True)
class Bucket:
    """A bucket: whose it is, where it is, and its objects by key."""

    name: str
    account: str
    region: str
    created: datetime
    objects: dict[str, Stored] = field(default_factory=dict)


# A bucket's name is taken for all accounts and Regions of a cloud.
BUCKETS: WeakKeyDictionary[Cloud, dict[str, Bucket]] = WeakKeyDictionary()


def new_bucket(name: str, account: str, region: str, created: datetime) -> Bucket:
    """An empty bucket.

    >>> new_bucket("orders-2026", "123456789012", "us-east-1", datetime(2026, 1, 1)).objects
    {}
    """
    return Bucket(name, account, region, created)


def checked_name(name: str) -> str:
    """The name, when a bucket may have it. Raises InvalidBucketName.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    >>> checked_name("orders-2026")
    'orders-2026'
    >>> checked_name("192.168.5.4")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidBucketName: The specified bucket is not valid.
    """
    if not _BUCKET_NAME.fullmatch(name) or _is_address(name):
        raise ServiceError("InvalidBucketName", "The specified bucket is not valid.")
    return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
