"""When a failed delivery is tried again, and when it is given up. Computes; waits for nothing.

AWS states the limits (24 hours, 185 attempts) and "exponential back off and jitter", not the figures of the back-off:
those are ours.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIRST_WAIT = 10.0  # seconds, doubled at each attempt
LONGEST_WAIT = 600.0


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html

    >>> RetryPolicy.of({"MaximumRetryAttempts": 2})
    RetryPolicy(attempts=2, age=86400)
    >>> RetryPolicy.of(None).exhausted(retries=3, age=60.0) is None
    True
    >>> RetryPolicy.of({"MaximumRetryAttempts": 2}).exhausted(retries=2, age=60.0)
    'MaximumRetryAttempts'
    """

    attempts: int = 185
    age: int = 86_400  # seconds

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> RetryPolicy:
        """From the RetryPolicy of a target; what is left out has AWS's default.

        >>> RetryPolicy.of({"MaximumEventAgeInSeconds": 60}), RetryPolicy.of(None)
        (RetryPolicy(attempts=185, age=60), RetryPolicy(attempts=185, age=86400))
        """
        given = given or {}
        return cls(given.get("MaximumRetryAttempts", cls.attempts), given.get("MaximumEventAgeInSeconds", cls.age))

    def exhausted(self, *, retries: int, age: float) -> str | None:
        """The limit that is reached after so many retries, for an event of this age in seconds; None: try again.

        >>> policy = RetryPolicy(attempts=3, age=60)
        >>> policy.exhausted(retries=2, age=59.9) is None
        True
        >>> policy.exhausted(retries=3, age=60.0), policy.exhausted(retries=0, age=60.0)
        ('MaximumRetryAttempts', 'MaximumEventAgeInSeconds')
        """
        if retries >= self.attempts:
            return "MaximumRetryAttempts"
        if age >= self.age:
            return "MaximumEventAgeInSeconds"
        return None


def wait_before(retry: int, chance: random.Random) -> float:
    """Seconds before the retry of this number (from 1): exponential, with jitter over its upper half.

    >>> wait_before(1, random.Random(1)) < wait_before(5, random.Random(1)) <= LONGEST_WAIT
    True
    """
    whole = min(FIRST_WAIT * 2.0 ** min(retry - 1, 30), LONGEST_WAIT)
    return whole / 2 + whole / 2 * chance.random()
