"""What Amazon CloudWatch Logs states about groups, streams, events and who may write them."""

import json

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled

RULE = "arn:aws:events:us-east-1:123456789012:rule/orders"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/orders"
DAY = 86_400


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def logs(cloud):
    return cloud.client("logs")


@pytest.fixture
def till(logs):
    logs.create_log_group(logGroupName="shop")
    logs.create_log_stream(logGroupName="shop", logStreamName="till")
    return {"logGroupName": "shop", "logStreamName": "till"}


def refused(code):
    return pytest.raises(ClientError, match=code)


def milliseconds(cloud):
    return int(cloud.clock.now * 1000)


def write(cloud, logs, stream, *messages, at=None):
    begin = milliseconds(cloud) if at is None else at
    events = [{"timestamp": begin + number, "message": message} for number, message in enumerate(messages)]
    return logs.put_log_events(**stream, logEvents=events)


def messages(answer):
    return [event["message"] for event in answer["events"]]


# Groups and streams


def test_a_groups_arn_comes_with_and_without_a_star(logs, till):
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["arn"] == "arn:aws:logs:us-east-1:123456789012:log-group:shop:*"
    assert group["logGroupArn"] == "arn:aws:logs:us-east-1:123456789012:log-group:shop"
    assert "retentionInDays" not in group


def test_a_group_exists_once(logs, till):
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName="shop")
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(**till)


def test_group_names_starting_with_aws_are_reserved(logs):
    with refused("InvalidParameterException"):
        logs.create_log_group(logGroupName="aws/mine")
    assert logs.describe_log_groups()["logGroups"] == []


def test_groups_are_listed_by_name_or_prefix(logs):
    for name in ("/aws/lambda/b", "/aws/lambda/a", "/aws/events/a"):
        logs.create_log_group(logGroupName=name)
    found = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    assert [group["logGroupName"] for group in found] == ["/aws/lambda/a", "/aws/lambda/b"]


def test_pages_of_groups_lead_from_one_to_the_next(logs):
    for number in range(5):
        logs.create_log_group(logGroupName=f"group{number}")
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["logGroups"]) for page in pages] == [2, 2, 1]
    with refused("InvalidParameterException"):
        logs.describe_log_groups(nextToken="nonsense")


def test_a_deleted_group_takes_its_streams_along(logs, till):
    logs.delete_log_group(logGroupName="shop")
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="The specified log group does not exist"):
        logs.describe_log_streams(logGroupName="shop")


def test_streams_are_listed_by_name_or_by_their_last_event(cloud, logs, till):
    for name in ("a", "z"):
        logs.create_log_stream(logGroupName="shop", logStreamName=name)
    write(cloud, logs, {"logGroupName": "shop", "logStreamName": "z"}, "first")
    cloud.clock.advance(1)
    write(cloud, logs, {"logGroupName": "shop", "logStreamName": "a"}, "second")
    by_name = logs.describe_log_streams(logGroupName="shop")["logStreams"]
    assert [stream["logStreamName"] for stream in by_name] == ["a", "till", "z"]
    newest = logs.describe_log_streams(logGroupName="shop", orderBy="LastEventTime", descending=True, limit=2)
    assert [stream["logStreamName"] for stream in newest["logStreams"]] == ["a", "z"]
    with refused("InvalidParameterException"):
        logs.describe_log_streams(logGroupName="shop", orderBy="LastEventTime", logStreamNamePrefix="a")


def test_a_stream_shows_its_first_and_last_event(cloud, logs, till):
    assert "firstEventTimestamp" not in logs.describe_log_streams(logGroupName="shop")["logStreams"][0]
    begin = milliseconds(cloud)
    write(cloud, logs, till, "a", "b", at=begin)
    (stream,) = logs.describe_log_streams(logGroupName="shop")["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (begin, begin + 1)


def test_a_group_is_named_by_every_reader(logs):
    with refused("InvalidParameterException"):
        logs.filter_log_events()
    with pytest.raises(NotModelled, match="logGroupIdentifier"):
        logs.filter_log_events(logGroupIdentifier="shop")


# Events


def test_events_are_read_in_the_order_of_time(cloud, logs, till):
    now = milliseconds(cloud)
    write(cloud, logs, till, "later", at=now)
    write(cloud, logs, till, "earlier", at=now - 1000)
    assert messages(logs.get_log_events(**till)) == ["earlier", "later"]


def test_a_batch_is_in_the_order_of_time(cloud, logs, till):
    now = milliseconds(cloud)
    events = [{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}]
    with refused("InvalidParameterException.*chronological order"):
        logs.put_log_events(**till, logEvents=events)
    assert messages(logs.get_log_events(**till)) == []


def test_a_batch_spans_24_hours_at_most(cloud, logs, till):
    now = milliseconds(cloud)
    events = [{"timestamp": now - DAY * 1000 - 1, "message": "a"}, {"timestamp": now, "message": "b"}]
    with refused("InvalidParameterException.*24 hours"):
        logs.put_log_events(**till, logEvents=events)


def test_a_batch_holds_1_mib_counting_26_bytes_more_an_event(cloud, logs, till):
    write(cloud, logs, till, "x" * (1_048_576 - 26))
    with refused("InvalidParameterException"):
        write(cloud, logs, till, "x" * (1_048_576 - 25))


def test_events_too_old_or_too_new_are_rejected_one_by_one(cloud, logs, till):
    now = milliseconds(cloud)
    times = [now - 15 * DAY * 1000, now, now + 3 * 3_600_000]
    answer = logs.put_log_events(**till, logEvents=[{"timestamp": time, "message": str(time)} for time in times])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    assert messages(logs.get_log_events(**till)) == [str(now)]


def test_the_sequence_token_is_ignored(cloud, logs, till):
    events = [{"timestamp": milliseconds(cloud), "message": "a"}]
    assert "nextSequenceToken" in logs.put_log_events(**till, logEvents=events, sequenceToken="nonsense")


def test_events_go_into_a_stream_that_exists(cloud, logs, till):
    with refused("ResourceNotFoundException.*log stream does not exist"):
        write(cloud, logs, {"logGroupName": "shop", "logStreamName": "other"}, "a")


def test_the_end_of_a_time_range_is_excluded_by_get_and_included_by_filter(cloud, logs, till):
    begin = milliseconds(cloud)
    write(cloud, logs, till, "a", "b", "c", at=begin)
    limits = {"startTime": begin + 1, "endTime": begin + 2}
    assert messages(logs.get_log_events(**till, **limits)) == ["b"]
    assert messages(logs.filter_log_events(logGroupName="shop", **limits)) == ["b", "c"]


def test_without_start_from_head_the_newest_page_comes_first(cloud, logs, till):
    write(cloud, logs, till, *"abcde")
    newest = logs.get_log_events(**till, limit=2)
    assert messages(newest) == ["d", "e"]
    before = logs.get_log_events(**till, limit=2, nextToken=newest["nextBackwardToken"])
    assert messages(before) == ["b", "c"]


def test_at_the_end_of_a_stream_the_same_token_comes_back(cloud, logs, till):
    write(cloud, logs, till, "a")
    first = logs.get_log_events(**till, startFromHead=True)
    end = logs.get_log_events(**till, startFromHead=True, nextToken=first["nextForwardToken"])
    assert (messages(end), end["nextForwardToken"]) == ([], first["nextForwardToken"])
    cloud.clock.advance(1)
    write(cloud, logs, till, "b")
    assert messages(logs.get_log_events(**till, startFromHead=True, nextToken=end["nextForwardToken"])) == ["b"]


def test_filtering_interleaves_the_streams_of_a_group(cloud, logs, till):
    logs.create_log_stream(logGroupName="shop", logStreamName="door")
    begin = milliseconds(cloud)
    write(cloud, logs, till, "till 1", at=begin)
    write(cloud, logs, {**till, "logStreamName": "door"}, "door 1", at=begin + 1)
    write(cloud, logs, till, "till 2", at=begin + 2)
    assert messages(logs.filter_log_events(logGroupName="shop")) == ["till 1", "door 1", "till 2"]
    assert messages(logs.filter_log_events(logGroupName="shop", logStreamNamePrefix="do")) == ["door 1"]
    assert messages(logs.filter_log_events(logGroupName="shop", logStreamNames=["till"])) == ["till 1", "till 2"]
    with refused("InvalidParameterException"):
        logs.filter_log_events(logGroupName="shop", logStreamNames=["till"], logStreamNamePrefix="do")


def test_pages_of_filtered_events_hold_them_all(cloud, logs, till):
    write(cloud, logs, till, *"abcde")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="shop", PaginationConfig={"PageSize": 2})
    assert [messages(page) for page in pages] == [["a", "b"], ["c", "d"], ["e"]]


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
LINES = ["[ERROR] A fatal exception has occurred", "Exiting with ERRORCODE: -1", "WARN message", "[INFO] done"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", [0, 1, 2, 3]),
        ("ERROR", [0, 1]),
        ("error", []),
        ("ERROR exception", [0]),
        ("?ERROR ?WARN", [0, 1, 2]),
        ('"ERROR" - "Exiting"', [0]),
        ("ERROR -Exiting", [0]),
        ('"fatal exception"', [0]),
        ('"exception fatal"', []),
        ('-"[ERROR]"', [1, 2, 3]),
    ],
)
def test_a_filter_pattern_finds_terms_and_phrases(cloud, logs, till, pattern, found):
    write(cloud, logs, till, *LINES)
    answer = logs.filter_log_events(logGroupName="shop", filterPattern=pattern)
    assert messages(answer) == [LINES[number] for number in found]


@pytest.mark.parametrize("pattern", ["{ $.level = 1 }", "[ip, user]", "%ERR.*%", "ERROR ?WARN"])
def test_other_filter_patterns_are_not_modelled(logs, till, pattern):
    with pytest.raises(NotModelled, match="filter patterns"):
        logs.filter_log_events(logGroupName="shop", filterPattern=pattern)


def test_a_term_with_other_characters_stands_in_quotes(logs, till):
    with refused("InvalidParameterException"):
        logs.filter_log_events(logGroupName="shop", filterPattern="order-1")
    assert messages(logs.filter_log_events(logGroupName="shop", filterPattern='"order-1"')) == []


# Retention


def test_events_are_gone_after_the_retention(cloud, logs, till):
    write(cloud, logs, till, "old")
    logs.put_retention_policy(logGroupName="shop", retentionInDays=1)
    cloud.clock.advance(DAY - 60)
    write(cloud, logs, till, "new")
    assert messages(logs.get_log_events(**till)) == ["old", "new"]
    cloud.clock.advance(120)
    assert messages(logs.get_log_events(**till)) == ["new"]
    assert messages(logs.filter_log_events(logGroupName="shop")) == ["new"]
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 1


def test_without_a_retention_events_never_expire(cloud, logs, till):
    write(cloud, logs, till, "old")
    logs.put_retention_policy(logGroupName="shop", retentionInDays=1)
    logs.delete_retention_policy(logGroupName="shop")
    cloud.clock.advance(4000 * DAY)
    assert messages(logs.get_log_events(**till)) == ["old"]


def test_retention_is_one_of_aws_numbers_of_days(logs, till):
    with refused("InvalidParameterException.*retentionInDays.*enum value set: .1, 3, 5, 7, 14"):
        logs.put_retention_policy(logGroupName="shop", retentionInDays=2)


# Who may write


def policy(*actions, principal="events.amazonaws.com", resource=f"{GROUP}:*", **changes):
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changes}]})


def event(time="2026-01-01T00:00:00Z", **fields):
    return json.dumps({"source": "shop", "detail-type": "Order placed", "time": time, "detail": {}, **fields})


def deliver(cloud, payload=None, arn=GROUP):
    answers = []
    cloud.deliver(
        arn,
        payload or event(),
        principal="events.amazonaws.com",
        source_arn=RULE,
        reply=lambda result, failure: answers.append(failure),
    )
    cloud.clock.run_until_idle()
    (failure,) = answers
    return failure


BOTH = ("logs:CreateLogStream", "logs:PutLogEvents")


def test_eventbridge_writes_to_a_group_whose_policy_lets_it_create_streams_and_put_events(cloud, logs):
    logs.create_log_group(logGroupName="/aws/events/orders")
    services = {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    groups = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/*:*"
    everything = policy(*BOTH, resource=groups, Principal=services)
    logs.put_resource_policy(policyName="events", policyDocument=everything)
    assert deliver(cloud) is None
    assert messages(logs.filter_log_events(logGroupName="/aws/events/orders")) == [event()]


def test_without_a_resource_policy_nothing_is_written_and_the_journal_names_what_is_missing(cloud, logs):
    logs.create_log_group(logGroupName="/aws/events/orders")
    failure = deliver(cloud)
    assert (failure.code, failure.retryable) == ("NO_PERMISSIONS", False)
    assert messages(logs.filter_log_events(logGroupName="/aws/events/orders")) == []
    (refusal,) = cloud.journal.of("refusal")
    assert refusal["missing"]["Resource"] == f"{GROUP}:*"


@pytest.mark.parametrize(
    "document",
    [
        policy("logs:PutLogEvents"),
        policy(*BOTH, principal="delivery.logs.amazonaws.com"),
        policy(*BOTH, resource=f"{GROUP}-other:*"),
        policy(*BOTH, Condition={"ArnEquals": {"aws:SourceArn": f"{RULE}-other"}}),
    ],
)
def test_a_policy_for_something_else_is_no_permission(cloud, logs, document):
    logs.create_log_group(logGroupName="/aws/events/orders")
    logs.put_resource_policy(policyName="events", policyDocument=document)
    assert deliver(cloud).code == "NO_PERMISSIONS"


def test_a_deny_in_any_policy_outweighs_an_allow_in_another(cloud, logs):
    logs.create_log_group(logGroupName="/aws/events/orders")
    logs.put_resource_policy(policyName="allow", policyDocument=policy(*BOTH))
    logs.put_resource_policy(policyName="deny", policyDocument=policy("logs:PutLogEvents", Effect="Deny"))
    assert deliver(cloud).code == "NO_PERMISSIONS"


def test_a_group_that_does_not_exist_receives_nothing(cloud, logs):
    logs.put_resource_policy(policyName="events", policyDocument=policy(*BOTH))
    failure = deliver(cloud)
    assert (failure.code, failure.retryable) == ("NO_RESOURCE", False)
    assert logs.describe_log_groups()["logGroups"] == []


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#targets-specifics-cwl


@pytest.fixture
def orders(logs):
    logs.create_log_group(logGroupName="/aws/events/orders")
    logs.put_resource_policy(policyName="events", policyDocument=policy(*BOTH))
    return lambda: logs.filter_log_events(logGroupName="/aws/events/orders")["events"]


def test_a_whole_event_is_logged_at_its_own_time(cloud, orders):
    deliver(cloud, event("2025-12-31T23:59:58Z"))
    (line,) = orders()
    assert (line["timestamp"], line["message"]) == (1767225598000, event("2025-12-31T23:59:58Z"))


@pytest.mark.parametrize(
    "timestamp", ["1767225600123", '"2026-01-01T00:00:00.123Z"', '"2026-01-01T01:00:00.123+01:00"']
)
def test_an_input_transformer_writes_timestamp_and_message(cloud, orders, timestamp):
    deliver(cloud, f'{{"timestamp": {timestamp}, "message": "sold"}}', arn=f"{GROUP}:*")
    (line,) = orders()
    assert (line["timestamp"], line["message"]) == (1767225600123, "sold")


@pytest.mark.parametrize(
    "payload",
    [
        '"sold"',
        "7",
        "null",
        '{"message": "sold"}',
        '{"timestamp": 1767225600123, "message": "sold", "total": 7}',
        '{"timestamp": 1767225600123, "message": ""}',
    ]
    + [f'{{"timestamp": {wrong}, "message": "sold"}}' for wrong in ("true", "null", "1.5", '"now"', '"2026-01-01"')],
)
def test_what_is_neither_an_event_nor_timestamp_and_message_fails_and_makes_no_stream(cloud, logs, orders, payload):
    failure = deliver(cloud, payload)
    assert (failure.code, failure.retryable) == ("INVALID_PARAMETER", False)
    assert logs.describe_log_streams(logGroupName="/aws/events/orders")["logStreams"] == []


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2025-12-17T23:59:59Z", "older than 14 days"),
        ("2026-01-01T02:00:02Z", "more than 2 hours in the future"),
        ("2025-12-30T00:00:00Z", "older than the log group's retention"),
    ],
)
def test_an_event_that_put_log_events_would_reject_fails_and_says_why(cloud, logs, orders, time, reason):
    if "retention" in reason:
        logs.put_retention_policy(logGroupName="/aws/events/orders", retentionInDays=1)
    failure = deliver(cloud, event(time))
    assert (failure.code, failure.retryable) == ("EVENTS_IN_BATCH_REQUEST_REJECTED", False)
    assert reason in failure.message
    assert orders() == []


@pytest.mark.parametrize("time", ["2025-12-18T00:00:05Z", "2026-01-01T02:00:00Z"])
def test_an_event_at_the_edge_of_what_put_log_events_takes_is_written(cloud, orders, time):
    assert deliver(cloud, event(time)) is None
    assert len(orders()) == 1


def test_a_rules_event_that_the_log_group_rejects_goes_to_the_dead_letter_queue(cloud, logs, orders):
    events, sqs = cloud.client("events"), cloud.client("sqs")
    url = sqs.create_queue(QueueName="rejected")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:rejected"
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    document = json.dumps({"Version": "2012-10-17", "Statement": {**statement, "Resource": queue}})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": GROUP, "DeadLetterConfig": {"Arn": queue}}])
    cloud.clock.advance(30)
    old = {"Source": "shop", "DetailType": "Order placed", "Detail": "{}", "Time": "2025-12-01T00:00:00Z"}
    events.put_events(Entries=[old])
    cloud.clock.run_until_idle()
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "EVENTS_IN_BATCH_REQUEST_REJECTED"
    assert [entry["error"] for entry in cloud.journal.of("delivery")] == ["EVENTS_IN_BATCH_REQUEST_REJECTED", None]
    assert orders() == []


def test_an_account_has_ten_resource_policies_a_region(logs):
    for number in range(10):
        logs.put_resource_policy(policyName=f"p{number}", policyDocument=policy(*BOTH))
    with pytest.raises(logs.exceptions.LimitExceededException):
        logs.put_resource_policy(policyName="p10", policyDocument=policy(*BOTH))
    logs.put_resource_policy(policyName="p9", policyDocument=policy("logs:PutLogEvents"))
    logs.delete_resource_policy(policyName="p0")
    names = [found["policyName"] for found in logs.describe_resource_policies()["resourcePolicies"]]
    assert names == [f"p{number}" for number in range(1, 10)]
    with refused("ResourceNotFoundException"):
        logs.delete_resource_policy(policyName="p0")


def test_a_resource_policy_is_a_policy(logs):
    with refused("InvalidParameterException"):
        logs.put_resource_policy(policyName="events", policyDocument="{}")
    assert logs.describe_resource_policies()["resourcePolicies"] == []


# What is left out


def test_other_classes_of_groups_are_not_modelled(logs):
    with pytest.raises(NotModelled, match="INFREQUENT_ACCESS"):
        logs.create_log_group(logGroupName="shop", logGroupClass="INFREQUENT_ACCESS")
    with pytest.raises(NotModelled, match="kmsKeyId"):
        logs.create_log_group(logGroupName="shop", kmsKeyId="key")


def test_tags_of_groups_are_not_modelled(logs):
    with pytest.raises(NotModelled, match="tags"):
        logs.create_log_group(logGroupName="shop", tags={"team": "shop"})
    assert logs.describe_log_groups()["logGroups"] == []


def test_what_is_left_over_is_reported(cloud, logs, till):
    assert cloud.resources() == ["arn:aws:logs:us-east-1:123456789012:log-group:shop"]
    logs.delete_log_group(logGroupName="shop")
    assert cloud.resources() == []


def test_what_utf8_cannot_hold_is_kept_as_a_question_mark(cloud, logs, till):
    write(cloud, logs, till, "a\ud800b")
    assert messages(logs.get_log_events(**till)) == ["a?b"]
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 3 + 26


def test_what_a_function_prints_may_be_no_utf8_either(cloud, logs):
    cloud.service("logs").append("shop", "till", [(int(cloud.clock.now * 1000), "a\ud800b")])
    assert logs.filter_log_events(logGroupName="shop")["events"][0]["message"] == "a?b"
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 3 + 26
