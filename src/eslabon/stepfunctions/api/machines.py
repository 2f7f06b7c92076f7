"""State machines, their versions and aliases as values, and which revision is in effect: updates take a moment.

Runs nothing and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eslabon.ids import Ids
from eslabon.stepfunctions.language.definition import Machine

if TYPE_CHECKING:
    from eslabon.stepfunctions.running.execution import Execution

# AWS: executions that start "within a few seconds" of an update may use what was there before. The figure is ours.
UPDATE_DELAY = 3.0
# AWS deletes a state machine some time after the call, and after its last execution. The figure is ours.
DELETE_DELAY = 2.0

ACTIVE, DELETING = "ACTIVE", "DELETING"
INITIAL = "INITIAL"  # what calls the revision that has no id yet: the one that CreateStateMachine made

OFF: Mapping[str, Any] = {"level": "OFF", "includeExecutionData": False}


@dataclass(frozen=True)
class Revision:
    """What a state machine is between two updates; executions keep the one that they began with.

    id: None for the first; at: when it was made, in seconds since 1970.
    """

    definition: str
    machine: Machine
    role_arn: str
    at: float
    id: str | None = None
    logging: Mapping[str, Any] = field(default_factory=lambda: OFF)
    tracing: bool = False

    def recorder(self, execution: Execution) -> Callable[[int], None] | None:
        """What an execution calls with the id of each of its events; None when nothing is to be logged.

        >>> from eslabon.stepfunctions.language.definition import compile_machine
        >>> compiled = compile_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        >>> Revision("{}", compiled, "role", 0.0).recorder(None) is None
        True
        """
        if self.logging["level"] == "OFF":
            return None
        from eslabon.stepfunctions.api import executionlog

        return executionlog.recorder(execution, self.logging)


@dataclass(frozen=True)
class Version:
    """A revision under a number."""

    number: int
    arn: str
    revision: Revision
    description: str | None
    created: float


Routing = Mapping[str, int]  # where an alias sends executions: versions' ARNs, one or two, and per cent, 100 together


def choose(routing: Routing, ids: Ids) -> str:
    """The ARN of the version that the next execution runs.

    >>> choose({"1": 100}, Ids(1))
    '1'
    >>> {choose({"1": 0, "2": 100}, Ids(seed)) for seed in range(20)}
    {'2'}
    """
    if len(routing) == 1:
        return next(iter(routing))
    return ids.random.choices(list(routing), list(routing.values()))[0]


@dataclass
class Alias:
    """A name for one or two versions of a state machine."""

    name: str
    arn: str
    description: str | None
    routing: Routing
    created: float
    updated: float
    before: Routing | None = None  # what is still in effect until the last update is

    def in_effect(self, now: float) -> Routing:
        """The routing that an execution meets which starts now.

        >>> alias = Alias("live", "…:live", None, {"2": 100}, 0.0, 60.0, before={"1": 100})
        >>> alias.in_effect(60.0), alias.in_effect(63.0)
        ({'1': 100}, {'2': 100})
        """
        return self.before if self.before and now < self.updated + UPDATE_DELAY else self.routing


@dataclass
class StateMachine:
    """A state machine: `revision` is what the API shows, `in_effect` what an execution meets that starts now."""

    name: str
    arn: str
    type: str
    created: float
    revision: Revision
    published: tuple[bool, str | None]  # whether and how CreateStateMachine published it, for its idempotency
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    numbers: int = 0  # the last version's; a number is never used again
    deleted: float | None = None
    running: int = 0  # executions under way
    _before: list[Revision] = field(default_factory=list)

    @property
    def status(self) -> str:
        """ACTIVE or DELETING."""
        return ACTIVE if self.deleted is None else DELETING

    def update(self, revision: Revision) -> None:
        """Make a new revision, in effect UPDATE_DELAY seconds later.

        >>> from eslabon.stepfunctions.language.definition import compile_machine
        >>> compiled = compile_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        >>> first, second = [Revision("{}", compiled, "role", at) for at in (0.0, 60.0)]
        >>> orders = StateMachine("orders", "…:orders", "STANDARD", 0.0, first, (False, None))
        >>> orders.update(second)
        >>> orders.revision is second
        True
        """
        self._before.append(self.revision)
        self.revision = revision

    def in_effect(self, now: float) -> Revision:
        """The newest revision that is old enough.

        >>> from eslabon.stepfunctions.language.definition import compile_machine
        >>> compiled = compile_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        >>> first, second = [Revision("{}", compiled, "role", at) for at in (0.0, 60.0)]
        >>> orders = StateMachine("orders", "…:orders", "STANDARD", 0.0, first, (False, None))
        >>> orders.update(second)
        >>> orders.in_effect(60.0) is first, orders.in_effect(63.0) is second
        (True, True)
        """
        for revision in (self.revision, *reversed(self._before)):
            if now >= revision.at + UPDATE_DELAY:
                return revision
        return self._before[0] if self._before else self.revision  # the first is in effect at once

    def gone(self, now: float) -> bool:
        """Whether it has been deleted, and nothing of it is left; Express executions do not hold it.

        >>> from eslabon.stepfunctions.language.definition import compile_machine
        >>> compiled = compile_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        >>> first = Revision("{}", compiled, "role", 0.0)
        >>> orders = StateMachine("orders", "…:orders", "STANDARD", 0.0, first, (False, None))
        >>> orders.gone(0.0)
        False
        >>> orders.deleted = 60.0
        >>> orders.gone(61.0), orders.gone(62.0)
        (False, True)
        """
        held = self.running > 0 and self.type != "EXPRESS"
        return self.deleted is not None and not held and now >= self.deleted + DELETE_DELAY
