"""The gate: what botocore does not check is checked in AWS's words, and nothing is accepted and ignored."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from eslabon import Cloud, NotModelled, boto
from eslabon.limits import inert, modelled_operations


def refused(call: Any, **parameters: Any) -> dict[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return dict(caught.value.response["Error"])


def test_a_maximum_of_the_model_is_kept(cloud: Cloud) -> None:
    error = refused(cloud.client("events").put_rule, Name="x" * 65, EventPattern="{}")
    assert error["Code"] == "ValidationException"
    assert error["Message"] == (
        f"1 validation error detected: Value '{'x' * 65}' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 64"
    )


def test_a_pattern_of_the_model_is_kept(cloud: Cloud) -> None:
    error = refused(cloud.client("events").put_rule, Name="my rule", EventPattern="{}")
    assert error["Message"].endswith(r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+")


def test_letters_digits_and_spaces_are_what_the_models_patterns_call_them(cloud: Cloud) -> None:
    tags = [{"Key": "Número 7", "Value": "año 2026"}]
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam = cloud.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=document, Tags=tags)
    assert iam.list_role_tags(RoleName="r")["Tags"] == tags
    error = refused(iam.tag_role, RoleName="r", Tags=[{"Key": "a;b", "Value": ""}])
    assert "regular expression pattern" in error["Message"]


def test_an_enum_of_the_model_is_kept(cloud: Cloud) -> None:
    error = refused(cloud.client("events").put_rule, Name="r", EventPattern='{"a":[1]}', State="ON")
    assert "Member must satisfy enum value set: [ENABLED, DISABLED, " in error["Message"]


def test_all_complaints_are_said_at_once(cloud: Cloud) -> None:
    error = refused(cloud.client("events").put_rule, Name="my rule", EventPattern="{}", State="ON")
    assert error["Message"].startswith("2 validation errors detected: ")


def test_types_and_unknown_members_stay_botocores(cloud: Cloud) -> None:
    with pytest.raises(ParamValidationError):
        cloud.client("events").put_rule(Name=1)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "named"),
    [
        ("events", "put_rule", {"Name": "r", "ScheduleExpression": "rate(1 hour)"}, "ScheduleExpression"),
        ("events", "start_replay", None, "start_replay"),
        ("events", "put_events", {"Entries": [{"TraceHeader": "Root=1"}]}, "TraceHeader"),
        ("events", "create_event_bus", {"Name": "b", "KmsKeyIdentifier": "k"}, "KmsKeyIdentifier"),
        ("kinesis", "list_streams", {}, "kinesis"),
    ],
)
def test_what_is_not_modelled_is_refused_loudly(
    cloud: Cloud, service: str, operation: str, parameters: Any, named: str
) -> None:
    if parameters is None:
        parameters = {
            "ReplayName": "r",
            "EventSourceArn": "arn",
            "EventStartTime": 0,
            "EventEndTime": 1,
            "Destination": {"Arn": "a"},
        }
    with pytest.raises(NotModelled, match=named) as caught:
        getattr(cloud.client(service), operation)(**parameters)
    assert not isinstance(caught.value, ClientError)


def test_what_the_reader_passes_and_gets_is_never_shared_with_the_cloud(cloud: Cloud) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern='{"source":["shop"]}')
    policy = {"MaximumRetryAttempts": 1}
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RetryPolicy": policy}
    events.put_targets(Rule="r", Targets=[target])
    policy["MaximumRetryAttempts"] = 7
    shown = events.list_targets_by_rule(Rule="r")["Targets"][0]
    assert shown["RetryPolicy"] == {"MaximumRetryAttempts": 1}
    shown["RetryPolicy"]["MaximumRetryAttempts"] = 9
    assert events.list_targets_by_rule(Rule="r")["Targets"][0]["RetryPolicy"] == {"MaximumRetryAttempts": 1}


def test_modelled_exceptions_are_raised_by_their_class(cloud: Cloud) -> None:
    events = cloud.client("events")
    with pytest.raises(events.exceptions.ResourceNotFoundException) as caught:
        events.describe_rule(Name="nothing")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_paginators_walk_through_every_page(cloud: Cloud) -> None:
    events = cloud.client("events")
    for number in range(5):
        events.put_rule(Name=f"rule-{number}", EventPattern='{"source":["shop"]}')
    pages = list(events.get_paginator("list_rules").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Rules"]) for page in pages] == [2, 2, 1]


def test_a_token_of_another_list_is_refused(cloud: Cloud) -> None:
    events = cloud.client("events")
    for name in ("a", "b"):
        events.put_rule(Name=name, EventPattern='{"source":["shop"]}')
    token = events.list_rules(Limit=1)["NextToken"]
    assert refused(events.list_event_buses, NextToken=token)["Code"] == "ValidationException"


def test_every_call_takes_ten_milliseconds(cloud: Cloud) -> None:
    begun = cloud.clock.now
    cloud.client("events").list_event_buses()
    assert cloud.clock.now - begun == pytest.approx(0.01)


def test_the_same_program_gives_the_same_identifiers() -> None:
    def program() -> Any:
        entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
        return Cloud().client("events").put_events(Entries=[entry])["Entries"][0]["EventId"]

    assert program() == program()


def test_resources_of_boto3_work(cloud: Cloud) -> None:
    queue = cloud.resource("sqs").create_queue(QueueName="orders")
    queue.send_message(MessageBody=json.dumps({"order": 1}))
    assert [message.body for message in queue.receive_messages()] == ['{"order": 1}']


def test_sessions_made_by_boto3_itself_are_hooked() -> None:
    assert isinstance(boto3.session.Session(), boto3.session.Session)
    with Cloud().activated():
        assert isinstance(boto3.Session().client("sts").get_caller_identity()["Account"], str)


def test_every_service_models_only_what_the_api_has() -> None:
    """Compiling every operation checks each method's parameters and the nested structures against botocore's model."""
    for service, operations in modelled_operations().items():
        for name in operations:
            assert boto.operation(service, name).modelled


def test_what_is_kept_without_effect_is_something_that_the_api_has() -> None:
    for row in inert():
        operation, _, member = row.where.partition(".")
        model = boto.service_model(row.service)
        shapes = model.shape_names
        assert operation in shapes or operation in modelled_operations()[row.service], row
        if member and operation not in shapes:
            assert member in boto.operation(row.service, operation).known, row
