"""Slow clients, silent and dying targets, too many connections, and the end: what a balancer on a socket does then."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from eslabon.elbv2.application.accesslog import fields
from eslabon.elbv2.application.outcome import Outcome
from eslabon.servers import serving
from eslabon.servers._http import server as server_http
from tests.servers.conftest import TIMEOUT, EchoServer, Raw, World, ask, connected, read_all

Echoes = Callable[[int], list[EchoServer]]
GET = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n"
CUT = 0
IMPATIENT = {"idle_timeout__timeout_seconds": "1"}


def behind(world: World, *targets: Any, grace: float = 0.5, **attributes: str) -> Any:
    """Serves a balancer with these targets."""
    world.listener(
        world.balancer(**attributes), world.group(*targets, HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2)
    )
    world.settle()
    return world.cloud.serve(grace=grace)


def outcomes(world: World) -> list[tuple[int, str]]:
    """Status and cause of the requests, as the journal has them."""
    return [(entry["status"], entry["cause"]) for entry in world.cloud.journal.of("request")]


# --- Clients ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhal"],
)
def test_a_client_that_stops_in_the_middle_of_a_request_gets_408(world: World, echoes: Echoes, data: bytes) -> None:
    with behind(world, echoes(1)[0].place, **IMPATIENT) as server:
        assert ask(server.address("shop", 80), data).startswith(b"HTTP/1.1 408 Request Time-out")


def test_a_head_that_comes_drop_by_drop_must_come_within_the_idle_timeout(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place, **IMPATIENT) as server, connected(server.address("shop", 80)) as client:
        client.settimeout(0.1)
        answer, begun = b"", time.monotonic()
        while not answer and time.monotonic() - begun < TIMEOUT:
            client.sendall(b"GET / HTTP/1.1\r\n" if time.monotonic() - begun < 0.05 else b"X-Drop: 1\r\n")
            try:
                answer = client.recv(1000)
            except TimeoutError:
                pass
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_connection_on_which_nothing_is_asked_ends_without_a_word(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place, **IMPATIENT) as server:
        assert ask(server.address("shop", 80), b"") == b""
        assert ask(server.address("shop", 80), GET).count(b"HTTP/1.1 ") == 1


def test_a_client_that_leaves_before_the_answer_is_counted_as_460(world: World, echoes: Echoes) -> None:
    (target,) = echoes(1)
    with behind(world, target.place) as server:
        with connected(server.address("shop", 80)) as client:
            client.sendall(GET.replace(b"/ ", b"/slow ", 1))
            assert target.arrived.wait(TIMEOUT)
        world.cloud.clock.wait_until(lambda: bool(outcomes(world)), world.cloud.clock.now + TIMEOUT)
        target.go_on.set()
    assert outcomes(world) == [(460, "client left")]


def test_a_client_that_leaves_before_it_has_sent_all_is_counted_as_400(world: World, echoes: Echoes) -> None:
    """…/application/load-balancer-troubleshooting.html#http-400-issues"""
    with behind(world, echoes(1)[0].place) as server:
        with connected(server.address("shop", 80)) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 10\r\n\r\nhe")
        world.cloud.clock.wait_until(lambda: bool(outcomes(world)), world.cloud.clock.now + TIMEOUT)
    assert outcomes(world) == [(400, "incomplete request")]


@pytest.mark.parametrize(
    ("data", "request_line", "status"),
    [
        (b"GET /\r\n\r\n", "- http://{}:80- -", "400"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", "- http://{}:80- -", "414"),
        (
            b"POST /cart HTTP/1.1\r\nHost: example.com\r\nContent-Length: x\r\n\r\n",
            "POST http://example.com:80/cart HTTP/1.1",
            "400",
        ),
        (b"GET foo HTTP/1.1\r\nHost: example.com\r\n\r\n", "GET http://example.com:80foo HTTP/1.1", "400"),
    ],
)
def test_what_is_malformed_is_logged_and_no_target_sees_it(
    world: World, echoes: Echoes, data: bytes, request_line: str, status: str
) -> None:
    """…/application/load-balancer-access-logs.html: requests that never made it to the targets are logged."""
    (target,) = echoes(1)
    seen: list[Outcome] = []
    world.cloud.service("elbv2").exchanges.observers.append(seen.append)
    with behind(world, target.place) as server:
        answer = ask(server.address("shop", 80), data)
    (found,) = map(fields, seen)
    name = world.elbv2.describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    assert found["request"] == request_line.format(name)
    assert (found["elb_status_code"], found["target_status_code"]) == (status, "-")
    assert found["sent_bytes"] == str(len(answer))
    assert target.seen == []


def test_a_thousand_slow_clients_do_not_stop_another(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place) as server, ExitStack() as slow:
        address = server.address("shop", 80)
        for _ in range(1000):
            slow.enter_context(socket.create_connection(address, TIMEOUT)).sendall(b"GET / HT")
        for _ in range(20):
            assert ask(address, LAST).startswith(b"HTTP/1.1 200 OK")


def test_connections_beyond_the_limit_are_closed_and_the_others_go_on(
    world: World, echoes: Echoes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_http, "CONNECTIONS", 3)
    with behind(world, echoes(1)[0].place) as server, ExitStack() as held:
        address = server.address("shop", 80)
        clients = [held.enter_context(socket.create_connection(address, TIMEOUT)) for _ in range(3)]
        for client in clients:
            client.sendall(GET)
            assert client.recv(10) == b"HTTP/1.1 2"
        assert ask(address, GET) == b""
        clients[0].sendall(LAST)
        assert b"Connection: close" in read_all(clients[0])


def test_what_a_client_does_not_read_does_not_pile_up(world: World) -> None:
    """The target can send what fits into buffers; then it waits, and the client is dropped when nothing moves."""
    sent: list[int] = []
    stuck = threading.Event()

    def respond(data: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"

    target = Raw(respond)
    original = target.talk

    def flood(connection: socket.socket) -> None:
        first = connection.recv(65536, socket.MSG_PEEK)
        if b"ELB-HealthChecker" in first:
            original(connection)
            return
        connection.recv(65536)
        connection.sendall(respond(first))
        connection.settimeout(0.5)
        try:
            while True:
                sent.append(connection.send(bytes(65536)))
        except OSError:
            stuck.set()

    target.talk = flood
    with behind(world, target.place, **IMPATIENT) as server, connected(server.address("shop", 80)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(GET)
        assert stuck.wait(TIMEOUT)
        assert sum(sent) < 20_000_000, "the operating system's buffers, and a little"
        assert len(read_all(client)) < 20_000_000, "it is dropped, not fed"


def test_what_a_target_does_not_read_does_not_pile_up(world: World) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def respond(data: bytes) -> None:
        arrived.set()
        go_on.wait(TIMEOUT)

    target = Raw(respond)
    with behind(world, target.place) as server, connected(server.address("shop", 80)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
        assert arrived.wait(TIMEOUT)
        client.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                sent += client.send(bytes(65536))
        go_on.set()
    assert sent < 20_000_000


def test_a_connection_goes_on_after_its_target_has_refused_a_request_with_a_body(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = gone.getsockname()
    with behind(world, place) as server, connected(server.address("shop", 80)) as client:
        for _ in range(3):
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            answer = b""
            while not answer.endswith(b"</html>\r\n"):
                answer += client.recv(1000)
            assert answer.startswith(b"HTTP/1.1 502 Bad Gateway")
            assert b"Connection: keep-alive" in answer


# --- Targets ----------------------------------------------------------------------------------------------------------


def test_a_target_that_never_answers_is_504(world: World, echoes: Echoes) -> None:
    (target,) = echoes(1)
    with behind(world, target.place, **IMPATIENT) as server:
        answer = ask(server.address("shop", 80), LAST.replace(b"/ ", b"/slow ", 1))
        assert answer.startswith(b"HTTP/1.1 504 Gateway Time-out")


def test_a_request_is_not_waited_for_when_the_deregistration_delay_is_over(world: World, echoes: Echoes) -> None:
    """…/application/load-balancer-troubleshooting.html#http-502-issues"""
    (target,) = echoes(1)
    with behind(world, target.place) as server:
        group = world.elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}]
        world.elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
        with connected(server.address("shop", 80)) as client:
            client.sendall(LAST.replace(b"/ ", b"/slow ", 1))
            assert target.arrived.wait(TIMEOUT)
            world.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.1"}])
            assert read_all(client).startswith(b"HTTP/1.1 502 Bad Gateway")
        target.go_on.set()
    assert outcomes(world) == [(502, "deregistered")]


def test_a_port_at_which_nothing_listens_is_502(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = gone.getsockname()
    with behind(world, place) as server:
        assert ask(server.address("shop", 80), LAST).startswith(b"HTTP/1.1 502 Bad Gateway")


def test_a_target_that_closes_a_connection_while_it_is_idle_is_asked_on_a_new_one(world: World) -> None:
    target = Raw(lambda data: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", once=True)
    with behind(world, target.place) as server:
        for _ in range(30):
            assert ask(server.address("shop", 80), LAST).endswith(b"ok")


def statuses(address: tuple[str, int], found: list[int], enough: threading.Event, stop: threading.Event) -> None:
    """Ask on and on, and note the statuses; CUT for an answer that ends in the middle."""
    while not stop.is_set():
        connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
        try:
            connection.request("GET", "/", headers={"Host": "a"})
            answer = connection.getresponse()
            answer.read()
            found.append(answer.status)
        except (http.client.HTTPException, ConnectionResetError):
            found.append(CUT)
        connection.close()
        if len(found) >= 20:
            enough.set()


def states(world: World) -> list[str]:
    group = world.elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    told = world.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [one["TargetHealth"]["State"] for one in told]


def test_a_target_that_dies_under_load_fails_requests_until_its_checks_have_failed_and_none_after(
    world: World, echoes: Echoes
) -> None:
    targets = echoes(2)
    with behind(world, *(target.place for target in targets)) as server:
        found: list[int] = []
        enough, stop = threading.Event(), threading.Event()
        load = threading.Thread(target=statuses, args=(server.address("shop", 80), found, enough, stop))
        load.start()
        assert enough.wait(TIMEOUT)
        assert set(found) == {200}
        targets[1].kill()
        deadline = time.monotonic() + TIMEOUT
        while "unhealthy" not in states(world) and time.monotonic() < deadline:
            world.cloud.clock.advance(5)  # the next check
        assert sorted(states(world)) == ["healthy", "unhealthy"]
        assert set(found) <= {200, 502, CUT}
        del found[:]
        enough.clear()
        assert enough.wait(TIMEOUT)
        stop.set()
        load.join(TIMEOUT)
    assert set(found[2:]) == {200}, "the two first may have begun before"


def test_a_target_that_recovers_gets_requests_again(world: World, echoes: Echoes) -> None:
    targets = echoes(2)
    targets[0].healthy = False
    with behind(world, *(target.place for target in targets)) as server:
        assert sorted(states(world)) == ["healthy", "unhealthy"]
        for _ in range(4):
            ask(server.address("shop", 80), LAST)
        assert len(targets[0].seen) == 0
        targets[0].healthy = True
        deadline = time.monotonic() + TIMEOUT
        while "unhealthy" in states(world) and time.monotonic() < deadline:
            world.cloud.clock.advance(5)
        for _ in range(4):
            ask(server.address("shop", 80), LAST)
        assert len(targets[0].seen) == 2


# --- Beginning and end ------------------------------------------------------------------------------------------------


def test_a_request_under_way_is_answered_when_serving_ends(world: World, echoes: Echoes) -> None:
    (target,) = echoes(1)
    answers: list[bytes] = []
    with behind(world, target.place, grace=TIMEOUT) as server:
        address = server.address("shop", 80)
        slow = threading.Thread(target=lambda: answers.append(ask(address, GET.replace(b"/ ", b"/slow ", 1))))
        slow.start()
        assert target.arrived.wait(TIMEOUT)
        threading.Timer(0.1, target.go_on.set).start()
    slow.join(TIMEOUT)
    assert answers[0].startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in answers[0]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, TIMEOUT)


def test_listeners_come_and_go_while_the_cloud_is_served(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place) as server:
        balancer, group = (world.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"],
                           world.elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"])  # fmt: skip
        other = world.listener(balancer, group, port=8080)
        address = server.address("shop", 8080)
        assert ask(address, LAST).startswith(b"HTTP/1.1 200 OK")
        world.elbv2.delete_listener(ListenerArn=other)
        with pytest.raises(LookupError, match="no listener of port 8080"):
            server.address("shop", 8080)
        server.address("shop", 80)  # whoever asks for an address has seen all changes before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, TIMEOUT)


def test_a_rule_counts_from_the_next_request_on(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place) as server:
        address = server.address("shop", 80)
        listener = world.elbv2.describe_listeners(
            LoadBalancerArn=world.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
        )["Listeners"][0]["ListenerArn"]
        fixed = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "closed"}
        world.elbv2.create_rule(
            ListenerArn=listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/admin*"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
        )
        assert ask(address, LAST.replace(b"/ ", b"/admin ", 1)).startswith(b"HTTP/1.1 403 Forbidden")
        assert ask(address, LAST).startswith(b"HTTP/1.1 200 OK")


def test_a_security_group_without_a_rule_lets_nobody_in(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place) as server:
        everybody = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        world.cloud.client("ec2").revoke_security_group_ingress(GroupId=world.open, IpPermissions=everybody)
        assert ask(server.address("shop", 80), LAST) == b""


def test_time_follows_the_wall_clock_while_the_cloud_is_served(world: World) -> None:
    clock = world.cloud.clock
    before, begun = clock.now, time.monotonic()
    with world.cloud.serve():
        clock.sleep(0.3)
        assert time.monotonic() - begun >= 0.3
        assert clock.now - before == pytest.approx(time.monotonic() - begun, abs=1)
        clock.advance(3600)  # still jumps
    assert clock.now - before >= 3600.3
    begun = time.monotonic()
    clock.sleep(3600)
    assert time.monotonic() - begun < 1, "virtual again"


def test_the_program_s_sleep_is_not_shortened_by_an_application_that_works_meanwhile(world: World) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        inside.set()
        go_on.wait(0.3)  # in real time: whoever wants something of the cloud waits for the application
        start_response("200 OK", [])
        return [b"ok"]

    inside, go_on = threading.Event(), threading.Event()
    with behind(world, application) as server, connected(server.address("shop", 80)) as client:
        inside.clear()
        client.sendall(GET)
        assert inside.wait(TIMEOUT)
        before = world.cloud.clock.now
        world.cloud.clock.sleep(0.1)
        assert world.cloud.clock.now - before >= 0.1


def test_what_fails_in_the_cloud_does_not_stop_what_is_served(
    world: World, echoes: Echoes, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        failed.set()
        raise ZeroDivisionError("in the clock")

    failed = threading.Event()
    with behind(world, echoes(1)[0].place) as server:
        world.cloud.clock.call_later(0.01, fail)
        assert failed.wait(TIMEOUT)
        assert ask(server.address("shop", 80), LAST).startswith(b"HTTP/1.1 200 OK")
        begun = world.cloud.clock.now
        world.cloud.clock.sleep(0.05)
        assert world.cloud.clock.now > begun
    assert "ZeroDivisionError: in the clock" in caplog.text


def test_the_journal_of_a_served_cloud_does_not_grow_for_ever(
    world: World, echoes: Echoes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "JOURNAL", 20)
    with behind(world, echoes(1)[0].place) as server:
        for _ in range(30):
            ask(server.address("shop", 80), LAST)
        server.address("shop", 80)
        assert len(world.cloud.journal.entries) <= 21
        assert outcomes(world)[-1] == (200, "")


def test_a_cloud_is_served_once(world: World) -> None:
    with world.cloud.serve(), pytest.raises(RuntimeError, match="being served already"), world.cloud.serve():
        pass


def test_calls_from_the_program_and_requests_do_not_disturb_each_other(world: World, echoes: Echoes) -> None:
    with behind(world, echoes(1)[0].place) as server:
        found: list[int] = []
        enough, stop = threading.Event(), threading.Event()
        load = threading.Thread(target=statuses, args=(server.address("shop", 80), found, enough, stop))
        load.start()
        sqs = world.cloud.client("sqs")
        for number in range(20):
            sqs.create_queue(QueueName=f"queue-{number}")
        assert len(sqs.list_queues()["QueueUrls"]) == 20
        assert enough.wait(TIMEOUT)
        stop.set()
        load.join(TIMEOUT)
    assert set(found) == {200}
