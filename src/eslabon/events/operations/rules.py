"""Rules: put, described, listed, enabled, disabled, deleted; a pattern tried. Rules with a schedule are left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.events.bus import RULES_A_BUS, Rule
from eslabon.events.operations.registry import DEFAULT, PAGE, Registry
from eslabon.events.pattern import InvalidPattern, Pattern, check_event, compile_pattern
from eslabon.events.targets import checked_arn


class Rules(Registry):
    """Operations on rules."""

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

    def test_event_pattern(self, EventPattern: str, Event: str) -> dict[str, Any]:
        """Say whether a pattern matches an event, both JSON text.

        Raises InvalidEventPatternException, ValidationException (the event lacks a field that all events have).

        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html

        >>> import json
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

    def _set_state(self, name: str, bus_name: str, state: str) -> None:
        rule = self._rule(name, bus_name)
        self._bus(bus_name).change(name, replace(rule, state=state), self.clock.now)

    def _pattern(self, text: str) -> Pattern:
        try:
            return compile_pattern(text)
        except InvalidPattern as error:
            raise ServiceError("InvalidEventPatternException", str(error)) from None

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
