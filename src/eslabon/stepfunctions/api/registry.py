"""What the operations of Step Functions share: where state machines and executions are kept, and how they are found.

No operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.machines import DELETING, Alias, StateMachine, Version
from eslabon.stepfunctions.running.execution import Execution
from eslabon.tags import Tags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.stepfunctions.tasks.tasks import Attempt

PAGE = 100
RETENTION = 90 * 86_400.0  # seconds that an execution can be seen, and its name is taken, after it has ended

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
        if machine.status == DELETING and not deleting:
            raise ServiceError("StateMachineDeleting", f"State Machine Is Being Deleted: '{arn}'")
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
        found: Version | Alias | None = machine.aliases.get(arn.qualifier)
        if arn.qualifier.isdecimal():
            found = machine.versions.get(int(arn.qualifier))
        if found is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{text}'")
        return machine, found

    def _execution(self, arn: str) -> Execution:
        """A Standard execution. Raises InvalidArn (an Express one is not kept), ExecutionDoesNotExist."""
        arns.parse(arn, "execution")
        execution = self._executions.get(arn)
        if execution is None or self._expired(execution):
            self._executions.pop(arn, None)
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return execution

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


def when(seconds: float) -> datetime:
    """A time as an answer has it.

    >>> when(1767225600.5).isoformat()
    '2026-01-01T00:00:00.500000+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC)


def newest_first(items: Iterable[Item], created: Any) -> list[Item]:
    """Items by the time that `created` says, the newest first; of equals, the one that was made last.

    >>> newest_first([(1, "a"), (2, "b"), (2, "c")], lambda item: item[0])
    [(2, 'c'), (2, 'b'), (1, 'a')]
    """
    last_first = list(items)[::-1]
    return sorted(last_first, key=created, reverse=True)
