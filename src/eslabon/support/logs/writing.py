"""What may be written: the batches of PutLogEvents, and the one log event that a rule of EventBridge delivers.

Writes nothing itself. All times are milliseconds since 1970.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from eslabon import jsontext
from eslabon.errors import Failure
from eslabon.support.logs.errors import invalid
from eslabon.support.logs.groups import DAY, EVENT_OVERHEAD

BATCH_BYTES = 1_048_576
OLDEST = 14 * DAY
NEWEST = DAY // 12

# Members of RejectedLogEventsInfo, for people.
_REASONS = {
    "tooOldLogEventEndIndex": "older than 14 days",
    "expiredLogEventEndIndex": "older than the log group's retention",
    "tooNewLogEventStartIndex": "more than 2 hours in the future",
}

_WHOLE_EVENT = {"source", "detail-type", "time", "detail"}


def check_batch(events: Sequence[dict[str, Any]]) -> None:
    """Refuse a batch that is not in the order of time or too large. Raises InvalidParameterException.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html

    >>> check_batch([{"timestamp": 1, "message": "open"}, {"timestamp": 1, "message": "sold"}])
    >>> check_batch([{"timestamp": 2, "message": "sold"}, {"timestamp": 1, "message": "open"}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterException: Log events in a single PutLogEvents request must be in ...
    """
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    size = sum(len(event["message"].encode(errors="replace")) + EVENT_OVERHEAD for event in events)
    if size > BATCH_BYTES:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {BATCH_BYTES}")


def sift(times: Sequence[int], now: int, horizon: int) -> tuple[slice, dict[str, int]]:
    """Say which events of a batch are taken, and which are not as RejectedLogEventsInfo does.

    times: of the events, in order; horizon: the time before which the group's events have expired.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html

    >>> sift([20 * DAY], now=20 * DAY, horizon=0)
    (slice(0, 1, None), {})
    >>> sift([5 * DAY, 20 * DAY, 21 * DAY], now=20 * DAY, horizon=0)
    (slice(1, 2, None), {'tooOldLogEventEndIndex': 1, 'tooNewLogEventStartIndex': 2})
    """
    too_old = bisect_left(times, now - OLDEST)
    expired = bisect_left(times, horizon)
    too_new = bisect_right(times, now + NEWEST)
    rejected = {
        "tooOldLogEventEndIndex": too_old or None,
        "expiredLogEventEndIndex": expired or None,
        "tooNewLogEventStartIndex": too_new if too_new < len(times) else None,
    }
    taken = slice(max(too_old, expired), too_new)
    return taken, {name: index for name, index in rejected.items() if index is not None}


def delivered_event(payload: str, now: int, horizon: int) -> tuple[int, str] | Failure:
    """Read what a rule delivers as (time, message): a whole event, at its own time, or what a template has made of it.

    A template is {"timestamp": …, "message": …}; the timestamp is a number of milliseconds, or text as in an event's
    time, and the message is not empty. Anything else is a Failure, and so is what PutLogEvents would reject for its
    time; horizon: the time before which the group's events have expired.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#targets-specifics-cwl

    >>> delivered_event('{"timestamp": 1767225601000, "message": "sold"}', now=1767225602000, horizon=0)
    (1767225601000, 'sold')
    >>> event = {"source": "shop", "detail-type": "sold", "time": "2026-01-01T00:00:02Z", "detail": {}}
    >>> delivered_event(json.dumps(event), now=1767225602000, horizon=0)[0]
    1767225602000
    >>> delivered_event(json.dumps(event), now=1767225602000 + 15 * DAY, horizon=0).message
    'CloudWatch Logs rejected the log event: its timestamp 1767225602000 is older than 14 days.'
    >>> delivered_event('{"message": "sold"}', now=1767225602000, horizon=0).code
    'INVALID_PARAMETER'
    """
    try:
        timestamp, message = _log_event(payload)
    except ValueError as error:
        return Failure("INVALID_PARAMETER", str(error), retryable=False)
    _, rejected = sift([timestamp], now, horizon)
    if rejected:
        reasons = " and ".join(_REASONS[name] for name in rejected)
        reason = f"CloudWatch Logs rejected the log event: its timestamp {timestamp} is {reasons}."
        return Failure("EVENTS_IN_BATCH_REQUEST_REJECTED", reason, retryable=False)
    return timestamp, message


def _log_event(payload: str) -> tuple[int, str]:
    written = jsontext.parse(payload)
    keys = set(written) if isinstance(written, dict) else set()
    if keys == {"timestamp", "message"} and written["message"] != "":
        message = written["message"]
        return _moment(written["timestamp"]), message if isinstance(message, str) else json.dumps(message)
    if keys >= _WHOLE_EVENT:
        return _moment(written["time"]), payload
    raise ValueError('A log group receives whole events, or {"timestamp": …, "message": …} from an input transformer.')


def _moment(written: Any) -> int:
    """Read a time: milliseconds since 1970, or ISO 8601 with its offset from UTC."""
    if type(written) is int:
        return written
    try:
        moment = dt.datetime.fromisoformat(written)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"The timestamp {json.dumps(written)} is neither milliseconds since 1970 nor ISO 8601.")
    return round(moment.timestamp() * 1000)
