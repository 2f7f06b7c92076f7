"""CloudWatch metrics: what is published, how it is read back by period and statistic, and AWS's errors."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.errors import NotModelled
from tests.core.refusals import refused_code

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = {"Namespace": "Shop", "MetricName": "Orders"}


@pytest.fixture
def cloudwatch(cloud: Cloud) -> Any:
    return cloud.client("cloudwatch")


def put(cloudwatch: Any, *data: dict[str, Any], namespace: str = "Shop") -> None:
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Orders", **one} for one in data])


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def read(cloudwatch: Any, *names: str, minutes: float = 60, period: int = 60, **more: Any) -> list[dict[str, Any]]:
    """The points of the metric Orders, oldest first."""
    kind = "ExtendedStatistics" if names[0].startswith("p") else "Statistics"
    asked = {**ORDERS, "StartTime": START, "EndTime": at(minutes), "Period": period, kind: list(names), **more}
    found: list[dict[str, Any]] = cloudwatch.get_metric_statistics(**asked)["Datapoints"]
    return sorted(found, key=lambda point: point["Timestamp"])


def query(name: str = "orders", statistic: str = "Sum", period: int = 60, **more: Any) -> dict[str, Any]:
    return {"Id": name, "MetricStat": {"Metric": ORDERS, "Period": period, "Stat": statistic}, **more}


def data(cloudwatch: Any, *queries: dict[str, Any], minutes: float = 60, **more: Any) -> Any:
    return cloudwatch.get_metric_data(MetricDataQueries=list(queries), StartTime=START, EndTime=at(minutes), **more)


def test_each_statistic_summarises_the_values_of_a_period(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"Value": value, "Unit": "Count"} for value in (1, 2, 6)))
    cloud.clock.advance(60)
    point = read(cloudwatch, "SampleCount", "Average", "Sum", "Minimum", "Maximum")[0]
    assert point == {
        "Timestamp": START,
        "SampleCount": 3,
        "Average": 3,
        "Sum": 9,
        "Minimum": 1,
        "Maximum": 6,
        "Unit": "Count",
    }


def test_points_are_added_up_by_period_from_the_start_that_was_asked_for(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"Value": 1, "Timestamp": at(minute)} for minute in (0, 4, 5, 11)))
    cloud.clock.advance(3600)
    assert [(point["Timestamp"], point["Sum"]) for point in read(cloudwatch, "Sum", period=300)] == [
        (at(0), 2),
        (at(5), 1),
        (at(10), 1),
    ]
    shifted = read(cloudwatch, "Sum", period=300, StartTime=at(1) + timedelta(seconds=59))
    assert [(point["Timestamp"], point["Sum"]) for point in shifted] == [(at(1), 2), (at(11), 1)]


def test_the_start_is_included_and_the_end_is_not(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"Value": 1, "Timestamp": at(minute)} for minute in (0, 1, 2)))
    cloud.clock.advance(600)
    assert [point["Timestamp"] for point in read(cloudwatch, "Sum", minutes=2)] == [at(0), at(1)]


def test_a_metric_is_one_for_each_combination_of_dimensions(cloud: Cloud, cloudwatch: Any) -> None:
    country = [{"Name": "Country", "Value": "es"}]
    both = [{"Name": "Zone", "Value": "a"}, *country]
    put(cloudwatch, {"Value": 1}, {"Value": 2, "Dimensions": country}, {"Value": 4, "Dimensions": both})
    cloud.clock.advance(60)
    assert [point["Sum"] for point in read(cloudwatch, "Sum")] == [1]
    assert [point["Sum"] for point in read(cloudwatch, "Sum", Dimensions=country)] == [2]
    assert [point["Sum"] for point in read(cloudwatch, "Sum", Dimensions=both[::-1])] == [4]
    assert read(cloudwatch, "Sum", Dimensions=[{"Name": "Zone", "Value": "a"}]) == []


def test_units_are_kept_apart_and_never_converted(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, {"Value": 1, "Unit": "Seconds"}, {"Value": 1000, "Unit": "Milliseconds"}, {"Value": 5})
    cloud.clock.advance(60)
    assert {point["Unit"]: point["Sum"] for point in read(cloudwatch, "Sum")} == {
        "Seconds": 1,
        "Milliseconds": 1000,
        "None": 5,
    }
    assert [point["Sum"] for point in read(cloudwatch, "Sum", Unit="Seconds")] == [1]
    assert read(cloudwatch, "Sum", Unit="Bytes") == []


def test_values_with_counts_and_statistic_sets_count_as_the_values_they_stand_for(
    cloud: Cloud, cloudwatch: Any
) -> None:
    statistics = {"SampleCount": 4, "Sum": 20, "Minimum": 2, "Maximum": 9}
    put(cloudwatch, {"Values": [1, 3], "Counts": [2, 1]}, {"StatisticValues": statistics})
    cloud.clock.advance(60)
    point = read(cloudwatch, "SampleCount", "Sum", "Minimum", "Maximum")[0]
    assert (point["SampleCount"], point["Sum"], point["Minimum"], point["Maximum"]) == (7, 25, 1, 9)


@pytest.mark.parametrize(
    ("statistics", "percentile"),
    [
        ({"SampleCount": 1, "Sum": 5, "Minimum": 5, "Maximum": 5}, 5),
        ({"SampleCount": 3, "Sum": 15, "Minimum": 5, "Maximum": 5}, 5),
        ({"SampleCount": 3, "Sum": 16, "Minimum": 5, "Maximum": 6}, None),
    ],
)
def test_statistic_sets_have_percentiles_only_when_their_values_are_known(
    cloud: Cloud, cloudwatch: Any, statistics: dict[str, float], percentile: float | None
) -> None:
    put(cloudwatch, {"StatisticValues": statistics})
    cloud.clock.advance(60)
    assert read(cloudwatch, "p90")[0].get("ExtendedStatistics", {}).get("p90") == percentile


def test_percentiles_are_of_the_raw_values_and_there_are_none_of_negative_ones(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, {"Values": [float(value) for value in range(1, 101)]})
    cloud.clock.advance(60)
    point = read(cloudwatch, "p50", "p99", "p99.9", "p0", "p100")[0]["ExtendedStatistics"]
    assert point["p50"] == pytest.approx(50, abs=1)
    assert point["p99"] == pytest.approx(99, abs=1)
    assert (point["p0"], point["p100"]) == (1, 100)
    put(cloudwatch, {"Value": -1, "Timestamp": START})
    assert read(cloudwatch, "p50")[0]["ExtendedStatistics"] == {}
    assert data(cloudwatch, query(statistic="p50"))["MetricDataResults"][0]["Values"] == []


def test_a_minute_can_be_read_when_it_is_over(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, {"Value": 1})
    assert read(cloudwatch, "Sum") == []
    cloud.clock.advance(60)
    assert len(read(cloudwatch, "Sum")) == 1


def test_high_resolution_metrics_have_short_periods_for_three_hours(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"Value": 1, "Timestamp": START + timedelta(seconds=second), "StorageResolution": 1}
                      for second in (1, 8, 12)))  # fmt: skip
    cloud.clock.advance(600)
    assert [point["Sum"] for point in read(cloudwatch, "Sum", minutes=10, period=10)] == [2, 1]
    cloud.clock.advance(3 * 3600)
    assert read(cloudwatch, "Sum", minutes=10, period=10) == []
    assert [point["Sum"] for point in read(cloudwatch, "Sum", minutes=10, period=60)] == [3]


def test_metrics_of_regular_resolution_have_no_points_of_less_than_a_minute(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, {"Value": 1})
    cloud.clock.advance(600)
    assert read(cloudwatch, "Sum", minutes=10, period=30) == []


@pytest.mark.parametrize(
    ("days", "periods"), [(14, [60, 300, 3600]), (16, [300, 3600]), (64, [3600]), (454, [3600]), (456, [])]
)
def test_old_points_are_there_for_longer_periods_only(
    cloud: Cloud, cloudwatch: Any, days: int, periods: list[int]
) -> None:
    put(cloudwatch, {"Value": 1})
    cloud.clock.advance(days * 86400)
    assert [period for period in (60, 300, 3600) if read(cloudwatch, "Sum", period=period)] == periods


def test_get_metric_data_answers_newest_first_unless_asked_otherwise(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"Value": minute, "Timestamp": at(minute)} for minute in (1, 2, 3)))
    cloud.clock.advance(600)
    result = data(cloudwatch, query())["MetricDataResults"][0]
    assert (result["Values"], result["Timestamps"]) == ([3, 2, 1], [at(3), at(2), at(1)])
    assert data(cloudwatch, query(), ScanBy="TimestampAscending")["MetricDataResults"][0]["Values"] == [1, 2, 3]


def test_a_page_that_ends_within_a_result_is_partial_data(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"Value": minute, "Timestamp": at(minute)} for minute in range(5)))
    cloud.clock.advance(600)
    first = data(cloudwatch, query(), MaxDatapoints=3)
    assert first["MetricDataResults"][0]["StatusCode"] == "PartialData"
    second = data(cloudwatch, query(), MaxDatapoints=3, NextToken=first["NextToken"])
    assert second["MetricDataResults"][0]["StatusCode"] == "Complete"
    assert "NextToken" not in second
    values = first["MetricDataResults"][0]["Values"] + second["MetricDataResults"][0]["Values"]
    assert values == [4, 3, 2, 1, 0]
    assert refused_code(data, cloudwatch, query(), NextToken="nonsense") == "InvalidNextToken"
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[query()], StartTime=START, EndTime=at(60), PaginationConfig={"PageSize": 2}
    )
    assert [value for page in pages for value in page["MetricDataResults"][0]["Values"]] == [4, 3, 2, 1, 0]


def test_several_metrics_are_read_at_once_by_their_ids(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, {"Value": 2}, {"Value": 4})
    cloud.clock.advance(60)
    hidden = query("hidden", ReturnData=False)
    results = data(cloudwatch, query("sum"), query("mean", "Average", Label="per order"), hidden)["MetricDataResults"]
    assert [(one["Id"], one["Label"], one["Values"]) for one in results] == [
        ("sum", "Orders", [6]),
        ("mean", "per order", [3]),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        query("Orders"),
        query("2nd"),
        query(statistic="Median"),
        query(period=90),
        {"Id": "orders"},
        {"Id": "orders", "MetricStat": {"Metric": {"Namespace": "Shop"}, "Period": 60, "Stat": "Sum"}},
    ],
)
def test_a_query_that_is_none_is_a_validation_error(cloudwatch: Any, wrong: dict[str, Any]) -> None:
    assert refused_code(data, cloudwatch, wrong) == "ValidationError"


def test_an_id_is_used_once_and_the_end_is_after_the_start(cloudwatch: Any) -> None:
    assert refused_code(data, cloudwatch, query(), query()) == "ValidationError"
    assert refused_code(data, cloudwatch, query(), minutes=0) == "ValidationError"
    assert refused_code(data, cloudwatch, query(), minutes=-1) == "ValidationError"


def test_metric_math_and_trimmed_means_are_refused_loudly(cloudwatch: Any) -> None:
    with pytest.raises(NotModelled, match="Expression"):
        data(cloudwatch, query(), {"Id": "rate", "Expression": "orders / 60"})
    with pytest.raises(NotModelled, match="tm99"):
        data(cloudwatch, query(statistic="tm99"))
    with pytest.raises(NotModelled, match="put_metric_alarm"):
        cloudwatch.put_metric_alarm(AlarmName="late", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "ExtendedStatistics": ["p99"]}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "Period": 90}, "InvalidParameterValue"),
        ({"Statistics": ["Sum"], "EndTime": START}, "InvalidParameterValue"),
        ({"Statistics": ["Sum"], "EndTime": START - timedelta(1)}, "InvalidParameterValue"),
        ({"ExtendedStatistics": ["p101"]}, "InvalidParameterValue"),
        ({"Statistics": ["Median"]}, "ValidationError"),
    ],
)
def test_what_get_metric_statistics_does_not_take(cloudwatch: Any, more: dict[str, Any], code: str) -> None:
    asked = {**ORDERS, "StartTime": START, "EndTime": at(60), "Period": 60, **more}
    assert refused_code(cloudwatch.get_metric_statistics, **asked) == code


def test_get_metric_statistics_answers_at_most_1440_points(cloudwatch: Any) -> None:
    assert read(cloudwatch, "Sum", minutes=1440) == []
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException, match="exceeds the limit of 1440"):
        read(cloudwatch, "Sum", minutes=1441)


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
        ({"Value": float("nan")}, "InvalidParameterValue"),
        ({"Value": float("inf")}, "InvalidParameterValue"),
        ({"Value": 2.0**361}, "InvalidParameterValue"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue"),
        ({"Values": [float(value) for value in range(151)]}, "InvalidParameterValue"),
        ({"Value": 1, "StorageResolution": 30}, "InvalidParameterValue"),
        ({"Value": 1, "Timestamp": START - timedelta(15)}, "InvalidParameterValue"),
        ({"Value": 1, "Timestamp": START + timedelta(hours=3)}, "InvalidParameterValue"),
        (
            {"Value": 1, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]},
            "InvalidParameterValue",
        ),
        ({"Value": 1, "Dimensions": [{"Name": str(name), "Value": "1"} for name in range(31)]}, "ValidationError"),
        ({"Value": 1, "Unit": "Orders"}, "ValidationError"),
    ],
)
def test_a_datum_that_is_refused_leaves_nothing_of_its_request(
    cloud: Cloud, cloudwatch: Any, datum: dict[str, Any], code: str
) -> None:
    assert refused_code(put, cloudwatch, {"Value": 1}, datum) == code
    cloud.clock.advance(900)
    assert cloudwatch.list_metrics()["Metrics"] == []


def test_namespaces_of_aws_are_its_own_and_a_request_has_from_1_to_1000_metrics(cloudwatch: Any) -> None:
    assert refused_code(put, cloudwatch, {"Value": 1}, namespace="AWS/Shop") == "InvalidParameterValue"
    assert refused_code(put, cloudwatch) == "MissingParameter"
    put(cloudwatch, *[{"Value": 1}] * 1000)
    assert refused_code(put, cloudwatch, *[{"Value": 1}] * 1001) == "InvalidParameterValue"


def test_metrics_are_listed_by_namespace_name_and_some_of_their_dimensions(cloud: Cloud, cloudwatch: Any) -> None:
    both = [{"Name": "Country", "Value": "es"}, {"Name": "Zone", "Value": "a"}]
    put(cloudwatch, {"Value": 1}, {"Value": 1, "Dimensions": both}, {"Value": 1, "MetricName": "Price"})
    put(cloudwatch, {"Value": 1}, namespace="Bank")
    cloud.clock.advance(900)

    def listed(**filters: Any) -> int:
        return len(cloudwatch.list_metrics(**filters)["Metrics"])

    assert listed() == 4
    assert listed(Namespace="Shop") == 3
    assert listed(MetricName="Orders") == 3
    assert listed(Dimensions=[{"Name": "Zone"}]) == 1
    assert listed(Dimensions=[{"Name": "Zone", "Value": "b"}]) == 0
    assert listed(Dimensions=both) == 1


def test_metrics_are_listed_for_two_weeks_or_three_hours_after_their_last_point(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, {"Value": 1})
    cloud.clock.advance(4 * 3600)
    assert cloudwatch.list_metrics(RecentlyActive="PT3H")["Metrics"] == []
    assert len(cloudwatch.list_metrics()["Metrics"]) == 1
    cloud.clock.advance(14 * 86400)
    assert cloudwatch.list_metrics()["Metrics"] == []
    assert len(read(cloudwatch, "Sum", period=3600)) == 1, "they can still be read by name"


def test_metrics_are_listed_500_a_page(cloud: Cloud, cloudwatch: Any) -> None:
    put(cloudwatch, *({"MetricName": f"Orders{number}", "Value": 1} for number in range(501)))
    cloud.clock.advance(900)
    first = cloudwatch.list_metrics()
    assert len(first["Metrics"]) == 500
    assert len(cloudwatch.list_metrics(NextToken=first["NextToken"])["Metrics"]) == 1
    assert refused_code(cloudwatch.list_metrics, NextToken="nonsense") == "InvalidParameterValue"


def test_metrics_belong_to_a_region_and_cannot_be_deleted_so_they_are_no_resources(
    cloud: Cloud, cloudwatch: Any
) -> None:
    put(cloudwatch, {"Value": 1})
    cloud.clock.advance(900)
    assert cloud.client("cloudwatch", region_name="eu-south-1").list_metrics()["Metrics"] == []
    assert cloud.resources() == []


def test_a_hundred_thousand_values_of_services_stay_small(cloud: Cloud) -> None:
    service: Any = cloud.service("cloudwatch")
    tracemalloc.start()
    for number in range(100_000):
        service.record("AWS/X", "Time", (), number / 99_991, "Seconds", at=cloud.clock.now + number / 1000)
    assert tracemalloc.get_traced_memory()[0] < 1_000_000
    tracemalloc.stop()
    cloud.clock.advance(300)
    asked = {"Namespace": "AWS/X", "MetricName": "Time", "StartTime": START, "EndTime": at(5), "Period": 300}
    read = cloud.client("cloudwatch").get_metric_statistics
    assert read(**asked, Statistics=["SampleCount"])["Datapoints"][0]["SampleCount"] == 100_000
    percentile = read(**asked, ExtendedStatistics=["p90"])["Datapoints"][0]["ExtendedStatistics"]["p90"]
    assert percentile == pytest.approx(0.9, rel=0.01)
