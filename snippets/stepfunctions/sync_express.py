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
    RoleName="sync-express", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
definition = {"QueryLanguage": "JSONata", "StartAt": "Price", "States": {
    "Price": {
        "Type": "Pass", "End": True,
        "Output": {"total": "{% $sum($states.input.prices) * 1.21 %}"},
    },
}}
machine = sfn.create_state_machine(
    name="sync-express", type="EXPRESS", roleArn=role,  # (1)
    definition=json.dumps(definition),
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:start]
for prices in [[100, 200], ["free"]]:
    answer = sfn.start_sync_execution(  # (2)
        stateMachineArn=machine, input=json.dumps({"prices": prices})
    )
    http = answer["ResponseMetadata"]["HTTPStatusCode"]
    print(http, answer["status"], answer.get("output", answer.get("error")))
# --8<-- [end:start]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="sync-express")
# --8<-- [end:clean-up]
