"""`python -m eslabon serve FILE` runs a program, and then its load balancers listen until Ctrl+C or SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.servers.conftest import TIMEOUT

SETUP = """
import boto3
ec2, elbv2 = boto3.client("ec2"), boto3.client("elbv2")
subnets = ec2.describe_subnets()["Subnets"]
group = ec2.create_security_group(GroupName="open", Description="all", VpcId=subnets[0]["VpcId"])["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
    {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
made = elbv2.create_load_balancer(
    Name="shop", Subnets=[one["SubnetId"] for one in subnets[:2]], SecurityGroups=[group])["LoadBalancers"][0]
fixed = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "hello"}
elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}])
elbv2.get_waiter("load_balancer_available").wait(Names=["shop"])
"""


def _interruptible() -> None:
    """A job in the background of a script ignores Ctrl+C, and its children do; this child shall not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_program_s_balancers_listen_until_it_is_interrupted(stop: signal.Signals, tmp_path: Path) -> None:
    setup = tmp_path / "setup.py"
    setup.write_text(SETUP)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "eslabon", "serve", str(setup)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=_interruptible
    ) as serving:
        try:
            assert serving.stdout
            name, _, place = serving.stdout.readline().strip().partition(" listens at ")
            assert name == "shop:80"
            plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with plain.open(f"http://{place}/", timeout=TIMEOUT) as answer:
                assert answer.read() == b"hello"
            serving.send_signal(stop)
            assert serving.wait(TIMEOUT) == 0
        finally:
            serving.kill()
