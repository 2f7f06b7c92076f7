"""IAM's operations on roles, and the question that other services ask: who may assume one.

How a role is kept, and which policy documents it takes, stand in modules of their own.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.permissions import allows, parse_policy
from eslabon.service import Service
from eslabon.support.iam.documents import characters, check_identity_policy, check_trust_policy, permits
from eslabon.support.iam.roles import Role

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

INLINE_POLICIES_CHARACTERS = 10_240
PAGE_SIZE = 100


class Iam(Service):
    """IAM of one account; it belongs to no Region."""

    name: ClassVar[str] = "iam"
    principal: ClassVar[str] = "iam.amazonaws.com"
    validation_code: ClassVar[str] = "ValidationError"
    modelled: ClassVar[Mapping[str, str]] = {"Tag": "*"}
    inert: ClassVar[Mapping[str, str]] = {
        "put_role_policy": "The policy is kept and shown; all that it decides is whether a function may write its log.",
        "create_role.MaxSessionDuration": "No session is opened with a role's credentials, so none ends.",
    }

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.roles: dict[str, Role] = {}

    def resources(self) -> list[str]:
        """ARNs of the roles."""
        return [role.arn for role in self.roles.values()]

    # Roles

    def create_role(
        self,
        RoleName: str,
        AssumeRolePolicyDocument: str,
        Path: str = "/",
        Description: str | None = None,
        MaxSessionDuration: int = 3600,
        Tags: list[dict[str, str]] | None = None,
    ) -> dict[str, Any]:
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

    def get_role(self, RoleName: str) -> dict[str, Any]:
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

    def list_roles(self, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
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
        return _listing("Roles", [role.described(tags=False) for role in roles], MaxItems, Marker, PathPrefix)

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

    # Identity policies: kept, without effect but on logs

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

    def get_role_policy(self, RoleName: str, PolicyName: str) -> dict[str, Any]:
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

    def list_role_policies(self, RoleName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
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
        return _listing("PolicyNames", sorted(self._role(RoleName).inline), MaxItems, Marker, RoleName)

    # Tags

    def tag_role(self, RoleName: str, Tags: list[dict[str, str]]) -> None:
        """Add or overwrite tags, at most 50 a role. Raises NoSuchEntity, LimitExceeded, InvalidInput.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> _ = iam.tag_role(RoleName="worker", Tags=[{"Key": "team", "Value": "shop"}])
        >>> _ = iam.tag_role(RoleName="worker", Tags=[{"Key": "TEAM", "Value": "post"}])
        >>> iam.list_role_tags(RoleName="worker")["Tags"]
        [{'Key': 'TEAM', 'Value': 'post'}]
        >>> iam.tag_role(RoleName="worker", Tags=[{"Key": "aws:team", "Value": "shop"}])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidInputException: An error occurred ...
        """
        self._role(RoleName).add_tags(Tags)

    def untag_role(self, RoleName: str, TagKeys: list[str]) -> None:
        """Remove tags; keys that the role does not have are no error. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> _ = iam.tag_role(RoleName="worker", Tags=[{"Key": "team", "Value": "shop"}])
        >>> _ = iam.untag_role(RoleName="worker", TagKeys=["team", "cost"])
        >>> iam.list_role_tags(RoleName="worker")["Tags"]
        []
        >>> iam.untag_role(RoleName="nobody", TagKeys=["team"])
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        tags = self._role(RoleName).tags
        for key in TagKeys:
            tags.pop(key, None)

    def list_role_tags(self, RoleName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
        """List a role's tags by key. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> iam.list_role_tags(RoleName="worker")["Tags"]
        []
        >>> iam.list_role_tags(RoleName="nobody")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        return _listing("Tags", self._role(RoleName).tag_list, MaxItems, Marker, RoleName)

    # What other services ask

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

    def _role(self, name: str) -> Role:
        if name not in self.roles:
            raise ServiceError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
        return self.roles[name]

    def _inline(self, role_name: str, policy_name: str) -> str:
        role = self._role(role_name)
        if policy_name not in role.inline:
            raise ServiceError("NoSuchEntity", f"The role policy with name {policy_name} cannot be found.", 404)
        return role.inline[policy_name]


def _listing(member: str, items: list[Any], limit: int, marker: str | None, key: str) -> dict[str, Any]:
    """Answer one page of items the way IAM does, with IsTruncated and Marker."""
    try:
        shown, following = page(items, limit, marker, f"{member}:{key}")
    except InvalidToken as error:
        raise ServiceError("ValidationError", "Invalid Marker.") from error
    answer: dict[str, Any] = {member: shown, "IsTruncated": following is not None}
    if following is not None:
        answer["Marker"] = following
    return answer
