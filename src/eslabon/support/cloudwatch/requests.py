"""What CloudWatch does not take, beyond types and lengths: its errors. Metric math and dynamic labels are left out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.support.cloudwatch.metrics import DAY, HOUR, MINUTE, is_period
from eslabon.support.cloudwatch.statistics import Statistic, statistic

MOST_POINTS = 1440  # of GetMetricStatistics
MOST_QUERIES = 500  # of GetMetricData
MOST_DATA = 1000  # of PutMetricData
MOST_VALUES = 150  # of one datum
LARGEST = 2.0**360
VALUE, COMBINATION = "InvalidParameterValueException", "InvalidParameterCombinationException"
VALIDATION = "ValidationError"
_ID = re.compile("[a-z][A-Za-z0-9_]*")
PERIODS = "must be 1, 5, 10, 20, 30 or a multiple of 60."


def invalid(message: str) -> ServiceError:
    """Make the error of a value that CloudWatch does not take.

    >>> invalid("The parameter StartTime must not equal parameter EndTime.").code
    'InvalidParameterValueException'
    """
    return ServiceError(VALUE, message)


def span(start: datetime, end: datetime, code: str) -> tuple[float, float]:
    """The seconds since 1970 of two times; an error of this code unless the first is earlier.

    >>> noon = datetime(2026, 1, 1, 12)
    >>> span(noon, noon, "ValidationError")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: The parameter StartTime must not equal parameter EndTime.
    """
    complaints = {
        "The parameter StartTime must not equal parameter EndTime.": start == end,
        "The parameter StartTime must be less than the parameter EndTime.": start > end,
    }
    _refuse(code, complaints)
    return start.timestamp(), end.timestamp()


def checked_statistic(name: str, parameter: str, code: str = VALUE) -> Statistic:
    """The function behind a statistic's name, which stands in this parameter.

    >>> checked_statistic("Median", "ExtendedStatistics")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: The value Median for parameter ExtendedStatistics ...
    """
    try:
        return statistic(name)
    except ValueError:
        raise ServiceError(code, f"The value {name} for parameter {parameter} is not a valid statistic.") from None


def check_points(
    start: float, end: float, period: int, statistics: Sequence[str], extended_statistics: Sequence[str]
) -> None:
    """Check what GetMetricStatistics asks for. Raises InvalidParameterValue, InvalidParameterCombination.

    >>> check_points(0, 3600, 60, ["Sum"], [])
    >>> check_points(0, 86400, 1, ["Sum"], [])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterCombinationException: You have requested up to 86400 datapoints, ...
    """
    _refuse(VALUE, {f"The parameter Period {PERIODS}": not is_period(period)})
    asked, both = math.ceil((end - start) / period), "the parameters Statistics and ExtendedStatistics"
    complaints = {
        f"At least one of {both} must be specified.": not statistics and not extended_statistics,
        f"You may specify only one of {both}.": bool(statistics and extended_statistics),
        f"You have requested up to {asked} datapoints, which exceeds the limit of {MOST_POINTS}. You may reduce the "
        "datapoints requested by increasing Period, or decreasing the time range.": asked > MOST_POINTS,
    }
    _refuse(COMBINATION, complaints)


def checked_queries(queries: Sequence[Mapping[str, Any]]) -> list[Statistic]:
    """The statistic of each query of GetMetricData. Raises ValidationError, NotModelled.

    >>> checked_queries([])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: The collection MetricDataQueries must have a size from 1 to 500.
    """
    sized = 0 < len(queries) <= MOST_QUERIES
    _refuse(VALIDATION, {f"The collection MetricDataQueries must have a size from 1 to {MOST_QUERIES}.": not sized})
    seen: set[str] = set()
    found = []
    for number, query in enumerate(queries, 1):
        place, name, asked = f"MetricDataQueries.member.{number}", query["Id"], query.get("MetricStat", {})
        named = {"Namespace", "MetricName"} <= asked.get("Metric", {}).keys()
        complaints = {
            f"{place}.Id must begin with a small letter and have letters, digits, underscores.": not _ID.fullmatch(
                name
            ),
            f"{place}.Id must not be that of another query.": name in seen,
            f"{place} must have a MetricStat or an Expression.": not asked,
            f"{place}.MetricStat.Metric must have a Namespace and a MetricName.": not named,
            f"{place}.MetricStat.Period {PERIODS}": not is_period(asked.get("Period", MINUTE)),
        }
        _refuse(VALIDATION, {f"The parameter {message}": holds for message, holds in complaints.items()})
        if "${" in query.get("Label", ""):
            raise NotModelled("cloudwatch", f"dynamic labels ({query['Label']})")
        seen.add(name)
        found.append(checked_statistic(asked["Stat"], f"{place}.MetricStat.Stat", VALIDATION))
    return found


def check_data(namespace: str, data: Sequence[Mapping[str, Any]], now: float) -> None:
    """Check what PutMetricData is given.

    Raises InvalidParameterValue, InvalidParameterCombination, MissingParameter.

    >>> check_data("Shop", [{"MetricName": "Orders", "Value": 3}], now=0)
    >>> check_data("Shop", [{"MetricName": "Orders", "Value": float("nan")}], now=0)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: The value NaN for parameter MetricData.member.1 ...
    """
    _refuse("MissingRequiredParameterException", {"The parameter MetricData is required.": not data})
    complaints = {
        f"The value {namespace} for parameter Namespace is invalid.": namespace.startswith("AWS/"),
        f"The collection MetricData must not have a size greater than {MOST_DATA}.": len(data) > MOST_DATA,
    }
    _refuse(VALUE, complaints)
    for number, datum in enumerate(data, 1):
        _check_datum(f"MetricData.member.{number}", datum, now)


def _check_datum(place: str, datum: Mapping[str, Any], now: float) -> None:
    given = [f"{place}.{name}" for name in ("Value", "Values", "StatisticValues") if name in datum]
    complaints = {
        f"At least one of the parameters {place}.Value and {place}.StatisticValues must be specified.": not given,
        f"The parameters {' and '.join(given)} are mutually exclusive and you have specified both.": len(given) > 1,
    }
    _refuse(COMBINATION, complaints)
    values, counts = datum.get("Values", []), datum.get("Counts", [])
    numbers = [datum.get("Value", 0), *values, *counts, *datum.get("StatisticValues", {}).values()]
    wrong = json.dumps(next((number for number in numbers if not -LARGEST <= number <= LARGEST), None))  # NaN is none
    resolution = datum.get("StorageResolution", MINUTE)
    names = [one["Name"] for one in datum.get("Dimensions", ())]
    age = now - datum["Timestamp"].timestamp() if "Timestamp" in datum else 0
    complaints = {
        f"The collection {place}.Values must not have a size greater than {MOST_VALUES}.": len(values) > MOST_VALUES,
        f"The parameters {place}.Values and {place}.Counts must be of the same size.": "Counts" in datum
        and len(counts) != len(values),
        f"The value {wrong} for parameter {place}.Value is invalid.": wrong != "null",
        f"The value {resolution} for parameter {place}.StorageResolution is invalid.": resolution not in (1, MINUTE),
        f"The parameter {place}.Dimensions has the same name twice.": len(set(names)) < len(names),
        f"The parameter {place}.Timestamp must be in the past two weeks or the next two hours.": not (
            -2 * HOUR <= age <= 14 * DAY
        ),
    }
    _refuse(VALUE, complaints)


def _refuse(code: str, complaints: Mapping[str, bool]) -> None:
    """Raise the first complaint that holds."""
    for message, holds in complaints.items():
        if holds:
            raise ServiceError(code, message)
