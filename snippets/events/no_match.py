import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
pattern = json.dumps({"source": ["shop"]})
rule = events.put_rule(Name="no-match", EventPattern=pattern)
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
url = sqs.create_queue(
    QueueName="no-match", Attributes={"Policy": json.dumps(policy)}
)["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
# --8<-- [end:make]

# --8<-- [start:send]
events.put_targets(Rule="no-match", Targets=[{"Id": "queue", "Arn": arn}])
time.sleep(30)
for source in ["shop", "warehouse"]:
    answer = events.put_events(Entries=[{
        "Source": source, "DetailType": "Order placed", "Detail": "{}",
    }])
    print(source, "accepted, failed entries:", answer["FailedEntryCount"])
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    print(source, "delivered:", len(answer.get("Messages", [])))
    for message in answer.get("Messages", []):
        sqs.delete_message(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
        )
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="no-match", Ids=["queue"])
events.delete_rule(Name="no-match")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
