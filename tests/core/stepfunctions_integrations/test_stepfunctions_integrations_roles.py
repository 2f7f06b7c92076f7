"""Whom a Task acts as. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html"""

from __future__ import annotations

import json
from typing import Any

TASK_ROLE = "arn:aws:iam::123456789012:role/task"


def trust(principal: dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def send(workflows: Any, **fields: Any) -> Any:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
    return workflows.start("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"total": 9}}, **fields)


def test_an_execution_role_that_is_gone_when_the_task_starts_fails_it(workflows: Any) -> None:
    url = workflows.queue()
    run = send(workflows)
    workflows.cloud.client("iam").delete_role(RoleName="workflow")
    workflows.cloud.clock.run_until_idle()
    error, cause = run.failure
    assert error == "States.Permissions"
    assert "states.amazonaws.com" in cause
    assert workflows.received(url) == []


def test_an_execution_role_that_trusts_somebody_else_fails_the_task(workflows: Any) -> None:
    workflows.queue()
    run = send(workflows)
    workflows.cloud.client("iam").update_assume_role_policy(
        RoleName="workflow", PolicyDocument=trust({"Service": "lambda.amazonaws.com"})
    )
    workflows.cloud.clock.run_until_idle()
    assert run.failure[0] == "States.Permissions"
    (refusal,) = workflows.cloud.journal.of("refusal")
    assert (refusal["principal"], refusal["action"]) == ("states.amazonaws.com", "sts:AssumeRole")


def test_the_role_of_a_tasks_own_credentials_must_trust_the_execution_role(workflows: Any) -> None:
    url = workflows.queue()
    roles = workflows.cloud.client("iam")
    roles.create_role(RoleName="task", AssumeRolePolicyDocument=trust({"AWS": workflows.role}))
    run = send(workflows, Credentials={"RoleArn": TASK_ROLE})
    workflows.cloud.clock.run_until_idle()
    assert run.output["MessageId"]
    assert run.details("TaskScheduled")["taskCredentials"] == {"roleArn": TASK_ROLE}
    roles.update_assume_role_policy(RoleName="task", PolicyDocument=trust({"Service": "states.amazonaws.com"}))
    refused = send(workflows, Credentials={"RoleArn": TASK_ROLE})
    workflows.cloud.clock.run_until_idle()
    assert refused.failure[0] == "States.Permissions"
    assert len(workflows.received(url)) == 1


def test_the_role_of_the_credentials_may_come_from_the_input(workflows: Any) -> None:
    workflows.queue()
    workflows.cloud.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=trust({"AWS": workflows.role}))
    run = send(workflows, given={"role": TASK_ROLE}, Credentials={"RoleArn.$": "$.role"})
    workflows.cloud.clock.run_until_idle()
    assert run.output["MessageId"]


def test_a_role_of_another_account_acts_in_that_account(workflows: Any) -> None:
    other = workflows.cloud.session(account_id="111122223333")
    role = other.client("iam").create_role(RoleName="guest", AssumeRolePolicyDocument=trust({"AWS": workflows.role}))[
        "Role"
    ]["Arn"]
    run = workflows.run("aws-sdk:sts:getCallerIdentity", {}, Credentials={"RoleArn": role})
    assert run.output["Account"] == "111122223333"
