"""Executions tell the default event bus how they stand, and rules start executions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import NotModelled
from tests.core.conftest import Shop
from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States

QUEUE = "arn:aws:sqs:us-east-1:123456789012:told"


@pytest.fixture
def told(states: States, shop: Shop) -> str:
    """The URL of a queue that gets all events of Step Functions."""
    rule = shop.rule("told", {"source": ["aws.states"]})
    url, arn = shop.queue("told")
    shop.allow(url, arn, rule)
    shop.target("told", arn)
    return url


def test_an_execution_tells_its_start_and_its_end(states: States, shop: Shop, told: str) -> None:
    machine = states.machine(WAITING)
    execution = states.run(machine, {"total": 9}, name="first")
    first, last = shop.received(told)
    assert {**first, "id": "", "time": "", "detail": {}} == {
        "version": "0",
        "id": "",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": "123456789012",
        "time": "",
        "region": "us-east-1",
        "resources": [execution["executionArn"]],
        "detail": {},
    }
    begun = round(execution["startDate"].timestamp() * 1000)
    assert first["detail"] == {
        "executionArn": execution["executionArn"],
        "stateMachineArn": machine,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "name": "first",
        "status": "RUNNING",
        "startDate": begun,
        "stopDate": None,
        "input": '{"total": 9}',
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
        "error": None,
        "cause": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
    }
    ended = last["detail"]
    assert (ended["status"], ended["output"], ended["startDate"]) == ("SUCCEEDED", '{"total":9}', begun)
    assert ended["stopDate"] == round(execution["stopDate"].timestamp() * 1000)


def test_each_way_to_end_is_told(states: States, shop: Shop, told: str) -> None:
    states.run(states.machine(FAILING, "failing"))
    states.run(states.machine({**WAITING, "TimeoutSeconds": 5}, "late"))
    execution = states.start(states.machine(WAITING, "stopped"))
    states.client.stop_execution(executionArn=execution, error="Cancelled")
    states.cloud.clock.run_until_idle()
    details = [event["detail"] for event in shop.received(told)]
    ends = [(one["status"], one["error"]) for one in details if one["status"] != "RUNNING"]
    assert ends == [("FAILED", "Full"), ("TIMED_OUT", None), ("ABORTED", "Cancelled")]


def test_a_redrive_is_told(states: States, shop: Shop, told: str) -> None:
    execution = states.run(states.machine(FAILING))["executionArn"]
    shop.received(told)
    states.client.redrive_execution(executionArn=execution)
    states.cloud.clock.run_until_idle()
    details = [event["detail"] for event in shop.received(told)]
    assert [(one["status"], one["redriveCount"]) for one in details] == [("RUNNING", 1), ("FAILED", 1)]


def test_data_that_is_too_large_for_an_event_is_left_out(states: States, shop: Shop, told: str) -> None:
    states.run(states.machine(), "x" * 150_000)
    details = [event["detail"] for event in shop.received(told)]
    assert [one["inputDetails"] for one in details] == [{"included": True}, {"included": False}]
    assert details[1]["input"] is None
    assert len(details[1]["output"]) == 150_002


def test_express_executions_tell_nothing(states: States, shop: Shop, told: str) -> None:
    states.start(states.machine(type="EXPRESS"))
    states.cloud.clock.run_until_idle()
    assert shop.received(told) == []


def test_a_status_can_be_matched(states: States, shop: Shop) -> None:
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"], "stateMachineArn": [{"suffix": ":orders"}]}}
    rule = shop.rule("failed", pattern)
    url, arn = shop.queue("failed")
    shop.allow(url, arn, rule)
    shop.target("failed", arn)
    states.run(states.machine(FAILING))
    states.run(states.machine(FAILING, "invoices"))
    states.run(states.machine(DONE, "done"))
    assert [event["detail"]["status"] for event in shop.received(url)] == ["FAILED"]


# --- A rule's target --------------------------------------------------------------------------------------------------


def role_for_rules(states: States, name: str = "rules", service: str = "events.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = states.cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
    return str(role["Role"]["Arn"])


def executions(states: States, machine: str) -> list[dict[str, Any]]:
    found = states.client.list_executions(stateMachineArn=machine)["executions"]
    return [states.describe(execution["executionArn"]) for execution in found]


def test_a_rule_starts_an_execution_with_the_event(states: States, shop: Shop) -> None:
    machine = states.machine()
    shop.rule("orders", {"source": ["shop"]})
    shop.target("orders", machine, RoleArn=role_for_rules(states))
    shop.send({"total": 9})
    (execution,) = executions(states, machine)
    assert json.loads(execution["input"])["detail"] == {"total": 9}
    assert execution["status"] == "SUCCEEDED"
    (delivery,) = [entry for entry in states.cloud.journal.of("delivery") if entry["target"] == machine]
    assert delivery["error"] is None


def test_a_rule_starts_a_version_and_transforms_its_input(states: States, shop: Shop) -> None:
    machine = states.machine(publish=True)
    shop.rule("orders", {"source": ["shop"]})
    shop.target("orders", f"{machine}:1", RoleArn=role_for_rules(states), InputPath="$.detail")
    shop.send({"total": 9})
    (execution,) = executions(states, machine)
    assert json.loads(execution["input"]) == {"total": 9}
    assert execution["stateMachineVersionArn"] == f"{machine}:1"


def test_a_rule_starts_express_executions_too(states: States, shop: Shop) -> None:
    machine = states.machine(type="EXPRESS")
    shop.rule("orders", {"source": ["shop"]})
    shop.target("orders", machine, RoleArn=role_for_rules(states))
    shop.send({"total": 9})
    assert [entry["status"] for entry in states.cloud.journal.of("execution")] == ["RUNNING", "SUCCEEDED"]


def put_target(shop: Shop, **target: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        shop.events.put_targets(Rule="orders", Targets=[{"Id": "1", **target}])
    return dict(caught.value.response["Error"])


def test_a_state_machine_as_a_target_needs_a_role(states: States, shop: Shop) -> None:
    machine = states.machine()
    shop.rule("orders", {"source": ["shop"]})
    assert put_target(shop, Arn=machine)["Code"] == "ValidationException"
    with pytest.raises(NotModelled, match="activity"):
        shop.events.put_targets(
            Rule="orders",
            Targets=[{"Id": "1", "Arn": "arn:aws:states:us-east-1:123456789012:activity:a", "RoleArn": states.role}],
        )


def test_a_role_that_does_not_trust_eventbridge_starts_nothing(states: States, shop: Shop) -> None:
    machine = states.machine()
    shop.rule("orders", {"source": ["shop"]})
    shop.target("orders", machine, RoleArn=states.role)
    shop.send({"total": 9})
    assert executions(states, machine) == []
    (delivery,) = [entry for entry in states.cloud.journal.of("delivery") if entry["target"] == machine]
    assert delivery["error"] == "NO_PERMISSIONS"


def test_what_a_deleted_state_machine_would_have_got_goes_to_the_dead_letters(states: States, shop: Shop) -> None:
    machine = states.machine()
    rule = shop.rule("orders", {"source": ["shop"]})
    url, arn = shop.queue("dead")
    shop.allow(url, arn, rule)
    shop.target("orders", machine, RoleArn=role_for_rules(states), DeadLetterConfig={"Arn": arn})
    states.client.delete_state_machine(stateMachineArn=machine)
    states.cloud.clock.advance(60)
    shop.send({"total": 9})
    message = shop.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert json.loads(message["Body"])["detail"] == {"total": 9}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_the_journal_keeps_executions_after_their_state_machine_is_gone(states: States) -> None:
    machine = states.machine()
    states.run(machine)
    states.client.delete_state_machine(stateMachineArn=machine)
    states.cloud.clock.advance(60)
    entries = list(states.cloud.journal.of("execution"))
    assert [(entry["machine"], entry["status"]) for entry in entries] == [(machine, "RUNNING"), (machine, "SUCCEEDED")]
    execution = entries[-1]["execution"]
    assert json.loads(execution.revision.definition) == DONE
    assert [event[0] for event in execution.events][-1] == "ExecutionSucceeded"
