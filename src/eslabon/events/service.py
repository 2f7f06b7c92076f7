"""Amazon EventBridge event buses: the API.

Schedules, archives, API destinations, partner sources and cross-account buses are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.events import entries as put
from eslabon.events.bus import BUSES, RULES_A_BUS, TARGETS_A_RULE, Bus, Rule, Target
from eslabon.events.dispatch import PRINCIPAL, dispatch
from eslabon.events.pattern import InvalidPattern, Pattern, check_event, compile_pattern
from eslabon.events.targets import checked_arn, compile_target
from eslabon.pagination import InvalidToken, page
from eslabon.permissions import PolicyError, parse_policy
from eslabon.service import Reply, Service
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

DEFAULT = "default"
PAGE = 100


class Events(Service):
    """EventBridge in one account and Region: https://docs.aws.amazon.com/eventbridge/latest/APIReference/"""

    name: ClassVar[str] = "events"
    principal: ClassVar[str] = PRINCIPAL
    modelled: ClassVar[Mapping[str, str]] = {
        "Tag": "*",
        "PutEventsRequestEntry": "Time Source Resources DetailType Detail EventBusName",
        "Target": "Id Arn RoleArn Input InputPath InputTransformer SqsParameters DeadLetterConfig RetryPolicy",
        "InputTransformer": "*",
        "SqsParameters": "*",
        "DeadLetterConfig": "*",
        "RetryPolicy": "*",
    }
    inert: ClassVar[Mapping[str, str]] = {
        "put_rule.RoleArn": "AWS uses it for targets of other services only; a target's own RoleArn has effect.",
        "create_event_bus.DeadLetterConfig": "AWS uses it for events that fail under a customer's key, not modelled.",
        "update_event_bus.DeadLetterConfig": "As in create_event_bus.",
        "delete_rule.Force": "It concerns rules that AWS services manage; there are none here.",
        "remove_targets.Force": "As in delete_rule.",
    }

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._tags = Tags()
        self._buses: dict[str, Bus] = {}
        self._add_bus(DEFAULT)

    def resources(self) -> list[str]:
        """Buses beside the default one, and rules.

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> _ = cloud.client("events").create_event_bus(Name="shop")
        >>> cloud.service("events").resources()
        ['arn:aws:events:us-east-1:123456789012:event-bus/shop']
        """
        buses = [bus.arn for bus in self._buses.values() if bus.name != DEFAULT]
        return buses + [rule.arn for bus in self._buses.values() for rule in bus.rules.values()]

    # --- Buses --------------------------------------------------------------------------------------------------------

    def create_event_bus(
        self,
        Name: str,
        Description: str | None = None,
        DeadLetterConfig: Mapping[str, Any] | None = None,
        Tags: list[dict[str, str]] | None = None,
    ) -> dict[str, Any]:
        """Create a custom event bus. Raises ResourceAlreadyExistsException, LimitExceededException (100 buses).

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.create_event_bus(Name="shop")["EventBusArn"]
        'arn:aws:events:us-east-1:123456789012:event-bus/shop'
        >>> events.create_event_bus(Name="shop")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceAlreadyExistsException: An error occurred (ResourceAlreadyExistsException) ...
        """
        if "/" in Name:
            raise ServiceError("ValidationException", "Event bus name must not contain '/'.")
        if Name in self._buses:
            raise ServiceError("ResourceAlreadyExistsException", f"Event bus {Name} already exists.")
        if len(self._buses) >= BUSES:
            raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        self._put_tags(self.arn(f"event-bus/{Name}"), Tags)
        bus = self._add_bus(Name)
        bus.description, bus.dead_letter = Description, DeadLetterConfig
        self.journal.record("resource", arn=bus.arn, state="created", type="event-bus", name=Name)
        return {"EventBusArn": bus.arn, "Description": Description, "DeadLetterConfig": DeadLetterConfig}

    def describe_event_bus(self, Name: str = DEFAULT) -> dict[str, Any]:
        """Describe a bus, by name or ARN, with its policy. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.describe_event_bus()["Arn"]
        'arn:aws:events:us-east-1:123456789012:event-bus/default'
        >>> events.describe_event_bus(Name="shop")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        bus = self._bus(Name)
        return {**self._shown_bus(bus), "DeadLetterConfig": bus.dead_letter}

    def update_event_bus(
        self, Name: str = DEFAULT, Description: str | None = None, DeadLetterConfig: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change what a bus says of itself; what is left out is lost. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateEventBus.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.update_event_bus(Name="default", Description="Orders")["Description"]
        'Orders'
        >>> "Description" in events.update_event_bus(Name="default")  # left out, so lost
        False
        >>> events.update_event_bus(Name="shop")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        bus = self._bus(Name)
        bus.description, bus.dead_letter, bus.modified = Description, DeadLetterConfig, self.clock.datetime()
        return {"Arn": bus.arn, "Name": bus.name, "Description": Description, "DeadLetterConfig": DeadLetterConfig}

    def list_event_buses(self, NamePrefix: str = "", NextToken: str | None = None, Limit: int = PAGE) -> dict[str, Any]:
        """List buses by name.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListEventBuses.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.create_event_bus(Name="shop")
        >>> first = events.list_event_buses(Limit=1)
        >>> rest = events.list_event_buses(Limit=1, NextToken=first["NextToken"])
        >>> [bus["Name"] for bus in first["EventBuses"] + rest["EventBuses"]], "NextToken" in rest
        (['default', 'shop'], False)
        >>> events.list_event_buses(NamePrefix="warehouse")["EventBuses"]
        []
        """
        found = [bus for name, bus in sorted(self._buses.items()) if name.startswith(NamePrefix)]
        shown, token = self._page(found, Limit, NextToken, f"list_event_buses:{NamePrefix}")
        return {"EventBuses": [self._shown_bus(bus) for bus in shown], "NextToken": token}

    def delete_event_bus(self, Name: str) -> None:
        """Delete a custom bus that has no rules; one that does not exist is no error.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.create_event_bus(Name="shop")
        >>> _ = events.delete_event_bus(Name="shop"); _ = events.delete_event_bus(Name="shop")
        >>> [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
        ['default']
        >>> events.delete_event_bus(Name="default")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationException) when calling the DeleteEventBus ...
        """
        if self._bus_name(Name) == DEFAULT:
            raise ServiceError("ValidationException", "Cannot delete event bus default.")
        bus = self._buses.get(self._bus_name(Name))
        if bus is None:
            return  # AWS answers 200
        if bus.rules:
            raise ServiceError("ValidationException", "Event bus can't be deleted since it has rules.")
        del self._buses[bus.name]
        self._tags.remove(bus.arn)
        self.journal.record("resource", arn=bus.arn, state="deleted", type="event-bus", name=bus.name)

    def put_permission(
        self,
        EventBusName: str = DEFAULT,
        Action: str | None = None,
        Principal: str | None = None,
        StatementId: str | None = None,
        Policy: str | None = None,
    ) -> None:
        """Let an account ("*": all) put events on a bus, or replace the whole policy (JSON text).

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.put_permission(StatementId="partner", Action="events:PutEvents", Principal="111122223333")
        >>> json.loads(events.describe_event_bus()["Policy"])["Statement"][0]["Principal"]
        {'AWS': 'arn:aws:iam::111122223333:root'}
        >>> events.put_permission(EventBusName="shop", StatementId="all", Action="events:PutEvents", Principal="*")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        bus = self._bus(EventBusName)
        text = Policy
        if text is not None and (Action or Principal or StatementId):
            raise ServiceError(
                "ValidationException", "Policy is given instead of Action, Principal and StatementId, not with them."
            )
        if text is None:
            if not (Action and Principal and StatementId):
                raise ServiceError(
                    "ValidationException", "Parameter(s) Action, Principal and StatementId must be specified."
                )
            if Action != "events:PutEvents":
                raise ServiceError("ValidationException", "Provided value in parameter 'action' is not supported.")
            who: Any = "*" if Principal == "*" else {"AWS": f"arn:aws:iam::{Principal}:root"}
            statement = {
                "Sid": StatementId,
                "Effect": "Allow",
                "Principal": who,
                "Action": Action,
                "Resource": bus.arn,
            }
            statements = [one for one in self._statements(bus) if one.get("Sid") != StatementId]
            text = json.dumps({"Version": "2012-10-17", "Statement": [*statements, statement]})
        try:
            bus.policy = parse_policy(text)
        except PolicyError as error:
            raise ServiceError("ValidationException", f"Policy is not valid: {error}.") from None
        bus.policy_text = text

    def remove_permission(
        self, StatementId: str | None = None, RemoveAllPermissions: bool = False, EventBusName: str = DEFAULT
    ) -> None:
        """Remove one statement of the policy of a bus, or all. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemovePermission.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.put_permission(StatementId="all", Action="events:PutEvents", Principal="*")
        >>> _ = events.remove_permission(StatementId="all")
        >>> "Policy" in events.describe_event_bus()
        False
        >>> events.remove_permission(StatementId="all")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        bus = self._bus(EventBusName)
        if bus.policy_text is None:
            raise ServiceError("ResourceNotFoundException", "EventBus does not have a policy.")
        if RemoveAllPermissions:
            bus.policy = bus.policy_text = None
            return
        statements = self._statements(bus)
        kept = [one for one in statements if one.get("Sid") != StatementId]
        if len(kept) == len(statements):
            raise ServiceError("ResourceNotFoundException", "Statement with the provided id does not exist.")
        bus.policy_text = json.dumps({"Version": "2012-10-17", "Statement": kept}) if kept else None
        bus.policy = parse_policy(bus.policy_text) if bus.policy_text else None

    # --- Rules --------------------------------------------------------------------------------------------------------

    def put_rule(
        self,
        Name: str,
        EventPattern: str | None = None,
        State: str = "ENABLED",
        Description: str | None = None,
        RoleArn: str | None = None,
        Tags: list[dict[str, str]] | None = None,
        EventBusName: str = DEFAULT,
    ) -> dict[str, Any]:
        """Create a rule, or replace one: what is left out is lost, its targets stay. In effect 10 seconds later.

        EventPattern: JSON text. Raises InvalidEventPatternException, ResourceNotFoundException (the bus),
        LimitExceededException (300 rules a bus).

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')["RuleArn"]
        'arn:aws:events:us-east-1:123456789012:rule/orders'
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}', State="DISABLED")
        >>> events.describe_rule(Name="orders")["State"]
        'DISABLED'
        >>> events.put_rule(Name="orders", EventPattern='{"source": "shop"}')
        Traceback (most recent call last):
        botocore.errorfactory.InvalidEventPatternException: An error occurred (InvalidEventPatternException) ...
        """
        bus = self._bus(EventBusName)
        if State == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
            raise NotModelled(self.name, f"put_rule(State={State!r})", ["ENABLED", "DISABLED"])
        if not EventPattern:
            raise ServiceError(
                "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."
            )
        if RoleArn:
            checked_arn(RoleArn)
        pattern = self._pattern(EventPattern)
        before = bus.rules.get(Name)
        if before is None and len(bus.rules) >= RULES_A_BUS:
            raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        arn = self.arn(f"rule/{Name}" if bus.name == DEFAULT else f"rule/{bus.name}/{Name}")
        if before is None:  # AWS: tags of an existing rule are changed with TagResource only
            self._put_tags(arn, Tags)
            self.journal.record("resource", arn=arn, state="created", type="rule", name=Name)
            self.journal.record("link", source=bus.arn, target=arn, state="created")
        targets = before.targets if before else {}
        rule = Rule(Name, arn, bus.name, EventPattern, pattern, State, Description, RoleArn, self.account, targets)
        bus.change(Name, rule, self.clock.now)
        return {"RuleArn": arn}

    def describe_rule(self, Name: str, EventBusName: str = DEFAULT) -> dict[str, Any]:
        """Describe a rule. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> events.describe_rule(Name="orders")["EventPattern"]
        '{"source": ["shop"]}'
        >>> events.describe_rule(Name="refunds")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        rule = self._rule(Name, EventBusName)
        return {**self._shown_rule(rule), "CreatedBy": rule.created_by}

    def list_rules(
        self,
        NamePrefix: str = "",
        EventBusName: str = DEFAULT,
        NextToken: str | None = None,
        Limit: int = PAGE,
    ) -> dict[str, Any]:
        """List the rules of a bus by name. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.list_rules()["Rules"]
        []
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> [(rule["Name"], rule["State"]) for rule in events.list_rules(NamePrefix="ord")["Rules"]]
        [('orders', 'ENABLED')]
        >>> events.list_rules(EventBusName="shop")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        bus = self._bus(EventBusName)
        found = [rule for name, rule in sorted(bus.rules.items()) if name.startswith(NamePrefix)]
        shown, token = self._page(found, Limit, NextToken, f"list_rules:{bus.name}:{NamePrefix}")
        return {"Rules": [self._shown_rule(rule) for rule in shown], "NextToken": token}

    def list_rule_names_by_target(
        self, TargetArn: str, EventBusName: str = DEFAULT, NextToken: str | None = None, Limit: int = PAGE
    ) -> dict[str, Any]:
        """List the names of the rules of a bus that have a target with this ARN. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRuleNamesByTarget.html

        >>> from eslabon import Cloud
        >>> events, queue = Cloud().client("events"), "arn:aws:sqs:us-east-1:123456789012:orders"
        >>> events.list_rule_names_by_target(TargetArn=queue)["RuleNames"]
        []
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> _ = events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue}])
        >>> events.list_rule_names_by_target(TargetArn=queue)["RuleNames"]
        ['orders']
        """
        bus = self._bus(EventBusName)
        found = [
            name
            for name, rule in sorted(bus.rules.items())
            if any(target.arn == TargetArn for target in rule.targets.values())
        ]
        shown, token = self._page(found, Limit, NextToken, f"list_rule_names_by_target:{bus.name}:{TargetArn}")
        return {"RuleNames": shown, "NextToken": token}

    def enable_rule(self, Name: str, EventBusName: str = DEFAULT) -> None:
        """Let a rule match again, 10 seconds later. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EnableRule.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}', State="DISABLED")
        >>> _ = events.enable_rule(Name="orders")
        >>> events.describe_rule(Name="orders")["State"]
        'ENABLED'
        >>> events.enable_rule(Name="refunds")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        self._set_state(Name, EventBusName, "ENABLED")

    def disable_rule(self, Name: str, EventBusName: str = DEFAULT) -> None:
        """Let a rule match no more, 10 seconds later. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> _ = events.disable_rule(Name="orders")
        >>> events.describe_rule(Name="orders")["State"]
        'DISABLED'
        >>> events.disable_rule(Name="refunds")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        self._set_state(Name, EventBusName, "DISABLED")

    def delete_rule(self, Name: str, EventBusName: str = DEFAULT, Force: bool = False) -> None:
        """Delete a rule that has no targets; one that does not exist is no error.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> queue = "arn:aws:sqs:us-east-1:123456789012:orders"
        >>> _ = events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue}])
        >>> events.delete_rule(Name="orders")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationException) when calling the DeleteRule ...
        >>> _ = events.remove_targets(Rule="orders", Ids=["1"])
        >>> _ = events.delete_rule(Name="orders"); _ = events.delete_rule(Name="orders")
        """
        bus = self._bus(EventBusName)
        rule = bus.rules.get(Name)
        if rule is None:
            return  # AWS answers 200
        if rule.targets:
            raise ServiceError("ValidationException", "Rule can't be deleted since it has targets.")
        bus.change(Name, None, self.clock.now)
        self._tags.remove(rule.arn)
        self.journal.record("resource", arn=rule.arn, state="deleted", type="rule", name=Name)
        self.journal.record("link", source=bus.arn, target=rule.arn, state="deleted")

    # --- Targets ------------------------------------------------------------------------------------------------------

    def put_targets(self, Rule: str, Targets: list[dict[str, Any]], EventBusName: str = DEFAULT) -> dict[str, Any]:
        """Add targets to a rule, or replace those with the same Id: all of them, or none when one is refused.

        Raises ValidationException, ResourceNotFoundException, LimitExceededException (5 targets a rule).

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html

        >>> from eslabon import Cloud
        >>> events, queue = Cloud().client("events"), "arn:aws:sqs:us-east-1:123456789012:orders"
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue}])["FailedEntryCount"]
        0
        >>> _ = events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue, "InputPath": "$.detail"}])
        >>> events.list_targets_by_rule(Rule="orders")["Targets"][0]["InputPath"]
        '$.detail'
        >>> events.put_targets(Rule="orders", Targets=[{"Id": str(number), "Arn": queue} for number in range(6)])
        Traceback (most recent call last):
        botocore.errorfactory.LimitExceededException: An error occurred (LimitExceededException) ...
        """
        rule = self._rule(Rule, EventBusName)
        made = [compile_target(given, account=self.account, region=self.region) for given in Targets]
        merged: dict[str, Target] = {**rule.targets, **{target.id: target for target in made}}
        if len(merged) > TARGETS_A_RULE:
            raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        self._bus(EventBusName).change(rule.name, replace(rule, targets=merged), self.clock.now)
        for target in made:
            self.journal.record("link", source=rule.arn, target=target.arn, state="created")
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def remove_targets(
        self, Rule: str, Ids: list[str], EventBusName: str = DEFAULT, Force: bool = False
    ) -> dict[str, Any]:
        """Remove targets by their Ids; the answer says which there were none of.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemoveTargets.html

        >>> from eslabon import Cloud
        >>> events, queue = Cloud().client("events"), "arn:aws:sqs:us-east-1:123456789012:orders"
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> _ = events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue}])
        >>> answer = events.remove_targets(Rule="orders", Ids=["1", "2"])
        >>> answer["FailedEntryCount"], answer["FailedEntries"][0]["TargetId"]
        (1, '2')
        >>> events.remove_targets(Rule="refunds", Ids=["1"])
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        rule = self._rule(Rule, EventBusName)
        kept = {name: target for name, target in rule.targets.items() if name not in Ids}
        self._bus(EventBusName).change(rule.name, replace(rule, targets=kept), self.clock.now)
        for name, target in rule.targets.items():
            if name not in kept:
                self.journal.record("link", source=rule.arn, target=target.arn, state="deleted")
        failed = [
            {
                "TargetId": name,
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": f"Rule {rule.name} does not have target {name}.",
            }
            for name in Ids
            if name not in rule.targets
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    def list_targets_by_rule(
        self, Rule: str, EventBusName: str = DEFAULT, NextToken: str | None = None, Limit: int = PAGE
    ) -> dict[str, Any]:
        """List the targets of a rule, as they were put. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html

        >>> from eslabon import Cloud
        >>> events, queue = Cloud().client("events"), "arn:aws:sqs:us-east-1:123456789012:orders"
        >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
        >>> events.list_targets_by_rule(Rule="orders")["Targets"]
        []
        >>> _ = events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue}])
        >>> events.list_targets_by_rule(Rule="orders")["Targets"]
        [{'Id': '1', 'Arn': 'arn:aws:sqs:us-east-1:123456789012:orders'}]
        >>> events.list_targets_by_rule(Rule="refunds")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        rule = self._rule(Rule, EventBusName)
        found = [target for _, target in sorted(rule.targets.items())]
        shown, token = self._page(found, Limit, NextToken, f"list_targets_by_rule:{rule.arn}")
        return {"Targets": [dict(target.given) for target in shown], "NextToken": token}

    # --- Events -------------------------------------------------------------------------------------------------------

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Put up to 10 events, of less than 1 MB together; each succeeds or fails by itself, in the answer.

        Raises ValidationException when they are too large, or none of them has Source, DetailType and Detail.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> order = {"Source": "shop", "DetailType": "order", "Detail": '{"total": 9}'}
        >>> answer = events.put_events(Entries=[order, {**order, "Detail": "nine"}])
        >>> answer["FailedEntryCount"], answer["Entries"][1]["ErrorCode"]
        (1, 'MalformedDetail')
        >>> events.put_events(Entries=[{"Source": "shop"}])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationException) when calling the PutEvents ...
        """
        put.check_request(Entries)
        buses = [self._bus_name(entry.get("EventBusName") or DEFAULT) for entry in Entries]
        results = [self._put_event(entry, name) for entry, name in zip(Entries, buses, strict=True)]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def test_event_pattern(self, EventPattern: str, Event: str) -> dict[str, Any]:
        """Say whether a pattern matches an event, both JSON text.

        Raises InvalidEventPatternException, ValidationException (the event lacks a field that all events have).

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> event = json.dumps({"id": "1", "account": "123456789012", "source": "shop", "time": "2026-01-01T00:00:00Z",
        ...     "region": "us-east-1", "resources": [], "detail-type": "order", "detail": {"total": 9}})
        >>> small = '{"detail": {"total": [{"numeric": ["<", 10]}]}}'
        >>> events.test_event_pattern(EventPattern=small, Event=event)["Result"]
        True
        >>> events.test_event_pattern(EventPattern='{"source": ["warehouse"]}', Event=event)["Result"]
        False
        >>> events.test_event_pattern(EventPattern='{"source": "shop"}', Event=event)
        Traceback (most recent call last):
        botocore.errorfactory.InvalidEventPatternException: An error occurred (InvalidEventPatternException) ...
        """
        try:
            event = check_event(Event)
        except ValueError as error:
            raise ServiceError("ValidationException", str(error)) from None
        return {"Result": self._pattern(EventPattern).matches(event)}

    def deliver(
        self,
        arn: str,
        payload: str,
        *,
        principal: str,
        source_arn: str,
        source_account: str,
        role_arn: str | None,
        parameters: Mapping[str, Any],
        reply: Reply,
    ) -> None:
        """Receive an event from a rule of another bus, or from another service."""
        bus = self._buses.get(arn.partition(":event-bus/")[2])
        if bus is None:
            reply(None, Failure("NO_RESOURCE", f"Event bus {arn} does not exist.", retryable=False))
            return
        if role_arn is None and not self.admits(
            bus.policy,
            arn,
            principal=principal,
            action="events:PutEvents",
            resource=arn,
            source_arn=source_arn,
            source_account=source_account,
            reply=reply,
        ):
            return
        event = json.loads(payload)
        reply(None, None)
        dispatch(self, bus, event, forwarded=True)

    def receive(self, source: str, detail_type: str, detail: Mapping[str, Any], resources: list[str]) -> None:
        """Take an event of an AWS service ("aws.states") to the default bus; no permission is asked.

        This is no modelled operation: services tell what happened in them this way.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> _ = cloud.client("events").put_rule(Name="all", EventPattern='{"source": ["aws.states"]}')
        >>> cloud.clock.advance(10)
        >>> cloud.service("events").receive("aws.states", "Status Change", {"status": "FAILED"}, [])
        >>> [entry["rule"] for entry in cloud.journal.of("match")]
        ['arn:aws:events:us-east-1:123456789012:rule/all']
        """
        event = {
            "version": "0",
            "id": self.ids.uuid(),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": self.clock.datetime().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": resources,
            "detail": detail,
        }
        dispatch(self, self._buses[DEFAULT], event)

    # --- Tags ---------------------------------------------------------------------------------------------------------

    def tag_resource(self, ResourceARN: str, Tags: list[dict[str, str]]) -> None:
        """Add or overwrite tags of a bus or rule. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> orders = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')["RuleArn"]
        >>> _ = events.tag_resource(ResourceARN=orders, Tags=[{"Key": "team", "Value": "shop"}])
        >>> events.list_tags_for_resource(ResourceARN=orders)["Tags"]
        [{'Key': 'team', 'Value': 'shop'}]
        >>> events.tag_resource(ResourceARN="arn:aws:events:us-east-1:123456789012:rule/gone", Tags=[])
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        self._existing(ResourceARN)
        self._put_tags(ResourceARN, Tags)

    def untag_resource(self, ResourceARN: str, TagKeys: list[str]) -> None:
        """Remove tags from a bus or rule; keys that it does not have are no error. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UntagResource.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> bus = events.create_event_bus(Name="shop", Tags=[{"Key": "team", "Value": "shop"}])["EventBusArn"]
        >>> _ = events.untag_resource(ResourceARN=bus, TagKeys=["team", "stage"])
        >>> events.list_tags_for_resource(ResourceARN=bus)["Tags"]
        []
        """
        self._existing(ResourceARN)
        self._tags.remove(ResourceARN, TagKeys)

    def list_tags_for_resource(self, ResourceARN: str) -> dict[str, Any]:
        """List the tags of a bus or rule. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTagsForResource.html

        >>> from eslabon import Cloud
        >>> events = Cloud().client("events")
        >>> events.list_tags_for_resource(ResourceARN=events.describe_event_bus()["Arn"])["Tags"]
        []
        >>> events.list_tags_for_resource(ResourceARN="arn:aws:events:us-east-1:123456789012:rule/gone")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) ...
        """
        self._existing(ResourceARN)
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tags.get(ResourceARN).items()]}

    # --- Parts --------------------------------------------------------------------------------------------------------

    def _add_bus(self, name: str) -> Bus:
        now = self.clock.datetime()
        bus = self._buses[name] = Bus(name, self.arn(f"event-bus/{name}"), now, now)
        return bus

    def _bus_name(self, name_or_arn: str) -> str:
        if not name_or_arn.startswith("arn:"):
            return name_or_arn
        name = name_or_arn.partition(":event-bus/")[2]
        if name_or_arn != self.arn(f"event-bus/{name}"):
            here = [self.arn("event-bus/…")]
            raise NotModelled(self.name, f"calls for a bus of another account or Region ({name_or_arn})", here)
        return name

    def _bus(self, name_or_arn: str) -> Bus:
        name = self._bus_name(name_or_arn)
        if name not in self._buses:
            raise ServiceError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return self._buses[name]

    def _rule(self, name: str, bus_name: str) -> Rule:
        bus = self._bus(bus_name)
        if name not in bus.rules:
            raise ServiceError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus.name}.")
        return bus.rules[name]

    def _set_state(self, name: str, bus_name: str, state: str) -> None:
        rule = self._rule(name, bus_name)
        self._bus(bus_name).change(name, replace(rule, state=state), self.clock.now)

    def _put_event(self, entry: Mapping[str, Any], bus_name: str) -> dict[str, Any]:
        try:
            event = put.make_event(
                entry,
                event_id=self.ids.uuid(),
                account=self.account,
                region=self.region,
                now=self.clock.datetime(),
            )
        except put.EntryRefused as refused:
            return {"ErrorCode": refused.code, "ErrorMessage": refused.message}
        bus = self._buses.get(bus_name)
        if bus is not None:  # on a bus that does not exist an event is accepted, and lost
            dispatch(self, bus, event)
        return {"EventId": event["id"]}

    def _pattern(self, text: str) -> Pattern:
        try:
            return compile_pattern(text)
        except InvalidPattern as error:
            raise ServiceError("InvalidEventPatternException", str(error)) from None

    def _page(self, items: list[Any], limit: int, token: str | None, key: str) -> tuple[list[Any], str | None]:
        try:
            return page(items, limit, token, key)
        except InvalidToken:
            raise ServiceError("ValidationException", "NextToken is not valid.") from None

    def _put_tags(self, arn: str, tags: Iterable[Mapping[str, str]] | None) -> None:
        try:
            self._tags.put(arn, {tag["Key"]: tag["Value"] for tag in tags or []})
        except ReservedTag:
            raise ServiceError("ValidationException", "Tag keys that start with 'aws:' are reserved for AWS.") from None
        except TooManyTags:
            raise ServiceError(
                "LimitExceededException", "The requested resource exceeds the maximum number allowed."
            ) from None

    def _existing(self, arn: str) -> None:
        buses = self._buses.values()
        if not any(arn == bus.arn or any(arn == rule.arn for rule in bus.rules.values()) for bus in buses):
            raise ServiceError("ResourceNotFoundException", f"Resource {arn} does not exist.")

    def _statements(self, bus: Bus) -> list[dict[str, Any]]:
        found = json.loads(bus.policy_text)["Statement"] if bus.policy_text else []
        return found if isinstance(found, list) else [found]

    def _shown_bus(self, bus: Bus) -> dict[str, Any]:
        return {
            "Name": bus.name,
            "Arn": bus.arn,
            "Description": bus.description,
            "Policy": bus.policy_text,
            "CreationTime": bus.created,
            "LastModifiedTime": bus.modified,
        }

    def _shown_rule(self, rule: Rule) -> dict[str, Any]:
        return {
            "Name": rule.name,
            "Arn": rule.arn,
            "EventPattern": rule.pattern_text,
            "State": rule.state,
            "Description": rule.description,
            "RoleArn": rule.role_arn,
            "EventBusName": rule.bus,
        }
