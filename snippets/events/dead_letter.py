import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
rule = events.put_rule(Name="dead-letter", EventPattern='{"source": ["shop"]}')
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
attributes = {"orders": {}, "orders-dlq": {"Policy": json.dumps(policy)}}
urls, arns = {}, {}
for name, given in attributes.items():
    urls[name] = sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
    arns[name] = sqs.get_queue_attributes(
        QueueUrl=urls[name], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
events.put_targets(Rule="dead-letter", Targets=[{
    "Id": "queue", "Arn": arns["orders"],
    "DeadLetterConfig": {"Arn": arns["orders-dlq"]},
}])
time.sleep(30)
# --8<-- [end:make]

# --8<-- [start:send]
entry = {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"}
events.put_events(Entries=[entry])
answer = sqs.receive_message(
    QueueUrl=urls["orders-dlq"], WaitTimeSeconds=20,
    MessageAttributeNames=["All"],
)
for message in answer.get("Messages", []):
    why = message["MessageAttributes"]
    print(json.loads(message["Body"])["detail-type"])
    print(why["ERROR_CODE"]["StringValue"])
    print(why["TARGET_ARN"]["StringValue"] == arns["orders"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="dead-letter", Ids=["queue"])
events.delete_rule(Name="dead-letter")
for url in urls.values():
    sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
