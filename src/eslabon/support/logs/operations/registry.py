"""What the operations share: where log groups are kept and found, and how events get into a stream. No operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.service import Service
from eslabon.support.logs.errors import invalid, not_found
from eslabon.support.logs.groups import Event, Group, Stream
from eslabon.support.logs.policies import ResourcePolicies

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]

PAGE_SIZE = 50


class Registry(Service):
    """The log groups and resource policies of one account and Region."""

    name: ClassVar[str] = "logs"
    principal: ClassVar[str] = "logs.amazonaws.com"
    validation_code: ClassVar[str] = "InvalidParameterException"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.groups: dict[str, Group] = {}
        self.policies = ResourcePolicies()
        self._sequence = 0

    @property
    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock.now * 1000)

    def _write(self, group: Group, stream: Stream, events: Iterable[tuple[int, str]]) -> None:
        for timestamp, message in events:
            self._sequence += 1
            text = message.encode(errors="replace").decode()  # a lone surrogate has no bytes in UTF-8
            stream.add(Event(timestamp, self._sequence, text, self.now))
            self.journal.record("log", group=group.name, stream=stream.name, message=text)

    def _token(self) -> str:
        return f"{self.ids.random.randrange(10**55, 10**56)}"

    def _group(self, name: str | None) -> Group:
        if name is None:
            raise invalid("logGroupName is required.")
        if name not in self.groups:
            raise not_found("The specified log group does not exist.")
        return self.groups[name]
