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
    RoleName="sdk-calls", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
actions = ["sqs:CreateQueue", "sqs:SendMessage", "sqs:DeleteQueue"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": actions, "Resource": "*",
}}
iam.put_role_policy(
    RoleName="sdk-calls", PolicyName="queue", PolicyDocument=json.dumps(grant)
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
def task(resource, arguments, **more):
    return {
        "Type": "Task", "Resource": "arn:aws:states:::" + resource,
        "Arguments": arguments, **more,
    }


url, order = "{% $url %}", {"order": 7}
definition = {"QueryLanguage": "JSONata", "StartAt": "Create", "States": {
    "Create": task(
        "aws-sdk:sqs:createQueue", {"QueueName": "sdk-calls"}, Next="Rest",
        Assign={"url": "{% $states.result.QueueUrl %}"},
    ),
    "Rest": {"Type": "Wait", "Seconds": 2, "Next": "Optimised"},
    "Optimised": task(
        "sqs:sendMessage", {"QueueUrl": url, "MessageBody": order},  # (1)
        Assign={"first": "{% $keys($states.result) %}"}, Next="SDK",
    ),
    "SDK": task(
        "aws-sdk:sqs:sendMessage",
        {"QueueUrl": url, "MessageBody": json.dumps(order)},  # (2)
        Assign={"second": "{% $keys($states.result) %}"}, Next="Delete",
    ),
    "Delete": task(
        "aws-sdk:sqs:deleteQueue", {"QueueUrl": url}, End=True,
        Output={"optimised": "{% $first %}", "sdk": "{% $second %}"},
    ),
}}
machine = sfn.create_state_machine(
    name="sdk-calls", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
for kind, names in json.loads(answer["output"]).items():
    print(kind, sorted(names))
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="sdk-calls", PolicyName="queue")
iam.delete_role(RoleName="sdk-calls")
# --8<-- [end:clean-up]
