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
    RoleName="catch-all", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
problem = {"StartAt": "Problem", "States": {
    "Problem": {
        "Type": "Choice", "Default": "Fine", "Choices": [
            {"Condition": "{% $states.input = 'stock' %}", "Next": "Stock"},
            {"Condition": "{% $states.input = 'total' %}", "Next": "Total"},
        ],
    },
    "Stock": {"Type": "Fail", "Error": "OutOfStock", "Cause": "Only 2."},
    "Total": {
        "Type": "Pass", "Output": "{% $states.input.total %}", "End": True,
    },
    "Fine": {"Type": "Pass", "End": True},
}}
copy = {"StartAt": "Copy", "States": {"Copy": {"Type": "Pass", "End": True}}}
definition = {"QueryLanguage": "JSONata", "StartAt": "Order", "States": {
    "Order": {
        "Type": "Parallel", "Branches": [problem, copy], "End": True,
        "Catch": [{
            "ErrorEquals": ["States.ALL"], "Next": "Caught",
            "Output": "{% $states.errorOutput.Error %}",  # (1)
        }],
    },
    "Caught": {"Type": "Pass", "End": True},
}}
machine = sfn.create_state_machine(
    name="catch-all", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
for value in ["stock", "total", "x" * 200_000]:  # (2)
    execution = sfn.start_execution(
        stateMachineArn=machine, input=json.dumps(value)
    )["executionArn"]
    answer = sfn.describe_execution(executionArn=execution)
    while answer["status"] == "RUNNING":
        time.sleep(1)
        answer = sfn.describe_execution(executionArn=execution)
    found = answer.get("error") or json.loads(answer["output"])
    print(answer["status"], found)
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="catch-all")
# --8<-- [end:clean-up]
