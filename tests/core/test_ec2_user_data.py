"""What UserData starts: the scripts beside the snippets, run for real, and what eslabon lets listen for them."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import io
import json
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.network import Call, Result, serve
from eslabon.support.ec2.userdata import SCRIPTS, web

SCRIPTS_FOLDER = Path(__file__).resolve().parents[2] / "snippets" / "elbv2"
WEB = (SCRIPTS_FOLDER / "web.sh").read_text("utf-8")
INSTANCE, ZONE = "i-0123456789abcdef0", "us-east-1b"


def test_every_script_beside_the_snippets_is_recognised_by_its_very_text() -> None:
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in SCRIPTS_FOLDER.glob("*.sh")}
    assert {name: digest for digest, (name, *_) in SCRIPTS.items()} == there


def test_scripts_fit_into_user_data() -> None:
    assert len(WEB.encode()) <= 16_384


def launched(cloud: Cloud, user_data: str) -> Any:
    """An instance after ten minutes."""
    ec2, service = cloud.client("ec2"), cloud.service("ec2")
    image = next(one for one in ec2.describe_images()["Images"] if one["Architecture"] == "x86_64")["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "UserData": user_data}
    instance = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
    cloud.clock.advance(600)
    return service.instances[instance]


def test_the_server_of_a_recognised_script_listens_some_time_after_the_instance_runs(cloud: Cloud) -> None:
    instance = launched(cloud, WEB)
    host = cloud.network.at(instance.address, 80)
    assert host is not None
    told = json.loads(serve(host.application, Call("GET", "/", [])).body)
    assert (told["instance"], told["zone"]) == (instance.id, instance.zone)
    [entry] = cloud.journal.of("listening")
    [ran] = [one for one in cloud.journal.of("resource") if one["state"] == "running"]
    assert entry.time > ran.time, "an instance runs before its scripts have run"
    assert (entry["ports"], entry["why"]) == ([80], "web.sh listens on port 80")


@pytest.mark.parametrize("user_data", ["", "#!/bin/bash\ndnf install -y httpd\n", WEB + "\n", WEB.replace("80", "81")])
def test_of_any_other_script_nothing_listens_and_the_journal_says_so(cloud: Cloud, user_data: str) -> None:
    instance = launched(cloud, user_data)
    assert cloud.network.at(instance.address, 80) is None
    [entry] = cloud.journal.of("listening")
    assert entry["ports"] == []
    assert entry["why"].startswith("nothing listens: ")
    assert instance.listening == entry["why"]


def test_nothing_listens_while_it_is_stopped_and_the_service_starts_with_the_instance(cloud: Cloud) -> None:
    ec2, instance = cloud.client("ec2"), launched(cloud, WEB)
    service: Any = cloud.service("ec2")
    ec2.stop_instances(InstanceIds=[instance.id])
    assert cloud.network.at(instance.address, 80) is None
    assert not service.reaches(instance.address, 80, "tcp", instance.address)
    cloud.clock.advance(600)
    ec2.start_instances(InstanceIds=[instance.id])
    cloud.clock.advance(600)
    assert cloud.network.at(instance.address, 80) is not None
    assert service.reaches(instance.address, 80, "tcp", instance.address), "the default group lets in its own"


def test_a_program_of_the_readers_stays_where_it_was_put_until_the_instance_is_terminated(cloud: Cloud) -> None:
    ec2, instance = cloud.client("ec2"), launched(cloud, WEB)
    cloud.host(instance.id, lambda environ, start_response: [], delay=2)
    for operation in (ec2.stop_instances, ec2.start_instances):
        operation(InstanceIds=[instance.id])
        cloud.clock.advance(600)
    host = cloud.network.at(instance.address, 80)
    assert host is not None
    assert host.delay == 2
    ec2.terminate_instances(InstanceIds=[instance.id])
    cloud.clock.advance(600)
    assert cloud.network.at(instance.address, 80) is None
    with pytest.raises(LookupError, match=f"no instance {instance.id} in us-east-1 that is not terminated"):
        cloud.host(instance.id, lambda environ, start_response: [])


# The script's own server, without its socket, beside the application that stands for it.


class Connection:
    """What a request handler and http.client need of a socket: bytes that come in, bytes that go out."""

    def __init__(self, incoming: bytes) -> None:
        self.incoming, self.outgoing = io.BytesIO(incoming), b""

    def makefile(self, *_: Any) -> io.BytesIO:
        return self.incoming

    def sendall(self, content: bytes) -> None:
        self.outgoing += content

    def close(self) -> None: ...


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> type[BaseHTTPRequestHandler]:
    """The handler of the server that web.sh writes to /opt/web.py, with an instance's metadata."""
    metadata = {"meta-data/instance-id": INSTANCE, "meta-data/placement/availability-zone": ZONE}

    def urlopen(request: urllib.request.Request) -> io.BytesIO:
        name = request.full_url.removeprefix("http://169.254.169.254/latest/")
        if name == "api/token":
            assert request.get_method() == "PUT"
            assert request.get_header("X-aws-ec2-metadata-token-ttl-seconds") == "60"
            return io.BytesIO(b"a token")
        assert request.get_header("X-aws-ec2-metadata-token") == "a token"
        return io.BytesIO(metadata[name].encode())

    class Server:
        def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
            assert address == ("", 80)

        def serve_forever(self) -> None: ...

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(http.server, "ThreadingHTTPServer", Server)
    namespace: dict[str, Any] = {}
    exec(compile(WEB.split("<<'END'\n")[1].split("\nEND\n")[0], "web.py", "exec"), namespace)
    handler: type[BaseHTTPRequestHandler] = namespace["Web"]
    return handler


def answered(real: type[BaseHTTPRequestHandler], call: Call) -> Result:
    """What the script's server answers to a call."""
    lines = [f"{call.method} {call.target} HTTP/1.1", *(f"{name}: {value}" for name, value in call.headers), "", ""]
    connection: Any = Connection("\r\n".join(lines).encode() + call.body)
    server: Any = None
    real(connection, ("127.0.0.1", 50_000), server)
    response = http.client.HTTPResponse(Connection(connection.outgoing), method=call.method)
    response.begin()
    return Result(response.status, response.getheaders(), response.read(), response.reason)


CALLS = [
    Call("GET", "/", [("Host", "shop.example.com")]),
    Call("GET", "/cart%20a?item=1&item=2%3D", [("Host", "shop.example.com"), ("X-Forwarded-For", "203.0.113.7")]),
    Call("GET", "/", [("host", "shop.example.com"), ("Accept", "text/html"), ("accept", "text/plain")]),
    Call("POST", "/orders", [("Host", "a"), ("Content-Type", "text/plain"), ("Content-Length", "3")], b"one"),
    Call("HEAD", "/", [("Host", "shop.example.com")]),
    Call("PUT", "/health", [("Host", "a"), ("Content-Length", "3")], b"503"),
    Call("GET", "/health?deep", [("Host", "a")]),
    Call("GET", "/health/", [("Host", "a")]),
    Call("PUT", "/health", [("Host", "a"), ("Content-Length", "4")], b"fine"),
    Call("GET", "/health", [("Host", "a")]),
    Call("PUT", "/health", [("Host", "a"), ("Content-Length", "3")], b"200"),
    Call("GET", "/health", [("Host", "a")]),
]


def test_the_script_and_what_stands_for_it_answer_alike(real: type[BaseHTTPRequestHandler]) -> None:
    application = web(INSTANCE, ZONE)
    statuses = []
    for call in CALLS:
        expected = answered(real, call)
        assert serve(application, call) == expected, call
        statuses.append(expected.status)
    assert statuses == [200, 200, 200, 200, 200, 200, 503, 200, 200, 503, 200, 200]
