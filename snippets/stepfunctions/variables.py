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
    RoleName="variables", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
definition = {"QueryLanguage": "JSONata", "StartAt": "Remember", "States": {
    "Remember": {
        "Type": "Pass",
        "Assign": {"customer": "{% $states.input.customer %}", "tries": 1},
        "Output": "{% $states.input.order %}", "Next": "Work",
    },
    "Work": {  # (1)
        "Type": "Pass",
        "Output": {"order": "{% $states.input.id %}"}, "Next": "Count",
    },
    "Count": {
        "Type": "Pass",
        "Assign": {"tries": "{% $tries + 1 %}", "before": "{% $tries %}"},
        "Output": {"tries": "{% $tries %}"}, "Next": "Answer",  # (2)
    },
    "Answer": {"Type": "Pass", "End": True, "Output": {
        "customer": "{% $customer %}", "tries": "{% $tries %}",
        "before": "{% $before %}", "output of Count": "{% $states.input %}",
    }},
}}
# --8<-- [end:define]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="variables", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps(
    {"order": {"id": 7, "total": 42}, "customer": "Ana"}
))["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
for name, value in sorted(json.loads(answer["output"]).items()):
    print(name, "=", value)
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="variables")
# --8<-- [end:clean-up]
