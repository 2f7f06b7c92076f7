"""Activities and task tokens, with a worker that is a program.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud


@pytest.fixture
def activity(workflows: Any) -> str:
    arn: str = workflows.client.create_activity(name="inspect")["activityArn"]
    return arn


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_worker_takes_a_task_and_ends_it(workflows: Any, activity: str) -> None:
    run = workflows.run(activity, given={"n": 1})
    assert run.types == ["ActivityScheduled"]
    task = workflows.client.get_activity_task(activityArn=activity, workerName="anna")
    assert json.loads(task["input"]) == {"n": 1}
    workflows.client.send_task_success(taskToken=task["taskToken"], output='{"sound": true}')
    assert run.output == {"sound": True}
    assert run.types == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert run.details("ActivityStarted") == {"workerName": "anna"}


def test_polling_waits_60_seconds_and_answers_without_a_token(workflows: Any, activity: str) -> None:
    before = workflows.cloud.clock.now
    task = workflows.client.get_activity_task(activityArn=activity)
    assert "taskToken" not in task
    assert round(workflows.cloud.clock.now - before) == 60


def test_polling_ends_when_a_task_comes(workflows: Any, activity: str) -> None:
    wait = {"Type": "Wait", "Seconds": 20, "Next": "Inspect"}
    inspect = {"Type": "Task", "Resource": activity, "End": True}
    machine = workflows.machine({"StartAt": "Wait", "States": {"Wait": wait, "Inspect": inspect}})
    workflows.client.start_execution(stateMachineArn=machine)
    before = workflows.cloud.clock.now
    assert workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    assert 20 <= workflows.cloud.clock.now - before < 21


def test_tasks_are_taken_oldest_first_and_once(workflows: Any, activity: str) -> None:
    for number in range(3):
        workflows.run(activity, given=number)
    taken = [workflows.client.get_activity_task(activityArn=activity) for _ in range(3)]
    assert [task["input"] for task in taken] == ["0", "1", "2"]
    assert len({task["taskToken"] for task in taken}) == 3


def test_a_task_of_a_stopped_execution_is_given_to_nobody(workflows: Any, activity: str) -> None:
    run = workflows.run(activity)
    workflows.client.stop_execution(executionArn=run.arn)
    assert "taskToken" not in workflows.client.get_activity_task(activityArn=activity)


def test_the_token_of_a_stopped_execution_has_timed_out(workflows: Any, activity: str) -> None:
    run = workflows.run(activity)
    token = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    workflows.client.stop_execution(executionArn=run.arn)
    for call, more in (("success", {"output": "1"}), ("failure", {}), ("heartbeat", {})):
        with pytest.raises(workflows.client.exceptions.TaskTimedOut):
            getattr(workflows.client, f"send_task_{call}")(taskToken=token, **more)


def test_a_token_is_good_once_even_before_the_workflow_has_gone_on(workflows: Any, activity: str) -> None:
    workflows.run(activity)
    token = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    workflows.client.send_task_success(taskToken=token, output="1")
    with pytest.raises(workflows.client.exceptions.TaskTimedOut):
        workflows.client.send_task_failure(taskToken=token)


def test_a_token_is_good_once_also_for_a_worker_that_runs_inside_the_clock(workflows: Any, activity: str) -> None:
    run = workflows.run(activity)
    token = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    told = []

    def work() -> None:
        workflows.client.send_task_success(taskToken=token, output="1")
        try:
            workflows.client.send_task_success(taskToken=token, output="2")
        except ClientError as error:
            told.append(error.response["Error"]["Code"])

    workflows.cloud.clock.call_later(1, work)
    workflows.cloud.clock.run_until_idle()
    assert told == ["TaskTimedOut"]
    assert run.output == 1


def test_a_retry_has_a_token_of_its_own(workflows: Any, activity: str) -> None:
    run = workflows.run(activity, Retry=[{"ErrorEquals": ["Broken"]}])
    first = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    workflows.client.send_task_failure(taskToken=first, error="Broken")
    second = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    with pytest.raises(workflows.client.exceptions.TaskTimedOut):
        workflows.client.send_task_success(taskToken=first, output="1")
    workflows.client.send_task_success(taskToken=second, output="2")
    assert run.output == 2


def test_a_token_that_was_never_given_out_is_invalid(workflows: Any) -> None:
    with pytest.raises(workflows.client.exceptions.InvalidToken):
        workflows.client.send_task_heartbeat(taskToken="mine")


@pytest.mark.parametrize("output", ["approved", "{", '"' + "ñ" * 131_072 + '"'])
def test_an_output_that_is_no_json_or_over_256_kib_is_refused_and_the_task_goes_on(
    workflows: Any, activity: str, output: str
) -> None:
    run = workflows.run(activity)
    token = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    with pytest.raises(workflows.client.exceptions.InvalidOutput):
        workflows.client.send_task_success(taskToken=token, output=output)
    workflows.client.send_task_success(taskToken=token, output="1")
    assert run.output == 1


def test_the_time_out_counts_the_time_in_the_queue(workflows: Any, activity: str) -> None:
    run = workflows.run(activity, TimeoutSeconds=100)
    workflows.cloud.clock.advance(90)
    token = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    workflows.cloud.clock.advance(20)
    assert run.failure == ("States.Timeout", "")
    assert run.types == ["ActivityScheduled", "ActivityStarted", "ActivityTimedOut"]
    with pytest.raises(workflows.client.exceptions.TaskTimedOut):
        workflows.client.send_task_success(taskToken=token, output="1")


def test_a_worker_that_takes_too_long_inside_the_clock_is_told_that_its_task_has_timed_out(
    workflows: Any, activity: str
) -> None:
    run = workflows.start(activity, TimeoutSeconds=10)
    workflows.cloud.clock.advance(1)
    token = workflows.client.get_activity_task(activityArn=activity)["taskToken"]
    told = []

    def work() -> None:
        workflows.cloud.clock.sleep(30)
        try:
            workflows.client.send_task_success(taskToken=token, output="1")
        except ClientError as error:
            told.append(error.response["Error"]["Code"])

    workflows.cloud.clock.call_later(1, work)
    workflows.cloud.clock.run_until_idle()
    workflows.cloud.clock.advance(60)
    assert told == ["TaskTimedOut"]
    assert run.failure[0] == "States.Timeout"


def test_the_tags_of_an_activity(workflows: Any) -> None:
    arn = workflows.client.create_activity(name="tagged", tags=[{"key": "team", "value": "shop"}])["activityArn"]
    workflows.client.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
    workflows.client.untag_resource(resourceArn=arn, tagKeys=["team"])
    tags = workflows.client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "stage", "value": "test"}]
    workflows.client.delete_activity(activityArn=arn)
    with pytest.raises(workflows.client.exceptions.ResourceNotFound):
        workflows.client.list_tags_for_resource(resourceArn=arn)


def test_an_activity_that_is_refused_is_not_half_made(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    with pytest.raises(ClientError) as error:
        states.create_activity(name="inspect", tags=[{"key": f"k{n}", "value": ""} for n in range(51)])
    assert code(error) == "TooManyTags"
    with pytest.raises(ClientError) as error:
        states.create_activity(name="my inspection")
    assert code(error) == "InvalidName"
    assert states.list_activities()["activities"] == []
    assert cloud.resources() == []


def test_activities_are_listed_in_pages(workflows: Any) -> None:
    for number in range(5):
        workflows.client.create_activity(name=f"a{number}")
    pages = list(workflows.client.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2}))
    assert [[one["name"] for one in page["activities"]] for page in pages] == [["a0", "a1"], ["a2", "a3"], ["a4"]]


def test_an_activity_is_a_resource_until_it_is_deleted(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    arn = states.create_activity(name="inspect")["activityArn"]
    assert cloud.resources() == [arn]
    states.delete_activity(activityArn=arn)
    states.delete_activity(activityArn=arn)  # no error
    assert cloud.resources() == []


def test_a_task_has_its_token_in_the_context_object_only_when_it_waits_for_it(workflows: Any, activity: str) -> None:
    run = workflows.run(activity, {"token.$": "$$.Task.Token"})
    assert run.failure[0] == "States.Runtime"
