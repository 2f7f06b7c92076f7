"""Retry and Catch: which errors they take, how long a retrier waits, what a catcher hands on.

Not when they are asked: that is the interpreter's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.ids import Ids
from eslabon.stepfunctions.language.dataflow import compile_dataflow
from eslabon.stepfunctions.language.errornames import ALL, DATA_LIMIT, HEARTBEAT, RUNTIME, TASK_FAILED, TIMEOUT
from eslabon.stepfunctions.language.scope import StateError

# What the wildcards do not take. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_NOT_TAKEN_BY: Mapping[str, frozenset[str]] = {
    ALL: frozenset({DATA_LIMIT}),
    TASK_FAILED: frozenset({DATA_LIMIT, TIMEOUT}),
}

LONGEST = 99_999_999.0  # seconds, more than any execution lasts: where growing waits stop growing


def matches(names: Sequence[str], error: str | None) -> bool:
    """Whether the error names of a retrier or catcher take an error; nothing takes States.Runtime.

    >>> matches(["States.ALL"], "Lambda.Unknown"), matches(["States.ALL"], "States.DataLimitExceeded")
    (True, False)
    >>> matches(["States.TaskFailed"], "States.Timeout"), matches(["States.Timeout"], "States.HeartbeatTimeout")
    (False, True)
    >>> matches(["States.ALL"], None), matches(["States.Runtime"], "States.Runtime")
    (True, False)
    """
    if error == RUNTIME:  # it "will always cause the execution to fail"
        return False
    return any(name == error or _takes(name, error) for name in names)


def _takes(name: str, error: str | None) -> bool:
    """Whether a name stands for an error that is called something else."""
    if name in _NOT_TAKEN_BY:
        return error not in _NOT_TAKEN_BY[name]
    return name == TIMEOUT and error == HEARTBEAT  # a missed heartbeat is a time-out too


class Retrier:
    """One entry of Retry: `attempts` retries for its errors, with growing waits.

    >>> retrier = Retrier({"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxDelaySeconds": 5})
    >>> [retrier.delay(attempt, Ids(1)) for attempt in (1, 2, 3)]
    [2.0, 4.0, 5.0]
    """

    __slots__ = ("attempts", "backoff", "errors", "interval", "jitter", "longest")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.errors: list[str] = fields["ErrorEquals"]
        self.interval: float = fields.get("IntervalSeconds", 1)
        self.backoff: float = fields.get("BackoffRate", 2.0)
        self.attempts: int = fields.get("MaxAttempts", 3)
        self.longest = float(fields.get("MaxDelaySeconds", LONGEST))
        self.jitter: bool = fields.get("JitterStrategy", "NONE") == "FULL"

    def delay(self, attempt: int, ids: Ids) -> float:
        """Seconds to wait before retry number `attempt` (from 1); FULL jitter draws below that.

        >>> Retrier({"ErrorEquals": ["Busy"], "IntervalSeconds": 3}).delay(2, Ids(1))
        6.0
        >>> 0 <= Retrier({"ErrorEquals": ["Busy"], "JitterStrategy": "FULL"}).delay(3, Ids(1)) <= 4
        True
        >>> Retrier({"ErrorEquals": ["Busy"], "MaxDelaySeconds": 9}).delay(10_000, Ids(1))
        9.0
        """
        try:
            seconds = min(float(self.interval) * float(self.backoff) ** (attempt - 1), self.longest)
        except OverflowError:
            seconds = self.longest
        return ids.random.uniform(0, seconds) if self.jitter else seconds


class Catcher:
    """One entry of Catch: its errors, the next state, and what becomes of the error output.

    >>> from eslabon.stepfunctions.language.scope import Scope
    >>> catcher = Catcher({"ErrorEquals": ["States.ALL"], "Next": "Handle", "ResultPath": "$.error"}, "JSONPath")
    >>> catcher.dataflow.output(Scope({"n": 1}), {"Error": "Full"})
    ({'n': 1, 'error': {'Error': 'Full'}}, {})
    """

    __slots__ = ("dataflow", "errors", "next")

    def __init__(self, fields: Mapping[str, Any], language: str) -> None:
        self.errors: list[str] = fields["ErrorEquals"]
        self.next: str = fields["Next"]
        self.dataflow = compile_dataflow(fields, language)


def error_output(failure: StateError) -> dict[str, Any]:
    """What a catcher sees of an error.

    >>> error_output(StateError("Full", "No room left."))
    {'Error': 'Full', 'Cause': 'No room left.'}
    >>> error_output(StateError("Full", None))
    {'Error': 'Full'}
    """
    members = {"Error": failure.error, "Cause": failure.cause}
    return {name: value for name, value in members.items() if value is not None}
