import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
billing = sqs.create_queue(QueueName="flow-billing")["QueueUrl"]
warehouse = sqs.create_queue(QueueName="flow-warehouse")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="orchestration", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="orchestration", PolicyName="send",
    PolicyDocument=json.dumps(grant),
)
sqs.delete_queue(QueueUrl=warehouse)
time.sleep(60)
# --8<-- [end:make]

# --8<-- [start:define]
def tell(url, what, **then):
    return {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {"QueueUrl": url, "MessageBody": what}, **then,
    }


undo = [{"ErrorEquals": ["States.ALL"], "Next": "Refund"}]  # (1)
definition = {"QueryLanguage": "JSONata", "StartAt": "Charge", "States": {
    "Charge": tell(billing, "charge order 7", Next="Ship"),
    "Ship": tell(warehouse, "ship order 7", Catch=undo, End=True),
    "Refund": tell(billing, "refund order 7", Next="Cancelled"),
    "Cancelled": {"Type": "Fail", "Error": "OrderCancelled"},
}}
machine = sfn.create_state_machine(
    name="orchestration", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:order]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
while True:
    answer = sfn.describe_execution(executionArn=execution)
    if answer["status"] != "RUNNING":
        break
    time.sleep(1)
print(answer["status"], answer.get("error", ""))
for event in sfn.get_execution_history(executionArn=execution)["events"]:
    if "stateEnteredEventDetails" in event:
        print("-", event["stateEnteredEventDetails"]["name"])
# --8<-- [end:order]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="orchestration", PolicyName="send")
iam.delete_role(RoleName="orchestration")
sqs.delete_queue(QueueUrl=billing)
# --8<-- [end:clean-up]
