"""What examples share: state machines, executions, Tasks, map runs. The implementation itself does not use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon import Cloud

if TYPE_CHECKING:
    from eslabon.stepfunctions.maps.mapruns import MapRun
    from eslabon.stepfunctions.running.execution import Execution
    from eslabon.stepfunctions.running.interpreter import Visit
    from eslabon.stepfunctions.tasks.tasks import Attempt

SUCCEED: dict[str, Any] = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
DONE = json.dumps(SUCCEED)
WAITING = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}})
FAILING = json.dumps({"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Full", "Cause": "No room."}}})
MAPPING = json.dumps(
    {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Wait",
                    "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}},
                },
                "Label": "Each",
                "End": True,
            }
        },
    }
)
TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}


def cloud_with_role() -> tuple[Cloud, str]:
    """A cloud, and the ARN of a role in it that Step Functions may assume.

    >>> cloud_with_role()[1]
    'arn:aws:iam::123456789012:role/workflow'
    """
    cloud = Cloud()
    policy = json.dumps({"Version": "2012-10-17", "Statement": TRUST})
    role = cloud.client("iam").create_role(RoleName="workflow", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    return cloud, role


def example(definition: str = DONE, **more: Any) -> tuple[Cloud, str]:
    """A cloud with the state machine orders, and its ARN; more: as create_state_machine takes it.

    >>> cloud, orders = example()
    >>> orders
    'arn:aws:states:us-east-1:123456789012:stateMachine:orders'
    """
    cloud, role = cloud_with_role()
    created = cloud.client("stepfunctions").create_state_machine(
        name="orders", definition=definition, roleArn=role, **more
    )
    return cloud, created["stateMachineArn"]


def begun(states: Mapping[str, Any], given: Any = None, *, seconds: float = 0.03) -> Execution:
    """An execution of these states, of which the first comes first, so many seconds after its start.

    >>> begun(SUCCEED["States"], {"n": 1}).output
    {'n': 1}
    >>> begun(json.loads(WAITING)["States"]).status
    'RUNNING'
    """
    cloud, orders = example(json.dumps({"StartAt": next(iter(states)), "States": states}))
    cloud.client("sqs").create_queue(QueueName="orders")
    started = cloud.client("stepfunctions").start_execution(stateMachineArn=orders, input=json.dumps(given))
    cloud.clock.advance(seconds)
    service: Any = cloud.service("stepfunctions")
    execution: Execution = service.standard_execution(started["executionArn"])
    return execution


def waiting(given: Any = None, **fields: Any) -> Visit:
    """The visit of a Wait that has just begun, and goes on to a Succeed.

    fields: of the Wait, beside its Seconds and Next.

    >>> waiting({"n": 1}).input
    {'n': 1}
    """
    wait = {"Type": "Wait", "Seconds": 60, "Next": "Done", **fields}
    visit = begun({"Wait": wait, **SUCCEED["States"]}, given).flow.visit
    assert visit is not None
    return visit


def callback(seconds: float = 1.0, **fields: Any) -> Attempt:
    """A Task that has asked a queue for a callback and waits for its token, so many seconds after it was started.

    fields: of the Task, beside its Resource and Parameters.

    >>> kinds(callback().execution, "Task")
    ['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted']
    """
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    execution = begun({"Ask": {**ask, **fields}}, seconds=seconds)
    attempt: Attempt = next(iter(execution.service.attempts.values()))
    return attempt


def kinds(execution: Execution, beginning: str = "") -> list[str]:
    """The types of the events of an execution that begin so.

    >>> kinds(waiting().flow.execution)
    ['ExecutionStarted', 'WaitStateEntered']
    """
    return [event[0] for event in execution.events if event[0].startswith(beginning)]


def types(attempt: Attempt) -> list[str]:
    """The types of the events of a Task's history that are its attempts'.

    >>> types(callback(0.03))
    ['TaskScheduled']
    """
    return [kind for kind in kinds(attempt.execution, "Task") if not kind.startswith("TaskState")]


def map_run(given: Any = (1, 2, 3), *, express: bool = False, **fields: Any) -> MapRun:
    """A map run that has just begun: its child executions wait for a minute, and hand on what they got.

    fields: of the Map state, beside its ItemProcessor and Label.

    >>> map_run().status, map_run([1, 2], MaxConcurrency=1).live
    ('RUNNING', 1)
    """
    definition = json.loads(MAPPING)
    state = definition["States"]["Each"]
    state.update(fields)
    if express:
        state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "EXPRESS"
    cloud, orders = example(json.dumps(definition))
    cloud.client("s3").create_bucket(Bucket="results-2026")
    cloud.client("stepfunctions").start_execution(stateMachineArn=orders, input=json.dumps(given))
    cloud.clock.advance(0.05)
    service: Any = cloud.service("stepfunctions")
    run: MapRun = next(iter(service.map_runs.values()))
    return run


def outcome(state: Mapping[str, Any], given: Any) -> Any:
    """What a machine of one state hands on, or the error that it fails with.

    >>> outcome({"Type": "Pass"}, 1), outcome({"Type": "Fail", "Error": "Full"}, 1)
    (1, 'Full')
    """
    ending = {} if state["Type"] == "Fail" else {"End": True}
    cloud, orders = example(json.dumps({"StartAt": "Only", "States": {"Only": {**state, **ending}}}))
    states = cloud.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=orders, input=json.dumps(given))["executionArn"]
    cloud.clock.run_until_idle()
    described = states.describe_execution(executionArn=execution)
    return json.loads(described["output"]) if "output" in described else described["error"]
