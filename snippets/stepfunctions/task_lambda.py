import io
import json
import time
import zipfile

import boto3

# --8<-- [start:function]
names = ["iam", "lambda", "logs", "stepfunctions"]
iam, aws_lambda, logs, sfn = map(boto3.client, names)
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

# --8<-- [start:roles]
roles = {}
for service in ["lambda", "states"]:
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": service + ".amazonaws.com"},
    }}
    roles[service] = iam.create_role(
        RoleName="task-" + service, AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
logs.create_log_group(logGroupName="/aws/lambda/task-lambda")
time.sleep(15)
function = aws_lambda.create_function(
    FunctionName="task-lambda", Runtime="python3.13", Handler="app.handler",
    Role=roles["lambda"], Code={"ZipFile": archive.getvalue()},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="task-lambda")
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "lambda:InvokeFunction",
    "Resource": function,
}}
iam.put_role_policy(
    RoleName="task-states", PolicyName="invoke",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:roles]

# --8<-- [start:task]
add_up = {
    "Type": "Task", "QueryLanguage": "JSONata",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {
        "FunctionName": function,
        "Payload": {"prices": "{% $states.input.prices %}"},  # (1)
    },
    "Output": "{% $states.result.Payload %}",  # (2)
    "End": True,
}
# --8<-- [end:task]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="task-lambda", roleArn=roles["states"], definition=json.dumps(
        {"StartAt": "Add up", "States": {"Add up": add_up}}
    ),
)["stateMachineArn"]
execution = sfn.start_execution(
    stateMachineArn=machine, input=json.dumps({"prices": [10, 32]})
)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(1)
    answer = sfn.describe_execution(executionArn=execution)
print(answer["status"], json.loads(answer["output"]))
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
aws_lambda.delete_function(FunctionName="task-lambda")
logs.delete_log_group(logGroupName="/aws/lambda/task-lambda")
iam.delete_role_policy(RoleName="task-states", PolicyName="invoke")
for service in roles:
    iam.delete_role(RoleName="task-" + service)
# --8<-- [end:clean-up]
