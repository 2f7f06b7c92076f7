import time

import boto3

# --8<-- [start:send]
sqs = boto3.client("sqs")
url = sqs.create_queue(
    QueueName="basics", Attributes={"VisibilityTimeout": "5"}
)["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody="order 1")
# --8<-- [end:send]

# --8<-- [start:receive]
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
print("first:", answer["Messages"][0]["Body"])
answer = sqs.receive_message(QueueUrl=url)
print("hidden:", len(answer.get("Messages", [])))
# --8<-- [end:receive]

# --8<-- [start:again]
time.sleep(6)
message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
print("again:", message["Body"])
sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
time.sleep(6)
answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
print("deleted:", len(answer.get("Messages", [])))
# --8<-- [end:again]

# --8<-- [start:clean-up]
sqs.delete_queue(QueueUrl=url)
# --8<-- [end:clean-up]
