"""Amazon S3: buckets, objects, lists, and the errors that AWS's pages give with their status."""

from __future__ import annotations

import io
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.errors import NotModelled
from tests.core.refusals import refused_status


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    client = cloud.client("s3")
    client.create_bucket(Bucket="orders-2026")
    return client


@pytest.mark.parametrize("body", [b"one", bytearray(b"one"), io.BytesIO(b"one"), "one"])
def test_what_was_put_is_got_as_a_stream(s3: Any, body: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=body, ContentType="text/plain", Metadata={"Shop": "north"})
    answer = s3.get_object(Bucket="orders-2026", Key="1")
    assert answer["ContentType"] == "text/plain"
    assert answer["ContentLength"] == 3
    assert answer["Metadata"] == {"shop": "north"}, "names of user metadata are stored in lowercase"
    assert (answer["Body"].read(1), answer["Body"].read()) == (b"o", b"ne")


def test_the_etag_is_the_md5_in_quotation_marks(s3: Any) -> None:
    put = s3.put_object(Bucket="orders-2026", Key="1", Body=b"")
    assert put["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    assert s3.head_object(Bucket="orders-2026", Key="1")["ETag"] == put["ETag"]


def test_a_put_replaces_the_whole_object(s3: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"one", Metadata={"shop": "north"})
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"two")
    answer = s3.get_object(Bucket="orders-2026", Key="1")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"two", {})


def test_an_object_without_a_content_type_is_a_binary_octet_stream(s3: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"one")
    assert s3.head_object(Bucket="orders-2026", Key="1")["ContentType"] == "binary/octet-stream"


def test_what_is_missing_is_told_apart_with_404(s3: Any) -> None:
    assert refused_status(s3.get_object, Bucket="orders-2026", Key="1") == ("NoSuchKey", 404)
    assert refused_status(s3.get_object, Bucket="bills-2026", Key="1") == ("NoSuchBucket", 404)
    assert refused_status(s3.list_objects_v2, Bucket="bills-2026") == ("NoSuchBucket", 404)
    assert refused_status(s3.put_object, Bucket="bills-2026", Key="1", Body=b"") == ("NoSuchBucket", 404)
    assert refused_status(s3.delete_bucket, Bucket="bills-2026") == ("NoSuchBucket", 404)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="orders-2026", Key="1")


def test_an_answer_to_head_has_no_body_for_a_code(s3: Any) -> None:
    assert refused_status(s3.head_object, Bucket="orders-2026", Key="1") == ("404", 404)
    assert refused_status(s3.head_bucket, Bucket="bills-2026") == ("404", 404)


def test_only_an_empty_bucket_is_deleted(s3: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"")
    assert refused_status(s3.delete_bucket, Bucket="orders-2026") == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket="orders-2026", Key="1")
    s3.delete_object(Bucket="orders-2026", Key="1")  # deleting what is not there succeeds
    s3.delete_bucket(Bucket="orders-2026")
    assert s3.list_buckets()["Buckets"] == []


def test_the_names_of_buckets_are_shared_by_all_accounts_and_regions(cloud: Cloud, s3: Any) -> None:
    other = cloud.session(account_id="111122223333").client("s3")
    assert refused_status(other.create_bucket, Bucket="orders-2026") == ("BucketAlreadyExists", 409)
    assert refused_status(other.get_object, Bucket="orders-2026", Key="1") == ("AccessDenied", 403)
    assert other.list_buckets()["Buckets"] == []


def test_a_bucket_of_ones_own_is_refused_a_second_time_except_in_north_virginia(cloud: Cloud, s3: Any) -> None:
    s3.create_bucket(Bucket="orders-2026")  # API_CreateBucket: answers 200 there, for compatibility
    spain = cloud.client("s3", region_name="eu-south-2")
    where = {"LocationConstraint": "eu-south-2"}
    spain.create_bucket(Bucket="pedidos-2026", CreateBucketConfiguration=where)
    again = {"Bucket": "pedidos-2026", "CreateBucketConfiguration": where}
    assert refused_status(spain.create_bucket, **again) == ("BucketAlreadyOwnedByYou", 409)
    assert s3.head_bucket(Bucket="pedidos-2026")["BucketRegion"] == "eu-south-2"


def test_the_location_must_be_that_of_the_endpoint(cloud: Cloud, s3: Any) -> None:
    spain = cloud.client("s3", region_name="eu-south-2")
    assert refused_status(spain.create_bucket, Bucket="pedidos-2026") == ("IllegalLocationConstraintException", 400)
    elsewhere = {"LocationConstraint": "eu-south-2"}
    refusal = refused_status(s3.create_bucket, Bucket="pedidos-2026", CreateBucketConfiguration=elsewhere)
    assert refusal == ("IllegalLocationConstraintException", 400)


@pytest.mark.parametrize("name", ["Orders", "orders.", "or..ders", "192.168.5.4", "xn--orders"])
def test_names_against_the_naming_rules_are_refused(s3: Any, name: str) -> None:
    assert refused_status(s3.create_bucket, Bucket=name) == ("InvalidBucketName", 400)


def test_a_list_goes_page_by_page_in_the_order_of_the_keys(s3: Any) -> None:
    keys = ["a b/1+1", "año", "b", "c&d"]
    for key in reversed(keys):
        s3.put_object(Bucket="orders-2026", Key=key, Body=b"1")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="orders-2026", PaginationConfig={"PageSize": 3})
    found = [[one["Key"] for one in page["Contents"]] for page in pages]
    assert found == [keys[:3], keys[3:]]
    assert s3.list_objects_v2(Bucket="orders-2026", StartAfter="año")["KeyCount"] == 2


def test_keys_with_a_common_prefix_are_told_as_one(s3: Any) -> None:
    for key in ("2026/01/1", "2026/01/2", "2026/02/1", "2026/note"):
        s3.put_object(Bucket="orders-2026", Key=key, Body=b"")
    listed = s3.list_objects_v2(Bucket="orders-2026", Prefix="2026/", Delimiter="/")
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["2026/01/", "2026/02/"]
    assert [one["Key"] for one in listed["Contents"]] == ["2026/note"]


def test_a_token_of_another_list_is_refused(s3: Any) -> None:
    assert refused_status(s3.list_objects_v2, Bucket="orders-2026", ContinuationToken="x") == ("InvalidArgument", 400)


def test_many_objects_are_deleted_at_once(s3: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"")
    answer = s3.delete_objects(Bucket="orders-2026", Delete={"Objects": [{"Key": "1"}, {"Key": "2"}]})
    assert [one["Key"] for one in answer["Deleted"]] == ["1", "2"]
    quiet = s3.delete_objects(Bucket="orders-2026", Delete={"Objects": [{"Key": "1"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert s3.list_objects_v2(Bucket="orders-2026")["KeyCount"] == 0


def test_what_is_not_modelled_says_so(s3: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"one")
    with pytest.raises(NotModelled, match="Range"):
        s3.get_object(Bucket="orders-2026", Key="1", Range="bytes=0-1")
    with pytest.raises(NotModelled, match="create_multipart_upload"):
        s3.create_multipart_upload(Bucket="orders-2026", Key="1")
    with pytest.raises(NotModelled, match="put_object"):
        s3.upload_fileobj(io.BytesIO(b"one"), "orders-2026", "2")


def test_waiters_find_what_is_there(s3: Any) -> None:
    s3.put_object(Bucket="orders-2026", Key="1", Body=b"")
    s3.get_waiter("bucket_exists").wait(Bucket="orders-2026")
    s3.get_waiter("object_exists").wait(Bucket="orders-2026", Key="1")


def test_buckets_are_the_accounts_resources_where_they_are(cloud: Cloud, s3: Any) -> None:
    assert cloud.resources() == ["arn:aws:s3:::orders-2026"]
    assert Cloud().resources() == []
