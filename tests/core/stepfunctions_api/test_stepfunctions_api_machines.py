"""State machines: how they are made, changed, shown and deleted, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon import NotModelled
from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States

ORDERS = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"


def test_a_state_machine_is_described_as_it_was_made(states: States) -> None:
    definition = json.dumps(DONE, indent=2)
    made = states.client.create_state_machine(name="orders", definition=definition, roleArn=states.role)
    described = states.client.describe_state_machine(stateMachineArn=ORDERS)
    assert made["stateMachineArn"] == described["stateMachineArn"] == ORDERS
    assert described["definition"] == definition
    assert (described["name"], described["type"], described["status"]) == ("orders", "STANDARD", "ACTIVE")
    assert described["roleArn"] == states.role
    assert described["creationDate"] == made["creationDate"]
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert described["tracingConfiguration"] == {"enabled": False}
    assert described["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    assert "revisionId" not in described


def test_metadata_only_shows_no_definition(states: States) -> None:
    arn = states.machine()
    described = states.client.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
    assert described["definition"] == "{}"


def test_the_same_request_again_gives_the_same_state_machine(states: States) -> None:
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}
    first = states.client.create_state_machine(**parameters)
    states.cloud.clock.advance(60)
    again = states.client.create_state_machine(**parameters)
    assert again["creationDate"] == first["creationDate"]
    assert len(states.client.list_state_machines()["stateMachines"]) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"definition": json.dumps(FAILING)},
        {"type": "EXPRESS"},
        {"tracingConfiguration": {"enabled": True}},
        {"publish": True},
    ],
)
def test_another_state_machine_of_that_name_is_refused(states: States, changed: dict[str, Any]) -> None:
    states.machine()
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role, **changed}
    refused = states.refusal("create_state_machine", **parameters)
    assert (refused["Code"], refused["Message"]) == (
        "StateMachineAlreadyExists",
        f"State Machine Already Exists: '{ORDERS}'",
    )
    assert states.client.describe_state_machine(stateMachineArn=ORDERS)["definition"] == json.dumps(DONE)


def test_another_role_or_other_tags_make_no_other_state_machine(states: States) -> None:
    states.machine(tags=[{"key": "team", "value": "shop"}])
    trust = {"Effect": "Allow", "Principal": {"Service": "states.us-east-1.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam = states.cloud.client("iam")
    other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    states.client.create_state_machine(name="orders", definition=json.dumps(DONE), roleArn=other, tags=[])
    assert states.client.describe_state_machine(stateMachineArn=ORDERS)["roleArn"] == states.role
    assert states.client.list_tags_for_resource(resourceArn=ORDERS)["tags"] == [{"key": "team", "value": "shop"}]


@pytest.mark.parametrize(
    "name", ["my orders", "a/b", "a:b", "a*", "a?", "<a>", "{a}", "[a]", 'a"b', "a#", "a\x85", "a%"]
)
def test_a_name_has_no_such_characters(states: States, name: str) -> None:
    refused = states.refusal("create_state_machine", name=name, definition=json.dumps(DONE), roleArn=states.role)
    assert (refused["Code"], refused["Message"]) == ("InvalidName", f"Invalid Name: '{name}'")
    assert states.client.list_state_machines()["stateMachines"] == []


def test_a_name_has_80_characters_at_most(states: States) -> None:
    states.machine(name="x" * 80)
    refused = states.refusal("create_state_machine", name="x" * 81, definition=json.dumps(DONE), roleArn=states.role)
    assert refused["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "definition",
    ["", "orders", "{", "[]", '"orders"', "[" * 100_000, '{"StartAt": "A", "States": {"A": {}'],
    ids=lambda text: text[:10] or "empty",
)
def test_what_is_no_json_object_is_no_definition(states: States, definition: str) -> None:
    if not definition:
        definition = " "
    refused = states.refusal("create_state_machine", name="orders", definition=definition, roleArn=states.role)
    assert refused["Code"] == "InvalidDefinition"
    assert refused["Message"].startswith("Invalid State Machine Definition: '")
    assert states.client.list_state_machines()["stateMachines"] == []


def test_a_path_that_does_not_compile_is_an_invalid_definition(states: States) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$.[", "End": True}}}
    refused = states.refusal(
        "create_state_machine", name="orders", definition=json.dumps(definition), roleArn=states.role
    )
    assert refused["Code"] == "InvalidDefinition"


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"StartAt": "A"},
        {"StartAt": "A", "States": []},
        {"StartAt": "A", "States": {"A": 1}},
        {"StartAt": "A", "States": {"A": {"Type": "Task", "End": True}}},
        {"StartAt": "A", "States": {"A": {"Type": "Wait", "End": True}}},
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Catch": 7, "End": True}}},
    ],
    ids=json.dumps,
)
def test_what_has_not_the_structure_of_a_definition_is_invalid(states: States, definition: dict[str, Any]) -> None:
    refused = states.refusal(
        "create_state_machine", name="orders", definition=json.dumps(definition), roleArn=states.role
    )
    assert refused["Code"] == "InvalidDefinition"
    assert states.client.list_state_machines()["stateMachines"] == []


def test_branches_in_branches_without_end_are_an_invalid_definition(states: States) -> None:
    text = '{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":['
    definition = text * 200 + json.dumps(DONE) + "]}}}" * 200
    refused = states.refusal("create_state_machine", name="orders", definition=definition, roleArn=states.role)
    assert refused["Code"] == "InvalidDefinition"


def test_a_definition_is_one_megabyte_at_most(states: States) -> None:
    definition = json.dumps({**DONE, "Comment": "x" * 1_048_576})
    refused = states.refusal("create_state_machine", name="orders", definition=definition, roleArn=states.role)
    assert refused["Code"] == "ValidationException"
    assert "less than or equal to 1048576" in refused["Message"]


def test_a_role_that_step_functions_may_not_assume_is_refused(states: States) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam = states.cloud.client("iam")
    other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for role in (other, "arn:aws:iam::123456789012:role/nobody"):
        refused = states.refusal("create_state_machine", name="orders", definition=json.dumps(DONE), roleArn=role)
        assert refused["Code"] == "AccessDeniedException"
        assert refused["Message"].startswith("Neither the global service principal states.amazonaws.com, nor the")
    assert states.client.list_state_machines()["stateMachines"] == []
    arn = states.machine()
    assert states.refusal("update_state_machine", stateMachineArn=arn, roleArn=other)["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("role", ["workflow", "arn:aws:lambda:us-east-1:123456789012:function:pay"])
def test_what_is_no_role_is_an_invalid_arn(states: States, role: str) -> None:
    refused = states.refusal("create_state_machine", name="orders", definition=json.dumps(DONE), roleArn=role)
    assert refused["Code"] == "InvalidArn"


def test_a_version_description_needs_a_version(states: States) -> None:
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}
    refused = states.refusal("create_state_machine", versionDescription="First", **parameters)
    assert refused["Code"] == "ValidationException"


def test_a_key_of_the_customer_is_not_modelled(states: States) -> None:
    with pytest.raises(NotModelled, match="CUSTOMER_MANAGED_KMS_KEY"):
        states.machine(encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY"})
    with pytest.raises(NotModelled, match="kmsKeyId"):
        states.machine(encryptionConfiguration={"type": "AWS_OWNED_KEY", "kmsKeyId": "k"})
    states.machine(encryptionConfiguration={"type": "AWS_OWNED_KEY"})


# --- Updates ----------------------------------------------------------------------------------------------------------


def test_an_update_is_shown_at_once_and_met_by_executions_some_seconds_later(states: States) -> None:
    arn = states.machine(DONE)
    states.cloud.clock.advance(60)
    answer = states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING))
    described = states.client.describe_state_machine(stateMachineArn=arn)
    assert (described["definition"], described["revisionId"]) == (json.dumps(FAILING), answer["revisionId"])
    early = states.start(arn)
    states.cloud.clock.advance(10)
    late = states.run(arn)
    assert (states.describe(early)["status"], late["status"]) == ("SUCCEEDED", "FAILED")


def test_a_running_execution_keeps_its_definition_and_role(states: States) -> None:
    arn = states.machine(WAITING)
    execution = states.start(arn)
    states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING))
    states.cloud.clock.run_until_idle()
    assert states.describe(execution)["status"] == "SUCCEEDED"
    shown = states.client.describe_state_machine_for_execution(executionArn=execution)
    assert (shown["definition"], shown["roleArn"]) == (json.dumps(WAITING), states.role)
    assert shown["name"] == "orders"


def test_an_update_leaves_what_it_does_not_name(states: States) -> None:
    arn = states.machine(tracingConfiguration={"enabled": True})
    states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING))
    described = states.client.describe_state_machine(stateMachineArn=arn)
    assert described["tracingConfiguration"] == {"enabled": True}
    assert described["roleArn"] == states.role


def test_every_update_makes_a_revision(states: States) -> None:
    arn = states.machine()
    revisions = [
        states.client.update_state_machine(stateMachineArn=arn, roleArn=states.role)["revisionId"] for _ in range(2)
    ]
    assert revisions[0] != revisions[1]


def test_an_update_of_nothing_or_to_nonsense_is_refused(states: States) -> None:
    arn = states.machine()
    assert states.refusal("update_state_machine", stateMachineArn=arn)["Code"] == "MissingRequiredParameter"
    refused = states.refusal("update_state_machine", stateMachineArn=arn, definition="orders")
    assert refused["Code"] == "InvalidDefinition"
    refused = states.refusal("update_state_machine", stateMachineArn=arn + "s", definition=json.dumps(DONE))
    assert (refused["Code"], refused["Message"]) == (
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{arn}s'",
    )
    assert "revisionId" not in states.client.describe_state_machine(stateMachineArn=arn)


# --- Deletion ---------------------------------------------------------------------------------------------------------


def test_a_state_machine_is_being_deleted_before_it_is_gone(states: States) -> None:
    arn = states.machine()
    states.client.delete_state_machine(stateMachineArn=arn)
    assert states.cloud.resources() == [states.role]
    assert states.client.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    for operation, parameters in (
        ("start_execution", {"stateMachineArn": arn}),
        ("update_state_machine", {"stateMachineArn": arn, "definition": json.dumps(DONE)}),
        ("publish_state_machine_version", {"stateMachineArn": arn}),
        ("create_state_machine", {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}),
    ):
        assert states.refusal(operation, **parameters)["Code"] == "StateMachineDeleting", operation
    states.cloud.clock.advance(60)
    assert states.refusal("describe_state_machine", stateMachineArn=arn)["Code"] == "StateMachineDoesNotExist"
    assert states.machine(FAILING) == arn


def test_deleting_what_is_not_there_is_no_error(states: States) -> None:
    states.client.delete_state_machine(stateMachineArn=ORDERS)


def test_executions_of_a_deleted_state_machine_end_at_their_next_state(states: States) -> None:
    long = {"StartAt": "Wait", "States": {**WAITING["States"], "Done": {"Type": "Succeed"}}}
    long["States"]["Wait"] = {"Type": "Wait", "Seconds": 60, "Next": "Done"}
    arn = states.machine(long)
    execution = states.start(arn)
    states.cloud.clock.advance(30)
    states.client.delete_state_machine(stateMachineArn=arn)
    assert states.describe(execution)["status"] == "RUNNING"
    states.cloud.clock.advance(20)
    assert states.client.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    states.cloud.clock.run_until_idle()
    assert states.describe(execution)["status"] == "ABORTED"
    assert states.kinds(execution)[-2:] == ["WaitStateExited", "ExecutionAborted"]
    states.cloud.clock.advance(10)
    assert states.client.list_state_machines()["stateMachines"] == []


def test_a_state_machine_made_anew_has_no_executions_of_the_old_one(states: States) -> None:
    arn = states.machine(FAILING)
    execution = states.run(arn)["executionArn"]
    states.client.delete_state_machine(stateMachineArn=arn)
    states.cloud.clock.advance(60)
    states.machine(FAILING)
    assert states.client.list_executions(stateMachineArn=arn)["executions"] == []
    assert states.describe(execution)["redriveStatus"] == "NOT_REDRIVABLE"


# --- Lists, tags, ARNs ------------------------------------------------------------------------------------------------


def test_state_machines_are_listed_in_pages(states: States) -> None:
    for number in range(5):
        states.machine(name=f"m{number}", type="EXPRESS" if number % 2 else "STANDARD")
    pages = list(states.client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["stateMachines"]) for page in pages] == [2, 2, 1]
    listed = [(one["name"], one["type"]) for page in pages for one in page["stateMachines"]]
    assert listed == [(f"m{number}", "EXPRESS" if number % 2 else "STANDARD") for number in range(5)]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("list_state_machines", {}),
        ("list_state_machine_versions", {"stateMachineArn": ORDERS}),
        ("list_state_machine_aliases", {"stateMachineArn": ORDERS}),
        ("list_executions", {"stateMachineArn": ORDERS}),
    ],
)
def test_a_token_of_another_list_is_invalid(states: States, operation: str, parameters: dict[str, Any]) -> None:
    states.machine()
    refused = states.refusal(operation, nextToken="x", **parameters)
    assert (refused["Code"], refused["Message"]) == ("InvalidToken", "Invalid Token: 'x'")


def test_tags_are_added_overwritten_and_removed(states: States) -> None:
    arn = states.machine(tags=[{"key": "team", "value": "shop"}, {"key": "stage", "value": "test"}])
    states.client.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "live"}])
    states.client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert states.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "stage", "value": "live"}]


def test_too_many_tags_or_strange_ones_are_refused_and_nothing_is_made(states: States) -> None:
    many = [{"key": f"key{number}", "value": ""} for number in range(51)]
    parameters = {"name": "orders", "definition": json.dumps(DONE), "roleArn": states.role}
    assert states.refusal("create_state_machine", tags=many, **parameters)["Code"] == "TooManyTags"
    for key in ("a;b", "aws:team"):
        tags = [{"key": key, "value": ""}]
        assert states.refusal("create_state_machine", tags=tags, **parameters)["Code"] == "ValidationException"
    assert states.client.list_state_machines()["stateMachines"] == []
    arn = states.machine(tags=many[:50])
    refused = states.refusal("tag_resource", resourceArn=arn, tags=many[50:])
    assert (refused["Code"], refused["resourceName"]) == ("TooManyTags", arn)


@pytest.mark.parametrize(
    ("arn", "code", "message"),
    [
        ("orders", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: orders'"),
        (
            "arn:aws:states:us-east-1:123456789012:execution:orders:1",
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: execution'",
        ),
        (f"{ORDERS}s", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ORDERS}s'"),
        (f"{ORDERS}:7", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ORDERS}:7'"),
    ],
)
def test_an_arn_must_be_one_of_a_state_machine_that_exists(states: States, arn: str, code: str, message: str) -> None:
    states.machine()
    for operation in ("describe_state_machine", "start_execution", "list_executions"):
        refused = states.refusal(operation, stateMachineArn=arn)
        assert (refused["Code"], refused["Message"]) == (code, message), operation


def test_the_arn_of_a_map_is_for_map_runs_only(states: States) -> None:
    states.machine()
    for operation in ("describe_state_machine", "start_execution", "delete_state_machine"):
        refused = states.refusal(operation, stateMachineArn=f"{ORDERS}/items")
        assert (refused["Code"], refused["reason"]) == ("ValidationException", "API_DOES_NOT_SUPPORT_LABELED_ARNS")


def test_only_a_whole_state_machine_is_updated_or_deleted(states: States) -> None:
    arn = states.machine(publish=True)
    definition = json.dumps(DONE)
    refused = states.refusal("update_state_machine", stateMachineArn=f"{arn}:1", definition=definition)
    assert refused["Code"] == "ValidationException"
    assert states.refusal("delete_state_machine", stateMachineArn=f"{arn}:1")["Code"] == "ValidationException"
