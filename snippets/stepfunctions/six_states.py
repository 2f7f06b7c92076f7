import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
url = sqs.create_queue(QueueName="six-states")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="six-states", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="six-states", PolicyName="send",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
states = {
    "Add up": {  # (1)
        "Type": "Pass", "Next": "Anything to ship?",
        "Output": {"total": "{% $sum($states.input.prices) %}"},
    },
    "Anything to ship?": {  # (2)
        "Type": "Choice", "Default": "Let the customer think",
        "Choices": [{
            "Condition": "{% $states.input.total = 0 %}", "Next": "Empty",
        }],
    },
    "Empty": {  # (3)
        "Type": "Fail", "Error": "EmptyOrder", "Cause": "Nothing to ship.",
    },
    "Let the customer think": {  # (4)
        "Type": "Wait", "Seconds": 60, "Next": "Tell the warehouse",
    },
    "Tell the warehouse": {  # (5)
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {"QueueUrl": url, "MessageBody": "ship it"},
        "Output": "{% $states.input %}", "Next": "Done",
    },
    "Done": {"Type": "Succeed"},  # (6)
}
# --8<-- [end:define]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="six-states", roleArn=role, definition=json.dumps({
        "QueryLanguage": "JSONata", "StartAt": "Add up", "States": states,
    }),
)["stateMachineArn"]
for prices in [[10, 32], [0]]:
    execution = sfn.start_execution(
        stateMachineArn=machine, input=json.dumps({"prices": prices})
    )["executionArn"]
    answer = sfn.describe_execution(executionArn=execution)
    while answer["status"] == "RUNNING":
        time.sleep(5)
        answer = sfn.describe_execution(executionArn=execution)
    print(prices, answer["status"], answer.get("error", "no error"))
    history = sfn.get_execution_history(executionArn=execution)
    for event in history["events"]:
        if "stateEnteredEventDetails" in event:
            print("-", event["stateEnteredEventDetails"]["name"])
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="six-states", PolicyName="send")
iam.delete_role(RoleName="six-states")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
