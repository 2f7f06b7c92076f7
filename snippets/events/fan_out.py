import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
rule = events.put_rule(Name="fan-out", EventPattern='{"source": ["shop"]}')
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
urls, targets = {}, []
for name in ["fan-warehouse", "fan-mail", "fan-billing"]:
    urls[name] = sqs.create_queue(
        QueueName=name, Attributes={"Policy": json.dumps(policy)}
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(
        QueueUrl=urls[name], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    targets.append({"Id": name, "Arn": arn})
events.put_targets(Rule="fan-out", Targets=targets)
time.sleep(30)
# --8<-- [end:make]

# --8<-- [start:send]
entry = {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"}
events.put_events(Entries=[entry])
for name, url in urls.items():
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    print(name, len(answer.get("Messages", [])))
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="fan-out", Ids=list(urls))
events.delete_rule(Name="fan-out")
for url in urls.values():
    sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
