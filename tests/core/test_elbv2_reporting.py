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
from botocore.exceptions import ClientError

from eslabon import Cloud, activate
from eslabon.elbv2 import BytesServer, connect
from eslabon.elbv2.flows.examples import echo
from eslabon.elbv2.reporting import Reports
from eslabon.errors import ServiceError
from tests.core.refusals import refused

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


def test_each_five_minutes_have_files_of_their_own(shop: Shop) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html"""
    shop.log_into("logs-2026")
    shop.until_minute(5)
    for path in ("/first", "/second"):
        shop.get(path)
        shop.until_minute(5)
    found = shop.logs("logs-2026")
    assert len({key.split("_")[-3] for key in found}) == len(found) == 2  # by the time at which the interval ended
    asked = [line[12].split()[1].rpartition("/")[2] for key in sorted(found, key=_ended) for line in found[key]]
    assert asked == ["first", "second"]


def _ended(key: str) -> str:
    return key.split("_")[-3]


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


def test_the_bucket_is_in_the_region_of_the_balancer(shop: Shop) -> None:
    """botocore elbv2: LoadBalancerAttribute$Key, access_logs.s3.bucket."""
    elsewhere = boto3.client("s3", region_name="eu-south-1")
    elsewhere.create_bucket(Bucket="logs-eu-2026", CreateBucketConfiguration={"LocationConstraint": "eu-south-1"})
    values = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs-eu-2026"}
    given = [{"Key": key, "Value": value} for key, value in values.items()]
    modify = shop.elbv2.modify_load_balancer_attributes
    code, message = refused(modify, LoadBalancerArn=shop.arn, Attributes=given)
    assert (code, "Region" in message) == ("InvalidConfigurationRequest", True)


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


# --- flows


class Flowing:
    """A Network Load Balancer whose target answers in capitals, at the beginning of a minute."""

    def __init__(self, protocol: str) -> None:
        self.cloud, self.name = echo(protocol)
        self.elbv2, self.cloudwatch = self.cloud.client("elbv2"), self.cloud.client("cloudwatch")
        self.arn: str = self.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
        self.group: str = self.elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        self.until_minute()

    def until_minute(self) -> None:
        self.cloud.clock.advance(60 - self.cloud.clock.now % 60)

    def read(self, name: str, statistic: str = "Sum", **place: str) -> list[float]:
        """The values by minute, oldest first; of the balancer as a whole, if no place is named."""
        dimensions = place or {"LoadBalancer": self.arn.partition(":loadbalancer/")[2]}
        start = datetime(2026, 1, 1, tzinfo=UTC)
        points = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/NetworkELB",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=start,
            EndTime=start + timedelta(hours=2),
            Period=60,
            Statistics=[statistic],
        )["Datapoints"]
        return [point[statistic] for point in sorted(points, key=lambda point: point["Timestamp"])]


def test_new_and_active_flows_are_counted_by_the_minute() -> None:
    flowing = Flowing("TCP")
    connections = [connect(flowing.cloud, flowing.name, 80) for _ in range(5)]
    connections[0].close()
    flowing.until_minute()
    connect(flowing.cloud, flowing.name, 80).close()
    flowing.until_minute()
    flowing.until_minute()
    assert flowing.read("NewFlowCount") == [5, 1, 0]
    assert flowing.read("NewFlowCount_TCP") == [5, 1]  # reported when there is a value
    assert flowing.read("ActiveFlowCount", "Maximum") == [4, 4, 4]
    assert flowing.read("ActiveFlowCount_TCP", "Average") == [4, 4, 4]
    assert flowing.read("NewFlowCount_UDP") == []
    group = flowing.group.rpartition(":")[2]
    assert flowing.read("NewFlowCount", TargetGroup=group) == [5, 1]
    zone = {"AvailabilityZone": "us-east-1a", "LoadBalancer": flowing.arn.partition(":loadbalancer/")[2]}
    assert flowing.read("NewFlowCount", **zone) == [5, 1, 0]


def test_bytes_are_counted_with_the_headers_of_tcp_and_udp() -> None:
    for protocol, headers in (("TCP", 40), ("UDP", 28)):
        flowing = Flowing(protocol)
        connect(flowing.cloud, flowing.name, 80, protocol).exchange(b"hello")
        flowing.until_minute()
        assert flowing.read("ProcessedBytes") == flowing.read(f"ProcessedBytes_{protocol}") == [2 * (5 + headers)]


def test_whoever_resets_a_connection_is_told() -> None:
    flowing = Flowing("TCP")
    connect(flowing.cloud, flowing.name, 80).close(reset=True)
    for _ in range(2):
        flowing.cloud.host("10.0.0.5", None)
        with pytest.raises(ConnectionRefusedError):
            connect(flowing.cloud, flowing.name, 80)
    flowing.cloud.host("10.0.0.5", BytesServer(lambda data, client: data))
    idle = connect(flowing.cloud, flowing.name, 80)
    flowing.until_minute()
    flowing.cloud.clock.advance(360)
    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            idle.exchange(b"late")
    flowing.until_minute()
    resets = {who: sum(flowing.read(f"TCP_{who}_Reset_Count")) for who in ("Client", "Target", "ELB")}
    assert resets == {"Client": 1, "Target": 2, "ELB": 3}


def test_an_idle_flow_is_not_active_any_more() -> None:
    flowing = Flowing("UDP")
    connect(flowing.cloud, flowing.name, 80, "UDP").exchange(b"hello")
    for _ in range(4):
        flowing.until_minute()
    assert flowing.read("ActiveFlowCount", "Maximum") == [1, 1, 0, 0]
    assert flowing.read("ActiveFlowCount_UDP", "Maximum") == [1, 1]


def test_what_no_target_or_no_security_group_takes_is_told() -> None:
    flowing = Flowing("TCP")
    flowing.elbv2.deregister_targets(TargetGroupArn=flowing.group, Targets=[{"Id": "10.0.0.5"}])
    with pytest.raises(ConnectionResetError, match="no target"):
        connect(flowing.cloud, flowing.name, 80)
    flowing.until_minute()
    assert flowing.read("RejectedFlowCount") == flowing.read("RejectedFlowCount_TCP") == [1]
    assert flowing.read("TCP_ELB_Reset_Count") == [1]
    assert flowing.read("NewFlowCount") == [0]


def test_flows_of_a_node_that_fails_open_are_told() -> None:
    flowing = Flowing("TCP")
    flowing.elbv2.modify_target_group(TargetGroupArn=flowing.group, HealthCheckPort="8080")
    flowing.cloud.clock.advance(120)
    flowing.until_minute()
    connect(flowing.cloud, flowing.name, 80)
    flowing.until_minute()
    assert flowing.read("UnhealthyRoutingFlowCount") == [1]
    group = {"LoadBalancer": flowing.arn.partition(":loadbalancer/")[2]}
    group["TargetGroup"] = flowing.group.rpartition(":")[2]
    assert flowing.read("UnHealthyHostCount", "Maximum", **group)[-1] == 1
    assert flowing.read("HealthyHostCount", "Minimum", **group)[-1] == 0


def test_a_balancer_that_has_had_no_flow_reports_none() -> None:
    flowing = Flowing("TCP")
    flowing.cloud.clock.advance(600)
    assert flowing.read("NewFlowCount") == flowing.read("ActiveFlowCount", "Maximum") == []


def test_clients_that_no_security_group_lets_in_are_told() -> None:
    cloud = Cloud()
    ec2, elbv2 = cloud.client("ec2"), cloud.client("elbv2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    closed = ec2.create_security_group(GroupName="closed", Description="nobody", VpcId=subnet["VpcId"])["GroupId"]
    made = {"Type": "network", "Subnets": [subnet["SubnetId"]], "SecurityGroups": [closed]}
    balancer = elbv2.create_load_balancer(Name="echo", **made)["LoadBalancers"][0]
    asked = {"Name": "echo", "Protocol": "TCP_UDP", "Port": 80, "TargetType": "ip", "VpcId": subnet["VpcId"]}
    group = elbv2.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    listener = {"Protocol": "TCP_UDP", "Port": 80, "DefaultActions": forward}
    elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], **listener)
    cloud.clock.advance(300)
    for protocol in ("TCP", "TCP", "UDP"):
        with pytest.raises(TimeoutError, match="security groups"):
            connect(cloud, balancer["DNSName"], 80, protocol, timeout=1)
    cloud.clock.advance(960)
    listed = cloud.client("cloudwatch").list_metrics(Namespace="AWS/NetworkELB")["Metrics"]
    names = {one["MetricName"] for one in listed if one["MetricName"].startswith("SecurityGroup")}
    assert names == {f"SecurityGroupBlockedFlowCount_Inbound_{protocol}" for protocol in ("TCP", "UDP")}


def test_targets_of_a_gateway_load_balancer_have_a_namespace_of_their_own() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/cloudwatch-metrics.html"""
    cloud = Cloud()
    elbv2, subnet = cloud.client("elbv2"), cloud.client("ec2").describe_subnets()["Subnets"][0]
    made = elbv2.create_load_balancer(Name="guard", Type="gateway", Subnets=[subnet["SubnetId"]])["LoadBalancers"][0]
    asked = {"Protocol": "GENEVE", "Port": 6081, "TargetType": "ip", "VpcId": subnet["VpcId"]}
    group = elbv2.create_target_group(Name="guard", **asked)["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.100"}])
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], DefaultActions=forward)
    service: Any = cloud.service("elbv2")
    service.reports.count()
    cloud.clock.advance(1200)
    listed = cloud.client("cloudwatch").list_metrics(MetricName="UnHealthyHostCount")["Metrics"]
    assert {one["Namespace"] for one in listed} == {"AWS/GatewayELB"}


# --- access logs of Network Load Balancers


def log_into(cloud: Cloud, arn: str, bucket: str, principal: str = "delivery.logs.amazonaws.com") -> None:
    """Access logs into a bucket whose policy is that of AWS's page."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/123456789012/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ["123456789012"]},
            "ArnLike": {"aws:SourceArn": ["arn:aws:logs:us-east-1:123456789012:*"]},
        },
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    attributes = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": bucket}
    given = [{"Key": key, "Value": value} for key, value in attributes.items()]
    cloud.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=given)


def lines_in(cloud: Cloud, bucket: str) -> dict[str, list[str]]:
    s3 = cloud.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"] if one["Key"].endswith(".gz")]
    return {
        key: gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).decode().splitlines() for key in keys
    }


def test_tls_connections_are_logged_when_they_have_ended() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-access-logs.html"""
    flowing = Flowing("TLS")
    log_into(flowing.cloud, flowing.arn, "logs-2026")
    flowing.cloud.clock.advance(300 - flowing.cloud.clock.now % 300)
    connection = connect(flowing.cloud, flowing.name, 80, "TLS", source_port=50_000)
    connection.exchange(b"hello")
    connect(flowing.cloud, flowing.name, 80, "TLS")  # it goes on
    flowing.cloud.clock.advance(2)
    connection.close()
    flowing.cloud.clock.advance(300)
    [(key, lines)] = lines_in(flowing.cloud, "logs-2026").items()
    name = flowing.arn.rpartition("/net/")[2].replace("/", ".")
    assert f"/123456789012_elasticloadbalancing_us-east-1_net.{name}_2026" in key
    assert key.count("_") == 5  # the node is not named
    [line] = [one.split(" ") for one in lines]
    assert line[5] == "203.0.113.7:50000"
    assert line[7:11] == ["2000", "0", "5", "5"]
    assert line[14:16] == ["ECDHE-ECDSA-AES128-GCM-SHA256", "tlsv12"]
    assert line[17] == flowing.name


def test_other_connections_are_not_logged() -> None:
    """ "the logs contain information about TLS requests only" """
    flowing = Flowing("TCP")
    log_into(flowing.cloud, flowing.arn, "logs-2026")
    connect(flowing.cloud, flowing.name, 80).close()
    flowing.cloud.clock.advance(600)
    assert lines_in(flowing.cloud, "logs-2026") == {}


def test_the_bucket_of_a_network_load_balancer_must_let_log_delivery_in() -> None:
    flowing = Flowing("TLS")
    with pytest.raises(ClientError, match="Access Denied for bucket: logs-2026"):
        log_into(flowing.cloud, flowing.arn, "logs-2026", principal=DELIVERY)
