"""The targets of a rule: put, removed, listed. What a target may be, and what reaches it, is events/targets.py's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eslabon.errors import ServiceError
from eslabon.events.bus import TARGETS_A_RULE, Target
from eslabon.events.operations.registry import DEFAULT, PAGE, Registry
from eslabon.events.targets import compile_target


class Targets(Registry):
    """Operations on targets."""

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
