"""An Application Load Balancer on a socket, asked by real clients: http.client, curl, websockets, and raw bytes."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import websockets.sync.client
import websockets.sync.server

from eslabon.elbv2.application.accesslog import fields
from eslabon.elbv2.application.outcome import Outcome
from tests.servers.conftest import TIMEOUT, EchoServer, Raw, World, ask, connected
from tests.servers.framing_cases import ACCEPTED, REFUSED, Case, raw

Echoes = Callable[[int], list[EchoServer]]
Address = tuple[str, int]
GET = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n"


def outcomes(world: World) -> list[Outcome]:
    """What becomes of the requests, as they end."""
    seen: list[Outcome] = []
    world.cloud.service("elbv2").exchanges.observers.append(seen.append)
    return seen


class Place:
    """A balancer that is being served."""

    def __init__(self, world: World, address: Address, targets: list[Any]) -> None:
        self.world = world
        self.address = address
        self.targets = targets

    def get(self, path: str = "/", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(*self.address, timeout=TIMEOUT)
        connection.request("GET", path, headers={"Host": "shop.example.com", **headers})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if answer.status == 200 and content else content


@pytest.fixture
def shop(world: World, echoes: Echoes) -> Iterator[Place]:
    """Two echo servers behind a balancer."""
    targets = echoes(2)
    balancer = world.balancer()
    world.listener(balancer, world.group(*(target.place for target in targets)))
    world.settle()
    with world.cloud.serve(grace=1.0) as server:
        yield Place(world, server.address("shop", 80), targets)


def behind(world: World, *targets: Any, **attributes: str) -> Any:
    """Serves a balancer with these targets."""
    world.listener(world.balancer(**attributes), world.group(*targets))
    world.settle()
    return world.cloud.serve(grace=1.0)


# --- What passes ------------------------------------------------------------------------------------------------------


def test_targets_take_turns_and_get_the_headers_that_a_balancer_adds(shop: Place) -> None:
    answers = [shop.get("/cart?size=m")[1] for _ in range(4)]
    assert Counter(answer["server"] for answer in answers) == {"target-0": 2, "target-1": 2}
    headers = dict(answers[0]["headers"])
    assert answers[0]["target"] == "/cart?size=m"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"]) == ("http", "80")
    assert headers["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_one_connection_serves_many_requests_and_so_do_those_to_the_targets(shop: Place) -> None:
    connection = http.client.HTTPConnection(*shop.address, timeout=TIMEOUT)
    before = sum(len(target.connections) for target in shop.targets)
    for _ in range(20):
        connection.request("GET", "/", headers={"Host": "shop.example.com"})
        assert connection.getresponse().read()
    connection.close()
    assert sum(len(target.connections) for target in shop.targets) - before == 2


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_of_known_length_arrives(shop: Place, method: str) -> None:
    connection = http.client.HTTPConnection(*shop.address, timeout=TIMEOUT)
    connection.request(method, "/orders", body=b"x" * 3_000_000, headers={"Host": "shop.example.com"})
    assert len(json.loads(connection.getresponse().read())["body"]) == 3_000_000


def test_a_body_in_chunks_arrives(shop: Place) -> None:
    connection = http.client.HTTPConnection(*shop.address, timeout=TIMEOUT)
    pieces = iter([b"one ", b"two ", b"three"])
    connection.request("POST", "/", body=pieces, headers={"Host": "shop.example.com"}, encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == "one two three"


def test_the_bytes_of_a_request_and_of_its_answer_are_counted(world: World) -> None:
    """…/application/load-balancer-access-logs.html: received_bytes, sent_bytes."""
    parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", b"x" * 300_000]
    seen, target = outcomes(world), Raw(lambda data: b"".join(parts) if data.endswith(b"!") else b"")
    head = b"POST / HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n"
    with behind(world, target.place) as server:
        answer = ask(server.address("shop", 80), head + b"x" * 199_999 + b"!")
    assert (seen[0].received_bytes, seen[0].sent_bytes) == (len(head) + 200_000, len(answer))


def test_a_connection_that_has_lasted_long_enough_is_closed_after_one_more_answer(shop: Place) -> None:
    """client_keep_alive.seconds, which is over at once here.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    """
    service: Any = shop.world.cloud.service("elbv2")
    for balancer in service.balancers.values():
        balancer.attributes["client_keep_alive.seconds"] = "0"
    connection = http.client.HTTPConnection(*shop.address, timeout=TIMEOUT)
    said = "keep-alive"
    while said == "keep-alive":
        connection.request("GET", "/", headers={"Host": "shop.example.com"})
        answer = connection.getresponse()
        assert (answer.status, len(answer.read()) > 0) == (200, True)
        said = str(answer.getheader("Connection"))
    assert said == "close"


def test_requests_that_come_at_once_are_answered_in_their_order(shop: Place) -> None:
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(9))
    answers = ask(shop.address, requests + LAST)
    assert answers.count(b"HTTP/1.1 200 OK") == 10
    places = [answers.index(b'"/%d"' % number) for number in range(9)]
    assert places == sorted(places)


def test_an_answer_to_head_has_a_length_and_no_content(shop: Place) -> None:
    answer = ask(shop.address, LAST.replace(b"GET", b"HEAD"))
    head, _, content = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: " in head
    assert content == b""


def test_a_client_of_http_1_0_gets_an_answer_and_the_end(shop: Place) -> None:
    assert b"Connection: close" in ask(shop.address, b"GET / HTTP/1.0\r\n\r\n")


def test_expect_100_continue_goes_on_to_the_target_and_back(world: World) -> None:
    def respond(data: bytes) -> bytes:
        if data.startswith(b"POST"):
            return b"HTTP/1.1 100 Continue\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"

    target = Raw(respond)
    with behind(world, target.place) as server, connected(server.address("shop", 80)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert target.seen[-1] == b"hello"


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", b"onetwo"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 3\r\n\r\none", b"one"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none", b"one"),
    ],
)
def test_an_answer_arrives_however_the_target_frames_it(world: World, answer: bytes, content: bytes) -> None:
    target = Raw(lambda data: answer, once=True)
    with behind(world, target.place) as server:
        connection = http.client.HTTPConnection(*server.address("shop", 80), timeout=TIMEOUT)
        connection.request("GET", "/", headers={"Host": "a"})
        assert connection.getresponse().read() == content


def test_curl_gets_through(shop: Place) -> None:
    curl = shutil.which("curl")
    assert curl, "the tests need curl"
    url = f"http://{shop.address[0]}:{shop.address[1]}/from-curl"
    ran = subprocess.run([curl, "-sS", "-d", "order=1", url], capture_output=True, text=True, timeout=TIMEOUT)
    assert json.loads(ran.stdout)["body"] == "order=1"


def test_applications_in_this_process_are_targets_too(world: World) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/health":
            bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"from here"]

    bodies: list[bytes] = []
    with behind(world, application) as server:
        connection = http.client.HTTPConnection(*server.address("shop", 80), timeout=TIMEOUT)
        for body in (b"one", iter([b"t", b"wo"])):
            connection.request("POST", "/", body=body, headers={"Host": "a"}, encode_chunked=True)
            assert connection.getresponse().read() == b"from here"
    assert bodies == [b"one", b"two"]


def test_an_application_in_this_process_may_call_services(world: World) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/health":
            boto3.client("sqs").create_queue(QueueName="asked")
        start_response("200 OK", [])
        return [b"ok"]

    with world.cloud.activated(), behind(world, application) as server:
        assert ask(server.address("shop", 80), LAST).endswith(b"ok")
        assert "asked" in boto3.client("sqs").list_queues()["QueueUrls"][0]


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_nothing_follows_an_answer_that_has_no_content(world: World, status: str) -> None:
    """RFC 9112, section 6.3: the next answer begins after its head, whatever the application returns."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK" if environ["PATH_INFO"] == "/health" else status, [("X-Item", "1")])
        return [b"xyz"]

    with behind(world, application) as server:
        answers = ask(server.address("shop", 80), GET + LAST)
    assert b"xyz" not in answers
    assert answers.count(f"HTTP/1.1 {status}".encode()) == 2


def test_a_fixed_response_without_content_is_one(world: World) -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204", "MessageBody": "xyz"}}
    world.listener(world.balancer(), DefaultActions=[fixed])
    world.settle()
    with world.cloud.serve(grace=0.5) as server:
        answers = ask(server.address("shop", 80), GET + LAST)
    assert b"xyz" not in answers
    assert answers.count(b"HTTP/1.1 204 No Content") == 2


def test_a_lambda_function_is_a_target(world: World) -> None:
    code = (
        "import json\n"
        "def handler(event, context):\n"
        "    if event['path'] == '/sleep':\n"
        "        import time; time.sleep(0.2)\n"
        "    return {'statusCode': 200, 'headers': {'Content-Type': 'text/plain'}, 'body': event['body'].upper()}\n"
    )
    arn = function(world, code)
    balancer = world.balancer()
    made = world.elbv2.create_target_group(Name="function", TargetType="lambda")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    world.cloud.client("lambda").add_permission(
        FunctionName="shout",
        StatementId="balancer",
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
        SourceArn=group,
    )
    world.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    world.listener(balancer, group)
    world.settle()
    with world.cloud.activated(), world.cloud.serve(grace=1.0) as server:
        for path in ("/", "/sleep"):
            connection = http.client.HTTPConnection(*server.address("shop", 80), timeout=TIMEOUT)
            connection.request("POST", path, body=b"hello", headers={"Host": "a", "Content-Type": "text/plain"})
            assert connection.getresponse().read() == b"HELLO"


def function(world: World, code: str) -> str:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    role = world.cloud.client("iam").create_role(RoleName="shout", AssumeRolePolicyDocument=json.dumps(trust))
    made = world.cloud.client("lambda").create_function(
        FunctionName="shout",
        Runtime="python3.12",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": packed.getvalue()},
    )
    world.cloud.clock.advance(60)
    return str(made["FunctionArn"])


# --- WebSocket --------------------------------------------------------------------------------------------------------


def test_websockets_pass(world: World) -> None:
    def echo(connection: websockets.sync.server.ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    seen = outcomes(world)
    with websockets.sync.server.serve(echo, "127.0.0.1", 0, process_request=_healthy) as target:
        threading.Thread(target=target.serve_forever, daemon=True).start()
        with behind(world, target.socket.getsockname()) as server:
            host, port = server.address("shop", 80)
            with websockets.sync.client.connect(f"ws://{host}:{port}/chat", proxy=None, compression=None) as client:
                for message in ("hello", "x" * 200_000):
                    client.send(message)
                    assert client.recv(TIMEOUT) == message
        target.shutdown()
    (found,) = map(fields, seen)
    assert (found["type"], found["elb_status_code"]) == ("ws", "101")
    assert found["response_processing_time"] == "0.000"  # until the answer starts
    assert int(found["received_bytes"]) > 200_000 < int(found["sent_bytes"])  # of the whole connection


def _healthy(connection: Any, request: Any) -> Any:
    return connection.respond(200, "") if request.path == "/health" else None


def test_another_protocol_than_websocket_is_not_asked_for(shop: Place) -> None:
    """A target that took an upgrade to HTTP/2 would get requests that the balancer never sees."""
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    ask(shop.address, LAST.replace(b"Connection: close\r\n", upgrade) + LAST)
    seen = next(target.seen for target in shop.targets if target.seen)[0]
    assert not {"upgrade", "connection"} & {name.lower() for name, _ in seen["headers"]}


def test_a_client_cannot_take_away_what_the_balancer_tells_the_target(shop: Place) -> None:
    """Headers that Connection names are for the next server alone (RFC 9110, 7.6.1), the balancer's are not."""
    _, seen = shop.get("/", Connection="close, X-Forwarded-For, X-Forwarded-Proto, X-Note", X_Note="1")
    names = {name for name, _ in seen["headers"]}
    assert {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port"} <= names


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare() -> Iterator[tuple[Address, Raw]]:
    """A balancer with a target that counts whatever reaches it."""
    world = World()
    target = Raw(lambda data: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" if b"\r\n\r\n" in data else b"")
    with behind(world, target.place) as server:
        yield server.address("shop", 80), target


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_what_two_readers_could_take_differently_is_answered_and_closed(bare: tuple[Address, Raw], case: Case) -> None:
    address, target = bare
    before = len(target.seen)
    answer = ask(address, raw(case) + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % case["status"])
    assert answer.count(b"HTTP/1.1 ") == 1, "one answer, and then the end"
    assert b"Connection: close" in answer
    assert target.seen[before:] == [], "the target never sees it"


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["id"])
def test_what_has_one_meaning_passes_framed_anew(bare: tuple[Address, Raw], case: Case) -> None:
    address, target = bare
    before = len(target.seen)
    with connected(address) as client:
        client.sendall(raw(case))
        answer = b""
        while not answer.endswith(b"\r\n\r\nok"):
            answer += client.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200 OK")
    head, _, body = b"".join(target.seen[before:]).partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert case["body"].encode() in body


def test_an_ambiguous_request_ends_both_connections(bare: tuple[Address, Raw]) -> None:
    """Desync mitigation mode defensive: ambiguous requests are routed, and their connections closed."""
    address, _ = bare
    twice = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi"
    answer = ask(address, twice + GET)
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close" in answer


@pytest.mark.parametrize(("mode", "status"), [("monitor", 200), ("defensive", 200), ("strictest", 400)])
def test_the_desync_mitigation_mode_decides_about_ambiguous_requests(world: World, mode: str, status: int) -> None:
    target = Raw(lambda data: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with behind(world, target.place, routing__http__desync_mitigation_mode=mode) as server:
        twice = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        assert ask(server.address("shop", 80), twice).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
        b"hello\r\n\r\n",
        None,
    ],
)
def test_what_a_target_answers_must_be_http(world: World, answer: bytes | None) -> None:
    target = Raw(lambda data: answer)
    with behind(world, target.place) as server:
        assert ask(server.address("shop", 80), LAST).startswith(b"HTTP/1.1 502 Bad Gateway")


def test_an_answer_that_is_cut_in_the_middle_stays_cut(world: World) -> None:
    target = Raw(lambda data: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", once=True)
    with behind(world, target.place) as server:
        connection = http.client.HTTPConnection(*server.address("shop", 80), timeout=TIMEOUT)
        connection.request("GET", "/", headers={"Host": "a"})
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            connection.getresponse().read()


def test_a_response_must_not_smuggle_a_second_one(world: World) -> None:
    extra = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    target = Raw(lambda data: extra)
    with behind(world, target.place) as server:
        answer = ask(server.address("shop", 80), GET + LAST)
    assert b"evil" not in answer
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert len(target.seen) == 2
