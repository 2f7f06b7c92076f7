"""Resource policies: who may do what to one resource, and the statement that is missing when nobody said so.

Identity policies (`support.iam.documents`) and NotPrincipal are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled

# Condition operators and keys that have effect here; every other one is refused when the policy is stored.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, found: wanted == found,
    "StringEqualsIgnoreCase": lambda wanted, found: wanted.lower() == found.lower(),
    "StringLike": lambda wanted, found: is_like(wanted, found),
    "ArnEquals": lambda wanted, found: _arn_like(wanted, found),  # AWS: ArnEquals and ArnLike behave identically
    "ArnLike": lambda wanted, found: _arn_like(wanted, found),
}
_KEYS = ("aws:sourcearn", "aws:sourceaccount")
_POLICY_ELEMENTS = ("Version", "Id", "Statement")
_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_NOT_MODELLED_ELEMENTS = {"NotPrincipal", "NotAction", "NotResource"}


class PolicyError(ValueError):
    """The policy document is not one; the text says why."""


@dataclass(frozen=True)
class Request:
    """Who asks for what: `principal` is a service ("events.amazonaws.com") or an account or role ARN."""

    principal: str
    action: str
    resource: str
    source_arn: str = ""
    source_account: str = ""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its lists made plain."""

    effect: str
    principals: tuple[tuple[str, str], ...]  # (kind, value), e.g. ("Service", "events.amazonaws.com")
    actions: tuple[str, ...]
    resources: tuple[str, ...]  # empty: the policy's own resource (a role's trust policy names none)
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]  # (operator, key in lower case, values)


@dataclass(frozen=True)
class Policy:
    """A resource policy, ready to be asked."""

    statements: tuple[Statement, ...]


def parse_policy(text: str) -> Policy:
    """Read a policy document; PolicyError when it is none, NotModelled for elements that would have no effect here.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

    >>> import json
    >>> statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    >>> policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    >>> allows(policy, principal="events.amazonaws.com", action="sqs:SendMessage", resource="arn:aws:sqs:…:orders")
    True
    >>> allows(policy, principal="events.amazonaws.com", action="sqs:DeleteQueue", resource="arn:aws:sqs:…:orders")
    False
    >>> parse_policy("{}")
    Traceback (most recent call last):
    eslabon.permissions.PolicyError: the policy has no Statement
    """
    try:
        document = jsontext.parse(text)
    except ValueError as error:
        raise PolicyError(f"the policy is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise PolicyError("the policy is not a JSON object")
    for element in document:
        if element not in _POLICY_ELEMENTS:
            raise PolicyError(f"a policy has no element {element}")
    if document.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise PolicyError(f"the policy's Version is {document['Version']!r}, neither 2012-10-17 nor 2008-10-17")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError("the policy has no Statement")
    read = Policy(tuple(_statement(statement) for statement in statements))
    named = [statement["Sid"] for statement in statements if "Sid" in statement]
    for name in named:
        if named.count(name) > 1:
            raise PolicyError(f"two statements have the Sid {name!r}")
    return read


def allows(
    policy: Policy | None,
    *,
    principal: str,
    action: str,
    resource: str,
    source_arn: str = "",
    source_account: str = "",
) -> bool:
    """Whether the policy allows it: some statement says Allow and none says Deny; no policy allows nothing.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

    >>> allows(None, principal="events.amazonaws.com", action="sqs:SendMessage", resource="arn:aws:sqs:…:orders")
    False
    """
    if policy is None:
        return False
    request = Request(principal, action, resource, source_arn, source_account)
    effects = {statement.effect for statement in policy.statements if _applies(statement, request)}
    return effects == {"Allow"}


def missing_statement(*, principal: str, action: str, resource: str, source_arn: str) -> dict[str, Any]:
    """The statement that, added to the resource's policy, would let this through and nothing else.

    >>> missing = missing_statement(principal="events.amazonaws.com", action="sqs:SendMessage",
    ...     resource="arn:aws:sqs:us-east-1:123456789012:orders",
    ...     source_arn="arn:aws:events:us-east-1:123456789012:rule/orders")
    >>> missing["Condition"]
    {'ArnEquals': {'aws:SourceArn': 'arn:aws:events:us-east-1:123456789012:rule/orders'}}
    """
    return {
        "Effect": "Allow",
        "Principal": {"Service": principal} if principal.endswith(".amazonaws.com") else {"AWS": principal},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
    }


def _statement(found: Any) -> Statement:
    if not isinstance(found, dict):
        raise PolicyError("a statement is not a JSON object")
    for element in found:
        if element in _NOT_MODELLED_ELEMENTS:
            raise NotModelled("policies", f"the element {element}", sorted(_ELEMENTS))
        if element not in _ELEMENTS:
            raise PolicyError(f"a statement has no element {element}")
    if found.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError("a statement's Effect is Allow or Deny")
    for element in ("Principal", "Action"):
        if element not in found:
            raise PolicyError(f"a statement of a resource policy has a {element}")
    if not isinstance(found.get("Sid", ""), str):
        raise PolicyError("a statement's Sid is a string")
    return Statement(
        found["Effect"],
        tuple(_principals(found["Principal"])),
        _strings(found["Action"], "Action"),
        _strings(found["Resource"], "Resource") if "Resource" in found else (),
        tuple(_conditions(found.get("Condition", {}))),
    )


def _strings(value: Any, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise PolicyError(f"{where} is empty")
    if not all(isinstance(one, str) for one in values):
        raise PolicyError(f"{where} holds something that is not a string")
    for one in values:
        if "${" in one:
            raise NotModelled("policies", f"the policy variable in {where} {one}")
    return tuple(values)


def _principals(value: Any) -> Iterable[tuple[str, str]]:
    if value == "*":
        return [("*", "*")]
    if not isinstance(value, Mapping) or not value:
        raise PolicyError('Principal is "*" or an object such as {"Service": "events.amazonaws.com"}')
    for kind in value:
        if kind not in ("Service", "AWS", "Federated", "CanonicalUser"):
            raise PolicyError(f"Principal has no member {kind}")
    return [(kind, one) for kind, values in value.items() for one in _strings(values, "Principal")]


def _conditions(value: Any) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    if not isinstance(value, Mapping):
        raise PolicyError("Condition is not a JSON object")
    for operator, keys in value.items():
        if operator not in _OPERATORS:
            raise NotModelled("policies", f"the condition operator {operator}", sorted(_OPERATORS))
        if not isinstance(keys, Mapping):
            raise PolicyError(f"Condition {operator} is not a JSON object")
        for key, wanted in keys.items():
            if key.lower() not in _KEYS:
                raise NotModelled("policies", f"the condition key {key}", ["aws:SourceArn", "aws:SourceAccount"])
            yield operator, key.lower(), _strings(wanted, operator)


def _applies(statement: Statement, request: Request) -> bool:
    """Whether every element of the statement covers the request."""
    return (
        any(_is_principal(kind, value, request.principal) for kind, value in statement.principals)
        and any(is_like(action.lower(), request.action.lower()) for action in statement.actions)
        and (not statement.resources or any(is_like(resource, request.resource) for resource in statement.resources))
        and all(_holds(condition, request) for condition in statement.conditions)
    )


def _holds(condition: tuple[str, str, tuple[str, ...]], request: Request) -> bool:
    operator, key, wanted = condition
    found = request.source_arn if key == "aws:sourcearn" else request.source_account
    return bool(found) and any(_OPERATORS[operator](one, found) for one in wanted)


def _is_principal(kind: str, value: str, principal: str) -> bool:
    if value == "*":
        return kind in ("*", "AWS")
    if kind == "Service":
        return value == principal
    if re.fullmatch(r"\d{12}", value):  # an account number stands for its root, and so for everybody in it
        value = f"arn:aws:iam::{value}:root"
    if value.endswith(":root"):
        return principal.startswith("arn:") and principal.split(":")[4] == value.split(":")[4]
    return value == principal


def is_like(wanted: str, found: str) -> bool:
    """Whether a text is what a pattern wants, in which * stands for any characters and ? for one.

    >>> is_like("logs:Put*", "logs:PutLogEvents"), is_like("logs:?", "logs:PutLogEvents")
    (True, False)
    """
    return _glob(wanted).fullmatch(found) is not None


def _arn_like(wanted: str, found: str) -> bool:
    """Each of the six parts is compared by itself: a * does not reach across a colon of the first five."""
    parts, others = wanted.split(":", 5), found.split(":", 5)
    return len(parts) == len(others) and all(map(is_like, parts, others))


@lru_cache(maxsize=1024)
def _glob(wanted: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(character, re.escape(character)) for character in wanted), re.DOTALL)
