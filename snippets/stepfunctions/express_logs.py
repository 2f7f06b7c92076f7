import json
import time

import boto3

# --8<-- [start:make]
iam, logs, sfn = map(boto3.client, ["iam", "logs", "stepfunctions"])
group = "/aws/vendedlogs/states/express-logs"
logs.create_log_group(logGroupName=group)
found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="express-logs", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
actions = [
    "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery",
    "DeleteLogDelivery", "ListLogDeliveries", "PutResourcePolicy",
    "DescribeResourcePolicies", "DescribeLogGroups",
]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Resource": "*",
    "Action": ["logs:" + action for action in actions],
}}
iam.put_role_policy(
    RoleName="express-logs", PolicyName="log",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
definition = {"QueryLanguage": "JSONata", "StartAt": "Greet", "States": {
    "Greet": {"Type": "Pass", "Output": "hello", "End": True},
}}
machine = sfn.create_state_machine(
    name="express-logs", type="EXPRESS", roleArn=role,
    definition=json.dumps(definition), loggingConfiguration={
        "level": "ALL", "includeExecutionData": True,  # (1)
        "destinations": [{
            "cloudWatchLogsLogGroup": {"logGroupArn": found["arn"]}
        }],
    },
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
try:
    sfn.describe_execution(executionArn=execution)
except sfn.exceptions.InvalidArn as error:  # (2)
    print(error.response["Error"]["Code"])
time.sleep(60)
events = logs.filter_log_events(logGroupName=group)["events"]
lines = [json.loads(event["message"]) for event in events]
for line in sorted(lines, key=lambda line: int(line["id"])):
    print(line["id"], line["type"])
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="express-logs", PolicyName="log")
iam.delete_role(RoleName="express-logs")
logs.delete_log_group(logGroupName=group)
# --8<-- [end:clean-up]
