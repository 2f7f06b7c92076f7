"""AWS SDK integrations: every modelled operation by its names.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

from typing import Any

import pytest

from eslabon.boto import service_model
from eslabon.cloud import SERVICES
from eslabon.limits import modelled_operations
from eslabon.stepfunctions.language.resources import parse_resource
from eslabon.stepfunctions.tasks import sdk
from eslabon.stepfunctions.tasks.apishapes import pascal_case, sdk_name
from eslabon.stepfunctions.tasks.patterns import problem_of

SDK_NAMES = {name: name for name in SERVICES} | {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancingv2",
    "events": "eventbridge",
    "logs": "cloudwatchlogs",
    "stepfunctions": "sfn",
}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_modelled_operation_has_a_resource(service: str) -> None:
    model = service_model(service)
    actions = [name[0].lower() + name[1:] for name in model.operation_names]
    assert len(actions) >= len(modelled_operations()[service])
    name = SDK_NAMES[service]
    assert sdk.boto_name(name) == service
    for action in actions:
        resource = parse_resource(f"arn:aws:states:::aws-sdk:{name}:{action}")
        assert problem_of(resource, "STANDARD") is None, resource.text


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_two_members_of_a_structure_are_called_the_same(service: str) -> None:
    model = service_model(service)
    for name in model.shape_names:
        shape = model.shape_for(name)
        if shape.type_name == "structure":
            called = [sdk_name(member) for member in shape.members]
            assert len(set(called)) == len(called), name
            assert all(member[:1].isupper() for member in called), name


@pytest.mark.parametrize(
    ("service_id", "prefix"),
    [
        ("ACM PCA", "AcmPca"),  # the page's own example
        ("S3", "S3"),
        ("SFN", "Sfn"),
        ("SQS", "Sqs"),
        ("EventBridge", "EventBridge"),
        ("DynamoDB", "DynamoDb"),
        ("Lambda", "Lambda"),
    ],
)
def test_errors_begin_with_the_services_name_in_pascal_case(service_id: str, prefix: str) -> None:
    assert pascal_case(service_id) == prefix


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"QueueUrl": "u"}, 'The field "MessageBody" is required but was missing'),
        ({"QueueUrl": "u", "MessageBody": {"a": 1}}, 'The value for the field "MessageBody" must be a STRING'),
        ({"QueueUrl": "u", "MessageBody": "x", "DelaySeconds": 1.5}, '"DelaySeconds" must be an INTEGER'),
        ({"QueueUrl": "u", "MessageBody": "x", "DelaySeconds": True}, '"DelaySeconds" must be an INTEGER'),
        ({"QueueUrl": "u", "MessageBody": "x", "messageGroupId": "g"}, 'The field "messageGroupId" is not supported'),
        (
            {"QueueUrl": "u", "MessageBody": "x", "MessageAttributes": {"a": {"StringValue": "b"}}},
            'The field "MessageAttributes.a.DataType" is required but was missing',
        ),
        (
            {"QueueUrl": "u", "MessageBody": "x", "MessageAttributes": []},
            'The value for the field "MessageAttributes" must be an OBJECT',
        ),
        ("orders", "The value must be a JSON object"),
    ],
)
def test_arguments_of_another_form_never_reach_the_service(workflows: Any, arguments: Any, complaint: str) -> None:
    task = {"Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage", "given": arguments, "InputPath": "$"}
    run = workflows.run(task.pop("Resource"), given=task.pop("given"), **task)
    error, cause = run.failure
    assert error == "States.Runtime"
    assert complaint in cause
    assert run.types == []


def test_numbers_that_are_whole_may_have_a_point(workflows: Any) -> None:
    given = {"QueueUrl": workflows.queue(), "MessageBody": "x", "DelaySeconds": 2.0}
    assert workflows.run("aws-sdk:sqs:sendMessage", given=given).output["MessageId"]


def test_binary_data_is_written_as_json_and_read_as_text(workflows: Any) -> None:
    workflows.cloud.client("s3").create_bucket(Bucket="orders-of-today")
    place = {"Bucket": "orders-of-today", "Key": "first.json"}
    workflows.run("aws-sdk:s3:putObject", {**place, "Body": {"total": 9}})
    stored = workflows.cloud.client("s3").get_object(**place)["Body"].read()
    assert stored == b'{"total":9}'
    assert workflows.run("aws-sdk:s3:getObject", place).output["Body"] == '{"total":9}'
