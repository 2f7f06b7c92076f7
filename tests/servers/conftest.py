"""Balancers on loopback sockets, and real servers behind them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from eslabon import Cloud

TIMEOUT = 10.0  # seconds after which a test that waits for a socket fails


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got, as JSON; /health and /slow as their names say."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: EchoServer

    def answer(self) -> None:
        if self.path == "/health":
            self.reply(200 if self.server.healthy else 500, b"")
            return
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self.chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {
            "server": self.server.name,
            "method": self.command,
            "target": self.path,
            "headers": self.headers.items(),
            "body": body.decode("latin-1"),
        }
        self.server.seen.append(seen)
        if self.path == "/slow":
            self.server.arrived.set()
            self.server.go_on.wait(TIMEOUT)
        self.reply(200, json.dumps(seen).encode())

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = do_DELETE = answer  # noqa: N815 - http.server's names

    def chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


class EchoServer(ThreadingHTTPServer):
    """A target on 127.0.0.1; `seen` holds the requests that it got, health checks left out."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.name = name
        self.healthy = True
        self.seen: list[dict[str, Any]] = []
        self.connections: list[socket.socket] = []
        self.arrived = threading.Event()
        self.go_on = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def place(self) -> tuple[str, int]:
        return ("127.0.0.1", self.server_port)

    def get_request(self) -> tuple[socket.socket, Any]:
        found = super().get_request()
        self.connections.append(found[0])
        return found

    def handle_error(self, *_: Any) -> None:
        pass

    def kill(self) -> None:
        """Die as a process does: the socket is gone, and every connection is reset."""
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Raw:
    """A target that answers what comes with what `respond` makes of it, until that is None; once: then it closes."""

    def __init__(self, respond: Callable[[bytes], bytes | None], *, once: bool = False) -> None:
        self.respond = respond
        self.once = once
        self.seen: list[bytes] = []
        self.ended = threading.Semaphore(0)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.place: tuple[str, int] = self.socket.getsockname()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    if b"ELB-HealthChecker" in data:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        return
                    self.seen.append(data)
                    answer = self.respond(data)
                    if answer is None:
                        return
                    connection.sendall(answer)
                    if self.once:
                        return
            except OSError:
                pass
            finally:
                self.ended.release()


class World:
    """A cloud with security groups that let everybody in; balancers and target groups are made in a line each."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.elbv2 = self.cloud.client("elbv2")
        ec2 = self.cloud.client("ec2")
        subnets = ec2.describe_subnets()["Subnets"]
        self.vpc = subnets[0]["VpcId"]
        self.subnets = [one["SubnetId"] for one in subnets][:2]
        self.open = ec2.create_security_group(GroupName="open", Description="everybody", VpcId=self.vpc)["GroupId"]
        everybody = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ec2.authorize_security_group_ingress(GroupId=self.open, IpPermissions=everybody)
        self._addresses = 0

    def balancer(self, name: str = "shop", type: str = "application", **attributes: str) -> str:
        """The ARN of a balancer that will be active; __ in an attribute's name stands for a dot."""
        made = self.elbv2.create_load_balancer(Name=name, Type=type, Subnets=self.subnets, SecurityGroups=[self.open])[
            "LoadBalancers"
        ][0]["LoadBalancerArn"]
        if attributes:
            given = [{"Key": key.replace("__", "."), "Value": value} for key, value in attributes.items()]
            self.elbv2.modify_load_balancer_attributes(LoadBalancerArn=made, Attributes=given)
        return str(made)

    def group(
        self,
        *targets: Any,
        name: str = "shop",
        protocol: str = "HTTP",
        attributes: dict[str, str] | None = None,
        **more: Any,
    ) -> str:
        """The ARN of a target group of what listens at addresses: (host, port) of servers, or applications."""
        check = {"HealthCheckPath": "/health"} if protocol in ("HTTP", "HTTPS") else {}
        made = self.elbv2.create_target_group(
            Name=name, Protocol=protocol, Port=80, VpcId=self.vpc, TargetType="ip", **{**check, **more}
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        for target in targets:
            self._addresses += 1
            address = f"10.0.0.{self._addresses}"
            self.cloud.host(address, target)
            self.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": address, "AvailabilityZone": "all"}])
        if attributes:
            given = [{"Key": key, "Value": value} for key, value in attributes.items()]
            self.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=given)
        return arn

    def listener(self, balancer: str, *groups: str, protocol: str = "HTTP", port: int = 80, **more: Any) -> str:
        """The ARN of a listener that forwards to these groups, unless DefaultActions says otherwise."""
        forward = {"TargetGroups": [{"TargetGroupArn": group, "Weight": 1} for group in groups]}
        actions = {"DefaultActions": [{"Type": "forward", "ForwardConfig": forward}]}
        made = self.elbv2.create_listener(LoadBalancerArn=balancer, Protocol=protocol, Port=port, **{**actions, **more})
        return str(made["Listeners"][0]["ListenerArn"])

    def settle(self) -> None:
        """Until balancers are active and targets healthy."""
        self.cloud.clock.advance(400)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def echoes() -> Iterator[Callable[[int], list[EchoServer]]]:
    """Makes so many echo servers."""
    made: list[EchoServer] = []

    def make(count: int) -> list[EchoServer]:
        made.extend(EchoServer(f"target-{number}") for number in range(len(made), len(made) + count))
        return made[-count:]

    yield make
    for one in made:
        one.go_on.set()
        one.kill()


@contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, TIMEOUT) as client:
        yield client


def ask(address: tuple[str, int], data: bytes) -> bytes:
    """All that comes back for these bytes until the other side closes."""
    with connected(address) as client:
        client.sendall(data)
        return read_all(client)


def read_all(client: socket.socket) -> bytes:
    found = b""
    try:
        while data := client.recv(65536):
            found += data
    except ConnectionResetError:
        pass
    return found
