"""Entries of PutEvents: checked one by one, and made into events. Knows no bus and no rule."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.errors import ServiceError

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
REQUIRED = ("Source", "DetailType", "Detail")
TOTAL_SIZE = 1_048_576  # bytes: the total of a request is under 1 MB
TIME_SIZE = 14  # bytes that an entry's Time counts for
DETAIL_TYPE_LENGTH = 128
LEVELS = 1_000
INT64 = range(-(2**63), 2**63)


class EntryRefused(Exception):
    """One entry fails, the others go on: its ErrorCode and ErrorMessage."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def check_request(entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuse the whole request: it is too large, or no entry has all that is required.

    >>> check_request([{"Source": "shop", "DetailType": "order", "Detail": "{}"}])
    >>> check_request([{"Source": "shop"}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationException: Parameter DetailType is not valid. Reason: ...
    """
    if sum(map(size, entries)) >= TOTAL_SIZE:
        raise ServiceError("ValidationException", "Total size of the entries in the request is over the limit.")
    if not any(all(entry.get(name) for name in REQUIRED) for entry in entries):
        raise ServiceError("ValidationException", _missing(entries[0]) or "")


def size(entry: Mapping[str, Any]) -> int:
    """What an entry counts for, in bytes.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html

    >>> size({"Source": "shop", "DetailType": "order", "Detail": "{}"})
    11
    >>> size({"Source": "tienda", "Detail": '{"año": 1}', "Time": dt.datetime.now()})
    31
    """
    texts = [entry.get(name) or "" for name in REQUIRED] + list(entry.get("Resources") or [])
    return sum(len(text.encode()) for text in texts) + (TIME_SIZE if "Time" in entry else 0)


def make_event(
    entry: Mapping[str, Any], *, event_id: str, account: str, region: str, now: dt.datetime
) -> dict[str, Any]:
    """The event that an entry becomes; EntryRefused when it may not.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html

    >>> place = {"event_id": "1", "account": "123456789012", "region": "us-east-1", "now": dt.datetime(2026, 1, 1)}
    >>> make_event({"Source": "shop", "DetailType": "order", "Detail": '{"total": 9}'}, **place)["detail"]
    {'total': 9}
    >>> make_event({"Source": "aws.shop", "DetailType": "order", "Detail": "{}"}, **place)
    Traceback (most recent call last):
    eslabon.events.entries.EntryRefused: NotAuthorizedForSourceException: Not authorized for the source.
    """
    missing = _missing(entry)
    if missing:
        raise EntryRefused("InvalidArgument", missing)
    if len(entry["DetailType"]) > DETAIL_TYPE_LENGTH:
        reason = f"DetailType must have at most {DETAIL_TYPE_LENGTH} characters."
        raise EntryRefused("InvalidArgument", f"Parameter DetailType is not valid. Reason: {reason}")
    if entry["Source"].lower().startswith("aws."):
        raise EntryRefused("NotAuthorizedForSourceException", "Not authorized for the source.")
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": (entry.get("Time") or now).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": list(entry.get("Resources") or []),
        "detail": parse_detail(entry["Detail"]),
    }


def parse_detail(text: str) -> dict[str, Any]:
    """The Detail of an entry: a JSON object at most 1,000 levels deep, its whole numbers within 64 bits.

    >>> parse_detail('{"total": 9}')
    {'total': 9}
    >>> parse_detail("[]")
    Traceback (most recent call last):
    eslabon.events.entries.EntryRefused: MalformedDetail: Detail is malformed.
    """
    malformed = EntryRefused("MalformedDetail", "Detail is malformed.")
    brackets = text.count("{") + text.count("[")  # few of them cannot nest deeply: then the text is not walked
    if brackets > LEVELS and _depth(text) > LEVELS:
        raise malformed
    try:
        detail = json.loads(text, parse_int=_int64, parse_float=_finite, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise malformed from None
    if not isinstance(detail, dict):
        raise malformed
    return detail


def _depth(text: str) -> int:
    """How deep brackets nest outside of strings."""
    depth = deepest = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _int64(digits: str) -> int:
    number = int(digits)
    if number not in INT64:
        raise ValueError(digits)
    return number


def _finite(digits: str) -> float:
    """AWS states no limit; what is beyond a double's would reach the targets as Infinity, which is not JSON."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _missing(entry: Mapping[str, Any]) -> str | None:
    for name in REQUIRED:
        if not entry.get(name):
            return f"Parameter {name} is not valid. Reason: {name} is a required argument."
    return None
