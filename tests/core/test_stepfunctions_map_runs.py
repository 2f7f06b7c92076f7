"""Map runs: what the API shows of them and their child executions, redrive, update, stop, files of results, memory."""

from __future__ import annotations

import gc
import gzip
import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, TaskFailed
from eslabon.stepfunctions.running.execution import Execution

# Waits five seconds, fails for a number below zero; what is below -10 fails at once.
WAITING = {
    "Sign": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericLessThan": -10, "Next": "Stop"}],
        "Default": "Wait",
    },
    "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Again"},
    "Again": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Stop"}],
        "Default": "Done",
    },
    "Stop": {"Type": "Fail", "Error": "Negative"},
    "Done": {"Type": "Succeed"},
}
TASK = {"Pay": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "End": True}}
EXPORT = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results-2026", "Prefix": "jobs"}}


def distributed(states: Any = None, kind: str = "STANDARD", **more: Any) -> dict[str, Any]:
    """A Map state in distributed mode that ends its machine."""
    states = states or WAITING
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": next(iter(states)),
        "States": states,
    }
    return {"Type": "Map", "ItemProcessor": processor, "Label": "Each", "End": True, **more}


def reading(kind: str, key: str, **config: Any) -> dict[str, Any]:
    """The ItemReader of one object."""
    parameters = {"Bucket": "data-2026", "Key": key}
    config = {"InputType": kind, **config}
    return {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": parameters}


class Workflow:
    """A state machine of one Map state, and one execution of it."""

    def __init__(self, cloud: Cloud, role: str, state: dict[str, Any], given: Any = None, name: str = "orders") -> None:
        self.cloud = cloud
        self.states = cloud.client("stepfunctions")
        definition = json.dumps({"StartAt": "Map", "States": {"Map": state}})
        machine = self.states.create_state_machine(name=name, definition=definition, roleArn=role)
        self.execution = self.states.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(given), name="first"
        )["executionArn"]

    def run(self) -> Workflow:
        """Let all of it come to its end."""
        self.cloud.clock.run_until_idle()
        return self

    @property
    def status(self) -> str:
        return str(self.described()["status"])

    def described(self) -> dict[str, Any]:
        """What DescribeExecution says."""
        answer: dict[str, Any] = self.states.describe_execution(executionArn=self.execution)
        return answer

    def events(self) -> list[str]:
        """The types of the events of its history."""
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=self.execution)
        return [event["type"] for page in pages for event in page["events"]]

    def map_runs(self) -> list[str]:
        """The ARNs of its map runs, the most recent first."""
        return [run["mapRunArn"] for run in self.states.list_map_runs(executionArn=self.execution)["mapRuns"]]

    def map_run(self) -> dict[str, Any]:
        """Its only map run, described."""
        [arn] = self.map_runs()
        answer: dict[str, Any] = self.states.describe_map_run(mapRunArn=arn)
        return answer

    def children(self, **filters: Any) -> list[dict[str, Any]]:
        """The child executions of its only map run."""
        [arn] = self.map_runs()
        pages = self.states.get_paginator("list_executions").paginate(mapRunArn=arn, **filters)
        return [execution for page in pages for execution in page["executions"]]

    def counts(self, *names: str, of: str = "executionCounts") -> list[int]:
        """Counts of its only map run."""
        counts = self.map_run()[of]
        return [counts[name] for name in names]


@pytest.fixture
def buckets(cloud: Cloud) -> Any:
    s3 = cloud.client("s3")
    for bucket in ("data-2026", "results-2026"):
        s3.create_bucket(Bucket=bucket)
    return s3


def contents(s3: Any) -> dict[str, str]:
    """The files of results by the last part of their keys."""
    listed = s3.list_objects_v2(Bucket="results-2026").get("Contents", [])
    return {
        one["Key"].rpartition("/")[2]: s3.get_object(Bucket="results-2026", Key=one["Key"])["Body"].read().decode()
        for one in listed
    }


# --- What the API shows ---------------------------------------------------------------------------------------------


def test_arns_name_the_state_machine_and_the_label(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [1]).run()
    prefix = "arn:aws:states:us-east-1:123456789012"
    assert work.map_run()["mapRunArn"].startswith(f"{prefix}:mapRun:orders/Each:")
    [child] = work.children()
    assert child["stateMachineArn"] == f"{prefix}:stateMachine:orders/Each"
    assert child["executionArn"] == f"{prefix}:execution:orders/Each:{child['name']}"


def test_a_label_is_generated_where_none_is_given_and_stays_the_same(cloud: Cloud, states_role: str) -> None:
    state = distributed()
    del state["Label"]
    work = Workflow(cloud, states_role, state, [1]).run()
    machine = work.described()["stateMachineArn"]
    work.execution = work.states.start_execution(stateMachineArn=machine, input="[1]")["executionArn"]
    second = work.run().map_runs()[0]
    first = work.states.list_map_runs(executionArn=f"{machine.replace('stateMachine', 'execution')}:first")["mapRuns"]
    assert first[0]["mapRunArn"].rpartition(":")[0] == second.rpartition(":")[0]
    assert first[0]["mapRunArn"] != second


def test_counts_follow_the_children(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(MaxConcurrency=2, ToleratedFailureCount=3), [1, -1, 2, 3])
    cloud.clock.advance(1)
    assert work.counts("pending", "running", "succeeded", "failed", "total") == [2, 2, 0, 0, 4]
    work.run()
    assert work.counts("pending", "running", "succeeded", "failed", "total") == [0, 0, 3, 1, 4]
    described = work.map_run()
    assert work.counts("resultsWritten") == [0], "nothing is exported"
    assert (described["status"], described["maxConcurrency"], described["toleratedFailureCount"]) == ("SUCCEEDED", 2, 3)
    assert described["stopDate"] > described["startDate"]


def test_items_are_counted_apart_from_the_executions_that_process_them(cloud: Cloud, states_role: str) -> None:
    states = {"Done": {"Type": "Succeed"}}
    work = Workflow(cloud, states_role, distributed(states, ItemBatcher={"MaxItemsPerBatch": 2}), [1, 2, 3]).run()
    assert work.counts("succeeded", "total", of="itemCounts") == [3, 3]
    assert work.counts("succeeded", "total") == [2, 2]
    assert sorted(child["itemCount"] for child in work.children()) == [1, 2]


def test_items_that_were_never_started_remain_pending(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(MaxConcurrency=1), [-11, 1, 2]).run()
    assert work.status == "FAILED"
    assert work.counts("pending", "failed", "total") == [2, 1, 3]


def test_standard_children_have_a_history_of_their_own(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [7]).run()
    [child] = work.children()
    described = work.states.describe_execution(executionArn=child["executionArn"])
    assert (described["input"], described["output"], described["status"]) == ("7", "7", "SUCCEEDED")
    assert described["mapRunArn"] == work.map_runs()[0]
    history = work.states.get_execution_history(executionArn=child["executionArn"])["events"]
    assert history[0]["type"] == "ExecutionStarted"
    assert history[-1]["type"] == "ExecutionSucceeded"
    assert not {"WaitStateEntered", "SucceedStateEntered"} & set(work.events())


def test_express_children_are_described_and_listed_but_have_no_history(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(kind="EXPRESS", ToleratedFailureCount=1), [7, -11]).run()
    [child] = work.children(statusFilter="SUCCEEDED")
    described = work.states.describe_execution(executionArn=child["executionArn"])
    assert (described["input"], described["output"]) == ("7", "7")
    with pytest.raises(ClientError):
        work.states.get_execution_history(executionArn=child["executionArn"])
    [failed] = work.children(statusFilter="FAILED")
    described = work.states.describe_execution(executionArn=failed["executionArn"])
    assert (described["error"], described["redriveStatus"]) == ("Negative", "NOT_REDRIVABLE")


def test_children_are_not_among_the_executions_of_the_state_machine(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [1]).run()
    listed = work.states.list_executions(stateMachineArn=work.described()["stateMachineArn"])["executions"]
    assert [execution["name"] for execution in listed] == ["first"]


def test_children_do_not_see_the_variables_around_the_map(cloud: Cloud, states_role: str) -> None:
    uses = {"P": {"Type": "Pass", "Parameters": {"value.$": "$outer"}, "End": True}}
    definition = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Result": [1], "Assign": {"outer": 1}, "Next": "Map"},
            "Map": distributed(uses, ToleratedFailurePercentage=100),
        },
    }
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(name="orders", definition=json.dumps(definition), roleArn=states_role)
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    cloud.clock.run_until_idle()
    [failed] = json.loads(states.describe_execution(executionArn=execution)["output"])
    assert failed["Error"] == "States.Runtime"


def test_unknown_map_runs_are_told_as_such(cloud: Cloud, states_role: str) -> None:
    states = cloud.client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:mapRun:orders/Each:1"
    for call in (states.describe_map_run, states.update_map_run, states.list_executions):
        with pytest.raises(states.exceptions.ResourceNotFound):
            call(mapRunArn=arn)
        with pytest.raises(states.exceptions.InvalidArn):
            call(mapRunArn="orders")


# --- Failing, retrying, stopping ------------------------------------------------------------------------------------


def test_standard_children_are_aborted_when_the_run_fails(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [1, -11, 2]).run()
    assert sorted(child["status"] for child in work.children()) == ["ABORTED", "ABORTED", "FAILED"]
    assert work.map_run()["status"] == "FAILED"
    assert work.described()["error"] == "States.ExceedToleratedFailureThreshold"


def test_express_children_come_to_their_end_though_the_run_fails(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(kind="EXPRESS"), [1, -11]).run()
    assert sorted(child["status"] for child in work.children()) == ["FAILED", "SUCCEEDED"]
    assert work.status == "FAILED"


def test_a_retry_of_the_state_creates_a_new_map_run(cloud: Cloud, states_role: str) -> None:
    retry = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1}]
    work = Workflow(cloud, states_role, distributed(Retry=retry), [1, -11]).run()
    assert len(work.map_runs()) == 2
    assert work.events().count("MapRunStarted") == 2


def test_stopping_the_parent_stops_the_run_and_its_standard_children(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [1, 2])
    cloud.clock.advance(1)
    work.states.stop_execution(executionArn=work.execution)
    assert work.map_run()["status"] == "ABORTED"
    assert [child["status"] for child in work.children()] == ["ABORTED", "ABORTED"]


def test_a_child_that_somebody_stops_counts_as_failed(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [1])
    cloud.clock.advance(1)
    work.states.stop_execution(executionArn=work.children()[0]["executionArn"])
    assert work.run().status == "FAILED"


def test_a_result_over_the_limit_of_a_payload_fails_and_nothing_catches_it(
    cloud: Cloud, states_role: str, buckets: Any
) -> None:
    line = json.dumps("x" * 10_000)
    buckets.put_object(Bucket="data-2026", Key="large.jsonl", Body="\n".join([line] * 30))
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Map"}]
    state = distributed({"Done": {"Type": "Succeed"}}, ItemReader=reading("JSONL", "large.jsonl"), Catch=catch)
    work = Workflow(cloud, states_role, state).run()
    assert work.described()["error"] == "States.DataLimitExceeded"


def test_an_input_over_the_limit_is_not_started(cloud: Cloud, states_role: str, buckets: Any) -> None:
    buckets.put_object(Bucket="data-2026", Key="large.json", Body=json.dumps([1, "x" * 300_000]))
    work = Workflow(cloud, states_role, distributed(ItemReader=reading("JSON", "large.json"))).run()
    described = work.described()
    assert described["error"] == "States.DataLimitExceeded"
    assert described["cause"].startswith("The input of a child execution is larger than")
    assert [child["status"] for child in work.children()] == ["ABORTED"]


@pytest.mark.parametrize(("most", "sizes"), [(21, [2]), (20, [1, 1]), (16, [1, 1])])
def test_the_bytes_of_a_batch_are_those_of_its_json_text(
    cloud: Cloud, states_role: str, most: int, sizes: list[int]
) -> None:
    assert len('{"Items":["aa","bb"]}') == 21
    states = {"Done": {"Type": "Succeed"}}
    state = distributed(states, MaxConcurrency=1, ItemBatcher={"MaxInputBytesPerBatch": most})
    work = Workflow(cloud, states_role, state, ["aa", "bb"]).run()
    assert [len(batch["Items"]) for batch in json.loads(work.described()["output"])] == sizes


def test_an_item_that_fits_in_no_batch_fails_the_run(cloud: Cloud, states_role: str) -> None:
    state = distributed(ItemBatcher={"MaxInputBytesPerBatch": 15})
    work = Workflow(cloud, states_role, state, ["aa"]).run()
    assert work.described()["error"] == "States.DataLimitExceeded"


def test_an_item_over_the_limit_may_be_selected_from(cloud: Cloud, states_role: str, buckets: Any) -> None:
    buckets.put_object(Bucket="data-2026", Key="large.json", Body=json.dumps(["x", "x" * 300_000]))
    state = distributed(
        {"Done": {"Type": "Succeed"}},
        ItemReader=reading("JSON", "large.json"),
        ItemSelector={"n.$": "$$.Map.Item.Index"},
    )
    work = Workflow(cloud, states_role, state).run()
    assert json.loads(work.described()["output"]) == [{"n": 0}, {"n": 1}]


def test_an_express_child_may_last_five_minutes(cloud: Cloud, states_role: str) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 400, "End": True}}
    work = Workflow(cloud, states_role, distributed(states, "EXPRESS"), [1]).run()
    assert work.counts("timedOut", "failed") == [1, 0]
    assert work.described()["error"] == "States.ExceedToleratedFailureThreshold"


def test_a_map_run_ends_with_the_branch_that_it_is_in(cloud: Cloud, states_role: str) -> None:
    fail = {
        "StartAt": "Soon",
        "States": {"Soon": {"Type": "Wait", "Seconds": 1, "Next": "Full"}, "Full": {"Type": "Fail", "Error": "Full"}},
    }
    each = {"StartAt": "Each", "States": {"Each": distributed()}}
    work = Workflow(cloud, states_role, {"Type": "Parallel", "Branches": [each, fail], "End": True}, [1]).run()
    assert (work.described()["error"], work.map_run()["status"]) == ("Full", "ABORTED")
    assert [child["status"] for child in work.children()] == ["ABORTED"]


# --- Redrive --------------------------------------------------------------------------------------------------------


class Glue:
    """A task that fails for the items in `bad`, and remembers what it was called with."""

    def __init__(self, cloud: Cloud, bad: Sequence[int]) -> None:
        self.bad = set(bad)
        self.called: list[int] = []
        cloud.mock("Pay", self.answer)

    def answer(self, item: int) -> dict[str, int]:
        """The result for an item."""
        self.called.append(item)
        if item in self.bad:
            raise TaskFailed("Glue.Busy", "later")
        return {"done": item}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_redrive_runs_only_what_has_not_succeeded(cloud: Cloud, states_role: str, kind: str) -> None:
    glue = Glue(cloud, [2])
    work = Workflow(cloud, states_role, distributed(TASK, kind, MaxConcurrency=1), [1, 2, 3]).run()
    assert (work.status, glue.called) == ("FAILED", [1, 2])
    before = {child["executionArn"] for child in work.children()}
    glue.bad.clear()
    work.states.redrive_execution(executionArn=work.execution)
    work.run()
    assert (work.status, glue.called) == ("SUCCEEDED", [1, 2, 2, 3])
    assert json.loads(work.described()["output"]) == [{"done": 1}, {"done": 2}, {"done": 3}]
    assert before <= {child["executionArn"] for child in work.children()}
    assert work.map_run()["redriveCount"] == 1
    assert [event for event in work.events() if event.endswith("Redriven")] == ["ExecutionRedriven", "MapRunRedriven"]


def test_a_redriven_standard_child_goes_on_in_its_history(cloud: Cloud, states_role: str) -> None:
    glue = Glue(cloud, [1])
    work = Workflow(cloud, states_role, distributed(TASK), [1]).run()
    glue.bad.clear()
    work.states.redrive_execution(executionArn=work.execution)
    [child] = work.run().children(redriveFilter="REDRIVEN")
    events = work.states.get_execution_history(executionArn=child["executionArn"])["events"]
    assert "ExecutionRedriven" in [event["type"] for event in events]
    assert child["redriveCount"] == 1
    assert work.states.describe_execution(executionArn=child["executionArn"])["redriveCount"] == 1


def test_waiting_for_redrive_has_a_status_of_its_own(cloud: Cloud, states_role: str) -> None:
    slow = {"Wait": {"Type": "Wait", "Seconds": 5, "Next": "Stop"}, "Stop": {"Type": "Fail"}}
    state = distributed(slow, "EXPRESS", MaxConcurrency=1, ToleratedFailureCount=1)
    work = Workflow(cloud, states_role, state, [1, 2]).run()
    work.states.redrive_execution(executionArn=work.execution)
    cloud.clock.advance(0.5)
    assert sorted(child["status"] for child in work.children()) == ["PENDING_REDRIVE", "RUNNING"]
    assert work.counts("pendingRedrive", "running") == [1, 1]
    assert len(work.children(statusFilter="PENDING_REDRIVE")) == 1
    assert work.run().counts("pendingRedrive") == [0]


def test_a_run_that_could_not_read_reads_again(cloud: Cloud, states_role: str, buckets: Any) -> None:
    work = Workflow(cloud, states_role, distributed(ItemReader=reading("JSON", "items.json"))).run()
    assert work.described()["error"] == "States.ItemReaderFailed"
    buckets.put_object(Bucket="data-2026", Key="items.json", Body="[1, 2]")
    work.states.redrive_execution(executionArn=work.execution)
    assert (work.run().status, len(work.map_runs())) == ("SUCCEEDED", 1)


def test_a_run_that_failed_by_the_size_of_its_result_is_started_anew(
    cloud: Cloud, states_role: str, buckets: Any
) -> None:
    buckets.put_object(Bucket="data-2026", Key="large.jsonl", Body="\n".join([json.dumps("x" * 10_000)] * 30))
    state = distributed({"Done": {"Type": "Succeed"}}, ItemReader=reading("JSONL", "large.jsonl"))
    work = Workflow(cloud, states_role, state).run()
    work.states.redrive_execution(executionArn=work.execution)
    assert len(work.run().map_runs()) == 2


def test_a_child_is_redriven_with_its_map_run_only(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [-11]).run()
    with pytest.raises(work.states.exceptions.ExecutionNotRedrivable):
        work.states.redrive_execution(executionArn=work.children()[0]["executionArn"])


def test_children_that_ended_fourteen_days_ago_are_not_redriven(cloud: Cloud, states_role: str) -> None:
    states = {
        "Sign": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Stop"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 10 * 86_400, "Next": "Stop"},
        "Stop": {"Type": "Fail"},
    }
    work = Workflow(cloud, states_role, distributed(states, ToleratedFailureCount=1), [-1, 1]).run()
    assert work.counts("failuresNotRedrivable") == [0]
    cloud.clock.advance(5 * 86_400)
    assert work.counts("failed", "failuresNotRedrivable") == [2, 1]
    work.states.redrive_execution(executionArn=work.execution)
    assert sorted(child["redriveCount"] for child in work.run().children()) == [0, 1]


def test_a_redrive_waits_for_express_children_that_could_not_be_stopped(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(kind="EXPRESS"), [1, -1])
    cloud.clock.advance(1)
    work.states.stop_execution(executionArn=work.execution)
    assert [child["status"] for child in work.children()] == ["RUNNING", "RUNNING"]
    work.states.redrive_execution(executionArn=work.execution)
    cloud.clock.advance(1)
    assert "MapRunRedriven" not in work.events()
    cloud.clock.advance(5)
    assert "MapRunRedriven" in work.events()
    assert work.children(statusFilter="RUNNING")[0]["redriveCount"] == 1
    assert work.run().counts("succeeded", "failed") == [1, 1]


def test_a_redrive_counts_failures_anew(cloud: Cloud, states_role: str) -> None:
    glue = Glue(cloud, [1, 2])
    work = Workflow(cloud, states_role, distributed(TASK, ToleratedFailureCount=1), [1, 2, 3]).run()
    assert work.status == "FAILED"
    glue.bad = {1}
    work.states.redrive_execution(executionArn=work.execution)
    assert work.run().status == "SUCCEEDED"
    assert work.counts("succeeded", "failed") == [2, 1]


def test_a_run_that_read_a_part_goes_on_behind_it(cloud: Cloud, states_role: str, buckets: Any) -> None:
    glue = Glue(cloud, [])
    buckets.put_object(Bucket="data-2026", Key="items.jsonl", Body="1\n{\n3\n")
    state = distributed(TASK, "EXPRESS", MaxConcurrency=1, ItemReader=reading("JSONL", "items.jsonl"))
    work = Workflow(cloud, states_role, state).run()
    assert (work.described()["error"], glue.called) == ("States.ItemReaderFailed", [1])
    buckets.put_object(Bucket="data-2026", Key="items.jsonl", Body="1\n2\n3\n")
    work.states.redrive_execution(executionArn=work.execution)
    assert (work.run().status, glue.called) == ("SUCCEEDED", [1, 2, 3])
    assert json.loads(work.described()["output"]) == [{"done": 1}, {"done": 2}, {"done": 3}]


# --- Update ---------------------------------------------------------------------------------------------------------


def test_a_higher_concurrency_starts_more_children_at_once(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(MaxConcurrency=1), [1, 2, 3])
    cloud.clock.advance(1)
    assert work.counts("running") == [1]
    work.states.update_map_run(mapRunArn=work.map_runs()[0], maxConcurrency=3)
    assert work.counts("running") == [3]


def test_a_higher_tolerance_saves_a_running_map_run(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(ToleratedFailureCount=1, MaxConcurrency=1), [-1, -2, 3])
    cloud.clock.advance(1)
    work.states.update_map_run(mapRunArn=work.map_runs()[0], toleratedFailureCount=2)
    assert work.run().status == "SUCCEEDED"


def test_a_lower_tolerance_fails_a_running_map_run(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(ToleratedFailureCount=1), [-11, 1])
    cloud.clock.advance(1)
    work.states.update_map_run(mapRunArn=work.map_runs()[0], toleratedFailureCount=0)
    assert (work.status, work.map_run()["status"]) == ("FAILED", "FAILED")


def test_a_map_run_that_has_ended_is_not_updated(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(), [1]).run()
    with pytest.raises(work.states.exceptions.ValidationException):
        work.states.update_map_run(mapRunArn=work.map_runs()[0], maxConcurrency=2)


# --- Files ----------------------------------------------------------------------------------------------------------


def test_results_are_exported_by_status_with_a_manifest(cloud: Cloud, states_role: str, buckets: Any) -> None:
    state = distributed(kind="EXPRESS", MaxConcurrency=1, ResultWriter=EXPORT, ToleratedFailureCount=1)
    work = Workflow(cloud, states_role, state, [1, -11, -12, 2]).run()
    files = contents(buckets)
    manifest = json.loads(files["manifest.json"])
    run = work.map_run()
    assert manifest["DestinationBucket"] == "results-2026"
    assert manifest["MapRunArn"] == run["mapRunArn"]
    folder = f"jobs/{run['mapRunArn'].rpartition(':')[2]}"
    for status, inputs in (("SUCCEEDED", ["1"]), ("FAILED", ["-11", "-12"]), ("PENDING", ["2"])):
        name = f"{status}_0.json"
        size = len(files[name].encode())
        assert manifest["ResultFiles"][status] == [{"Key": f"{folder}/{name}", "Size": size}]
        assert [one["Input"] for one in json.loads(files[name])] == inputs
    assert [one["Status"] for one in json.loads(files["PENDING_0.json"])] == ["PENDING"]
    assert run["executionCounts"]["resultsWritten"] == 3


def test_the_result_of_an_exporting_state_is_where_the_results_are(
    cloud: Cloud, states_role: str, buckets: Any
) -> None:
    work = Workflow(cloud, states_role, distributed(ResultWriter=EXPORT), [1]).run()
    run = work.map_runs()[0]
    key = f"jobs/{run.rpartition(':')[2]}/manifest.json"
    details = {"Bucket": "results-2026", "Key": key}
    assert json.loads(work.described()["output"]) == {"MapRunArn": run, "ResultWriterDetails": details}


def test_a_written_execution_tells_what_describe_execution_tells(cloud: Cloud, states_role: str, buckets: Any) -> None:
    work = Workflow(cloud, states_role, distributed(ResultWriter=EXPORT), [7]).run()
    [written] = json.loads(contents(buckets)["SUCCEEDED_0.json"])
    [child] = work.children()
    assert written["ExecutionArn"] == child["executionArn"]
    assert written["Name"] == child["name"]
    assert written["StateMachineArn"] == child["stateMachineArn"]
    assert (written["Output"], written["Status"], written["RedriveCount"]) == ("7", "SUCCEEDED", 0)


def test_after_a_redrive_the_manifest_has_every_success(cloud: Cloud, states_role: str, buckets: Any) -> None:
    glue = Glue(cloud, [2])
    work = Workflow(cloud, states_role, distributed(TASK, MaxConcurrency=1, ResultWriter=EXPORT), [1, 2]).run()
    glue.bad.clear()
    work.states.redrive_execution(executionArn=work.execution)
    assert work.run().status == "SUCCEEDED"
    manifest = json.loads(contents(buckets)["manifest.json"])
    assert manifest["ResultFiles"]["FAILED"] == []
    assert len(json.loads(contents(buckets)["SUCCEEDED_0.json"])) == 2


def test_json_lines_are_written_line_by_line(cloud: Cloud, states_role: str, buckets: Any) -> None:
    config = {"Transformation": "FLATTEN", "OutputType": "JSONL"}
    state = distributed({"Done": {"Type": "Succeed"}}, ResultWriter={**EXPORT, "WriterConfig": config})
    Workflow(cloud, states_role, state, [[1, 2], [3]]).run()
    assert contents(buckets)["SUCCEEDED_0.json"] == "1\n2\n3\n"


def test_without_its_bucket_no_child_is_started(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed(ResultWriter=EXPORT), [1]).run()
    assert work.described()["error"] == "States.ResultWriterFailed"
    assert work.children() == []


def test_lists_of_objects_are_read_to_their_end(cloud: Cloud, states_role: str, buckets: Any) -> None:
    for number in range(1_001):
        buckets.put_object(Bucket="data-2026", Key=f"orders/{number}", Body="")
    parameters = {"Bucket": "data-2026", "Prefix": "orders/"}
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": parameters}
    state = distributed(
        {"Done": {"Type": "Succeed"}},
        ItemReader=reader,
        ItemSelector={"key.$": "$$.Map.Item.Value.Key"},
        ItemBatcher={"MaxItemsPerBatch": 1_000},
    )
    work = Workflow(cloud, states_role, state).run()
    assert [len(batch["Items"]) for batch in json.loads(work.described()["output"])] == [1_000, 1]


def test_packed_files_are_read(cloud: Cloud, states_role: str, buckets: Any) -> None:
    buckets.put_object(Bucket="data-2026", Key="items.jsonl.gz", Body=gzip.compress(b"1\n2\n"))
    work = Workflow(cloud, states_role, distributed(ItemReader=reading("JSONL", "items.jsonl.gz"))).run()
    assert json.loads(work.described()["output"]) == [1, 2]


@pytest.mark.parametrize("content", [b"not packed", gzip.compress(b"1\n2\n", mtime=0)[:-9]], ids=["plain", "cut off"])
def test_what_is_not_packed_as_its_name_says_fails(
    cloud: Cloud, states_role: str, buckets: Any, content: bytes
) -> None:
    buckets.put_object(Bucket="data-2026", Key="items.jsonl.gz", Body=content)
    work = Workflow(cloud, states_role, distributed(ItemReader=reading("JSONL", "items.jsonl.gz"))).run()
    assert work.described()["error"] == "States.ItemReaderFailed"


@pytest.mark.parametrize(
    ("kind", "key", "content"),
    [("JSONL", "empty.jsonl", b""), ("JSONL", "blank.jsonl", b"\n \n"), ("JSON", "none.json", b"[]")],
)
def test_a_file_without_items_starts_nothing(
    cloud: Cloud, states_role: str, buckets: Any, kind: str, key: str, content: bytes
) -> None:
    buckets.put_object(Bucket="data-2026", Key=key, Body=content)
    work = Workflow(cloud, states_role, distributed(ItemReader=reading(kind, key))).run()
    assert (work.status, work.described()["output"]) == ("SUCCEEDED", "[]")


def test_a_wrong_line_fails_the_run_where_it_stands(cloud: Cloud, states_role: str, buckets: Any) -> None:
    buckets.put_object(Bucket="data-2026", Key="items.jsonl", Body="1\n{\n3\n")
    work = Workflow(cloud, states_role, distributed(ItemReader=reading("JSONL", "items.jsonl"))).run()
    described = work.described()
    assert described["error"] == "States.ItemReaderFailed"
    assert "Line 2 is not JSON" in described["cause"]


def test_a_bucket_of_another_region_is_not_read(cloud: Cloud, states_role: str) -> None:
    spain = cloud.client("s3", region_name="eu-south-2")
    spain.create_bucket(Bucket="data-2026", CreateBucketConfiguration={"LocationConstraint": "eu-south-2"})
    spain.put_object(Bucket="data-2026", Key="items.json", Body="[1]")
    work = Workflow(cloud, states_role, distributed(ItemReader=reading("JSON", "items.json"))).run()
    assert work.described()["error"] == "States.ItemReaderFailed"
    assert "eu-south-2" in work.described()["cause"]


@pytest.mark.parametrize(
    "config", [{"InputType": "PARQUET"}, {"InputType": "MANIFEST"}, {"ManifestType": "ATHENA_DATA", "InputType": "CSV"}]
)
def test_readers_that_are_not_modelled_are_created_and_fail_by_name(
    cloud: Cloud, states_role: str, buckets: Any, config: dict[str, str]
) -> None:
    buckets.put_object(Bucket="data-2026", Key="items", Body="")
    if config["InputType"] == "CSV":
        config = {**config, "CSVHeaderLocation": "FIRST_ROW"}
    kind = config.get("ManifestType", config["InputType"])
    more = {name: value for name, value in config.items() if name != "InputType"}
    work = Workflow(cloud, states_role, distributed(ItemReader=reading(config["InputType"], "items", **more))).run()
    described = work.described()
    assert described["error"] == "States.Runtime", "nothing catches it"
    assert f"does not model stepfunctions an ItemReader of {kind}" in described["cause"]


@pytest.mark.parametrize("text", ["[NaN]", '{"a": Infinity}'])
def test_what_json_does_not_have_is_not_read(cloud: Cloud, states_role: str, buckets: Any, text: str) -> None:
    for kind, key in (("JSON", "items.json"), ("JSONL", "items.jsonl")):
        buckets.put_object(Bucket="data-2026", Key=key, Body=text)
        state = distributed(ItemReader=reading(kind, key))
        work = Workflow(cloud, states_role, state, name=kind)
        assert work.run().described()["error"] == "States.ItemReaderFailed"


@pytest.mark.parametrize("most", [0, -1, 1.5])
def test_a_number_of_items_is_positive_and_whole(cloud: Cloud, states_role: str, buckets: Any, most: float) -> None:
    buckets.put_object(Bucket="data-2026", Key="items.json", Body="[1, 2]")
    reader = reading("JSON", "items.json", MaxItemsPath="$.most")
    work = Workflow(cloud, states_role, distributed(ItemReader=reader), {"most": most}).run()
    assert work.described()["error"] == "States.Runtime"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ItemReader": {"Resource": "arn:aws:states:::sqs:sendMessage"}},
        {"ItemReader": reading("XML", "items.xml")},
        {"ItemReader": reading("CSV", "items.csv")},
        {"ItemReader": reading("CSV", "items.csv", CSVHeaderLocation="GIVEN")},
        {"ItemReader": reading("CSV", "items.csv", CSVHeaderLocation="FIRST_ROW", CSVDelimiter="COLON")},
        {"ItemReader": reading("JSON", "items.json"), "ItemsPath": "$.items"},
        {"ItemReader": reading("JSON", "items.json", MaxItem=1)},
        {"ItemReader": reading("JSON", "items.json", CSVDelimiter="PIPE")},
        {"ItemReader": reading("JSON", "items.json", Transformation="LOAD_AND_FLATTEN")},
        {"ItemReader": reading("JSONL", "items.jsonl", ItemsPointer="/items")},
        {"ItemReader": reading("CSV", "items.csv", CSVHeaderLocation="FIRST_ROW", CSVHeaders=["id"])},
        {"ItemReader": reading("CSV", "manifest.json", CSVHeaderLocation="FIRST_ROW", ManifestType="S3_INVENTORY")},
        {"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {"Bucket": "data-2026"}}},
        {"ItemBatcher": {}},
        {"ItemBatcher": {"MaxItemsPerBatch": 1, "MaxItems": 1}},
        {"ItemBatcher": {"BatchInput": {}}},
        {"ResultWriter": {}},
        {"ResultWriter": {"Resource": "arn:aws:states:::s3:getObject"}},
        {"ResultWriter": {"WriterConfig": {"Transformation": "ZIP"}}},
        {"ResultWriter": {"WriterConfig": {"OutputType": "CSV"}}},
        {"ResultWriter": {**EXPORT, "Key": "results.json"}},
    ],
    ids=lambda wrong: json.dumps(wrong)[:60],
)
def test_fields_that_say_nothing_that_aws_knows_are_refused(
    cloud: Cloud, states_role: str, wrong: dict[str, Any]
) -> None:
    states = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "Map", "States": {"Map": distributed(**wrong)}})
    with pytest.raises(states.exceptions.InvalidDefinition):
        states.create_state_machine(name="orders", definition=definition, roleArn=states_role)


@pytest.mark.parametrize("field", ["ItemReader", "ItemBatcher", "ResultWriter"])
def test_an_inline_map_has_no_data_outside(cloud: Cloud, states_role: str, field: str) -> None:
    given: dict[str, Any] = {
        "ItemReader": reading("JSON", "i"),
        "ItemBatcher": {"MaxItemsPerBatch": 1},
        "ResultWriter": EXPORT,
    }
    state = distributed(**{field: given[field]})
    state["ItemProcessor"]["ProcessorConfig"] = {"Mode": "INLINE"}
    del state["Label"]
    states = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "Map", "States": {"Map": state}})
    with pytest.raises(states.exceptions.InvalidDefinition, match=field):
        states.create_state_machine(name="orders", definition=definition, roleArn=states_role)


# --- Memory ---------------------------------------------------------------------------------------------------------


def alive_executions(cloud: Cloud) -> list[str]:
    """The ARNs of the executions that are in memory as such; no collector is needed for those that are not."""
    return [one.arn for one in gc.get_objects() if isinstance(one, Execution) and one.service.cloud is cloud]


def test_an_express_child_leaves_no_execution_behind(cloud: Cloud, states_role: str) -> None:
    work = Workflow(cloud, states_role, distributed({"Done": {"Type": "Succeed"}}, "EXPRESS"), list(range(50))).run()
    assert alive_executions(cloud) == [work.execution]
    assert len(work.children()) == 50


def test_no_more_children_are_alive_than_may_run_at_once(cloud: Cloud, states_role: str, buckets: Any) -> None:
    buckets.put_object(Bucket="data-2026", Key="items.jsonl", Body="1\n" * 500)
    state = distributed(kind="EXPRESS", MaxConcurrency=10, ItemReader=reading("JSONL", "items.jsonl"))
    Workflow(cloud, states_role, state)
    gc.collect()
    for _ in range(20):
        cloud.clock.advance(5)
        assert len(alive_executions(cloud)) <= 11, "ten children and their parent"
