"""What every test of Tasks has: a short way to run one state, and to make the functions that it calls."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.support.lambda_.examples import WRITE_LOGS

WORKER = "arn:aws:iam::123456789012:role/worker"


@dataclass
class Run:
    """An execution: its ARN, and what the API shows of it."""

    client: Any
    arn: str

    @property
    def shown(self) -> dict[str, Any]:
        """DescribeExecution's answer."""
        described: dict[str, Any] = self.client.describe_execution(executionArn=self.arn)
        return described

    @property
    def output(self) -> Any:
        """Its output; the test fails when it has none."""
        shown = self.shown
        assert shown["status"] == "SUCCEEDED", (shown["status"], shown.get("error"), shown.get("cause"))
        return json.loads(shown["output"])

    @property
    def failure(self) -> tuple[str, str]:
        """Its error and its cause; the test fails when it has none."""
        shown = self.shown
        assert shown["status"] in ("FAILED", "TIMED_OUT"), shown
        return shown.get("error", ""), shown.get("cause", "")

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its history."""
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    @property
    def types(self) -> list[str]:
        """The types of the events that are the Task's own."""
        own = ("Task", "Lambda", "Activity")
        return [
            event["type"]
            for event in self.events
            if event["type"].startswith(own) and not event["type"].startswith("TaskState")
        ]

    def details(self, kind: str) -> dict[str, Any]:
        """The details of the last event of a type."""
        name = f"{kind[:1].lower()}{kind[1:]}EventDetails"
        found: dict[str, Any] = [event for event in self.events if event["type"] == kind][-1].get(name, {})
        return found


class Workflows:
    """Runs Tasks in a cloud."""

    def __init__(self, cloud: Cloud, role: str) -> None:
        self.cloud = cloud
        self.role = role
        self.client = cloud.client("stepfunctions")
        self.made = 0

    def machine(self, definition: dict[str, Any], **more: Any) -> str:
        """The ARN of a new state machine."""
        self.made += 1
        parameters = {"name": f"machine-{self.made}", "definition": json.dumps(definition), "roleArn": self.role}
        arn: str = self.client.create_state_machine(**{**parameters, **more})["stateMachineArn"]
        return arn

    def start(self, resource: str, parameters: Any = None, given: Any = None, **fields: Any) -> Run:
        """Start a machine of one Task, named Call; resource: an ARN, or what follows arn:aws:states:::."""
        if not resource.startswith("arn:"):
            resource = f"arn:aws:states:::{resource}"
        task = {"Type": "Task", "Resource": resource, "End": True, **fields}
        if parameters is not None:
            task["Parameters"] = parameters
        arn = self.machine({"StartAt": "Call", "States": {"Call": task}})
        text = json.dumps({} if given is None else given)
        return Run(self.client, self.client.start_execution(stateMachineArn=arn, input=text)["executionArn"])

    def run(self, resource: str, parameters: Any = None, given: Any = None, **fields: Any) -> Run:
        """Start such a machine, and wait until nothing goes on by itself."""
        started = self.start(resource, parameters, given, **fields)
        self.cloud.clock.run_until_idle()
        return started

    def function(self, code: str, name: str = "pay", **more: Any) -> str:
        """The ARN of a new function, which is active."""
        roles = self.cloud.client("iam")
        if "worker" not in [role["RoleName"] for role in roles.list_roles()["Roles"]]:
            roles.create_role(RoleName="worker", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
            roles.put_role_policy(RoleName="worker", PolicyName="logs", PolicyDocument=json.dumps(WRITE_LOGS))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("app.py", code)
        parameters = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Role": WORKER,
            "Handler": "app.handler",
            "Code": {"ZipFile": archive.getvalue()},
        }
        functions = self.cloud.client("lambda")
        arn: str = functions.create_function(**{**parameters, **more})["FunctionArn"]
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        return arn

    def queue(self, name: str = "orders") -> str:
        """The URL of a new queue."""
        url: str = self.cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url

    def received(self, url: str) -> list[Any]:
        """The bodies in a queue, parsed."""
        messages = self.cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


def trust(principal: dict[str, str]) -> str:
    """A trust policy that lets somebody assume a role."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def workflows(cloud: Cloud, states_role: str) -> Workflows:
    return Workflows(cloud, states_role)
