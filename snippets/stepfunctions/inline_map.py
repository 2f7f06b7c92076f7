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
    RoleName="inline-map", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
price_line = {"StartAt": "Price it", "States": {"Price it": {
    "Type": "Pass", "End": True,
    "Output": "{% $states.input.price * $states.input.quantity %}",
}}}
definition = {"QueryLanguage": "JSONata", "StartAt": "Each line", "States": {
    "Each line": {
        "Type": "Map",
        "Items": "{% $states.input.lines %}",  # (1)
        "ItemSelector": {  # (2)
            "price": "{% $states.context.Map.Item.Value.price %}",
            "quantity": "{% $states.context.Map.Item.Value.quantity %}",
        },
        "ItemProcessor": price_line,
        "MaxConcurrency": 2,  # (3)
        "Output": {
            "lines": "{% $states.result %}",
            "total": "{% $sum($states.result) %}",
        },
        "End": True,
    },
}}
# --8<-- [end:define]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="inline-map", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps({
    "lines": [
        {"name": "desk", "price": 120, "quantity": 1},
        {"name": "lamp", "price": 20, "quantity": 2},
        {"name": "chair", "price": 35, "quantity": 4},
    ],
}))["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
output = json.loads(answer["output"])
print(output["lines"], "total", output["total"])
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="inline-map")
# --8<-- [end:clean-up]
