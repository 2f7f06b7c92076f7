"""What is kept of a metric's values within a minute or second, and the statistics of it; trimmed ones are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from eslabon.errors import NotModelled

MOST_EXACT = 500  # different values that are kept as they are; of further ones three significant digits
_PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100(\.0+)?)")
# tm90, wm, PR(…) and the like: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
_TRIMMED = re.compile(r"IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d+)?|(TM|TC|TS|WM|PR)\(.*\)")


@dataclass(slots=True)
class Samples:
    """Values in few numbers: how many, their sum, the least, the greatest, and how often each.

    >>> samples = Samples()
    >>> samples.add(0.25); samples.add(0.5, count=3)
    >>> samples.count, samples.sum, samples.minimum, samples.maximum
    (4, 1.75, 0.25, 0.5)
    """

    count: float = 0
    sum: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")
    values: Counter[float] = field(default_factory=Counter)
    raw: bool = True  # whether `values` has them all, as percentiles need

    def add(self, value: float, count: float = 1) -> None:
        """Count a value, perhaps several times.

        >>> samples = Samples()
        >>> for thousandth in range(100_000):
        ...     samples.add(thousandth / 1000)
        >>> samples.count, samples.maximum, len(samples.values) < 3000
        (100000, 99.999, True)
        """
        self.count += count
        self.sum += value * count
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        if len(self.values) >= MOST_EXACT and value not in self.values:
            value = float(f"{value:.3g}")
        self.values[value] += count  # type: ignore[assignment]  # counts that are given need not be whole

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Count a statistic set: its values are not known, unless there is one, or all are the same.

        >>> samples = Samples()
        >>> samples.add_set(10, 55, 1, 10)
        >>> statistic("Average")(samples), statistic("p50")(samples)
        (5.5, None)
        """
        if count == 1 or minimum == maximum:
            self.add(minimum, count)
        else:
            self.merge([Samples(count, total, minimum, maximum, raw=False)])

    def merge(self, others: Iterable[Samples]) -> Samples:
        """Count what the others have counted.

        >>> one, other = Samples(), Samples()
        >>> one.add(1); other.add(3)
        >>> statistic("Average")(Samples().merge([one, other]))
        2.0
        """
        for other in others:
            self.count += other.count
            self.sum += other.sum
            self.minimum = min(self.minimum, other.minimum)
            self.maximum = max(self.maximum, other.maximum)
            self.values.update(other.values)
            self.raw = self.raw and other.raw
        return self


Statistic = Callable[[Samples], float | None]
STATISTICS: dict[str, Statistic] = {
    "SampleCount": lambda samples: float(samples.count),
    "Average": lambda samples: samples.sum / samples.count if samples.count else None,
    "Sum": lambda samples: float(samples.sum),
    "Minimum": lambda samples: float(samples.minimum),
    "Maximum": lambda samples: float(samples.maximum),
}


def statistic(name: str) -> Statistic:
    """The function behind a statistic's name; it answers None where there is no such statistic of the samples.

    A percentile is the least value that as many per cent of the values do not exceed. Raises ValueError for what is no
    statistic, NotModelled for trimmed means and their like.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html

    >>> samples = Samples()
    >>> for value in range(1, 101):
    ...     samples.add(value)
    >>> statistic("Sum")(samples), statistic("p99")(samples), statistic("p100")(samples)
    (5050.0, 99.0, 100.0)
    >>> samples.add(-1); statistic("p99")(samples)  # none of negative values
    >>> statistic("Median")
    Traceback (most recent call last):
    ValueError: Median is not a valid statistic
    """
    if name in STATISTICS:
        return STATISTICS[name]
    if _PERCENTILE.fullmatch(name):
        share = float(name[1:]) / 100
        return lambda samples: _percentile(samples, share)
    if _TRIMMED.fullmatch(name):
        raise NotModelled("cloudwatch", f"the statistic {name}", [*STATISTICS, "p99"])
    raise ValueError(f"{name} is not a valid statistic")


def _percentile(samples: Samples, share: float) -> float | None:
    if not samples.raw or samples.minimum < 0:
        return None
    below = 0.0
    for value, count in sorted(samples.values.items()):
        below += count
        if below >= share * samples.count:
            return float(min(max(value, samples.minimum), samples.maximum))
    return float(samples.maximum)
