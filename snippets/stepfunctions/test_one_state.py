import json

import boto3

sfn = boto3.client("stepfunctions")

# --8<-- [start:state]
charge = {
    "Type": "Task", "QueryLanguage": "JSONata", "Next": "Ship",
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Arguments": {
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/bank",
        "MessageBody": "{% $states.input.order %}",
    },
    "Output": {"receipt": "{% $states.result.MessageId %}"},
    "Retry": [{"ErrorEquals": ["Bank.Busy"], "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Cancel"}],
}
# --8<-- [end:state]

# --8<-- [start:test]
busy = {"errorOutput": {"error": "Bank.Busy", "cause": "Try later."}}
closed = {"errorOutput": {"error": "Bank.Closed", "cause": "Holiday."}}
cases = {
    "it works": {"mock": {"result": '{"MessageId": "m-1"}'}},  # (1)
    "busy": {"mock": busy},
    "still busy": {
        "mock": busy, "stateConfiguration": {"retrierRetryCount": 2},  # (2)
    },
    "closed": {"mock": closed},
}
for name, parameters in cases.items():
    answer = sfn.test_state(
        definition=json.dumps(charge), input='{"order": {"id": 7}}',
        **parameters,
    )
    print(name + ":", answer["status"], answer.get("nextState", ""))
# --8<-- [end:test]
