"""What every service has in common: its place (account, Region), and what it tells the gate.

No behaviour of any one service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.clock import Clock
from eslabon.errors import Failure
from eslabon.ids import Ids
from eslabon.journal import Journal
from eslabon.permissions import Policy, allows, missing_statement

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Reply = Callable[[str | None, Failure | None], None]


class Service:
    """One service in one account and Region. Each public method is an operation under its boto3 name.

    A method's keyword parameters are the operation's members that are modelled; `modelled` does the same for the
    structures nested in them. What stands in neither is refused with NotModelled before the method is called.
    """

    name: ClassVar[str]
    prefix: ClassVar[str] = ""  # in ARNs and actions, where it is not the name
    principal: ClassVar[str] = ""  # who it is when it calls others: "events.amazonaws.com"
    validation_code: ClassVar[str] = "ValidationException"
    validation_status: ClassVar[int] = 400
    modelled: ClassVar[Mapping[str, str]] = {}  # input structure's shape name -> its modelled members, "*" for all
    inert: ClassVar[Mapping[str, str]] = {}  # "operation.Member", "Shape.Member" or "operation" -> why without effect
    gate_skips: ClassVar[frozenset[str]] = frozenset()  # "operation.Member", "Shape.Member": checked by the service
    query_codes: ClassVar[Mapping[str, str]] = {}  # error shape -> the code of the former query protocol (SQS)

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        self.cloud = cloud
        self.account = account
        self.region = region
        self.clock: Clock = cloud.clock
        self.ids: Ids = cloud.ids
        self.journal: Journal = cloud.journal

    def arn(self, resource: str) -> str:
        """The ARN of a resource of this service, here.

        >>> from eslabon import Cloud
        >>> Cloud().service("sqs").arn("orders")
        'arn:aws:sqs:us-east-1:123456789012:orders'
        """
        return f"arn:aws:{self.prefix or self.name}:{self.region}:{self.account}:{resource}"

    def resources(self) -> list[str]:
        """ARNs of what the reader made here and has not deleted.

        >>> from eslabon import Cloud
        >>> Cloud().service("sqs").resources()
        []
        """
        return []

    def admits(
        self,
        policy: Policy | None,
        arn: str,
        *,
        principal: str,
        action: str,
        resource: str,
        source_arn: str,
        source_account: str,
        reply: Reply,
        missing_resource: str = "",
    ) -> bool:
        """Whether a resource policy lets a delivery to `arn` do `action`; where not, the refusal is answered.

        The journal notes which statement is missing: on `resource`, or on `missing_resource` where that says it better.

        >>> from eslabon import Cloud
        >>> asked = {"principal": "events.amazonaws.com", "action": "sqs:SendMessage", "source_account": "123456789012",
        ...     "source_arn": "arn:aws:events:us-east-1:123456789012:rule/orders"}
        >>> arn = "arn:aws:sqs:us-east-1:123456789012:orders"
        >>> sqs = Cloud().service("sqs")
        >>> sqs.admits(None, arn, resource=arn, reply=lambda _, failure: print(failure.code), **asked)
        NO_PERMISSIONS
        False
        """
        asked = {"principal": principal, "action": action, "source_arn": source_arn}
        if allows(policy, resource=resource, source_account=source_account, **asked):
            return True
        named = missing_resource or resource
        missing = missing_statement(resource=named, **asked)
        self.journal.record(
            "refusal", source=source_arn, target=arn, principal=principal, action=action, missing=missing
        )
        message = f"No resource policy allows {principal} to perform {action} on {named} for {source_arn}."
        reply(None, Failure("NO_PERMISSIONS", message, retryable=False, members={"missing": missing}))
        return False

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
        """Receive `payload` (JSON text) at `arn`; answers through `reply` once, now or later.

        >>> from eslabon import Cloud
        >>> Cloud().service("sts").deliver("arn:aws:sts:::orders", "{}", principal="events.amazonaws.com",
        ...     source_arn="arn:aws:events:us-east-1:123456789012:rule/orders", source_account="123456789012",
        ...     role_arn=None, parameters={}, reply=lambda result, failure: print(failure.code))
        UNSUPPORTED_TARGET
        """
        reply(None, Failure("UNSUPPORTED_TARGET", f"{self.name} receives no deliveries.", retryable=False))
