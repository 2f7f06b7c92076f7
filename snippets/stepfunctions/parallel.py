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
    RoleName="parallel", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
def branch(name, seconds):
    return {"StartAt": name, "States": {
        name: {"Type": "Wait", "Seconds": seconds, "Next": name + " done"},
        name + " done": {"Type": "Pass", "Output": name, "End": True},
    }}


definition = {"QueryLanguage": "JSONata", "StartAt": "Prepare", "States": {
    "Prepare": {
        "Type": "Parallel", "End": True,
        "Branches": [branch("Pack", 20), branch("Invoice", 5)],  # (1)
        "Output": {"ready": "{% $states.result %}"},  # (2)
    },
}}
# --8<-- [end:define]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="parallel", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
print(json.loads(answer["output"])["ready"])
took = (answer["stopDate"] - answer["startDate"]).total_seconds()
print("less than both waits together:", took < 25)
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="parallel")
# --8<-- [end:clean-up]
