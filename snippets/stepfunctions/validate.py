import json

import boto3

sfn = boto3.client("stepfunctions")

# --8<-- [start:define]
definition = {"StartAt": "Pack", "States": {
    "Pack": {"Type": "Pass", "Next": "Shipp"},  # (1)
    "Ship": {"Type": "Succeed"},
}}
# --8<-- [end:define]

# --8<-- [start:check]
answer = sfn.validate_state_machine_definition(
    definition=json.dumps(definition)
)
print(answer["result"])  # (2)
for found in answer["diagnostics"]:
    print(found["location"], found["message"])
# --8<-- [end:check]
