import json
import time

import boto3

# --8<-- [start:make]
events, sqs = boto3.client("events"), boto3.client("sqs")
urls = {}
reacts_to = {"billing": "Order placed", "warehouse": "Order paid"}  # (1)
for team, kind in reacts_to.items():
    pattern = {"source": ["shop"], "detail-type": [kind]}
    rule = events.put_rule(Name=team, EventPattern=json.dumps(pattern))
    policy = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
    }}
    urls[team] = sqs.create_queue(
        QueueName="order-" + team, Attributes={"Policy": json.dumps(policy)}
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(
        QueueUrl=urls[team], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    events.put_targets(Rule=team, Targets=[{"Id": "queue", "Arn": arn}])
sqs.delete_queue(QueueUrl=urls["warehouse"])  # (2)
time.sleep(60)
# --8<-- [end:make]

# --8<-- [start:order]
def emit(kind):
    answer = events.put_events(Entries=[{
        "Source": "shop", "DetailType": kind, "Detail": '{"order": 7}',
    }])
    print(kind, "- entries that failed:", answer["FailedEntryCount"])


emit("Order placed")
answer = sqs.receive_message(QueueUrl=urls["billing"], WaitTimeSeconds=20)
for _ in answer.get("Messages", []):
    print("billing charges the customer")
    emit("Order paid")  # (3)
# --8<-- [end:order]

# --8<-- [start:clean-up]
for team in urls:
    events.remove_targets(Rule=team, Ids=["queue"])
    events.delete_rule(Name=team)
sqs.delete_queue(QueueUrl=urls["billing"])
# --8<-- [end:clean-up]
