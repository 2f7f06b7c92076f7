"""The metrics of load balancers, against cases of what AWS's pages say, and how they reach CloudWatch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.elbv2.application.desync import Classification
from eslabon.elbv2.application.examples import balancer, request
from eslabon.elbv2.application.messages import Response
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.metrics import METRICS, Tally, host_counts, records

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "elbv2" / "metrics.json").read_text("utf-8")
)
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
WHOLE = (("LoadBalancer", "app/shop/50dc6c495c0c9188"),)


def of_kind(key: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if key in case])


def outcome_of(facts: dict[str, Any]) -> Outcome:
    """A request of which these facts are known; it took half a second at the target if that has answered."""
    facts = dict(facts)
    shop, exchanges = balancer(
        type=facts.pop("type", "ip"), group={"stickiness.enabled": str(facts.pop("sticky", False)).lower()}
    )
    shop.arn = ARN + "loadbalancer/app/shop/50dc6c495c0c9188"
    asked = request("/")
    if "client" in facts:
        asked = type(asked)(asked.method, asked.target, asked.headers, client=facts.pop("client"))
    outcome = Outcome(shop, shop.listeners["listener"], shop.nodes[0], asked, 0.0, "Root=1")
    outcome.classification = Classification(facts.pop("tier", "Compliant"))
    group = exchanges.groups["group"]
    group.arn = ARN + "targetgroup/shop/73e2d6bc24d8a067"
    if facts.get("action") == "forward":
        outcome.group = group
    if facts.pop("target", False):
        outcome.target, outcome.sent = next(iter(group.targets.values())), 1.0
    for name, value in facts.items():
        setattr(outcome, name, value)
    if outcome.target_status:
        outcome.answered = 1.5
    return outcome


@of_kind("counted")
def test_a_request_counts_as_the_page_says(case: dict[str, Any]) -> None:
    tally = Tally()
    tally.add(outcome_of(case["outcome"]))
    assert {record.name for record in tally.take()} == set(case["counted"])


@of_kind("metric")
def test_a_metric_has_the_unit_and_the_dimensions_of_the_page(case: dict[str, Any]) -> None:
    metric = METRICS[case["namespace"]][case["metric"]]
    assert metric.unit == case["unit"]
    assert {frozenset(names) for names in metric.dimensions} == {frozenset(names) for names in case["dimensions"]}
    assert all(list(names) == sorted(names) for names in metric.dimensions)


def test_balancer_and_target_group_are_named_by_the_final_portions_of_their_arns() -> None:
    tally = Tally()
    tally.add(outcome_of(CASES[0]["outcome"]))
    found = {record.dimensions for record in tally.take() if record.name == "RequestCount"}
    assert (
        ("LoadBalancer", "app/shop/50dc6c495c0c9188"),
        ("TargetGroup", "targetgroup/shop/73e2d6bc24d8a067"),
    ) in found


def test_requests_are_counted_alone_and_all_together_are_told_once() -> None:
    tally = Tally()
    for number in range(100):
        outcome = outcome_of(CASES[0]["outcome"])
        outcome.answered = 1.0 + (0.1 if number < 90 else 2.0)
        tally.add(outcome)
    taken = [record for record in tally.take() if record.dimensions == WHOLE]
    assert [record.times for record in taken if record.name == "RequestCount"] == [100]
    times = {record.value: record.times for record in taken if record.name == "TargetResponseTime"}
    assert times == {0.1: 90, 2.0: 10}
    assert not tally


def test_bytes_are_summed_over_requests_of_different_sizes() -> None:
    tally = Tally()
    sizes = 0
    for size in (10, 1000):
        outcome = outcome_of(CASES[0]["outcome"])
        outcome.sent_bytes = size
        sizes += outcome.received_bytes + size
        tally.add(outcome)
    found = next(record for record in tally.take() if (record.name, record.dimensions) == ("ProcessedBytes", WHOLE))
    assert found.value * found.times == sizes


def test_requests_per_target_are_divided_by_the_healthy_ones_or_by_all() -> None:
    for states, share in ((["healthy", "healthy"], 0.5), (["healthy", "unhealthy"], 1), (["unhealthy"] * 4, 0.25)):
        shop, exchanges = balancer(targets=[f"172.31.0.{number}" for number in range(10, 10 + len(states))])
        targets = list(exchanges.groups["group"].targets.values())
        for target, state in zip(targets, states, strict=True):
            target.health.state = state
        tally = Tally()
        exchanges.observers.append(tally.add)
        forward: Any = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/"), now=0.0)
        exchanges.end(exchanges.finish(forward, Response(200), now=0.1), now=0.1)
        assert {one.value for one in tally.take() if one.name == "RequestCountPerTarget"} == {share}


def test_a_deregistered_target_is_neither_healthy_nor_unhealthy() -> None:
    shop, exchanges = balancer(targets=["172.31.0.10", "172.31.16.10", "172.31.0.11"])
    group = exchanges.groups["group"]
    for target, state in zip(group.targets.values(), ("healthy", "unhealthy.draining", "draining"), strict=True):
        target.health.state = state
    found = {(one.name, one.dimensions[0]): one.value for one in host_counts(shop, group)}
    assert found["HealthyHostCount", ("LoadBalancer", "shop")] == 1
    assert found["UnHealthyHostCount", ("LoadBalancer", "shop")] == 1
    assert found["HealthyHostCount", ("AvailabilityZone", "us-east-1b")] == 0
    group.type = "alb"  # other balancers are not counted
    assert list(host_counts(shop, group)) == []
    group.type = "ip"
    group.targets.clear()
    assert list(host_counts(shop, group)) == []


def test_flows_count_for_network_load_balancers_in_all_and_by_protocol() -> None:
    shop, _ = balancer()
    shop.type, shop.arn = "network", ARN + "loadbalancer/net/shop/50dc6c495c0c9188"
    found = list(records(shop, "NewFlowCount_TCP", 1, zone="us-east-1a"))
    assert {record.namespace for record in found} == {"AWS/NetworkELB"}
    assert found[0].dimensions == (("LoadBalancer", "net/shop/50dc6c495c0c9188"),)


def test_what_is_counted_is_read_with_boto3(cloud: Cloud) -> None:
    service: Any = cloud.service("cloudwatch")
    tally = Tally()
    for _ in range(5):
        tally.add(outcome_of(CASES[0]["outcome"]))
    for record in tally.take():
        service.record(*record, at=cloud.clock.now)
    cloud.clock.advance(60)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    metric = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "RequestCount",
        "Dimensions": [{"Name": name, "Value": value} for name, value in WHOLE],
    }
    answer = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "requests", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        StartTime=start,
        EndTime=start + timedelta(minutes=5),
    )
    assert answer["MetricDataResults"][0]["Values"] == [5]
