"""Logs of executions: which events a level writes, in which form, and who lets them in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/orders:*"
NAME = "/aws/vendedlogs/states/orders"
SENDER = "delivery.logs.amazonaws.com"


def logging(level: str = "ALL", data: bool = False, arn: str = GROUP) -> dict[str, Any]:
    return {
        "level": level,
        "includeExecutionData": data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
    }


@pytest.fixture
def logs(states: States) -> Any:
    client = states.cloud.client("logs")
    client.create_log_group(logGroupName=NAME)
    return client


def written(logs: Any) -> list[dict[str, Any]]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=NAME)
    return [json.loads(event["message"]) for page in pages for event in page["events"]]


def test_an_event_is_logged_with_ids_times_and_its_execution(states: States, logs: Any) -> None:
    execution = states.run(states.machine(loggingConfiguration=logging(data=True)), {"total": 9})["executionArn"]
    first, second, *_ = written(logs)
    history = states.events(execution)
    assert first == {
        "id": "1",
        "type": "ExecutionStarted",
        "details": {"input": '{"total":9}', "inputDetails": {"truncated": False}, "roleArn": states.role},
        "previous_event_id": "0",
        "event_timestamp": str(round(history[0]["timestamp"].timestamp() * 1000)),
        "execution_arn": execution,
        "redrive_count": "0",
    }
    assert (second["id"], second["previous_event_id"], second["details"]["name"]) == ("2", "0", "Done")
    assert [event["type"] for event in written(logs)] == [event["type"] for event in history]


def test_events_stand_at_their_own_times_in_a_stream_named_after_the_state_machine(states: States, logs: Any) -> None:
    execution = states.run(states.machine(WAITING, loggingConfiguration=logging()))["executionArn"]
    stream = logs.describe_log_streams(logGroupName=NAME)["logStreams"][0]["logStreamName"]
    assert stream.startswith("states/orders/2026-01-01-00-00/")
    times = [event["timestamp"] for event in logs.get_log_events(logGroupName=NAME, logStreamName=stream)["events"]]
    stamps: list[datetime] = [event["timestamp"] for event in states.events(execution)]
    assert times == [int(stamp.timestamp() * 1000) for stamp in stamps]


def test_without_execution_data_inputs_and_outputs_are_left_out(states: States, logs: Any) -> None:
    states.run(states.machine(loggingConfiguration=logging()), {"total": 9})
    events = written(logs)
    assert events[0]["details"] == {"roleArn": states.role}
    assert events[1]["details"] == {"name": "Done"}
    assert "total" not in json.dumps(events)


# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: what of this execution each level logs.
STOPPED = ["ExecutionStarted", "WaitStateEntered", "WaitStateAborted", "ExecutionAborted"]
FAILED = ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("level", "stopped", "failed"),
    [
        ("ALL", STOPPED, FAILED),
        ("ERROR", ["WaitStateAborted", "ExecutionAborted"], ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionAborted"], ["ExecutionFailed"]),
        ("OFF", [], []),
    ],
)
def test_a_level_says_which_events_are_logged(
    states: States, logs: Any, level: str, stopped: list[str], failed: list[str]
) -> None:
    waiting = states.machine(WAITING, loggingConfiguration=logging(level))
    states.client.stop_execution(executionArn=states.start(waiting))
    states.cloud.clock.advance(1)
    execution = states.start(waiting)
    states.cloud.clock.advance(1)
    states.client.stop_execution(executionArn=execution)
    states.cloud.clock.run_until_idle()
    assert [one["type"] for one in written(logs) if one["execution_arn"] == execution] == stopped
    failing = states.run(states.machine(FAILING, "failing", loggingConfiguration=logging(level)))["executionArn"]
    states.cloud.clock.advance(10)
    assert [one["type"] for one in written(logs) if one["execution_arn"] == failing] == failed


def test_express_executions_are_seen_in_logs(states: States, logs: Any) -> None:
    arn = states.machine(type="EXPRESS", loggingConfiguration=logging())
    answer = states.client.start_sync_execution(stateMachineArn=arn)
    assert written(logs) == []  # they are not there at once
    states.cloud.clock.advance(10)
    assert {event["execution_arn"] for event in written(logs)} == {answer["executionArn"]}
    assert written(logs)[-1]["type"] == "ExecutionSucceeded"


def test_a_redrive_is_logged_with_its_number(states: States, logs: Any) -> None:
    execution = states.run(states.machine(FAILING, loggingConfiguration=logging()))["executionArn"]
    states.client.redrive_execution(executionArn=execution)
    states.cloud.clock.run_until_idle()
    assert [(event["type"], event["redrive_count"]) for event in written(logs)][2:4] == [
        ("ExecutionFailed", "0"),
        ("ExecutionRedriven", "1"),
    ]


def test_large_data_is_cut_off_and_the_event_says_so(states: States, logs: Any) -> None:
    states.run(states.machine(loggingConfiguration=logging(data=True)), "x" * 260_000)
    details = written(logs)[0]["details"]
    assert details["inputDetails"] == {"truncated": True}
    assert len(details["input"]) == 248 * 1024


# --- What the configuration must be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"level": "ALL"}, "Invalid Logging Configuration: Must specify exactly one Log Destination."),
        (
            logging(arn=GROUP.removesuffix(":*")),
            "Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier.",
        ),
        (
            {**logging(), "destinations": logging()["destinations"] * 2},
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        ),
        (logging(arn="orders"), "Invalid Logging Configuration: 'orders' is no ARN of a log group."),
    ],
    ids=["none", "no star", "two", "no ARN"],
)
def test_a_level_needs_one_log_group(states: States, logs: Any, configuration: dict[str, Any], message: str) -> None:
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}
    refused = states.refusal("create_state_machine", loggingConfiguration=configuration, **parameters)
    assert (refused["Code"], refused["Message"]) == ("InvalidLoggingConfiguration", message)
    assert states.client.list_state_machines()["stateMachines"] == []
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_the_log_group_must_exist(states: States) -> None:
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}
    refused = states.refusal("create_state_machine", loggingConfiguration=logging(), **parameters)
    assert (refused["Code"], refused["Message"]) == (
        "AccessDeniedException",
        "The state machine IAM Role is not authorized to access the Log Destination",
    )


def test_the_delivery_lets_itself_in_once(states: States, logs: Any) -> None:
    arn = states.machine(loggingConfiguration=logging())
    states.client.update_state_machine(stateMachineArn=arn, loggingConfiguration=logging("ERROR"))
    (policy,) = logs.describe_resource_policies()["resourcePolicies"]
    statements = json.loads(policy["policyDocument"])["Statement"]
    assert policy["policyName"] == "AWSLogDeliveryWrite20150319"
    assert [statement["Principal"] for statement in statements] == [{"Service": SENDER}]
    logs.create_log_group(logGroupName="second")
    other = "arn:aws:logs:us-east-1:123456789012:log-group:second:*"
    states.machine(name="second", loggingConfiguration=logging(arn=other))
    (policy,) = logs.describe_resource_policies()["resourcePolicies"]
    assert len(json.loads(policy["policyDocument"])["Statement"]) == 2


def group(logs: Any, name: str) -> dict[str, Any]:
    """The logging configuration for a new log group."""
    logs.create_log_group(logGroupName=name)
    return logging(arn=f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*")


def test_log_groups_with_awss_prefix_share_one_statement(states: States, logs: Any) -> None:
    for number in range(40):
        configuration = group(logs, f"/aws/vendedlogs/states/m{number}")
        states.machine(name=f"m{number}", loggingConfiguration=configuration)
    (policy,) = logs.describe_resource_policies()["resourcePolicies"]
    assert len(json.loads(policy["policyDocument"])["Statement"]) == 1
    states.run("arn:aws:states:us-east-1:123456789012:stateMachine:m7")
    assert logs.filter_log_events(logGroupName="/aws/vendedlogs/states/m7")["events"]


def test_other_log_groups_fill_the_resource_policy(states: States, logs: Any) -> None:
    made = 0
    for number in range(40):
        parameters = {"name": f"m{number}", "definition": json.dumps(DONE), "roleArn": states.role}
        configuration = group(logs, f"/states/{number}")
        if made < number:
            break
        try:
            states.client.create_state_machine(loggingConfiguration=configuration, **parameters)
            made += 1
        except states.client.exceptions.InvalidLoggingConfiguration as error:
            message = error.response["Error"]["Message"]
    assert message == (
        "Invalid Logging Configuration: The CloudWatch Logs Resource Policy size was exceeded. We suggest prefixing "
        "your CloudWatch log group name with /aws/vendedlogs/states/."
    )
    assert 10 < made < 40
    assert len(states.client.list_state_machines()["stateMachines"]) == made
    (policy,) = logs.describe_resource_policies()["resourcePolicies"]
    assert len(policy["policyDocument"]) <= 5_120


def test_ten_resource_policies_of_others_leave_no_room(states: States, logs: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:*",
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for number in range(10):
        logs.put_resource_policy(policyName=f"p{number}", policyDocument=document)
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}
    refused = states.refusal(
        "create_state_machine", loggingConfiguration=logging(), tags=[{"key": "a", "value": "b"}], **parameters
    )
    assert refused["Code"] == "InvalidLoggingConfiguration"
    assert states.client.list_state_machines()["stateMachines"] == []
    arn = states.machine()
    assert states.client.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_a_policy_of_ones_own_is_enough(states: States, logs: Any) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": SENDER}, "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    logs.put_resource_policy(policyName="mine", policyDocument=document)
    states.run(states.machine(loggingConfiguration=logging()))
    assert [policy["policyName"] for policy in logs.describe_resource_policies()["resourcePolicies"]] == ["mine"]
    assert written(logs)


def test_without_the_policy_nothing_is_written_and_the_journal_says_why(states: States, logs: Any) -> None:
    arn = states.machine(loggingConfiguration=logging())
    logs.delete_resource_policy(policyName="AWSLogDeliveryWrite20150319")
    assert states.run(arn)["status"] == "SUCCEEDED"
    assert written(logs) == []
    (refusal,) = states.cloud.journal.of("refusal")
    assert (refusal["principal"], refusal["action"]) == (SENDER, "logs:CreateLogStream")


def test_a_log_group_that_is_deleted_later_disturbs_nobody(states: States, logs: Any) -> None:
    arn = states.machine(loggingConfiguration=logging())
    logs.delete_log_group(logGroupName=NAME)
    assert states.run(arn)["status"] == "SUCCEEDED"


def test_an_update_of_the_level_holds_for_executions_that_start_afterwards(states: States, logs: Any) -> None:
    arn = states.machine(loggingConfiguration=logging())
    states.client.update_state_machine(stateMachineArn=arn, loggingConfiguration={"level": "OFF"})
    assert states.client.describe_state_machine(stateMachineArn=arn)["loggingConfiguration"]["level"] == "OFF"
    states.cloud.clock.advance(10)
    states.run(arn)
    assert written(logs) == []
