"""Which resource takes which pattern. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html"""

from __future__ import annotations

import pytest

from eslabon.stepfunctions.language.resources import parse_resource
from eslabon.stepfunctions.tasks.patterns import OPTIMISED, problem_of

# The page's table: one action of each service, and whether it runs as a job (.sync), and calls back (a token).
TABLE = {
    "apigateway:invoke": (False, True),
    "athena:startQueryExecution": (True, False),
    "batch:submitJob": (True, False),
    "bedrock:createModelCustomizationJob": (True, True),
    "codebuild:startBuild": (True, False),
    "dynamodb:putItem": (False, False),
    "ecs:runTask": (True, True),
    "eks:runJob": (True, True),
    "elasticmapreduce:createCluster": (True, False),
    "emr-containers:startJobRun": (True, False),
    "emr-serverless:startJobRun": (True, False),
    "events:putEvents": (False, True),
    "glue:startJobRun": (True, False),
    "databrew:startJobRun": (True, False),
    "lambda:invoke": (False, True),
    "mediaconvert:createJob": (True, False),
    "sagemaker:createTrainingJob": (True, False),
    "sns:publish": (False, True),
    "sqs:sendMessage": (False, True),
    "states:startExecution": (True, True),
}


def problem(text: str, kind: str = "STANDARD") -> str | None:
    return problem_of(parse_resource(text if text.startswith("arn:") else f"arn:aws:states:::{text}"), kind)


@pytest.mark.parametrize("resource", TABLE)
def test_a_standard_workflow_takes_the_patterns_of_the_table(resource: str) -> None:
    job, token = TABLE[resource]
    assert problem(resource) is None
    assert (problem(f"{resource}.sync") is None) == job
    assert (problem(f"{resource}.waitForTaskToken") is None) == token


@pytest.mark.parametrize("resource", TABLE)
def test_an_express_workflow_takes_request_response_alone(resource: str) -> None:
    assert problem(resource, "EXPRESS") is None
    assert problem(f"{resource}.sync", "EXPRESS")
    assert problem(f"{resource}.waitForTaskToken", "EXPRESS")


def test_every_service_of_the_table_is_known() -> None:
    assert {resource.partition(":")[0] for resource in TABLE} | {"http"} == {service for service, _ in OPTIMISED}


def test_the_second_form_of_sync_is_for_executions_alone() -> None:
    assert problem("states:startExecution.sync:2") is None
    assert problem("states:startExecution.sync:3")
    assert problem("glue:startJobRun.sync:2")


def test_sdk_integrations_call_back_and_never_run_as_a_job() -> None:
    assert problem("aws-sdk:glue:startJobRun") is None
    assert problem("aws-sdk:glue:startJobRun.waitForTaskToken") is None
    assert problem("aws-sdk:glue:startJobRun.sync")
    assert problem("aws-sdk:glue:startJobRun.waitForTaskToken", "EXPRESS")


@pytest.mark.parametrize(
    "resource",
    [
        "sqs:receiveMessage",  # an action, but not of the optimised integration
        "sqs:SendMessage",
        "kinesis:putRecord",  # a service, but only through the SDK
        "aws-sdk:sqs:SendMessage",
        "aws-sdk:sqs:sendMail",
        "aws-sdk:stepfunctions:startExecution",  # it is called sfn
        "aws-sdk:events:putEvents",  # it is called eventbridge
    ],
)
def test_what_is_no_resource_is_not_recognized(resource: str) -> None:
    told = problem(resource)
    assert told is not None
    assert f"arn:aws:states:::{resource} is not recognized" in told


def test_an_express_workflow_has_no_activities() -> None:
    activity = "arn:aws:states:us-east-1:123456789012:activity:inspect"
    assert problem(activity) is None
    assert problem(activity, "EXPRESS")
    assert problem("arn:aws:lambda:us-east-1:123456789012:function:pay", "EXPRESS") is None
