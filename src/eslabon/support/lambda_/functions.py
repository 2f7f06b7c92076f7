"""What Lambda keeps of a function: its configuration, its states over time, its policy. It runs nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from eslabon.permissions import Policy, parse_policy
from eslabon.support.lambda_.code import Package
from eslabon.support.lambda_.destinations import EventInvokeConfig
from eslabon.support.lambda_.environment import Environment
from eslabon.support.lambda_.output import iso

CREATION = 2.0  # seconds until a new function is Active
UPDATE = 1.0  # seconds until a change is in effect


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


@dataclass
class Function:
    """A function, whose newest configuration may not be in effect yet."""

    name: str
    arn: str
    configuration: Configuration
    created: float
    modified: float
    revision: str
    previous: Configuration | None = None
    in_effect: float = 0.0
    permissions: list[dict[str, Any]] = field(default_factory=list)
    policy: Policy | None = None
    policy_revision: str = ""
    event_invoke: EventInvokeConfig | None = None
    environments: list[Environment] = field(default_factory=list)

    def is_pending(self, now: float) -> bool:
        """Whether the function is still being created.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.is_pending(function.created), function.is_pending(function.created + 2)
        (True, False)
        """
        return now < self.created + CREATION

    def is_updating(self, now: float) -> bool:
        """Whether a change is not in effect yet.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.is_updating(function.created + 2)
        False
        >>> function.change(function.created + 2, "another revision", timeout=9)
        >>> function.is_updating(function.created + 2), function.is_updating(function.created + 3)
        (True, False)
        """
        return self.previous is not None and now < self.in_effect

    def running(self, now: float) -> Configuration:
        """The configuration that invocations meet: the one before, while a change is in progress.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.change(function.created + 2, "another revision", timeout=9)
        >>> function.running(function.created + 2).timeout, function.running(function.created + 3).timeout
        (3, 9)
        """
        return self.previous if self.previous is not None and now < self.in_effect else self.configuration

    def change(self, now: float, revision: str, **changes: Any) -> None:
        """Begin an update.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.change(function.created + 2, "another revision", timeout=9)
        >>> function.configuration.timeout, function.revision
        (9, 'another revision')
        """
        self.previous = self.configuration
        self.configuration = replace(self.configuration, **changes)
        self.in_effect = now + UPDATE
        self.modified = now
        self.revision = revision

    def permit(self, statements: list[dict[str, Any]], revision: str) -> None:
        """Replace the statements of the function's policy.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.permit([{"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction"}], "a revision")
        >>> function.policy.statements[0].actions
        ('lambda:InvokeFunction',)
        >>> function.permit([], "another revision")
        >>> function.policy is None
        True
        """
        self.permissions = statements
        self.policy_revision = revision
        self.policy = parse_policy(self.policy_text()) if statements else None

    def policy_text(self) -> str:
        """The policy as get_policy shows it.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.policy_text()
        '{"Version":"2012-10-17","Id":"default","Statement":[]}'
        """
        document = {"Version": "2012-10-17", "Id": "default", "Statement": self.permissions}
        return json.dumps(document, separators=(",", ":"))

    def describe(self, now: float) -> dict[str, Any]:
        """Show the newest configuration with the function's state, as the API does.

        >>> from eslabon.support.lambda_.examples import example
        >>> function = example().service("lambda").functions["f"]
        >>> function.describe(function.created)["State"], function.describe(function.created + 2)["State"]
        ('Pending', 'Active')
        """
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
            "LastModified": iso(self.modified).replace("Z", "+0000"),
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
