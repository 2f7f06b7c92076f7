"""Network Load Balancers on sockets: TCP, TLS and UDP flows to real servers, and to what answers in this process."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import http.client
import json
import socket
import ssl
import struct
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eslabon.elbv2.flows.client import BytesServer
from eslabon.elbv2.flows.proxyprotocol import SIGNATURE
from eslabon.servers.authority import Authority
from tests.servers.conftest import TIMEOUT, EchoServer, Raw, World, connected, read_all

Echoes = Callable[[int], list[EchoServer]]
TCP = {"protocol": "TCP", "HealthCheckProtocol": "TCP"}


def behind(world: World, *targets: Any, protocol: str = "TCP", grace: float = 0.5, **group: Any) -> Any:
    """Serves a balancer whose listener of port 80 forwards to these targets."""
    world.listener(
        world.balancer("flows", "network", load_balancing__cross_zone__enabled="true"),
        world.group(*targets, protocol=protocol, **group),
        protocol=protocol,
    )
    world.settle()
    return world.cloud.serve(grace=grace)


def named(name: bytes) -> Raw:
    """A target that answers with its name."""
    return Raw(lambda data: name)


class Datagrams:
    """A UDP target that answers with its name and what came."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.peers: set[Any] = set()
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        while True:  # health checks of UDP groups are over TCP, at the same port, which must be free for both
            self.checked = socket.create_server(("127.0.0.1", 0))
            self.place: tuple[str, int] = self.checked.getsockname()
            try:
                self.socket.bind(self.place)
                break
            except OSError:
                self.checked.close()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            self.peers.add(peer)
            self.socket.sendto(self.name + b" " + data, peer)


@pytest.fixture
def datagrams() -> Iterator[Callable[[bytes], Datagrams]]:
    made: list[Datagrams] = []

    def make(name: bytes) -> Datagrams:
        made.append(Datagrams(name))
        return made[-1]

    yield make
    for one in made:
        one.checked.close()
        one.socket.close()


def test_bytes_pass_both_ways_whatever_they_are(world: World) -> None:
    target = Raw(lambda data: data)
    content = bytes(range(256)) * 4000
    with behind(world, target.place) as server, connected(server.address("flows", 80)) as client:
        sender = threading.Thread(target=client.sendall, args=(content,))
        sender.start()
        found = b""
        while len(found) < len(content):
            found += client.recv(65536)
        sender.join(TIMEOUT)
    assert found == content


def test_a_side_that_has_ended_still_gets_what_the_other_sends(world: World) -> None:
    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                content = read_all(connection)
                connection.sendall(b"%d bytes came" % len(content))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        with behind(world, listening.getsockname()) as server, connected(server.address("flows", 80)) as client:
            client.sendall(b"x" * 100_000)
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b"100000 bytes came"


def test_connections_spread_over_the_targets_and_each_stays_where_it_is(world: World) -> None:
    targets = [named(name) for name in (b"a", b"b", b"c")]
    with behind(world, *(target.place for target in targets)) as server:
        counted: Counter[bytes] = Counter()
        for _ in range(60):
            with connected(server.address("flows", 80)) as client:
                answers = set()
                for _ in range(3):
                    client.sendall(b"?")
                    answers.add(client.recv(1))
                assert len(answers) == 1
                counted += Counter(answers)
    assert set(counted) == {b"a", b"b", b"c"}
    assert min(counted.values()) >= 8  # expected: 20, and eight is more than three standard deviations away


def test_a_sticky_group_keeps_a_client_address_at_its_target(world: World) -> None:
    targets = [named(name) for name in (b"a", b"b", b"c")]
    sticky = {"stickiness.enabled": "true", "stickiness.type": "source_ip"}
    with behind(world, *(target.place for target in targets), attributes=sticky) as server:
        answers = set()
        for _ in range(20):
            with connected(server.address("flows", 80)) as client:
                client.sendall(b"?")
                answers.add(client.recv(1))
    assert len(answers) == 1


def test_the_proxy_protocol_tells_the_target_who_connects(world: World) -> None:
    target = Raw(lambda data: b"thanks")
    attributes = {"proxy_protocol_v2.enabled": "true"}
    with behind(world, target.place, attributes=attributes) as server:
        with connected(server.address("flows", 80)) as client:
            port = client.getsockname()[1]
            client.sendall(b"hello")
            while not b"".join(target.seen).endswith(b"hello"):
                assert client.recv(100)
    came = b"".join(target.seen)
    assert came.startswith(SIGNATURE + b"\x21\x11")
    assert came[16:20] == bytes((127, 0, 0, 1))
    assert came[24:26] == port.to_bytes(2)
    assert came.endswith(b"hello")


def test_with_proxy_protocol_a_health_check_says_that_it_is_for_no_client(world: World) -> None:
    came: list[bytes] = []
    seen = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                came.append(read_all(connection))
                seen.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        attributes = {"proxy_protocol_v2.enabled": "true"}
        with behind(world, listening.getsockname(), attributes=attributes):
            world.cloud.clock.advance(60)
            assert seen.wait(TIMEOUT)
    assert came[0] == SIGNATURE + bytes((0x20, 0, 0, 0))


def test_a_target_that_refuses_ends_the_connection(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = gone.getsockname()
    came = b""
    with behind(world, place) as server, contextlib.suppress(ConnectionResetError):  # it may come while we connect
        with connected(server.address("flows", 80)) as client:
            came = read_all(client)
    assert came == b""


def test_a_flow_that_was_idle_for_too_long_is_reset(world: World) -> None:
    target = named(b"a")
    with behind(world, target.place) as server, connected(server.address("flows", 80)) as client:
        client.sendall(b"?")
        assert client.recv(1) == b"a"
        world.cloud.clock.advance(351)
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_target_that_is_deregistered_keeps_its_flows_until_the_delay_is_over(world: World) -> None:
    target = named(b"a")
    attributes = {
        "deregistration_delay.timeout_seconds": "30",
        "deregistration_delay.connection_termination.enabled": "true",
    }
    with behind(world, target.place, attributes=attributes) as server:
        with connected(server.address("flows", 80)) as client:
            group = world.elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
            told = world.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            world.elbv2.deregister_targets(TargetGroupArn=group, Targets=[told[0]["Target"]])
            client.sendall(b"?")
            assert client.recv(1) == b"a"
            world.cloud.clock.advance(31)
            with pytest.raises(ConnectionResetError):
                client.recv(1)


def test_applications_and_byte_servers_in_this_process_are_targets_too(world: World) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    with behind(world, application) as server:
        connection = http.client.HTTPConnection(*server.address("flows", 80), timeout=TIMEOUT)
        for path in ("/one", "/two"):
            connection.request("GET", path)
            assert connection.getresponse().read() == path.encode()


@pytest.mark.parametrize("kind", ["application", "network", "bytes"])
def test_what_a_program_at_a_target_asks_for_comes_from_its_machine(world: World, kind: str) -> None:
    """As in process: a security group may let in the addresses of machines alone."""

    def stock(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    def ask_stock() -> bytes:
        with urllib.request.urlopen("http://stock.example.com/", timeout=TIMEOUT) as response:
            return bytes(response.read())

    def shop(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [ask_stock() if environ["PATH_INFO"] == "/" else b"checked"]

    world.cloud.network.host("stock.example.com", stock)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"
    target = BytesServer(lambda data, client: head + ask_stock()) if kind == "bytes" else shop
    protocol = "HTTP" if kind == "application" else "TCP"
    group = world.group(target, protocol=protocol)
    balancer = world.balancer(type="application" if kind == "application" else "network")
    world.listener(balancer, group, protocol=protocol)
    world.settle()
    with world.cloud.serve(grace=0) as server:
        connection = http.client.HTTPConnection(*server.address("shop", 80), timeout=TIMEOUT)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"10.0.0.1"
        connection.close()


def test_a_balancer_behind_a_balancer(world: World, echoes: Echoes) -> None:
    """An Application Load Balancer as the target of a Network Load Balancer."""
    application = world.balancer("shop")
    world.listener(application, world.group(echoes(1)[0].place))
    world.settle()
    made = world.elbv2.create_target_group(Name="alb", Protocol="TCP", Port=80, VpcId=world.vpc, TargetType="alb")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    world.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": application, "Port": 80}])
    world.listener(world.balancer("flows", "network"), group, protocol="TCP")
    world.settle()
    with world.cloud.serve(grace=0.5) as server:
        connection = http.client.HTTPConnection(*server.address("flows", 80), timeout=TIMEOUT)
        connection.request("GET", "/", headers={"Host": "a"})
        assert connection.getresponse().status == 200


def test_tls_ends_at_the_balancer(world: World) -> None:
    issued = Authority().issue("flows.example.com")
    certificate = world.cloud.client("acm").import_certificate(**issued)["CertificateArn"]
    target = Raw(lambda data: data.upper())
    world.listener(
        world.balancer("flows", "network"),
        world.group(target.place, **TCP),
        protocol="TLS",
        port=443,
        Certificates=[{"CertificateArn": certificate}],
    )
    world.settle()
    with world.cloud.serve(grace=0.5) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        raw = socket.create_connection(server.address("flows", 443), TIMEOUT)
        with context.wrap_socket(raw, server_hostname="flows.example.com") as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"HELLO"


def test_a_tls_connection_leaves_a_line_in_the_access_log(world: World) -> None:
    issued = Authority().issue("flows.example.com")
    certificate = world.cloud.client("acm").import_certificate(**issued)["CertificateArn"]
    s3 = world.cloud.client("s3")
    s3.create_bucket(Bucket="logs-2026")
    who = {"Service": "delivery.logs.amazonaws.com"}
    write = {"Effect": "Allow", "Principal": who, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs-2026/*"}
    s3.put_bucket_policy(Bucket="logs-2026", Policy=json.dumps({"Statement": [write]}))
    log = {"access_logs__s3__enabled": "true", "access_logs__s3__bucket": "logs-2026"}
    target = Raw(lambda data: data)
    certificates = [{"CertificateArn": certificate}]
    policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    balancer, group = world.balancer("flows", "network", **log), world.group(target.place, **TCP)
    world.listener(balancer, group, protocol="TLS", port=443, Certificates=certificates, SslPolicy=policy)
    world.settle()
    with world.cloud.serve(grace=0.5) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        raw = socket.create_connection(server.address("flows", 443), TIMEOUT)
        with context.wrap_socket(raw, server_hostname="flows.example.com") as client:
            client.sendall(b"hello")
            client.recv(100)
            port = client.getsockname()[1]
    lines = log_lines(world, "logs-2026")  # once the balancer has seen that the client has gone
    [line] = [one.split(" ") for one in lines]
    assert line[5] == f"127.0.0.1:{port}"
    assert line[9:11] == ["5", "5"]
    assert line[12] == certificate
    assert line[14].startswith("TLS_") and line[15] == "tlsv13"
    assert line[17] == "flows.example.com"


def log_lines(world: World, bucket: str) -> list[str]:
    """The lines of the first file that there is."""
    s3 = world.cloud.client("s3")
    for _ in range(300):
        world.cloud.clock.advance(300)
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"] if one["Key"].endswith(".gz")]
        if keys:
            content: bytes = s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read()
            return gzip.decompress(content).decode().splitlines()
    return []


def ask_udp(client: socket.socket, address: tuple[str, int], data: bytes) -> bytes:
    client.settimeout(TIMEOUT)
    client.sendto(data, address)
    return client.recv(65536)


def test_datagrams_of_one_flow_go_to_one_target_and_flows_spread(
    world: World, datagrams: Callable[[bytes], Datagrams]
) -> None:
    targets = [datagrams(name) for name in (b"a", b"b")]
    with behind(world, *(target.place for target in targets), protocol="UDP", HealthCheckProtocol="TCP") as server:
        address = server.address("flows", 80)
        used = set()
        for _ in range(20):
            with socket.socket(type=socket.SOCK_DGRAM) as client:
                answers = {ask_udp(client, address, b"%d" % number)[:1] for number in range(5)}
                assert len(answers) == 1
                used |= answers
    assert used == {b"a", b"b"}


def test_a_flow_of_datagrams_that_was_idle_begins_anew(world: World, datagrams: Callable[[bytes], Datagrams]) -> None:
    target = datagrams(b"a")
    with behind(world, target.place, protocol="UDP", HealthCheckProtocol="TCP") as server:
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            ask_udp(client, server.address("flows", 80), b"one")
            ask_udp(client, server.address("flows", 80), b"two")
            assert len(target.peers) == 1
            world.cloud.clock.advance(121)
            ask_udp(client, server.address("flows", 80), b"three")
            assert len(target.peers) == 2, "another socket of the balancer's"


def test_a_listener_of_both_has_one_port(world: World) -> None:
    with behind(world, BytesServer(lambda data, client: data.upper()), protocol="TCP_UDP") as server:
        address = server.address("flows", 80)
        with connected(address) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"HELLO"
        with socket.socket(type=socket.SOCK_DGRAM) as sender:
            assert ask_udp(sender, address, b"hello") == b"HELLO"


def counted(world: World, name: str) -> float:
    """The sum of a metric of the balancer, when the minute is over."""
    world.cloud.clock.advance(120)
    arn = world.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    points = world.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/NetworkELB",
        MetricName=name,
        Dimensions=[{"Name": "LoadBalancer", "Value": arn.partition(":loadbalancer/")[2]}],
        StartTime=start,
        EndTime=start + datetime.timedelta(days=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def becomes(world: World, name: str, value: float) -> bool:
    """Whether a metric's sum soon is this: the server may still be about to see what has happened."""
    return any(counted(world, name) == value for _ in range(300))


def test_flows_and_bytes_are_counted(world: World) -> None:
    target = Raw(lambda data: data)
    with behind(world, target.place) as server:
        for _ in range(3):
            with connected(server.address("flows", 80)) as client:
                client.sendall(b"hello")
                assert client.recv(5) == b"hello"
        assert becomes(world, "NewFlowCount", 3) and becomes(world, "NewFlowCount_TCP", 3)
        assert becomes(world, "ProcessedBytes", 3 * 2 * (5 + 40))


def test_a_client_that_resets_its_connection_is_told(world: World) -> None:
    target = Raw(lambda data: data)
    with behind(world, target.place) as server, connected(server.address("flows", 80)) as client:
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"
        reset(client)
        assert becomes(world, "TCP_Client_Reset_Count", 1)
        assert counted(world, "TCP_Target_Reset_Count") == 0


def test_a_target_that_resets_a_connection_is_told(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=reset_all, args=(listening,), daemon=True).start()
        with behind(world, listening.getsockname()) as server:
            for _ in range(2):
                with connected(server.address("flows", 80)) as client:
                    client.sendall(b"hello")
                    with pytest.raises(ConnectionResetError):
                        client.recv(5)
            assert becomes(world, "TCP_Target_Reset_Count", 2)
            assert counted(world, "TCP_Client_Reset_Count") == 0
            assert counted(world, "TCP_ELB_Reset_Count") == 0


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_all(listening: socket.socket) -> None:
    """A target that resets a connection as soon as something comes."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with contextlib.suppress(ConnectionResetError):
            if connection.recv(100):
                reset(connection)
