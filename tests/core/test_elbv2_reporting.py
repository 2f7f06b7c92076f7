"""What balancers report: metrics that boto3 reads, access logs in a bucket whose policy lets them in."""

from __future__ import annotations

import gzip
import json
import shlex
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from eslabon import Cloud, activate
from eslabon.elbv2.reporting import Reports
from eslabon.errors import ServiceError

DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
ONE, TWO = "172.31.0.100", "172.31.16.100"


def hello(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


class Shop:
    """A balancer with two addresses behind it, one of which may be taken away; everybody may reach its port 80."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        ec2, self.elbv2, self.s3 = boto3.client("ec2"), boto3.client("elbv2"), boto3.client("s3")
        subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: str(one["AvailabilityZone"]))[:2]
        vpc = subnets[0]["VpcId"]
        web = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        open_to_all = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[open_to_all])
        made = self.elbv2.create_load_balancer(
            Name="shop", Subnets=[one["SubnetId"] for one in subnets], SecurityGroups=[web]
        )["LoadBalancers"][0]
        self.arn, self.name = made["LoadBalancerArn"], made["DNSName"]
        check = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2}
        group = self.elbv2.create_target_group(
            Name="shop", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", **check
        )["TargetGroups"][0]
        self.group = group["TargetGroupArn"]
        self.elbv2.register_targets(TargetGroupArn=self.group, Targets=[{"Id": ONE}, {"Id": TWO}])
        for address in (ONE, TWO):
            cloud.host(address, hello)
        forward = [{"Type": "forward", "TargetGroupArn": self.group}]
        self.elbv2.create_listener(LoadBalancerArn=self.arn, Protocol="HTTP", Port=80, DefaultActions=forward)
        service: Any = cloud.service("elbv2")
        service.exchanges.observers.clear()
        self.reports = Reports(service)
        self.balancer = service.balancers[self.arn]
        self.elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[self.arn])
        self.elbv2.get_waiter("target_in_service").wait(TargetGroupArn=self.group)
        self.until_minute()

    def until_minute(self, minutes: int = 1) -> None:
        """Let time pass until a minute, or five of them, begin."""
        step = 60 * minutes
        self.cloud.clock.advance(step - self.cloud.clock.now % step)

    def get(self, path: str = "/") -> int:
        try:
            with urllib.request.urlopen(f"http://{self.name}{path}") as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def read(self, name: str, statistic: str = "Sum", **place: str) -> list[float]:
        """The values of a metric by minute, oldest first."""
        dimensions = {"LoadBalancer": self.arn.partition(":loadbalancer/")[2], **place}
        metric = {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        start = datetime(2026, 1, 1, tzinfo=UTC)
        answer = boto3.client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "one", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}],
            StartTime=start,
            EndTime=start + timedelta(days=1),
            ScanBy="TimestampAscending",
        )
        values: list[float] = answer["MetricDataResults"][0]["Values"]
        return values

    def log_into(self, bucket: str, allowed: bool = True) -> None:
        self.s3.create_bucket(Bucket=bucket)
        if allowed:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": DELIVERY},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/123456789012/*",
            }
            self.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [statement]}))
        self.balancer.attributes |= {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": bucket}

    def logs(self, bucket: str) -> dict[str, list[list[str]]]:
        """The fields of each line, by the file that it is in."""
        found = {}
        for entry in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            content = self.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            found[entry["Key"]] = [shlex.split(line) for line in gzip.decompress(content).decode().splitlines()]
        return found


@pytest.fixture
def shop() -> Iterator[Shop]:
    with activate() as cloud:
        yield Shop(cloud)


def test_requests_are_counted_by_the_minute(shop: Shop) -> None:
    for count in (3, 2):
        for _ in range(count):
            assert shop.get() == 200
        shop.until_minute()
    assert shop.read("RequestCount") == [3, 2]
    assert shop.read("HTTPCode_Target_2XX_Count", TargetGroup=shop.group.rpartition(":")[2]) == [3, 2]
    assert sum(sum(shop.read("RequestCount", AvailabilityZone=f"us-east-1{zone}")) for zone in "ab") == 5
    assert shop.read("HTTPCode_ELB_5XX_Count") == []


def test_the_time_that_targets_take_has_percentiles(shop: Shop) -> None:
    shop.cloud.host(ONE, hello, delay=0.5)
    for _ in range(12):  # two nodes, two targets: half of them wait
        shop.get()
    shop.until_minute()
    assert shop.read("TargetResponseTime", "p50")[0] == pytest.approx(0.0, abs=0.01)
    assert shop.read("TargetResponseTime", "p90")[0] == pytest.approx(0.5, abs=0.01)
    assert shop.read("TargetResponseTime", "Maximum")[0] == pytest.approx(0.5, abs=0.01)


def test_a_target_that_dies_is_seen_in_the_count_of_healthy_ones(shop: Shop) -> None:
    group = shop.group.rpartition(":")[2]
    shop.get()
    shop.until_minute()
    shop.cloud.host(ONE, None)
    shop.until_minute()
    shop.until_minute()
    assert shop.read("HealthyHostCount", "Minimum", TargetGroup=group) == [2, 1, 1]
    assert shop.read("UnHealthyHostCount", "Maximum", TargetGroup=group) == [0, 1, 1]
    assert shop.read("UnHealthyHostCount", "Maximum", TargetGroup=group, AvailabilityZone="us-east-1b") == [0, 0, 0]


def test_a_refused_connection_counts_as_one_and_as_a_502_of_the_balancer(shop: Shop) -> None:
    shop.cloud.host(ONE, hello, refuse=True)
    shop.cloud.host(TWO, hello, refuse=True)
    assert shop.get() == 502
    shop.until_minute()
    assert (shop.read("TargetConnectionErrorCount"), shop.read("HTTPCode_ELB_502_Count")) == ([1], [1])
    assert shop.read("HTTPCode_Target_5XX_Count") == []


def test_access_logs_come_every_five_minutes_one_file_a_node(shop: Shop) -> None:
    shop.log_into("logs-2026")
    shop.until_minute(5)
    paths = [f"/{number}" for number in range(4)]
    for path in paths:
        shop.get(path)
    shop.cloud.clock.advance(200)
    assert shop.logs("logs-2026") == {}
    shop.until_minute(5)
    found = shop.logs("logs-2026")
    assert len(found) == 2
    assert all(key.startswith("AWSLogs/123456789012/elasticloadbalancing/us-east-1/2026/01/01/") for key in found)
    lines = [line for lines in found.values() for line in lines]
    assert sorted(line[12].split()[1] for line in lines) == [f"http://{shop.name}:80{path}" for path in paths]
    assert {tuple(line[8:10]) for line in lines} == {("200", "200")}
    addresses = {line[-1] for line in lines}
    assert {key.split("_")[-2] for key in found} == addresses


def test_health_checks_are_not_logged_and_a_quiet_balancer_writes_no_file(shop: Shop) -> None:
    shop.log_into("logs-2026")
    shop.cloud.clock.advance(1200)
    assert shop.logs("logs-2026") == {}


def test_what_the_bucket_does_not_admit_is_lost_and_the_journal_says_what_is_missing(shop: Shop) -> None:
    shop.log_into("logs-2026", allowed=False)
    shop.get()
    shop.until_minute(5)
    assert shop.logs("logs-2026") == {}
    refusal = next(iter(shop.cloud.journal.of("refusal")))
    assert (refusal["principal"], refusal["action"]) == (DELIVERY, "s3:PutObject")


def test_the_test_file_tells_whether_the_bucket_admits_the_balancer(shop: Shop) -> None:
    shop.log_into("logs-2026", allowed=False)
    with pytest.raises(ServiceError, match="AccessDenied"):
        shop.reports.check_bucket(shop.balancer, shop.balancer.attributes)
    shop.s3.delete_bucket(Bucket="logs-2026")
    shop.log_into("logs-2026")
    shop.reports.check_bucket(shop.balancer, shop.balancer.attributes)
    listed = shop.s3.list_objects_v2(Bucket="logs-2026")["Contents"]
    assert [one["Key"] for one in listed] == ["AWSLogs/123456789012/ELBAccessLogTestFile"]


def test_nothing_is_left_to_do_when_the_balancer_is_gone(shop: Shop) -> None:
    shop.get()
    shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.arn)
    shop.cloud.clock.advance(600)
    shop.elbv2.delete_target_group(TargetGroupArn=shop.group)
    before = len(shop.read("HealthyHostCount", "Minimum", TargetGroup=shop.group.rpartition(":")[2]))
    shop.cloud.clock.advance(600)
    assert len(shop.read("HealthyHostCount", "Minimum", TargetGroup=shop.group.rpartition(":")[2])) == before
