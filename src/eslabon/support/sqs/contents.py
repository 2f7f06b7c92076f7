"""What a message may hold: its body and its message attributes, their size and their MD5 digests. Nothing of queues."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.support.sqs.errors import invalid_value, missing_parameter, sqs_error

MAXIMUM_SIZE = 1_048_576  # bytes; also of a whole batch
MAXIMUM_ATTRIBUTES = 10
MAXIMUM_NAME = 256

_ALLOWED = "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_NUMBER_DIGITS = 38

# What stands before a value in the digest: strings and numbers are text.
_TRANSPORT = {"String": b"\x01", "Number": b"\x01", "Binary": b"\x02"}

MessageAttributes = Mapping[str, Mapping[str, Any]]


def check_body(body: str) -> None:
    """Refuse an empty body and characters that XML does not allow.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

    >>> check_body('{"café": 1}')
    >>> check_body("a" + chr(7))
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidMessageContents: Invalid binary character '#x7' was found in the message body, \
the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].
    >>> check_body("")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: MissingParameter: The request must contain the parameter MessageBody.
    """
    if not body:
        raise missing_parameter("MessageBody")
    _check_characters(body, "message body")


def as_escapes(text: str) -> str:
    r"""JSON text in which what XML does not allow is written as JSON's escapes: the same JSON, and a body SQS takes.

    These are lone surrogates, U+FFFE and U+FFFF; of the rest, JSON text has nothing that XML does not allow.

    >>> as_escapes('{"name": "\ud800"}')
    '{"name": "\\ud800"}'
    >>> as_escapes('{"name": "café"}')
    '{"name": "café"}'
    """
    return re.sub("[\ud800-\udfff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def check_attributes(attributes: MessageAttributes) -> None:
    """Refuse message attributes that break SQS's rules on number, names, types and values.

    attributes: name -> {"DataType": "String" | "Number" | "Binary", with or without ".label",
    and "StringValue" or "BinaryValue"}.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html

    >>> check_attributes({"kind": {"DataType": "String", "StringValue": "order"}})
    >>> check_attributes({"amount": {"DataType": "Number.int", "StringValue": "12"}})
    >>> check_attributes({"amount": {"DataType": "Number", "StringValue": "twelve"}})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Can't cast the value of message (user) attribute 'amount' \
to a number.
    """
    if len(attributes) > MAXIMUM_ATTRIBUTES:
        raise _refused(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MAXIMUM_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute)


def size(body: str, attributes: MessageAttributes) -> int:
    """How many bytes a message counts: body, and names, types and values of its message attributes, in UTF-8.

    >>> size("é", {})
    2
    >>> size("", {"a": {"DataType": "String", "StringValue": "bc"}})
    9
    """
    return len(_bytes(body)) + sum(
        len(_bytes(name)) + len(_bytes(attribute["DataType"])) + len(_value(attribute))
        for name, attribute in attributes.items()
    )


def check_size(body: str, attributes: MessageAttributes, maximum: int) -> None:
    """Refuse a message of more than `maximum` bytes.

    >>> check_size("a" * 1024, {}, 1024)
    >>> check_size("a" * 1025, {}, 1024)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: One or more parameters are invalid. \
Reason: Message must be shorter than 1024 bytes.
    """
    if size(body, attributes) > maximum:
        raise _refused(f"One or more parameters are invalid. Reason: Message must be shorter than {maximum} bytes.")


def md5_of_body(body: str) -> str:
    """The MD5 digest of a body, in hexadecimal.

    >>> md5_of_body("This is a test message")
    'fafb00f5732ab283681e124bf8747ed1'
    """
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: MessageAttributes) -> str | None:
    """The MD5 digest of message attributes, in hexadecimal; None when there are none.

    Names in order; of each the name, the type and the value, every one after its length in four bytes, and a byte
    that says text or binary before the value.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation

    >>> a = {"DataType": "String", "StringValue": "1"}
    >>> b = {"DataType": "Binary", "BinaryValue": b"2"}
    >>> md5_of_attributes({"a": a, "b": b}) == md5_of_attributes({"b": b, "a": a})
    True
    >>> md5_of_attributes({}) is None
    True
    """
    if not attributes:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        data_type = attribute["DataType"]
        digest.update(_with_length(name.encode()) + _with_length(data_type.encode()))
        digest.update(_TRANSPORT[data_type.partition(".")[0]] + _with_length(_value(attribute)))
    return digest.hexdigest()


def chosen(attributes: MessageAttributes, names: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The message attributes that ReceiveMessage asks for: by name, by prefix ("shop.*"), or all ("All", ".*").

    >>> attribute = {"DataType": "String", "StringValue": "1"}
    >>> both = {"shop.kind": attribute, "other": attribute}
    >>> list(chosen(both, ["shop.*"])), list(chosen(both, ["All"])), list(chosen(both, []))
    (['shop.kind'], ['shop.kind', 'other'], [])
    """
    wanted = list(names)
    if "All" in wanted or ".*" in wanted:
        return dict(attributes)
    prefixes = tuple(name[:-2] for name in wanted if name.endswith(".*"))
    return {name: one for name, one in attributes.items() if name in wanted or (prefixes and name.startswith(prefixes))}


def _refused(message: str) -> ServiceError:
    return sqs_error("InvalidParameterValue", message)


def _check_characters(text: str, where: str) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        raise sqs_error(
            "InvalidMessageContents",
            f"Invalid binary character '#x{ord(found[0]):X}' was found in the {where}, "
            f"the set of allowed characters is {_ALLOWED}.",
        )


def _check_name(name: str) -> None:
    if len(name) > MAXIMUM_NAME:
        raise _refused(f"Message (user) attribute name '{name}' must be shorter than {MAXIMUM_NAME} bytes.")
    if not _ATTRIBUTE_NAME.fullmatch(name):
        raise _refused(
            f"Invalid message (user) attribute name '{name}': it holds letters, digits, '_', '-' and single periods, "
            "none of them first or last."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise _refused(f"Message (user) attribute name '{name}' must not start with a reserved prefix: AWS., Amazon.")


def _check_value(name: str, attribute: Mapping[str, Any]) -> None:
    data_type = attribute["DataType"]
    if not data_type:
        raise _refused(f"The message attribute '{name}' must contain non-empty message attribute type.")
    found = _TYPE.fullmatch(data_type)
    if not found or len(data_type) > MAXIMUM_NAME:
        raise _refused(
            f"The message attribute '{name}' has an invalid message attribute type, "
            "the set of supported type prefixes is Binary, Number, and String."
        )
    for member in ("StringListValues", "BinaryListValues"):
        if attribute.get(member):
            raise NotModelled("sqs", f"MessageAttributes.{name}.{member}", ["StringValue", "BinaryValue"])
    basic = found[1]
    if not attribute.get("BinaryValue" if basic == "Binary" else "StringValue"):
        raise _refused(
            f"The message attribute '{name}' must contain non-empty message attribute value "
            f"for message attribute type '{basic}'."
        )
    if attribute.get("StringValue") and attribute.get("BinaryValue"):
        raise _refused(f"Message attribute '{name}' has more than one value: give StringValue or BinaryValue.")
    if basic != "Binary":
        _check_characters(attribute["StringValue"], f"value of message attribute '{name}'")
    if basic == "Number":
        _check_number(name, attribute["StringValue"])


def _check_number(name: str, text: str) -> None:
    digits = re.sub(r"[eE].*|\D", "", text).strip("0")
    if not _NUMBER.fullmatch(text) or len(digits) > _NUMBER_DIGITS:
        raise _refused(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def check_token(parameter: str, value: str) -> None:
    """Refuse a MessageGroupId or MessageDeduplicationId that breaks their common form.

    >>> check_token("MessageGroupId", "customer/7")
    >>> check_token("MessageGroupId", "customer 7")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Value customer 7 for parameter MessageGroupId is invalid. \
Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.
    """
    if not re.fullmatch("[!-~]{1,128}", value):
        reason = f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_value(parameter, value, reason)


def _value(attribute: Mapping[str, Any]) -> bytes:
    return bytes(attribute.get("BinaryValue", b"")) or _bytes(attribute.get("StringValue", ""))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # sizes are asked for before characters are checked


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
