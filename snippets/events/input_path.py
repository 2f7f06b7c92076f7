import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
pattern = json.dumps({"source": ["shop"]})
rule = events.put_rule(Name="input-path", EventPattern=pattern)
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
url = sqs.create_queue(
    QueueName="input-path", Attributes={"Policy": json.dumps(policy)}
)["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
# --8<-- [end:make]

# --8<-- [start:target]
events.put_targets(Rule="input-path", Targets=[
    {"Id": "queue", "Arn": arn, "InputPath": "$.detail.order"},
])
time.sleep(30)
# --8<-- [end:target]

# --8<-- [start:send]
order = {"id": 7, "total": 42}
events.put_events(Entries=[{
    "Source": "shop", "DetailType": "Order placed",
    "Detail": json.dumps({"order": order, "card": "secret"}),
}])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    print(json.loads(message["Body"]))
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="input-path", Ids=["queue"])
events.delete_rule(Name="input-path")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
