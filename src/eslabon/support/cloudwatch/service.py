"""CloudWatch's operations on metrics, and `record`, by which other services publish theirs.

Left out: alarms, dashboards, metric math, Metrics Insights queries, entities, metrics of other accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.support.cloudwatch.metrics import HOUR, LISTED_AFTER, LISTED_FOR, MINUTE, Key, Metric, Point, rounded_start
from eslabon.support.cloudwatch.requests import (
    check_data,
    check_points,
    checked_queries,
    checked_statistic,
    invalid,
    span,
)
from eslabon.support.cloudwatch.statistics import STATISTICS

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LISTED_A_PAGE = 500
MOST_DATAPOINTS = 100_800  # of GetMetricData

Answer = dict[str, Any]


class CloudWatch(Service):
    """CloudWatch of one account and Region.

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> cloudwatch = cloud.client("cloudwatch")
    >>> _ = cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3}])
    >>> cloud.clock.advance(60)
    >>> start = datetime(2026, 1, 1, tzinfo=UTC)  # one without a time zone is local time to boto3
    >>> metric = {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    >>> answer = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "orders", "MetricStat": metric}],
    ...     StartTime=start, EndTime=start.replace(hour=1))
    >>> answer["MetricDataResults"][0]["Values"]
    [3.0]

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
    """

    name: ClassVar[str] = "cloudwatch"
    principal: ClassVar[str] = "cloudwatch.amazonaws.com"
    validation_code: ClassVar[str] = "ValidationError"
    modelled: ClassVar[Mapping[str, str]] = {
        "Dimension": "*",
        "DimensionFilter": "*",
        "Metric": "*",
        "MetricDatum": "*",
        "StatisticSet": "*",
        "MetricStat": "*",
        "MetricDataQuery": "Id MetricStat Label ReturnData",
    }

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._metrics: dict[Key, Metric] = {}

    def record(
        self,
        namespace: str,
        name: str,
        dimensions: tuple[tuple[str, str], ...],
        value: float,
        unit: str,
        times: float = 1,
        *,
        at: float,
    ) -> None:
        """Publish a value of a service's own metric, perhaps several times. For services, not for programs.

        dimensions: (name, value), sorted by name. at: seconds since 1970.

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> balancer = (("LoadBalancer", "app/shop/50dc6c495c0c9188"),)
        >>> cloud.service("cloudwatch").record("AWS/ApplicationELB", "RequestCount", balancer, 1, "Count",
        ...     20, at=cloud.clock.now)
        >>> cloud.clock.advance(LISTED_AFTER)
        >>> [metric["MetricName"] for metric in cloud.client("cloudwatch").list_metrics()["Metrics"]]
        ['RequestCount']
        """
        self._metric(Key(namespace, name, dimensions)).at(at, unit).add(value, times)

    def put_metric_data(self, Namespace: str, MetricData: Sequence[Mapping[str, Any]] = ()) -> None:
        """Publish points of up to 1,000 metrics: a value, values with their counts, or a statistic set each.

        Raises InvalidParameterValue, InvalidParameterCombination, MissingParameter; then nothing is kept.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html

        >>> from eslabon import Cloud
        >>> cloudwatch = Cloud().client("cloudwatch")
        >>> _ = cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        ...     {"MetricName": "Price", "Values": [5, 7.5], "Counts": [3, 1], "Unit": "None"}])
        >>> cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Price"}])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterCombinationException: An error occurred (InvalidParameterCombination) ...
        """
        now = self.clock.now
        check_data(Namespace, MetricData, now)
        for datum in MetricData:
            key = Key(Namespace, datum["MetricName"], _dimensions(datum.get("Dimensions", ())))
            when = datum["Timestamp"].timestamp() if "Timestamp" in datum else now
            unit, resolution = datum.get("Unit", "None"), datum.get("StorageResolution", MINUTE)
            samples = self._metric(key).at(when, unit, resolution)
            if "StatisticValues" in datum:
                given = datum["StatisticValues"]
                samples.add_set(given["SampleCount"], given["Sum"], given["Minimum"], given["Maximum"])
                continue
            values = datum.get("Values") or [datum["Value"]]
            for value, count in zip(values, datum.get("Counts") or [1] * len(values), strict=True):
                samples.add(value, count)

    def list_metrics(
        self,
        Namespace: str | None = None,
        MetricName: str | None = None,
        Dimensions: Sequence[Mapping[str, str]] = (),
        NextToken: str | None = None,
        RecentlyActive: str | None = None,
    ) -> Answer:
        """List the metrics that have had points in the past two weeks, or three hours (PT3H); 500 a page.

        A new metric appears after 15 minutes. Raises InvalidParameterValue (the token).

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> cloudwatch = cloud.client("cloudwatch")
        >>> _ = cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3}])
        >>> cloudwatch.list_metrics(Namespace="Shop")["Metrics"]
        []
        >>> cloud.clock.advance(900)
        >>> cloudwatch.list_metrics(Namespace="Shop")["Metrics"]
        [{'Namespace': 'Shop', 'MetricName': 'Orders', 'Dimensions': []}]
        """
        now = self.clock.now
        active = now - (3 * HOUR if RecentlyActive else LISTED_FOR)
        wanted = [(one["Name"], one.get("Value")) for one in Dimensions]
        found = [
            key.described()
            for key, metric in sorted(self._metrics.items(), key=lambda item: item[0])
            if metric.since + LISTED_AFTER <= now
            and metric.last >= active
            and Namespace in (None, key.namespace)
            and MetricName in (None, key.name)
            and all(any(name == one and value in (None, of) for one, of in key.dimensions) for name, value in wanted)
        ]
        filters = f"{Namespace}:{MetricName}:{wanted}:{RecentlyActive}"
        try:
            shown, following = page(found, LISTED_A_PAGE, NextToken, filters)
        except InvalidToken:
            raise invalid("The value for parameter NextToken is invalid.") from None
        return {"Metrics": shown, "NextToken": following}

    def get_metric_statistics(
        self,
        Namespace: str,
        MetricName: str,
        StartTime: datetime,
        EndTime: datetime,
        Period: int,
        Dimensions: Sequence[Mapping[str, str]] = (),
        Statistics: Sequence[str] = (),
        ExtendedStatistics: Sequence[str] = (),
        Unit: str | None = None,
    ) -> Answer:
        """Read statistics of one metric, at most 1,440 points; a point of a minute is there when the minute is over.

        Raises InvalidParameterValue, InvalidParameterCombination.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> cloudwatch = cloud.client("cloudwatch")
        >>> _ = cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3}])
        >>> cloud.clock.advance(60)
        >>> asked = {"Namespace": "Shop", "MetricName": "Orders", "Period": 60, "Statistics": ["Average", "Maximum"],
        ...     "StartTime": "2026-01-01T00:00:00Z", "EndTime": "2026-01-01T01:00:00Z"}
        >>> point, = cloudwatch.get_metric_statistics(**asked)["Datapoints"]
        >>> point["Average"], point["Maximum"], point["Unit"]
        (3.0, 3.0, 'None')
        >>> cloudwatch.get_metric_statistics(**asked | {"EndTime": "2025-01-01T00:00:00Z"})
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterValueException: An error occurred (InvalidParameterValue) ...
        """
        start, end = span(StartTime, EndTime, "InvalidParameterValueException")
        check_points(start, end, Period, Statistics, ExtendedStatistics)
        computed = {name: checked_statistic(name, "ExtendedStatistics") for name in ExtendedStatistics}
        points = []
        for point in self._points(Key(Namespace, MetricName, _dimensions(Dimensions)), start, end, Period, Unit):
            shown: Answer = {name: STATISTICS[name](point.samples) for name in Statistics}
            if computed:
                found = {name: of(point.samples) for name, of in computed.items()}
                shown["ExtendedStatistics"] = {name: value for name, value in found.items() if value is not None}
            points.append({"Timestamp": _when(point.start), "Unit": point.unit, **shown})
        return {"Label": MetricName, "Datapoints": points}

    def get_metric_data(
        self,
        MetricDataQueries: Sequence[Mapping[str, Any]],
        StartTime: datetime,
        EndTime: datetime,
        NextToken: str | None = None,
        ScanBy: str = "TimestampDescending",
        MaxDatapoints: int = MOST_DATAPOINTS,
    ) -> Answer:
        """Read statistics of up to 500 metrics, newest points first unless ScanBy says otherwise, in pages.

        A result whose points go on in the next page is PartialData. Raises ValidationError, InvalidNextToken.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

        >>> from eslabon import Cloud
        >>> cloudwatch = Cloud().client("cloudwatch")
        >>> metric = {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
        >>> asked = {"StartTime": "2026-01-01T00:00:00Z", "EndTime": "2026-01-01T01:00:00Z"}
        >>> answer = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "orders", "MetricStat": metric}], **asked)
        >>> answer["MetricDataResults"]
        [{'Id': 'orders', 'Label': 'Orders', 'Timestamps': [], 'Values': [], 'StatusCode': 'Complete'}]
        >>> cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "Orders", "MetricStat": metric}], **asked)
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationError) ...
        """
        start, end = span(StartTime, EndTime, "ValidationError")
        if not 0 < MaxDatapoints <= MOST_DATAPOINTS:
            raise ServiceError("ValidationError", f"The parameter MaxDatapoints must be from 1 to {MOST_DATAPOINTS}.")
        computed = checked_queries(MetricDataQueries)
        results: list[Answer] = []
        places: list[tuple[int, float, float]] = []  # which result, when, value
        for query, of in zip(MetricDataQueries, computed, strict=True):
            if not query.get("ReturnData", True):
                continue
            asked, metric = query["MetricStat"], query["MetricStat"]["Metric"]
            key = Key(metric["Namespace"], metric["MetricName"], _dimensions(metric.get("Dimensions", ())))
            points = list(self._points(key, start, end, asked["Period"], asked.get("Unit")))
            found = [(point.start, value) for point in points if (value := of(point.samples)) is not None]
            places += [(len(results), *one) for one in sorted(found, reverse=ScanBy == "TimestampDescending")]
            results.append({"Id": query["Id"], "Label": query.get("Label", key.name), "Timestamps": [], "Values": []})
        try:
            shown, following = page(places, MaxDatapoints, NextToken, repr((MetricDataQueries, start, end, ScanBy)))
        except InvalidToken:
            raise ServiceError("InvalidNextToken", "The next token specified is invalid.") from None
        for result, when, value in shown:
            results[result]["Timestamps"].append(_when(when))
            results[result]["Values"].append(value)
        left = {result for result, *_ in places[places.index(shown[-1]) + 1 :]} if following else set()
        for number, one in enumerate(results):
            one["StatusCode"] = "PartialData" if number in left else "Complete"
        return {"MetricDataResults": results, "NextToken": following, "Messages": []}

    def _metric(self, key: Key) -> Metric:
        found = self._metrics.get(key)
        if found is None:
            found = self._metrics[key] = Metric(since=self.clock.now)
        return found

    def _points(self, key: Key, start: float, end: float, period: int, unit: str | None) -> Iterator[Point]:
        metric, now = self._metrics.get(key), self.clock.now
        return metric.points(rounded_start(start, period, now), end, period, now, unit) if metric else iter(())


def _dimensions(given: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one["Name"], one["Value"]) for one in given))


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
