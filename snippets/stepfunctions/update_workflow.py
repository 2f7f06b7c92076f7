import json
import time

import boto3

# --8<-- [start:make]
iam, sfn = boto3.client("iam"), boto3.client("stepfunctions")
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="update-workflow", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)


def definition(answer):
    return json.dumps({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Answer"},
        "Answer": {"Type": "Pass", "Result": answer, "End": True},
    }})


machine = sfn.create_state_machine(
    name="update-workflow", roleArn=role, definition=definition("old")
)["stateMachineArn"]
# --8<-- [end:make]

# --8<-- [start:update]
before = sfn.start_execution(stateMachineArn=machine)["executionArn"]
sfn.update_state_machine(
    stateMachineArn=machine, definition=definition("new")
)
time.sleep(10)  # (1)
after = sfn.start_execution(stateMachineArn=machine)["executionArn"]
for name, execution in [("before", before), ("after", after)]:
    answer = sfn.describe_execution(executionArn=execution)
    while answer["status"] == "RUNNING":
        time.sleep(5)
        answer = sfn.describe_execution(executionArn=execution)
    print("started", name, "the update:", json.loads(answer["output"]))
# --8<-- [end:update]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="update-workflow")
# --8<-- [end:clean-up]
