"""What the operations of Step Functions share: where state machines, executions and map runs are kept and found.

No operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.machines import DELETING, Alias, StateMachine, Version
from eslabon.stepfunctions.running.execution import Execution
from eslabon.tags import Tags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.stepfunctions.maps.mapruns import MapRun
    from eslabon.stepfunctions.tasks.tasks import Attempt

PAGE = 100
RETENTION = 90 * 86_400.0  # seconds that an execution can be seen, and its name is taken, after it has ended

# Where state machines, versions, aliases, executions and map runs keep what the API calls by another name.
_KEPT_AS: Mapping[str, str] = {
    "executionArn": "arn",
    "stateMachineAliasArn": "alias_arn",
    "stateMachineVersionArn": "version_arn",
    "mapRunArn": "map_run_arn",
    "itemCount": "item_count",
    "redriveCount": "redrives",
    "creationDate": "created",
    "updateDate": "updated",
    "startDate": "started",
    "stopDate": "stopped",
    "redriveDate": "redriven",
    "maxConcurrency": "max_concurrency",
}

Item = TypeVar("Item")


class Registry(Service):
    """The state machines and executions of one account and Region."""

    name = "stepfunctions"
    prefix = "states"
    principal = "states.amazonaws.com"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.attempts: dict[str, Attempt] = {}  # tasks that wait for their token, by it
        self._tags = Tags()
        self._machines: dict[str, StateMachine] = {}  # by unqualified ARN
        self._executions: dict[str, Execution] = {}  # those that can be described, by ARN, oldest first
        self.map_runs: dict[str, MapRun] = {}  # by ARN, oldest first

    def _find_machine(self, arn: str) -> StateMachine | None:
        machine = self._machines.get(arn)
        if machine is not None and machine.gone(self.clock.now):
            del self._machines[arn]
            self._tags.remove(arn)
            return None
        return machine

    def _machine(self, arn: str, *, deleting: bool = True) -> StateMachine:
        """The state machine of an unqualified ARN; deleting: whether one is good that is being deleted."""
        machine = self._find_machine(arn)
        if machine is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        if not deleting:
            refuse_deleted(machine)
        return machine

    def _unqualified(self, text: str, *, deleting: bool = True) -> StateMachine:
        """The state machine of an ARN that may name neither a version nor an alias."""
        arn = arns.parse_machine(text)
        if arn.qualifier:
            raise ServiceError("ValidationException", f"{text} names a version or an alias; this takes {arn.base}.")
        return self._machine(arn.base, deleting=deleting)

    def _qualified(self, text: str, *, deleting: bool = True) -> tuple[StateMachine, Version | Alias | None]:
        """The state machine of an ARN, and the version or alias that the ARN names."""
        arn = arns.parse_machine(text)
        machine = self._machine(arn.base, deleting=deleting)
        if not arn.qualifier:
            return machine, None
        number = arn.qualifier
        found = machine.versions.get(int(number)) if number.isdecimal() else machine.aliases.get(number)
        if found is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{text}'")
        return machine, found

    def _execution(self, arn: str) -> Execution:
        """A Standard execution. Raises InvalidArn (an Express one is not kept), ExecutionDoesNotExist."""
        child = self._child(arn, "execution")
        if child is not None:
            return child
        arns.parse(arn, "execution")
        execution = self._executions.get(arn)
        if execution is None or self._expired(execution):
            self._executions.pop(arn, None)
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return execution

    def _child(self, arn: str, kind: str) -> Execution | None:
        """The child execution of an ARN of this kind, execution or express; None when the ARN is not that of a child.

        An Express one that has ended tells what an execution tells, and is nothing else.
        """
        resource = arn.split(":", 5)[-1]
        if not resource.startswith(f"{kind}:") or "/" not in resource:
            return None
        place = resource.split(":")[1]
        runs = (run for run in self.map_runs.values() if f"{run.machine_name}/{run.label}" == place)
        return cast("Execution | None", next((child for run in runs if (child := run.child(arn)) is not None), None))

    def _map_run(self, arn: str) -> MapRun:
        arns.parse(arn, "mapRun")
        run = self.map_runs.get(arn)
        if run is None or self._expired(run.visit.flow.execution):
            self.map_runs.pop(arn, None)
            raise not_found(arn)
        return run

    def _expired(self, execution: Execution) -> bool:
        return execution.stopped is not None and self.clock.now >= execution.stopped + RETENTION

    def _page(
        self, items: Sequence[Item], limit: int, token: str | None, *key: object
    ) -> tuple[list[Item], str | None]:
        """A page of a list and the token of the next one; a limit of 0 is the default. Raises InvalidToken."""
        try:
            return page(items, limit or PAGE, token, ":".join(map(str, key)))
        except InvalidToken:
            raise ServiceError("InvalidToken", f"Invalid Token: '{token}'") from None


def when(seconds: float | None) -> datetime | None:
    """A time as an answer has it.

    >>> when(1767225600.5).isoformat(), when(None)
    ('2026-01-01T00:00:00.500000+00:00', None)
    """
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def shown(one: Any, members: str) -> dict[str, Any]:
    """What the API tells of a state machine, version, alias, execution or map run; members: their names.

    >>> from eslabon.stepfunctions.api.machines import Alias
    >>> shown(Alias("live", "…:live", None, {"…:1": 100}, 0.0, 60.0), "name updateDate")
    {'name': 'live', 'updateDate': datetime.datetime(1970, 1, 1, 0, 1, tzinfo=datetime.timezone.utc)}
    """
    values = {name: getattr(one, _KEPT_AS.get(name, name)) for name in members.split()}
    return {name: when(value) if name.endswith("Date") else value for name, value in values.items()}


def not_found(arn: str) -> ServiceError:
    """The error for an ARN of something that is not there, where the API has no error for its kind.

    >>> not_found("arn:aws:states:us-east-1:123456789012:stateMachine:orders:live").code
    'ResourceNotFound'
    """
    return ServiceError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)


def refuse_deleted(machine: StateMachine) -> None:
    """Refuse a state machine that is being deleted.

    >>> from eslabon.stepfunctions.api.examples import example
    >>> cloud, orders = example()
    >>> machine = cloud.service("stepfunctions")._machines[orders]
    >>> refuse_deleted(machine)
    >>> machine.deleted = 0.0
    >>> refuse_deleted(machine)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: StateMachineDeleting: State Machine Is Being Deleted: ...
    """
    if machine.status == DELETING:
        raise ServiceError("StateMachineDeleting", f"State Machine Is Being Deleted: '{machine.arn}'")


def newest_first(items: Iterable[Item], created: Any) -> list[Item]:
    """Items by the time that `created` says, the newest first; of equals, the one that was made last.

    >>> newest_first([(1, "a"), (2, "b"), (2, "c")], lambda item: item[0])
    [(2, 'c'), (2, 'b'), (1, 'a')]
    """
    last_first = list(items)[::-1]
    return sorted(last_first, key=created, reverse=True)
