"""Requests through an Application Load Balancer in process: urllib outside, applications on addresses inside."""

from __future__ import annotations

import gzip
import io
import json
import ssl
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.cookiejar import CookieJar
from typing import Any

import boto3
import pytest

from eslabon import Cloud, NotModelled, activate
from eslabon.elbv2 import explain
from eslabon.elbv2.application.outcome import Outcome
from eslabon.network import Call, Result, WsgiApplication
from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY

ONE, TWO = "172.31.0.100", "172.31.16.100"  # in us-east-1a and us-east-1b


def application(name: str, status: str = "200 OK") -> WsgiApplication:
    """Answers with its name, and what it was asked."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response(status, [("Content-Type", "application/json")])
        seen = {key: value for key, value in environ.items() if isinstance(value, str)}
        return [json.dumps({"name": name, "body": environ["wsgi.input"].read().decode(), **seen}).encode()]

    return answer


class Web:
    """A balancer shop in two zones that lets everybody in on port 80, and a target group with two addresses."""

    def __init__(self, cloud: Cloud, **balancer: Any) -> None:
        self.cloud = cloud
        self.ec2, self.elbv2 = boto3.client("ec2"), boto3.client("elbv2")
        subnets = sorted(self.ec2.describe_subnets()["Subnets"], key=lambda one: str(one["AvailabilityZone"]))
        self.vpc = subnets[0]["VpcId"]
        self.security_group = self.ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)[
            "GroupId"
        ]
        self.let_in(80)
        made = self.elbv2.create_load_balancer(
            Name="shop",
            Subnets=[one["SubnetId"] for one in subnets[:2]],
            SecurityGroups=[self.security_group],
            **balancer,
        )["LoadBalancers"][0]
        self.arn, self.name = made["LoadBalancerArn"], made["DNSName"]
        self.group = self.target_group("shop", TargetType="ip")
        self.targets = [{"Id": ONE}, {"Id": TWO}]
        self.elbv2.register_targets(TargetGroupArn=self.group, Targets=self.targets)
        cloud.host(ONE, application("one"))
        cloud.host(TWO, application("two"))
        self.listener = self.listen(self.group)

    def let_in(self, port: int) -> None:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        self.ec2.authorize_security_group_ingress(GroupId=self.security_group, IpPermissions=[permission])

    def target_group(self, name: str, **settings: Any) -> str:
        place = {} if settings.get("TargetType") == "lambda" else {"Protocol": "HTTP", "Port": 80, "VpcId": self.vpc}
        made = self.elbv2.create_target_group(Name=name, **place, **settings)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def listen(self, group: str, port: int = 80, protocol: str = "HTTP", **more: Any) -> str:
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        made = self.elbv2.create_listener(
            LoadBalancerArn=self.arn, Protocol=protocol, Port=port, DefaultActions=forward, **more
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def wait(self) -> None:
        self.elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[self.arn])
        self.elbv2.get_waiter("target_in_service").wait(TargetGroupArn=self.group)

    def set(self, **attributes: str) -> None:
        given = [{"Key": key.replace("__", "."), "Value": value} for key, value in attributes.items()]
        self.elbv2.modify_target_group_attributes(TargetGroupArn=self.group, Attributes=given)

    def set_balancer(self, **attributes: str) -> None:
        given = [{"Key": key.replace("__", "."), "Value": value} for key, value in attributes.items()]
        self.elbv2.modify_load_balancer_attributes(LoadBalancerArn=self.arn, Attributes=given)

    def get(self, path: str = "/", **options: Any) -> Any:
        with urllib.request.urlopen(f"http://{self.name}{path}", **options) as response:
            return json.load(response)

    def status(self, path: str = "/", **options: Any) -> int:
        try:
            with urllib.request.urlopen(f"http://{self.name}{path}", **options) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def states(self) -> dict[str, str]:
        described = self.elbv2.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in described}

    def requests(self) -> list[dict[str, Any]]:
        return [entry.facts for entry in self.cloud.journal.of("request")]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with activate() as active:
        yield active


@pytest.fixture
def web(cloud: Cloud) -> Web:
    """A shop whose targets are in service."""
    web = Web(cloud)
    web.wait()
    return web


def elapsed(cloud: Cloud, work: Callable[[], object]) -> float:
    began = cloud.clock.now
    work()
    return round(cloud.clock.now - began, 2)


# --- From the client to the node


def test_the_balancer_gets_the_headers_that_urllib_sends(cloud: Cloud) -> None:
    calls: list[Call] = []

    def take(call: Call) -> Result:
        calls.append(call)
        return Result(204, [], b"", "No Content")

    cloud.network.resolvers.append(lambda name: take if name == "shop.example.com" else None)
    data = iter([b"size=", b"m"])
    request = urllib.request.Request("http://shop.example.com:8080/cart?a=1#top", data=data, headers={"x-item": "1"})
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 204
    (call,) = calls
    assert (call.method, call.target, call.body, call.port, call.timeout) == ("POST", "/cart?a=1", b"size=m", 8080, 5.0)
    names = [name for name, _ in call.headers]
    assert names[0] == "Accept-Encoding"
    assert {"Host", "User-Agent", "X-Item", "Content-Type", "Connection"} <= set(names)
    assert dict(call.headers)["Host"] == "shop.example.com:8080"


def test_the_name_leads_nowhere_until_the_balancer_is_active(cloud: Cloud) -> None:
    web = Web(cloud)
    with pytest.raises(urllib.error.URLError, match="Name or service not known"):
        web.get()
    web.wait()
    assert web.get()["name"] in ("one", "two")


def test_targets_see_the_client_behind_the_balancer(web: Web) -> None:
    seen = web.get("/cart?item=1")
    assert seen["HTTP_X_FORWARDED_FOR"] == "203.0.113.7"
    assert (seen["HTTP_X_FORWARDED_PROTO"], seen["HTTP_X_FORWARDED_PORT"]) == ("http", "80")
    assert seen["HTTP_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert seen["HTTP_HOST"] == web.name
    assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/cart", "item=1")
    assert "HTTP_CONNECTION" not in seen
    assert seen["REMOTE_ADDR"].startswith("172.31.")  # the node's


def test_bodies_arrive(web: Web) -> None:
    request = urllib.request.Request(f"http://{web.name}/", data=b"size=m", headers={"X-Item": "1"})
    with urllib.request.urlopen(request) as response:
        seen = json.load(response)
    assert (seen["REQUEST_METHOD"], seen["body"], seen["HTTP_X_ITEM"]) == ("POST", "size=m", "1")


def test_urllibs_response_is_as_it_is_from_the_wire(web: Web) -> None:
    with urllib.request.urlopen(f"http://{web.name}/cart") as response:
        assert (response.status, response.reason, response.version, response.msg) == (200, "OK", 11, "OK")
        assert (response.getheader("content-type"), response.url) == ("application/json", f"http://{web.name}/cart")
        assert response.read(1) == b"{"


def test_a_head_request_has_no_body_in_its_answer(web: Web) -> None:
    request = urllib.request.Request(f"http://{web.name}/", method="HEAD")
    with urllib.request.urlopen(request) as response:
        assert response.read() == b""
        assert int(response.headers["Content-Length"]) > 0


def test_all_nodes_and_all_targets_get_the_same_share(web: Web) -> None:
    names = Counter(web.get()["name"] for _ in range(40))
    assert names == {"one": 20, "two": 20}
    assert Counter(facts["zone"] for facts in web.requests()) == {"us-east-1a": 20, "us-east-1b": 20}


def test_who_is_not_let_in_waits_until_the_time_is_over(cloud: Cloud, web: Web) -> None:
    web.listen(web.group, port=8080)  # no security group opens the port
    for timeout, wait in ((5, 5), (None, 127)):
        options = {} if timeout is None else {"timeout": timeout}

        def ask(options: dict[str, Any] = options) -> None:
            with pytest.raises(urllib.error.URLError, match="timed out"):
                urllib.request.urlopen(f"http://{web.name}:8080/", **options)

        assert elapsed(cloud, ask) == wait


def test_an_internal_balancer_is_out_of_reach(cloud: Cloud) -> None:
    web = Web(cloud, Scheme="internal")
    web.wait()
    with pytest.raises(urllib.error.URLError, match="timed out"):
        web.get(timeout=3)


def test_a_port_without_listener_refuses(web: Web) -> None:
    web.let_in(81)
    with pytest.raises(urllib.error.URLError, match="Connection refused"):
        urllib.request.urlopen(f"http://{web.name}:81/")


def test_a_deleted_balancer_has_no_name(web: Web) -> None:
    web.elbv2.delete_load_balancer(LoadBalancerArn=web.arn)
    with pytest.raises(urllib.error.URLError, match="no host"):
        web.get()


# --- From the node to the target


def test_a_target_that_refuses_is_502(cloud: Cloud, web: Web) -> None:
    for address in (ONE, TWO):
        cloud.host(address, application("x"), refuse=True)
    assert web.status() == 502
    assert web.requests()[-1]["cause"] == "refused"


def test_an_address_that_nobody_has_is_504_after_ten_seconds(cloud: Cloud, web: Web) -> None:
    for address in (ONE, TWO):
        cloud.host(address, None)
    assert elapsed(cloud, lambda: web.status()) == 10
    assert (web.requests()[-1]["status"], web.requests()[-1]["cause"]) == (504, "connection time-out")


def test_a_silent_target_is_504_after_the_idle_timeout(cloud: Cloud, web: Web) -> None:
    for address in (ONE, TWO):
        cloud.host(address, application("x"), silent=True)
    assert elapsed(cloud, lambda: web.status()) == 60
    assert web.requests()[-1]["status"] == 504


@pytest.mark.parametrize(("delay", "status", "wait"), [(29.0, 200, 29.0), (30.0, 504, 30.0), (500.0, 504, 30.0)])
def test_the_idle_timeout_is_the_balancers_attribute(
    cloud: Cloud, web: Web, delay: float, status: int, wait: float
) -> None:
    web.set_balancer(idle_timeout__timeout_seconds="30")
    for address in (ONE, TWO):
        cloud.host(address, application("slow"), delay=delay)
    assert elapsed(cloud, lambda: web.status()) == wait
    assert web.requests()[-1]["status"] == status


def test_an_application_that_sleeps_takes_virtual_time(cloud: Cloud, web: Web) -> None:
    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        time.sleep(61)
        start_response("200 OK", [])
        return [b"late"]

    for address in (ONE, TWO):
        cloud.host(address, slow)
    assert elapsed(cloud, lambda: web.status()) == 60
    assert web.requests()[-1]["status"] == 504


def test_a_client_that_leaves_is_460(cloud: Cloud, web: Web) -> None:
    for address in (ONE, TWO):
        cloud.host(address, application("slow"), delay=10)

    def ask() -> None:
        with pytest.raises(TimeoutError):
            web.get(timeout=3)

    assert elapsed(cloud, ask) == 3
    assert (web.requests()[-1]["status"], web.requests()[-1]["cause"]) == (460, "client left")


def test_what_was_not_sent_is_not_counted(cloud: Cloud, web: Web) -> None:
    """Access logs, sent_bytes: the size of the response, in bytes, sent to the client."""

    def hello(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "5")])
        return [b"hello"]

    seen: list[Outcome] = []
    cloud.service("elbv2").exchanges.observers.append(seen.append)
    for address in (ONE, TWO):
        cloud.host(address, hello)
    for method in ("GET", "HEAD"):
        urllib.request.urlopen(urllib.request.Request(f"http://{web.name}/", method=method)).close()
    assert seen[0].sent_bytes - seen[1].sent_bytes == len(b"hello")
    for address in (ONE, TWO):
        cloud.host(address, application("slow"), delay=10)
    with pytest.raises(TimeoutError):
        web.get(timeout=3)
    assert (seen[2].status, seen[2].sent_bytes) == (460, 0)


def test_an_application_that_raises_is_its_own_500(cloud: Cloud, web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raise LookupError("no such cart")

    for address in (ONE, TWO):
        cloud.host(address, broken)
    assert web.status() == 500
    assert web.requests()[-1]["cause"] == ""
    assert "LookupError: no such cart" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "gets"), [("200 OK", 200), ("599 Odd", 599), ("600 None", 502), ("99 None", 502)])
def test_a_status_code_has_three_digits_of_which_the_first_is_1_to_5(cloud: Cloud, status: str, gets: int) -> None:
    """RFC 9110, section 15; what is no HTTP response is 502.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
    """
    web = Web(cloud)
    web.wait()
    for address in (ONE, TWO):
        cloud.host(address, application("odd", status))
    assert web.status() == gets


def test_who_waits_until_nothing_is_left_to_do_does_not_wait_for_health_checks(cloud: Cloud) -> None:
    web = Web(cloud)
    web.elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[web.arn])
    before = cloud.clock.now
    cloud.clock.run_until_idle()
    assert cloud.clock.now == before
    assert set(web.states().values()) == {"initial"}


@pytest.mark.parametrize(
    "headers",
    [[("X Item", "1")], [("X-Item", "a\r\nX-Other: b")], [("X-Item", "\u20ac")], [("Content-Length", "many")]],
    ids=["space in a name", "line end in a value", "no byte in a value", "no number as length"],
)
def test_what_is_no_response_is_502(cloud: Cloud, web: Web, headers: list[tuple[str, str]]) -> None:
    def malformed(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", headers)
        return []

    for address in (ONE, TWO):
        cloud.host(address, malformed)
    assert web.status() == 502


def test_a_body_shorter_than_its_length_is_waited_for_and_504(cloud: Cloud, web: Web) -> None:
    def short(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "10")])
        return [b"short"]

    for address in (ONE, TWO):
        cloud.host(address, short)
    assert elapsed(cloud, lambda: web.status()) == 60
    assert web.requests()[-1]["status"] == 504


# --- Health


def test_a_failing_target_leaves_after_exactly_the_configured_failures(cloud: Cloud, web: Web) -> None:
    began = cloud.clock.now
    cloud.host(ONE, application("one", "500 Internal Server Error"))
    while web.states()[ONE] == "healthy":
        cloud.clock.advance(1)
    assert 30 <= cloud.clock.now - began <= 60  # two failures, 30 seconds between
    assert [entry["state"] for entry in cloud.journal.of("health") if entry["target"] == f"{ONE}:80"][-1] == "unhealthy"
    before = len(web.requests())
    assert {web.get()["name"] for _ in range(10)} == {"two"}
    cloud.host(ONE, application("one"))
    recovered = cloud.clock.now
    while web.states()[ONE] != "healthy":
        cloud.clock.advance(1)
    assert 120 <= cloud.clock.now - recovered <= 150  # five passes
    assert len(web.requests()) == before + 10  # health checks are no requests


@pytest.mark.parametrize("threshold", [2, 3, 5])
def test_thresholds_count_checks_in_a_row(cloud: Cloud, web: Web, threshold: int) -> None:
    web.elbv2.modify_target_group(
        TargetGroupArn=web.group,
        HealthCheckIntervalSeconds=10,
        UnhealthyThresholdCount=threshold,
        HealthyThresholdCount=threshold,
    )
    cloud.clock.advance(30)
    checks: list[str] = []

    def counting(status: str, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        checks.append(environ["HTTP_USER_AGENT"])
        start_response(status, [])
        return []

    for status, state in (("500 Internal Server Error", "unhealthy"), ("200 OK", "healthy")):
        checks.clear()
        cloud.host(ONE, partial(counting, status))
        while web.states()[ONE] != state:
            cloud.clock.advance(0.5)
        assert checks == ["ELB-HealthChecker/2.0"] * threshold


def test_while_it_fails_and_is_not_yet_out_its_errors_reach_clients(cloud: Cloud, web: Web) -> None:
    cloud.host(ONE, application("one", "500 Internal Server Error"))
    assert Counter(web.status() for _ in range(20)) == {200: 10, 500: 10}


def test_when_all_fail_the_balancer_fails_open(cloud: Cloud, web: Web) -> None:
    for address in (ONE, TWO):
        cloud.host(address, application("x", "500 Internal Server Error"))
    cloud.clock.advance(120)
    assert set(web.states().values()) == {"unhealthy"}
    assert web.status() == 500
    assert "fails open" in str(explain(cloud, web.listener, "/"))


def test_a_deregistered_target_gets_nothing_more(cloud: Cloud, web: Web) -> None:
    web.elbv2.deregister_targets(TargetGroupArn=web.group, Targets=[{"Id": ONE}])
    assert web.states() == {ONE: "draining", TWO: "healthy"}
    assert {web.get()["name"] for _ in range(6)} == {"two"}
    web.elbv2.deregister_targets(TargetGroupArn=web.group, Targets=[{"Id": TWO}])
    assert web.status() == 503


def test_health_checks_are_background_work(cloud: Cloud, web: Web) -> None:
    began = cloud.clock.now
    cloud.clock.run_until_idle()
    assert cloud.clock.now == began


def test_health_checks_end_with_their_target_group(cloud: Cloud, web: Web) -> None:
    web.elbv2.delete_load_balancer(LoadBalancerArn=web.arn)
    web.elbv2.delete_target_group(TargetGroupArn=web.group)
    asked: list[str] = []

    def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(environ["HTTP_USER_AGENT"])
        start_response("200 OK", [])
        return []

    cloud.host(ONE, told)
    cloud.clock.advance(300)
    assert asked == []


def test_health_checks_say_who_they_are(cloud: Cloud, web: Web) -> None:
    asked: list[dict[str, Any]] = []

    def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(environ)
        start_response("200 OK", [])
        return []

    cloud.host(ONE, told)
    cloud.clock.advance(30)
    cloud.host(TWO, told)
    cloud.clock.advance(30)
    assert {environ["HTTP_USER_AGENT"] for environ in asked} == {"ELB-HealthChecker/2.0"}
    assert {environ["PATH_INFO"] for environ in asked} == {"/"}
    # each is checked from the node of its zone, at its address
    seen = {environ["HTTP_HOST"]: environ["REMOTE_ADDR"] for environ in asked}
    assert seen.keys() == {f"{ONE}:80", f"{TWO}:80"}
    for host, source in seen.items():
        assert source.split(".")[:2] == host.split(".")[:2]
        assert int(source.split(".")[2]) // 16 == int(host.split(".")[2]) // 16


def test_a_slow_answer_to_a_check_is_a_time_out(cloud: Cloud, web: Web) -> None:
    cloud.host(ONE, application("one"), delay=20)
    cloud.clock.advance(120)
    described = web.elbv2.describe_target_health(TargetGroupArn=web.group, Targets=[{"Id": ONE}])
    assert described["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.Timeout"


# --- Zones, algorithms, sessions


def test_without_cross_zone_a_zone_shares_its_half(cloud: Cloud, web: Web) -> None:
    web.set(load_balancing__cross_zone__enabled="false")
    three = "172.31.0.101"
    web.elbv2.register_targets(TargetGroupArn=web.group, Targets=[{"Id": three}])
    cloud.host(three, application("three"))
    cloud.clock.advance(60)
    assert Counter(web.get()["name"] for _ in range(40)) == {"one": 10, "three": 10, "two": 20}


def test_a_cookie_jar_keeps_a_session_with_its_target(cloud: Cloud, web: Web) -> None:
    web.set(stickiness__enabled="true")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    names = []
    for _ in range(6):
        with opener.open(f"http://{web.name}/") as response:
            names.append(json.load(response)["name"])
    assert len(set(names)) == 1


def test_requests_that_overlap_in_virtual_time_are_outstanding_together(cloud: Cloud, web: Web) -> None:
    web.set(load_balancing__algorithm__type="least_outstanding_requests", load_balancing__cross_zone__enabled="true")
    cloud.host(ONE, application("one"), delay=10)
    cloud.host(TWO, application("two"), delay=0.1)
    names: list[str] = []
    for number in range(20):
        cloud.clock.call_later(number * 0.5, lambda: names.append(web.get()["name"]))
    cloud.clock.run_until_idle()
    assert Counter(names)["one"] <= 4  # one at each node is busy for the whole ten seconds
    assert [entry.time for entry in cloud.journal.of("request")] == sorted(
        entry.time for entry in cloud.journal.of("request")
    )


# --- Instances


def test_instances_that_let_the_balancer_in_are_reached_others_time_out(cloud: Cloud, web: Web) -> None:
    image = web.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    run = partial(web.ec2.run_instances, ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    bare = run(SecurityGroupIds=[web.security_group])["Instances"][0]["InstanceId"]
    closed = web.ec2.create_security_group(GroupName="closed", Description="closed", VpcId=web.vpc)["GroupId"]
    ids = [run(SecurityGroupIds=[group])["Instances"][0]["InstanceId"] for group in (web.security_group, closed)]
    web.ec2.get_waiter("instance_running").wait(InstanceIds=[*ids, bare])
    group = web.target_group("instances")
    for identifier in ids:
        cloud.host(identifier, application(identifier))
    web.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": identifier} for identifier in [*ids, bare]])
    listener = web.listen(group, port=8080)
    web.let_in(8080)
    cloud.clock.advance(120)
    described = web.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    health = {one["Target"]["Id"]: one["TargetHealth"] for one in described}
    assert health[ids[0]]["State"] == "healthy"
    assert (health[ids[1]]["State"], health[ids[1]]["Reason"]) == ("unhealthy", "Target.Timeout")
    assert (health[bare]["State"], health[bare]["Reason"]) == ("unhealthy", "Target.FailedHealthChecks")
    web.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": bare}])
    web.ec2.stop_instances(InstanceIds=ids[:1])
    web.ec2.get_waiter("instance_stopped").wait(InstanceIds=ids[:1])
    told = str(explain(cloud, listener, "/"))
    assert f"{ids[0]}:80 is unused: Target is in the stopped state" in told

    def ask() -> None:
        with pytest.raises(urllib.error.HTTPError, match="504"):
            urllib.request.urlopen(f"http://{web.name}:8080/")

    assert elapsed(cloud, ask) == 10  # only the closed one is left: fail-open, and no connection


# --- Functions


def function(code: str) -> str:
    """The ARN of a function, ready to be invoked."""
    iam, functions = boto3.client("iam"), boto3.client("lambda")
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    made = functions.create_function(
        FunctionName="shop", Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": zipped(code)}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="shop")
    return str(made["FunctionArn"])


def zipped(code: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("index.py", code)
    return written.getvalue()


def behind(web: Web, code: str) -> str:
    """A listener of port 8080 that forwards to a function."""
    arn = function(code)
    group = web.target_group("function", TargetType="lambda")
    boto3.client("lambda").add_permission(
        FunctionName="shop",
        StatementId="elb",
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
        SourceArn=group,
    )
    web.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    web.let_in(8080)
    return web.listen(group, port=8080)


def test_a_function_gets_the_event_and_its_result_is_the_response(web: Web) -> None:
    behind(
        web,
        "def handler(event, context):\n"
        "    body = event['path'] + event['queryStringParameters']['q'] + event['headers']['x-forwarded-for']\n"
        "    return {'statusCode': 201, 'statusDescription': '201 Made', 'headers': {'X-Item': '1'}, 'body': body}\n",
    )
    with urllib.request.urlopen(f"http://{web.name}:8080/cart?q=a%20b") as response:
        assert (response.status, response.msg, response.headers["X-Item"]) == (201, "Made", "1")
        assert response.read() == b"/carta%20b203.0.113.7"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("raise LookupError('no cart')", "function failed"),
        ("import time; time.sleep(100)", "function failed"),
        ("return 'hello'", "invalid function response"),
        ("return {'statusCode': 200, 'body': 'a' * 1048577}", "function response too large"),
    ],
)
def test_what_functions_do_wrong_is_502(web: Web, body: str, cause: str) -> None:
    behind(web, f"def handler(event, context):\n    {body}\n")
    with pytest.raises(urllib.error.HTTPError, match="502"):
        urllib.request.urlopen(f"http://{web.name}:8080/")
    assert web.requests()[-1]["cause"] == cause


def test_without_its_permission_a_function_is_not_invoked(cloud: Cloud, web: Web) -> None:
    behind(web, "def handler(event, context):\n    return {'statusCode': 200}\n")
    boto3.client("lambda").remove_permission(FunctionName="shop", StatementId="elb")
    with pytest.raises(urllib.error.HTTPError, match="502"):
        urllib.request.urlopen(f"http://{web.name}:8080/")
    assert web.requests()[-1]["cause"] == "access denied"
    assert [entry["action"] for entry in cloud.journal.of("refusal")] == ["lambda:InvokeFunction"]


def test_a_deleted_function_is_502(web: Web) -> None:
    behind(web, "def handler(event, context):\n    return {'statusCode': 200}\n")
    boto3.client("lambda").delete_function(FunctionName="shop")
    with pytest.raises(urllib.error.HTTPError, match="502"):
        urllib.request.urlopen(f"http://{web.name}:8080/")
    assert web.requests()[-1]["cause"] == "no function"


# --- TLS


def secure(web: Web) -> str:
    """The ARN of an imported certificate of www.example.com, on a listener of port 443; the name leads to the shop."""
    arn = boto3.client("acm").import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)["CertificateArn"]
    web.listen(web.group, 443, "HTTPS", Certificates=[{"CertificateArn": arn}])
    web.let_in(443)
    return str(arn)


def test_https_reaches_targets_when_the_client_verifies_nothing(web: Web) -> None:
    secure(web)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(f"https://{web.name}/", context=context) as response:
        seen = json.load(response)
    assert (seen["HTTP_X_FORWARDED_PROTO"], seen["HTTP_X_FORWARDED_PORT"]) == ("https", "443")


def test_a_self_signed_certificate_is_refused_by_default(web: Web) -> None:
    secure(web)
    with pytest.raises(urllib.error.URLError, match="self-signed certificate"):
        urllib.request.urlopen(f"https://{web.name}/")


def test_a_trusted_certificate_must_be_the_hosts(web: Web) -> None:
    secure(web)
    context = ssl.create_default_context(cadata=CERTIFICATE.decode())
    with pytest.raises(urllib.error.URLError, match="Hostname mismatch"):
        urllib.request.urlopen(f"https://{web.name}/", context=context)
    context.check_hostname = False
    with urllib.request.urlopen(f"https://{web.name}/", context=context) as response:
        assert response.status == 200


def test_tls_headers_say_what_was_agreed(web: Web) -> None:
    secure(web)
    web.set_balancer(routing__http__x_amzn_tls_version_and_cipher_suite__enabled="true")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(f"https://{web.name}/", context=context) as response:
        seen = json.load(response)
    # ELBSecurityPolicy-2016-08, the default of listeners made through the API, knows no TLS 1.3
    assert seen["HTTP_X_AMZN_TLS_VERSION"] == "TLSv1.2"
    assert seen["HTTP_X_AMZN_TLS_CIPHER_SUITE"].startswith("ECDHE-ECDSA-")


def test_where_python_has_no_ssl_https_says_so(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    secure(web)
    monkeypatch.setitem(sys.modules, "ssl", None)  # as in the page
    with pytest.raises(NotModelled, match="https where Python has no ssl"):
        urllib.request.urlopen(f"https://{web.name}/")


def test_plain_http_to_an_https_listener_is_400(web: Web) -> None:
    secure(web)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(f"http://{web.name}:443/")


def test_https_to_an_http_listener_fails(web: Web) -> None:
    with pytest.raises(urllib.error.URLError, match="WRONG_VERSION_NUMBER"):
        urllib.request.urlopen(f"https://{web.name}:80/")


def test_a_redirect_leads_urllib_to_https(web: Web) -> None:
    secure(web)
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    web.elbv2.modify_listener(ListenerArn=web.listener, DefaultActions=[{"Type": "redirect", "RedirectConfig": config}])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(f"http://{web.name}/cart", context=context) as response:
        assert response.url == f"https://{web.name}:443/cart"
        assert json.load(response)["PATH_INFO"] == "/cart"


# --- In words


def test_explain_tells_the_rule_the_group_and_the_targets(cloud: Cloud, web: Web) -> None:
    config = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "gone"}
    web.elbv2.create_rule(
        ListenerArn=web.listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/old/*"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": config}],
    )
    told = explain(cloud, web.listener, f"http://{web.name}/cart")
    assert told.targets == [(ONE, 80), (TWO, 80)]
    assert told.rule is not None
    assert told.rule.priority is None
    assert "It forwards to the target group shop." in told.sentences
    assert f"{ONE}:80 is healthy." in told.sentences
    old = explain(cloud, web.listener, "/old/cart")
    assert old.rule is not None
    assert old.rule.priority == 10
    assert old.sentences[-1] == "It answers 404: its fixed response."
    assert not web.requests()  # nothing was sent


def test_explain_tells_why_nothing_listens_in_an_instance(cloud: Cloud, web: Web) -> None:
    """Scripts are not run: only those that are recognised start a server."""
    image = web.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    script = "#!/bin/bash\npython3 -m http.server 80\n"
    made = web.ec2.run_instances(UserData=script, SecurityGroupIds=[web.security_group], **asked)
    instance = made["Instances"][0]["InstanceId"]
    web.ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    group = web.target_group("instances")
    web.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    listener = web.listen(group, 8080)
    told = explain(cloud, listener, "/").sentences
    assert f"In {instance} nothing listens yet: UserData has not run." in told
    time.sleep(120)
    told = explain(cloud, listener, "/").sentences
    why = "eslabon runs no scripts, and this UserData is none that it recognises (web.sh)"
    assert f"In {instance} nothing listens: {why}." in told
    cloud.host(instance, application("hosted"))
    assert not [one for one in explain(cloud, listener, "/").sentences if "nothing listens" in one]


def test_explain_tells_the_shares_of_weighted_groups(cloud: Cloud, web: Web) -> None:
    green = web.target_group("green", TargetType="ip")
    web.elbv2.register_targets(TargetGroupArn=green, Targets=[{"Id": "172.31.0.200"}])
    for weight, targets in ((1, [(ONE, 80), (TWO, 80), ("172.31.0.200", 80)]), (0, [(ONE, 80), (TWO, 80)])):
        weighted = [{"TargetGroupArn": web.group, "Weight": 3}, {"TargetGroupArn": green, "Weight": weight}]
        forward = [{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}]
        web.elbv2.modify_listener(ListenerArn=web.listener, DefaultActions=forward)
        told = explain(cloud, web.listener, "/")
        assert f"It forwards {weight} of {3 + weight} requests to the target group green." in told.sentences
        assert told.targets == targets


def test_explain_tells_what_the_balancer_refuses(cloud: Cloud, web: Web) -> None:
    told = explain(cloud, web.listener, "/", method="POST", headers={"Content-Length": "many"})
    assert "400: the request is Severe (BadContentLength)" in told.sentences[-1]
    assert told.rule is None


def test_explain_tells_why_a_client_does_not_get_through(cloud: Cloud, web: Web) -> None:
    listener = web.listen(web.group, port=8080)
    assert explain(cloud, listener, "/").sentences[0].startswith("203.0.113.7 does not get through")


# --- Network Load Balancers


def test_http_through_a_network_load_balancer_has_no_header_of_a_balancer(cloud: Cloud, web: Web) -> None:
    subnets = [one["SubnetId"] for one in web.ec2.describe_subnets()["Subnets"]][:1]
    made = web.elbv2.create_load_balancer(Name="flows", Type="network", Subnets=subnets)["LoadBalancers"][0]
    target = "10.0.0.5"
    group = web.elbv2.create_target_group(Name="flows", Protocol="TCP", Port=80, VpcId=web.vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    web.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": target, "AvailabilityZone": "all"}])
    cloud.host(target, application("behind flows"))
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    web.elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=forward)
    cloud.clock.advance(300)
    with urllib.request.urlopen(f"http://{made['DNSName']}/") as response:
        seen = json.load(response)
    assert seen["name"] == "behind flows"
    assert "HTTP_X_FORWARDED_FOR" not in seen


# --- The journal


def test_the_journal_has_the_listener_and_the_rule_of_a_request(cloud: Cloud, web: Web) -> None:
    web.let_in(8080)
    web.listen(web.group, 8080)
    web.elbv2.create_rule(
        ListenerArn=web.listener,
        Priority=7,
        Conditions=[{"Field": "path-pattern", "Values": ["/shop"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": web.group}],
    )
    cloud.clock.advance(60)
    for where in ("", ":8080", "/shop"):
        urllib.request.urlopen(f"http://{web.name}{where}").close()
    found = [(facts["port"], facts["rule"]) for facts in web.requests()]
    assert found == [(80, "default"), (8080, "default"), (80, 7)]


def test_the_journal_has_every_state_of_a_target(cloud: Cloud, web: Web) -> None:
    cloud.host(ONE, application("one", "500 Internal Server Error"))
    cloud.clock.advance(90)
    web.elbv2.deregister_targets(TargetGroupArn=web.group, Targets=[{"Id": ONE}])
    told = [entry["state"] for entry in cloud.journal.of("health") if entry["target"] == f"{ONE}:80"]
    assert told == ["unused", "initial", "healthy", "unhealthy", "draining"]


@pytest.mark.parametrize("delay", [60, 0])
def test_the_journal_says_when_a_target_has_drained(cloud: Cloud, web: Web, delay: int) -> None:
    """DescribeTargetHealth then answers `unused`, Target.NotRegistered; nobody has to ask."""
    web.set(deregistration_delay__timeout_seconds=str(delay))
    web.elbv2.deregister_targets(TargetGroupArn=web.group, Targets=[{"Id": ONE}])
    deregistered = cloud.clock.now
    cloud.clock.advance(90)
    entry = [entry for entry in cloud.journal.of("health") if entry["target"] == f"{ONE}:80"][-1]
    assert (entry["state"], entry["reason"]) == ("unused", "Target.NotRegistered")
    assert entry.time == pytest.approx(deregistered + delay, abs=0.1)  # each call takes time


def test_a_target_that_is_registered_again_while_it_drains_has_not_drained(cloud: Cloud, web: Web) -> None:
    web.set(deregistration_delay__timeout_seconds="60")
    web.elbv2.deregister_targets(TargetGroupArn=web.group, Targets=[{"Id": ONE}])
    cloud.clock.advance(30)
    web.elbv2.register_targets(TargetGroupArn=web.group, Targets=[{"Id": ONE}])
    cloud.clock.advance(90)
    told = [entry["state"] for entry in cloud.journal.of("health") if entry["target"] == f"{ONE}:80"]
    assert told[-3:] == ["draining", "initial", "healthy"]


def test_the_journal_says_when_an_unhealthy_target_has_drained(cloud: Cloud, web: Web) -> None:
    subnets = [one["SubnetId"] for one in web.ec2.describe_subnets()["Subnets"]][:1]
    made = web.elbv2.create_load_balancer(Name="flows", Type="network", Subnets=subnets)["LoadBalancers"][0]
    group = web.elbv2.create_target_group(Name="flows", Protocol="TCP", Port=80, VpcId=web.vpc, TargetType="ip")
    arn, target = group["TargetGroups"][0]["TargetGroupArn"], "172.31.0.77"
    interval = {"Key": "target_health_state.unhealthy.draining_interval_seconds", "Value": "40"}
    end = {"Key": "target_health_state.unhealthy.connection_termination.enabled", "Value": "false"}
    web.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[end, interval])
    web.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": target}])
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    web.elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=forward)
    cloud.host(target, application("behind flows"))
    cloud.clock.advance(300)
    cloud.host(target, application("behind flows"), refuse=True)
    cloud.clock.advance(200)
    told = {entry["state"]: entry.time for entry in cloud.journal.of("health") if entry["group"] == arn}
    assert told["unhealthy"] == pytest.approx(told["unhealthy.draining"] + 40)


# --- Targets that are no addresses


def test_a_balancer_behind_a_balancer_is_checked_by_requests(cloud: Cloud, web: Web) -> None:
    subnets = [one["SubnetId"] for one in web.ec2.describe_subnets()["Subnets"]][:1]
    made = web.elbv2.create_load_balancer(Name="flows", Type="network", Subnets=subnets)["LoadBalancers"][0]
    group = web.elbv2.create_target_group(Name="shops", Protocol="TCP", Port=80, VpcId=web.vpc, TargetType="alb")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    web.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": web.arn}])
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    web.elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=forward)
    cloud.clock.advance(200)
    described = web.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert described[0]["TargetHealth"]["State"] == "healthy"
    assert {facts["status"] for facts in web.requests()} == {200}


@pytest.mark.parametrize(("status", "state"), [(200, "healthy"), (500, "unhealthy")])
def test_a_function_is_checked_when_its_group_says_so(cloud: Cloud, web: Web, status: int, state: str) -> None:
    code = (
        f"def handler(event, context):\n    return {{'statusCode': {status}, 'body': event['headers']['user-agent']}}\n"
    )
    listener = behind(web, code)
    rules = web.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"]
    group = rules[0]["TargetGroupArn"]
    health = web.elbv2.describe_target_health
    assert health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == "unavailable"
    web.elbv2.modify_target_group(TargetGroupArn=group, HealthCheckEnabled=True)
    cloud.clock.advance(600)
    assert health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == state


# --- What is told of requests


def test_requests_become_metrics(cloud: Cloud, web: Web) -> None:
    for _ in range(6):
        web.get()
    cloud.host(ONE, application("x", "500 Internal Server Error"))
    cloud.host(TWO, application("x"), refuse=True)
    statuses = Counter(web.status() for _ in range(4))
    assert statuses == {500: 2, 502: 2}
    began = cloud.clock.datetime()
    cloud.clock.advance(120)
    balancer = web.arn.partition("loadbalancer/")[2]
    sums = {}
    for name in ("RequestCount", "HTTPCode_Target_2XX_Count", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"):
        answer = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName=name,
            Dimensions=[{"Name": "LoadBalancer", "Value": balancer}],
            StartTime=began.replace(second=0) - timedelta(minutes=5),
            EndTime=cloud.clock.datetime(),
            Period=60,
            Statistics=["Sum"],
        )
        sums[name] = sum(point["Sum"] for point in answer["Datapoints"])
    assert sums == {
        "RequestCount": 10,
        "HTTPCode_Target_2XX_Count": 6,
        "HTTPCode_Target_5XX_Count": 2,
        "HTTPCode_ELB_5XX_Count": 2,
    }


def test_requests_are_written_into_the_access_log(cloud: Cloud, web: Web) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="logs-2026")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs-2026/*",
    }
    s3.put_bucket_policy(Bucket="logs-2026", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    web.set_balancer(access_logs__s3__enabled="true", access_logs__s3__bucket="logs-2026")
    web.get("/cart?item=1")
    cloud.clock.advance(600)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs-2026")["Contents"] if one["Key"].endswith(".log.gz")]
    (key,) = keys
    line = gzip.decompress(s3.get_object(Bucket="logs-2026", Key=key)["Body"].read()).decode()
    assert f'"GET http://{web.name}:80/cart?item=1 HTTP/1.1"' in line
    assert line.startswith("http ")
    assert " 200 200 " in line
