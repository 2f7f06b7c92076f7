"""What AWS Lambda states about functions: creating, changing, listing, deleting them, and who may invoke them."""

import base64
import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from eslabon import NotModelled

ECHO = "def handler(event, context):\n    return event\n"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:worker"
RULE = "arn:aws:events:us-east-1:123456789012:rule/orders"


@pytest.fixture
def client(cloud):
    return cloud.client("lambda")


def refused(code):
    return pytest.raises(ClientError, match=code)


# States


def test_a_new_function_is_pending_then_active(functions, client):
    created = functions.begin(ECHO)
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    functions.wait("function_active_v2")
    found = client.get_function_configuration(FunctionName="worker")
    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_pending_function_is_neither_invoked_nor_changed(functions, client):
    functions.begin(ECHO)
    message = "ResourceConflictException.*currently in the following state: Pending"
    with refused(message):
        client.invoke(FunctionName="worker")
    with refused(message):
        client.update_function_configuration(FunctionName="worker", Timeout=4)


def test_while_an_update_is_in_progress_invocations_meet_what_was_before(functions, client):
    functions.create(ECHO)
    answer = client.update_function_code(
        FunctionName="worker", ZipFile=functions.zipped(ECHO.replace("event\n", "'new'\n"))
    )
    assert answer["LastUpdateStatus"] == "InProgress"
    assert functions.invoke("old")["Payload"] == "old"
    with refused("ResourceConflictException.*An update is in progress"):
        client.update_function_configuration(FunctionName="worker", Timeout=4)
    functions.wait("function_updated_v2")
    assert functions.invoke("old")["Payload"] == "new"


# Creating and changing


def test_a_function_shows_what_it_was_given_and_aws_defaults(functions):
    package = functions.zipped(ECHO)
    created = functions.begin(ECHO, Code={"ZipFile": package}, Environment={"Variables": {"TABLE": "orders"}})
    assert created["FunctionArn"] == ARN
    assert created["CodeSize"] == len(package)
    assert created["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert (created["Timeout"], created["MemorySize"], created["Version"]) == (3, 128, "$LATEST")
    assert created["Environment"] == {"Variables": {"TABLE": "orders"}}
    assert created["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/worker"}
    assert created["LastModified"].startswith("2026-01-01T00:00:00.")


def test_a_function_is_found_by_name_partial_arn_and_arn(functions, client):
    functions.create(ECHO)
    for name in ("worker", "123456789012:function:worker", "function:worker", ARN, f"{ARN}:$LATEST"):
        assert client.get_function(FunctionName=name)["Configuration"]["FunctionArn"] == ARN


def test_a_version_or_alias_that_nobody_published_is_not_found(functions, client):
    functions.create(ECHO)
    with refused("ResourceNotFoundException.*function:worker:live"):
        client.get_function(FunctionName="worker", Qualifier="live")
    with refused("ResourceNotFoundException"):
        client.invoke(FunctionName=f"{ARN}:1")


def test_a_name_is_taken_once(functions, client):
    functions.begin(ECHO)
    with pytest.raises(client.exceptions.ResourceConflictException, match="Function already exist: worker") as caught:
        functions.begin(ECHO)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_the_role_must_trust_lambda(functions, cloud, client):
    message = "InvalidParameterValueException.*The role defined for the function cannot be assumed by Lambda."
    with refused(message):
        functions.begin(ECHO, Role="arn:aws:iam::123456789012:role/nobody")
    cloud.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=functions.trust("events.amazonaws.com"))
    with refused(message):
        functions.begin(ECHO, Role="arn:aws:iam::123456789012:role/other")
    assert client.list_functions()["Functions"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Code": {"ZipFile": b"not a zip"}}, "Could not unzip uploaded file"),
        ({"Code": {}}, "Please provide a source for function code"),
        ({"Runtime": "python4.0"}, "Value python4.0 at 'runtime' failed to satisfy constraint"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "reserved keys.*AWS_REGION"),
        ({"Environment": {"Variables": {"LONG": "x" * 4096}}}, "exceeded the 4KB limit"),
        ({"Environment": {"Variables": {"NAME": "a\0b"}}}, "hold in NAME a NUL"),
        ({"Environment": {"Variables": {"NAME": "\ud800"}}}, "hold in NAME a NUL or a character that UTF-8"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:s3:::bucket"}}, "neither a queue nor a topic"),
    ],
)
def test_a_value_that_lambda_does_not_take_creates_nothing(functions, client, changes, message):
    with refused(f"InvalidParameterValueException.*{message}"):
        functions.begin(ECHO, **changes)
    assert client.list_functions()["Functions"] == []


def test_a_zip_needs_a_runtime_and_a_handler(functions, client):
    with refused("InvalidParameterValueException.*Runtime and Handler are mandatory"):
        client.create_function(FunctionName="worker", Role=functions.role(), Code={"ZipFile": functions.zipped(ECHO)})


@pytest.mark.parametrize(
    "changes",
    [
        {"Runtime": "nodejs22.x"},
        {"PackageType": "Image"},
        {"Code": {"S3Bucket": "bucket", "S3Key": "key"}},
        {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:shared:1"]},
        {"VpcConfig": {"SubnetIds": []}},
        {"Publish": True},
        {"Tags": {"team": "shop"}},
    ],
)
def test_what_lambda_has_and_eslabon_has_not_is_refused(functions, client, changes):
    with pytest.raises(NotModelled):
        functions.begin(ECHO, **changes)
    assert client.list_functions()["Functions"] == []


def test_limits_of_the_model_are_checked(functions):
    with refused("ValidationException.*timeout"):
        functions.begin(ECHO, Timeout=100_000)
    with refused("ValidationException.*functionName"):
        functions.begin(ECHO, FunctionName="f" * 65)


def test_an_update_changes_what_is_given_only(functions, client):
    functions.create(ECHO, Environment={"Variables": {"ONE": "1"}}, Timeout=7)
    client.update_function_configuration(FunctionName="worker", Environment={"Variables": {"TWO": "2"}}, MemorySize=256)
    found = client.get_function_configuration(FunctionName="worker")
    assert (found["Timeout"], found["MemorySize"]) == (7, 256)
    assert found["Environment"]["Variables"] == {"TWO": "2"}


def test_pages_of_functions_lead_from_one_to_the_next(functions, client):
    for number in range(5):
        functions.begin(ECHO, FunctionName=f"worker{number}")
    pages = list(client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Functions"]) for page in pages] == [2, 2, 1]
    with refused("InvalidParameterValueException"):
        client.list_functions(Marker="nonsense")


def test_a_deleted_function_is_not_found_and_leaves_its_log_group(functions, cloud, client):
    functions.create(ECHO)
    functions.invoke()
    client.delete_function(FunctionName="worker")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match=f"Function not found: {ARN}") as caught:
        client.get_function(FunctionName="worker")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert cloud.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"] == "/aws/lambda/worker"


def test_functions_of_one_region_are_unknown_in_another(functions, cloud, client):
    functions.create(ECHO)
    far = cloud.session(region_name="eu-west-1").client("lambda")
    assert far.list_functions()["Functions"] == []
    with refused("ResourceNotFoundException"):
        far.get_function(FunctionName=ARN)


def test_what_eslabon_leaves_out_of_lambda_is_said(functions, client):
    functions.create(ECHO)
    with pytest.raises(NotModelled, match="RevisionId"):
        client.update_function_configuration(FunctionName="worker", Timeout=4, RevisionId="0")
    with pytest.raises(NotModelled, match="DryRun"):
        client.update_function_code(FunctionName="worker", ZipFile=functions.zipped(ECHO), DryRun=True)
    with pytest.raises(NotModelled, match="tag_resource"):
        client.tag_resource(Resource=ARN, Tags={"team": "shop"})
    with pytest.raises(NotModelled, match="list_function_event_invoke_configs"):
        client.list_function_event_invoke_configs(FunctionName="worker")
    with pytest.raises(NotModelled, match="update_function_event_invoke_config"):
        client.update_function_event_invoke_config(FunctionName="worker", MaximumRetryAttempts=1)
    found = client.get_function_configuration(FunctionName="worker")
    assert (found["Timeout"], found["LastUpdateStatus"]) == (3, "Successful")


# Who may invoke


def permit(client, **changes):
    parameters = {
        "FunctionName": "worker",
        "StatementId": "rule",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": RULE,
    }
    parameters = {**parameters, **changes}
    return client.add_permission(**{name: value for name, value in parameters.items() if value is not None})


def deliver(cloud, payload="{}", **changes):
    answers = []
    cloud.deliver(
        ARN,
        payload,
        principal="events.amazonaws.com",
        source_arn=RULE,
        reply=lambda result, failure: answers.append((result, failure)),
        **changes,
    )
    cloud.clock.run_until_idle()
    (answer,) = answers
    return answer


def test_a_permission_becomes_a_statement_of_the_policy(functions, client):
    functions.create(ECHO)
    statement = json.loads(permit(client, SourceAccount="123456789012")["Statement"])
    assert statement == {
        "Sid": "rule",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"AWS:SourceArn": RULE},
        },
    }
    assert json.loads(client.get_policy(FunctionName="worker")["Policy"])["Statement"] == [statement]


def test_without_permission_a_service_invokes_nothing_and_the_journal_names_what_is_missing(functions, cloud, client):
    functions.create("def handler(event, context):\n    print('never')\n")
    _, failure = deliver(cloud)
    assert (failure.code, failure.retryable) == ("NO_PERMISSIONS", False)
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    (refusal,) = cloud.journal.of("refusal")
    assert (refusal["action"], refusal["missing"]["Resource"]) == ("lambda:InvokeFunction", ARN)


def test_with_permission_a_service_invokes_the_function(functions, cloud, client):
    functions.create("def handler(event, context):\n    print(event['id'])\n")
    permit(client)
    assert deliver(cloud, '{"id": 7}') == (None, None)
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/worker", filterPattern="7")["events"]
    assert [event["message"] for event in events if event["message"] == "7\n"] == ["7\n"]


@pytest.mark.parametrize(
    ("changes", "is_enough"),
    [
        ({"SourceArn": None}, True),
        ({"SourceArn": "arn:aws:events:us-east-1:123456789012:rule/*"}, True),
        ({"SourceArn": f"{RULE}-other"}, False),
        ({"SourceAccount": "210987654321"}, False),
        ({"Principal": "sns.amazonaws.com"}, False),
        ({"Action": "lambda:*"}, True),
        ({"Action": "lambda:GetFunction"}, False),
    ],
)
def test_a_permission_holds_for_its_principal_action_and_source(functions, cloud, client, changes, is_enough):
    functions.create(ECHO)
    permit(client, **changes)
    _, failure = deliver(cloud)
    assert (failure is None) == is_enough


def test_a_permission_can_be_taken_back(functions, cloud, client):
    functions.create(ECHO)
    permit(client)
    client.remove_permission(FunctionName="worker", StatementId="rule")
    assert deliver(cloud)[1].code == "NO_PERMISSIONS"
    with refused("ResourceNotFoundException"):
        client.get_policy(FunctionName="worker")
    with refused("ResourceNotFoundException.*Statement rule is not found"):
        client.remove_permission(FunctionName="worker", StatementId="rule")


def test_a_statement_id_is_used_once(functions, client):
    functions.create(ECHO)
    permit(client)
    with refused("ResourceConflictException.*statement id .rule. provided already exists"):
        permit(client)


def test_a_principal_is_a_service_an_account_or_an_identity(functions, client):
    functions.create(ECHO)
    permit(client, Principal="210987654321", SourceArn=None)
    (statement,) = json.loads(client.get_policy(FunctionName="worker")["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}
    with refused("InvalidParameterValueException.*principal was invalid"):
        permit(client, StatementId="other", Principal="events")


def test_a_delivered_event_may_hold_a_lone_surrogate(functions, cloud, client):
    """JSON text may say so with an escape, and Python's json reads it."""
    functions.create("def handler(event, context):\n    return ascii(event['name'])\n")
    permit(client)
    event = json.dumps({"name": "\ud800"}, ensure_ascii=False)
    result, _ = deliver(cloud, event, parameters={"InvocationType": "RequestResponse"})
    assert json.loads(result) == r"'\ud800'"


def test_a_function_that_is_gone_is_no_resource(functions, cloud, client):
    functions.create(ECHO)
    client.delete_function(FunctionName="worker")
    assert deliver(cloud)[1].code == "NO_RESOURCE"


def test_a_role_that_the_caller_may_assume_needs_no_permission(functions, cloud, client):
    functions.create(ECHO)
    trust = functions.trust("events.amazonaws.com")
    sender = cloud.client("iam").create_role(RoleName="sender", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert deliver(cloud, role_arn=sender) == (None, None)


def test_a_synchronous_delivery_answers_with_the_result_when_the_function_is_done(functions, cloud, client):
    functions.create("import time\ndef handler(event, context):\n    time.sleep(2)\n    return event['id']\n")
    permit(client)
    before = cloud.clock.now
    result, failure = deliver(cloud, '{"id": 7}', parameters={"InvocationType": "RequestResponse"})
    assert (result, failure) == ("7", None)
    assert cloud.clock.now - before > 2


def test_a_synchronous_delivery_tells_of_the_functions_error(functions, cloud, client):
    functions.create("def handler(event, context):\n    raise KeyError('id')\n")
    permit(client)
    result, failure = deliver(cloud, parameters={"InvocationType": "RequestResponse"})
    assert (result, failure.code, failure.members["FunctionError"]) == (None, "KeyError", "Unhandled")


@pytest.mark.parametrize("arn", ["arn:aws:sqs:orders", "arn:aws:sqs:us-east-1:123456789012:"])
def test_an_arn_without_all_its_parts_is_no_dead_letter_target(functions, arn):
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        functions.begin("def handler(event, context): pass", DeadLetterConfig={"TargetArn": arn})
    assert functions.client.list_functions()["Functions"] == []


def test_an_arn_without_a_resource_is_no_destination(functions):
    functions.create("def handler(event, context): pass")
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        functions.client.put_function_event_invoke_config(
            FunctionName="worker",
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:"}},
        )


def test_a_new_function_is_answered_with_http_201(functions):
    answer = functions.begin("def handler(event, context): pass")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
