import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
url = sqs.create_queue(QueueName="first-rule")["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
pattern = {"source": ["shop"]}  # (1)
rule = events.put_rule(Name="first-rule", EventPattern=json.dumps(pattern))
# --8<-- [end:make]

# --8<-- [start:allow]
policy = {"Version": "2012-10-17", "Statement": {  # (2)
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn,
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},  # (3)
}}
sqs.set_queue_attributes(
    QueueUrl=url, Attributes={"Policy": json.dumps(policy)}
)
events.put_targets(Rule="first-rule", Targets=[{"Id": "queue", "Arn": arn}])
time.sleep(60)  # (4)
# --8<-- [end:allow]

# --8<-- [start:send]
events.put_events(Entries=[{
    "Source": "shop", "DetailType": "Order placed",
    "Detail": json.dumps({"order": 1, "total": 42}),
}])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    print(json.loads(message["Body"])["detail"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="first-rule", Ids=["queue"])
events.delete_rule(Name="first-rule")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
