import json
import time

import boto3

# --8<-- [start:make]
iam, sfn, s3 = map(boto3.client, ["iam", "stepfunctions", "s3"])
sts = boto3.client("sts")
account = sts.get_caller_identity()["Account"]
bucket = "distributed-map-" + account
s3.create_bucket(Bucket=bucket)
rows = ["order,total"] + [f"{number},{number * 10}" for number in range(100)]
rows[8] = "7,unknown"
s3.put_object(Bucket=bucket, Key="orders.csv", Body="\n".join(rows))
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="distributed-map", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
grant = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Resource": "*", "Action": [
        "s3:GetObject", "states:StartExecution",
        "states:DescribeExecution", "states:StopExecution",
    ],
}}
iam.put_role_policy(
    RoleName="distributed-map", PolicyName="map",
    PolicyDocument=json.dumps(grant),
)
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
add_tax = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    "StartAt": "Add tax", "States": {"Add tax": {  # (1)
        "Type": "Pass", "End": True,
        "Output": "{% $number($states.input.total) * 1.21 %}",
    }},
}
definition = {"QueryLanguage": "JSONata", "StartAt": "Orders", "States": {
    "Orders": {
        "Type": "Map", "ItemProcessor": add_tax,
        "ItemReader": {  # (2)
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {
                "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW",
            },
            "Arguments": {"Bucket": bucket, "Key": "orders.csv"},
        },
        "ToleratedFailurePercentage": 5,  # (3)
        "End": True,
    },
}}
# --8<-- [end:define]

# --8<-- [start:run]
machine = sfn.create_state_machine(
    name="distributed-map", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
answer = sfn.describe_execution(executionArn=execution)
while answer["status"] == "RUNNING":
    time.sleep(5)
    answer = sfn.describe_execution(executionArn=execution)
print(answer["status"])
run = sfn.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
counts = sfn.describe_map_run(mapRunArn=run)["itemCounts"]
print({name: counts[name] for name in ["total", "succeeded", "failed"]})
# --8<-- [end:run]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="distributed-map", PolicyName="map")
iam.delete_role(RoleName="distributed-map")
s3.delete_object(Bucket=bucket, Key="orders.csv")
s3.delete_bucket(Bucket=bucket)
# --8<-- [end:clean-up]
