"""HTTPS listeners on sockets: SNI, the security policy, client certificates; curl and Python's ssl as clients."""

from __future__ import annotations

import datetime
import http.client
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eslabon.elbv2.application.accesslog import fields
from eslabon.elbv2.application.outcome import Outcome
from eslabon.errors import NotModelled
from eslabon.servers.authority import Authority
from eslabon.servers.serving import Server
from tests.servers.conftest import TIMEOUT, EchoServer, World, read_all

Echoes = Callable[[int], list[EchoServer]]
EXPIRED = (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC))


class Secure:
    """A balancer with an HTTPS listener that has two certificates, the default one for shop.example.com."""

    def __init__(self, world: World, target: EchoServer, tmp_path: Path, **listener: Any) -> None:
        self.world = world
        self.target = target
        self.folder = tmp_path
        self.authority = Authority("Example Authority")
        acm = world.cloud.client("acm")
        names = ("shop.example.com", "*.api.example.com")
        self.arns = [acm.import_certificate(**self.authority.issue(name))["CertificateArn"] for name in names]
        self.balancer = world.balancer(routing__http__x_amzn_tls_version_and_cipher_suite__enabled="true")
        self.listener = world.listener(
            self.balancer,
            world.group(target.place),
            protocol="HTTPS",
            port=443,
            Certificates=[{"CertificateArn": self.arns[0]}],
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            **listener,
        )
        world.elbv2.add_listener_certificates(
            ListenerArn=self.listener, Certificates=[{"CertificateArn": self.arns[1]}]
        )
        world.settle()

    def context(self, server: Server, client: dict[str, bytes] | None = None) -> ssl.SSLContext:
        """A client's: it trusts what the server's file says, and may have a certificate."""
        context = ssl.create_default_context(cafile=server.ca_file)
        if client:
            chain, key = self.folder / "client.pem", self.folder / "client.key"
            chain.write_bytes(client["Certificate"])
            key.write_bytes(client["PrivateKey"])
            context.load_cert_chain(chain, key)
        return context

    def get(self, server: Server, name: str, context: ssl.SSLContext) -> tuple[dict[str, str], Any]:
        """What the target got, and the subject of the certificate that the client got."""
        raw = socket.create_connection(server.address("shop", 443), TIMEOUT)
        with context.wrap_socket(raw, server_hostname=name) as secure:
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(secure)
            answer.begin()
            certificate: Any = secure.getpeercert()
            return dict(json.loads(answer.read())["headers"]), dict(part[0] for part in certificate["subject"])


@pytest.fixture
def secure(world: World, echoes: Echoes, tmp_path: Path) -> Iterator[Secure]:
    yield Secure(world, echoes(1)[0], tmp_path)


@pytest.mark.parametrize(
    ("name", "certificate"),
    [("shop.example.com", "shop.example.com"), ("orders.api.example.com", "*.api.example.com")],
)
def test_a_client_gets_the_certificate_of_the_name_that_it_asks_for(
    secure: Secure, name: str, certificate: str
) -> None:
    with secure.world.cloud.serve(grace=0.5) as server:
        headers, subject = secure.get(server, name, secure.context(server))
    assert subject["commonName"] == certificate
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Amzn-Tls-Version"] == "TLSv1.3"
    assert headers["X-Amzn-Tls-Cipher-Suite"].startswith("TLS_")


def test_a_client_that_asks_for_another_name_gets_the_default_certificate(secure: Secure) -> None:
    with secure.world.cloud.serve(grace=0.5) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match="not valid for 'www.example.com'"):
            secure.get(server, "www.example.com", secure.context(server))


@pytest.mark.parametrize(
    ("name", "logged"), [("shop.example.com", "shop.example.com"), ("a.api.example.com",) * 2, ("other.example", "-")]
)
def test_the_name_of_no_certificate_is_not_logged(secure: Secure, name: str, logged: str) -> None:
    """…/application/load-balancer-access-logs.html: domain_name."""
    seen: list[Outcome] = []
    secure.world.cloud.service("elbv2").exchanges.observers.append(seen.append)
    with secure.world.cloud.serve(grace=0.5) as server:
        context = secure.context(server)
        context.check_hostname = False
        secure.get(server, name, context)
    assert [fields(one)["domain_name"] for one in seen] == [logged]


def test_a_client_that_ends_is_no_trouble(secure: Secure, caplog: pytest.LogCaptureFixture) -> None:
    with secure.world.cloud.serve(grace=0.5) as server:
        secure.get(server, "shop.example.com", secure.context(server))
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_curl_gets_through_with_the_authoritys_file(secure: Secure) -> None:
    curl = shutil.which("curl")
    assert curl, "the tests need curl"
    with secure.world.cloud.serve(grace=0.5) as server:
        host, port = server.address("shop", 443)
        to = f"shop.example.com:443:{host}:{port}"
        command = [curl, "-sS", "--cacert", server.ca_file, "--connect-to", to, "https://shop.example.com/from-curl"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert json.loads(ran.stdout)["target"] == "/from-curl"


def test_the_security_policy_says_what_clients_must_speak(secure: Secure) -> None:
    with secure.world.cloud.serve(grace=0.5) as server:
        context = secure.context(server)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert secure.get(server, "shop.example.com", context)[0]["X-Amzn-Tls-Version"] == "TLSv1.2"
        secure.world.elbv2.modify_listener(ListenerArn=secure.listener, SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
        with pytest.raises(OSError):
            secure.get(server, "shop.example.com", context)
        assert secure.get(server, "shop.example.com", secure.context(server))[0]["X-Amzn-Tls-Version"] == "TLSv1.3"


def test_plain_http_at_an_https_port_is_answered_and_no_target_sees_it(secure: Secure) -> None:
    """https://repost.aws/knowledge-center/api-gateway-private-integration-errors"""
    with secure.world.cloud.serve(grace=0.5) as server:
        with socket.create_connection(server.address("shop", 443), TIMEOUT) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
            head, _, page = read_all(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\nServer: awselb/2.0\r\n")
    assert b"<title>400 The plain HTTP request was sent to HTTPS port</title>" in page
    assert not secure.target.seen
    [entry] = secure.world.cloud.journal.of("request")
    assert (entry["status"], entry["cause"], entry["target"]) == (400, "plain HTTP", None)


@pytest.mark.parametrize("begins", [b"\x00\x01", b"\x16\x03\x01\x00\x05hello"])
def test_what_is_neither_is_closed_and_counted(secure: Secure, begins: bytes) -> None:
    with secure.world.cloud.serve(grace=0.5) as server:
        with socket.create_connection(server.address("shop", 443), TIMEOUT) as client:
            client.sendall(begins)
            assert b"HTTP" not in read_all(client)
        cloudwatch = secure.world.cloud.client("cloudwatch")
        for _ in range(300):  # the server may still be about to see it
            secure.world.cloud.clock.advance(960)
            if cloudwatch.list_metrics(MetricName="ClientTLSNegotiationErrorCount")["Metrics"]:
                return
    raise AssertionError("nobody has counted it")


def test_clients_that_say_nothing_do_not_stop_others(secure: Secure) -> None:
    with secure.world.cloud.serve(grace=0.5) as server:
        address = server.address("shop", 443)
        silent = [socket.create_connection(address, TIMEOUT) for _ in range(200)]
        headers, _ = secure.get(server, "shop.example.com", secure.context(server))
        assert headers["X-Forwarded-Proto"] == "https"
        for one in silent:
            one.close()


def test_a_client_that_says_nothing_is_closed_when_its_time_is_over(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eslabon.servers.securing.HANDSHAKE_TIMEOUT", 0.05)
    with secure.world.cloud.serve(grace=0.5) as server:
        with socket.create_connection(server.address("shop", 443), TIMEOUT) as client:
            assert read_all(client) == b""


@pytest.fixture
def mutual(world: World, echoes: Echoes, tmp_path: Path) -> Iterator[Secure]:
    partners = Authority("Example Partners")
    s3 = world.cloud.client("s3")
    s3.create_bucket(Bucket="authorities")
    s3.put_object(Bucket="authorities", Key="all.pem", Body=partners.certificate)
    store = world.elbv2.create_trust_store(
        Name="partners", CaCertificatesBundleS3Bucket="authorities", CaCertificatesBundleS3Key="all.pem"
    )["TrustStores"][0]["TrustStoreArn"]
    found = Secure(world, echoes(1)[0], tmp_path, MutualAuthentication={"Mode": "verify", "TrustStoreArn": store})
    found.partners = partners
    yield found


def test_a_client_with_a_certificate_of_the_trust_store_is_told_to_the_target(mutual: Any) -> None:
    issued = mutual.partners.issue("partner.example.com", common_name="partner, inc")
    with mutual.world.cloud.serve(grace=0.5) as server:
        headers, _ = mutual.get(server, "shop.example.com", mutual.context(server, issued))
    assert headers["X-Amzn-Mtls-Clientcert-Subject"] == "CN=partner\\, inc"
    assert headers["X-Amzn-Mtls-Clientcert-Issuer"] == "CN=Example Partners"
    assert headers["X-Amzn-Mtls-Clientcert-Leaf"].startswith("-----BEGIN%20CERTIFICATE-----%0A")
    assert headers["X-Amzn-Mtls-Clientcert-Validity"] == "NotBefore=2020-01-01T00:00:00Z;NotAfter=2120-01-01T00:00:00Z"


@pytest.mark.parametrize("who", ["nobody", "of another authority", "out of date"])
def test_other_clients_do_not_get_through(mutual: Any, who: str) -> None:
    certificate = {
        "nobody": None,
        "of another authority": Authority("Other Authority").issue("partner.example.com"),
        "out of date": mutual.partners.issue("partner.example.com", valid=EXPIRED),
    }[who]
    with mutual.world.cloud.serve(grace=0.5) as server, pytest.raises(OSError):
        mutual.get(server, "shop.example.com", mutual.context(server, certificate))


def test_a_listener_may_ignore_that_a_certificate_is_out_of_date(mutual: Any) -> None:
    settings = mutual.world.elbv2.describe_listeners(ListenerArns=[mutual.listener])["Listeners"][0]
    asked = {"Mode": "verify", "TrustStoreArn": settings["MutualAuthentication"]["TrustStoreArn"]}
    mutual.world.elbv2.modify_listener(
        ListenerArn=mutual.listener, MutualAuthentication={**asked, "IgnoreClientCertificateExpiry": True}
    )
    old = mutual.partners.issue("partner.example.com", valid=EXPIRED)
    with mutual.world.cloud.serve(grace=0.5) as server:
        headers, _ = mutual.get(server, "shop.example.com", mutual.context(server, old))
    assert "NotAfter=2021" in headers["X-Amzn-Mtls-Clientcert-Validity"]


def test_certificates_that_are_passed_on_unverified_are_not_modelled(secure: Secure) -> None:
    secure.world.elbv2.modify_listener(ListenerArn=secure.listener, MutualAuthentication={"Mode": "passthrough"})
    with secure.world.cloud.serve(grace=0.5) as server, pytest.raises(NotModelled, match="passthrough"):
        server.address("shop", 443)
