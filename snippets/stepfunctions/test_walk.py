import json

import boto3

sfn = boto3.client("stepfunctions")

# --8<-- [start:workflow]
CHILD = "arn:aws:states:us-east-1:123456789012:stateMachine:charge"
definition = {"QueryLanguage": "JSONata", "StartAt": "Check", "States": {
    "Check": {
        "Type": "Choice", "Default": "Charge", "Choices": [
            {"Condition": "{% $states.input.total = 0 %}", "Next": "Free"},
        ],
    },
    "Free": {"Type": "Succeed"},
    "Charge": {
        "Type": "Task", "End": True,
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": CHILD},
        "Output": "{% $states.result.Status %}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Cancelled"}],
    },
    "Cancelled": {"Type": "Fail", "Error": "Cancelled"},
}}
# --8<-- [end:workflow]

# --8<-- [start:walk]
def walk(data, mocks):
    state, way = definition["StartAt"], []
    while state:
        answer = sfn.test_state(
            definition=json.dumps(definition), stateName=state,  # (1)
            input=json.dumps(data),
            **({"mock": mocks[state]} if state in mocks else {}),
        )
        way.append(state)
        data = json.loads(answer.get("output", "null"))
        state = answer.get("nextState")
    return way, answer["status"]


def mocked(**outcome):
    return {"Charge": {"fieldValidationMode": "PRESENT", **outcome}}  # (2)


done = mocked(result='{"Status": "SUCCEEDED"}')
failed = mocked(errorOutput={"error": "States.TaskFailed", "cause": "Closed."})
for total, mocks in [(0, {}), (42, done), (42, failed)]:
    print(total, *walk({"total": total}, mocks))
# --8<-- [end:walk]
