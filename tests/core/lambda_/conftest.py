"""What every test of Lambda has: a short way to make functions, run them and read what they logged."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from eslabon import Cloud
from eslabon.support.lambda_.examples import WRITE_LOGS


class Functions:
    """Makes functions in a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.client("lambda")

    @staticmethod
    def trust(service: str = "lambda.amazonaws.com") -> str:
        """Write the trust policy of a role that a service may assume."""
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": statement})

    @staticmethod
    def zipped(files: str | dict[str, str]) -> bytes:
        """Pack files ({path: text}), or one module app.py, as a deployment package."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            for path, text in ({"app.py": files} if isinstance(files, str) else files).items():
                packed.writestr(path, text)
        return archive.getvalue()

    def role(self, name: str = "worker") -> str:
        """Make a role that Lambda may assume and that may write logs, once; its ARN."""
        iam = self.cloud.client("iam")
        if name not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=self.trust())
            iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps(WRITE_LOGS))
        arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]
        return arn

    def begin(self, code: str | dict[str, str], **changes: Any) -> dict[str, Any]:
        """Create a function, without waiting."""
        parameters = {
            "FunctionName": "worker",
            "Runtime": "python3.13",
            "Role": self.role(),
            "Handler": "app.handler",
            "Code": {"ZipFile": self.zipped(code)},
        }
        created: dict[str, Any] = self.client.create_function(**{**parameters, **changes})
        return created

    def create(self, code: str | dict[str, str], name: str = "worker", **changes: Any) -> str:
        """Create a function and wait until it is active; its ARN."""
        arn: str = self.begin(code, FunctionName=name, **changes)["FunctionArn"]
        self.wait("function_active_v2", name)
        return arn

    def wait(self, waiter: str, name: str = "worker") -> None:
        """Wait in the cloud's time, as a program does for which the cloud is active."""
        with self.cloud.activated():
            self.client.get_waiter(waiter).wait(FunctionName=name)

    def invoke(self, event: Any = None, name: str = "worker", **more: Any) -> dict[str, Any]:
        """Invoke a function; the answer with its payload read."""
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
        return {**answer, "Payload": json.loads(answer["Payload"].read() or "null")}

    def log(self, name: str = "worker") -> list[str]:
        """The lines that a function has logged."""
        events = self.cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"] for event in events]


@pytest.fixture
def functions(cloud: Cloud) -> Functions:
    return Functions(cloud)
