import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
url = sqs.create_queue(QueueName="task-timeout")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="task-timeout", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="task-timeout", PolicyName="send",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
ask = {
    "Type": "Task", "End": True,
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Arguments": {
        "QueueUrl": url,
        "MessageBody": {"token": "{% $states.context.Task.Token %}"},
    },
    "TimeoutSeconds": 20,  # (1)
    "Catch": [
        {"ErrorEquals": ["States.TaskFailed"], "Next": "Failed"},  # (2)
        {"ErrorEquals": ["States.Timeout"], "Next": "Late"},
    ],
}
definition = {"QueryLanguage": "JSONata", "StartAt": "Ask", "States": {
    "Ask": ask,
    "Failed": {"Type": "Pass", "Output": "it failed", "End": True},
    "Late": {"Type": "Pass", "Output": "nobody answered", "End": True},
}}
machine = sfn.create_state_machine(
    name="task-timeout", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(5)
    answer = sfn.describe_execution(executionArn=execution)
print(answer["status"], answer["output"])
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="task-timeout", PolicyName="send")
iam.delete_role(RoleName="task-timeout")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
