"""A function to begin with: what the examples of this package share. The implementation itself does not use it."""

from __future__ import annotations

import io
import json
import zipfile

from eslabon import Cloud

# As in the managed policy AWSLambdaBasicExecutionRole.
_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
WRITE_LOGS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": _ACTIONS, "Resource": "*"}}
ECHO = "def handler(event, context): return event"


def zipped(code: str) -> bytes:
    """A deployment package that holds `code` as app.py.

    >>> zipped(ECHO)[:2]
    b'PK'
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", code)
    return archive.getvalue()


def example(code: str = ECHO) -> Cloud:
    """A cloud with the function f, which is active; its handler is app.handler, its role worker, which may write logs.

    >>> example().client("lambda").get_function(FunctionName="f")["Configuration"]["State"]
    'Active'
    """
    cloud = Cloud()
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    cloud.client("iam").put_role_policy(RoleName="worker", PolicyName="logs", PolicyDocument=json.dumps(WRITE_LOGS))
    cloud.client("lambda").create_function(
        FunctionName="f", Runtime="python3.13", Handler="app.handler", Role=role, Code={"ZipFile": zipped(code)}
    )
    cloud.clock.advance(2)
    return cloud
