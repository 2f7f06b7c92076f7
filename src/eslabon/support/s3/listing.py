"""Lists of objects: by prefix and delimiter, and with encoded keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

from eslabon.support.s3.buckets import Stored

_ENCODED = ("Delimiter", "Prefix", "StartAfter")


def names(keys: Iterable[str], prefix: str, delimiter: str) -> dict[str, str]:
    """What a list shows, by name: a key as it is, or what several keys have up to the delimiter after the prefix.

    The value is the key itself, or for a common prefix one of its keys.

    >>> names(["a/1", "b"], "", "/")
    {'a/': 'a/1', 'b': 'b'}
    >>> names(["a/1", "b"], "a/", "/")
    {'a/1': 'a/1'}
    """
    return {_name(key, prefix, delimiter): key for key in keys if key.startswith(prefix)}


def _name(key: str, prefix: str, delimiter: str) -> str:
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return key if end < 0 else key[: end + len(delimiter)]


def entry(key: str, stored: Stored) -> dict[str, Any]:
    """An object as ListObjectsV2 shows it.

    >>> from datetime import datetime
    >>> entry("a", Stored(b"one", "text/plain", {}, datetime(2026, 1, 1)))["Size"]
    3
    """
    return {
        "Key": key,
        "LastModified": stored.modified,
        "ETag": stored.etag,
        "Size": len(stored.content),
        "StorageClass": "STANDARD",
    }


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
