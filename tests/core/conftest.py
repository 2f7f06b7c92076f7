"""What every test of the implementation has: a cloud, and no way to the network."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from eslabon import Cloud


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The implementation answers in process: whoever opens a socket fails."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    yield Cloud()


class Shop:
    """A rule on the default bus whose target is a queue that admits it, as the lessons make it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.events = cloud.client("events")
        self.sqs = cloud.client("sqs")

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """The URL and ARN of a new queue."""
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, answer["Attributes"]["QueueArn"]

    def allow(self, url: str, arn: str, rule_arn: str) -> None:
        """Let a rule send to a queue."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def rule(self, name: str, pattern: Any, bus: str = "default", **parameters: Any) -> str:
        """The ARN of a new rule."""
        made = self.events.put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus, **parameters)
        return str(made["RuleArn"])

    def target(self, rule: str, arn: str, bus: str = "default", **more: Any) -> None:
        """One target more for a rule, in effect when this returns."""
        self.events.put_targets(
            Rule=rule, EventBusName=bus, Targets=[{"Id": arn.split(":")[-1].split("/")[-1], "Arn": arn, **more}]
        )
        self.cloud.clock.advance(60)

    def send(self, detail: Any, source: str = "shop", detail_type: str = "order", bus: str = "default") -> None:
        """Put one event, and wait until it has been delivered or given up."""
        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": bus}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        self.cloud.clock.run_until_idle()

    def received(self, url: str) -> list[Any]:
        """The bodies in a queue, parsed; they are taken out of it."""
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def shop(cloud: Cloud) -> Shop:
    return Shop(cloud)


@pytest.fixture
def states_role(cloud: Cloud) -> str:
    """The ARN of a role that Step Functions may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = cloud.client("iam").create_role(RoleName="workflow", AssumeRolePolicyDocument=trust)
    return str(role["Role"]["Arn"])
