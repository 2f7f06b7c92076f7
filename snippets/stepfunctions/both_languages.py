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
    RoleName="both-languages", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
definition = {"StartAt": "Old", "States": {  # (1)
    "Old": {
        "Type": "Pass",
        "Parameters": {"first.$": "$.items[0].name"},
        "ResultPath": "$.old", "Next": "New",
    },
    "New": {
        "Type": "Pass", "QueryLanguage": "JSONata",  # (2)
        "Output": {
            "first": "{% $states.input.old.first %}",
            "total": "{% $sum($states.input.items.(price * quantity)) %}",
            "heavy": "{% [$states.input.items[weight > 10].name] %}",  # (3)
        },
        "End": True,
    },
}}
# --8<-- [end:define]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="both-languages", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps({
    "items": [
        {"name": "desk", "price": 120, "quantity": 1, "weight": 30},
        {"name": "lamp", "price": 20, "quantity": 2, "weight": 2},
    ],
}))["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
for name, value in sorted(json.loads(answer["output"]).items()):
    print(name, "=", value)
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="both-languages")
# --8<-- [end:clean-up]
