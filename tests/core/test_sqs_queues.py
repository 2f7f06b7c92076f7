"""SQS queues: creating, finding, deleting, attributes, tags, permissions.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled

ORDERS_ARN = "arn:aws:sqs:us-east-1:123456789012:orders"


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def attributes_of(sqs: Any, url: str) -> dict[str, str]:
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


# -- creating, finding, deleting


def test_a_queue_s_url_has_region_account_and_name(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert url == "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url


def test_a_missing_queue_has_the_exception_of_the_model_and_the_code_of_the_query_protocol(sqs: Any) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as caught:
        sqs.get_queue_url(QueueName="orders")
    assert caught.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert caught.value.response["Error"]["Message"] == "The specified queue does not exist."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("name", ["", "two words", "a" * 81, "orders.fifo", "orders/1", "señales"])
def test_a_standard_queue_s_name_has_1_to_80_letters_digits_hyphens_and_underscores(sqs: Any, name: str) -> None:
    code, message = refusal(sqs.create_queue, QueueName=name)
    assert code == "InvalidParameterValue"
    assert message == "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    assert "QueueUrls" not in sqs.list_queues()


@pytest.mark.parametrize("name", ["orders", ".fifo", "a" * 76 + ".fifo", "a b.fifo"])
def test_a_fifo_queue_s_name_ends_with_fifo(sqs: Any, name: str) -> None:
    code, message = refusal(sqs.create_queue, QueueName=name, Attributes={"FifoQueue": "true"})
    assert code == "InvalidParameterValue"
    assert "must end with .fifo suffix and be 1 to 80 in length" in message


@pytest.mark.parametrize("name", ["FifoQueue", "ContentBasedDeduplication", "DeduplicationScope"])
def test_a_standard_queue_does_not_know_the_attributes_of_fifo_queues(sqs: Any, name: str) -> None:
    given = {"FifoQueue": "false", "ContentBasedDeduplication": "true", "DeduplicationScope": "queue"}
    refused = refusal(sqs.create_queue, QueueName="orders", Attributes={name: given[name]})
    assert refused == ("InvalidAttributeName", f"Unknown Attribute {name}.")


def test_creating_a_queue_again_with_the_same_attributes_gives_its_url(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    assert sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"})["QueueUrl"] == url
    assert sqs.create_queue(QueueName="orders")["QueueUrl"] == url


def test_creating_a_queue_again_with_other_attributes_is_refused_and_changes_nothing(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    with pytest.raises(sqs.exceptions.QueueNameExists) as caught:
        sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "61"})
    assert caught.value.response["Error"]["Code"] == "QueueAlreadyExists"
    assert caught.value.response["Error"]["Message"].endswith("a different value for attribute VisibilityTimeout")
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "60"


def test_a_deleted_queue_is_gone_at_once_for_every_operation(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)
    missing = sqs.exceptions.QueueDoesNotExist
    calls: dict[Any, dict[str, Any]] = {
        sqs.delete_queue: {},
        sqs.purge_queue: {},
        sqs.get_queue_attributes: {},
        sqs.set_queue_attributes: {"Attributes": {}},
        sqs.send_message: {"MessageBody": "order"},
        sqs.receive_message: {},
        sqs.delete_message: {"ReceiptHandle": "handle"},
        sqs.list_queue_tags: {},
    }
    for operation, parameters in calls.items():
        with pytest.raises(missing):
            operation(QueueUrl=url, **parameters)


def test_the_name_of_a_deleted_queue_is_free_after_60_seconds(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)
    cloud.clock.advance(59)
    with pytest.raises(sqs.exceptions.QueueDeletedRecently) as caught:
        sqs.create_queue(QueueName="orders")
    assert caught.value.response["Error"]["Code"] == "AWS.SimpleQueueService.QueueDeletedRecently"
    cloud.clock.advance(1)
    assert sqs.create_queue(QueueName="orders")["QueueUrl"] == url


def test_a_queue_made_again_under_a_name_has_none_of_the_old_messages(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.delete_queue(QueueUrl=url)
    cloud.clock.advance(60)
    sqs.create_queue(QueueName="orders")
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_what_is_no_queue_url_is_an_invalid_address(sqs: Any) -> None:
    assert refusal(sqs.send_message, QueueUrl="orders", MessageBody="order")[0] == "InvalidAddress"


def test_a_client_of_one_region_does_not_reach_the_queues_of_another(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    ireland = cloud.session(region_name="eu-west-1").client("sqs")
    assert refusal(ireland.send_message, QueueUrl=url, MessageBody="order") == (
        "InvalidAddress",
        "The address https://sqs.us-east-1.amazonaws.com/ is not valid for this endpoint.",
    )


def test_queues_are_listed_by_prefix(sqs: Any) -> None:
    assert "QueueUrls" not in sqs.list_queues()
    for name in ("orders", "orders-dead", "bills"):
        sqs.create_queue(QueueName=name)
    listed = sqs.list_queues(QueueNamePrefix="orders")["QueueUrls"]
    assert [url.rsplit("/")[-1] for url in listed] == ["orders", "orders-dead"]


def test_a_next_token_comes_only_when_max_results_is_given(sqs: Any) -> None:
    for number in range(3):
        sqs.create_queue(QueueName=f"orders-{number}")
    assert "NextToken" not in sqs.list_queues()
    first = sqs.list_queues(MaxResults=2)
    assert len(first["QueueUrls"]) == 2
    assert len(sqs.list_queues(MaxResults=2, NextToken=first["NextToken"])["QueueUrls"]) == 1
    pages = sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1})
    assert sum(len(page["QueueUrls"]) for page in pages) == 3


@pytest.mark.parametrize(
    "parameters", [{"MaxResults": 0}, {"MaxResults": 1001}, {"NextToken": "x"}, {"MaxResults": 1, "NextToken": "x"}]
)
def test_max_results_is_1_to_1000_and_a_token_is_one_that_was_given(sqs: Any, parameters: dict[str, Any]) -> None:
    assert refusal(sqs.list_queues, **parameters)[0] == "InvalidParameterValue"


def test_regions_and_accounts_have_queues_of_their_own(cloud: Cloud, sqs: Any) -> None:
    sqs.create_queue(QueueName="orders")
    ireland = cloud.session(region_name="eu-west-1").client("sqs")
    partner = cloud.session(account_id="210987654321").client("sqs")
    for other in (ireland, partner):
        assert "QueueUrls" not in other.list_queues()
    url = ireland.create_queue(QueueName="orders")["QueueUrl"]
    assert url == "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"


def test_the_resource_interface_works(cloud: Cloud) -> None:
    queue = cloud.resource("sqs").create_queue(QueueName="orders")
    queue.send_message(MessageBody="order 1")
    (message,) = queue.receive_messages()
    assert message.body == "order 1"
    message.delete()
    queue.reload()
    assert queue.attributes["ApproximateNumberOfMessages"] == "0"


def test_plain_boto3_reaches_the_active_cloud(cloud: Cloud) -> None:
    with cloud.activated():
        boto3.client("sqs").create_queue(QueueName="orders")
    assert cloud.resources() == [ORDERS_ARN]


def test_the_journal_says_when_a_queue_came_and_went(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)
    assert [(entry["arn"], entry["state"], entry["type"]) for entry in cloud.journal.of("resource")] == [
        (ORDERS_ARN, "created", "queue"),
        (ORDERS_ARN, "deleted", "queue"),
    ]


# -- attributes


def test_the_defaults_of_a_standard_queue(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert attributes_of(sqs, url) == {
        "QueueArn": ORDERS_ARN,
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "CreatedTimestamp": "1767225600",
        "LastModifiedTimestamp": "1767225600",
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
    }


def test_a_fifo_queue_has_four_attributes_more(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    assert {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }.items() <= attributes_of(sqs, url).items()


def test_without_names_no_attribute_is_returned(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    named = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])
    assert named["Attributes"] == {"QueueArn": ORDERS_ARN}


def test_an_unknown_attribute_is_refused_where_it_is_read_and_where_it_is_set(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    refused = ("InvalidAttributeName", "Unknown Attribute Colour.")
    assert refusal(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Colour"]) == refused
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Colour": "red"}) == refused
    assert refusal(sqs.create_queue, QueueName="bills", Attributes={"Colour": "red"}) == refused


RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


@pytest.mark.parametrize("name", RANGES)
def test_a_number_is_in_the_range_of_its_attribute(sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    lowest, highest = RANGES[name]
    for number in (lowest, highest):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(number)})
        assert attributes_of(sqs, url)[name] == str(number)
    for wrong in (str(lowest - 1), str(highest + 1), "1.5", "many", ""):
        refused = refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={name: wrong})
        assert refused == ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    assert attributes_of(sqs, url)[name] == str(highest)


def test_of_several_attributes_none_is_set_when_one_is_wrong(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    wrong = {"VisibilityTimeout": "60", "DelaySeconds": "901"}
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes=wrong)[0] == "InvalidAttributeValue"
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "30"


def test_setting_attributes_moves_the_last_modified_timestamp(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    cloud.clock.advance(100)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    found = attributes_of(sqs, url)
    assert (found["CreatedTimestamp"], found["LastModifiedTimestamp"]) == ("1767225600", "1767225700")


def test_a_queue_s_type_is_for_ever(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"})[0] == (
        "InvalidAttributeName"
    )


def test_throughput_per_message_group_needs_deduplication_per_message_group(sqs: Any) -> None:
    fifo = {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}
    assert refusal(sqs.create_queue, QueueName="orders.fifo", Attributes=fifo)[0] == "InvalidAttributeValue"
    sqs.create_queue(QueueName="orders.fifo", Attributes={**fifo, "DeduplicationScope": "messageGroup"})


@pytest.mark.parametrize("policy", ["{", "[]", '{"Version": "2012-10-17"}', '{"Statement": [{"Effect": "Perhaps"}]}'])
def test_a_policy_that_is_none_is_refused(sqs: Any, policy: str) -> None:
    code, message = refusal(sqs.create_queue, QueueName="orders", Attributes={"Policy": policy})
    assert code == "InvalidAttributeValue"
    assert message.startswith("Invalid value for the parameter Policy.")


def test_an_empty_policy_takes_the_old_one_away(sqs: Any) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": ORDERS_ARN}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = sqs.create_queue(QueueName="orders", Attributes={"Policy": policy})["QueueUrl"]
    assert attributes_of(sqs, url)["Policy"] == policy
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in attributes_of(sqs, url)


def test_what_is_not_modelled_is_said(sqs: Any) -> None:
    with pytest.raises(NotModelled, match="KmsMasterKeyId"):
        sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    with pytest.raises(NotModelled, match="RedriveAllowPolicy"):
        sqs.create_queue(QueueName="orders", Attributes={"RedriveAllowPolicy": '{"redrivePermission": "denyAll"}'})
    with pytest.raises(NotModelled, match="start_message_move_task"):
        sqs.start_message_move_task(SourceArn=ORDERS_ARN)
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    with pytest.raises(NotModelled, match="add_permission"):
        sqs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=["210987654321"], Actions=["SendMessage"])
    with pytest.raises(NotModelled, match="list_dead_letter_source_queues"):
        sqs.list_dead_letter_source_queues(QueueUrl=url)
    with pytest.raises(NotModelled, match="ReceiveRequestAttemptId"):
        sqs.receive_message(QueueUrl=url, ReceiveRequestAttemptId="1")
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    entry = {"Id": "1", "MessageBody": "order", "MessageSystemAttributes": system}
    with pytest.raises(NotModelled, match="MessageSystemAttributes"):
        sqs.send_message(QueueUrl=url, MessageBody="order", MessageSystemAttributes=system)
    with pytest.raises(NotModelled, match="MessageSystemAttributes"):
        sqs.send_message_batch(QueueUrl=url, Entries=[entry])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


# -- tags


def test_tags_are_added_replaced_and_removed(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", tags={"team": "shop", "stage": "test"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"stage": "live", "cost": "7"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team", "absent"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"stage": "live", "cost": "7"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["stage", "cost"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)


def test_a_queue_has_at_most_50_tags_and_none_of_aws_s_own(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={f"tag-{number}": "" for number in range(50)})
    assert refusal(sqs.tag_queue, QueueUrl=url, Tags={"one-more": ""})[0] == "InvalidParameterValue"
    assert len(sqs.list_queue_tags(QueueUrl=url)["Tags"]) == 50
    assert refusal(sqs.create_queue, QueueName="bills", tags={"aws:owner": "me"})[0] == "InvalidParameterValue"


# -- permissions for other accounts


def policy(action: str) -> dict[str, str]:
    """The attribute that lets another account do something with the queue."""
    statement = {"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": action, "Resource": ORDERS_ARN}
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def test_another_account_needs_the_queue_s_permission(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    partner = cloud.session(account_id="210987654321").client("sqs")
    code, message = refusal(partner.send_message, QueueUrl=url, MessageBody="order")
    assert code == "AccessDenied"
    assert "because no resource-based policy allows the sqs:sendmessage action" in message
    sqs.set_queue_attributes(QueueUrl=url, Attributes=policy("sqs:SendMessage"))
    partner.send_message(QueueUrl=url, MessageBody="order")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "order"
    assert refusal(partner.receive_message, QueueUrl=url)[0] == "AccessDenied"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert refusal(partner.send_message, QueueUrl=url, MessageBody="order")[0] == "AccessDenied"


def test_what_the_owner_alone_may_do_cannot_be_shared(cloud: Cloud, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="orders", Attributes=policy("sqs:*"))["QueueUrl"]
    partner = cloud.session(account_id="210987654321").client("sqs")
    assert partner.get_queue_url(QueueName="orders", QueueOwnerAWSAccountId="123456789012")["QueueUrl"] == url
    for operation in (partner.delete_queue, partner.list_queue_tags):
        assert refusal(operation, QueueUrl=url)[0] == "AccessDenied"
