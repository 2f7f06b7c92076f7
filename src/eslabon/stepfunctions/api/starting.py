"""How executions begin and end: the operations that start them, and who is told."""

from __future__ import annotations

from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.api import arns, statusevents
from eslabon.stepfunctions.api.describing import Describing, shown_run, type_not_supported
from eslabon.stepfunctions.api.machines import Alias, StateMachine, Version, choose
from eslabon.stepfunctions.api.registry import when
from eslabon.stepfunctions.language.scope import StateError
from eslabon.stepfunctions.running import history
from eslabon.stepfunctions.running.execution import RUNNING, Execution

EXPRESS = "EXPRESS"
LARGEST_INPUT = 262_144  # bytes
LONGEST_SYNC = 301.0  # seconds that StartSyncExecution may last: five minutes for the run itself
MEMORY_STEP = 64  # megabytes that an Express execution is billed for at least
BILLING_STEP = 100  # milliseconds; a started step counts


class Starting(Describing):
    """StartExecution and StartSyncExecution."""

    def start_execution(
        self,
        stateMachineArn: str,
        name: str | None = None,
        input: str = "{}",
        traceHeader: str | None = None,  # without effect, as the service says
    ) -> dict[str, Any]:
        """Start an execution of a state machine, of one of its versions, or of the version that an alias chooses.

        Asked again with the name and input of a Standard execution under way, it answers the same. Raises
        ExecutionAlreadyExists (a name is free 90 days after its execution has ended), InvalidExecutionInput,
        InvalidName, InvalidArn, StateMachineDoesNotExist, StateMachineDeleting.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> states.start_execution(stateMachineArn=orders, name="first")["executionArn"]
        'arn:aws:states:us-east-1:123456789012:execution:orders:first'
        >>> states.start_execution(stateMachineArn=orders, name="first", input='{"total": 9}')
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionAlreadyExists: An error occurred (ExecutionAlreadyExists) ...
        """
        execution = self._start(stateMachineArn, name, input)
        return {"executionArn": execution.arn, "startDate": when(execution.started)}

    def start_sync_execution(
        self,
        stateMachineArn: str,
        name: str | None = None,
        input: str = "{}",
        traceHeader: str | None = None,
        includedData: str | None = None,
    ) -> dict[str, Any]:
        """Run an Express state machine and wait for its end; a run that fails is an answer too, not an error.

        Raises StateMachineTypeNotSupported for a Standard one, InvalidExecutionInput, InvalidName, InvalidArn,
        StateMachineDoesNotExist, StateMachineDeleting.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html

        >>> from eslabon.stepfunctions.api.examples import FAILING, example
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
        """Start what StartSyncExecution waits for; a Task that calls it waits in its own way.

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(type="EXPRESS")
        >>> execution = cloud.service("stepfunctions").begin_sync(orders, "first", "{}")
        >>> cloud.clock.run_until_idle()
        >>> execution.status
        'SUCCEEDED'
        """
        return self._start(machine_arn, name, text, sync=True)

    def sync_answer(self, execution: Execution, included: str | None) -> dict[str, Any]:
        """What StartSyncExecution answers, but what it only repeats from its request.

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(type="EXPRESS")
        >>> execution = cloud.service("stepfunctions").begin_sync(orders, "first", "{}")
        >>> cloud.clock.run_until_idle()
        >>> cloud.service("stepfunctions").sync_answer(execution, None)["billingDetails"]
        {'billedMemoryUsedInMB': 64, 'billedDurationInMilliseconds': 100}
        """
        return {**shown_run(execution, included), "billingDetails": _billed(execution)}

    # --- What they share ----------------------------------------------------------------------------------------------

    def _start(self, machine_arn: str, name: str | None, text: str, *, sync: bool = False) -> Execution:
        """Start an execution; answers the one under way when it is asked for again."""
        machine, chosen = self._qualified(machine_arn, deleting=False)
        if sync and machine.type != EXPRESS:
            raise type_not_supported()
        value = _checked_input(text)
        if name is not None:
            arns.check_name(name)
        name = name or self.ids.uuid()
        if machine.type == EXPRESS:
            arn = self.arn(f"express:{machine.name}:{name}:{self.ids.uuid()}")
        else:
            arn = self.arn(f"execution:{machine.name}:{name}")
            before = self._executions.get(arn)
            if before is not None and not self._expired(before):
                if before.status != RUNNING or before.input_text != text:
                    raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
                return before
            self._executions.pop(arn, None)  # so that the new one is the last
        execution = self._made(machine, chosen, arn, name, value)
        execution.input_text = text
        if machine.type != EXPRESS:
            self._executions[arn] = execution
        self._goes_on(machine, execution)
        execution.start()
        return execution

    def _made(
        self, machine: StateMachine, chosen: Version | Alias | None, arn: str, name: str, value: Any
    ) -> Execution:
        """An execution of what is in effect now: of the state machine, of a version, or of what an alias chooses."""
        now = self.clock.now
        version, alias = (chosen, None) if isinstance(chosen, Version) else (None, chosen)
        if alias is not None:
            number = choose(alias.in_effect(now), self.ids).rpartition(":")[2]
            if int(number) not in machine.versions:  # deleted while the alias's change was not yet in effect
                number = choose(alias.routing, self.ids).rpartition(":")[2]
            version = machine.versions[int(number)]
        revision = version.revision if version else machine.in_effect(now)
        execution = Execution(
            self,  # type: ignore[arg-type]  # the one class that inherits this is meant
            revision.machine,
            arn=arn,
            name=name,
            type=machine.type,
            state_machine={"Id": machine.arn, "Name": machine.name},
            role_arn=revision.role_arn,
            input=value,
            ended=lambda ended: self._ended(machine, ended),
        )
        execution.revision = revision
        execution.version_arn = version.arn if version else None
        execution.alias_arn = alias.arn if alias else None
        execution.log = revision.recorder(execution)
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


def _checked_input(text: str) -> Any:
    """The value of an execution's input. Raises InvalidExecutionInput, ValidationException (over 262,144 bytes)."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_INPUT:
        raise ServiceError(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less "
            f"than or equal to {LARGEST_INPUT}",
        )
    try:
        value = jsontext.parse(text)
        history.size(value)
    except (ValueError, StateError) as error:
        problem = error.cause if isinstance(error, StateError) else error
        raise ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'") from None
    return value


def _billed(execution: Execution) -> dict[str, int]:
    """An Express execution's bill: https://aws.amazon.com/step-functions/pricing/"""
    assert execution.stopped is not None
    milliseconds = round((execution.stopped - execution.started) * 1000)
    steps = max(1, -(-milliseconds // BILLING_STEP))
    return {"billedMemoryUsedInMB": MEMORY_STEP, "billedDurationInMilliseconds": steps * BILLING_STEP}
