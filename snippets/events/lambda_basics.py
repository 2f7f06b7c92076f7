import io
import json
import time
import zipfile

import boto3

iam, aws_lambda, logs = map(boto3.client, ["iam", "lambda", "logs"])

# --8<-- [start:function]
source = '''
def handler(event, context):
    return {"total": sum(event["prices"])}
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
    RoleName="lambda-basics", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
logs.create_log_group(logGroupName="/aws/lambda/lambda-basics")
time.sleep(15)
function = aws_lambda.create_function(
    FunctionName="lambda-basics", Runtime="python3.13", Handler="app.handler",
    Role=role, Code={"ZipFile": archive.getvalue()},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="lambda-basics")
# --8<-- [end:role]

# --8<-- [start:invoke]
for payload in [{"prices": [10, 32]}, {}]:
    answer = aws_lambda.invoke(
        FunctionName="lambda-basics", Payload=json.dumps(payload)
    )
    result = json.loads(answer["Payload"].read())
    print("HTTP", answer["StatusCode"], answer.get("FunctionError", "fine"))
    print(result.get("total", result.get("errorType")))
# --8<-- [end:invoke]

# --8<-- [start:clean-up]
aws_lambda.delete_function(FunctionName="lambda-basics")
logs.delete_log_group(logGroupName="/aws/lambda/lambda-basics")
iam.delete_role(RoleName="lambda-basics")
# --8<-- [end:clean-up]
