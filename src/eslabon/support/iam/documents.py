"""Policy documents that a role carries: which trust and identity policies IAM takes, and what the latter allow.

Of conditions in identity policies nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled, ServiceError
from eslabon.permissions import PolicyError, is_like, parse_policy

TRUST_POLICY_CHARACTERS = 2048

ASSUME_ACTIONS = frozenset(
    {
        "*",
        "sts:*",
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:SetContext",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    }
)
SERVICE_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")


def check_trust_policy(document: str) -> None:
    """Refuse a document that does not say who may assume a role. Raises MalformedPolicyDocument, LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

    >>> who = '{"Statement": {"Effect": "Allow", "Principal": {"Service": "%s"}, "Action": "sts:AssumeRole"}}'
    >>> check_trust_policy(who % "lambda.amazonaws.com")
    >>> check_trust_policy(who % "lambda")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: MalformedPolicyDocument: Invalid principal in policy: "SERVICE":"lambda"
    """
    for statement in _statements(document):
        for element in ("Resource", "NotResource"):
            if element in statement:
                raise _malformed(f"Has prohibited field {element}")
        for element in ("Principal", "Action"):
            if element not in statement and f"Not{element}" not in statement:
                raise _malformed(f"Missing required field {element}")
    try:
        policy = parse_policy(document)
    except PolicyError as error:
        raise _malformed("Syntax errors in policy.") from error
    for parsed in policy.statements:
        if not ASSUME_ACTIONS.issuperset(parsed.actions):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
        for kind, name in parsed.principals:
            if kind == "Service" and not name.endswith(SERVICE_HOSTS):
                raise _malformed(f'Invalid principal in policy: "SERVICE":"{name}"')
    if characters(document) > TRUST_POLICY_CHARACTERS:
        raise ServiceError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARACTERS}", 409)


def check_identity_policy(document: str) -> None:
    """Refuse a document that is no identity policy: the role that carries it is its principal.

    Raises MalformedPolicyDocument.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html

    >>> check_identity_policy('{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}')
    >>> check_identity_policy('{"Statement": {"Effect": "Allow", "Action": "sqs:*"}}')
    Traceback (most recent call last):
    eslabon.errors.ServiceError: MalformedPolicyDocument: Policy statement must contain resources.
    """
    for statement in _statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise _malformed("Policy document should not specify a principal.")
        if "Action" not in statement and "NotAction" not in statement:
            raise _malformed("Policy statement must contain actions.")
        if "Resource" not in statement and "NotResource" not in statement:
            raise _malformed("Policy statement must contain resources.")
        actions = statement.get("Action", statement.get("NotAction"))
        for action in actions if isinstance(actions, list) else [actions]:
            if not isinstance(action, str):
                raise _malformed("Syntax errors in policy.")
            if action != "*" and ":" not in action:
                raise _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")


def permits(documents: Iterable[str], action: str, resource: str) -> bool:
    """Whether identity policies together allow an action on a resource: one says Allow, and none says Deny.

    Raises NotModelled for a statement about it that has a condition.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

    >>> write = '{"Statement": {"Effect": "Allow", "Action": "logs:Put*", "Resource": "arn:aws:logs:*"}}'
    >>> permits([write], "logs:PutLogEvents", "arn:aws:logs:…:orders"), permits([write], "sqs:SendMessage", "*")
    (True, False)
    >>> permits([write, write.replace("Allow", "Deny")], "logs:PutLogEvents", "arn:aws:logs:…:orders")
    False
    """
    effects = set()
    for document in documents:
        for statement in _statements(document):
            if _covers(statement, "Action", action.lower()) and _covers(statement, "Resource", resource):
                if "Condition" in statement:
                    raise NotModelled("iam", f"a Condition in what a role's policy says of {action}")
                effects.add(statement["Effect"])
    return effects == {"Allow"}


def _covers(statement: Mapping[str, Any], element: str, value: str) -> bool:
    """Whether what a statement says of actions, or of resources, covers one; NotAction and NotResource leave some out.

    element: Action or Resource.
    """
    name = element if element in statement else f"Not{element}"
    listed = statement[name]
    patterns = listed if isinstance(listed, list) else [listed]
    found = any(is_like(one.lower() if element == "Action" else one, value) for one in patterns)
    return found == (name == element)


def characters(document: str) -> int:
    """Count a policy's characters the way IAM's quotas do, white space left out.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

    >>> characters('{"Statement": []}'), characters("   ")
    (16, 0)
    """
    return sum(not character.isspace() for character in document)


def _malformed(message: str) -> ServiceError:
    return ServiceError("MalformedPolicyDocument", message)


def _statements(document: str) -> list[dict[str, Any]]:
    """Read a policy document as far as trust and identity policies agree."""
    try:
        policy = jsontext.parse(document)
    except ValueError as error:
        raise _malformed("This policy contains invalid Json") from error
    if not isinstance(policy, dict):
        raise _malformed("Syntax errors in policy.")
    if policy.get("Version", "2012-10-17") not in ("2008-10-17", "2012-10-17"):
        raise _malformed("The policy must contain a valid version string")
    statements = policy.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        raise _malformed("Syntax errors in policy.")
    if not statements:
        raise _malformed("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Syntax errors in policy.")
    return statements
