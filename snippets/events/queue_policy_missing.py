import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
url = sqs.create_queue(QueueName="no-policy")["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
rule = events.put_rule(Name="no-policy", EventPattern='{"source": ["shop"]}')
events.put_targets(Rule="no-policy", Targets=[{"Id": "queue", "Arn": arn}])
# --8<-- [end:make]

# --8<-- [start:send]
entry = {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"}
time.sleep(60)
answer = events.put_events(Entries=[entry])
print("entries that failed:", answer["FailedEntryCount"])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
print("delivered without a policy:", len(answer.get("Messages", [])))
# --8<-- [end:send]

# --8<-- [start:allow]
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn,  # (1)
    "Principal": {"Service": "events.amazonaws.com"},  # (2)
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},  # (3)
}}
sqs.set_queue_attributes(
    QueueUrl=url, Attributes={"Policy": json.dumps(policy)}
)
time.sleep(60)
events.put_events(Entries=[entry])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
print("delivered with the policy:", len(answer.get("Messages", [])))
# --8<-- [end:allow]

# --8<-- [start:clean-up]
events.remove_targets(Rule="no-policy", Ids=["queue"])
events.delete_rule(Name="no-policy")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
