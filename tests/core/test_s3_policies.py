"""Bucket policies: they decide over services and other accounts, and may take rights from the owner."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.errors import NotModelled, ServiceError
from tests.core.refusals import refused_status

DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
FOLDER = "arn:aws:s3:::logs-2026/shop/AWSLogs/123456789012/*"
KEY = "shop/AWSLogs/123456789012/ELBAccessLogTestFile"


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    client = cloud.client("s3")
    client.create_bucket(Bucket="logs-2026")
    return client


def allow(s3: Any, **changes: Any) -> None:
    """A policy with one statement: the one of ELB's page on access logs, unless it is changed."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": "s3:PutObject",
        "Resource": FOLDER,
        **changes,
    }
    document = {"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value}]}
    s3.put_bucket_policy(Bucket="logs-2026", Policy=json.dumps(document))


def deliver(cloud: Cloud, key: str = KEY, principal: str = DELIVERY) -> str:
    """What comes of a delivery: "stored", or the code of the refusal."""
    service: Any = cloud.service("s3")
    try:
        service.write_for(principal, "logs-2026", key, b"log", BALANCER)
    except ServiceError as error:
        return error.code
    return "stored"


def test_access_logs_arrive_where_the_policy_lets_log_delivery_write(cloud: Cloud, s3: Any) -> None:
    assert deliver(cloud) == "AccessDenied"
    allow(s3)
    assert deliver(cloud) == "stored"
    assert s3.get_object(Bucket="logs-2026", Key=KEY)["Body"].read() == b"log"
    assert deliver(cloud, key="AWSLogs/123456789012/ELBAccessLogTestFile") == "AccessDenied"
    assert deliver(cloud, principal="delivery.logs.amazonaws.com") == "AccessDenied"
    s3.delete_bucket_policy(Bucket="logs-2026")
    assert deliver(cloud) == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, "stored"),
        ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, "AccessDenied"),
        (
            {"ArnLike": {"aws:SourceArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/*"}},
            "stored",
        ),
        ({"ArnEquals": {"aws:SourceArn": BALANCER.replace("shop", "bank")}}, "AccessDenied"),
    ],
)
def test_conditions_on_the_source_have_effect(cloud: Cloud, s3: Any, condition: Any, result: str) -> None:
    allow(s3, Condition=condition)
    assert deliver(cloud) == result


def test_a_refused_delivery_tells_which_statement_is_missing(cloud: Cloud, s3: Any) -> None:
    deliver(cloud)
    missing = next(cloud.journal.of("refusal"))["missing"]
    assert (missing["Principal"], missing["Action"]) == ({"Service": DELIVERY}, "s3:PutObject")
    assert missing["Resource"] == f"arn:aws:s3:::logs-2026/{KEY}"


def test_a_policy_is_read_back_as_it_was_put_until_it_is_deleted(s3: Any) -> None:
    assert refused_status(s3.get_bucket_policy, Bucket="logs-2026") == ("NoSuchBucketPolicy", 404)
    allow(s3)
    policy = json.loads(s3.get_bucket_policy(Bucket="logs-2026")["Policy"])
    assert policy["Statement"][0]["Resource"] == FOLDER
    s3.delete_bucket_policy(Bucket="logs-2026")
    assert refused_status(s3.get_bucket_policy, Bucket="logs-2026") == ("NoSuchBucketPolicy", 404)
    assert refused_status(s3.put_bucket_policy, Bucket="bills-2026", Policy="{}") == ("NoSuchBucket", 404)


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": None},
        {"Action": None},
        {"Resource": None},
        {"Effect": "Maybe"},
        {"Resource": "*"},
        {"Resource": "arn:aws:s3:::bills-2026/*"},
        {"Resource": "arn:aws:s3:::logs-2026"},
        {"Action": "sqs:SendMessage"},
    ],
)
def test_what_is_no_bucket_policy_is_malformed_and_the_old_one_stays(
    cloud: Cloud, s3: Any, changes: dict[str, Any]
) -> None:
    allow(s3)
    assert refused_status(allow, s3, **changes) == ("MalformedPolicy", 400)
    assert deliver(cloud) == "stored"


def test_conditions_that_would_have_no_effect_are_refused_loudly(s3: Any) -> None:
    with pytest.raises(NotModelled, match="x-amz-acl"):
        allow(s3, Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}})


def test_a_policy_that_makes_a_bucket_public_is_refused_as_for_every_new_bucket(s3: Any) -> None:
    assert refused_status(allow, s3, Principal="*", Action="s3:GetObject") == ("AccessDenied", 403)
    allow(s3, Principal="*", Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}})


def test_another_account_does_what_the_policy_allows_and_nothing_else(cloud: Cloud, s3: Any) -> None:
    s3.put_object(Bucket="logs-2026", Key="1", Body=b"one")
    other = cloud.session(account_id="111122223333").client("s3")
    assert refused_status(other.get_object, Bucket="logs-2026", Key="1") == ("AccessDenied", 403)
    allow(
        s3,
        Principal={"AWS": "arn:aws:iam::111122223333:root"},
        Action="s3:GetObject",
        Resource="arn:aws:s3:::logs-2026/*",
    )
    assert other.get_object(Bucket="logs-2026", Key="1")["Body"].read() == b"one"
    assert refused_status(other.put_object, Bucket="logs-2026", Key="2") == ("AccessDenied", 403)
    assert refused_status(other.list_objects_v2, Bucket="logs-2026") == ("AccessDenied", 403)
    assert refused_status(other.get_bucket_policy, Bucket="logs-2026") == ("MethodNotAllowed", 405)


def test_a_deny_binds_the_owner_too_who_can_still_change_the_policy(s3: Any) -> None:
    s3.put_object(Bucket="logs-2026", Key="1", Body=b"one")
    allow(s3, Effect="Deny", Principal="*", Action="s3:DeleteObject", Resource="arn:aws:s3:::logs-2026/*")
    assert refused_status(s3.delete_object, Bucket="logs-2026", Key="1") == ("AccessDenied", 403)
    answer = s3.delete_objects(Bucket="logs-2026", Delete={"Objects": [{"Key": "1"}]})
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [("1", "AccessDenied")]
    assert s3.get_object(Bucket="logs-2026", Key="1")["Body"].read() == b"one"
    s3.delete_bucket_policy(Bucket="logs-2026")
    s3.delete_object(Bucket="logs-2026", Key="1")
