"""Makes Lambda functions for tests."""

import io
import json
import zipfile

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def zipped(files):
    """Pack files ({path: text}), or one module app.py, as a deployment package."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for path, text in ({"app.py": files} if isinstance(files, str) else files).items():
            packed.writestr(path, text)
    return archive.getvalue()


def role(cloud, name="worker"):
    """Make a role that Lambda may assume, once; its ARN."""
    iam = cloud.client("iam")
    if name not in cloud.service("iam").roles:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    return iam.get_role(RoleName=name)["Role"]["Arn"]


def create(cloud, code, name="worker", handler="app.handler", runtime="python3.13", **more):
    """Make a function and wait until it is active; its ARN."""
    client = cloud.client("lambda")
    created = client.create_function(
        FunctionName=name, Runtime=runtime, Role=role(cloud), Handler=handler, Code={"ZipFile": zipped(code)}, **more
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return created["FunctionArn"]


def invoke(cloud, event=None, name="worker", **more):
    """Invoke a function and read its answer's payload."""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return {**answer, "Payload": json.loads(answer["Payload"].read() or "null")}


def log(cloud, name="worker"):
    """The lines that a function has logged."""
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]
