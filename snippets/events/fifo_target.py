import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
rule = events.put_rule(Name="fifo", EventPattern='{"source": ["shop"]}')
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
url = sqs.create_queue(QueueName="orders.fifo", Attributes={
    "FifoQueue": "true", "ContentBasedDeduplication": "true",
    "Policy": json.dumps(policy),
})["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
# --8<-- [end:make]

# --8<-- [start:target]
events.put_targets(Rule="fifo", Targets=[{
    "Id": "queue", "Arn": arn,
    "SqsParameters": {"MessageGroupId": "orders"},
}])
time.sleep(30)
events.put_events(Entries=[
    {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"},
])
answer = sqs.receive_message(
    QueueUrl=url, WaitTimeSeconds=20,
    MessageSystemAttributeNames=["MessageGroupId"],
)
for message in answer.get("Messages", []):
    print(json.loads(message["Body"])["detail-type"])
    print("group:", message["Attributes"]["MessageGroupId"])
# --8<-- [end:target]

# --8<-- [start:clean-up]
events.remove_targets(Rule="fifo", Ids=["queue"])
events.delete_rule(Name="fifo")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
