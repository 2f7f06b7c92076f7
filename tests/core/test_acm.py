"""Certificates that are imported into ACM: what is told of them, what is refused, who uses them.

The certificates and keys in tests/cases/acm were made with openssl; most are valid from 2025 on, names say the rest.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.errors import NotModelled
from tests.core.refusals import refused

CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "cases" / "acm" / "certificates.json").read_text("utf-8")
)
GONE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
CHAIN = CASES["issuer"]["certificate"] + CASES["root"]["certificate"]


@pytest.fixture
def acm(cloud: Cloud) -> Any:
    return cloud.client("acm")


def put(acm: Any, name: str, **more: Any) -> str:
    """The ARN of a certificate, imported."""
    given = {"Certificate": CASES[name]["certificate"], "PrivateKey": CASES[name]["key"], **more}
    return str(acm.import_certificate(**given)["CertificateArn"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "shop",
            {
                "DomainName": "www.example.com",
                "SubjectAlternativeNames": ["www.example.com", "*.shop.example.com"],
                "Subject": "CN=www.example.com,O=Example Shop,C=ES",
                "Serial": "de:92:a7:19:d3:ed:0e:26",
                "KeyAlgorithm": "EC-prime256v1",
                "NotBefore": datetime(2025, 1, 1, tzinfo=UTC),
                "NotAfter": datetime(2035, 1, 1, tzinfo=UTC),
                "Status": "ISSUED",
                "Type": "IMPORTED",
                "InUseBy": [],
            },
        ),
        (
            "api",
            {
                "KeyAlgorithm": "RSA-2048",
                "Issuer": "Example Trust",
                "NotAfter": datetime(2055, 1, 1, tzinfo=UTC),
                "RenewalEligibility": "INELIGIBLE",
            },
        ),
        ("soon", {"KeyAlgorithm": "EC-secp521r1", "SubjectAlternativeNames": ["soon.example.com"]}),
        ("nocn", {"DomainName": "nocn.example.com", "Subject": "O=Example Shop"}),
    ],
)
def test_a_certificate_is_described_by_what_is_in_it(acm: Any, name: str, expected: dict[str, Any]) -> None:
    detail = acm.describe_certificate(CertificateArn=put(acm, name))["Certificate"]
    assert {key: detail.get(key) for key in expected} == expected


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in ("shop", "api") for form in CASES[name]["keys"]])
def test_keys_of_the_older_forms_are_read_as_well(acm: Any, name: str, form: str) -> None:
    assert put(acm, name, PrivateKey=CASES[name]["keys"][form])


def test_what_was_imported_is_read_back_without_the_key(acm: Any) -> None:
    answer = acm.get_certificate(CertificateArn=put(acm, "api", CertificateChain=CHAIN))
    assert (answer["Certificate"], answer["CertificateChain"]) == (CASES["api"]["certificate"], CHAIN)
    assert "PRIVATE KEY" not in str(answer)
    assert "CertificateChain" not in acm.get_certificate(CertificateArn=put(acm, "shop"))


SHOP = CASES["shop"]["certificate"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Certificate": "www.example.com"}, "valid PEM format"),
        ({"Certificate": SHOP.replace("MII", "M II")}, "valid PEM format"),
        ({"Certificate": SHOP.replace("MII", "M*II")}, "valid PEM format"),
        ({"Certificate": SHOP.replace(SHOP.splitlines(True)[3], "")}, "parse certificate"),
        ({"Certificate": SHOP + SHOP}, "only one certificate"),
        ({"Certificate": CASES["shop"]["key"]}, "parse certificate"),
        ({"PrivateKey": "secret"}, "private key is not supported"),
        ({"PrivateKey": SHOP}, "private key is not supported"),
        ({"PrivateKey": CASES["shop"]["encrypted key"]}, "private key is not supported"),
        ({"PrivateKey": CASES["nocn"]["key"]}, "does not match"),
        ({"PrivateKey": CASES["api"]["key"]}, "does not match"),
        ({"PrivateKey": CASES["shop"]["key"] + "\n" * 5200}, "private key is not supported"),
        ({"CertificateChain": CHAIN}, "certificate chain"),
        ({"CertificateChain": "nonsense"}, "valid PEM format"),
    ],
)
def test_malformed_or_mismatched_material_is_a_validation_exception_and_nothing_is_kept(
    cloud: Cloud, acm: Any, given: dict[str, str], message: str
) -> None:
    code, told = refused(put, acm, "shop", **given)
    assert code == "ValidationException"
    assert message in told
    assert cloud.resources() == []


@pytest.mark.parametrize(
    ("name", "message"), [("weak", "key length 512"), ("late", "not valid now"), ("early", "not valid now")]
)
def test_weak_keys_and_certificates_out_of_their_time_are_refused(acm: Any, name: str, message: str) -> None:
    code, told = refused(put, acm, name)
    assert code == "ValidationException"
    assert message in told


def test_a_chain_certifies_from_the_certificate_up_in_order(acm: Any) -> None:
    reversed_chain = CASES["root"]["certificate"] + CASES["issuer"]["certificate"]
    assert refused(put, acm, "api", CertificateChain=reversed_chain)[0] == "ValidationException"
    assert put(acm, "api", CertificateChain=CHAIN)


def test_a_key_of_a_curve_without_its_public_part_is_refused_loudly(acm: Any) -> None:
    with pytest.raises(NotModelled, match="public part"):
        put(acm, "shop", PrivateKey=CASES["shop"]["key without public part"])


def test_an_import_with_an_arn_replaces_the_certificate_and_keeps_its_arn_and_tags(cloud: Cloud, acm: Any) -> None:
    arn = put(acm, "shop", Tags=[{"Key": "team", "Value": "shop"}])
    created = acm.describe_certificate(CertificateArn=arn)["Certificate"]["CreatedAt"]
    cloud.clock.advance(60)
    assert put(acm, "nocn", CertificateArn=arn) == arn
    detail = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (detail["DomainName"], detail["CreatedAt"]) == ("nocn.example.com", created)
    assert detail["ImportedAt"] > created
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "team", "Value": "shop"}]
    assert refused(put, acm, "shop", CertificateArn=arn, Tags=[{"Key": "a"}])[0] == "ValidationException"
    assert refused(put, acm, "shop", CertificateArn=GONE)[0] == "ResourceNotFoundException"


def test_a_certificate_expires(cloud: Cloud, acm: Any) -> None:
    arn = put(acm, "soon")
    cloud.clock.advance(2 * 86400)
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "EXPIRED"
    every = {"keyTypes": ["EC_secp521r1"]}
    assert acm.list_certificates(CertificateStatuses=["ISSUED"], Includes=every)["CertificateSummaryList"] == []
    assert len(acm.list_certificates(CertificateStatuses=["EXPIRED"], Includes=every)["CertificateSummaryList"]) == 1


def test_only_certificates_of_small_rsa_keys_are_listed_unless_others_are_asked_for(acm: Any) -> None:
    put(acm, "shop")
    arn = put(acm, "api")
    assert [one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]] == [arn]
    both = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    names = [one["DomainName"] for one in acm.list_certificates(Includes=both)["CertificateSummaryList"]]
    assert names == ["www.example.com", "api.example.com"]


def test_lists_have_pages_and_an_order(cloud: Cloud, acm: Any) -> None:
    arns = [put(acm, "api") for _ in range(3)]
    first = acm.list_certificates(MaxItems=2)
    second = acm.list_certificates(MaxItems=2, NextToken=first["NextToken"])
    listed = first["CertificateSummaryList"] + second["CertificateSummaryList"]
    assert [one["CertificateArn"] for one in listed] == arns
    newest = acm.list_certificates(SortBy="CREATED_AT", SortOrder="DESCENDING")["CertificateSummaryList"]
    assert [one["CertificateArn"] for one in newest] == arns[::-1]
    assert refused(acm.list_certificates, SortBy="CREATED_AT")[0] == "ValidationException"
    assert refused(acm.list_certificates, NextToken="nonsense")[0] == "ValidationException"


def test_a_certificate_that_a_balancer_uses_is_not_deleted(
    cloud: Cloud, acm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, balancer = put(acm, "api"), "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c4"
    used = {arn: [balancer]}
    service: Any = cloud.service("elbv2")
    monkeypatch.setattr(service, "certificate_users", lambda asked: used.get(asked, []))
    code, message = refused(acm.delete_certificate, CertificateArn=arn)
    assert (code, message) == ("ResourceInUseException", f"Certificate {arn} in account 123456789012 is in use.")
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == [balancer]
    assert acm.list_certificates()["CertificateSummaryList"][0]["InUse"] is True
    used.clear()
    acm.delete_certificate(CertificateArn=arn)
    assert cloud.resources() == []


def test_what_does_not_exist_is_not_found(acm: Any) -> None:
    for call in (acm.describe_certificate, acm.get_certificate, acm.delete_certificate, acm.list_tags_for_certificate):
        assert refused(call, CertificateArn=GONE) == (
            "ResourceNotFoundException",
            f"Could not find certificate {GONE}.",
        )
    assert refused(acm.describe_certificate, CertificateArn="nonsense nonsense nonsense")[0] == "ValidationException"


def test_certificates_belong_to_a_region(cloud: Cloud, acm: Any) -> None:
    arn = put(acm, "api")
    other = cloud.client("acm", region_name="eu-south-1")
    assert other.list_certificates()["CertificateSummaryList"] == []
    assert refused(other.describe_certificate, CertificateArn=arn)[0] == "ResourceNotFoundException"


def test_a_certificate_has_at_most_50_tags_and_none_of_aws(acm: Any) -> None:
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    arn = put(acm, "api", Tags=many)
    more = [{"Key": "more", "Value": ""}]
    assert refused(acm.add_tags_to_certificate, CertificateArn=arn, Tags=more)[0] == "TooManyTagsException"
    assert refused(put, acm, "api", Tags=[{"Key": "aws:team"}])[0] == "InvalidTagException"
    assert len(acm.list_certificates()["CertificateSummaryList"]) == 1, "what is refused is not imported"
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "0", "Value": "other"}, {"Key": "1"}])
    left = {tag["Key"] for tag in acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]}
    assert left == {str(number) for number in range(50)} - {"1"}


def test_requested_certificates_are_not_modelled(acm: Any) -> None:
    with pytest.raises(NotModelled, match="request_certificate"):
        acm.request_certificate(DomainName="www.example.com")
