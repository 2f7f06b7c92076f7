import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
url = sqs.create_queue(QueueName="heartbeat")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="heartbeat", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="heartbeat", PolicyName="send", PolicyDocument=json.dumps(grant)
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
work = {
    "Type": "Task", "End": True,
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Arguments": {
        "QueueUrl": url,
        "MessageBody": {"token": "{% $states.context.Task.Token %}"},
    },
    "TimeoutSeconds": 3600, "HeartbeatSeconds": 30,  # (1)
    "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"]}],  # (2)
}
definition = {
    "QueryLanguage": "JSONata", "StartAt": "Work", "States": {"Work": work}
}
machine = sfn.create_state_machine(
    name="heartbeat", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
# --8<-- [end:define]

# --8<-- [start:worker]
def take():
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    message = answer["Messages"][0]
    sqs.delete_message(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
    )
    return json.loads(message["Body"])["token"]


first = take()
time.sleep(20)
sfn.send_task_heartbeat(taskToken=first)  # (3)
print("first worker: still alive")
time.sleep(40)
second = take()
for name, token in [("first", first), ("second", second)]:
    try:
        sfn.send_task_success(taskToken=token, output='"done"')
        print(name + " worker: accepted")
    except sfn.exceptions.TaskTimedOut:
        print(name + " worker: too late")
# --8<-- [end:worker]

# --8<-- [start:end]
time.sleep(5)
print(sfn.describe_execution(executionArn=execution)["status"])
# --8<-- [end:end]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="heartbeat", PolicyName="send")
iam.delete_role(RoleName="heartbeat")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
