"""Bucket policies: what S3 takes as one, and whom it admits. Who may write a policy, the service says.

Identity policies and the settings of Block Public Access are left out: public policies are refused, as for new buckets.
"""

from __future__ import annotations

from eslabon.errors import ServiceError
from eslabon.permissions import Policy, PolicyError, Statement, allows, parse_policy

# What an account does with its own bucket is allowed unless the policy denies it: identity policies are not modelled.
_OWNER = Statement("Allow", (("*", "*"),), ("*",), (), ())


def checked_policy(text: str, bucket: str) -> Policy:
    """The policy of a bucket, read. Raises MalformedPolicy, and AccessDenied for a policy that makes it public.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

    >>> statement = '{"Effect": "Allow", "Principal": %s, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::%s/*"}'
    >>> service = '{"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}'
    >>> len(checked_policy('{"Statement": %s}' % (statement % (service, "logs")), "logs").statements)
    1
    >>> checked_policy('{"Statement": %s}' % (statement % (service, "other")), "logs")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: MalformedPolicy: Policy has invalid resource
    >>> checked_policy('{"Statement": %s}' % (statement % ('"*"', "logs")), "logs")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: AccessDenied: ... public policies are prevented by the BlockPublicPolicy setting ...
    """
    if not text.startswith("{"):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    try:
        policy = parse_policy(text)
    except PolicyError as error:
        raise _malformed(f"{error}"[:1].upper() + f"{error}"[1:]) from None
    whole = f"arn:aws:s3:::{bucket}"
    for statement in policy.statements:
        if not statement.resources:
            raise _malformed("Missing required field Resource")
        if not all(resource == whole or resource.startswith(whole + "/") for resource in statement.resources):
            raise _malformed("Policy has invalid resource")
        if not all(action == "*" or action.lower().startswith("s3:") for action in statement.actions):
            raise _malformed("Policy has invalid action")
        inside = any("/" in resource for resource in statement.resources)
        if not inside and all(action.endswith("Object") for action in statement.actions):
            raise _malformed("Action does not apply to any resource(s) in statement")
        public = any(kind in ("*", "AWS") and value == "*" for kind, value in statement.principals)
        if statement.effect == "Allow" and public and not statement.conditions:
            message = "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
            raise ServiceError("AccessDenied", f"The policy is not put because {message}", 403)
    return policy


def _malformed(message: str) -> ServiceError:
    return ServiceError("MalformedPolicy", message)


def admitted(policy: Policy | None, *, owner: bool, principal: str, action: str, resource: str) -> bool:
    """Whether a principal may do something: the owner's unless the policy denies it, others if it allows it.

    >>> admitted(None, owner=True, principal="arn:aws:iam::123456789012:user/reader", action="s3:GetObject",
    ...     resource="arn:aws:s3:::orders/1")
    True
    >>> admitted(None, owner=False, principal="arn:aws:iam::111122223333:user/reader", action="s3:GetObject",
    ...     resource="arn:aws:s3:::orders/1")
    False
    """
    if owner:
        policy = Policy((_OWNER, *(policy.statements if policy else ())))
    return allows(policy, principal=principal, action=action, resource=resource)
