"""The metrics of a Region by namespace, name and dimensions, their points by minute or second, and how they are read.

Alarms, streams and metrics of other accounts are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eslabon.support.cloudwatch.statistics import Samples

HOUR, DAY = 3600, 86400
MINUTE = 60
# How long points stay readable with periods of these seconds and their multiples.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
RETENTION = ((3 * HOUR, 1), (15 * DAY, MINUTE), (63 * DAY, 300), (455 * DAY, HOUR))
# The start of a request is rounded down to these seconds, by its age.
_ROUNDED = ((15 * DAY, MINUTE), (63 * DAY, 300), (455 * DAY, HOUR))
_SHORT_PERIODS = (1, 5, 10, 20, 30)  # of high-resolution metrics
LISTED_AFTER = 15 * MINUTE  # until ListMetrics shows a new metric: AWS says up to so long
LISTED_FOR = 14 * DAY  # since its last point


class Key(NamedTuple):
    """What makes a metric another one; dimensions are (name, value), sorted."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def described(self) -> dict[str, Any]:
        """A metric as ListMetrics shows it.

        >>> Key("Shop", "Orders", (("Country", "es"),)).described()["Dimensions"]
        [{'Name': 'Country', 'Value': 'es'}]
        """
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


class Point(NamedTuple):
    """The samples of one period; `start` in seconds since 1970."""

    start: float
    unit: str
    samples: Samples


@dataclass(slots=True)
class Metric:
    """The points of one metric, by when they begin and how long they last (60 or 1 seconds), and by unit.

    >>> metric = Metric(since=0)
    >>> for second in (5, 50, 65):
    ...     metric.at(second, "Count").add(1)
    >>> [(point.start, point.samples.sum) for point in metric.points(0, 120, 60, now=120)]
    [(0, 2.0), (60, 1.0)]
    >>> [point.start for point in metric.points(0, 120, 60, now=119)]  # this minute is not over
    [0]
    >>> list(metric.points(0, 120, 60, now=120, unit="Seconds"))
    []
    """

    since: float  # when it came into being
    last: float = 0.0  # the time of its latest point
    stored: dict[tuple[int, int, str], Samples] = field(default_factory=dict)

    def at(self, when: float, unit: str, resolution: int = MINUTE) -> Samples:
        """The samples of the minute or second that `when` is in.

        >>> Metric(since=0).at(61, "Count").count
        0
        """
        self.last = max(self.last, when)
        place = (int(when) // resolution * resolution, resolution, unit)
        found = self.stored.get(place)
        if found is None:
            found = self.stored[place] = Samples()
        return found

    def points(self, start: float, end: float, period: int, now: float, unit: str | None = None) -> Iterator[Point]:
        """One point for each period that has samples, oldest first; periods are counted from `start`.

        A minute's samples are seen when the minute is over, and as long as RETENTION says.

        >>> metric = Metric(since=0)
        >>> metric.at(65, "Count").add(1)
        >>> [point.start for point in metric.points(60, 600, 300, now=600)]
        [60]
        >>> [point.start for point in metric.points(60, 600, 60, now=600 + 15 * DAY)]
        []
        """
        periods: dict[tuple[float, str], Samples] = {}
        for (begins, resolution, of_unit), samples in sorted(self.stored.items(), key=lambda item: item[0]):
            readable = next((step for age, step in RETENTION if now - begins < age), None)
            if readable is None or period % readable or period % resolution or begins + resolution > now:
                continue
            if start <= begins < end and unit in (None, of_unit):
                place = (start + (begins - start) // period * period, of_unit)
                periods[place] = periods.get(place, Samples()).merge([samples])
        return (Point(begins, of_unit, samples) for (begins, of_unit), samples in periods.items())


def is_period(period: int) -> bool:
    """Whether points may have this length.

    >>> is_period(300), is_period(10), is_period(90)
    (True, True, False)
    """
    return period in _SHORT_PERIODS or period % MINUTE == 0


def rounded_start(start: float, period: int, now: float) -> float:
    """The start of a request as CloudWatch rounds it down, by its age.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

    >>> rounded_start(125, 60, now=1000), rounded_start(125, 10, now=1000)
    (120, 120)
    >>> rounded_start(400, 300, now=16 * DAY)
    300
    """
    step = next((step for age, step in _ROUNDED if now - start < age), HOUR)
    if 1 < period < MINUTE and now - start < 3 * HOUR:
        step = period
    return int(start // step * step) if period > 1 else int(start)
