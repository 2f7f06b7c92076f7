"""Executions: the operations that start, stop, list and show them. Redriving is in `redriving`."""

from __future__ import annotations

from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.stepfunctions import arns, executionlog, history, statusevents
from eslabon.stepfunctions.execution import RUNNING, SUCCEEDED, Execution
from eslabon.stepfunctions.machines import Alias, StateMachine, Version
from eslabon.stepfunctions.redriving import Redriving
from eslabon.stepfunctions.registry import newest_first, when

EXPRESS = "EXPRESS"
LARGEST_INPUT = 262_144  # bytes
LONGEST_SYNC = 301.0  # seconds that StartSyncExecution may last: five minutes for the run itself
MEMORY_STEP = 64  # megabytes that an Express execution is billed for at least
BILLING_STEP = 100  # milliseconds; a started step counts


class Executions(Redriving):
    """Operations on executions."""

    def start_execution(
        self,
        stateMachineArn: str,
        name: str | None = None,
        input: str = "{}",  # noqa: A002 - the API's word
        traceHeader: str | None = None,  # noqa: ARG002 - without effect, as the service says
    ) -> dict[str, Any]:
        """Start an execution of a state machine, of one of its versions, or of the version that an alias chooses.

        Asked again with the name and input of a Standard execution under way, it answers the same. Raises
        ExecutionAlreadyExists (a name is free 90 days after its execution has ended), InvalidExecutionInput,
        InvalidName, InvalidArn, StateMachineDoesNotExist, StateMachineDeleting.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html

        >>> from eslabon.stepfunctions.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> states.start_execution(stateMachineArn=orders, name="first")["executionArn"]
        'arn:aws:states:us-east-1:123456789012:execution:orders:first'
        >>> states.start_execution(stateMachineArn=orders, name="first", input='{"total": 9}')
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionAlreadyExists: An error occurred (ExecutionAlreadyExists) ...
        """
        machine, chosen = self._qualified(stateMachineArn, deleting=False)
        value = _checked_input(input)
        if name is not None:
            arns.check_name(name)
        if machine.type == EXPRESS:
            execution = self._begin(machine, chosen, self._express_arn(machine, name), value, input)
            return {"executionArn": execution.arn, "startDate": when(execution.started)}
        arn = self.arn(f"execution:{machine.name}:{name or self.ids.uuid()}")
        before = self._executions.get(arn)
        if before is not None and not self._expired(before):
            if before.status != RUNNING or before.input_text != input:
                raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            return {"executionArn": arn, "startDate": when(before.started)}
        self._executions.pop(arn, None)  # so that the new one is the last
        execution = self._begin(machine, chosen, arn, value, input)
        return {"executionArn": arn, "startDate": when(execution.started)}

    def start_sync_execution(
        self,
        stateMachineArn: str,
        name: str | None = None,
        input: str = "{}",  # noqa: A002 - the API's word
        traceHeader: str | None = None,
        includedData: str | None = None,
    ) -> dict[str, Any]:
        """Run an Express state machine and wait for its end; a run that fails is an answer too, not an error.

        Raises StateMachineTypeNotSupported for a Standard one, InvalidExecutionInput, InvalidName, InvalidArn,
        StateMachineDoesNotExist, StateMachineDeleting.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html

        >>> from eslabon.stepfunctions.examples import FAILING, example
        >>> cloud, orders = example(FAILING, type="EXPRESS")
        >>> answer = cloud.client("stepfunctions").start_sync_execution(stateMachineArn=orders)
        >>> answer["status"], answer["error"], answer["ResponseMetadata"]["HTTPStatusCode"]
        ('FAILED', 'Full', 200)
        >>> cloud, orders = example()
        >>> cloud.client("stepfunctions").start_sync_execution(stateMachineArn=orders)
        Traceback (most recent call last):
        botocore.errorfactory.StateMachineTypeNotSupported: An error occurred (StateMachineTypeNotSupported) ...
        """
        execution = self.begin_sync(stateMachineArn, name, input)
        if not self.clock.wait_until(lambda: execution.status != RUNNING, execution.started + LONGEST_SYNC):
            inside = "start_sync_execution() by code that itself runs inside the clock, such as a Lambda handler"
            raise NotModelled(self.name, inside, ["start_execution()"])
        return {
            **self.sync_answer(execution, includedData),
            "stateMachineArn": stateMachineArn,
            "traceHeader": traceHeader,
        }

    def begin_sync(self, machine_arn: str, name: str | None, text: str) -> Execution:
        """Start what StartSyncExecution waits for; a Task that calls it waits in its own way."""
        machine, chosen = self._qualified(machine_arn, deleting=False)
        if machine.type != EXPRESS:
            raise _type_not_supported()
        value = _checked_input(text)
        if name is not None:
            arns.check_name(name)
        return self._begin(machine, chosen, self._express_arn(machine, name), value, text)

    def sync_answer(self, execution: Execution, included: str | None) -> dict[str, Any]:
        """What StartSyncExecution answers, but what it only repeats from its request."""
        return {**_shown_run(execution, included), "billingDetails": _billed(execution)}

    def stop_execution(self, executionArn: str, error: str | None = None, cause: str | None = None) -> dict[str, Any]:
        """Abort a Standard execution; one that has ended stays as it is.

        Raises InvalidArn (an Express one), ExecutionDoesNotExist.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html

        >>> from eslabon.stepfunctions.examples import WAITING, example
        >>> cloud, orders = example(WAITING)
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders)["executionArn"]
        >>> _ = states.stop_execution(executionArn=arn, error="Cancelled")
        >>> described = states.describe_execution(executionArn=arn)
        >>> described["status"], described["error"]
        ('ABORTED', 'Cancelled')
        >>> states.stop_execution(executionArn="orders")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidArn: An error occurred (InvalidArn) ...
        """
        execution = self._execution(executionArn)
        execution.stop(error, cause)
        assert execution.stopped is not None
        return {"stopDate": when(execution.stopped)}

    def describe_execution(self, executionArn: str, includedData: str | None = None) -> dict[str, Any]:
        """Describe a Standard execution until 90 days after its end.

        includedData: METADATA_ONLY leaves input, output, error and cause out. Raises InvalidArn (an Express one),
        ExecutionDoesNotExist.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html

        >>> from eslabon.stepfunctions.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders, input='{"total": 9}')["executionArn"]
        >>> states.describe_execution(executionArn=arn)["status"]
        'RUNNING'
        >>> cloud.clock.run_until_idle()
        >>> described = states.describe_execution(executionArn=arn)
        >>> described["status"], described["output"]
        ('SUCCEEDED', '{"total":9}')
        >>> states.describe_execution(executionArn=arn + "s")
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionDoesNotExist: An error occurred (ExecutionDoesNotExist) ...
        """
        return self._described(self._describable(executionArn), includedData)

    def _describable(self, arn: str) -> Execution:
        """What DescribeExecution describes."""
        return self._execution(arn)

    def _described(self, execution: Execution, included: str | None = None) -> dict[str, Any]:
        """What DescribeExecution answers."""
        return {
            **_shown_run(execution, included),
            "stateMachineArn": execution.state_machine["Id"],
            "mapRunArn": execution.map_run_arn,
            "stateMachineVersionArn": execution.version_arn,
            "stateMachineAliasArn": execution.alias_arn,
            **self._redrive_status(execution),
        }

    def list_executions(
        self,
        stateMachineArn: str | None = None,
        statusFilter: str | None = None,
        maxResults: int = 0,
        nextToken: str | None = None,
        mapRunArn: str | None = None,
        redriveFilter: str | None = None,
    ) -> dict[str, Any]:
        """List the executions of a state machine, a version, an alias or a map run, the most recent first.

        Raises StateMachineTypeNotSupported (Express), ValidationException unless there is just one ARN,
        StateMachineDoesNotExist, ResourceNotFound (the map run), InvalidArn, InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html

        >>> from eslabon.stepfunctions.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> for name in ("first", "second"):
        ...     _ = states.start_execution(stateMachineArn=orders, name=name)
        ...     cloud.clock.run_until_idle()
        >>> [execution["name"] for execution in states.list_executions(stateMachineArn=orders)["executions"]]
        ['second', 'first']
        >>> states.list_executions(stateMachineArn=orders, statusFilter="FAILED")["executions"]
        []
        >>> states.list_executions()
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationException) ...
        """
        if (stateMachineArn is None) == (mapRunArn is None):
            raise ServiceError("ValidationException", "Either stateMachineArn or mapRunArn must be given, not both.")
        if mapRunArn is not None:
            found = self._map_run_executions(mapRunArn)
        else:
            if statusFilter == "PENDING_REDRIVE":
                raise ServiceError("ValidationException", "The status PENDING_REDRIVE requires a mapRunArn.")
            found = self._executions_of(stateMachineArn or "")
        if statusFilter is not None:
            found = [execution for execution in found if execution.status == statusFilter]
        if redriveFilter is not None:
            found = [one for one in found if (one.redrives > 0) == (redriveFilter == "REDRIVEN")]
        found = newest_first(found, lambda one: one.stopped or one.redriven or one.started)
        key = (stateMachineArn or mapRunArn, statusFilter, redriveFilter)
        shown, token = self._page(found, maxResults, nextToken, "list_executions", *key)
        return {"executions": [_listed(one) for one in shown], "nextToken": token}

    def _executions_of(self, arn: str) -> list[Execution]:
        """The Standard executions of a state machine, or those that were started by one of its versions or aliases."""
        machine, chosen = self._qualified(arn)
        if machine.type == EXPRESS:
            raise _type_not_supported()
        return [
            execution
            for execution in self._executions.values()
            if execution.state_machine["Id"] == machine.arn
            and execution.started >= machine.created  # not of one that was deleted, and had the same name
            and execution.map_run_arn is None
            and (chosen is None or chosen.arn in (execution.version_arn, execution.alias_arn))
            and not self._expired(execution)
        ]

    def _map_run_executions(self, arn: str) -> list[Execution]:
        """The child executions of a map run."""
        raise ServiceError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)

    def get_execution_history(
        self,
        executionArn: str,
        maxResults: int = 0,
        reverseOrder: bool = False,
        nextToken: str | None = None,
        includeExecutionData: bool = True,
    ) -> dict[str, Any]:
        """Show the events of a Standard execution, in the order in which they happened or in reverse.

        maxResults: up to 1,000, 100 when it is 0. includeExecutionData: whether inputs and outputs are shown.
        Raises InvalidArn (an Express one), ExecutionDoesNotExist, InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html

        >>> from eslabon.stepfunctions.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.start_execution(stateMachineArn=orders)["executionArn"]
        >>> cloud.clock.run_until_idle()
        >>> [event["type"] for event in states.get_execution_history(executionArn=arn)["events"]]
        ['ExecutionStarted', 'SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded']
        >>> last = states.get_execution_history(executionArn=arn, maxResults=1, reverseOrder=True)["events"]
        >>> last[0]["type"], last[0]["id"]
        ('ExecutionSucceeded', 4)
        >>> states.get_execution_history(executionArn=arn, nextToken="x")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        execution = self._execution(executionArn)
        numbers = range(len(execution.events), 0, -1) if reverseOrder else range(1, len(execution.events) + 1)
        key = ("get_execution_history", executionArn, reverseOrder, includeExecutionData)
        shown, token = self._page(numbers, maxResults, nextToken, *key)
        if not shown:
            return {"events": [], "nextToken": None}
        first, last = min(shown), max(shown)
        events = history.render(execution.events[first - 1 : last], first, data=includeExecutionData)
        return {"events": events[::-1] if reverseOrder else events, "nextToken": token}

    # --- How an execution begins and ends -----------------------------------------------------------------------------

    def _begin(
        self,
        machine: StateMachine,
        chosen: Version | Alias | None,
        arn: str,
        value: Any,
        text: str,
    ) -> Execution:
        """Start an execution, Standard or Express, and tell those who want to know."""
        now = self.clock.now
        version, alias = (chosen, None) if isinstance(chosen, Version) else (None, chosen)
        if alias is not None:
            number = alias.in_effect(now).choose(self.ids).rpartition(":")[2]
            if int(number) not in machine.versions:  # deleted while the alias's change was not yet in effect
                number = alias.routing.choose(self.ids).rpartition(":")[2]
            version = machine.versions[int(number)]
        revision = version.revision if version else machine.in_effect(now)
        parts = Arn.parse(arn).resource.split(":")
        execution = Execution(
            self,  # type: ignore[arg-type]  # the one class that inherits this is meant
            revision.machine,
            arn=arn,
            name=parts[2],
            type=machine.type,
            state_machine={"Id": machine.arn, "Name": machine.name},
            role_arn=revision.role_arn,
            input=value,
            ended=lambda ended: self._ended(machine, ended),
        )
        execution.input_text = text
        execution.revision = revision
        execution.version_arn = version.arn if version else None
        execution.alias_arn = alias.arn if alias else None
        execution.log = executionlog.recorder(execution, revision.logging)
        if machine.type != EXPRESS:
            self._executions[arn] = execution
        self._goes_on(machine, execution)
        execution.start()
        return execution

    def _goes_on(self, machine: StateMachine, execution: Execution) -> None:
        """An execution is under way: started, or redriven."""
        machine.running += 1
        self._tell(execution)

    def _ended(self, machine: StateMachine, execution: Execution) -> None:
        machine.running -= 1
        self._tell(execution)

    def _tell(self, execution: Execution) -> None:
        """Let the journal and, of a Standard execution, the default event bus know its status."""
        self.journal.record(
            "execution",
            arn=execution.arn,
            machine=execution.state_machine["Id"],
            status=execution.status,
            execution=execution,
        )
        if execution.type != EXPRESS:
            statusevents.send(self, lambda: self._described(execution))

    def _express_arn(self, machine: StateMachine, name: str | None) -> str:
        return self.arn(f"express:{machine.name}:{name or self.ids.uuid()}:{self.ids.uuid()}")


def _checked_input(text: str) -> Any:
    """The value of an execution's input. Raises InvalidExecutionInput, ValidationException (over 262,144 bytes)."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_INPUT:
        raise ServiceError(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less "
            f"than or equal to {LARGEST_INPUT}",
        )
    try:
        return jsontext.parse(text)
    except ValueError as error:
        raise ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None


def _type_not_supported() -> ServiceError:
    return ServiceError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def _shown_run(execution: Execution, included: str | None) -> dict[str, Any]:
    """What DescribeExecution and StartSyncExecution both answer."""
    data = included != "METADATA_ONLY"
    text = execution.input_text if execution.input_text is not None else history.to_text(execution.input)
    shown: dict[str, Any] = {
        "executionArn": execution.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": when(execution.started),
        "stopDate": when(execution.stopped) if execution.stopped is not None else None,
        "input": text if data else None,
        "inputDetails": {"included": data},
    }
    if execution.status == SUCCEEDED:
        shown |= {"output": history.to_text(execution.output) if data else None, "outputDetails": {"included": data}}
    elif data:
        shown |= {"error": execution.error, "cause": execution.cause}
    return shown


def _listed(execution: Execution) -> dict[str, Any]:
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine["Id"],
        "name": execution.name,
        "status": execution.status,
        "startDate": when(execution.started),
        "stopDate": when(execution.stopped) if execution.stopped is not None else None,
        "mapRunArn": execution.map_run_arn,
        "itemCount": execution.item_count,
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": execution.redrives,
        "redriveDate": when(execution.redriven) if execution.redriven is not None else None,
    }


def _billed(execution: Execution) -> dict[str, int]:
    """An Express execution's bill: https://aws.amazon.com/step-functions/pricing/"""
    assert execution.stopped is not None
    milliseconds = round((execution.stopped - execution.started) * 1000)
    steps = max(1, -(-milliseconds // BILLING_STEP))
    return {"billedMemoryUsedInMB": MEMORY_STEP, "billedDurationInMilliseconds": steps * BILLING_STEP}
