"""Mutual TLS in process: only clients that an authority of the trust store certifies get through, and targets are told.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
"""

from __future__ import annotations

import datetime
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from eslabon import Cloud, NotModelled, activate
from eslabon.servers.authority import Authority

EXPIRED = (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC))
HOST = "shop.example.com"


class Shop:
    """A balancer with an HTTPS listener whose clients must be certified by Example Partners."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.partners = Authority("Example Partners")
        self.seen: list[dict[str, str]] = []
        self.elbv2, ec2, s3 = boto3.client("elbv2"), boto3.client("ec2"), boto3.client("s3")
        s3.create_bucket(Bucket="authorities")
        s3.put_object(Bucket="authorities", Key="all.pem", Body=self.partners.certificate)
        bundle = {"CaCertificatesBundleS3Bucket": "authorities", "CaCertificatesBundleS3Key": "all.pem"}
        self.store = self.elbv2.create_trust_store(Name="partners", **bundle)["TrustStores"][0]["TrustStoreArn"]
        subnets = ec2.describe_subnets()["Subnets"][:2]
        web = ec2.create_security_group(GroupName="web", Description="web", VpcId=subnets[0]["VpcId"])["GroupId"]
        everybody = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=everybody)
        ids = [one["SubnetId"] for one in subnets]
        made = self.elbv2.create_load_balancer(Name="shop", Subnets=ids, SecurityGroups=[web])["LoadBalancers"][0]
        self.name, self.arn = made["DNSName"], made["LoadBalancerArn"]
        self.authority = Authority("Example Authority")
        certificate = boto3.client("acm").import_certificate(**self.authority.issue(self.name))["CertificateArn"]
        asked = {"Protocol": "HTTP", "Port": 80, "VpcId": subnets[0]["VpcId"], "TargetType": "ip"}
        group = self.elbv2.create_target_group(Name="shop", **asked)["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.100"}])
        cloud.host("172.31.0.100", self.application)
        self.listener = self.elbv2.create_listener(
            LoadBalancerArn=self.arn,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate}],
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
            MutualAuthentication={"Mode": "verify", "TrustStoreArn": self.store},
        )["Listeners"][0]["ListenerArn"]
        cloud.clock.advance(300)

    def application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        if environ["HTTP_USER_AGENT"].startswith("ELB-"):
            start_response("200 OK", [])
            return []
        found = {name: value for name, value in environ.items() if name.startswith("HTTP_X_AMZN_MTLS")}
        self.seen.append(found)
        start_response("200 OK", [])
        return [json.dumps(found).encode()]

    def require(self, **mutual: Any) -> None:
        self.elbv2.modify_listener(ListenerArn=self.listener, MutualAuthentication=mutual)

    def get(self, certificate: dict[str, bytes] | None = None) -> int:
        """The status that a client with a certificate, or without one, gets."""
        context = ssl.create_default_context(cadata=self.authority.certificate.decode())
        if certificate:
            path = self.folder / "client.pem"
            path.write_bytes(certificate["Certificate"] + certificate["PrivateKey"])
            context.load_cert_chain(path)
        with urllib.request.urlopen(f"https://{self.name}/", context=context) as response:
            return int(response.status)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with activate() as cloud:
        yield Shop(cloud, tmp_path)


def test_the_target_is_told_whose_certificate_it_is(shop: Shop) -> None:
    assert shop.get(shop.partners.issue("partner.example.com", common_name="partner")) == 200
    [seen] = shop.seen
    assert seen["HTTP_X_AMZN_MTLS_CLIENTCERT_SUBJECT"] == "CN=partner"
    assert seen["HTTP_X_AMZN_MTLS_CLIENTCERT_ISSUER"] == "CN=Example Partners"
    assert seen["HTTP_X_AMZN_MTLS_CLIENTCERT_SERIAL_NUMBER"] == "03EA"
    valid = "NotBefore=2020-01-01T00:00:00Z;NotAfter=2120-01-01T00:00:00Z"
    assert seen["HTTP_X_AMZN_MTLS_CLIENTCERT_VALIDITY"] == valid
    assert seen["HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF"].startswith("-----BEGIN%20CERTIFICATE-----%0A")


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("nobody", "alert certificate required"),
        ("of another authority", "alert unknown ca"),
        ("out of date", "alert certificate expired"),
    ],
)
@pytest.mark.parametrize("policy", ["ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-FS-1-2-Res-2020-10"])
def test_other_clients_are_told_why_not_and_no_target_sees_them(shop: Shop, who: str, told: str, policy: str) -> None:
    shop.elbv2.modify_listener(ListenerArn=shop.listener, SslPolicy=policy)
    certificate = {
        "nobody": None,
        "of another authority": Authority("Other").issue("partner.example.com"),
        "out of date": shop.partners.issue("partner.example.com", valid=EXPIRED),
    }[who]
    if who == "nobody" and "1-2" in policy:
        told = "alert handshake failure"  # what TLS 1.2 has for it
    with pytest.raises(urllib.error.URLError, match=told):
        shop.get(certificate)
    assert shop.seen == []
    shop.cloud.clock.advance(960)
    listed = boto3.client("cloudwatch").list_metrics(MetricName="ClientTLSNegotiationErrorCount")["Metrics"]
    assert [one["Dimensions"][0]["Value"] for one in listed] == [shop.arn.partition(":loadbalancer/")[2]]


def test_a_listener_may_ignore_that_a_certificate_is_out_of_date(shop: Shop) -> None:
    shop.require(Mode="verify", TrustStoreArn=shop.store, IgnoreClientCertificateExpiry=True)
    assert shop.get(shop.partners.issue("partner.example.com", valid=EXPIRED)) == 200


def test_without_it_nobody_is_asked_for_a_certificate(shop: Shop) -> None:
    shop.require(Mode="off")
    assert shop.get(shop.partners.issue("partner.example.com")) == 200
    assert shop.seen == [{}]


@pytest.mark.parametrize("how", ["passthrough", "AdvertiseTrustStoreCaNames"])
def test_what_pythons_ssl_cannot_do_is_not_modelled(shop: Shop, how: str) -> None:
    if how == "passthrough":
        shop.require(Mode="passthrough")
    else:
        shop.require(Mode="verify", TrustStoreArn=shop.store, AdvertiseTrustStoreCaNames="on")
    with pytest.raises(NotModelled, match=how):
        shop.get()
