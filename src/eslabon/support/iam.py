"""AWS Identity and Access Management: roles and who may assume them.

Identity policies are kept and shown, but nothing evaluates them; users, groups, customer managed policies and
instance profiles are left out.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from eslabon import jsontext
from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.permissions import PolicyError, allows, parse_policy
from eslabon.service import Service

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

MANAGED_POLICY = "arn:aws:iam::aws:policy/"
ATTACHED_POLICIES = 10
TAGS = 50
TRUST_POLICY_CHARACTERS = 2048
INLINE_POLICIES_CHARACTERS = 10_240
PAGE_SIZE = 100

ASSUME_ACTIONS = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:SetContext",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    }
)
VERSIONS = ("2008-10-17", "2012-10-17")

TAG_PATTERNS = {"Key": r"[\w\s.:/=+\-@]{1,128}", "Value": r"[\w\s.:/=+\-@]{0,256}"}

NOT_EVALUATED = "The policy is kept and shown; no call is allowed or denied because of it."


@dataclass
class Role:
    """A role with what is written on it."""

    name: str
    path: str
    id: str
    arn: str
    created: datetime
    trust: str
    description: str | None
    max_session_duration: int
    tags: dict[str, str] = field(default_factory=dict)
    inline: dict[str, str] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)


class Iam(Service):
    """IAM of one account; it belongs to no Region."""

    name: ClassVar[str] = "iam"
    principal: ClassVar[str] = "iam.amazonaws.com"
    validation_code: ClassVar[str] = "ValidationError"
    modelled: ClassVar[Mapping[str, str]] = {"Tag": "*"}
    inert: ClassVar[Mapping[str, str]] = {
        "put_role_policy": NOT_EVALUATED,
        "attach_role_policy": NOT_EVALUATED,
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
        if self._find(RoleName) is not None:
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
        add_tags(role, Tags or [])
        self.roles[RoleName] = role
        self.journal.record("resource", arn=role.arn, state="created", type="role", name=RoleName)
        return {"Role": describe(role)}

    def get_role(self, RoleName: str) -> dict[str, Any]:
        """Describe one role.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html

        >>> from eslabon import Cloud
        >>> Cloud().client("iam").get_role(RoleName="nobody")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred (NoSuchEntity) when calling the GetRole \
operation: The role with name nobody cannot be found.
        """
        return {"Role": describe(self._role(RoleName))}

    def list_roles(self, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
        """List the roles whose path starts with PathPrefix, by name; without their tags, as IAM does.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
        """
        roles = sorted((role for role in self.roles.values() if role.path.startswith(PathPrefix)), key=by_name)
        return listing("Roles", [describe(role, tags=False) for role in roles], MaxItems, Marker, PathPrefix)

    def delete_role(self, RoleName: str) -> None:
        """Delete a role that has no policy any more. Raises NoSuchEntity, DeleteConflict.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
        """
        role = self._role(RoleName)
        if role.inline:
            raise ServiceError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
        if role.attached:
            raise ServiceError("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
        del self.roles[role.name]
        self.journal.record("resource", arn=role.arn, state="deleted", type="role", name=role.name)

    def update_assume_role_policy(self, RoleName: str, PolicyDocument: str) -> None:
        """Replace the policy that says who may assume the role. Raises NoSuchEntity, MalformedPolicyDocument.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
        """
        role = self._role(RoleName)
        check_trust_policy(PolicyDocument)
        role.trust = PolicyDocument

    # Identity policies: kept, without effect

    def put_role_policy(self, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:
        """Write or replace an inline policy; all of a role's inline policies hold at most 10,240 characters.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
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
        """
        document = self._inline(RoleName, PolicyName)
        return {"RoleName": RoleName, "PolicyName": PolicyName, "PolicyDocument": quote(document)}

    def delete_role_policy(self, RoleName: str, PolicyName: str) -> None:
        """Delete an inline policy. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
        """
        self._inline(RoleName, PolicyName)
        del self._role(RoleName).inline[PolicyName]

    def list_role_policies(self, RoleName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
        """List the names of a role's inline policies.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
        """
        return listing("PolicyNames", sorted(self._role(RoleName).inline), MaxItems, Marker, RoleName)

    def attach_role_policy(self, RoleName: str, PolicyArn: str) -> None:
        """Attach an AWS managed policy; there are no customer managed ones here. Raises NoSuchEntity, LimitExceeded.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
        """
        role = self._role(RoleName)
        if not PolicyArn.startswith(MANAGED_POLICY):
            raise ServiceError("NoSuchEntity", f"Policy {PolicyArn} does not exist or is not attachable.", 404)
        if PolicyArn in role.attached:
            return
        if len(role.attached) == ATTACHED_POLICIES:
            raise ServiceError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {ATTACHED_POLICIES}", 409)
        role.attached.append(PolicyArn)

    def detach_role_policy(self, RoleName: str, PolicyArn: str) -> None:
        """Detach a managed policy. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
        """
        role = self._role(RoleName)
        if PolicyArn not in role.attached:
            raise ServiceError("NoSuchEntity", f"Policy {PolicyArn} was not found.", 404)
        role.attached.remove(PolicyArn)

    def list_attached_role_policies(
        self, RoleName: str, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int = PAGE_SIZE
    ) -> dict[str, Any]:
        """List the managed policies attached to a role, those whose path starts with PathPrefix.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
        """
        policies = []
        for arn in self._role(RoleName).attached:
            path, _, policy_name = arn.partition(":policy")[2].rpartition("/")
            if f"{path}/".startswith(PathPrefix):
                policies.append({"PolicyName": policy_name, "PolicyArn": arn})
        return listing("AttachedPolicies", policies, MaxItems, Marker, RoleName + PathPrefix)

    # Tags

    def tag_role(self, RoleName: str, Tags: list[dict[str, str]]) -> None:
        """Add or overwrite tags, at most 50 a role. Raises NoSuchEntity, LimitExceeded, InvalidInput.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html
        """
        add_tags(self._role(RoleName), Tags)

    def untag_role(self, RoleName: str, TagKeys: list[str]) -> None:
        """Remove tags; keys that the role does not have are no error.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html
        """
        tags = self._role(RoleName).tags
        for key in TagKeys:
            tags.pop(key, None)

    def list_role_tags(self, RoleName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
        """List a role's tags by key.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html
        """
        return listing("Tags", tag_list(self._role(RoleName)), MaxItems, Marker, RoleName)

    # What other services ask

    def trusts(self, role_arn: str, principal: str, source_arn: str = "", source_account: str = "") -> bool:
        """Say whether the service principal ("lambda.amazonaws.com") may assume the role at role_arn.

        The role must exist and its trust policy must allow the principal sts:AssumeRole under its conditions. This is
        no modelled operation but what delivery and Lambda ask.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html

        >>> from eslabon import Cloud
        >>> Cloud().service("iam").trusts("arn:aws:iam::123456789012:role/nobody", "lambda.amazonaws.com")
        False
        """
        role = next((role for role in self.roles.values() if role.arn == role_arn), None)
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

    def _find(self, name: str) -> Role | None:
        """Find the role whose name is this one but for case."""
        return next((role for role in self.roles.values() if role.name.lower() == name.lower()), None)

    def _role(self, name: str) -> Role:
        if name not in self.roles:
            raise ServiceError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
        return self.roles[name]

    def _inline(self, role_name: str, policy_name: str) -> str:
        role = self._role(role_name)
        if policy_name not in role.inline:
            raise ServiceError("NoSuchEntity", f"The role policy with name {policy_name} cannot be found.", 404)
        return role.inline[policy_name]


def by_name(role: Role) -> str:
    """Order roles by name."""
    return role.name


def describe(role: Role, tags: bool = True) -> dict[str, Any]:
    """Show a role as the API does: policies travel URL-encoded, boto3 decodes them."""
    description: dict[str, Any] = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": quote(role.trust),
        "MaxSessionDuration": role.max_session_duration,
    }
    if role.description is not None:
        description["Description"] = role.description
    if tags and role.tags:
        description["Tags"] = tag_list(role)
    return description


def listing(member: str, items: list[Any], limit: int, marker: str | None, key: str) -> dict[str, Any]:
    """Answer one page of items the way IAM does, with IsTruncated and Marker."""
    try:
        shown, following = page(items, limit, marker, f"{member}:{key}")
    except InvalidToken as error:
        raise ServiceError("ValidationError", "Invalid Marker.") from error
    answer: dict[str, Any] = {member: shown, "IsTruncated": following is not None}
    if following is not None:
        answer["Marker"] = following
    return answer


def tag_list(role: Role) -> list[dict[str, str]]:
    """Show tags as the API does."""
    return [{"Key": key, "Value": value} for key, value in sorted(role.tags.items())]


def add_tags(role: Role, tags: list[dict[str, str]]) -> None:
    """Add tags to a role, or change none of them when one is not allowed."""
    for tag in tags:
        for member, pattern in TAG_PATTERNS.items():
            if not re.fullmatch(pattern, tag[member]):
                raise ServiceError(
                    "ValidationError",
                    f"1 validation error detected: Value '{tag[member]}' at 'tags.{member.lower()}' failed to satisfy "
                    f"constraint: Member must satisfy regular expression pattern: {pattern}",
                )
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) < len(keys):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise ServiceError("InvalidInput", message)
    for key in keys:
        if key.startswith("aws:"):
            raise ServiceError("InvalidInput", "Tag keys beginning with aws: are reserved for system use.")
    # A key that differs from an old one in case alone replaces it.
    merged = {key: value for key, value in role.tags.items() if key.lower() not in keys}
    merged.update({tag["Key"]: tag["Value"] for tag in tags})
    if len(merged) > TAGS:
        raise ServiceError("LimitExceeded", f"The number of tags has reached the maximum limit of {TAGS}.", 409)
    role.tags = merged


# Policy documents


def malformed(message: str) -> ServiceError:
    """The error of a document that is no policy of the kind wanted."""
    return ServiceError("MalformedPolicyDocument", message)


def characters(document: str) -> int:
    """Count a policy's characters the way IAM's quotas do, white space left out."""
    return sum(not character.isspace() for character in document)


def statements_of(document: str) -> list[dict[str, Any]]:
    """Read a policy document as far as trust and identity policies agree. Raises MalformedPolicyDocument.

    >>> statements_of('{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}')[0]["Action"]
    'sqs:*'
    >>> statements_of("not JSON")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: MalformedPolicyDocument: This policy contains invalid Json
    """
    try:
        policy = jsontext.parse(document)
    except ValueError as error:
        raise malformed("This policy contains invalid Json") from error
    if not isinstance(policy, dict):
        raise malformed("Syntax errors in policy.")
    if policy.get("Version", VERSIONS[0]) not in VERSIONS:
        raise malformed("The policy must contain a valid version string")
    statements = policy.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise malformed("Syntax errors in policy.")
    if not statements:
        raise malformed("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise malformed("Syntax errors in policy.")
    return statements


def texts(value: Any) -> list[str]:
    """Read a text or a list of texts, as policies write either."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(item, str) for item in values):
        raise malformed("Syntax errors in policy.")
    return values


def check_trust_policy(document: str) -> None:
    """Refuse a document that does not say who may assume a role. Raises MalformedPolicyDocument, LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for statement in statements_of(document):
        for field_name in ("Resource", "NotResource"):
            if field_name in statement:
                raise malformed(f"Has prohibited field {field_name}")
        for field_name in ("Principal", "Action"):
            if field_name not in statement and f"Not{field_name}" not in statement:
                raise malformed(f"Missing required field {field_name}")
        for action in texts(statement.get("Action", statement.get("NotAction"))):
            if action not in ASSUME_ACTIONS and action not in ("sts:*", "*"):
                raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
        check_principal(statement.get("Principal", statement.get("NotPrincipal")))
    if characters(document) > TRUST_POLICY_CHARACTERS:
        raise ServiceError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARACTERS}", 409)
    try:
        parse_policy(document)
    except PolicyError as error:
        raise malformed("Syntax errors in policy.") from error


def check_principal(principal: Any) -> None:
    """Refuse a principal that cannot exist: a service's is a host name."""
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise malformed("Syntax errors in policy.")
    for kind, value in principal.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise malformed(f'Invalid principal in policy: "{kind.upper()}"')
        for name in texts(value):
            if kind == "Service" and not name.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")):
                raise malformed(f'Invalid principal in policy: "SERVICE":"{name}"')


def check_identity_policy(document: str) -> None:
    """Refuse a document that is no identity policy: the role that carries it is its principal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
    """
    for statement in statements_of(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed("Policy document should not specify a principal.")
        if "Action" not in statement and "NotAction" not in statement:
            raise malformed("Policy statement must contain actions.")
        if "Resource" not in statement and "NotResource" not in statement:
            raise malformed("Policy statement must contain resources.")
        for action in texts(statement.get("Action", statement.get("NotAction"))):
            if action != "*" and ":" not in action:
                raise malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
