"""IAM of one account: its operations on roles, gathered, and what other services ask: who may assume a role.

How a role is kept, and which policy documents it takes, stand in modules of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from eslabon.permissions import allows, parse_policy
from eslabon.support.iam.documents import permits
from eslabon.support.iam.operations.rolepolicies import RolePolicies
from eslabon.support.iam.operations.roles import Roles
from eslabon.support.iam.operations.tagging import Tagging
from eslabon.support.iam.roles import Role


class Iam(Roles, RolePolicies, Tagging):
    """IAM of one account; it belongs to no Region."""

    modelled: ClassVar[Mapping[str, str]] = {"Tag": "*"}
    inert: ClassVar[Mapping[str, str]] = {
        "put_role_policy": "The policy is kept and shown; all that it decides is whether a function may write its log.",
        "create_role.MaxSessionDuration": "No session is opened with a role's credentials, so none ends.",
    }

    def resources(self) -> list[str]:
        """ARNs of the roles."""
        return [role.arn for role in self.roles.values()]

    def trusts(self, role_arn: str, principal: str, source_arn: str = "", source_account: str = "") -> bool:
        """Say whether the service principal ("lambda.amazonaws.com") may assume the role at role_arn.

        The role must exist and its trust policy must allow the principal sts:AssumeRole under its conditions. This is
        no modelled operation but what delivery and Lambda ask.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> iam = cloud.service("iam")
        >>> worker = "arn:aws:iam::123456789012:role/worker"
        >>> iam.trusts(worker, "lambda.amazonaws.com"), iam.trusts(worker, "events.amazonaws.com")
        (True, False)
        >>> iam.trusts("arn:aws:iam::123456789012:role/nobody", "lambda.amazonaws.com")
        False
        """
        role = self._at(role_arn)
        if role is None:
            return False
        return allows(
            parse_policy(role.trust),
            principal=principal,
            action="sts:AssumeRole",
            resource=role_arn,
            source_arn=source_arn,
            source_account=source_account or self.account,
        )

    def permits(self, role_arn: str, action: str, resource: str) -> bool:
        """Say whether the policies of the role at role_arn allow an action; what Lambda asks before it writes a log.

        The role must exist. Raises NotModelled for a statement about it that has a condition.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> asked = ("arn:aws:iam::123456789012:role/worker", "logs:PutLogEvents", "arn:aws:logs:…:orders")
        >>> cloud.service("iam").permits(*asked)
        False
        >>> write = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}'
        >>> _ = cloud.client("iam").put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=write)
        >>> cloud.service("iam").permits(*asked)
        True
        """
        role = self._at(role_arn)
        return role is not None and permits(role.inline.values(), action, resource)

    def _at(self, role_arn: str) -> Role | None:
        return next((role for role in self.roles.values() if role.arn == role_arn), None)
