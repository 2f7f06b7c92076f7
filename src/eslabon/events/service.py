"""Amazon EventBridge event buses: how events come in, and the operations on buses and rules, gathered.

Schedules, archives, API destinations, partner sources and cross-account buses are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from eslabon.errors import Failure
from eslabon.events import entries as put
from eslabon.events.dispatch import dispatch
from eslabon.events.operations.buses import Buses
from eslabon.events.operations.permissions import Permissions
from eslabon.events.operations.registry import DEFAULT
from eslabon.events.operations.rules import Rules
from eslabon.events.operations.tagging import Tagging
from eslabon.events.operations.targets import Targets
from eslabon.service import Reply


class Events(Buses, Permissions, Rules, Targets, Tagging):
    """EventBridge in one account and Region: https://docs.aws.amazon.com/eventbridge/latest/APIReference/"""

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
