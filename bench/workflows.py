"""What running a state machine costs, as ratios to one boto3 call that a constant answers."""

from __future__ import annotations

import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from bench.ratios import constant, ratio
from eslabon import Cloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LONG = 200  # states of the machine whose length, less that of the short one, gives the cost of one transition
SHORT = 100


def chain(length: int) -> dict[str, Any]:
    """A machine of Pass states, one after the other."""
    states = {
        f"S{n}": {"Type": "Pass", "Result": {"n": n}, "ResultPath": "$.last", "Next": f"S{n + 1}"}
        for n in range(length)
    }
    states[f"S{length - 1}"] = {"Type": "Pass", "End": True}
    return {"StartAt": "S0", "States": states}


def mapping(**config: str) -> dict[str, Any]:
    """A machine that is one Map of one Pass."""
    processor: dict[str, Any] = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    if config:
        processor["ProcessorConfig"] = config
    return {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$", "ItemProcessor": processor, "End": True}}}


class Runner:
    """A cloud with one state machine, and its executions from start to end."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.cloud = Cloud()
        role = self.cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
        self.client = self.cloud.client("stepfunctions")
        made = self.client.create_state_machine(
            name="m", definition=json.dumps(definition), roleArn=role["Role"]["Arn"]
        )
        self.arn = made["stateMachineArn"]
        self.checked = False

    def run(self, given: Any) -> None:
        """One execution, to its end."""
        started = self.client.start_execution(stateMachineArn=self.arn, input=json.dumps(given))
        self.cloud.clock.run_until_idle()
        if self.checked:
            return
        self.checked = True
        ended = self.client.describe_execution(executionArn=started["executionArn"])
        assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))


def workflow_ratios() -> dict[str, float]:
    """An execution of 11 states, one transition, and an inline Map of 1,000."""
    answer = {"executionArn": "arn", "startDate": 0}
    floor = constant(Cloud().client("stepfunctions"), "StartExecution", answer)

    def call() -> None:
        floor.start_execution(stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:m", input="{}")

    found: dict[str, float] = {}
    eleven = Runner(chain(11))
    found["11 states, start to end"] = ratio(lambda: eleven.run({}), call)
    found["one transition"] = statistics.median(_transitions(lambda: _seconds(call, 100)))
    mapped = Runner(mapping())
    thousand = list(range(1000))
    found["inline Map of 1,000 Pass"] = _once(lambda: mapped.run(thousand), call)
    return found


def _seconds(call: Callable[[], Any], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times


def _once(call: Callable[[], Any], floor: Callable[[], Any], rounds: int = 5) -> float:
    """A ratio for what is long itself."""
    return statistics.median(_seconds(call, 1) / _seconds(floor, 100) for _ in range(rounds))


def transition() -> float:
    """Seconds of one transition, its history written."""
    return statistics.median(_transitions(lambda: 1.0))


def _transitions(unit: Callable[[], float]) -> list[float]:
    """What one of the transitions costs by which two machines differ, each time in a unit measured beside it."""
    longer, shorter = Runner(chain(LONG)), Runner(chain(SHORT))
    longer.run({})
    shorter.run({})
    rounds = []
    for _ in range(7):
        more = _seconds(lambda: longer.run({}), 5) - _seconds(lambda: shorter.run({}), 5)
        rounds.append(more / (LONG - SHORT) / unit())
    return rounds


def distributed(counts: tuple[int, ...] = (1_000, 10_000, 100_000)) -> dict[int, tuple[float, float]]:
    """Seconds and peak bytes an item of a distributed Map with Express children, for so many items."""
    found: dict[int, tuple[float, float]] = {}
    for count in counts:
        found[count] = (_time_of(count), _memory_of(count))
    return found


def _reading(count: int) -> Runner:
    """A machine whose distributed Map reads so many lines from S3, and keeps no results."""
    definition = mapping(Mode="DISTRIBUTED", ExecutionType="EXPRESS")
    each = definition["States"]["M"]
    del each["ItemsPath"]
    each["ItemReader"] = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Parameters": {"Bucket": "items", "Key": "items.jsonl"},
    }
    each["ResultWriter"] = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "items", "Prefix": "results"},
    }
    runner = Runner(definition)
    s3 = runner.cloud.client("s3")
    s3.create_bucket(Bucket="items")
    s3.put_object(Bucket="items", Key="items.jsonl", Body="\n".join(f'{{"n": {n}}}' for n in range(count)).encode())
    return runner


def _time_of(count: int) -> float:
    runner = _reading(count)
    begun = time.perf_counter()
    runner.run({})
    return (time.perf_counter() - begun) / count


def _memory_of(count: int) -> float:
    runner = _reading(count)
    tracemalloc.start()
    runner.run({})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / count
