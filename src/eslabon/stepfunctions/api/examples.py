"""State machines to begin with: what the examples of this package share. The implementation itself does not use it."""

from __future__ import annotations

import json
from typing import Any

from eslabon import Cloud

DONE = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
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
