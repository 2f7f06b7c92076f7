"""What AWS Lambda states about asynchronous invocation: retries, age, destinations, dead-letter queues."""

import json

import pytest
from botocore.exceptions import ClientError

from eslabon import NotModelled

ECHO = "def handler(event, context):\n    print('run')\n    return event\n"
FAIL = "def handler(event, context):\n    print('run')\n    raise ValueError('no such order')\n"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:worker"


@pytest.fixture
def client(cloud):
    return cloud.client("lambda")


def refused(code):
    return pytest.raises(ClientError, match=code)


def send(cloud, client, event=None):
    answer = client.invoke(FunctionName="worker", InvocationType="Event", Payload=json.dumps(event))
    cloud.clock.run_until_idle()
    return answer


def queue(cloud, name="records"):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages(cloud, url):
    found = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return found.get("Messages", [])


def runs(cloud):
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/worker", filterPattern="run")["events"]
    return [event["timestamp"] / 1000 for event in events if event["message"] == "run\n"]


def test_an_event_is_accepted_before_the_function_runs(functions, cloud, client):
    functions.create(ECHO)
    answer = client.invoke(FunctionName="worker", InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    cloud.clock.run_until_idle()
    assert len(runs(cloud)) == 1


def test_after_an_error_lambda_tries_again_after_one_and_after_two_minutes(functions, cloud, client):
    functions.create(FAIL)
    send(cloud, client)
    first, second, third = runs(cloud)
    assert 60 <= second - first < 61
    assert 120 <= third - second < 121


def test_all_attempts_have_the_same_request_id(functions, cloud, client):
    functions.create(FAIL)
    send(cloud, client)
    starts = {line for line in functions.log() if line.startswith("START")}
    assert len(starts) == 1


def test_a_function_may_ask_for_fewer_attempts(functions, cloud, client):
    functions.create(FAIL)
    client.put_function_event_invoke_config(FunctionName="worker", MaximumRetryAttempts=0)
    send(cloud, client)
    assert len(runs(cloud)) == 1


def test_an_event_that_becomes_too_old_is_tried_no_more(functions, cloud, client):
    url, arn = queue(cloud)
    functions.create(FAIL)
    client.put_function_event_invoke_config(
        FunctionName="worker",
        MaximumEventAgeInSeconds=90,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    send(cloud, client)
    assert len(runs(cloud)) == 2
    (message,) = messages(cloud, url)
    context = json.loads(message["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 2)


def test_a_function_that_recovers_is_not_tried_again(functions, cloud, client):
    code = """
count = 0
def handler(event, context):
    global count
    count += 1
    print("run")
    assert count > 1
"""
    functions.create(code)
    send(cloud, client)
    assert len(runs(cloud)) == 2


def test_events_of_a_deleted_function_are_dropped(functions, cloud, client):
    functions.create(FAIL)
    client.invoke(FunctionName="worker", InvocationType="Event")
    cloud.clock.advance(10)
    client.delete_function(FunctionName="worker")
    cloud.clock.run_until_idle()
    assert len(runs(cloud)) == 1


# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html


def test_a_success_leaves_a_record_at_its_destination(functions, cloud, client):
    url, arn = queue(cloud)
    functions.create(ECHO)
    client.put_function_event_invoke_config(
        FunctionName="worker", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    send(cloud, client, {"id": 7})
    (message,) = messages(cloud, url)
    record = json.loads(message["Body"])
    request_id = record["requestContext"].pop("requestId")
    assert any(request_id in line for line in functions.log())
    assert record.pop("timestamp").startswith("2026-01-01T00:00:")
    assert record == {
        "version": "1.0",
        "requestContext": {"functionArn": f"{ARN}:$LATEST", "condition": "Success", "approximateInvokeCount": 1},
        "requestPayload": {"id": 7},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"id": 7},
    }


def test_a_failure_leaves_its_record_after_the_last_attempt(functions, cloud, client):
    url, arn = queue(cloud)
    functions.create(FAIL)
    client.put_function_event_invoke_config(
        FunctionName="worker", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    send(cloud, client, {"id": 7})
    (message,) = messages(cloud, url)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no such order"


def test_a_function_can_be_the_destination(functions, cloud, client):
    functions.create(ECHO)
    after = functions.create("def handler(event, context):\n    print(event['responsePayload'])\n", name="after")
    client.put_function_event_invoke_config(
        FunctionName="worker", DestinationConfig={"OnSuccess": {"Destination": after}}
    )
    send(cloud, client, "hello")
    assert "hello\n" in functions.log("after")


def test_an_event_bus_gets_the_record_as_the_detail_of_an_event(functions, cloud, client):
    url, arn = queue(cloud)
    events = cloud.client("events")
    bus = events.create_event_bus(Name="results")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="results", EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(Rule="all", EventBusName="results", Targets=[{"Id": "1", "Arn": arn}])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    functions.create(ECHO)
    client.put_function_event_invoke_config(
        FunctionName="worker", DestinationConfig={"OnSuccess": {"Destination": bus}}
    )
    cloud.clock.advance(60)
    send(cloud, client, {"id": 7})
    (message,) = messages(cloud, url)
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Lambda Function Invocation Result – Success"
    assert event["resources"] == [bus, f"{ARN}:$LATEST"]
    assert event["detail"]["responsePayload"] == {"id": 7}


def test_a_dead_letter_queue_gets_the_event_and_attributes_about_the_error(functions, cloud, client):
    url, arn = queue(cloud)
    functions.create(FAIL, DeadLetterConfig={"TargetArn": arn})
    send(cloud, client, {"id": 7})
    (message,) = messages(cloud, url)
    assert json.loads(message["Body"]) == {"id": 7}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes.pop("RequestID") in functions.log()[0]
    assert attributes == {"ErrorCode": "200", "ErrorMessage": "no such order"}


def test_a_role_that_lambda_may_not_assume_any_more_delivers_nothing(functions, cloud, client):
    url, arn = queue(cloud)
    functions.create(FAIL, DeadLetterConfig={"TargetArn": arn})
    iam = cloud.client("iam")
    iam.delete_role_policy(RoleName="worker", PolicyName="logs")
    iam.delete_role(RoleName="worker")
    send(cloud, client)
    assert messages(cloud, url) == []
    (delivery,) = [entry for entry in cloud.journal.of("delivery") if entry["target"] == arn]
    assert delivery["error"] is not None


def test_a_configuration_is_replaced_as_a_whole(functions, cloud, client):
    _, arn = queue(cloud)
    functions.create(ECHO)
    first = client.put_function_event_invoke_config(
        FunctionName="worker", MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    assert first["FunctionArn"] == f"{ARN}:$LATEST"
    assert first["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": arn}}
    client.put_function_event_invoke_config(FunctionName="worker", MaximumEventAgeInSeconds=70)
    found = client.get_function_event_invoke_config(FunctionName="worker")
    assert found["MaximumEventAgeInSeconds"] == 70
    assert "MaximumRetryAttempts" not in found
    assert found["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    client.delete_function_event_invoke_config(FunctionName="worker")
    with refused("ResourceNotFoundException"):
        client.get_function_event_invoke_config(FunctionName="worker")


def test_an_error_that_utf8_cannot_hold_leaves_its_dead_letter(functions, cloud, client):
    url, arn = queue(cloud)
    functions.create(
        "def handler(event, context):\n    raise ValueError('no \\ud800')\n", DeadLetterConfig={"TargetArn": arn}
    )
    send(cloud, client, {"id": 7})
    (message,) = messages(cloud, url)
    assert json.loads(message["Body"]) == {"id": 7}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no ?"


def test_topics_are_no_destinations_here(functions, client):
    functions.create(ECHO)
    topic = "arn:aws:sns:us-east-1:123456789012:records"
    with pytest.raises(NotModelled, match="sns destinations"):
        client.put_function_event_invoke_config(
            FunctionName="worker", DestinationConfig={"OnFailure": {"Destination": topic}}
        )
    with refused("ResourceNotFoundException"):
        client.get_function_event_invoke_config(FunctionName="worker")


def test_a_destination_is_a_queue_a_function_or_a_bus(functions, client):
    functions.create(ECHO)
    with refused("InvalidParameterValueException"):
        client.put_function_event_invoke_config(
            FunctionName="worker",
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:dynamodb:us-east-1:123456789012:table/x"}},
        )
