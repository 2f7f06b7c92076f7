"""A map run, a state to begin with: what the examples of Parallel and Map share. The implementation does not use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.api.examples import MAPPING, example

if TYPE_CHECKING:
    from eslabon.stepfunctions.maps.mapruns import MapRun

DONE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def map_run(given: Any = (1, 2, 3), *, express: bool = False, **fields: Any) -> MapRun:
    """A map run that has just begun: its child executions wait for a minute, and hand on what they got.

    fields: of the Map state, beside its ItemProcessor and Label.

    >>> map_run().status, map_run([1, 2], MaxConcurrency=1).live
    ('RUNNING', 1)
    """
    definition = json.loads(MAPPING)
    state = definition["States"]["Each"]
    state.update(fields)
    if express:
        state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "EXPRESS"
    cloud, orders = example(json.dumps(definition))
    cloud.client("s3").create_bucket(Bucket="results-2026")
    cloud.client("stepfunctions").start_execution(stateMachineArn=orders, input=json.dumps(given))
    cloud.clock.advance(0.05)
    service: Any = cloud.service("stepfunctions")
    run: MapRun = next(iter(service.map_runs.values()))
    return run


def outcome(state: Mapping[str, Any], given: Any) -> Any:
    """What a machine of one state hands on, or the error that it fails with.

    >>> outcome({"Type": "Pass"}, 1), outcome({"Type": "Fail", "Error": "Full"}, 1)
    (1, 'Full')
    """
    ending = {} if state["Type"] == "Fail" else {"End": True}
    cloud, orders = example(json.dumps({"StartAt": "Only", "States": {"Only": {**state, **ending}}}))
    states = cloud.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=orders, input=json.dumps(given))["executionArn"]
    cloud.clock.run_until_idle()
    described = states.describe_execution(executionArn=execution)
    return json.loads(described["output"]) if "output" in described else described["error"]
