"""Versions of state machines: the operations that publish, list and delete them."""

from __future__ import annotations

from typing import Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.machines import INITIAL, StateMachine, Version
from eslabon.stepfunctions.api.registry import Registry, newest_first, when

VERSIONS = 1_000  # of one state machine


class Versions(Registry):
    """Operations on versions: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html"""

    def publish_state_machine_version(
        self, stateMachineArn: str, revisionId: str | None = None, description: str | None = None
    ) -> dict[str, Any]:
        """Make a version of what a state machine is now; there is one at most of each revision.

        revisionId: the revision that it must be ("INITIAL" for the first). Raises ConflictException when it is
        another, ServiceQuotaExceededException (1,000 versions), StateMachineDoesNotExist, StateMachineDeleting.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_PublishStateMachineVersion.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> states = cloud.client("stepfunctions")
        >>> states.publish_state_machine_version(stateMachineArn=orders)["stateMachineVersionArn"]
        'arn:aws:states:us-east-1:123456789012:stateMachine:orders:1'
        >>> states.publish_state_machine_version(stateMachineArn=orders)["stateMachineVersionArn"]  # the same
        'arn:aws:states:us-east-1:123456789012:stateMachine:orders:1'
        >>> states.publish_state_machine_version(stateMachineArn=orders, revisionId="another")
        Traceback (most recent call last):
        botocore.errorfactory.ConflictException: An error occurred (ConflictException) ...
        """
        machine = self._unqualified(stateMachineArn, deleting=False)
        current = machine.revision.id or INITIAL
        if revisionId is not None and revisionId != current:
            raise ServiceError("ConflictException", f"The current revision of {machine.arn} is {current}.", 409)
        version = self._publish(machine, description)
        return {"creationDate": when(version.created), "stateMachineVersionArn": version.arn}

    def list_state_machine_versions(
        self, stateMachineArn: str, nextToken: str | None = None, maxResults: int = 0
    ) -> dict[str, Any]:
        """List the versions of a state machine, the newest first. Raises InvalidArn, InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineVersions.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> found = states.list_state_machine_versions(stateMachineArn=orders)["stateMachineVersions"]
        >>> [version["stateMachineVersionArn"].rpartition(":")[2] for version in found]
        ['1']
        >>> states.list_state_machine_versions(stateMachineArn="orders")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidArn: An error occurred (InvalidArn) ...
        """
        arn = arns.parse_machine(stateMachineArn)
        machine = self._find_machine(arn.base)
        found = newest_first(machine.versions.values() if machine else (), lambda version: version.created)
        listed, token = self._page(found, maxResults, nextToken, "list_state_machine_versions", arn.base)
        versions = [{"stateMachineVersionArn": one.arn, "creationDate": when(one.created)} for one in listed]
        return {"stateMachineVersions": versions, "nextToken": token}

    def delete_state_machine_version(self, stateMachineVersionArn: str) -> None:
        """Delete a version; its executions go on, and its number is not used again. One that is gone is no error.

        Raises ConflictException while an alias points to it, ValidationException for what is no version's ARN.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachineVersion.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> routing = [{"stateMachineVersionArn": orders + ":1", "weight": 100}]
        >>> live = states.create_state_machine_alias(name="live", routingConfiguration=routing)
        >>> states.delete_state_machine_version(stateMachineVersionArn=orders + ":1")
        Traceback (most recent call last):
        botocore.errorfactory.ConflictException: An error occurred (ConflictException) ...
        >>> _ = states.delete_state_machine_alias(stateMachineAliasArn=live["stateMachineAliasArn"])
        >>> _ = states.delete_state_machine_version(stateMachineVersionArn=orders + ":1")
        >>> states.list_state_machine_versions(stateMachineArn=orders)["stateMachineVersions"]
        []
        """
        arn = arns.parse_machine(stateMachineVersionArn)
        if not arn.qualifier.isdecimal():
            raise ServiceError("ValidationException", f"{stateMachineVersionArn} is not the ARN of a version.")
        machine = self._find_machine(arn.base)
        version = machine.versions.get(int(arn.qualifier)) if machine else None
        if machine is None or version is None:
            return
        pointing = [alias.name for alias in machine.aliases.values() if version.arn in alias.routing]
        if pointing:
            names = ", ".join(pointing)
            raise ServiceError("ConflictException", f"{version.arn} is referenced by the alias {names}.", 409)
        del machine.versions[version.number]

    def _check_room(self, machine: StateMachine) -> None:
        """Refuse a version more than a state machine may have."""
        if len(machine.versions) >= VERSIONS:
            message = f"A state machine has at most {VERSIONS:,} versions; delete one first."
            raise ServiceError("ServiceQuotaExceededException", message, 402)

    def _publish(self, machine: StateMachine, description: str | None) -> Version:
        """The version of the current revision: a new one, unless it has one."""
        for version in machine.versions.values():
            if version.revision is machine.revision:
                return version
        self._check_room(machine)
        machine.numbers += 1
        number = machine.numbers
        version = Version(number, f"{machine.arn}:{number}", machine.revision, description, self.clock.now)
        machine.versions[number] = version
        return version
