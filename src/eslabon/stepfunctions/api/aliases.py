"""Aliases of state machines: the operations that make, change, show and delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.errors import ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.machines import Alias, Routing, StateMachine
from eslabon.stepfunctions.api.registry import Registry, newest_first, not_found, refuse_deleted, shown, when

ALIASES = 100  # of one state machine


class Aliases(Registry):
    """Operations on aliases: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html"""

    def create_state_machine_alias(
        self, name: str, routingConfiguration: Sequence[Mapping[str, Any]], description: str | None = None
    ) -> dict[str, Any]:
        """Name one or two versions of a state machine; asked again for the same alias, it answers the same.

        routingConfiguration: versions and their weights in per cent, which sum to 100. Raises ConflictException when
        the alias is another, ValidationException, ResourceNotFound, ServiceQuotaExceededException (100 aliases).

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachineAlias.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> routing = [{"stateMachineVersionArn": orders + ":1", "weight": 100}]
        >>> states.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
        'arn:aws:states:us-east-1:123456789012:stateMachine:orders:live'
        >>> routing[0]["weight"] = 99
        >>> states.create_state_machine_alias(name="next", routingConfiguration=routing)
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationException) ...
        """
        machine, routing = self._routing(routingConfiguration)
        alias = machine.aliases.get(name)
        if alias is None:
            if len(machine.aliases) >= ALIASES:
                message = f"A state machine has at most {ALIASES} aliases; delete one first."
                raise ServiceError("ServiceQuotaExceededException", message, 402)
            now = self.clock.now
            alias = Alias(name, f"{machine.arn}:{name}", description, routing, now, now)
            machine.aliases[name] = alias
        elif (alias.description, alias.routing) != (description, routing):
            raise ServiceError("ConflictException", f"{alias.arn} exists already, with another configuration.", 409)
        return {"stateMachineAliasArn": alias.arn, "creationDate": when(alias.created)}

    def describe_state_machine_alias(self, stateMachineAliasArn: str) -> dict[str, Any]:
        """Describe an alias. Raises InvalidArn, ResourceNotFound.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineAlias.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> routing = [{"stateMachineVersionArn": orders + ":1", "weight": 100}]
        >>> _ = states.create_state_machine_alias(name="live", routingConfiguration=routing)
        >>> described = states.describe_state_machine_alias(stateMachineAliasArn=orders + ":live")
        >>> described["routingConfiguration"] == routing
        True
        >>> states.describe_state_machine_alias(stateMachineAliasArn=orders + ":next")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFound: An error occurred (ResourceNotFound) ...
        """
        alias = self._alias(stateMachineAliasArn)[1]
        routing = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in alias.routing.items()]
        return {
            "stateMachineAliasArn": alias.arn,
            "routingConfiguration": routing,
            **shown(alias, "name description creationDate updateDate"),
        }

    def update_state_machine_alias(
        self,
        stateMachineAliasArn: str,
        description: str | None = None,
        routingConfiguration: Sequence[Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Change an alias; executions meet the change 3 seconds later, those that run stay with their version.

        Raises ValidationException when nothing is to change, and what create_state_machine_alias raises.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> routing = [{"stateMachineVersionArn": orders + ":1", "weight": 100}]
        >>> live = states.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
        >>> _ = states.update_state_machine_alias(stateMachineAliasArn=live, description="What customers use")
        >>> states.describe_state_machine_alias(stateMachineAliasArn=live)["description"]
        'What customers use'
        >>> states.update_state_machine_alias(stateMachineAliasArn=live)
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationException) ...
        """
        machine, alias = self._alias(stateMachineAliasArn)
        refuse_deleted(machine)
        if description is None and routingConfiguration is None:
            raise ServiceError(
                "ValidationException",
                "At least one of description and routingConfiguration must be given.",
                reason="MISSING_REQUIRED_PARAMETER",
            )
        now = self.clock.now
        if routingConfiguration is not None:
            target, routing = self._routing(routingConfiguration)
            if target is not machine:
                raise _invalid_routing(f"The versions do not belong to {machine.arn}.")
            alias.before, alias.routing = alias.in_effect(now), routing
        if description is not None:
            alias.description = description
        alias.updated = now
        return {"updateDate": when(now)}

    def delete_state_machine_alias(self, stateMachineAliasArn: str) -> None:
        """Delete an alias; the versions stay. Raises InvalidArn, ResourceNotFound.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachineAlias.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> routing = [{"stateMachineVersionArn": orders + ":1", "weight": 100}]
        >>> live = states.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
        >>> _ = states.delete_state_machine_alias(stateMachineAliasArn=live)
        >>> states.delete_state_machine_alias(stateMachineAliasArn=live)
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFound: An error occurred (ResourceNotFound) ...
        """
        machine, alias = self._alias(stateMachineAliasArn)
        del machine.aliases[alias.name]

    def list_state_machine_aliases(
        self, stateMachineArn: str, nextToken: str | None = None, maxResults: int = 0
    ) -> dict[str, Any]:
        """List the aliases of a state machine, or of one of its versions, the newest first.

        Raises InvalidArn, InvalidToken, StateMachineDoesNotExist.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineAliases.html

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example(publish=True)
        >>> states = cloud.client("stepfunctions")
        >>> routing = [{"stateMachineVersionArn": orders + ":1", "weight": 100}]
        >>> _ = states.create_state_machine_alias(name="live", routingConfiguration=routing)
        >>> found = states.list_state_machine_aliases(stateMachineArn=orders + ":1")["stateMachineAliases"]
        >>> [alias["stateMachineAliasArn"].rpartition(":")[2] for alias in found]
        ['live']
        >>> states.list_state_machine_aliases(stateMachineArn=orders + "s")
        Traceback (most recent call last):
        botocore.errorfactory.StateMachineDoesNotExist: An error occurred (StateMachineDoesNotExist) ...
        """
        arn = arns.parse_machine(stateMachineArn)
        found = newest_first(self._machine(arn.base).aliases.values(), lambda alias: alias.created)
        if arn.qualifier:
            found = [alias for alias in found if stateMachineArn in alias.routing]
        listed, token = self._page(found, maxResults, nextToken, "list_state_machine_aliases", stateMachineArn)
        aliases = [{"stateMachineAliasArn": alias.arn, "creationDate": when(alias.created)} for alias in listed]
        return {"stateMachineAliases": aliases, "nextToken": token}

    def _alias(self, text: str) -> tuple[StateMachine, Alias]:
        arn = arns.parse_machine(text)
        machine = self._find_machine(arn.base)
        if machine is None or arn.qualifier not in machine.aliases:
            raise not_found(text)
        return machine, machine.aliases[arn.qualifier]

    def _routing(self, given: Sequence[Mapping[str, Any]]) -> tuple[StateMachine, Routing]:
        """The state machine that a routing configuration is about, and the configuration, checked."""
        routing = {one["stateMachineVersionArn"]: one["weight"] for one in given}
        parsed = [arns.parse_machine(text) for text in routing]
        if any(not arn.qualifier.isdecimal() for arn in parsed):
            raise _invalid_routing("A routing configuration names versions by their ARNs.")
        if len({arn.base for arn in parsed}) > 1:
            raise _invalid_routing("Both versions must belong to one state machine.")
        if len(routing) < len(given):
            raise _invalid_routing("The two versions must differ.")
        if sum(routing.values()) != 100:
            raise _invalid_routing("The sum of the weights must be equal to 100.")
        machine = self._find_machine(parsed[0].base)
        if machine is None:
            raise not_found(next(iter(routing)))
        refuse_deleted(machine)
        for arn, text in zip(parsed, routing, strict=True):
            if int(arn.qualifier) not in machine.versions:
                raise not_found(text)
        return machine, routing


def _invalid_routing(problem: str) -> ServiceError:
    return ServiceError("ValidationException", problem, reason="INVALID_ROUTING_CONFIGURATION")
