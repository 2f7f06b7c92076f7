"""Executions to begin with: what the examples of this package share. The implementation itself does not use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.stepfunctions.api.examples import cloud_with_role
from eslabon.stepfunctions.language.definition import compile_machine
from eslabon.stepfunctions.running.execution import Execution
from eslabon.stepfunctions.running.interpreter import Visit

WAIT = {"Type": "Wait", "Seconds": 60, "Next": "Done"}
DONE = {"Type": "Succeed"}


def begun(states: Mapping[str, Any], given: Any = None, *, seconds: float = 0.03, **fields: Any) -> Execution:
    """An execution of these states, of which the first comes first, so many seconds after its start.

    given: its input; fields: of the state machine, beside StartAt and States.

    >>> begun({"Done": DONE}, {"n": 1}).output
    {'n': 1}
    >>> begun({"Wait": WAIT, "Done": DONE}).status
    'RUNNING'
    """
    cloud, role = cloud_with_role()
    service: Any = cloud.service("stepfunctions")
    execution = Execution(
        service,
        compile_machine({"StartAt": next(iter(states)), "States": states, **fields}),
        arn=service.arn("execution:orders:first"),
        name="first",
        type="STANDARD",
        state_machine={"Id": service.arn("stateMachine:orders"), "Name": "orders"},
        role_arn=role,
        input=given,
        ended=lambda execution: None,
    )
    execution.start()
    cloud.clock.advance(seconds)
    return execution


def waiting(given: Any = None, **fields: Any) -> Visit:
    """The visit of a Wait that has just begun, and goes on to a Succeed.

    fields: of the Wait, beside its Seconds and Next.

    >>> waiting({"n": 1}).input
    {'n': 1}
    """
    visit = begun({"Wait": {**WAIT, **fields}, "Done": DONE}, given).flow.visit
    assert visit is not None
    return visit


def kinds(execution: Execution) -> list[str]:
    """The types of the events of an execution.

    >>> kinds(waiting().flow.execution)
    ['ExecutionStarted', 'WaitStateEntered']
    """
    return [event[0] for event in execution.events]
