"""Tasks that call SQS, EventBridge, Step Functions and others.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

import json
from typing import Any

START = "states:startExecution"
WAITING = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
PUT = {"Entries": [{"Source": "shop", "DetailType": "order", "Detail": {"total": 9}}]}


def test_a_json_message_body_reaches_the_queue_as_text(workflows: Any) -> None:
    url = workflows.queue()
    output = workflows.run("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"total": 9}}).output
    assert set(output) == {"MD5OfMessageBody", "MessageId", "SdkHttpMetadata", "SdkResponseMetadata"}
    assert workflows.received(url) == [{"total": 9}]


def test_an_event_names_the_execution_and_the_state_machine_among_its_resources(workflows: Any) -> None:
    url, events = workflows.queue(), workflows.cloud.client("events")
    rule = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')["RuleArn"]
    queue = "arn:aws:sqs:us-east-1:123456789012:orders"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    workflows.cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule="orders", Targets=[{"Id": "queue", "Arn": queue}])
    workflows.cloud.clock.advance(60)
    entry = {**PUT["Entries"][0], "Resources": ["arn:aws:s3:::shop"]}
    run = workflows.run("events:putEvents", {"Entries": [entry]})
    assert run.output["FailedEntryCount"] == 0
    (event,) = workflows.received(url)
    assert event["detail"] == {"total": 9}
    assert event["resources"] == ["arn:aws:s3:::shop", run.arn, run.shown["stateMachineArn"]]


def test_an_entry_that_fails_fails_the_task_with_the_answer_as_its_cause(workflows: Any) -> None:
    entry = {"Source": "shop", "DetailType": "order", "Detail": "not JSON"}
    error, cause = workflows.run("events:putEvents", {"Entries": [entry]}).failure
    assert error == "EventBridge.FailedEntry"
    assert json.loads(cause)["Entries"][0]["ErrorCode"] == "MalformedDetail"


def test_stopping_the_parent_stops_the_child_that_it_waits_for(workflows: Any) -> None:
    child = workflows.machine(WAITING)
    run = workflows.start(f"{START}.sync", {"StateMachineArn": child})
    workflows.cloud.clock.advance(10)
    workflows.client.stop_execution(executionArn=run.arn)
    (execution,) = workflows.client.list_executions(stateMachineArn=child)["executions"]
    assert execution["status"] == "ABORTED"
    assert run.shown["status"] == "ABORTED"


def test_a_task_that_times_out_stops_the_child_that_it_waits_for(workflows: Any) -> None:
    child = workflows.machine(WAITING)
    run = workflows.start(f"{START}.sync", {"StateMachineArn": child}, TimeoutSeconds=60)
    workflows.cloud.clock.advance(70)
    (execution,) = workflows.client.list_executions(stateMachineArn=child)["executions"]
    assert execution["status"] == "ABORTED"
    assert run.failure[0] == "States.Timeout"


def test_stopping_the_parent_leaves_the_child_that_it_only_started(workflows: Any) -> None:
    child = workflows.machine(WAITING)
    run = workflows.start(START, {"StateMachineArn": child})
    workflows.cloud.clock.advance(10)
    workflows.client.stop_execution(executionArn=run.arn)
    (execution,) = workflows.client.list_executions(stateMachineArn=child)["executions"]
    assert execution["status"] == "RUNNING"


def test_the_child_that_is_stopped_fails_the_task(workflows: Any) -> None:
    child = workflows.machine(WAITING)
    run = workflows.start(f"{START}.sync", {"StateMachineArn": child})
    workflows.cloud.clock.advance(10)
    (execution,) = workflows.client.list_executions(stateMachineArn=child)["executions"]
    workflows.client.stop_execution(executionArn=execution["executionArn"], error="Cancelled")
    workflows.cloud.clock.run_until_idle()
    error, cause = run.failure
    assert (error, json.loads(cause)["Status"], json.loads(cause)["Error"]) == (
        "States.TaskFailed",
        "ABORTED",
        "Cancelled",
    )


def test_a_child_name_that_is_taken_is_an_error_of_step_functions(workflows: Any) -> None:
    child = workflows.machine({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
    workflows.run(f"{START}.sync", {"StateMachineArn": child, "Name": "first"})
    again = workflows.run(f"{START}.sync", {"StateMachineArn": child, "Name": "first", "Input": {"n": 1}})
    assert again.failure[0] == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_member_that_aws_has_and_eslabon_does_not_model_fails_and_shows_the_mock(workflows: Any) -> None:
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    run = workflows.run("aws-sdk:eventbridge:putEvents", {"Entries": [entry], "EndpointId": "a.b"})
    error, cause = run.failure
    assert error == "States.Runtime"
    assert 'cloud.mock("arn:aws:states:::aws-sdk:eventbridge:putEvents"' in cause


def test_who_sent_what_where_stands_in_the_journal(workflows: Any) -> None:
    url = workflows.queue()
    run = workflows.run("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "x"})
    (delivery,) = workflows.cloud.journal.of("delivery")
    assert delivery["source"] == run.shown["stateMachineArn"]
    assert (delivery["target"], delivery["payload"], delivery["error"]) == (
        "arn:aws:sqs:us-east-1:123456789012:orders",
        "x",
        None,
    )


def test_an_express_workflow_calls_services_too(workflows: Any) -> None:
    url = workflows.queue()
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
        "ResultSelector": {"id.$": "$.MessageId"},
        "End": True,
    }
    machine = workflows.machine({"StartAt": "Send", "States": {"Send": send}}, type="EXPRESS")
    answer = workflows.client.start_sync_execution(stateMachineArn=machine, input='{"total": 9}')
    assert answer["status"] == "SUCCEEDED"
    assert workflows.received(url) == [{"total": 9}]


def test_the_branch_that_fails_stops_the_child_of_another(workflows: Any) -> None:
    child = workflows.machine(WAITING)
    start = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{START}.sync",
        "Parameters": {"StateMachineArn": child},
        "End": True,
    }
    wait = {"Type": "Wait", "Seconds": 5, "Next": "Fail"}
    branches = [
        {"StartAt": "Start", "States": {"Start": start}},
        {"StartAt": "Wait", "States": {"Wait": wait, "Fail": {"Type": "Fail", "Error": "Full"}}},
    ]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    machine = workflows.machine({"StartAt": "Both", "States": {"Both": both}})
    workflows.client.start_execution(stateMachineArn=machine)
    workflows.cloud.clock.run_until_idle()
    (execution,) = workflows.client.list_executions(stateMachineArn=child)["executions"]
    assert execution["status"] == "ABORTED"


def test_a_redriven_task_calls_again(workflows: Any) -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
    run = workflows.run("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"total": 9}})
    assert run.failure[0] == "SQS.QueueDoesNotExistException"
    workflows.queue()
    workflows.client.redrive_execution(executionArn=run.arn)
    workflows.cloud.clock.run_until_idle()
    assert run.output["MessageId"]
    assert workflows.received(url) == [{"total": 9}]
