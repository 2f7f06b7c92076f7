"""Buckets and their objects, where a cloud keeps them, how they are listed. Who may see them, the service says."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from weakref import WeakKeyDictionary

from eslabon.errors import ServiceError
from eslabon.permissions import Policy

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

# No address of IP version 4 either.
_BUCKET_NAME = re.compile(r"(?!xn--)(?!.*\.\.)(?!\d{1,3}(\.\d{1,3}){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

_ENCODED = ("Delimiter", "Prefix", "StartAfter")


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

    def listed(self, key: str) -> dict[str, Any]:
        """An object as ListObjectsV2 shows it.

        >>> Stored(b"one", "text/plain", {}, datetime(2026, 1, 1)).listed("a")["Size"]
        3
        """
        size, modified = len(self.content), self.modified
        return {"Key": key, "LastModified": modified, "ETag": self.etag, "Size": size, "StorageClass": "STANDARD"}


@dataclass(slots=True)
class Bucket:
    """A bucket: whose it is, where it is, and its objects by key."""

    name: str
    account: str
    region: str
    created: datetime
    objects: dict[str, Stored] = field(default_factory=dict)
    policy: Policy | None = None
    policy_text: str = ""


# A bucket's name is taken for all accounts and Regions of a cloud.
BUCKETS: WeakKeyDictionary[Cloud, dict[str, Bucket]] = WeakKeyDictionary()


def checked_name(name: str) -> str:
    """The name, when a bucket may have it. Raises InvalidBucketName.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    >>> checked_name("orders-2026")
    'orders-2026'
    >>> checked_name("192.168.5.4")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidBucketName: The specified bucket is not valid.
    """
    if not _BUCKET_NAME.fullmatch(name):
        raise ServiceError("InvalidBucketName", "The specified bucket is not valid.")
    return name


def listed_names(keys: Iterable[str], prefix: str, delimiter: str) -> dict[str, str]:
    """What a list shows, by name: a key as it is, or what several keys have up to the delimiter after the prefix.

    The value is the key itself, or for a common prefix one of its keys.

    >>> listed_names(["a/1", "b"], "", "/")
    {'a/': 'a/1', 'b': 'b'}
    >>> listed_names(["a/1", "b"], "a/", "/")
    {'a/1': 'a/1'}
    """
    return {_name(key, prefix, delimiter): key for key in keys if key.startswith(prefix)}


def _name(key: str, prefix: str, delimiter: str) -> str:
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return key if end < 0 else key[: end + len(delimiter)]


def encoded(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request with EncodingType url: its keys and prefixes are percent-encoded.

    >>> encoded({"Prefix": "a b", "Contents": [{"Key": "a b/1"}], "CommonPrefixes": None})
    {'Prefix': 'a+b', 'Contents': [{'Key': 'a+b/1'}], 'CommonPrefixes': None, 'EncodingType': 'url'}
    """
    shown = {name: _encode(value) if name in _ENCODED else value for name, value in answer.items()}
    for members, name in (("Contents", "Key"), ("CommonPrefixes", "Prefix")):
        if answer.get(members):
            shown[members] = [{**one, name: _encode(one[name])} for one in answer[members]]
    return {**shown, "EncodingType": "url"}


def _encode(text: str | None) -> str | None:
    return text if text is None else quote_plus(text, safe="/")
