import io
import json
import time
import zipfile

import boto3

names = ["events", "iam", "lambda", "logs", "sqs"]
events, iam, aws_lambda, logs, sqs = map(boto3.client, names)
url = sqs.create_queue(QueueName="lambda-target")["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]

# --8<-- [start:function]
source = '''
import os
import boto3

def handler(event, context):
    boto3.client("sqs").send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody="ship order " + str(event["detail"]["order"]),
    )
'''
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as package:
    file = zipfile.ZipInfo("app.py")
    file.external_attr = 0o644 << 16
    package.writestr(file, source)
# --8<-- [end:function]

# --8<-- [start:role]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="lambda-target", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn,
}}
iam.put_role_policy(
    RoleName="lambda-target", PolicyName="send",
    PolicyDocument=json.dumps(grant),
)
logs.create_log_group(logGroupName="/aws/lambda/lambda-target")
time.sleep(15)
function = aws_lambda.create_function(
    FunctionName="lambda-target", Runtime="python3.13", Handler="app.handler",
    Role=role, Code={"ZipFile": archive.getvalue()},
    Environment={"Variables": {"QUEUE_URL": url}},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="lambda-target")
# --8<-- [end:role]

# --8<-- [start:allow]
pattern = '{"source": ["shop"]}'
rule = events.put_rule(Name="lambda-target", EventPattern=pattern)
aws_lambda.add_permission(
    FunctionName="lambda-target", StatementId="rule",
    Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
    SourceArn=rule["RuleArn"],
)
target = {"Id": "ship", "Arn": function}
events.put_targets(Rule="lambda-target", Targets=[target])
time.sleep(30)
# --8<-- [end:allow]

# --8<-- [start:send]
events.put_events(Entries=[{
    "Source": "shop", "DetailType": "Order placed", "Detail": '{"order": 7}',
}])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    print(message["Body"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="lambda-target", Ids=["ship"])
events.delete_rule(Name="lambda-target")
aws_lambda.delete_function(FunctionName="lambda-target")
logs.delete_log_group(logGroupName="/aws/lambda/lambda-target")
iam.delete_role_policy(RoleName="lambda-target", PolicyName="send")
iam.delete_role(RoleName="lambda-target")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
