import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="retry-workflow", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="retry-workflow", PolicyName="look",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
look = {
    "Type": "Task", "End": True,
    "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
    "Arguments": {"QueueName": "retry-workflow"},
    "Retry": [{
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 2, "BackoffRate": 2.0,  # (1)
        "MaxAttempts": 4, "MaxDelaySeconds": 60,  # (2)
    }],
}
definition = {
    "QueryLanguage": "JSONata", "StartAt": "Look", "States": {"Look": look}
}
machine = sfn.create_state_machine(
    name="retry-workflow", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
time.sleep(4)
url = sqs.create_queue(QueueName="retry-workflow")["QueueUrl"]  # (3)
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
print(answer["status"])
for event in sfn.get_execution_history(executionArn=execution)["events"]:
    print("-", event["type"])
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="retry-workflow", PolicyName="look")
iam.delete_role(RoleName="retry-workflow")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
