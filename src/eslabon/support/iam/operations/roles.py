"""Roles: created, described, listed, deleted, and who may assume one. Users and groups are left out."""

from __future__ import annotations

import string

from eslabon.errors import ServiceError
from eslabon.support.iam.documents import check_trust_policy
from eslabon.support.iam.operations.registry import PAGE_SIZE, Answer, Registry, listing
from eslabon.support.iam.roles import Role


class Roles(Registry):
    """Operations on roles."""

    def create_role(
        self,
        RoleName: str,
        AssumeRolePolicyDocument: str,
        Path: str = "/",
        Description: str | None = None,
        MaxSessionDuration: int = 3600,
        Tags: list[dict[str, str]] | None = None,
    ) -> Answer:
        """Create a role that the principals of its trust policy may assume.

        AssumeRolePolicyDocument is the trust policy, JSON text of at most 2,048 characters. Raises EntityAlreadyExists
        (names differ in more than case), MalformedPolicyDocument, LimitExceeded, InvalidInput (tags).

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'''
        >>> iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        'arn:aws:iam::123456789012:role/worker'

        A path becomes part of the ARN:

        >>> iam.create_role(RoleName="clerk", Path="/shop/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        'arn:aws:iam::123456789012:role/shop/clerk'

        A role's trust policy names who may assume it, never a resource:

        >>> wrong = trust.replace('"Action"', '"Resource": "*", "Action"')
        >>> iam.create_role(RoleName="wrong", AssumeRolePolicyDocument=wrong)
        Traceback (most recent call last):
        botocore.errorfactory.MalformedPolicyDocumentException: An error occurred (MalformedPolicyDocument) when \
calling the CreateRole operation: Has prohibited field Resource
        """
        if RoleName.lower() in map(str.lower, self.roles):
            raise ServiceError("EntityAlreadyExists", f"Role with name {RoleName} already exists.", 409)
        check_trust_policy(AssumeRolePolicyDocument)
        role = Role(
            name=RoleName,
            path=Path,
            id="AROA" + "".join(self.ids.random.choices(string.ascii_uppercase + string.digits, k=17)),
            arn=self.arn(f"role{Path}{RoleName}"),
            created=self.clock.datetime(),
            trust=AssumeRolePolicyDocument,
            description=Description,
            max_session_duration=MaxSessionDuration,
        )
        role.add_tags(Tags or [])
        self.roles[RoleName] = role
        self.journal.record("resource", arn=role.arn, state="created", type="role", name=RoleName)
        return {"Role": role.described()}

    def get_role(self, RoleName: str) -> Answer:
        """Describe one role. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> iam.get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"]["Statement"]["Action"]
        'sts:AssumeRole'
        >>> iam.get_role(RoleName="nobody")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred (NoSuchEntity) when calling the GetRole \
operation: The role with name nobody cannot be found.
        """
        return {"Role": self._role(RoleName).described()}

    def list_roles(self, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> Answer:
        """List the roles whose path starts with PathPrefix, by name; without their tags, as IAM does.

        Raises ValidationError (Marker).

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> [role["RoleName"] for role in iam.list_roles()["Roles"]]
        ['worker']
        >>> iam.list_roles(PathPrefix="/shop/")["Roles"]
        []
        >>> iam.list_roles(Marker="nonsense")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) when calling the ListRoles operation: ...
        """
        roles = [self.roles[name] for name in sorted(self.roles) if self.roles[name].path.startswith(PathPrefix)]
        return listing("Roles", [role.described(tags=False) for role in roles], MaxItems, Marker, PathPrefix)

    def delete_role(self, RoleName: str) -> None:
        """Delete a role that has no policy any more. Raises NoSuchEntity, DeleteConflict.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> write = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}'
        >>> _ = iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=write)
        >>> iam.delete_role(RoleName="worker")
        Traceback (most recent call last):
        botocore.errorfactory.DeleteConflictException: An error occurred ...
        >>> _ = iam.delete_role_policy(RoleName="worker", PolicyName="write")
        >>> _ = iam.delete_role(RoleName="worker")
        >>> iam.list_roles()["Roles"]
        []
        """
        role = self._role(RoleName)
        if role.inline:
            raise ServiceError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
        del self.roles[role.name]
        self.journal.record("resource", arn=role.arn, state="deleted", type="role", name=role.name)

    def update_assume_role_policy(self, RoleName: str, PolicyDocument: str) -> None:
        """Replace the policy that says who may assume the role. Raises NoSuchEntity, MalformedPolicyDocument.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> _ = iam.update_assume_role_policy(RoleName="worker", PolicyDocument=trust.replace("lambda", "events"))
        >>> statement = iam.get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"]["Statement"]
        >>> statement["Principal"]
        {'Service': 'events.amazonaws.com'}
        >>> iam.update_assume_role_policy(RoleName="worker", PolicyDocument="{}")
        Traceback (most recent call last):
        botocore.errorfactory.MalformedPolicyDocumentException: An error occurred ...
        """
        role = self._role(RoleName)
        check_trust_policy(PolicyDocument)
        role.trust = PolicyDocument
