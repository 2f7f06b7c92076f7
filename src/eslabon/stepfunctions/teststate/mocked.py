"""The work of a mocked Task, Map or Parallel, as far as it is the state's own; the mock does the rest."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.language.definition import MapWork
from eslabon.stepfunctions.language.errornames import EXCEEDED
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running import branches
from eslabon.stepfunctions.running.interpreter import Visit
from eslabon.stepfunctions.tasks.tasks import TOKEN_LENGTH

if TYPE_CHECKING:
    from eslabon.stepfunctions.teststate.running import TestExecution


def run_mocked(visit: Visit, execution: TestExecution) -> None:
    """What a mocked state does: its arguments and items are made, then the mock answers.

    Raises StateError when they cannot be made, and for a mocked error; ValidationException for a stateConfiguration
    that does not fit.

    >>> import json
    >>> from eslabon import Cloud
    >>> state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    >>> mock = {"result": '{"MessageId": "m1"}'}
    >>> Cloud().client("stepfunctions").test_state(definition=json.dumps(state), mock=mock)["output"]
    '{"MessageId":"m1"}'
    """
    settings = execution.settings
    mock = settings.mock
    assert mock is not None
    if visit.state.type == "Task" and "Task" not in (settings.context or {}):
        visit.token = visit.ids.token(TOKEN_LENGTH)
    visit.document = visit.state.dataflow.arguments(visit)
    if isinstance(visit.state.work, MapWork):
        _map(visit, visit.state.work, execution)
    if mock.error is not None:
        raise mock.error
    visit.succeed(mock.result)


def _map(visit: Visit, work: MapWork, execution: TestExecution) -> None:
    """What a Map makes of its items before they are processed, and whether too many have failed."""
    settings, data = execution.settings, execution.inspection.data
    given = visit.document
    limits = branches.limits(visit, work)
    data["maxConcurrency"] = int(limits["maxConcurrency"])
    if work.tolerated_count is not None:
        data["toleratedFailureCount"] = int(limits["toleratedFailureCount"])
    if work.tolerated_percentage is not None:
        data["toleratedFailurePercentage"] = limits["toleratedFailurePercentage"]
    items, step = None, ""
    if work.reader is None:
        items, step = (given, "") if work.items is None else (work.items(visit), "afterItemsPath")
        if not isinstance(items, list) and not (work.distributed and isinstance(items, dict)):
            raise branches.wrong_items(visit, items)
    elif "mapItemReaderData" in settings.configuration:
        items = read_data(settings.configuration["mapItemReaderData"], work)
        step = "afterItemsPointer" if "ItemsPointer" in work.reader.config else ""
    elif isinstance(given, list):  # the input stands for what would be read
        items = given
    if items is not None:
        execution.inspection.note(step, items)
        _process(visit, work, execution, given, items)
    failed = settings.configuration.get("mapIterationFailureCount")
    _check_failures(work, failed, limits, None if items is None else len(items))


def _process(visit: Visit, work: MapWork, execution: TestExecution, given: Any, items: Any) -> None:
    """Select and batch the items."""
    from eslabon.stepfunctions.maps.mapinputs import batches

    pairs = items.items() if isinstance(items, dict) else [(None, item) for item in items]
    selected = []
    for index, (key, value) in enumerate(pairs):
        item = {"Index": index, "Value": value, **({} if key is None else {"Key": key})}
        plain = value if key is None else {"Key": key, "Value": value}
        selected.append(plain if work.selector is None else branches.select(visit, work.selector, given, item))
    if work.selector is not None:
        execution.inspection.note("afterItemSelector", selected)
    if work.batcher is not None:
        visit.document = given
        batched = [batch for batch, _ in batches(selected, *work.batcher.limits(visit))]
        execution.inspection.note("afterItemBatcher", batched)


def read_data(text: str, work: MapWork) -> Any:
    """The items in what an ItemReader would have read, in its format. Raises ValidationException.

    >>> from eslabon.stepfunctions.api.examples import SUCCEED
    >>> from eslabon.stepfunctions.language.definition import compile_state
    >>> processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **SUCCEED}
    >>> reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
    >>> each = compile_state("Each", {"Type": "Map", "ItemProcessor": processor, "ItemReader": reader, "End": True})
    >>> read_data("[1, 2]", each.work)
    [1, 2]
    >>> read_data("[1, 2", each.work)
    Traceback (most recent call last):
    ServiceError: ValidationException: mapItemReaderData is not what the ItemReader reads: ...
    """
    from eslabon.stepfunctions.maps.itemformats import FORMATS, Member

    assert work.reader is not None
    kind = work.reader.config.get("InputType", "JSON")  # a list of objects is JSON
    if kind not in FORMATS or "ManifestType" in work.reader.config:
        raise NotModelled("stepfunctions", f"mapItemReaderData of {kind}", list(FORMATS))
    try:
        items = list(FORMATS[kind](io.BytesIO(text.encode("utf-8", "surrogatepass")), work.reader.config))
    except ValueError as error:
        message = f"mapItemReaderData is not what the ItemReader reads: {error}"
        raise ServiceError("ValidationException", message) from None
    if items and isinstance(items[0], Member):
        return {item.key: item.value for item in items}
    return items


def _check_failures(work: MapWork, failed: int | None, limits: Mapping[str, float], count: int | None) -> None:
    if not failed:
        return
    if count is not None and failed > count:
        message = f"mapIterationFailureCount is {failed}, and the Map has {count} items."
        raise ServiceError("ValidationException", message)
    if work.tolerated_percentage is not None and count is None:
        message = "mapIterationFailureCount is a part of the items: mapItemReaderData must have them, or the input."
        raise ServiceError("ValidationException", message)
    exceeded = []
    if work.tolerated_count is not None:
        exceeded.append(failed > limits["toleratedFailureCount"])
    if work.tolerated_percentage is not None and count:
        exceeded.append(failed * 100 / count > limits["toleratedFailurePercentage"])
    if any(exceeded) or not exceeded:
        raise StateError(EXCEEDED, "The specified tolerated failure threshold was exceeded", complete=True)
