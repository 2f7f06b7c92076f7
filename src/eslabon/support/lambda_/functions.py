"""What Lambda keeps of a function: its configuration, its states over time, its policy. It runs nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from eslabon.permissions import Policy, parse_policy
from eslabon.support.lambda_.code import Package
from eslabon.support.lambda_.environment import Environment

CREATION = 2.0  # seconds until a new function is Active
UPDATE = 1.0  # seconds until a change is in effect

NAME = re.compile(
    r"(?:arn:aws:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
"""A function's name, partial ARN or ARN, as every operation takes it."""


@dataclass(frozen=True)
class Configuration:
    """Everything that an update of a function can change."""

    package: Package
    runtime: str
    handler: str
    role: str
    description: str = ""
    timeout: int = 3
    memory: int = 128
    variables: dict[str, str] | None = None
    dead_letter_target: str = ""


@dataclass(frozen=True)
class EventInvokeConfig:
    """How asynchronous invocations of a function end: None where AWS's default holds."""

    modified: datetime
    retries: int | None = None
    age: int | None = None
    on_success: str = ""
    on_failure: str = ""


@dataclass
class Function:
    """A function, whose newest configuration may not be in effect yet."""

    name: str
    arn: str
    configuration: Configuration
    created: float
    modified: datetime
    revision: str
    previous: Configuration | None = None
    in_effect: float = 0.0
    permissions: list[dict[str, Any]] = field(default_factory=list)
    policy: Policy | None = None
    policy_revision: str = ""
    event_invoke: EventInvokeConfig | None = None
    environments: list[Environment] = field(default_factory=list)

    def is_pending(self, now: float) -> bool:
        """Whether the function is still being created."""
        return now < self.created + CREATION

    def is_updating(self, now: float) -> bool:
        """Whether a change is not in effect yet."""
        return self.previous is not None and now < self.in_effect

    def running(self, now: float) -> Configuration:
        """The configuration that invocations meet: the one before, while a change is in progress."""
        if self.previous is not None and now < self.in_effect:
            return self.previous
        return self.configuration

    def change(self, now: float, moment: datetime, revision: str, **changes: Any) -> None:
        """Begin an update."""
        self.previous = self.configuration
        self.configuration = replace(self.configuration, **changes)
        self.in_effect = now + UPDATE
        self.modified = moment
        self.revision = revision

    def permit(self, statements: list[dict[str, Any]], revision: str) -> None:
        """Replace the statements of the function's policy."""
        self.permissions = statements
        self.policy_revision = revision
        self.policy = parse_policy(self.policy_text()) if statements else None

    def policy_text(self) -> str:
        """The policy as get_policy shows it."""
        document = {"Version": "2012-10-17", "Id": "default", "Statement": self.permissions}
        return json.dumps(document, separators=(",", ":"))

    def describe(self, now: float) -> dict[str, Any]:
        """Show the newest configuration with the function's state, as the API does."""
        configuration = self.configuration
        shown: dict[str, Any] = {
            "FunctionName": self.name,
            "FunctionArn": self.arn,
            "Runtime": configuration.runtime,
            "Role": configuration.role,
            "Handler": configuration.handler,
            "CodeSize": configuration.package.size,
            "Description": configuration.description,
            "Timeout": configuration.timeout,
            "MemorySize": configuration.memory,
            "LastModified": f"{self.modified:%Y-%m-%dT%H:%M:%S}.{self.modified.microsecond // 1000:03d}+0000",
            "CodeSha256": configuration.package.sha256,
            "Version": "$LATEST",
            "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": self.revision,
            "PackageType": "Zip",
            "Architectures": ["x86_64"],
            "EphemeralStorage": {"Size": 512},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": self.log_group},
        }
        if configuration.variables is not None:
            shown["Environment"] = {"Variables": configuration.variables}
        if configuration.dead_letter_target:
            shown["DeadLetterConfig"] = {"TargetArn": configuration.dead_letter_target}
        return {**shown, **self._states(now)}

    @property
    def log_group(self) -> str:
        """Where what the function prints goes."""
        return f"/aws/lambda/{self.name}"

    def _states(self, now: float) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
        if self.is_pending(now):
            reason = "The function is being created."
            return {"State": "Pending", "StateReason": reason, "StateReasonCode": "Creating"}
        if self.is_updating(now):
            return {
                "State": "Active",
                "LastUpdateStatus": "InProgress",
                "LastUpdateStatusReason": "The function is being updated.",
            }
        return {"State": "Active", "LastUpdateStatus": "Successful"}


def permission(
    arn: str, sid: str, action: str, principal: str, source_arn: str | None, source_account: str | None
) -> dict[str, Any] | None:
    """The policy statement that add_permission writes; None when there can be no such principal.

    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

    >>> permission("arn:…:function:f", "rule", "lambda:InvokeFunction", "events.amazonaws.com", None, None)["Principal"]
    {'Service': 'events.amazonaws.com'}
    >>> permission("arn:…:function:f", "friend", "lambda:InvokeFunction", "210987654321", None, None)["Principal"]
    {'AWS': 'arn:aws:iam::210987654321:root'}
    >>> permission("arn:…:function:f", "nobody", "lambda:InvokeFunction", "events", None, None) is None
    True
    """
    who: str | dict[str, str]
    if principal == "*":
        who = "*"
    elif re.fullmatch(r"\d{12}", principal):
        who = {"AWS": f"arn:aws:iam::{principal}:root"}
    elif principal.startswith("arn:aws:iam::"):
        who = {"AWS": principal}
    elif re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", principal):
        who = {"Service": principal}
    else:
        return None
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Principal": who, "Action": action, "Resource": arn}
    condition: dict[str, Any] = {}
    if source_account:
        condition["StringEquals"] = {"AWS:SourceAccount": source_account}
    if source_arn:
        condition["ArnLike"] = {"AWS:SourceArn": source_arn}
    return {**statement, "Condition": condition} if condition else statement
