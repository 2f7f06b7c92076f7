import json
import time

import boto3

# --8<-- [start:make]
events, iam, sfn = map(boto3.client, ["events", "iam", "stepfunctions"])
roles = {}
for service in ["states", "events"]:
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": service + ".amazonaws.com"},
    }}
    roles[service] = iam.create_role(
        RoleName="rule-starts-" + service,
        AssumeRolePolicyDocument=json.dumps(trust),
    )["Role"]["Arn"]
time.sleep(15)
definition = {"QueryLanguage": "JSONata", "StartAt": "Pack", "States": {
    "Pack": {
        "Type": "Pass", "End": True,
        "Output": "{% 'order ' & $states.input.detail.order %}",  # (1)
    },
}}
machine = sfn.create_state_machine(
    name="rule-starts-workflow", roleArn=roles["states"],
    definition=json.dumps(definition),
)["stateMachineArn"]
# --8<-- [end:make]

# --8<-- [start:rule]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "states:StartExecution",
    "Resource": machine,
}}
iam.put_role_policy(
    RoleName="rule-starts-events", PolicyName="start",
    PolicyDocument=json.dumps(grant),
)
events.put_rule(Name="rule-starts", EventPattern='{"source": ["shop"]}')
events.put_targets(Rule="rule-starts", Targets=[
    {"Id": "workflow", "Arn": machine, "RoleArn": roles["events"]},  # (2)
])
time.sleep(30)
# --8<-- [end:rule]

# --8<-- [start:send]
events.put_events(Entries=[{
    "Source": "shop", "DetailType": "Order paid",
    "Detail": json.dumps({"order": 7}),
}])
time.sleep(30)
found = sfn.list_executions(stateMachineArn=machine)["executions"]
for one in found:
    answer = sfn.describe_execution(executionArn=one["executionArn"])
    print(answer["status"], answer["output"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="rule-starts", Ids=["workflow"])
events.delete_rule(Name="rule-starts")
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="rule-starts-events", PolicyName="start")
for service in roles:
    iam.delete_role(RoleName="rule-starts-" + service)
# --8<-- [end:clean-up]
