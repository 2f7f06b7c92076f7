"""Reading a log page by page: GetLogEvents goes both ways from where a token stands, lists go one way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from eslabon import pagination
from eslabon.support.logs.errors import invalid
from eslabon.support.logs.groups import Event

BYTES_A_PAGE = 1_048_576

_TOKEN = re.compile(r"(?P<direction>[fb])/(?P<position>[0-9]{56})/s")
_NOWHERE = "0" * 56  # before the first event


def stream_page(
    events: Sequence[Event], limit: int, token: str | None, from_head: bool
) -> tuple[list[Event], dict[str, str]]:
    """Take one page of a stream's events, oldest first, and the tokens that lead on from it both ways.

    limit: the number of events at most, and 1 MiB; from_head: which end comes first when no token says so. At either
    end the same token comes back. Raises InvalidParameterException (token).

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html

    >>> events = [Event(time, time, f"line {time}", time) for time in (1, 2, 3)]
    >>> newest, tokens = stream_page(events, 2, None, from_head=False)
    >>> [event.message for event in newest]
    ['line 2', 'line 3']
    >>> [event.message for event in stream_page(events, 2, tokens["nextBackwardToken"], from_head=False)[0]]
    ['line 1']

    Nothing lies beyond the last event, yet:

    >>> stream_page(events, 2, tokens["nextForwardToken"], from_head=True) == (
    ...     [], {"nextForwardToken": tokens["nextForwardToken"],
    ...          "nextBackwardToken": tokens["nextForwardToken"].replace("f", "b")})
    True
    >>> stream_page(events, 2, "nonsense", from_head=True)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterException: The specified nextToken is invalid.
    """
    forward, position = (from_head, None) if token is None else _read(token)
    ahead = [
        event
        for event in (events if forward else reversed(events))
        if position is None or (event.id > position if forward else event.id < position)
    ]
    shown: list[Event] = []
    size = 0
    for event in ahead[:limit]:
        size += event.size
        if shown and size > BYTES_A_PAGE:
            break
        shown.append(event)
    shown.sort()
    edge = position or _NOWHERE
    return shown, {
        "nextForwardToken": f"f/{shown[-1].id if shown else edge}/s",
        "nextBackwardToken": f"b/{shown[0].id if shown else edge}/s",
    }


def _read(token: str) -> tuple[bool, str]:
    """Read whether a token leads forward, and from which event."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise invalid("The specified nextToken is invalid.")
    return found["direction"] == "f", found["position"]


def listing(member: str, items: Sequence[Any], limit: int, token: str | None, key: str = "") -> dict[str, Any]:
    """Answer one page of a list, with nextToken when there is more. Raises InvalidParameterException (token).

    member: the answer's member that holds the items; key: what selects them, so that a token fits no other list.

    >>> listing("logGroups", ["a", "b"], 2, None)
    {'logGroups': ['a', 'b']}
    >>> sorted(listing("logGroups", ["a", "b"], 1, None))
    ['logGroups', 'nextToken']
    >>> listing("logGroups", ["a", "b"], 1, "nonsense")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterException: The specified nextToken is invalid.
    """
    try:
        shown, following = pagination.page(items, limit, token, f"{member}:{key}")
    except pagination.InvalidToken as error:
        raise invalid("The specified nextToken is invalid.") from error
    return {member: shown} if following is None else {member: shown, "nextToken": following}
