"""Inline policies of roles: put, shown, deleted, listed. They have no effect but on logs; managed ones are left out."""

from __future__ import annotations

from urllib.parse import quote

from eslabon.errors import ServiceError
from eslabon.support.iam.documents import characters, check_identity_policy
from eslabon.support.iam.operations.registry import PAGE_SIZE, Answer, Registry, listing

INLINE_POLICIES_CHARACTERS = 10_240


class RolePolicies(Registry):
    """Operations on inline policies."""

    def put_role_policy(self, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:
        """Write or replace an inline policy; all of a role's inline policies hold at most 10,240 characters.

        Raises NoSuchEntity, MalformedPolicyDocument, LimitExceeded.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> write = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}'
        >>> _ = iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=write)
        >>> iam.list_role_policies(RoleName="worker")["PolicyNames"]
        ['write']
        >>> iam.put_role_policy(RoleName="worker", PolicyName="trust", PolicyDocument=trust)
        Traceback (most recent call last):
        botocore.errorfactory.MalformedPolicyDocumentException: An error occurred ...
        """
        role = self._role(RoleName)
        check_identity_policy(PolicyDocument)
        policies = {**role.inline, PolicyName: PolicyDocument}
        if sum(characters(document) for document in policies.values()) > INLINE_POLICIES_CHARACTERS:
            message = f"Maximum policy size of {INLINE_POLICIES_CHARACTERS} bytes exceeded for role {RoleName}"
            raise ServiceError("LimitExceeded", message, 409)
        role.inline = policies

    def get_role_policy(self, RoleName: str, PolicyName: str) -> Answer:
        """Show an inline policy. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> write = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}'
        >>> _ = iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=write)
        >>> iam.get_role_policy(RoleName="worker", PolicyName="write")["PolicyDocument"]["Statement"]["Action"]
        'logs:*'
        >>> iam.get_role_policy(RoleName="worker", PolicyName="read")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        document = self._inline(RoleName, PolicyName)
        return {"RoleName": RoleName, "PolicyName": PolicyName, "PolicyDocument": quote(document)}

    def delete_role_policy(self, RoleName: str, PolicyName: str) -> None:
        """Delete an inline policy. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> write = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}'
        >>> _ = iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=write)
        >>> _ = iam.delete_role_policy(RoleName="worker", PolicyName="write")
        >>> iam.list_role_policies(RoleName="worker")["PolicyNames"]
        []
        >>> iam.delete_role_policy(RoleName="worker", PolicyName="write")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        self._inline(RoleName, PolicyName)
        del self._role(RoleName).inline[PolicyName]

    def list_role_policies(self, RoleName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> Answer:
        """List the names of a role's inline policies. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> iam.list_role_policies(RoleName="worker")["PolicyNames"]
        []
        >>> iam.list_role_policies(RoleName="nobody")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        return listing("PolicyNames", sorted(self._role(RoleName).inline), MaxItems, Marker, RoleName)

    def _inline(self, role_name: str, policy_name: str) -> str:
        role = self._role(role_name)
        if policy_name not in role.inline:
            raise ServiceError("NoSuchEntity", f"The role policy with name {policy_name} cannot be found.", 404)
        return role.inline[policy_name]
