"""State machines for the tests of the API, and a client whose answers are held against botocore's model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from eslabon import Cloud

DONE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
FAILING = {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Full", "Cause": "No room."}}}


@dataclass
class States:
    """Step Functions in one cloud, with a role for its state machines."""

    cloud: Cloud
    client: Any
    role: str

    def machine(self, definition: Mapping[str, Any] = DONE, name: str = "orders", **more: Any) -> str:
        """The ARN of a new state machine."""
        made = self.client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=self.role, **more)
        return str(made["stateMachineArn"])

    def start(self, machine: str, value: Any = None, **more: Any) -> str:
        """The ARN of a new execution."""
        given = {} if value is None else {"input": json.dumps(value)}
        return str(self.client.start_execution(stateMachineArn=machine, **given, **more)["executionArn"])

    def run(self, machine: str, value: Any = None, **more: Any) -> dict[str, Any]:
        """A new execution once it has ended, as DescribeExecution has it."""
        arn = self.start(machine, value, **more)
        self.cloud.clock.run_until_idle()
        return self.describe(arn)

    def describe(self, execution: str) -> dict[str, Any]:
        """An execution as DescribeExecution has it."""
        return dict(self.client.describe_execution(executionArn=execution))

    def events(self, execution: str) -> list[dict[str, Any]]:
        """The whole history of an execution."""
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def kinds(self, execution: str) -> list[str]:
        """The types of an execution's events, in order."""
        return [event["type"] for event in self.events(execution)]

    def refusal(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The code, message and other members of the error with which a call is refused."""
        with pytest.raises(ClientError) as caught:
            getattr(self.client, operation)(**parameters)
        response = caught.value.response
        others = {name: value for name, value in response.items() if name not in ("Error", "ResponseMetadata")}
        return {**response["Error"], **others, "status": response["ResponseMetadata"]["HTTPStatusCode"]}


def conforms(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """An answer has every member that the model requires, and each has its type."""
    if model.output_shape is None or "Error" in parsed:
        return
    answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    report = ParamValidator().validate(answer, model.output_shape)
    assert not report.has_errors(), f"{model.name}: {report.generate_report()}"


@pytest.fixture
def states(cloud: Cloud, states_role: str) -> States:
    client = cloud.client("stepfunctions")
    client.meta.events.register("after-call.stepfunctions", conforms)
    return States(cloud, client, states_role)
