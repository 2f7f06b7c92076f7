"""Event buses: made, described, changed, listed, deleted. Who may put events on them is permissions.py's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.errors import ServiceError
from eslabon.events.bus import BUSES, Bus
from eslabon.events.operations.registry import DEFAULT, PAGE, Registry


class Buses(Registry):
    """Operations on buses."""

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

    def _shown_bus(self, bus: Bus) -> dict[str, Any]:
        return {
            "Name": bus.name,
            "Arn": bus.arn,
            "Description": bus.description,
            "Policy": bus.policy_text,
            "CreationTime": bus.created,
            "LastModifiedTime": bus.modified,
        }
