"""One way from an ARN to "what receives here", used by every service that sends to another.

It retries nothing: the sender decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon.errors import Failure, NotModelled
from eslabon.ids import Arn
from eslabon.service import Reply

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LATENCY = 0.2  # seconds from sender to receiver; AWS states about half a second for EventBridge, end to end

# The service name in an ARN, and boto3's name of the service that receives there.
RECEIVERS = {"sqs": "sqs", "lambda": "lambda", "events": "events", "logs": "logs", "states": "stepfunctions"}


def deliver(
    cloud: Cloud,
    arn: str,
    payload: str,
    *,
    principal: str,
    source_arn: str,
    role_arn: str | None,
    parameters: Mapping[str, Any],
    reply: Reply,
) -> None:
    """Hand `payload` to whatever receives at `arn`, after the latency; `reply` is called once with what came of it.

    Raises NotModelled when nothing receives at such an ARN.

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> sent = {"principal": "events.amazonaws.com", "source_arn": "arn:aws:events:us-east-1:123456789012:rule/orders",
    ...     "role_arn": None, "parameters": {}, "reply": lambda result, failure: print(failure.code)}
    >>> deliver(cloud, "arn:aws:sqs:us-east-1:123456789012:gone", "{}", **sent)
    >>> cloud.clock.advance(1)
    NO_RESOURCE
    >>> deliver(cloud, "arn:aws:kinesis:us-east-1:123456789012:stream/orders", "{}", **sent)
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model kinesis as a target ...
    """
    target = Arn.parse(arn)
    if target.service not in RECEIVERS:
        raise NotModelled(target.service, f"as a target ({arn})", sorted(RECEIVERS))
    source = Arn.parse(source_arn)

    def arrive() -> None:
        if role_arn and not may_assume(cloud, role_arn, principal, source_arn, target=arn):
            message = f"{principal} may not assume the role {role_arn}: its trust policy does not say so."
            reply(None, Failure("NO_PERMISSIONS", message, retryable=False))
            return
        cloud.service(RECEIVERS[target.service], region=target.region, account=target.account).deliver(
            arn,
            payload,
            principal=principal,
            source_arn=source_arn,
            source_account=source.account,
            role_arn=role_arn,
            parameters=parameters,
            reply=reply,
        )

    cloud.clock.call_later(LATENCY, arrive)


def may_assume(cloud: Cloud, role_arn: str, principal: str, source_arn: str, *, target: str) -> bool:
    """Whether a service or a role may assume a role on behalf of a source; the journal gets the refusal of a target.

    >>> from eslabon import Cloud
    >>> cloud, role = Cloud(), "arn:aws:iam::123456789012:role/gone"
    >>> rule = "arn:aws:events:us-east-1:123456789012:rule/orders"
    >>> may_assume(cloud, role, "events.amazonaws.com", rule, target=role)
    False
    >>> [entry["missing"]["Principal"] for entry in cloud.journal.of("refusal")]
    [{'Service': 'events.amazonaws.com'}]
    """
    try:
        iam: Any = cloud.service("iam", region="", account=Arn.parse(role_arn).account)
        trusted = bool(iam.trusts(role_arn, principal, source_arn, Arn.parse(source_arn).account))
    except ValueError:  # it is no ARN
        trusted = False
    if not trusted:
        named = {"AWS" if principal.startswith("arn:") else "Service": principal}
        cloud.journal.record(
            "refusal",
            source=source_arn,
            target=target,
            principal=principal,
            action="sts:AssumeRole",
            missing={"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"},
        )
    return trusted
