import json
import time

import boto3

# --8<-- [start:role]
iam, sfn = boto3.client("iam"), boto3.client("stepfunctions")
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},  # (1)
}}
role = iam.create_role(
    RoleName="first-workflow", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)  # (2)
# --8<-- [end:role]

# --8<-- [start:define]
definition = {
    "QueryLanguage": "JSONata",
    "StartAt": "Check total",
    "States": {
        "Check total": {"Type": "Choice", "Choices": [{  # (3)
            "Condition": "{% $states.input.total > 100 %}",
            "Next": "Ask a person",
        }], "Default": "Accept"},
        "Accept": {"Type": "Pass", "Output": "accepted", "End": True},
        "Ask a person": {"Type": "Pass", "Output": "on hold", "End": True},
    },
}
machine = sfn.create_state_machine(
    name="first-workflow", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
execution = sfn.start_execution(
    stateMachineArn=machine, input=json.dumps({"total": 42})
)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":  # (4)
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
print(answer["status"], json.loads(answer["output"]))
# --8<-- [end:start]

# --8<-- [start:history]
history = sfn.get_execution_history(executionArn=execution)
for event in history["events"]:
    state = [event[key]["name"] for key in event if key.startswith("state")]
    print(event["id"], event["type"], *state)
# --8<-- [end:history]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="first-workflow")
# --8<-- [end:clean-up]
