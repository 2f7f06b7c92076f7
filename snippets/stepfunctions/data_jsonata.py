import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, sqs = map(boto3.client, ["iam", "stepfunctions", "sqs"])
url = sqs.create_queue(QueueName="data-jsonata")["QueueUrl"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="data-jsonata", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
}}
iam.put_role_policy(
    RoleName="data-jsonata", PolicyName="send",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:state]
tell_warehouse = {
    "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
    "QueryLanguage": "JSONata",
    "Arguments": {  # (1)
        "QueueUrl": url,
        "MessageBody": "{% 'ship order ' & $states.input.order.id %}",
    },
    "Output": """{% $merge([
        $states.input.order,
        {"receipt": {"proof": $states.result.MD5OfMessageBody}}
    ]) %}""",  # (2)
    "End": True,
}
# --8<-- [end:state]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="data-jsonata", roleArn=role, definition=json.dumps(
        {"StartAt": "Tell", "States": {"Tell": tell_warehouse}}
    ),
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps(
    {"order": {"id": 7, "total": 42}, "customer": "Ana"}
))["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
print(json.dumps(json.loads(answer["output"]), indent=2, sort_keys=True))
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="data-jsonata", PolicyName="send")
iam.delete_role(RoleName="data-jsonata")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
