"""CloudWatch Logs in one account and Region: its operations, gathered, and what other services write there.

How groups are kept, what may be written, and how pages are read stand in modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import Failure, NotModelled
from eslabon.ids import Arn
from eslabon.service import Reply
from eslabon.support.logs.operations.events import LogEvents
from eslabon.support.logs.operations.groups import LogGroups
from eslabon.support.logs.operations.resourcepolicies import Policies
from eslabon.support.logs.operations.streams import LogStreams
from eslabon.support.logs.writing import delivered_event

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

DELIVERY_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


class Logs(LogGroups, LogStreams, LogEvents, Policies):
    """CloudWatch Logs of one account and Region."""

    modelled: ClassVar[Mapping[str, str]] = {"InputLogEvent": "*"}
    inert: ClassVar[Mapping[str, str]] = {
        "put_log_events.sequenceToken": "CloudWatch Logs ignores it too: writers need no token any more.",
        "filter_log_events.interleaved": "CloudWatch Logs ignores it too: the events of all streams are interleaved.",
    }

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._delivery_streams: dict[tuple[str, str], str] = {}

    def resources(self) -> list[str]:
        """ARNs of the log groups."""
        return [group.arn for group in self.groups.values()]

    def deliver(
        self,
        arn: str,
        payload: str,
        *,
        principal: str,
        source_arn: str,
        source_account: str,
        role_arn: str | None,  # log groups know resource policies alone
        parameters: Mapping[str, Any],
        reply: Reply,
    ) -> None:
        """Write a payload as one event to the log group at arn, when a resource policy lets the principal do so.

        The policy must allow logs:CreateLogStream and logs:PutLogEvents on the group's streams, ``…:log-group:NAME:*``.
        A role has no say in it: EventBridge writes to log groups by resource policy alone. There are no parameters.
        What is no log event, or one that PutLogEvents would reject for its time, fails for good.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
        """
        if parameters:
            raise NotModelled("logs", f"deliver({', '.join(parameters)}=…)")
        group_name = Arn.parse(arn).resource.removeprefix("log-group:").removesuffix(":*")
        group = self.groups.get(group_name)
        if group is None:
            reply(None, Failure("NO_RESOURCE", "The specified log group does not exist.", retryable=False))
            return
        stream_key = (group_name, source_arn)
        if stream_key not in self._delivery_streams:
            self._delivery_streams[stream_key] = self.ids.uuid()
        stream_name = self._delivery_streams[stream_key]
        for action in DELIVERY_ACTIONS:
            if not self.admits(
                self.policies.together,
                arn,
                principal=principal,
                action=action,
                resource=f"{group.arn}:log-stream:{stream_name}",
                missing_resource=f"{group.arn}:*",
                source_arn=source_arn,
                source_account=source_account,
                reply=reply,
            ):
                return
        event = delivered_event(payload, self.now, group.horizon(self.now))
        if isinstance(event, Failure):
            reply(None, event)
            return
        self.append(group_name, stream_name, [event])
        reply(None, None)

    def append(self, group_name: str, stream_name: str, events: Iterable[tuple[int, str]]) -> None:
        """Write (milliseconds since 1970, message) pairs for a service, making group and stream when they are missing.

        This is no modelled operation: Lambda writes what functions print this way.

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> cloud.service("logs").append("/aws/lambda/orders", "1", [(int(cloud.clock.now * 1000), "START")])
        >>> logs = cloud.client("logs")
        >>> [event["message"] for event in logs.filter_log_events(logGroupName="/aws/lambda/orders")["events"]]
        ['START']
        """
        if group_name not in self.groups:
            self.create_log_group(group_name)
        group = self.groups[group_name]
        if stream_name not in group.streams:
            group.create_stream(stream_name, self.now, self._token())
        self._write(group, group.streams[stream_name], events)
