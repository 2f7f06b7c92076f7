"""How long a Wait state waits: a number of seconds or a point in time, given, found by a path or computed.

Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html; the waiting is the interpreter's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from eslabon.stepfunctions.language.errornames import QUERY_FAILED, RUNTIME
from eslabon.stepfunctions.language.fields import Range, as_shown, compile_field
from eslabon.stepfunctions.language.scope import Scope, StateError

LONGEST = 99_999_999  # seconds

# ISO 8601 with `T` and an offset, or Z; fractions of a second have up to nine digits.
_TIMESTAMP = re.compile(
    r"(?P<whole>\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,9})?(?P<offset>Z|[+-]\d\d:\d\d)", re.ASCII
)

# Answers when the wait ends, in seconds since 1970, given when it began.
Until = Callable[[Scope, float], float]


def parse_timestamp(text: Any) -> float | None:
    """Seconds since 1970 of a timestamp as the language has it, or None.

    >>> parse_timestamp("2026-01-01T00:00:00Z"), parse_timestamp("2026-01-01T01:00:00.25+01:00")
    (1767225600.0, 1767225600.25)
    >>> parse_timestamp("2026-01-01 00:00:00Z"), parse_timestamp("2026-01-01T24:00:00Z"), parse_timestamp(5)
    (None, None, None)
    """
    found = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found["whole"] + found["offset"].replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
    return whole + float(found["fraction"] or 0)


def compile_wait(fields: Mapping[str, Any]) -> Until:
    """When a Wait state with these fields ends.

    Raises DefinitionError for a path or an expression that cannot be compiled.

    >>> compile_wait({"Seconds": 5})(Scope({}), 100.0)
    105.0
    >>> compile_wait({"Timestamp": "1970-01-01T00:00:10Z"})(Scope({}), 100.0)  # it has passed
    100.0
    >>> compile_wait({"SecondsPath": "$.n"})(Scope({"n": "soon"}), 100.0)
    Traceback (most recent call last):
    StateError: ...
    """
    seconds = compile_field(fields, "Seconds", kind="number", convert=_seconds, within=Range(0, LONGEST))
    if seconds is not None:
        return lambda scope, now: now + float(seconds(scope))
    timestamp = compile_field(fields, "Timestamp", kind="string")
    assert timestamp is not None, "a validated Wait state has exactly one of its four fields"

    def until(scope: Scope, now: float) -> float:
        given = timestamp(scope)
        moment = parse_timestamp(given)
        if moment is not None:
            return max(now, moment)
        wanted = "a valid ISO-8601 extended offset date-time format string"
        if "TimestampPath" in fields:
            found = f"{fields['TimestampPath']} == {as_shown(given)}"
            raise StateError(RUNTIME, f"The TimestampPath parameter does not reference {wanted}: {found}")
        cause = f"The Timestamp field is not {wanted}: {as_shown(given)}"
        raise StateError(QUERY_FAILED, cause, location="Timestamp")

    return until


def _seconds(value: Any, name: str, path: str) -> int:
    """What SecondsPath has found: a whole number, or text that holds one."""
    shown = as_shown(value)
    if not re.fullmatch(r"-?\d{1,19}", shown, re.ASCII):
        raise StateError(RUNTIME, f"The {name} parameter cannot be parsed as a long value: {path} == {shown}")
    seconds = int(shown)
    if not 0 <= seconds <= LONGEST:
        cause = f"The {name} parameter must be between 0 and {LONGEST} seconds: {path} == {shown}"
        raise StateError(RUNTIME, cause)
    return seconds
