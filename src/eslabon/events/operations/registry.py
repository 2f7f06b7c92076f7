"""What the operations share: where buses, rules and tags are kept and found, and how lists are cut. No operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import NotModelled, ServiceError
from eslabon.events.bus import Bus, Rule
from eslabon.events.dispatch import PRINCIPAL
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

DEFAULT = "default"
PAGE = 100


class Registry(Service):
    """The buses of one account and Region, with their rules."""

    name: ClassVar[str] = "events"
    principal: ClassVar[str] = PRINCIPAL

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self._tags = Tags()
        self._buses: dict[str, Bus] = {}
        self._add_bus(DEFAULT)

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
