"""What a request says besides messages and attributes: names, URLs, tags, pages. No queue is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eslabon.ids import Arn
from eslabon.pagination import InvalidToken, page
from eslabon.support.sqs.errors import invalid_value, sqs_error

MAXIMUM_PAGE = 1_000
MAXIMUM_TAGS = 50

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")
_URL = re.compile(r"(?P<address>https?://(?P<host>[^/]+)/)(?P<account>\d{12})/(?P<name>[A-Za-z0-9_.-]+)")


def check_name(name: str, fifo: bool) -> None:
    """Refuse a name that a queue of this type cannot have.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html

    >>> check_name("orders", fifo=False)
    >>> check_name("orders.fifo", fifo=True)
    >>> check_name("orders.fifo", fifo=False)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Can only include alphanumeric characters, hyphens, or \
underscores. 1 to 80 in length
    """
    if fifo and not _FIFO_NAME.fullmatch(name):
        raise sqs_error(
            "InvalidParameterValue",
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length",
        )
    if not fifo and not _NAME.fullmatch(name):
        raise sqs_error(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )


def queue_url(arn: str) -> str:
    """The URL of a queue.

    >>> queue_url("arn:aws:sqs:us-east-1:123456789012:orders")
    'https://sqs.us-east-1.amazonaws.com/123456789012/orders'
    """
    queue = Arn.parse(arn)
    return f"https://sqs.{queue.region}.amazonaws.com/{queue.account}/{queue.resource}"


def account_and_name(url: str, region: str) -> tuple[str, str]:
    """The owner's account and the name in the URL of a queue of a Region; InvalidAddress when it is none.

    >>> account_and_name("https://sqs.us-east-1.amazonaws.com/123456789012/orders", "us-east-1")
    ('123456789012', 'orders')
    >>> account_and_name("https://sqs.us-east-1.amazonaws.com/123456789012/orders", "eu-west-1")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAddress: The address https://sqs.us-east-1.amazonaws.com/ is not valid \
for this endpoint.
    >>> account_and_name("orders", "us-east-1")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidAddress: The address orders is not valid for this endpoint.
    """
    found = _URL.fullmatch(url)
    if not found or found["host"] != f"sqs.{region}.amazonaws.com":
        address = found["address"] if found else url
        raise sqs_error("InvalidAddress", f"The address {address} is not valid for this endpoint.")
    return found["account"], found["name"]


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more than 50 tags, and keys that are AWS's own.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html

    >>> check_tags({"team": "shop"})
    >>> check_tags({"aws:team": "shop"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value aws:team for parameter Tag.Key is invalid. \
Reason: Keys that start with aws: are reserved.
    """
    if len(tags) > MAXIMUM_TAGS:
        raise sqs_error("InvalidParameterValue", f"Too many tags: a queue has at most {MAXIMUM_TAGS}.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise invalid_value("Tag.Key", key, "Keys that start with aws: are reserved.")


def page_of(urls: list[str], limit: int | None, token: str | None, key: str) -> tuple[list[str], str | None]:
    """A page of URLs; without MaxResults the first thousand, and no token. `key` names the list.

    >>> page_of(["a", "b"], None, None, "list_queues")
    (['a', 'b'], None)
    >>> first, token = page_of(["a", "b"], 1, None, "list_queues")
    >>> first, page_of(["a", "b"], 1, token, "list_queues")
    (['a'], (['b'], None))
    >>> page_of(["a", "b"], None, token, "list_queues")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: MaxResults is a mandatory parameter when you provide \
a value for NextToken.
    """
    if limit is None:
        if token is not None:
            message = "MaxResults is a mandatory parameter when you provide a value for NextToken."
            raise sqs_error("InvalidParameterValue", message)
        return urls[:MAXIMUM_PAGE], None
    if not 1 <= limit <= MAXIMUM_PAGE:
        raise invalid_value("MaxResults", limit, f"MaxResults must be an integer between 1 and {MAXIMUM_PAGE}.")
    try:
        return page(urls, limit, token, key)
    except InvalidToken:
        raise sqs_error("InvalidParameterValue", "Invalid or expired next token.") from None
