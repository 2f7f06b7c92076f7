"""What eslabon models and what it keeps without effect, read from the services for the page that prints it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from eslabon.boto import service_model
from eslabon.cloud import SERVICES, service_class
from eslabon.gate import operations


class Inert(NamedTuple):
    """Something that AWS acts on and eslabon only keeps: where it stands in the API, and why it may be kept."""

    service: str
    where: str
    reason: str


def modelled_operations() -> dict[str, list[str]]:
    """Service -> the operations that it models, both by their boto3 names.

    >>> modelled_operations()["sts"]
    ['get_caller_identity']
    >>> "put_events" in modelled_operations()["events"]
    True
    """
    return {name: operations(service_class(name), service_model(name)) for name in sorted(SERVICES)}


def inert() -> Iterator[Inert]:
    """Everything that is accepted without effect; all else that is not modelled is refused with NotModelled.

    >>> next(row.reason for row in inert() if row.where == "delete_rule.Force")
    'It concerns rules that AWS services manage; there are none here.'
    """
    for name in sorted(SERVICES):
        for where, reason in sorted(service_class(name).inert.items()):
            yield Inert(name, where, reason)
