"""From an event on a bus to its targets: matching rules, transformation, delivery, retries, the dead-letter queue.

Like EventBridge itself it promises at least once and no order. Archives and schedules are left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon.errors import Failure
from eslabon.events.bus import Bus, Rule, Target
from eslabon.events.retry import RetryPolicy, wait_before

if TYPE_CHECKING:
    from eslabon.events.service import Events

PRINCIPAL = "events.amazonaws.com"


def dispatch(service: Events, bus: Bus, event: Mapping[str, Any], *, forwarded: bool = False) -> None:
    """Send the event to every target of every rule that it matches.

    forwarded: it comes from another bus, so it goes to no third one.

    >>> from eslabon import Cloud
    >>> from eslabon.events.pattern import compile_pattern
    >>> cloud, pattern = Cloud(), compile_pattern('{"source": ["shop"]}')
    >>> bus = Bus("shop", "arn:aws:events:us-east-1:123456789012:event-bus/shop", *[cloud.clock.datetime()] * 2)
    >>> arn = "arn:aws:events:us-east-1:123456789012:rule/shop/orders"
    >>> bus.change("orders", Rule("orders", arn, "shop", pattern.text, pattern, "ENABLED", None, None, ""), now=0.0)
    >>> dispatch(cloud.service("events"), bus, {"id": "1", "source": "shop"})
    >>> dispatch(cloud.service("events"), bus, {"id": "2", "source": "warehouse"})
    >>> [entry["event_id"] for entry in cloud.journal.of("match")]
    ['1']
    """
    now = service.clock.now
    for rule in bus.matching(event, now):
        service.journal.record("match", bus=bus.arn, rule=rule.arn, event_id=event["id"])
        for target in rule.targets.values():
            if forwarded and ":event-bus/" in target.arn:
                _refuse_third_bus(service, rule, target)
                continue
            _Delivery(service, rule, target, event, now).attempt()


def _refuse_third_bus(service: Events, rule: Rule, target: Target) -> None:
    """AWS: EventBridge can't route events received from a sender event bus to a third event bus."""
    service.journal.record(
        "delivery",
        source=rule.arn,
        target=target.arn,
        payload="",
        attempt=1,
        error="THIRD_BUS",
        message="An event that came from another bus is not sent on to a third one.",
    )


@dataclass
class _Delivery:
    """One event on its way to one target of one rule."""

    service: Events
    rule: Rule
    target: Target
    event: Mapping[str, Any]
    begun: float
    retries: int = 0

    def attempt(self) -> None:
        """Try to deliver; what comes of it decides the rest."""
        payload = self.target.transform(self.event, self._reserved())
        self.service.cloud.deliver(
            self.target.arn,
            payload,
            principal=PRINCIPAL,
            source_arn=self.rule.arn,
            role_arn=self.target.role_arn,
            parameters=self.target.given.get("SqsParameters", {}),
            reply=lambda result, failure: self._answered(payload, failure),
        )

    def _reserved(self) -> dict[str, str]:
        """Values of AWS's predefined variables of input transformers."""
        ingestion = self.service.clock.datetime().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "aws.events.rule-arn": self.rule.arn,
            "aws.events.rule-name": self.rule.name,
            "aws.events.event.ingestion-time": ingestion,
        }

    def _answered(self, payload: str, failure: Failure | None) -> None:
        service = self.service
        service.journal.record(
            "delivery",
            source=self.rule.arn,
            target=self.target.arn,
            payload=payload,
            attempt=self.retries + 1,
            error=failure.code if failure else None,
            message=failure.message if failure else None,
        )
        if failure is None:
            return
        if not failure.retryable:
            self._give_up(failure, None)
            return
        policy = RetryPolicy.of(self.target.given.get("RetryPolicy"))
        wait = wait_before(self.retries + 1, service.ids.random)
        age = service.clock.now - self.begun
        condition = policy.exhausted(retries=self.retries, age=age + wait)
        if condition:
            self._give_up(failure, condition)
            return
        self.retries += 1
        service.clock.call_later(wait, self.attempt)

    def _give_up(self, failure: Failure, condition: str | None) -> None:
        """To the dead-letter queue if there is one; else the event is dropped, without a word to the publisher."""
        queue = (self.target.given.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            self._dropped()
            return
        attributes = {
            "RULE_ARN": ("String", self.rule.arn),
            "TARGET_ARN": ("String", self.target.arn),
            "ERROR_CODE": ("String", failure.code),
            "ERROR_MESSAGE": ("String", failure.message),
            "RETRY_ATTEMPTS": ("Number", str(self.retries)),
        }
        if condition:
            attributes["EXHAUSTED_RETRY_CONDITION"] = ("String", condition)
        payload = json.dumps(self.event, separators=(",", ":"), ensure_ascii=False)
        journal = self.service.journal

        def answered(result: str | None, refused: Failure | None) -> None:
            journal.record(
                "delivery",
                source=self.rule.arn,
                target=queue,
                payload=payload,
                attempt=1,
                error=refused.code if refused else None,
                message=refused.message if refused else None,
            )
            if refused:
                self._dropped()

        self.service.cloud.deliver(
            queue,
            payload,
            principal=PRINCIPAL,
            source_arn=self.rule.arn,
            parameters={
                "MessageAttributes": {
                    name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()
                }
            },
            reply=answered,
        )

    def _dropped(self) -> None:
        self.service.journal.record("dropped", source=self.rule.arn, target=self.target.arn, event_id=self.event["id"])
