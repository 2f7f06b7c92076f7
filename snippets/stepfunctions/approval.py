import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
url = sqs.create_queue(QueueName="approval")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="approval", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="approval", PolicyName="send", PolicyDocument=json.dumps(grant)
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
ask = {
    "Type": "Task", "Next": "Decide", "TimeoutSeconds": 604800,
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Arguments": {"QueueUrl": url, "MessageBody": {
        "total": "{% $states.input.total %}",
        "token": "{% $states.context.Task.Token %}",  # (1)
    }},
}
definition = {"QueryLanguage": "JSONata", "StartAt": "Ask", "States": {
    "Ask": ask,
    "Decide": {
        "Type": "Choice", "Default": "Rejected", "Choices": [
            {"Condition": "{% $states.input.approved %}", "Next": "Buy"},
        ],
    },
    "Buy": {"Type": "Pass", "End": True},
    "Rejected": {"Type": "Fail", "Error": "Rejected"},
}}
machine = sfn.create_state_machine(
    name="approval", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(
    stateMachineArn=machine, input=json.dumps({"total": 420})
)["executionArn"]
# --8<-- [end:define]

# --8<-- [start:person]
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
message = answer["Messages"][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
request = json.loads(message["Body"])
print("a person reads:", request["total"])
time.sleep(60)  # (2)
decision = json.dumps({"approved": True, "by": "Ana"})
sfn.send_task_success(taskToken=request["token"], output=decision)  # (3)
# --8<-- [end:person]

# --8<-- [start:end]
time.sleep(5)
answer = sfn.describe_execution(executionArn=execution)
print(answer["status"], json.loads(answer["output"]))
try:
    sfn.send_task_success(taskToken=request["token"], output=decision)
except sfn.exceptions.TaskTimedOut as error:  # (4)
    print(error.response["Error"]["Code"])
# --8<-- [end:end]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="approval", PolicyName="send")
iam.delete_role(RoleName="approval")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
