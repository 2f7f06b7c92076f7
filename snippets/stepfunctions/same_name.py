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
    RoleName="same-name", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
definition = {"StartAt": "Work", "States": {
    "Work": {"Type": "Wait", "Seconds": 10, "End": True},
}}
machines = {}
for kind in ["STANDARD", "EXPRESS"]:
    machines[kind] = sfn.create_state_machine(
        name="same-name-" + kind.lower(), type=kind, roleArn=role,
        definition=json.dumps(definition),
    )["stateMachineArn"]
# --8<-- [end:make]

# --8<-- [start:twice]
for kind, machine in machines.items():
    order = {"stateMachineArn": machine, "name": "order-7", "input": "{}"}
    first = sfn.start_execution(**order)["executionArn"]
    second = sfn.start_execution(**order)["executionArn"]  # (1)
    print(kind, "one execution" if first == second else "two executions")
# --8<-- [end:twice]

# --8<-- [start:later]
time.sleep(30)
try:
    sfn.start_execution(stateMachineArn=machines["STANDARD"], name="order-7")
except sfn.exceptions.ExecutionAlreadyExists as error:  # (2)
    print(error.response["Error"]["Code"])
# --8<-- [end:later]

# --8<-- [start:clean-up]
for machine in machines.values():
    sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="same-name")
# --8<-- [end:clean-up]
