import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
url = sqs.create_queue(QueueName="saga")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="saga", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="saga", PolicyName="send", PolicyDocument=json.dumps(grant)
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
again = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]  # (1)


def step(text, then, undo=None, queue=url):
    return {
        "Type": "Task", "Next": then, "Retry": again,
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {"QueueUrl": queue, "MessageBody": text},
        **({"Catch": [{  # (2)
            "ErrorEquals": ["States.ALL"], "Next": undo,
            "Assign": {"reason": "{% $states.errorOutput.Error %}"},
        }]} if undo else {}),
    }


definition = {"QueryLanguage": "JSONata", "StartAt": "Flight", "States": {
    "Flight": step("book flight", "Hotel", "No trip"),
    "Hotel": step("book hotel", "Car", "Cancel flight"),
    "Car": step("book car", "Trip", "Cancel hotel", url + "-closed"),  # (3)
    "Trip": {"Type": "Succeed"},
    "Cancel hotel": step("cancel hotel", "Cancel flight"),
    "Cancel flight": step("cancel flight", "No trip"),
    "No trip": {
        "Type": "Fail", "Error": "NoTrip",
        "Cause": "{% 'undone because of ' & $reason %}",
    },
}}
machine = sfn.create_state_machine(
    name="saga", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:book]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
print(answer["status"], answer["error"])
for event in sfn.get_execution_history(executionArn=execution)["events"]:
    if "stateEnteredEventDetails" in event:
        print("-", event["stateEnteredEventDetails"]["name"])
# --8<-- [end:book]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="saga", PolicyName="send")
iam.delete_role(RoleName="saga")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
