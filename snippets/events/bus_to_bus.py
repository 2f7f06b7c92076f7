import json
import time

import boto3

# --8<-- [start:make]
events, iam, sqs = map(boto3.client, ["events", "iam", "sqs"])
bus = events.create_event_bus(Name="audit")["EventBusArn"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "events.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="to-audit", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "events:PutEvents", "Resource": bus,
}}
iam.put_role_policy(
    RoleName="to-audit", PolicyName="put", PolicyDocument=json.dumps(grant)
)
time.sleep(10)
pattern = '{"source": ["shop"]}'
events.put_rule(Name="to-audit", EventPattern=pattern)
target = {"Id": "bus", "Arn": bus, "RoleArn": role}
events.put_targets(Rule="to-audit", Targets=[target])
# --8<-- [end:make]

# --8<-- [start:receive]
rule = events.put_rule(Name="all", EventBusName="audit", EventPattern=pattern)
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    "Principal": {"Service": "events.amazonaws.com"},
    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
}}
url = sqs.create_queue(
    QueueName="audit", Attributes={"Policy": json.dumps(policy)}
)["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
events.put_targets(
    Rule="all", EventBusName="audit", Targets=[{"Id": "queue", "Arn": arn}]
)
time.sleep(30)
# --8<-- [end:receive]

# --8<-- [start:send]
events.put_events(Entries=[
    {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"},
])
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
for message in answer.get("Messages", []):
    print(json.loads(message["Body"])["detail-type"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="to-audit", Ids=["bus"])
events.delete_rule(Name="to-audit")
events.remove_targets(Rule="all", EventBusName="audit", Ids=["queue"])
events.delete_rule(Name="all", EventBusName="audit")
events.delete_event_bus(Name="audit")
iam.delete_role_policy(RoleName="to-audit", PolicyName="put")
iam.delete_role(RoleName="to-audit")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
