"""The policy of a bus: its statements added and removed. What a policy decides is said in eslabon.permissions."""

from __future__ import annotations

import json
from typing import Any

from eslabon.errors import ServiceError
from eslabon.events.bus import Bus
from eslabon.events.operations.registry import DEFAULT, Registry
from eslabon.permissions import PolicyError, parse_policy


class Permissions(Registry):
    """Operations on the policies of buses."""

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

    def _statements(self, bus: Bus) -> list[dict[str, Any]]:
        found = json.loads(bus.policy_text)["Statement"] if bus.policy_text else []
        return found if isinstance(found, list) else [found]
