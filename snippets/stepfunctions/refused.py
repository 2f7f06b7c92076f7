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
    RoleName="refused", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
definition = {"StartAt": "Keep", "States": {
    "Keep": {"Type": "Pass", "End": True},
}}
machine = sfn.create_state_machine(
    name="refused", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:make]

# --8<-- [start:try]
attempts = {
    "262,144 bytes": {"input": json.dumps("x" * 262_142)},  # (1)
    "262,145 bytes": {"input": json.dumps("x" * 262_143)},
    "not JSON": {"input": "{'total': 42}"},
    "a name with a space": {"name": "order 7"},
    "a name of 81": {"name": "x" * 81},
}
for what, parameters in attempts.items():
    try:
        sfn.start_execution(stateMachineArn=machine, **parameters)
        print(what + ": accepted")
    except sfn.exceptions.ClientError as error:
        print(what + ":", error.response["Error"]["Code"])
# --8<-- [end:try]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role(RoleName="refused")
# --8<-- [end:clean-up]
