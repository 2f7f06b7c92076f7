"""The rules of a batch: how many entries, which ids, an answer for each. What the entries do it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eslabon.errors import ServiceError
from eslabon.support.sqs.errors import QUERY_CODES, sqs_error

MAXIMUM_ENTRIES = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

Entry = Mapping[str, Any]


def check(entries: Sequence[Entry], kind: str) -> None:
    """Refuse a batch as a whole: no entry, more than ten, a malformed or repeated Id.

    kind: the entry's shape, as AWS names it in its message.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html

    >>> check([{"Id": "a"}, {"Id": "b"}], "SendMessageBatchRequestEntry")
    >>> check([], "SendMessageBatchRequestEntry")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry \
in the request.
    >>> check([{"Id": "a"}, {"Id": "a"}], "SendMessageBatchRequestEntry")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: BatchEntryIdsNotDistinct: Id a repeated.
    """
    if not entries:
        raise sqs_error("EmptyBatchRequest", f"There should be at least one {kind} in the request.")
    if len(entries) > MAXIMUM_ENTRIES:
        raise sqs_error(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MAXIMUM_ENTRIES}. You have sent {len(entries)}.",
        )
    seen = set()
    for entry in entries:
        if not _ID.fullmatch(entry["Id"]):
            raise sqs_error(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if entry["Id"] in seen:
            raise sqs_error("BatchEntryIdsNotDistinct", f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])


def each(entries: Sequence[Entry], act: Callable[[Entry], Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Act on every entry: what succeeds and what fails are told apart in the answer, and neither stops the others.

    A list without entries is left out, as SQS does although its model says that both are always there.

    >>> each([{"Id": "a"}], lambda entry: {"MessageId": "m1"})
    {'Successful': [{'Id': 'a', 'MessageId': 'm1'}]}
    """
    answer: dict[str, list[dict[str, Any]]] = {"Successful": [], "Failed": []}
    for entry in entries:
        try:
            result = act(entry)
        except ServiceError as error:
            code = QUERY_CODES.get(error.code, error.code)
            failed = {"Id": entry["Id"], "SenderFault": True, "Code": code, "Message": error.message}
            answer["Failed"].append(failed)
        else:
            answer["Successful"].append({"Id": entry["Id"], **result})
    return {outcome: listed for outcome, listed in answer.items() if listed}
