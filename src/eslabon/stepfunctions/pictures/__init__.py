"""Pictures of state machines and of their executions: what a notebook and the page show. See `draw`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.pictures import graphs, visits
from eslabon.stepfunctions.pictures.bars import Timeline
from eslabon.stepfunctions.pictures.drawing import Drawing
from eslabon.stepfunctions.pictures.labels import Labels
from eslabon.stepfunctions.pictures.svg import Picture
from eslabon.stepfunctions.running import history

if TYPE_CHECKING:
    from eslabon.stepfunctions.running.execution import Execution

Events = Iterable[Mapping[str, Any]]


def draw(
    definition: Mapping[str, Any] | str,
    execution: Execution | Events | None = None,
    *,
    language: str = "en",
    width: float = 700,
) -> Picture:
    """The graph of a state machine as SVG and, with an execution, what that did.

    definition: JSON text or an object; execution: the events that get_execution_history answers, all of them, from
    this implementation or from AWS; `recorded` fetches both. language: "en" or "es"; width: in pixels, about.
    Raises ValueError for what is no definition, no history, or another language.

    >>> definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    >>> draw(definition).svg.startswith("<svg")
    True
    >>> draw("{}")
    Traceback (most recent call last):
    ValueError: a definition is an object with StartAt and States (by name); see the Amazon States Language
    """
    labels = Labels(language)
    graph = graphs.read(definition, labels)
    run = None if execution is None else visits.read(_events(execution), graph)
    return Drawing(graph, run, labels, width).picture()


def timeline(
    definition: Mapping[str, Any] | str,
    execution: Execution | Events,
    *,
    language: str = "en",
    width: float = 700,
) -> Picture:
    """An execution over time as SVG: a row for each visit of a state, with its attempts and the waits between them.

    Its arguments, and what it raises, are those of `draw`.

    >>> definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    >>> timeline(definition, []).svg.startswith("<svg")
    True
    >>> timeline(definition, [{"id": 1}])
    Traceback (most recent call last):
    ValueError: event 1 has no type, timestamp and previousEventId: give the events of get_execution_history
    """
    labels = Labels(language)
    run = visits.read(_events(execution), graphs.read(definition, labels))
    return Timeline(run, labels, width).picture()


def recorded(client: Any, execution_arn: str) -> tuple[str, list[dict[str, Any]]]:
    """The definition and the events of an execution, for `draw(*recorded(client, arn))` and `timeline` likewise.

    client: a boto3 client of Step Functions, also one of AWS. Raises what its calls raise.

    >>> from eslabon.stepfunctions.api.examples import example
    >>> cloud, orders = example()
    >>> client = cloud.client("stepfunctions")
    >>> run = client.start_execution(stateMachineArn=orders)["executionArn"]
    >>> cloud.clock.run_until_idle()
    >>> definition, events = recorded(client, run)
    >>> events[-1]["type"]
    'ExecutionSucceeded'
    """
    definition = client.describe_state_machine_for_execution(executionArn=execution_arn)["definition"]
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, includeExecutionData=False
    )
    return definition, [event for page in pages for event in page["events"]]


def _events(execution: Execution | Events) -> Events:
    return execution if isinstance(execution, Iterable) else history.render(execution.events, data=False)
