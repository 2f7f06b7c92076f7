import json
import time

import boto3

# --8<-- [start:make]
events = boto3.client("events")
logs = boto3.client("logs")
group = "/aws/events/orders"
logs.create_log_group(logGroupName=group)
found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
arn = found[0]["logGroupArn"]
events.put_rule(Name="to-logs", EventPattern='{"source": ["shop"]}')
# --8<-- [end:make]

# --8<-- [start:allow]
policy = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Resource": arn + ":*",
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Principal": {
        "Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]
    },
}}
logs.put_resource_policy(
    policyName="to-logs", policyDocument=json.dumps(policy)
)
events.put_targets(Rule="to-logs", Targets=[{"Id": "logs", "Arn": arn}])
time.sleep(30)
# --8<-- [end:allow]

# --8<-- [start:send]
events.put_events(Entries=[
    {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"},
])
time.sleep(60)
for line in logs.filter_log_events(logGroupName=group)["events"]:
    print(json.loads(line["message"])["detail-type"])
# --8<-- [end:send]

# --8<-- [start:clean-up]
events.remove_targets(Rule="to-logs", Ids=["logs"])
events.delete_rule(Name="to-logs")
logs.delete_resource_policy(policyName="to-logs")
logs.delete_log_group(logGroupName=group)
# --8<-- [end:clean-up]
