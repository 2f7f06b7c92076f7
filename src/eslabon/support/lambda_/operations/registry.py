"""What the operations share: where functions are kept and found, and which links the journal knows. No operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.service import Service
from eslabon.support.lambda_ import requests
from eslabon.support.lambda_.errors import not_found
from eslabon.support.lambda_.functions import Function

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]


class Registry(Service):
    """The functions of one account and Region."""

    name: ClassVar[str] = "lambda"
    principal: ClassVar[str] = "lambda.amazonaws.com"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.functions: dict[str, Function] = {}

    def _function(self, given: str, qualifier: str | None = None) -> Function:
        """Find a function; versions and aliases do not exist here, so asking for one finds nothing."""
        name, own_qualifier = requests.name_and_qualifier(given, self.account, self.region)
        asked = qualifier or own_qualifier
        if name not in self.functions or asked not in (None, "$LATEST"):
            arn = self.arn(f"function:{name}")
            raise not_found(f"Function not found: {arn}:{asked}" if asked else f"Function not found: {arn}")
        return self.functions[name]

    def _link_destinations(self, function: Function, state: str) -> None:
        if function.event_invoke is not None:
            self._link(function, function.event_invoke.on_success, state)
            self._link(function, function.event_invoke.on_failure, state)

    def _link(self, function: Function, target: str, state: str) -> None:
        if target:
            self.journal.record("link", source=function.arn, target=target, state=state)
