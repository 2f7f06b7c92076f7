import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
urls = {}
for team in ["loose-warehouse", "loose-mail"]:
    rule = events.put_rule(Name=team, EventPattern='{"source": ["shop"]}')
    policy = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
    }}
    url = urls[team] = sqs.create_queue(
        QueueName=team, Attributes={"Policy": json.dumps(policy)}
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    events.put_targets(Rule=team, Targets=[{"Id": "queue", "Arn": arn}])
# --8<-- [end:make]

# --8<-- [start:break]
sqs.delete_queue(QueueUrl=urls["loose-mail"])
time.sleep(60)
answer = events.put_events(Entries=[{
    "Source": "shop", "DetailType": "Order placed", "Detail": "{}",
}])
print("entries that failed:", answer["FailedEntryCount"])
answer = sqs.receive_message(
    QueueUrl=urls["loose-warehouse"], WaitTimeSeconds=20
)
print("the warehouse received:", len(answer.get("Messages", [])))
# --8<-- [end:break]

# --8<-- [start:clean-up]
for team in urls:
    events.remove_targets(Rule=team, Ids=["queue"])
    events.delete_rule(Name=team)
sqs.delete_queue(QueueUrl=urls["loose-warehouse"])
# --8<-- [end:clean-up]
