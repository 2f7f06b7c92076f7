"""Amazon EC2: requests to instances themselves, by address and by host name."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from eslabon import Cloud, NotModelled, activate

WEB = (Path(__file__).parents[2] / "snippets/elbv2/web.sh").read_text()


def fetch(host: str, timeout: float | None = 5) -> str:
    options = {} if timeout is None else {"timeout": timeout}
    try:
        with urllib.request.urlopen(f"http://{host}/", **options) as response:
            return str(response.read().decode())
    except urllib.error.URLError as error:
        return str(error.reason)


class Machines:
    """Two instances, front and back, each with a security group of its name; the server of web.sh runs in both."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.ec2 = cloud, boto3.client("ec2")
        self.groups, self.told = {}, {}
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        wanted = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "UserData": WEB}
        for name in ("front", "back"):
            self.groups[name] = self.ec2.create_security_group(GroupName=name, Description=name)["GroupId"]
            [made] = self.ec2.run_instances(SecurityGroupIds=[self.groups[name]], **wanted)["Instances"]
            cloud.clock.advance(60)
            [found] = self.ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"]
            self.told[name] = found["Instances"][0]

    def admit(self, name: str, peers: dict[str, Any]) -> None:
        http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **peers}
        self.ec2.authorize_security_group_ingress(GroupId=self.groups[name], IpPermissions=[http])

    def from_front(self, host: str) -> str:
        """What a program on front gets."""
        with self.cloud.network.running_at(self.told["front"]["PrivateIpAddress"]):
            return fetch(host)


EVERYBODY = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@pytest.fixture
def machines() -> Iterator[Machines]:
    with activate() as cloud:
        yield Machines(cloud)


def test_an_instance_answers_at_its_public_address_and_name_whom_its_group_lets_in(machines: Machines) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html"""
    front = machines.told["front"]
    assert fetch(front["PublicIpAddress"]) == "timed out", "no rule lets anybody in"
    machines.admit("front", EVERYBODY)
    for name in (front["PublicIpAddress"], front["PublicDnsName"]):
        assert json.loads(fetch(name))["instance"] == front["InstanceId"]


def test_there_is_no_way_from_the_internet_to_private_addresses(machines: Machines) -> None:
    machines.admit("front", EVERYBODY)
    began = machines.cloud.clock.now
    for name in (machines.told["front"]["PrivateIpAddress"], machines.told["front"]["PrivateDnsName"]):
        assert fetch(name) == "timed out"
    assert machines.cloud.clock.now - began == pytest.approx(10)
    assert fetch(name, timeout=None) == "[Errno 110] Connection timed out"


def test_instances_reach_each_other_by_private_addresses_and_their_groups_count(machines: Machines) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing"""
    back = machines.told["back"]
    assert machines.from_front(back["PrivateIpAddress"]) == "timed out"
    machines.admit("back", {"UserIdGroupPairs": [{"GroupId": machines.groups["front"]}]})
    for name in (back["PrivateIpAddress"], back["PrivateDnsName"]):
        assert json.loads(machines.from_front(name))["instance"] == back["InstanceId"]
    assert fetch(back["PublicIpAddress"]) == "timed out", "the rule is for front alone"


def test_in_the_vpc_a_public_name_leads_to_the_private_address_and_a_public_address_out_of_it(
    machines: Machines,
) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html"""
    back = machines.told["back"]
    machines.admit("back", {"UserIdGroupPairs": [{"GroupId": machines.groups["front"]}]})
    assert json.loads(machines.from_front(back["PublicDnsName"]))["instance"] == back["InstanceId"]
    assert machines.from_front(back["PublicIpAddress"]) == "timed out"
    machines.admit("back", {"IpRanges": [{"CidrIp": f"{machines.told['front']['PublicIpAddress']}/32"}]})
    assert json.loads(machines.from_front(back["PublicIpAddress"]))["instance"] == back["InstanceId"]


def test_where_nothing_listens_a_connection_is_refused(machines: Machines) -> None:
    machines.admit("front", EVERYBODY)
    instance = machines.told["front"]["InstanceId"]
    machines.cloud.host(instance, None)
    assert fetch(machines.told["front"]["PublicIpAddress"]) == "[Errno 111] Connection refused"


def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [environ["REMOTE_ADDR"].encode()]


def test_a_client_waits_for_a_slow_program_or_leaves(machines: Machines) -> None:
    machines.admit("front", EVERYBODY)
    front = machines.told["front"]
    machines.cloud.host(front["InstanceId"], slow, delay=3)
    began = machines.cloud.clock.now
    assert fetch(front["PublicIpAddress"]) == "203.0.113.7"
    assert machines.cloud.clock.now - began == pytest.approx(3.001)
    for silent in (False, True):
        machines.cloud.host(front["InstanceId"], slow, delay=3, silent=silent)
        with pytest.raises(TimeoutError):
            fetch(front["PublicIpAddress"], timeout=2)
    assert machines.cloud.clock.now - began == pytest.approx(7.001)


def test_what_is_stopped_does_not_answer(machines: Machines) -> None:
    machines.admit("front", EVERYBODY)
    front = machines.told["front"]
    machines.ec2.stop_instances(InstanceIds=[front["InstanceId"]])
    assert fetch(front["PublicIpAddress"]) == "timed out"
    machines.cloud.clock.advance(60)
    assert "no host" in fetch(front["PublicIpAddress"]), "it has no public address any more"


def test_https_is_not_modelled(machines: Machines) -> None:
    with pytest.raises(NotModelled, match="https to instances"):
        urllib.request.urlopen(f"https://{machines.told['front']['PublicIpAddress']}/")


def test_what_has_a_name_of_the_readers_sees_who_asks(machines: Machines) -> None:
    machines.cloud.network.host("shop.example.com", slow)
    assert fetch("shop.example.com") == "203.0.113.7"
    assert machines.from_front("shop.example.com") == machines.told["front"]["PrivateIpAddress"]
