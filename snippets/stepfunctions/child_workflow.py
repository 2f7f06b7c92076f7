import json
import time

import boto3

# --8<-- [start:make]
iam, sfn = map(boto3.client, ["iam", "stepfunctions"])
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="child-workflow", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Resource": "*", "Action": [
        "states:StartExecution", "states:DescribeExecution",
        "states:StopExecution", "events:PutTargets", "events:PutRule",
        "events:DescribeRule",  # (1)
    ],
}}
iam.put_role_policy(
    RoleName="child-workflow", PolicyName="start",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
machines = []


def create(name, **states):
    definition = {
        "QueryLanguage": "JSONata", "StartAt": next(iter(states)),
        "States": states,
    }
    machines.append(sfn.create_state_machine(
        name=name, roleArn=role, definition=json.dumps(definition)
    )["stateMachineArn"])
    return machines[-1]


child = create(
    "child-workflow",
    Bake={"Type": "Wait", "Seconds": 10, "Next": "Ready"},
    Ready={"Type": "Pass", "Output": {"cake": "ready"}, "End": True},
)
# --8<-- [end:define]

# --8<-- [start:patterns]
for number, pattern in enumerate(["", ".sync:2"]):  # (2)
    parent = create("parent-workflow-" + str(number), Order={
        "Type": "Task", "End": True,
        "Resource": "arn:aws:states:::states:startExecution" + pattern,
        "Arguments": {"StateMachineArn": child},
        "Output": "{% $states.result.Output %}" if pattern else "started",
    })
    execution = sfn.start_execution(stateMachineArn=parent)["executionArn"]
    answer = sfn.describe_execution(executionArn=execution)
    while answer["status"] == "RUNNING":
        time.sleep(1)
        answer = sfn.describe_execution(executionArn=execution)
    took = answer["stopDate"] - answer["startDate"]
    print(pattern or "request-response", json.loads(answer["output"]))
    print("- waited for the child:", took.total_seconds() > 10)
# --8<-- [end:patterns]

# --8<-- [start:clean-up]
time.sleep(15)
for machine in machines:
    sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="child-workflow", PolicyName="start")
iam.delete_role(RoleName="child-workflow")
# --8<-- [end:clean-up]
