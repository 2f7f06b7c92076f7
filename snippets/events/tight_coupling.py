import time

import boto3

# --8<-- [start:make]
sqs = boto3.client("sqs")
teams = ["tight-warehouse", "tight-mail", "tight-billing"]
urls = {
    team: sqs.create_queue(QueueName=team)["QueueUrl"] for team in teams
}
# --8<-- [end:make]


# --8<-- [start:order]
def place_order(number):
    for team in teams:
        sqs.send_message(QueueUrl=urls[team], MessageBody=f"order {number}")
        print(f"order {number}: told {team}")
# --8<-- [end:order]


# --8<-- [start:break]
place_order(1)
sqs.delete_queue(QueueUrl=urls["tight-mail"])
time.sleep(60)
try:
    place_order(2)
except sqs.exceptions.QueueDoesNotExist:
    print("order 2: failed half-way")
# --8<-- [end:break]

# --8<-- [start:clean-up]
sqs.delete_queue(QueueUrl=urls["tight-warehouse"])
sqs.delete_queue(QueueUrl=urls["tight-billing"])
# --8<-- [end:clean-up]
