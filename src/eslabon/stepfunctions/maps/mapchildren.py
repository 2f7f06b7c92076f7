"""The child executions of a map run: Standard ones are executions like others, Express ones leave only their end.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.stepfunctions.running.execution import Execution

if TYPE_CHECKING:
    from eslabon.stepfunctions.maps.mapruns import MapRun

STANDARD, EXPRESS = "STANDARD", "EXPRESS"


class Child(Execution):
    """A child execution under way, or a Standard one that has ended.

    index: which one of the map run's, from 0; items: how many it processes.
    """

    def __init__(self, run: MapRun, index: int, given: Any, items: int) -> None:
        parent = run.visit.flow.execution
        name = child_name(run, index)
        super().__init__(
            parent.service,
            run.work.processor,
            arn=run.children_arn + name,
            name=name,
            type=run.type,
            state_machine=run.state_machine,
            role_arn=parent.role_arn,
            input=given,
            ended=run.child_ended,
        )
        self.index = index
        self.item_count = items
        self.map_run_arn = run.arn
        self.label = run.label
        self.revision = parent.revision
        if parent.revision is not None:
            self.log = parent.revision.recorder(self)

    def forget(self) -> None:
        """Let go of the history and of the way through the states: an Express execution shows neither.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> [child] = map_run([1], express=True).children
        >>> len(child.events)
        2
        >>> child.forget()
        >>> child.events
        []
        """
        self.events = []
        self.flow.visit = None
        self.flow.handle = None
        del self.flow, self.ended, self._deadline


@dataclass(slots=True, eq=False)
class Ended:
    """An Express child execution after its end, in as few bytes as tell it."""

    run: MapRun
    index: int
    item_count: int | None
    status: str
    started: float
    stopped: float | None
    redrives: int
    input: Any
    output: Any
    error: str | None
    cause: str | None
    # What only others have.
    type: ClassVar[str] = EXPRESS
    version_arn: ClassVar[None] = None
    alias_arn: ClassVar[None] = None
    redriven: ClassVar[None] = None
    input_text: ClassVar[None] = None

    @classmethod
    def of(cls, run: MapRun, child: Child) -> Ended:
        """What is left of a child execution.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1])
        >>> Ended.of(run, run.children[0]).input
        1
        """
        return cls(run, *_kept(child))

    @property
    def arn(self) -> str:
        """Its ARN, the same after a redrive."""
        return self.run.children_arn + self.name

    @property
    def name(self) -> str:
        """Its name."""
        return child_name(self.run, self.index)

    @property
    def map_run_arn(self) -> str:
        """The map run that started it."""
        return self.run.arn

    @property
    def state_machine(self) -> Mapping[str, str]:
        """Its labelled state machine."""
        return self.run.state_machine


_kept = attrgetter(*Ended.__slots__[1:])  # all but the run


def child_name(run: MapRun, index: int) -> str:
    """The name of a child execution: a UUID that the map run and the number determine, so that none is kept.

    >>> from eslabon.stepfunctions.api.examples import map_run
    >>> run = map_run([1])
    >>> child_name(run, 0) == run.children[0].name, child_name(run, 0) == child_name(run, 1)
    (True, False)
    """
    digest = hashlib.md5(run.id + str(index).encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-3{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"
