"""How asynchronous invocations of a function end: attempts, age, destinations, dead letters, as the API has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eslabon.errors import NotModelled
from eslabon.ids import Arn
from eslabon.support.lambda_.errors import invalid

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
RETRIES = 2
AGE = 21_600  # seconds

MODELLED = ("sqs", "lambda", "events")
NOT_MODELLED = ("sns", "s3", "kafka")


@dataclass(frozen=True)
class EventInvokeConfig:
    """A function's configuration for asynchronous invocation: None where AWS's default holds."""

    modified: datetime | None = None
    retries: int | None = None
    age: int | None = None  # seconds
    on_success: str = ""
    on_failure: str = ""

    def describe(self, arn: str) -> dict[str, Any]:
        """Show the configuration of the function `arn` as the API does.

        >>> EventInvokeConfig(retries=1).describe("arn:aws:lambda:us-east-1:123456789012:function:f")["FunctionArn"]
        'arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST'
        """
        return {
            "LastModified": self.modified,
            "FunctionArn": f"{arn}:$LATEST",
            "MaximumRetryAttempts": self.retries,
            "MaximumEventAgeInSeconds": self.age,
            "DestinationConfig": {
                "OnSuccess": {"Destination": self.on_success} if self.on_success else {},
                "OnFailure": {"Destination": self.on_failure} if self.on_failure else {},
            },
        }


UNCONFIGURED = EventInvokeConfig()


def destination(config: Mapping[str, Mapping[str, str]] | None, ending: str) -> str:
    """The ARN where records of an ending ("OnSuccess", "OnFailure") go; empty for none.

    Raises InvalidParameterValueException, and NotModelled for the services that are not receivers here.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

    >>> config = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failures"}}
    >>> destination(config, "OnFailure"), destination(config, "OnSuccess")
    ('arn:aws:sqs:us-east-1:123456789012:failures', '')
    >>> destination({"OnFailure": {"Destination": "failures"}}, "OnFailure")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: The destination ARN failures is invalid.
    """
    target = (config or {}).get(ending, {}).get("Destination", "")
    if not target:
        return ""
    service = _service_of(target)
    if service in NOT_MODELLED:
        raise NotModelled("lambda", f"{service} destinations", MODELLED)
    if service not in MODELLED:
        raise invalid(f"The destination ARN {target} is invalid.")
    return target


def dead_letter_target(config: Mapping[str, str] | None) -> str:
    """The ARN of the queue for discarded events; empty for none.

    >>> dead_letter_target({"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}), dead_letter_target({})
    ('arn:aws:sqs:us-east-1:123456789012:dead', '')
    >>> dead_letter_target({"TargetArn": "arn:aws:s3:::dead"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: The provided dead-letter target arn:aws:s3:::dead \
is neither a queue nor a topic.
    """
    target = (config or {}).get("TargetArn", "")
    if not target:
        return ""
    service = _service_of(target)
    if service == "sns":
        raise NotModelled("lambda", "topics as dead-letter targets", ["Amazon SQS queues"])
    if service != "sqs":
        raise invalid(f"The provided dead-letter target {target} is neither a queue nor a topic.")
    return target


def _service_of(target: str) -> str:
    """The service in an ARN, or the scheme of another address (kafka://…); "" when it is neither."""
    if not target.startswith("arn:"):
        return target.partition("://")[0] if "://" in target else ""
    try:
        return Arn.parse(target).service
    except ValueError:
        return ""
