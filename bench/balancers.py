"""CPU that a balancer on sockets takes for a request, as a multiple of haproxy's; nginx beside it. Linux alone.

`python -m bench.balancers` measures: wrk, haproxy and nginx must be installed. Each figure is the smallest of some
rounds in which all take turns, so that a busy machine does not decide; CPU time is that of the process, from /proc.
Each request has another URL; what a client sends beside it is the same, as a client's headers mostly are.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3
SECONDS = 2
CONNECTIONS = 32
REACH = {"HTTP": 2.2, "TCP": 1.6}
_TICKS = os.sysconf("SC_CLK_TCK")

TARGET = """
daemon off; master_process off; worker_processes 1; error_log stderr crit; pid {folder}/target.pid;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{target}; location / {{ default_type text/plain; return 200 "hello\\n"; }} }} }}
"""
NGINX = """
daemon off; master_process off; worker_processes 1; error_log stderr crit; pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{ access_log {folder}/nginx.log; keepalive_requests 100000000; client_body_temp_path {folder}/n1;
  proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3; uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
  upstream targets {{ server 127.0.0.1:{target}; keepalive 64; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{nginx}; location / {{ proxy_pass http://targets; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Port $server_port; }} }} }}
"""
HAPROXY = """
global
  maxconn 2000
  nbthread 1
  log {folder}/log format raw local0
defaults
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend http
  mode http
  log global
  option httplog
  bind 127.0.0.1:{haproxy}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port 80
  unique-id-format %{{+X}}o\\ %ci:%cp_%fi:%fp_%Ts_%rt
  unique-id-header X-Amzn-Trace-Id
  option forwardfor
  acl api path_beg /api/
  use_backend targets if api
  default_backend targets
backend targets
  mode http
  http-reuse always
  server one 127.0.0.1:{target}
listen tcp
  mode tcp
  bind 127.0.0.1:{haproxy_tcp}
  server one 127.0.0.1:{target}
"""


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def free_port() -> int:
    """A port of 127.0.0.1 at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    """Until something listens there; RuntimeError after ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens at port {port}")


def load(port: int) -> int:
    """So many requests in SECONDS; RuntimeError when one failed."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(Path(__file__).with_name("requests.lua"))]
    ran = subprocess.run([*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=60)
    found = re.search(r"(\d+) requests in", ran.stdout)
    if not found or int(found[1]) == 0 or "Socket errors" in ran.stdout or "Non-2xx" in ran.stdout:
        raise RuntimeError(ran.stdout + ran.stderr)
    return int(found[1])


def microseconds(pid: int, port: int) -> float:
    """CPU of a process for one request through a port."""
    before = cpu(pid)
    requests = load(port)
    return (cpu(pid) - before) / requests * 1e6


def ours(target: int) -> None:
    """In a process of its own: serve a balancer of each kind, say where as JSON, and end with the standard input."""
    from eslabon import Cloud

    cloud = Cloud()
    ec2, elbv2, s3 = cloud.client("ec2"), cloud.client("elbv2"), cloud.client("s3")
    subnets = ec2.describe_subnets()["Subnets"]
    vpc = subnets[0]["VpcId"]
    group = ec2.create_security_group(GroupName="open", Description="everybody", VpcId=vpc)["GroupId"]
    everybody = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=everybody)
    cloud.host("10.0.0.5", ("127.0.0.1", target))
    for name, kind, protocol in (("http", "application", "HTTP"), ("tcp", "network", "TCP")):
        balancer = elbv2.create_load_balancer(
            Name=name, Type=kind, Subnets=[one["SubnetId"] for one in subnets[:2]], SecurityGroups=[group]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        made = elbv2.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc, TargetType="ip")
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.5", "AvailabilityZone": "all"}])
        forward = [{"Type": "forward", "TargetGroupArn": arn}]
        listener = elbv2.create_listener(LoadBalancerArn=balancer, Protocol=protocol, Port=80, DefaultActions=forward)
        if name == "http":
            path = [{"Field": "path-pattern", "Values": ["/api/*"]}]
            elbv2.create_rule(
                ListenerArn=listener["Listeners"][0]["ListenerArn"], Priority=1, Conditions=path, Actions=forward
            )
            s3.create_bucket(Bucket="logs")
            _allow_logs(s3)
            on = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"}
            elbv2.modify_load_balancer_attributes(
                LoadBalancerArn=balancer, Attributes=[{"Key": key, "Value": value} for key, value in on.items()]
            )
    cloud.clock.advance(400)
    with cloud.serve(grace=0.5) as server:
        print(json.dumps({name: server.address(name, 80)[1] for name in ("http", "tcp")}), flush=True)
        sys.stdin.read()


def _allow_logs(s3: object) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="logs", Policy=policy)


def measure() -> dict[str, dict[str, float]]:
    """Microseconds of CPU a request, by protocol and program."""
    names = ("target", "nginx", "haproxy", "haproxy_tcp")
    ports = {name: free_port() for name in names}
    started: list[subprocess.Popen[str]] = []

    def start(*command: str, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(command, text=True, **options)
        started.append(process)
        return process

    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(f"{folder}/log")  # haproxy writes its log here; nobody reads it
        log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for name, text in (("target.conf", TARGET), ("nginx.conf", NGINX), ("haproxy.cfg", HAPROXY)):
            Path(folder, name).write_text(text.format(folder=folder, **ports))
        try:
            start("nginx", "-c", f"{folder}/target.conf", stderr=subprocess.DEVNULL)
            nginx = start("nginx", "-c", f"{folder}/nginx.conf", stderr=subprocess.DEVNULL)
            haproxy = start("haproxy", "-f", f"{folder}/haproxy.cfg", "-db", "-q", stderr=subprocess.DEVNULL)
            eslabon = start(
                sys.executable, "-m", "bench.balancers", str(ports["target"]),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert eslabon.stdout
            ours_at = json.loads(eslabon.stdout.readline())
            for port in (*ports.values(), *ours_at.values()):
                wait_for(port)
            programs: dict[str, dict[str, Callable[[], float]]] = {
                "HTTP": {
                    "haproxy": lambda: microseconds(haproxy.pid, ports["haproxy"]),
                    "nginx": lambda: microseconds(nginx.pid, ports["nginx"]),
                    "eslabon": lambda: microseconds(eslabon.pid, ours_at["http"]),
                },
                "TCP": {
                    "haproxy": lambda: microseconds(haproxy.pid, ports["haproxy_tcp"]),
                    "eslabon": lambda: microseconds(eslabon.pid, ours_at["tcp"]),
                },
            }
            rounds = [
                {(protocol, name): ask() for protocol, asked in programs.items() for name, ask in asked.items()}
                for _ in range(ROUNDS)
            ]
        finally:
            for process in reversed(started):
                if process.stdin:
                    process.stdin.close()
                process.send_signal(signal.SIGTERM)
                process.wait(10)
    return {
        protocol: {name: min(found[protocol, name] for found in rounds) for name in asked}
        for protocol, asked in programs.items()
    }


def main() -> None:
    """Measure and print, when everything is installed."""
    missing = [name for name in ("wrk", "haproxy", "nginx") if shutil.which(name) is None]
    if missing:
        print(f"\nLoad balancers on sockets: not measured, {' and '.join(missing)} not installed")
        return
    print("\nCPU a request through a load balancer on a socket, as a multiple of haproxy's")
    print(f"{'':<26}{'eslabon':>9}{'nginx':>9}{'reach':>9}")
    for protocol, found in measure().items():
        base = found["haproxy"]
        nginx = f"{found['nginx'] / base:.2f}" if "nginx" in found else "-"
        print(f"{protocol:<26}{found['eslabon'] / base:>9.2f}{nginx:>9}{REACH[protocol]:>9}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ours(int(sys.argv[1]))
    else:
        main()
