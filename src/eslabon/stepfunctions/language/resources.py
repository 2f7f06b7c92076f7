"""The Resource of a Task: what is called, and how its end is awaited. It calls nothing (`integrations`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eslabon.stepfunctions.language.scope import DefinitionError

REQUEST_RESPONSE, SYNC, WAIT_FOR_TASK_TOKEN = "", ".sync", ".waitForTaskToken"

_INTEGRATION = re.compile(
    r"arn:aws[\w-]*:states:[\w-]*:\d*:(?P<service>(aws-sdk:)?[A-Za-z0-9-]+):(?P<action>[A-Za-z0-9]+)"
    r"(?P<pattern>\.sync(:\d)?|\.waitForTaskToken)?",
    re.ASCII,
)
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?", re.ASCII)
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:activity:\S+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Resource:
    """What a Task calls.

    kind: "function", "activity" or "integration"; service and action as history shows them ("sqs", "sendMessage";
    "aws-sdk:sqs", "sendMessage"); pattern: "", ".sync", ".sync:2" or ".waitForTaskToken".
    """

    text: str
    kind: str
    service: str = ""
    action: str = ""
    pattern: str = REQUEST_RESPONSE

    @property
    def awaits_token(self) -> bool:
        """Whether the task ends when somebody sends its token back."""
        return self.pattern == WAIT_FOR_TASK_TOKEN or self.kind == "activity"

    @property
    def family(self) -> str:
        """How the events of its history begin."""
        return {"function": "LambdaFunction", "activity": "Activity"}.get(self.kind, "Task")


def parse_resource(text: str) -> Resource:
    """The parts of a Resource. Raises DefinitionError when it is none.

    Follows https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-services.html

    >>> parse_resource("arn:aws:states:::sqs:sendMessage.waitForTaskToken").pattern
    '.waitForTaskToken'
    >>> parse_resource("arn:aws:states:::aws-sdk:dynamodb:putItem").service
    'aws-sdk:dynamodb'
    >>> parse_resource("arn:aws:lambda:us-east-1:123456789012:function:pay").family
    'LambdaFunction'
    >>> parse_resource("pay")
    Traceback (most recent call last):
    DefinitionError: ...
    """
    if _FUNCTION.fullmatch(text):
        return Resource(text, "function")
    if _ACTIVITY.fullmatch(text):
        return Resource(text, "activity")
    found = _INTEGRATION.fullmatch(text)
    if found is None:
        raise DefinitionError(
            f"'{text}' is no resource of a Task: the ARN of a Lambda function or of an activity, or "
            "arn:aws:states:::service:action, perhaps with .sync or .waitForTaskToken."
        )
    return Resource(text, "integration", found["service"], found["action"], found["pattern"] or REQUEST_RESPONSE)
