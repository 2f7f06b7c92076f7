import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
pattern = json.dumps({"source": ["shop"]})
rule = events.put_rule(Name="input-transformer", EventPattern=pattern)
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
url = sqs.create_queue(
    QueueName="input-transformer", Attributes={"Policy": json.dumps(policy)}
)["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
# --8<-- [end:make]

# --8<-- [start:target]
template = '{"text": "<customer> spends <total> EUR", "total": <total>}'
events.put_targets(Rule="input-transformer", Targets=[
    {"Id": "queue", "Arn": arn, "InputTransformer": {
        "InputPathsMap": {
            "customer": "$.detail.customer.name",
            "total": "$.detail.total",
        },
        "InputTemplate": template,
    }},
])
time.sleep(30)
# --8<-- [end:target]

# --8<-- [start:send]
events.put_events(Entries=[{
    "Source": "shop", "DetailType": "Order placed",
    "Detail": json.dumps({"customer": {"name": "Ada"}, "total": 42}),
}])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    print(json.loads(message["Body"]))
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="input-transformer", Ids=["queue"])
events.delete_rule(Name="input-transformer")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
