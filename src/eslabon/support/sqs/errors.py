"""SQS's errors: their codes and AWS's wording, in one place. When each is raised is said where it is raised."""

from __future__ import annotations

from eslabon.errors import ServiceError

# SQS left the query protocol in 2023, and its SDKs still show that protocol's codes: botocore's Error.Code is the
# one on the right, `client.exceptions.QueueDoesNotExist` the one on the left. Shapes not listed have equal codes.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
QUERY_CODES = {
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}

# HTTP statuses that are not 400.
_STATUSES = {"AccessDenied": 403, "InvalidAddress": 404, "OverLimit": 403, "PurgeQueueInProgress": 403}

NOT_FOR_THIS_TYPE = "The request include parameter that is not valid for this queue type."  # AWS's own grammar


def sqs_error(code: str, message: str) -> ServiceError:
    """An error of SQS with its HTTP status; `code` is the error shape's name.

    >>> sqs_error("PurgeQueueInProgress", "Only one PurgeQueue operation on orders is allowed every 60 seconds.").status
    403
    >>> sqs_error("QueueDoesNotExist", "The specified queue does not exist.").status
    400
    """
    return ServiceError(code, message, _STATUSES.get(code, 400))


def invalid_value(parameter: str, value: object, reason: str) -> ServiceError:
    """The error for a parameter's value that SQS does not accept.

    >>> invalid_value("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided.").message
    'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.'
    """
    return sqs_error("InvalidParameterValue", f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def missing_parameter(parameter: str) -> ServiceError:
    """The error for a parameter that this queue or message needs.

    >>> missing_parameter("MessageGroupId").message
    'The request must contain the parameter MessageGroupId.'
    """
    return sqs_error("MissingParameter", f"The request must contain the parameter {parameter}.")


def no_such_queue() -> ServiceError:
    """The error for a queue that is not there.

    >>> no_such_queue().code
    'QueueDoesNotExist'
    """
    return sqs_error("QueueDoesNotExist", "The specified queue does not exist.")
