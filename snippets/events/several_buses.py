import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
events.create_event_bus(Name="orders")
rule = events.put_rule(
    Name="all", EventBusName="orders", EventPattern='{"source": ["shop"]}'
)
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
url = sqs.create_queue(
    QueueName="several-buses", Attributes={"Policy": json.dumps(policy)}
)["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
target = {"Id": "queue", "Arn": arn}
events.put_targets(Rule="all", EventBusName="orders", Targets=[target])
time.sleep(30)
# --8<-- [end:make]

# --8<-- [start:send]
entry = {"Source": "shop", "DetailType": "Order placed"}
events.put_events(Entries=[
    {**entry, "Detail": '{"bus": "default"}'},
    {**entry, "Detail": '{"bus": "orders"}', "EventBusName": "orders"},
])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    print(json.loads(message["Body"])["detail"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="all", EventBusName="orders", Ids=["queue"])
events.delete_rule(Name="all", EventBusName="orders")
events.delete_event_bus(Name="orders")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
