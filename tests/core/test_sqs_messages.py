"""SQS messages: sending, receiving, hiding, waiting, deleting, one by one and in batches.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-architecture.html
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    made: str = sqs.create_queue(QueueName="orders")["QueueUrl"]
    return made


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def receive(sqs: Any, url: str, **parameters: Any) -> list[dict[str, Any]]:
    """The messages that a receive of up to ten gives."""
    answer = sqs.receive_message(QueueUrl=url, **{"MaxNumberOfMessages": 10, **parameters})
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def bodies(sqs: Any, url: str, **parameters: Any) -> list[str]:
    return [message["Body"] for message in receive(sqs, url, **parameters)]


def counts(sqs: Any, url: str) -> tuple[int, int, int]:
    """How many messages are available, in flight and delayed."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    number = "ApproximateNumberOfMessages"
    return int(found[number]), int(found[f"{number}NotVisible"]), int(found[f"{number}Delayed"])


def string(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


# -- one message


def test_a_message_is_received_with_the_id_and_digest_that_sending_it_gave(sqs: Any, url: str) -> None:
    sent = sqs.send_message(QueueUrl=url, MessageBody="¿Qué tal?")
    (received,) = receive(sqs, url)
    assert received["Body"] == "¿Qué tal?"
    assert received["MessageId"] == sent["MessageId"]
    assert received["MD5OfBody"] == sent["MD5OfMessageBody"] == hashlib.md5("¿Qué tal?".encode()).hexdigest()
    assert set(received) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}


def test_an_empty_queue_answers_without_messages(sqs: Any, url: str) -> None:
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_receive_gives_one_message_unless_it_asks_for_more(sqs: Any, url: str) -> None:
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert len(receive(sqs, url)) == 10
    assert len(receive(sqs, url)) == 1


def test_a_deleted_message_does_not_come_again(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    cloud.clock.advance(3600)
    assert receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])  # again: no error


def test_a_message_that_is_not_deleted_comes_again_after_the_visibility_timeout(
    cloud: Cloud, sqs: Any, url: str
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (first,) = receive(sqs, url)
    cloud.clock.advance(29)
    assert receive(sqs, url) == []
    cloud.clock.advance(1)
    (second,) = receive(sqs, url)
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


def test_deleting_by_an_old_receipt_handle_succeeds_without_deleting(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (first,) = receive(sqs, url)
    cloud.clock.advance(30)
    receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    cloud.clock.advance(30)
    assert bodies(sqs, url) == ["order"]


def test_a_standard_queue_s_message_can_be_deleted_after_its_timeout_while_nobody_received_it_again(
    cloud: Cloud, sqs: Any, url: str
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    cloud.clock.advance(31)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert receive(sqs, url) == []


def test_a_receipt_handle_that_was_never_given_is_invalid(sqs: Any, url: str) -> None:
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid) as caught:
        sqs.delete_message(QueueUrl=url, ReceiptHandle="handle")
    assert caught.value.response["Error"]["Message"] == (
        'The input receipt handle "handle" is not a valid receipt handle.'
    )
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle="handle", VisibilityTimeout=1)


def test_a_receipt_handle_is_valid_for_its_own_queue_only(sqs: Any, url: str) -> None:
    other = sqs.create_queue(QueueName="bills")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="bill")
    (message,) = receive(sqs, other)
    code, text = refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert code == "ReceiptHandleIsInvalid"
    assert text.endswith("is not valid for this queue.")


def test_messages_older_than_the_retention_period_are_gone(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    sqs.send_message(QueueUrl=url, MessageBody="old")
    cloud.clock.advance(30)
    sqs.send_message(QueueUrl=url, MessageBody="new")
    cloud.clock.advance(30)
    assert bodies(sqs, url) == ["new"]


def test_the_system_attributes_say_who_sent_when_and_how_often_it_was_received(
    cloud: Cloud, sqs: Any, url: str
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    sent = round(cloud.clock.now * 1000)
    cloud.clock.advance(5)
    (first,) = receive(sqs, url, MessageSystemAttributeNames=["All"])
    received = round(cloud.clock.now * 1000)
    cloud.clock.advance(30)
    (second,) = receive(sqs, url, AttributeNames=["ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"])
    assert first["Attributes"] == {
        "SenderId": cloud.client("sts").get_caller_identity()["UserId"],
        "SentTimestamp": str(sent),
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": str(received),
    }
    assert second["Attributes"] == {
        "ApproximateReceiveCount": "2",
        "ApproximateFirstReceiveTimestamp": str(received),
    }


def test_an_unknown_system_attribute_is_refused(sqs: Any, url: str) -> None:
    unknown = ("InvalidAttributeName", "Unknown Attribute Colour.")
    assert refusal(sqs.receive_message, QueueUrl=url, MessageSystemAttributeNames=["Colour"]) == unknown


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"MaxNumberOfMessages": 0}, "Must be between 1 and 10, if provided."),
        ({"MaxNumberOfMessages": 11}, "Must be between 1 and 10, if provided."),
        ({"WaitTimeSeconds": 21}, "Must be >= 0 and <= 20, if provided."),
        ({"WaitTimeSeconds": -1}, "Must be >= 0 and <= 20, if provided."),
        ({"VisibilityTimeout": 43_201}, "Must be between 0 and 43200, if provided."),
    ],
)
def test_a_receive_s_numbers_have_ranges(sqs: Any, url: str, parameters: dict[str, int], reason: str) -> None:
    ((name, value),) = parameters.items()
    expected = f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    assert refusal(sqs.receive_message, QueueUrl=url, **parameters) == ("InvalidParameterValue", expected)


# -- what a message may hold


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_characters_that_xml_does_not_allow_are_refused(sqs: Any, url: str, character: str) -> None:
    with pytest.raises(sqs.exceptions.InvalidMessageContents) as caught:
        sqs.send_message(QueueUrl=url, MessageBody=f"a{character}")
    assert f"'#x{ord(character):X}'" in caught.value.response["Error"]["Message"]
    assert counts(sqs, url) == (0, 0, 0)


def test_all_other_characters_arrive_as_they_were_sent(sqs: Any, url: str) -> None:
    body = "\t\n\r \x7f\x85\ud7ff\ue000\ufffd\U00010000\U0010ffff"
    sqs.send_message(QueueUrl=url, MessageBody=body)
    assert bodies(sqs, url) == [body]


def test_a_message_is_not_empty(sqs: Any, url: str) -> None:
    refused = ("MissingParameter", "The request must contain the parameter MessageBody.")
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="") == refused


def test_a_message_has_up_to_1_mib(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a" * 1_048_576)
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="a" * 1_048_577) == (
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
    )


def test_the_queue_may_set_a_smaller_size_and_it_counts_bytes_and_message_attributes(sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    sqs.send_message(QueueUrl=url, MessageBody="ñ" * 512)
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="ñ" * 513)[0] == "InvalidParameterValue"
    kind = {"kind": string("order")}  # 4 + 6 + 5 bytes
    sqs.send_message(QueueUrl=url, MessageBody="a" * 1009, MessageAttributes=kind)
    too_long = {"MessageBody": "a" * 1010, "MessageAttributes": kind}
    assert refusal(sqs.send_message, QueueUrl=url, **too_long)[0] == "InvalidParameterValue"


def test_message_attributes_have_the_digest_of_aws_s_own_example(sqs: Any, url: str) -> None:
    # The example of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody="This is a test message",
        MessageAttributes={
            "my_attribute_name_1": string("my_attribute_value_1"),
            "my_attribute_name_2": string("my_attribute_value_2"),
        },
    )
    assert sent["MD5OfMessageBody"] == "fafb00f5732ab283681e124bf8747ed1"
    assert sent["MD5OfMessageAttributes"] == "c48838208d2b4e14e3ca0093a8443f09"


def test_message_attributes_come_only_when_they_are_asked_for(sqs: Any, url: str) -> None:
    given = {
        "shop.kind": string("order"),
        "shop.total": {"DataType": "Number.euro", "StringValue": "12.50"},
        "photo": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG"},
    }
    for _ in range(4):
        sqs.send_message(QueueUrl=url, MessageBody="order", MessageAttributes=given)
    (without,) = receive(sqs, url, MaxNumberOfMessages=1)
    assert "MessageAttributes" not in without
    assert "MD5OfMessageAttributes" not in without
    for names, expected in ((["All"], given), ([".*"], given), (["shop.*"], {"shop.kind", "shop.total"})):
        (message,) = receive(sqs, url, MaxNumberOfMessages=1, MessageAttributeNames=names)
        assert set(message["MessageAttributes"]) == set(expected)
        assert all(given[name] == one for name, one in message["MessageAttributes"].items())


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("", string("x")),
        ("a b", string("x")),
        (".a", string("x")),
        ("a.", string("x")),
        ("a..b", string("x")),
        ("AWS.a", string("x")),
        ("amazon.a", string("x")),
        ("a" * 257, string("x")),
        ("a", {"DataType": "", "StringValue": "x"}),
        ("a", {"DataType": "Text", "StringValue": "x"}),
        ("a", {"DataType": "String", "StringValue": ""}),
        ("a", {"DataType": "String", "BinaryValue": b"x"}),
        ("a", {"DataType": "Binary", "StringValue": "x"}),
        ("a", {"DataType": "String"}),
        ("a", {"DataType": "Number", "StringValue": "twelve"}),
        ("a", {"DataType": "Number", "StringValue": "1" * 39}),
    ],
)
def test_a_message_attribute_has_a_proper_name_type_and_value(sqs: Any, url: str, name: str, attribute: Any) -> None:
    parameters = {"QueueUrl": url, "MessageBody": "order", "MessageAttributes": {name: attribute}}
    assert refusal(sqs.send_message, **parameters)[0] == "InvalidParameterValue"
    assert counts(sqs, url) == (0, 0, 0)


def test_a_message_has_at_most_ten_message_attributes(sqs: Any, url: str) -> None:
    ten = {f"a{number}": string("x") for number in range(10)}
    sqs.send_message(QueueUrl=url, MessageBody="order", MessageAttributes=ten)
    eleven = {**ten, "a10": string("x")}
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="order", MessageAttributes=eleven)[0] == (
        "InvalidParameterValue"
    )


def test_list_values_which_aws_reserves_for_the_future_are_not_modelled(sqs: Any, url: str) -> None:
    attribute = {"DataType": "String", "StringListValues": ["x"]}
    with pytest.raises(NotModelled, match="StringListValues"):
        sqs.send_message(QueueUrl=url, MessageBody="order", MessageAttributes={"a": attribute})


# -- time: delay, visibility, long polling


def test_a_delayed_message_is_hidden_until_its_delay_is_over(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order", DelaySeconds=10)
    assert counts(sqs, url) == (0, 0, 1)
    cloud.clock.advance(9)
    assert receive(sqs, url) == []
    cloud.clock.advance(1)
    assert bodies(sqs, url) == ["order"]


def test_the_queue_s_delay_holds_for_messages_without_one(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "10"})
    sqs.send_message(QueueUrl=url, MessageBody="later")
    sqs.send_message(QueueUrl=url, MessageBody="now", DelaySeconds=0)
    assert bodies(sqs, url) == ["now"]
    cloud.clock.advance(10)
    assert bodies(sqs, url) == ["later"]


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_is_0_to_900_seconds(sqs: Any, url: str, delay: int) -> None:
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="order", DelaySeconds=delay) == (
        "InvalidParameterValue",
        f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    )


def test_a_receive_may_set_its_own_visibility_timeout(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    receive(sqs, url, VisibilityTimeout=5)
    cloud.clock.advance(5)
    receive(sqs, url, VisibilityTimeout=0)
    assert bodies(sqs, url) == ["order"]


def test_the_visibility_timeout_is_changed_from_now_on(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    cloud.clock.advance(20)
    handle = message["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=60)
    cloud.clock.advance(59)
    assert receive(sqs, url) == []
    cloud.clock.advance(1)
    assert bodies(sqs, url) == ["order"]
    cloud.clock.advance(30)  # the changed timeout held once: now the queue's again
    assert bodies(sqs, url) == ["order"]


def test_a_visibility_timeout_of_zero_gives_the_message_back(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(sqs, url) == ["order"]


def test_the_visibility_of_a_message_that_is_not_in_flight_cannot_be_changed(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    cloud.clock.advance(30)
    with pytest.raises(sqs.exceptions.MessageNotInflight):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=10)


def test_the_visibility_of_a_message_that_is_gone_or_received_again_cannot_be_changed(
    cloud: Cloud, sqs: Any, url: str
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (first,) = receive(sqs, url)
    cloud.clock.advance(30)
    (second,) = receive(sqs, url)
    change = {"QueueUrl": url, "VisibilityTimeout": 10}
    reason = "Message does not exist or is not available for visibility timeout change."
    code, text = refusal(sqs.change_message_visibility, ReceiptHandle=first["ReceiptHandle"], **change)
    assert (code, text.partition("Reason: ")[2]) == ("InvalidParameterValue", reason)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    code, text = refusal(sqs.change_message_visibility, ReceiptHandle=second["ReceiptHandle"], **change)
    assert (code, text.partition("Reason: ")[2]) == ("InvalidParameterValue", reason)


def test_a_message_is_hidden_for_at_most_12_hours_after_it_was_received(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url, VisibilityTimeout=600)
    cloud.clock.advance(60)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    code, text = refusal(sqs.change_message_visibility, **change, VisibilityTimeout=43_200)
    assert code == "InvalidParameterValue"
    assert text.endswith("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
    sqs.change_message_visibility(**change, VisibilityTimeout=43_100)
    assert refusal(sqs.change_message_visibility, **change, VisibilityTimeout=43_201)[0] == "InvalidParameterValue"


def test_without_a_wait_a_receive_returns_at_once(cloud: Cloud, sqs: Any, url: str) -> None:
    before = cloud.clock.now
    receive(sqs, url)
    assert cloud.clock.now - before < 1


def test_a_long_poll_on_an_empty_queue_takes_its_whole_wait(cloud: Cloud, sqs: Any, url: str) -> None:
    before = cloud.clock.now
    assert receive(sqs, url, WaitTimeSeconds=20) == []
    assert cloud.clock.now - before == pytest.approx(20.01)


def test_a_long_poll_returns_as_soon_as_a_message_is_sent(cloud: Cloud, sqs: Any, url: str) -> None:
    cloud.clock.call_later(7, lambda: sqs.send_message(QueueUrl=url, MessageBody="order"))
    before = cloud.clock.now
    assert bodies(sqs, url, WaitTimeSeconds=20) == ["order"]
    assert cloud.clock.now - before == pytest.approx(7, abs=0.1)


def test_a_long_poll_returns_when_a_delay_or_a_visibility_timeout_ends(cloud: Cloud, sqs: Any, url: str) -> None:
    before = cloud.clock.now
    sqs.send_message(QueueUrl=url, MessageBody="order", DelaySeconds=4)
    assert bodies(sqs, url, WaitTimeSeconds=20, VisibilityTimeout=8) == ["order"]
    assert cloud.clock.now - before == pytest.approx(4, abs=0.1)
    assert bodies(sqs, url, WaitTimeSeconds=20) == ["order"]
    assert cloud.clock.now - before == pytest.approx(12, abs=0.1)


def test_a_message_delayed_beyond_another_s_timeout_does_not_lengthen_a_long_poll(
    cloud: Cloud, sqs: Any, url: str
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="slow", DelaySeconds=15)
    cloud.clock.call_later(1, lambda: sqs.send_message(QueueUrl=url, MessageBody="quick", DelaySeconds=2))
    before = cloud.clock.now
    assert bodies(sqs, url, WaitTimeSeconds=20) == ["quick"]
    assert cloud.clock.now - before == pytest.approx(3, abs=0.1)


def test_the_queue_s_wait_holds_for_receives_without_one(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "10"})
    before = cloud.clock.now
    receive(sqs, url)
    assert cloud.clock.now - before == pytest.approx(10, abs=0.1)
    receive(sqs, url, WaitTimeSeconds=0)
    assert cloud.clock.now - before == pytest.approx(10, abs=0.1)


def test_a_long_poll_ends_when_its_queue_is_deleted(cloud: Cloud, sqs: Any, url: str) -> None:
    cloud.clock.call_later(5, lambda: sqs.delete_queue(QueueUrl=url))
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        receive(sqs, url, WaitTimeSeconds=20)


def test_a_purge_deletes_all_messages_and_is_allowed_once_in_60_seconds(cloud: Cloud, sqs: Any, url: str) -> None:
    for delay in (0, 0, 10):
        sqs.send_message(QueueUrl=url, MessageBody="order", DelaySeconds=delay)
    receive(sqs, url, MaxNumberOfMessages=1)
    assert counts(sqs, url) == (1, 1, 1)
    sqs.purge_queue(QueueUrl=url)
    assert counts(sqs, url) == (0, 0, 0)
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress) as caught:
        sqs.purge_queue(QueueUrl=url)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert caught.value.response["Error"]["Message"] == (
        "Only one PurgeQueue operation on orders is allowed every 60 seconds."
    )
    cloud.clock.advance(60)
    sqs.purge_queue(QueueUrl=url)


def test_the_journal_tells_a_queue_s_depth_after_each_change(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    found = [(entry["visible"], entry["in_flight"], entry["delayed"]) for entry in cloud.journal.of("depth")]
    assert found == [(1, 0, 0), (0, 1, 0), (0, 0, 0)]


# -- batches


def test_a_batch_sends_receives_and_deletes_ten(sqs: Any, url: str) -> None:
    entries = [{"Id": str(number), "MessageBody": f"order {number}"} for number in range(10)]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in sent["Successful"]] == [str(number) for number in range(10)]
    received = receive(sqs, url)
    assert {one["MessageId"] for one in received} == {one["MessageId"] for one in sent["Successful"]}
    handles = [{"Id": f"d{at}", "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(received)]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=handles)["Successful"]) == 10
    assert counts(sqs, url) == (0, 0, 0)


def test_a_list_of_a_batch_s_answer_that_would_be_empty_is_left_out(sqs: Any, url: str) -> None:
    # https://github.com/aws/aws-sdk/issues/657
    good, bad = {"Id": "good", "MessageBody": "order"}, {"Id": "bad", "MessageBody": "\x07"}
    assert "Failed" not in sqs.send_message_batch(QueueUrl=url, Entries=[good])
    assert "Successful" not in sqs.send_message_batch(QueueUrl=url, Entries=[bad])


def test_one_bad_entry_does_not_stop_the_others(sqs: Any, url: str) -> None:
    entries = [
        {"Id": "good", "MessageBody": "order"},
        {"Id": "bad", "MessageBody": "\x07"},
        {"Id": "late", "MessageBody": "order", "DelaySeconds": 901},
    ]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["good"]
    failed = {one["Id"]: (one["Code"], one["SenderFault"]) for one in answer["Failed"]}
    assert failed == {"bad": ("InvalidMessageContents", True), "late": ("InvalidParameterValue", True)}
    assert bodies(sqs, url) == ["order"]


def test_a_batch_deletes_and_changes_what_it_can(cloud: Cloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="order")
    (message,) = receive(sqs, url)
    entries = [
        {"Id": "good", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 100},
        {"Id": "bad", "ReceiptHandle": "handle", "VisibilityTimeout": 100},
    ]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in changed["Successful"]] == ["good"]
    assert [(one["Id"], one["Code"]) for one in changed["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]
    cloud.clock.advance(99)
    assert receive(sqs, url) == []


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([str(number) for number in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "b", "a"], "BatchEntryIdsNotDistinct"),
        (["a b"], "InvalidBatchEntryId"),
        ([""], "InvalidBatchEntryId"),
        (["a" * 81], "InvalidBatchEntryId"),
    ],
)
def test_a_batch_is_refused_as_a_whole(sqs: Any, url: str, ids: list[str], code: str) -> None:
    calls: dict[Any, dict[str, Any]] = {
        sqs.send_message_batch: {"MessageBody": "order"},
        sqs.delete_message_batch: {"ReceiptHandle": "handle"},
        sqs.change_message_visibility_batch: {"ReceiptHandle": "handle", "VisibilityTimeout": 1},
    }
    for call, members in calls.items():
        with pytest.raises(getattr(sqs.exceptions, code)) as caught:
            call(QueueUrl=url, Entries=[{"Id": one, **members} for one in ids])
        assert caught.value.response["Error"]["Code"] == f"AWS.SimpleQueueService.{code}"
    assert counts(sqs, url) == (0, 0, 0)


def test_the_messages_of_a_batch_have_1_mib_together(sqs: Any, url: str) -> None:
    half = {"MessageBody": "a" * 524_288}
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", **half}, {"Id": "b", **half}])
    with pytest.raises(sqs.exceptions.BatchRequestTooLong) as caught:
        one_more = {"Id": "c", "MessageBody": "a"}
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", **half}, {"Id": "b", **half}, one_more])
    assert caught.value.response["Error"]["Message"] == (
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    )
    assert counts(sqs, url) == (2, 0, 0)


def test_a_long_poll_ends_whatever_fraction_of_a_second_the_clock_shows(cloud: Cloud, sqs: Any, url: str) -> None:
    for step in range(50):
        cloud.clock.advance(0.123457 + step / 1_000_000)
        sqs.send_message(QueueUrl=url, MessageBody=str(step), DelaySeconds=3)
        (message,) = receive(sqs, url, WaitTimeSeconds=3)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert receive(sqs, url, WaitTimeSeconds=1) == []


def test_code_that_runs_inside_the_clock_long_polls_too(cloud: Cloud, sqs: Any, url: str) -> None:
    found: list[str] = []
    sqs.send_message(QueueUrl=url, MessageBody="order", DelaySeconds=4)
    cloud.clock.call_later(1, lambda: found.extend(bodies(sqs, url, WaitTimeSeconds=20)))
    cloud.clock.run_until_idle()
    assert found == ["order"]
