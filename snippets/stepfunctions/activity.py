import json
import time

import boto3
from botocore.config import Config

# --8<-- [start:make]
iam = boto3.client("iam")
sfn = boto3.client("stepfunctions", config=Config(read_timeout=70))  # (1)
activity = sfn.create_activity(name="inspect")["activityArn"]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "states.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="activity", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
time.sleep(15)
# --8<-- [end:make]

# --8<-- [start:define]
inspect = {
    "Type": "Task", "Resource": activity, "End": True,
    "TimeoutSeconds": 600,
    "Catch": [{"ErrorEquals": ["Scratched"], "Next": "Send back"}],
}
definition = {"QueryLanguage": "JSONata", "StartAt": "Inspect", "States": {
    "Inspect": inspect,
    "Send back": {"Type": "Pass", "Output": "sent back", "End": True},
}}
machine = sfn.create_state_machine(
    name="activity", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]
# --8<-- [end:define]

# --8<-- [start:work]
for phone in [{"scratches": 0}, {"scratches": 3}]:
    execution = sfn.start_execution(
        stateMachineArn=machine, input=json.dumps(phone)
    )["executionArn"]
    task = sfn.get_activity_task(activityArn=activity, workerName="Luis")
    token = task["taskToken"]  # (2)
    if json.loads(task["input"])["scratches"]:
        sfn.send_task_failure(
            taskToken=token, error="Scratched", cause="By hand."
        )
    else:
        sfn.send_task_success(taskToken=token, output='"like new"')
    answer = sfn.describe_execution(executionArn=execution)
    while answer["status"] == "RUNNING":
        time.sleep(1)
        answer = sfn.describe_execution(executionArn=execution)
    print(answer["status"], answer["output"])
# --8<-- [end:work]

# --8<-- [start:idle]
task = sfn.get_activity_task(activityArn=activity)
print("nothing to do:", not task.get("taskToken"))  # (3)
# --8<-- [end:idle]

# --8<-- [start:clean-up]
sfn.delete_state_machine(stateMachineArn=machine)
sfn.delete_activity(activityArn=activity)
iam.delete_role(RoleName="activity")
# --8<-- [end:clean-up]
