"""Resource policies of an account's Region: they let services write to log groups. They belong to no one group."""

from __future__ import annotations

from typing import Any

from eslabon.errors import ServiceError
from eslabon.permissions import Policy, PolicyError, parse_policy
from eslabon.support.logs.errors import invalid, not_found

LIMIT = 10


class ResourcePolicies:
    """The resource policies by their names."""

    def __init__(self) -> None:
        self._policies: dict[str, Policy] = {}
        self._described: dict[str, dict[str, Any]] = {}

    @property
    def together(self) -> Policy:
        """All policies as one: a statement that denies outweighs those of other policies that allow."""
        return Policy(tuple(statement for policy in self._policies.values() for statement in policy.statements))

    def put(self, name: str, document: str, now: int) -> dict[str, Any]:
        """Write or replace a policy and show it. Raises InvalidParameterException, LimitExceededException.

        >>> policies = ResourcePolicies()
        >>> statement = '{"Effect": "Allow", "Principal": "*", "Action": "logs:PutLogEvents", "Resource": "*"}'
        >>> policies.put("events", '{"Statement": %s}' % statement, now=1000)["lastUpdatedTime"]
        1000
        >>> policies.put("events", "{}", now=2000)
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidParameterException: Invalid policy document: the policy has no Statement
        >>> policies.described()[0]["lastUpdatedTime"]
        1000
        """
        try:
            policy = parse_policy(document)
        except PolicyError as error:
            raise invalid(f"Invalid policy document: {error}") from error
        if name not in self._policies and len(self._policies) == LIMIT:
            raise ServiceError("LimitExceededException", "Resource limit exceeded.")
        self._policies[name] = policy
        self._described[name] = {"policyName": name, "policyDocument": document, "lastUpdatedTime": now}
        return self._described[name]

    def delete(self, name: str) -> None:
        """Remove a policy. Raises ResourceNotFoundException.

        >>> ResourcePolicies().delete("events")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: ResourceNotFoundException: Policy with name [events] does not exist
        """
        if name not in self._policies:
            raise not_found(f"Policy with name [{name}] does not exist")
        del self._policies[name], self._described[name]

    def described(self) -> list[dict[str, Any]]:
        """Show all policies as the API does, by name.

        >>> ResourcePolicies().described()
        []
        """
        return [self._described[name] for name in sorted(self._described)]
