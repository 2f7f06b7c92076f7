"""Events on the default bus that tell the status of Standard executions.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eslabon.delivery import LATENCY

if TYPE_CHECKING:
    from eslabon.stepfunctions.api.registry import Registry

SOURCE = "aws.states"
DETAIL_TYPE = "Step Functions Execution Status Change"
LARGEST = 248 * 1024  # bytes of escaped input and output together that an event carries

_MEMBERS = (
    "executionArn stateMachineArn stateMachineVersionArn stateMachineAliasArn name status startDate stopDate "
    "input inputDetails output outputDetails error cause redriveCount redriveDate redriveStatus redriveStatusReason"
)


def detail(described: Mapping[str, Any]) -> dict[str, Any]:
    """The detail of an event, from what DescribeExecution answers: times are milliseconds since 1970, gaps are null.

    >>> from datetime import UTC
    >>> begun = datetime(2026, 1, 1, tzinfo=UTC)
    >>> told = detail({"status": "RUNNING", "startDate": begun, "input": "{}", "inputDetails": {"included": True}})
    >>> told["startDate"], told["stopDate"], told["inputDetails"]
    (1767225600000, None, {'included': True})
    >>> told = detail({"status": "SUCCEEDED", "input": "a" * LARGEST, "output": '{"total": 9}'})
    >>> told["input"], told["inputDetails"], told["output"]
    (None, {'included': False}, '{"total": 9}')
    """
    told = {name: _plain(described.get(name)) for name in _MEMBERS.split()}
    sizes = {name: len(json.dumps(told[name])) if told[name] is not None else 0 for name in ("input", "output")}
    if sizes["input"] + sizes["output"] > LARGEST:
        told |= {"input": None, "inputDetails": {"included": False}}
    if sizes["output"] > LARGEST:
        told |= {"output": None, "outputDetails": {"included": False}}
    return told


def _plain(value: Any) -> Any:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value


def send(service: Registry, described: Callable[[], Mapping[str, Any]]) -> None:
    """Put the event on the default bus of the execution's account and Region, after the latency of deliveries.

    described: what DescribeExecution answers now.
    Where nobody has used EventBridge there is no rule, and none that is made now is in effect by then.

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> _ = cloud.client("events").put_rule(Name="all", EventPattern='{"source": ["aws.states"]}')
    >>> cloud.clock.advance(10)
    >>> execution = {"executionArn": "arn:aws:states:us-east-1:123456789012:execution:orders:first"}
    >>> send(cloud.service("stepfunctions"), lambda: execution)
    >>> cloud.clock.run_until_idle()
    >>> [entry["rule"] for entry in cloud.journal.of("match")]
    ['arn:aws:events:us-east-1:123456789012:rule/all']
    """
    events: Any = service.cloud.service_in_use("events", region=service.region, account=service.account)
    if events is None:
        return
    told = detail(described())
    resources = [told["executionArn"]]
    service.clock.call_later(LATENCY, lambda: events.receive(SOURCE, DETAIL_TYPE, told, resources))
