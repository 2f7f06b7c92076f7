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
    RoleName="choice-rules", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:jsonpath]
jsonpath = {"Type": "Choice", "Choices": [
    {"Not": {"Variable": "$.total", "IsPresent": True}, "Next": "Ask"},
    {"And": [
        {"Variable": "$.total", "NumericGreaterThan": 100},
        {"Variable": "$.mail", "StringMatches": "*@example.com"},
    ], "Next": "Review"},
    {"Variable": "$.total", "NumericLessThanPath": "$.limit", "Next": "Pay"},
]}
# --8<-- [end:jsonpath]

# --8<-- [start:jsonata]
jsonata = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [
    {"Condition": "{% $not($exists($states.input.total)) %}", "Next": "Ask"},
    {"Condition": "{% $states.input.total > 100"
     " and $contains($states.input.mail, /@example\\.com$/) %}",
     "Next": "Review"},
    {"Condition": "{% $states.input.total < $states.input.limit %}",
     "Next": "Pay"},
]}
# --8<-- [end:jsonata]

# --8<-- [start:run]
orders = [
    {"mail": "ana@example.com"},
    {"mail": "ana@example.com", "total": 300, "limit": 500},
    {"mail": "ana@example.org", "total": 300, "limit": 500},
    {"mail": "ana@example.org", "total": 300, "limit": 200},
]
ends = {name: {"Type": "Succeed"} for name in ["Ask", "Review", "Pay"]}
for language, choice in [("JSONPath", jsonpath), ("JSONata", jsonata)]:
    machine = sfn.create_state_machine(
        name="choice-" + language, roleArn=role, definition=json.dumps(
            {"StartAt": "Choose", "States": {"Choose": choice, **ends}}
        ),
    )["stateMachineArn"]
    ways = []
    for order in orders:
        execution = sfn.start_execution(
            stateMachineArn=machine, input=json.dumps(order)
        )["executionArn"]
        answer = sfn.describe_execution(executionArn=execution)
        while answer["status"] == "RUNNING":
            time.sleep(1)
            answer = sfn.describe_execution(executionArn=execution)
        events = sfn.get_execution_history(
            executionArn=execution, reverseOrder=True
        )["events"]
        entered = [event["stateEnteredEventDetails"]["name"]
                   for event in events if "stateEnteredEventDetails" in event]
        ways.append(answer.get("error", entered[0]))
    print(language, *ways)
    sfn.delete_state_machine(stateMachineArn=machine)
# --8<-- [end:run]

# --8<-- [start:clean-up]
iam.delete_role(RoleName="choice-rules")
# --8<-- [end:clean-up]
