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
    RoleName="continue-as-new", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "states:StartExecution", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="continue-as-new", PolicyName="start",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
definition = {"QueryLanguage": "JSONata", "StartAt": "Work", "States": {
    "Work": {  # (1)
        "Type": "Pass", "Next": "More",
        "Output": {"batch": "{% $states.input.batch + 1 %}"},
    },
    "More": {
        "Type": "Choice", "Default": "Done", "Choices": [
            {"Condition": "{% $states.input.batch < 3 %}", "Next": "Again"},
        ],
    },
    "Again": {
        "Type": "Task", "End": True,
        "Resource": "arn:aws:states:::states:startExecution",
        "Arguments": {
            "StateMachineArn": "{% $states.context.StateMachine.Id %}",  # (2)
            "Name": "{% 'after-batch-' & $states.input.batch %}",  # (3)
            "Input": "{% $states.input %}",
        },
    },
    "Done": {"Type": "Succeed"},
}}
machine = sfn.create_state_machine(
    name="continue-as-new", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
sfn.start_execution(
    stateMachineArn=machine, name="first", input=json.dumps({"batch": 0})
)
time.sleep(15)
found = sfn.list_executions(stateMachineArn=machine)["executions"]
for one in sorted(found, key=lambda one: one["startDate"]):
    print(one["name"], one["status"])
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="continue-as-new", PolicyName="start")
iam.delete_role(RoleName="continue-as-new")
# --8<-- [end:clean-up]
