"""An execution's events in CloudWatch Logs, as a state machine's logging configuration asks for them.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html; X-Ray traces are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from eslabon.errors import ServiceError
from eslabon.permissions import allows
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.running import history

if TYPE_CHECKING:
    from eslabon.stepfunctions.api.registry import Registry
    from eslabon.stepfunctions.running.execution import Execution

PRINCIPAL = "delivery.logs.amazonaws.com"
ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
POLICY = "AWSLogDeliveryWrite20150319"  # the resource policy that a log delivery makes when none lets it in
LARGEST_POLICY = 5_120  # characters
VENDED = "/aws/vendedlogs/"  # log groups under it share one statement
DELAY = 2.0  # seconds until events arrive; AWS delivers them by best effort, and states no figure
LARGEST = 248 * 1024  # characters of an escaped input or output; what is beyond is cut off

OFF, FATAL, ERROR, ALL = "OFF", "FATAL", "ERROR", "ALL"
_FATAL = frozenset({"ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
_ERRORS = ("Failed", "Aborted", "TimedOut")
_GROUP_ARN = re.compile(r"arn:[^:]+:logs:([^:]*):([^:]*):log-group:(.*?)(?::\*)?")


def logged(level: str, kind: str) -> bool:
    """Whether an event of this type is logged at this level.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level

    >>> logged("ALL", "PassStateEntered"), logged("ERROR", "TaskTimedOut"), logged("ERROR", "FailStateEntered")
    (True, True, True)
    >>> logged("FATAL", "TaskTimedOut"), logged("FATAL", "ExecutionTimedOut"), logged("OFF", "ExecutionTimedOut")
    (False, True, False)
    """
    if level == ERROR:
        return kind.endswith(_ERRORS) or kind == "FailStateEntered"
    return kind in _FATAL if level == FATAL else level == ALL


def check_configuration(service: Registry, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A logging configuration, whole. Raises InvalidLoggingConfiguration, AccessDeniedException (no such log group).

    >>> from eslabon import Cloud
    >>> service = Cloud().service("stepfunctions")
    >>> check_configuration(service, {})
    {'level': 'OFF', 'includeExecutionData': False}
    >>> check_configuration(service, {"level": "ALL"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidLoggingConfiguration: Invalid Logging Configuration: ...
    """
    configuration = {"level": OFF, "includeExecutionData": False, **given}
    destinations = configuration.get("destinations") or []
    if len(destinations) > 1 or (not destinations and configuration["level"] != OFF):
        raise _invalid("Must specify exactly one Log Destination.")
    if not destinations:
        configuration.pop("destinations", None)
        return configuration
    arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    region, account, name = _parse(arn)
    if not arn.endswith(":*"):
        raise _invalid("Log Group ARN must be provided with '*' qualifier.")
    if (region, account) != (service.region, service.account):
        raise _invalid(f"the log group {arn} is not in the state machine's account and Region.")
    if name not in _logs(service).groups:
        raise ServiceError(
            "AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination"
        )
    return configuration


def let_in(service: Registry, configuration: Mapping[str, Any], machine_arn: str) -> None:
    """Let deliveries write to the log group of a configuration: they add what its policies lack, as on AWS.

    Raises InvalidLoggingConfiguration when there are as many policies as there may be.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> cloud.service("logs").create_log_group("orders")
    >>> group = {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:orders:*"}
    >>> given = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": group}]}
    >>> let_in(cloud.service("stepfunctions"), given, "arn:aws:states:us-east-1:123456789012:stateMachine:orders")
    >>> [policy["policyName"] for policy in cloud.client("logs").describe_resource_policies()["resourcePolicies"]]
    ['AWSLogDeliveryWrite20150319']
    """
    arn = _group_arn(configuration)
    policies = _logs(service).policies
    if all(allows(policies.together, **_asked(service, arn, machine_arn, "*", action)) for action in ACTIONS):
        return
    granted = {"Effect": "Allow", "Principal": {"Service": PRINCIPAL}, "Action": list(ACTIONS)}
    _add_statement(service, {**granted, "Resource": _covered(arn)})


def _covered(arn: str) -> str:
    """What the added statement is about: the group's streams, or all groups with the prefix that needs one only."""
    base, _, name = arn.removesuffix(":*").partition(":log-group:")
    return f"{base}:log-group:{VENDED}*" if name.startswith(VENDED) else f"{base}:log-group:{name}:log-stream:*"


def _add_statement(service: Registry, statement: Mapping[str, Any]) -> None:
    place = {"region": service.region, "account": service.account}
    found = service.cloud.call("logs", "describe_resource_policies", {}, **place)["resourcePolicies"]
    document: dict[str, Any] = next(
        (json.loads(policy["policyDocument"]) for policy in found if policy["policyName"] == POLICY),
        {"Version": "2012-10-17", "Statement": []},
    )
    kept = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    numbered = {**statement, "Sid": f"{POLICY}{len(kept)}" if kept else POLICY}
    document["Statement"] = [*kept, numbered]
    text = json.dumps(document, separators=(",", ":"))
    if len(text) > LARGEST_POLICY:
        raise _invalid(
            "The CloudWatch Logs Resource Policy size was exceeded. We suggest prefixing your CloudWatch log group "
            f"name with {VENDED}states/."
        )
    try:
        policy = {"policyName": POLICY, "policyDocument": text}
        service.cloud.call("logs", "put_resource_policy", policy, **place)
    except ServiceError as refused:
        raise _invalid(f"the log group's resource policy cannot be extended: {refused.message}") from None


def _invalid(reason: str) -> ServiceError:
    return ServiceError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def _logs(service: Registry) -> Any:
    return service.cloud.service("logs", region=service.region, account=service.account)


def _group_arn(configuration: Mapping[str, Any]) -> str:
    arn: str = configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    return arn


def _parse(arn: str) -> Sequence[str]:
    """The Region, the account and the name of a log group."""
    found = _GROUP_ARN.fullmatch(arn)
    if found is None:
        raise _invalid(f"'{arn}' is no ARN of a log group.")
    return found.groups()


def _asked(service: Registry, arn: str, machine_arn: str, stream: str, action: str) -> dict[str, Any]:
    return {
        "principal": PRINCIPAL,
        "action": action,
        "resource": f"{arn.removesuffix(':*')}:log-stream:{stream}",
        "source_arn": machine_arn,
        "source_account": service.account,
    }


def recorder(execution: Execution, configuration: Mapping[str, Any]) -> Callable[[int], None]:
    """What an execution calls with the id of each of its events, so that they are logged.

    >>> from eslabon.stepfunctions.api.examples import map_run
    >>> group = {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:orders:*"}
    >>> given = {"level": "FATAL", "includeExecutionData": True, "destinations": [{"cloudWatchLogsLogGroup": group}]}
    >>> record = recorder(map_run().visit.flow.execution, given)
    >>> record(1)  # its start is not logged at this level
    """
    return _Log(execution, configuration).note


class _Log:
    """One execution's events on their way to its log stream."""

    def __init__(self, execution: Execution, configuration: Mapping[str, Any]) -> None:
        self.execution = execution
        self.level: str = configuration["level"]
        self.data: bool = configuration["includeExecutionData"]
        self.arn = _group_arn(configuration)
        begun = datetime.fromtimestamp(execution.started, UTC).strftime("%Y-%m-%d-%H-%M")
        name = execution.state_machine["Name"]
        self.stream = f"states/{name}/{begun}/{execution.ids.hex(8)}"
        self.waiting: list[tuple[int, str]] = []

    def note(self, number: int) -> None:
        """Remember event `number` when its type is logged, and write it DELAY seconds later, with what follows."""
        kind, previous, at, details = self.execution.events[number - 1]
        if not logged(self.level, kind):
            return
        if not self.waiting:
            self.execution.clock.call_later(DELAY, self.write)
        milliseconds = int(at * 1000)
        message = {
            "id": str(number),
            "type": kind,
            "details": self._details((kind, previous, at, details), number),
            "previous_event_id": str(previous),
            "event_timestamp": str(milliseconds),
            "execution_arn": self.execution.arn,
            "redrive_count": str(self.execution.redrives),
        }
        self.waiting.append((milliseconds, compact(message)))

    def _details(self, event: history.Event, number: int) -> dict[str, Any]:
        rendered = history.render([event], number, data=self.data)[0]
        details: dict[str, Any] = next((value for name, value in rendered.items() if name.endswith("Details")), {})
        for name in ("input", "output"):
            if not self.data:
                details.pop(f"{name}Details", None)
            elif name in details and len(json.dumps(details[name])) > LARGEST:
                details[name] = details[name][:LARGEST]
                details[f"{name}Details"] = {"truncated": True}
        return details

    def write(self) -> None:
        """Write what has been noted, unless the group is gone or its resource policies have come to forbid it."""
        events, self.waiting = self.waiting, []
        service = self.execution.service
        logs = _logs(service)
        group = _parse(self.arn)[2]
        if group not in logs.groups:
            return
        machine_arn, missing = self.execution.state_machine["Id"], f"{self.arn.removesuffix(':*')}:*"
        asked = [_asked(service, self.arn, machine_arn, self.stream, action) for action in ACTIONS]
        told = {"missing_resource": missing, "reply": lambda *_: None}
        if all(logs.admits(logs.policies.together, self.arn, **told, **one) for one in asked):
            logs.append(group, self.stream, events)
