"""The child executions of a map run: Standard ones are executions like others, Express ones leave only their end.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.api import executionlog
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
            arn=child_arn(run, name),
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
            self.log = executionlog.recorder(self, parent.revision.logging)

    def forget(self) -> None:
        """Let go of the history and of the way through the states: an Express execution shows neither.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
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


class Ended:
    """An Express child execution after its end, in as few bytes as tell it."""

    __slots__ = (
        "cause",
        "error",
        "index",
        "input",
        "item_count",
        "output",
        "redrives",
        "run",
        "started",
        "status",
        "stopped",
    )

    # What only others have.
    type = EXPRESS
    version_arn = alias_arn = redriven = input_text = None

    def __init__(self, run: MapRun, child: Child) -> None:
        self.run = run
        self.index = child.index
        self.item_count = child.item_count
        self.status = child.status
        self.started = child.started
        self.stopped = child.stopped
        self.redrives = child.redrives
        self.input = child.input
        self.output = child.output
        self.error = child.error
        self.cause = child.cause

    @property
    def arn(self) -> str:
        """Its ARN, the same after a redrive."""
        return child_arn(self.run, self.name)

    @property
    def name(self) -> str:
        """Its name."""
        return child_name(self.run, self.index)

    @property
    def map_run_arn(self) -> str:
        """The map run that started it."""
        return self.run.arn

    @property
    def label(self) -> str:
        """The Map state's label."""
        return self.run.label

    @property
    def state_machine(self) -> Mapping[str, str]:
        """Its labelled state machine."""
        return self.run.state_machine


def child_name(run: MapRun, index: int) -> str:
    """The name of a child execution: a UUID that the map run and the number determine, so that none is kept.

    >>> from eslabon.stepfunctions.maps.mapexamples import map_run
    >>> run = map_run([1])
    >>> child_name(run, 0) == run.children[0].name, child_name(run, 0) == child_name(run, 1)
    (True, False)
    """
    digest = hashlib.md5(run.id + str(index).encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-3{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"


def child_arn(run: MapRun, name: str) -> str:
    """The ARN of a child execution; that of an Express one tells the map run too.

    >>> from eslabon.stepfunctions.maps.mapexamples import map_run
    >>> child_arn(map_run([1]), "name")
    'arn:aws:states:us-east-1:123456789012:execution:orders/Each:name'
    """
    return run.children_arn + name
