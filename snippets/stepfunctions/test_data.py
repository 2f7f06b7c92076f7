import json

import boto3

sfn = boto3.client("stepfunctions")

# --8<-- [start:state]
charge = {
    "Type": "Task", "QueryLanguage": "JSONata", "End": True,
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Arguments": {
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/bank",
        "MessageBody": {
            "amount": "{% $sum($states.input.prices) %}",
            "currency": "{% $currency %}",
        },
    },
    "Output": {"receipt": "{% $states.result.MessageId %}"},
}
# --8<-- [end:state]

# --8<-- [start:test]
answer = sfn.test_state(
    definition=json.dumps(charge), input='{"prices": [10, 32]}',
    variables='{"currency": "EUR"}',  # (1)
    mock={"result": '{"MessageId": "m-1"}'},
    inspectionLevel="DEBUG",  # (2)
)
seen = answer["inspectionData"]
print("sent:", json.loads(seen["afterArguments"])["MessageBody"])
print("output:", answer["output"])
# --8<-- [end:test]
