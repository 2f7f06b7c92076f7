import io
import json
import time
import zipfile

import boto3

names = ["iam", "lambda", "logs", "sqs"]
iam, aws_lambda, logs, sqs = map(boto3.client, names)
url = sqs.create_queue(QueueName="async-retries")["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]

# --8<-- [start:function]
source = '''
def handler(event, context):
    raise ValueError("no stock")
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
    RoleName="async-retries", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn,
}}
iam.put_role_policy(
    RoleName="async-retries", PolicyName="send",
    PolicyDocument=json.dumps(grant),
)
logs.create_log_group(logGroupName="/aws/lambda/async-retries")
time.sleep(15)
function = aws_lambda.create_function(
    FunctionName="async-retries", Runtime="python3.13", Handler="app.handler",
    Role=role, Code={"ZipFile": archive.getvalue()},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="async-retries")
# --8<-- [end:role]

# --8<-- [start:invoke]
aws_lambda.put_function_event_invoke_config(
    FunctionName="async-retries",
    DestinationConfig={"OnFailure": {"Destination": arn}},
)
answer = aws_lambda.invoke(
    FunctionName="async-retries", InvocationType="Event", Payload="{}"
)
print("HTTP", answer["StatusCode"])
# --8<-- [end:invoke]

# --8<-- [start:fail]
time.sleep(240)
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    record = json.loads(message["Body"])
    print(record["requestContext"]["condition"])
    print("invoked", record["requestContext"]["approximateInvokeCount"])
    print(record["responsePayload"]["errorMessage"])
# --8<-- [end:fail]

# --8<-- [start:clean-up]
aws_lambda.delete_function_event_invoke_config(FunctionName="async-retries")
aws_lambda.delete_function(FunctionName="async-retries")
logs.delete_log_group(logGroupName="/aws/lambda/async-retries")
iam.delete_role_policy(RoleName="async-retries", PolicyName="send")
iam.delete_role(RoleName="async-retries")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
