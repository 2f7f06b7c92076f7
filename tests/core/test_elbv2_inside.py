"""Elastic Load Balancing: requests from inside a VPC, of programs that run on its machines."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import boto3
import pytest

from eslabon import Cloud, activate

Program = Callable[[], str]
EVERYBODY = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with activate() as cloud:
        yield cloud


def fetch(url: str, timeout: float = 5) -> str:
    """What a program gets from a URL, or why it gets nothing."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return str(response.read().decode())
    except (urllib.error.URLError, TimeoutError) as error:
        return str(getattr(error, "reason", error))


def telling(program: Program) -> Callable[..., Iterable[bytes]]:
    """A web application that runs a program at every request and answers what it says."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = program().encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    return application


def forwarded_for(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A web application that tells whom the balancer in front of it has seen."""
    body = environ.get("HTTP_X_FORWARDED_FOR", "").encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


class Site:
    """An instance with the security group web, behind a public balancer, front; and another balancer, back."""

    def __init__(self, cloud: Cloud, kind: str = "application", **back: Any) -> None:
        self.cloud = cloud
        self.ec2, self.elbv2 = boto3.client("ec2"), boto3.client("elbv2")
        self.subnets = [subnet["SubnetId"] for subnet in self.ec2.describe_subnets()["Subnets"][:2]]
        self.outer, self.web, self.inner = (self.group(name) for name in ("outer", "web", "inner"))
        self.admit(self.outer, EVERYBODY)
        self.admit(self.web, {"UserIdGroupPairs": [{"GroupId": self.outer}]})
        self.instance, self.address, self.public = self.launch(self.web)
        self.front = self.balancer("front", self.outer, {"Id": self.instance})
        self.back = self.balancer("back", self.inner, {"Id": "10.0.0.9", "AvailabilityZone": "all"}, kind, **back)
        cloud.host("10.0.0.9", forwarded_for)
        cloud.clock.advance(300)

    def group(self, name: str) -> str:
        return str(self.ec2.create_security_group(GroupName=name, Description=name)["GroupId"])

    def admit(self, group: str, peers: dict[str, Any]) -> None:
        http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **peers}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])

    def launch(self, group: str) -> tuple[str, str, str]:
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        wanted = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        [made] = self.ec2.run_instances(SecurityGroupIds=[group], **wanted)["Instances"]
        self.ec2.get_waiter("instance_running").wait(InstanceIds=[made["InstanceId"]])
        [told] = self.ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"]
        return told["InstanceId"], told["PrivateIpAddress"], told["PublicIpAddress"]

    def balancer(self, name: str, group: str, target: dict[str, str], kind: str = "application", **more: Any) -> str:
        made = self.elbv2.create_load_balancer(
            Name=name, Type=kind, Subnets=self.subnets, SecurityGroups=[group], **more
        )["LoadBalancers"][0]
        protocol = "HTTP" if kind == "application" else "TCP"
        targets = self.elbv2.create_target_group(
            Name=name,
            Protocol=protocol,
            Port=80,
            VpcId=made["VpcId"],
            TargetType="instance" if target["Id"].startswith("i-") else "ip",
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.register_targets(TargetGroupArn=targets, Targets=[target])
        self.elbv2.create_listener(
            LoadBalancerArn=made["LoadBalancerArn"],
            Protocol=protocol,
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
        )
        return str(made["DNSName"])

    def run(self, program: Program) -> str:
        """What a program on the instance says, asked through the front."""
        self.cloud.host(self.instance, telling(program))
        return fetch(f"http://{self.front}/", timeout=30)

    def asks_back(self) -> str:
        return self.run(lambda: fetch(f"http://{self.back}/"))


def test_an_internal_balancer_is_reached_from_its_vpc_and_not_from_the_internet(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html"""
    site = Site(cloud, Scheme="internal")
    site.admit(site.inner, EVERYBODY)
    assert "timed out" in fetch(f"http://{site.back}/")
    cloud.host("10.0.0.9", telling(lambda: "from within"))
    assert site.asks_back() == "from within"


def test_another_private_network_reaches_it_and_the_vpc_of_another_region_does_not(cloud: Cloud) -> None:
    """VPCs are apart unless they are peered: https://docs.aws.amazon.com/vpc/latest/peering/what-is-vpc-peering.html"""
    site = Site(cloud, Scheme="internal")
    site.admit(site.inner, EVERYBODY)
    ec2 = boto3.client("ec2", region_name="eu-west-1")
    wanted = {"ImageId": ec2.describe_images()["Images"][0]["ImageId"], "InstanceType": "t3.micro"}
    [elsewhere] = ec2.run_instances(MinCount=1, MaxCount=1, **wanted)["Instances"]
    cloud.host("10.0.0.9", telling(lambda: "from within"))
    with cloud.network.running_at("192.168.7.7"):
        assert fetch(f"http://{site.back}/") == "from within"
    with cloud.network.running_at(elsewhere["PrivateIpAddress"]):
        assert "timed out" in fetch(f"http://{site.back}/")


def test_an_internal_network_load_balancer_too(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html"""
    site = Site(cloud, "network", Scheme="internal")
    cloud.host("10.0.0.9", telling(lambda: "from within"))
    assert "timed out" in site.asks_back(), "no rule lets it in"
    site.admit(site.inner, {"UserIdGroupPairs": [{"GroupId": site.web}]})
    assert site.asks_back() == "from within"
    assert "timed out" in fetch(f"http://{site.back}/")


def test_a_program_behind_a_network_load_balancer_asks_from_its_own_address(cloud: Cloud) -> None:
    site = Site(cloud, "network")
    site.admit(site.inner, EVERYBODY)
    other = site.balancer("other", site.inner, {"Id": "10.0.0.8", "AvailabilityZone": "all"}, Scheme="internal")
    cloud.host("10.0.0.8", forwarded_for)
    cloud.clock.advance(300)
    cloud.host("10.0.0.9", telling(lambda: fetch(f"http://{other}/")))
    assert fetch(f"http://{site.back}/", timeout=30) == "10.0.0.9"


def test_the_internal_balancer_sees_the_private_address_of_the_machine(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html"""
    site = Site(cloud, Scheme="internal")
    site.admit(site.inner, EVERYBODY)
    assert site.asks_back() == site.address


def test_a_rule_that_names_the_security_group_of_the_caller_lets_it_in_and_nobody_else(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing"""
    site = Site(cloud, Scheme="internal")
    assert "timed out" in site.asks_back()
    site.admit(site.inner, {"UserIdGroupPairs": [{"GroupId": site.web}]})
    assert site.asks_back() == site.address
    with cloud.network.running_at(site.launch(site.group("other"))[1]):
        assert "timed out" in fetch(f"http://{site.back}/")


def test_what_the_callers_security_group_does_not_let_out_does_not_arrive(cloud: Cloud) -> None:
    site = Site(cloud, Scheme="internal")
    site.admit(site.inner, EVERYBODY)
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    site.ec2.revoke_security_group_egress(GroupId=site.web, IpPermissions=everything)
    assert "timed out" in site.asks_back()
    to_inner = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": site.inner}]}
    site.ec2.authorize_security_group_egress(GroupId=site.web, IpPermissions=[to_inner])
    assert site.asks_back() == site.address


def test_a_public_balancer_sees_the_public_address_of_an_instance_whose_group_then_does_not_count(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing"""
    site = Site(cloud, Scheme="internet-facing")
    site.admit(site.inner, {"UserIdGroupPairs": [{"GroupId": site.web}]})
    assert "timed out" in site.asks_back(), "the name leads out of the VPC and back"
    site.admit(site.inner, {"IpRanges": [{"CidrIp": f"{site.public}/32"}]})
    assert site.asks_back() == site.public


def test_an_internal_classic_balancer_is_reached_from_its_vpc(cloud: Cloud) -> None:
    site = Site(cloud)
    site.admit(site.inner, {"UserIdGroupPairs": [{"GroupId": site.web}]})
    site.admit(site.inner, {"UserIdGroupPairs": [{"GroupId": site.inner}]})
    inside = site.launch(site.inner)[0]
    cloud.host(inside, forwarded_for)
    elb = boto3.client("elb")
    name = elb.create_load_balancer(
        LoadBalancerName="old",
        Scheme="internal",
        Subnets=site.subnets,
        SecurityGroups=[site.inner],
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
    )["DNSName"]
    elb.register_instances_with_load_balancer(LoadBalancerName="old", Instances=[{"InstanceId": inside}])
    cloud.clock.advance(300)
    assert "timed out" in fetch(f"http://{name}/")
    assert site.run(lambda: fetch(f"http://{name}/")) == site.address


HANDLER = """
import urllib.request

def handler(event, context):
    try:
        return urllib.request.urlopen(event["url"], timeout=2).read().decode()
    except OSError as error:
        return str(error)
"""


def test_a_function_without_a_vpc_is_outside_of_it_also_when_a_machine_inside_invokes_it(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""
    site = Site(cloud, Scheme="internal")
    site.admit(site.inner, EVERYBODY)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = boto3.client("iam").create_role(RoleName="fetch", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    cloud.clock.advance(60)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("index.py", HANDLER)
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName="fetch",
        Role=role,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=10,
    )
    cloud.clock.advance(60)
    event = json.dumps({"url": f"http://{site.back}/"})

    def ask_function() -> str:
        answer: str = json.load(functions.invoke(FunctionName="fetch", Payload=event)["Payload"])
        return f"{answer}; myself: {fetch(f'http://{site.back}/')}"

    assert site.run(ask_function) == f"<urlopen error timed out>; myself: {site.address}"


def test_what_the_inner_request_takes_the_outer_one_takes_too(cloud: Cloud) -> None:
    site = Site(cloud, Scheme="internal")
    site.admit(site.inner, EVERYBODY)
    cloud.host("10.0.0.9", forwarded_for, delay=3)
    began = cloud.clock.now
    assert site.asks_back() == site.address
    assert 3 < cloud.clock.now - began < 3.1
