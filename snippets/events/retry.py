import boto3

# --8<-- [start:make]
events = boto3.client("events")
sqs = boto3.client("sqs")
url = sqs.create_queue(QueueName="retry")["QueueUrl"]
arn = sqs.get_queue_attributes(
    QueueUrl=url, AttributeNames=["QueueArn"]
)["Attributes"]["QueueArn"]
events.put_rule(Name="retry", EventPattern='{"source": ["shop"]}')
# --8<-- [end:make]

# --8<-- [start:set]
events.put_targets(Rule="retry", Targets=[{
    "Id": "queue", "Arn": arn,
    "RetryPolicy": {
        "MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600,
    },
}])
target = events.list_targets_by_rule(Rule="retry")["Targets"][0]
print("attempts:", target["RetryPolicy"]["MaximumRetryAttempts"])
print("seconds:", target["RetryPolicy"]["MaximumEventAgeInSeconds"])
# --8<-- [end:set]

# --8<-- [start:lost]
events.put_targets(Rule="retry", Targets=[{"Id": "queue", "Arn": arn}])
target = events.list_targets_by_rule(Rule="retry")["Targets"][0]
print("still there:", "RetryPolicy" in target)
# --8<-- [end:lost]

# --8<-- [start:limit]
try:
    events.put_targets(Rule="retry", Targets=[{
        "Id": "queue", "Arn": arn,
        "RetryPolicy": {"MaximumRetryAttempts": 186},
    }])
except events.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
# --8<-- [end:limit]

# --8<-- [start:clean-up]
events.remove_targets(Rule="retry", Ids=["queue"])
events.delete_rule(Name="retry")
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
