"""A Task to begin with: what the examples of Tasks share. The implementation itself does not use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.api.examples import cloud_with_role

if TYPE_CHECKING:
    from eslabon.stepfunctions.tasks.tasks import Attempt

CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def callback(seconds: float = 1.0, **fields: Any) -> Attempt:
    """A Task that has asked a queue for a callback and waits for its token, so many seconds after it was started.

    fields: of the Task, beside its Resource and Parameters.

    >>> types(callback())
    ['TaskScheduled', 'TaskStarted', 'TaskSubmitted']
    """
    cloud, role = cloud_with_role()
    url = cloud.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    parameters = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    ask = {"Type": "Task", "Resource": CALLBACK, "Parameters": parameters, "End": True, **fields}
    definition = json.dumps({"StartAt": "Ask", "States": {"Ask": ask}})
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(name="orders", definition=definition, roleArn=role)["stateMachineArn"]
    states.start_execution(stateMachineArn=machine)
    cloud.clock.advance(seconds)
    service: Any = cloud.service("stepfunctions")
    attempt: Attempt = next(iter(service.attempts.values()))
    return attempt


def types(attempt: Attempt) -> list[str]:
    """The types of the events of a Task's history that are its attempts'.

    >>> types(callback(0.03))
    ['TaskScheduled']
    """
    kinds = [event[0] for event in attempt.execution.events]
    return [kind for kind in kinds if kind.startswith("Task") and not kind.startswith("TaskState")]
