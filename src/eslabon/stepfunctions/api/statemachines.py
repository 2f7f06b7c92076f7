"""State machines: the operations that make, change, show and delete them.

Customer managed keys are left out; X-Ray tracing is kept and does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.definitiontext import compile_definition
from eslabon.stepfunctions.api.machines import DELETING, OFF, Alias, Revision, StateMachine
from eslabon.stepfunctions.api.registry import refuse_deleted, shown, when
from eslabon.stepfunctions.api.tagging import Tagging, checked_tags
from eslabon.stepfunctions.api.versions import Versions

AWS_OWNED = "AWS_OWNED_KEY"
ENCRYPTION = {"type": AWS_OWNED}
METADATA_ONLY = "METADATA_ONLY"


class StateMachines(Versions, Tagging):
    """Operations on state machines."""

    def create_state_machine(
        self,
        name: str,
        definition: str,
        roleArn: str,
        type: str = "STANDARD",
        loggingConfiguration: Mapping[str, Any] | None = None,
        tags: list[dict[str, str]] | None = None,
        tracingConfiguration: Mapping[str, Any] | None = None,
        publish: bool = False,
        versionDescription: str | None = None,
        encryptionConfiguration: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a state machine; asked again for the same one, it answers the same.

        definition: JSON text in the Amazon States Language; type: STANDARD or EXPRESS. Raises InvalidName,
        InvalidDefinition, InvalidArn, InvalidLoggingConfiguration, AccessDeniedException (the role),
        StateMachineAlreadyExists, StateMachineDeleting, TooManyTags.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html

        >>> from eslabon.stepfunctions.api.examples import DONE, cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> states.create_state_machine(name="orders", definition=DONE, roleArn=role)["stateMachineArn"]
        'arn:aws:states:us-east-1:123456789012:stateMachine:orders'
        >>> states.create_state_machine(name="orders", definition='{"StartAt": ', roleArn=role)
        Traceback (most recent call last):
        botocore.errorfactory.InvalidDefinition: An error occurred (InvalidDefinition) ...
        """
        arns.check_name(name)
        _check_request(publish, versionDescription, encryptionConfiguration)
        arn = self.arn(f"stateMachine:{name}")
        compiled = compile_definition(definition, type)
        self._check_role(roleArn, arn)
        before = self._find_machine(arn)
        if before is not None:
            refuse_deleted(before)
        labels = checked_tags(tags or ())
        logging = self._logging(loggingConfiguration)
        now = self.clock.now
        revision = Revision(definition, compiled, roleArn, now, None, logging, _traced(tracingConfiguration))
        published = (publish, versionDescription)
        if before is not None:
            return self._created(_same(before, type, revision, published))
        self._put_tags(arn, labels)
        try:
            self._let_in(logging, arn)
        except ServiceError:
            self._tags.remove(arn)
            raise
        machine = self._machines[arn] = StateMachine(name, arn, type, now, revision, published)
        self.journal.record("resource", arn=arn, state="created", type="state-machine", name=name)
        if publish:
            self._publish(machine, versionDescription)
        return self._created(machine)

    def _created(self, machine: StateMachine) -> dict[str, Any]:
        published = machine.published[0]
        return {
            "stateMachineArn": machine.arn,
            "creationDate": when(machine.created),
            "stateMachineVersionArn": f"{machine.arn}:1" if published else None,
        }

    def describe_state_machine(self, stateMachineArn: str, includedData: str | None = None) -> dict[str, Any]:
        """Describe a state machine, or one of its versions. Raises InvalidArn, StateMachineDoesNotExist.

        includedData: METADATA_ONLY shows {} for the definition.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html

        >>> from eslabon.stepfunctions.api.examples import DONE, cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.create_state_machine(name="orders", definition=DONE, roleArn=role)["stateMachineArn"]
        >>> states.describe_state_machine(stateMachineArn=arn)["definition"] == DONE
        True
        >>> states.describe_state_machine(stateMachineArn=arn + "s")
        Traceback (most recent call last):
        botocore.errorfactory.StateMachineDoesNotExist: An error occurred (StateMachineDoesNotExist) ...
        """
        machine, chosen = self._qualified(stateMachineArn)
        if isinstance(chosen, Alias):
            raise NotModelled(
                self.name, f"describe_state_machine() of the alias {chosen.arn}", ["describe_state_machine_alias()"]
            )
        revision = chosen.revision if chosen else machine.revision
        return {
            **_shown(revision, includedData),
            **shown(machine, "name status type creationDate"),
            "stateMachineArn": machine.arn,
            **({"stateMachineArn": chosen.arn, **shown(chosen, "creationDate description")} if chosen else {}),
        }

    def describe_state_machine_for_execution(
        self, executionArn: str, includedData: str | None = None
    ) -> dict[str, Any]:
        """Describe a state machine as one of its executions began with it, whatever has become of it since.

        Raises InvalidArn, ExecutionDoesNotExist.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html

        >>> from eslabon.stepfunctions.api.examples import DONE, cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.create_state_machine(name="orders", definition=DONE, roleArn=role)["stateMachineArn"]
        >>> execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        >>> _ = states.update_state_machine(stateMachineArn=arn, definition=DONE.replace("Done", "End"))
        >>> states.describe_state_machine_for_execution(executionArn=execution)["definition"] == DONE
        True
        >>> states.describe_state_machine_for_execution(executionArn=execution + "s")
        Traceback (most recent call last):
        botocore.errorfactory.ExecutionDoesNotExist: An error occurred (ExecutionDoesNotExist) ...
        """
        execution = self._execution(executionArn)
        revision = execution.revision
        assert revision is not None, "whoever starts an execution through the API gives it one"
        return {
            **_shown(revision, includedData),
            "stateMachineArn": execution.state_machine["Id"],
            "name": execution.state_machine["Name"],
            "updateDate": when(revision.at),
            **shown(execution, "mapRunArn label"),
        }

    def update_state_machine(
        self,
        stateMachineArn: str,
        definition: str | None = None,
        roleArn: str | None = None,
        loggingConfiguration: Mapping[str, Any] | None = None,
        tracingConfiguration: Mapping[str, Any] | None = None,
        publish: bool = False,
        versionDescription: str | None = None,
        encryptionConfiguration: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a state machine; executions meet the change 3 seconds later, those that run keep what they had.

        What is left out stays. Raises MissingRequiredParameter when nothing is to change, and what
        create_state_machine and describe_state_machine raise.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html

        >>> from eslabon.stepfunctions.api.examples import DONE, cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.create_state_machine(name="orders", definition=DONE, roleArn=role)["stateMachineArn"]
        >>> "revisionId" in states.describe_state_machine(stateMachineArn=arn)
        False
        >>> revision = states.update_state_machine(stateMachineArn=arn, definition=DONE)["revisionId"]
        >>> states.describe_state_machine(stateMachineArn=arn)["revisionId"] == revision
        True
        >>> states.update_state_machine(stateMachineArn=arn)
        Traceback (most recent call last):
        botocore.errorfactory.MissingRequiredParameter: An error occurred (MissingRequiredParameter) ...
        """
        machine = self._unqualified(stateMachineArn, deleting=False)
        given = (definition, roleArn, loggingConfiguration, tracingConfiguration, encryptionConfiguration)
        if all(value is None for value in given):
            raise ServiceError("MissingRequiredParameter", "Either the definition, the role ARN, or both are required.")
        _check_request(publish, versionDescription, encryptionConfiguration)
        if publish:
            self._check_room(machine)
        revision = replace(machine.revision, at=self.clock.now)
        if definition is not None:
            revision = replace(revision, definition=definition, machine=compile_definition(definition, machine.type))
        if roleArn is not None:
            self._check_role(roleArn, machine.arn)
            revision = replace(revision, role_arn=roleArn)
        if tracingConfiguration is not None:
            revision = replace(revision, tracing=_traced(tracingConfiguration))
        if loggingConfiguration is not None:
            logging = self._logging(loggingConfiguration)
            self._let_in(logging, machine.arn)
            revision = replace(revision, logging=logging)
        machine.update(replace(revision, id=self.ids.uuid()))
        return {
            "updateDate": when(revision.at),
            "revisionId": machine.revision.id,
            "stateMachineVersionArn": self._publish(machine, versionDescription).arn if publish else None,
        }

    def delete_state_machine(self, stateMachineArn: str) -> None:
        """Delete a state machine, its versions and aliases; executions under way are aborted at their next state.

        One that does not exist is no error. Raises InvalidArn, ValidationException.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html

        >>> from eslabon.stepfunctions.api.examples import DONE, cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> arn = states.create_state_machine(name="orders", definition=DONE, roleArn=role)["stateMachineArn"]
        >>> _ = states.delete_state_machine(stateMachineArn=arn)
        >>> states.describe_state_machine(stateMachineArn=arn)["status"]
        'DELETING'
        >>> cloud.clock.advance(10)
        >>> states.list_state_machines()["stateMachines"]
        []
        """
        arn = arns.parse_machine(stateMachineArn)
        if arn.qualifier:
            raise ServiceError("ValidationException", f"{stateMachineArn} is not the ARN of a whole state machine.")
        machine = self._find_machine(arn.base)
        if machine is None or machine.status == DELETING:
            return
        machine.deleted = self.clock.now
        for execution in self._executions.values():
            if execution.state_machine["Id"] == machine.arn:
                execution.doomed = True
        self.journal.record("resource", arn=machine.arn, state="deleted", type="state-machine", name=machine.name)

    def list_state_machines(self, maxResults: int = 0, nextToken: str | None = None) -> dict[str, Any]:
        """List state machines by name; maxResults: up to 1,000, 100 when it is 0. Raises InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachines.html

        >>> from eslabon.stepfunctions.api.examples import DONE, cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> for name in ("orders", "invoices"):
        ...     _ = states.create_state_machine(name=name, definition=DONE, roleArn=role)
        >>> [machine["name"] for machine in states.list_state_machines()["stateMachines"]]
        ['invoices', 'orders']
        >>> states.list_state_machines(nextToken="x")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        found = [machine for arn in sorted(self._machines) if (machine := self._find_machine(arn))]
        listed, token = self._page(found, maxResults, nextToken, "list_state_machines")
        machines = [{"stateMachineArn": one.arn, **shown(one, "name type creationDate")} for one in listed]
        return {"stateMachines": machines, "nextToken": token}

    # --- Checks -------------------------------------------------------------------------------------------------------

    def _logging(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """A logging configuration, checked; what is about logs is loaded where there is one."""
        if not given:
            return OFF
        from eslabon.stepfunctions.api.executionlog import check_configuration

        return check_configuration(self, given)

    def _let_in(self, logging: Mapping[str, Any], arn: str) -> None:
        if "destinations" in logging:
            from eslabon.stepfunctions.api.executionlog import let_in

            let_in(self, logging, arn)

    def _check_role(self, role_arn: str, machine_arn: str) -> None:
        """Refuse an execution role that does not exist or that Step Functions may not assume."""
        iam: Any = self.cloud.service("iam", account=arns.parse_role(role_arn).account)
        principals = (self.principal, f"states.{self.region}.amazonaws.com")
        if not any(iam.trusts(role_arn, principal, machine_arn, self.account) for principal in principals):
            raise ServiceError(
                "AccessDeniedException",
                "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
                "assume the provided role.",
            )


def _same(machine: StateMachine, type: str, revision: Revision, published: tuple[bool, str | None]) -> StateMachine:
    """The state machine that is there already, when the request is for the same one; the role and tags do not count."""
    same = replace(
        machine.revision, machine=revision.machine, role_arn=revision.role_arn, at=revision.at, id=revision.id
    )
    if (machine.type, same, machine.published) != (type, revision, published):
        raise ServiceError("StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'")
    return machine


def _shown(revision: Revision, included: str | None) -> dict[str, Any]:
    return {
        "definition": "{}" if included == METADATA_ONLY else revision.definition,
        "roleArn": revision.role_arn,
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": {"enabled": revision.tracing},
        "encryptionConfiguration": ENCRYPTION,
        "revisionId": revision.id,
    }


def _traced(configuration: Mapping[str, Any] | None) -> bool:
    return bool((configuration or {}).get("enabled", False))


def _check_request(publish: bool, version_description: str | None, encryption: Mapping[str, Any] | None) -> None:
    if version_description is not None and not publish:
        raise ServiceError("ValidationException", "Version description can only be set when publish is true.")
    if encryption is not None and encryption["type"] != AWS_OWNED:
        raise NotModelled("stepfunctions", f"encryptionConfiguration of type {encryption['type']}", [AWS_OWNED])
