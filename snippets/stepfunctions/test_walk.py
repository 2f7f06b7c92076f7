import json

import boto3

sfn = boto3.client("stepfunctions")

# --8<-- [start:workflow]
definition = {"QueryLanguage": "JSONata", "StartAt": "Check", "States": {
    "Check": {
        "Type": "Choice", "Default": "Charge", "Choices": [
            {"Condition": "{% $states.input.total = 0 %}", "Next": "Free"},
        ],
    },
    "Free": {"Type": "Succeed"},
    "Charge": {
        "Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Arguments": {"JobName": "charge"}, "End": True,
        "Output": "{% $states.result.JobRunState %}",
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


done = mocked(result='{"JobRunState": "SUCCEEDED"}')
broken = mocked(errorOutput={"error": "Glue.Broken", "cause": "Why not."})
for total, mocks in [(0, {}), (42, done), (42, broken)]:
    print(total, *walk({"total": total}, mocks))
# --8<-- [end:walk]
