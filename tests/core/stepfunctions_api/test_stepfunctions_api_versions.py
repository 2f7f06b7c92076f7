"""Versions and aliases: snapshots of a state machine under numbers, and names for one or two of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from eslabon import NotModelled
from tests.core.stepfunctions_api.conftest import DONE, FAILING, WAITING, States


def version_of(arn: str) -> str:
    return arn.rpartition(":")[2]


def routing(**weights: int) -> list[dict[str, Any]]:
    """A routing configuration: v1=90, v2=10."""
    base = "arn:aws:states:us-east-1:123456789012:stateMachine:orders:"
    return [{"stateMachineVersionArn": base + name[1:], "weight": weight} for name, weight in weights.items()]


@pytest.fixture
def two_versions(states: States) -> str:
    """The ARN of a state machine whose version 1 succeeds and whose version 2, the newest revision, fails."""
    arn = states.machine(DONE, publish=True)
    states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING), publish=True)
    states.cloud.clock.advance(10)
    return arn


def test_versions_are_numbered_from_one_and_a_revision_has_one_only(states: States) -> None:
    arn = states.machine()
    first = states.client.publish_state_machine_version(stateMachineArn=arn)
    assert first["stateMachineVersionArn"] == f"{arn}:1"
    states.cloud.clock.advance(5)
    assert states.client.publish_state_machine_version(stateMachineArn=arn)["creationDate"] == first["creationDate"]
    states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING))
    assert states.client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:2"


def test_create_and_update_can_publish(states: States) -> None:
    made = states.client.create_state_machine(
        name="orders", definition=json.dumps(DONE), roleArn=states.role, publish=True, versionDescription="First"
    )
    arn = made["stateMachineArn"]
    assert made["stateMachineVersionArn"] == f"{arn}:1"
    changed = states.client.update_state_machine(
        stateMachineArn=arn, definition=json.dumps(FAILING), publish=True, versionDescription="Second"
    )
    assert changed["stateMachineVersionArn"] == f"{arn}:2"
    described = [states.client.describe_state_machine(stateMachineArn=f"{arn}:{number}") for number in (1, 2)]
    assert [one["description"] for one in described] == ["First", "Second"]
    assert [one["definition"] for one in described] == [json.dumps(DONE), json.dumps(FAILING)]
    assert described[1]["revisionId"] == changed["revisionId"]


def test_a_version_is_published_of_the_expected_revision_only(states: States) -> None:
    arn = states.machine()
    publish = states.client.publish_state_machine_version
    assert publish(stateMachineArn=arn, revisionId="INITIAL")["stateMachineVersionArn"] == f"{arn}:1"
    revision = states.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAILING))["revisionId"]
    refused = states.refusal("publish_state_machine_version", stateMachineArn=arn, revisionId="INITIAL")
    assert (refused["Code"], refused["status"]) == ("ConflictException", 409)
    assert publish(stateMachineArn=arn, revisionId=revision)["stateMachineVersionArn"] == f"{arn}:2"


def test_versions_are_listed_newest_first_and_a_number_is_never_used_again(states: States, two_versions: str) -> None:
    arn = two_versions
    states.client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    states.client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")  # gone already
    assert states.client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:3"
    pages = [
        states.client.list_state_machine_versions(stateMachineArn=arn, maxResults=1),
        states.client.list_state_machine_versions(stateMachineArn=arn),
    ]
    listed = [[version_of(one["stateMachineVersionArn"]) for one in page["stateMachineVersions"]] for page in pages]
    assert listed == [["3"], ["3", "1"]]
    more = states.client.list_state_machine_versions(stateMachineArn=arn, maxResults=1, nextToken=pages[0]["nextToken"])
    assert version_of(more["stateMachineVersions"][0]["stateMachineVersionArn"]) == "1"


def test_a_version_runs_as_it_was_and_its_executions_say_so(states: States, two_versions: str) -> None:
    arn = two_versions
    old, newest = states.run(f"{arn}:1", name="old"), states.run(arn, name="newest")
    assert (old["status"], newest["status"]) == ("SUCCEEDED", "FAILED")
    assert (old["stateMachineArn"], old["stateMachineVersionArn"]) == (arn, f"{arn}:1")
    assert "stateMachineAliasArn" not in old
    assert "stateMachineVersionArn" not in newest
    started = states.events(old["executionArn"])[0]["executionStartedEventDetails"]
    assert started["stateMachineVersionArn"] == f"{arn}:1"
    listed = states.client.list_executions(stateMachineArn=f"{arn}:1")["executions"]
    assert [(one["name"], one["stateMachineVersionArn"]) for one in listed] == [("old", f"{arn}:1")]


def test_a_version_that_an_alias_points_to_stays(states: States, two_versions: str) -> None:
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=90, v2=10))
    for number in (1, 2):
        version = f"{two_versions}:{number}"
        refused = states.refusal("delete_state_machine_version", stateMachineVersionArn=version)
        assert refused["Code"] == "ConflictException"
    refused = states.refusal("delete_state_machine_version", stateMachineVersionArn=two_versions)
    assert refused["Code"] == "ValidationException"


def test_deleting_a_version_leaves_its_executions(states: States) -> None:
    arn = states.machine(WAITING, publish=True)
    execution = states.start(f"{arn}:1")
    states.client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    states.cloud.clock.run_until_idle()
    assert states.describe(execution)["status"] == "SUCCEEDED"
    assert states.refusal("start_execution", stateMachineArn=f"{arn}:1")["Code"] == "StateMachineDoesNotExist"


# --- Aliases ----------------------------------------------------------------------------------------------------------


def test_an_alias_is_described_as_it_was_made(states: States, two_versions: str) -> None:
    made = states.client.create_state_machine_alias(
        name="live", description="What customers use", routingConfiguration=routing(v1=90, v2=10)
    )
    assert made["stateMachineAliasArn"] == f"{two_versions}:live"
    described = states.client.describe_state_machine_alias(stateMachineAliasArn=f"{two_versions}:live")
    assert described["routingConfiguration"] == routing(v1=90, v2=10)
    assert (described["name"], described["description"]) == ("live", "What customers use")
    assert described["creationDate"] == described["updateDate"] == made["creationDate"]


def test_an_alias_sends_executions_to_its_versions_by_weight(states: States, two_versions: str) -> None:
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=80, v2=20))
    runs = [states.run(f"{two_versions}:live") for _ in range(200)]
    chosen = Counter(version_of(run["stateMachineVersionArn"]) for run in runs)
    assert 20 <= chosen["2"] <= 65  # 40 expected; the cloud's generator always draws the same
    assert {run["stateMachineAliasArn"] for run in runs} == {f"{two_versions}:live"}
    assert all((run["status"] == "FAILED") == run["stateMachineVersionArn"].endswith(":2") for run in runs)
    by_alias = states.client.list_executions(stateMachineArn=f"{two_versions}:live", maxResults=1000)["executions"]
    assert len(by_alias) == 200


def test_weights_of_zero_and_a_hundred_are_meant(states: States, two_versions: str) -> None:
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100, v2=0))
    assert {states.run(f"{two_versions}:live")["status"] for _ in range(30)} == {"SUCCEEDED"}


def test_an_alias_that_moves_is_met_by_executions_some_seconds_later(states: States, two_versions: str) -> None:
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    live = f"{two_versions}:live"
    states.client.update_state_machine_alias(stateMachineAliasArn=live, routingConfiguration=routing(v2=100))
    early = states.start(live)
    states.cloud.clock.advance(10)
    late = states.run(live)
    assert (states.describe(early)["status"], late["status"]) == ("SUCCEEDED", "FAILED")


def test_the_same_alias_again_is_no_conflict_another_one_is(states: States, two_versions: str) -> None:
    made = states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    again = states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    assert again["creationDate"] == made["creationDate"]
    refused = states.refusal("create_state_machine_alias", name="live", routingConfiguration=routing(v2=100))
    assert refused["Code"] == "ConflictException"


@pytest.mark.parametrize("weights", [{"v1": 99}, {"v1": 60, "v2": 60}, {"v1": 0}], ids=["99", "120", "0"])
def test_weights_sum_to_a_hundred(states: States, two_versions: str, weights: dict[str, int]) -> None:
    refused = states.refusal("create_state_machine_alias", name="live", routingConfiguration=routing(**weights))
    assert (refused["Code"], refused["reason"]) == ("ValidationException", "INVALID_ROUTING_CONFIGURATION")


def test_an_alias_points_to_different_versions_of_one_state_machine(states: States, two_versions: str) -> None:
    other = states.machine(name="invoices", publish=True)
    wrong = [
        [*routing(v1=50), {"stateMachineVersionArn": f"{other}:1", "weight": 50}],
        routing(v1=50) * 2,
        [{"stateMachineVersionArn": two_versions, "weight": 100}],
    ]
    for configuration in wrong:
        refused = states.refusal("create_state_machine_alias", name="live", routingConfiguration=configuration)
        assert (refused["Code"], refused["reason"]) == ("ValidationException", "INVALID_ROUTING_CONFIGURATION")
    refused = states.refusal("create_state_machine_alias", name="live", routingConfiguration=routing(v7=100))
    assert refused["Code"] == "ResourceNotFound"
    assert states.client.list_state_machine_aliases(stateMachineArn=two_versions)["stateMachineAliases"] == []


@pytest.mark.parametrize("name", ["7", "a b", "a:b", "ñ"])
def test_the_name_of_an_alias_is_no_number_and_plain(states: States, two_versions: str, name: str) -> None:
    refused = states.refusal("create_state_machine_alias", name=name, routingConfiguration=routing(v1=100))
    assert refused["Code"] == "ValidationException"


def test_aliases_are_listed_newest_first_for_the_machine_or_a_version(states: States, two_versions: str) -> None:
    for name, configuration in (("a", routing(v1=100)), ("b", routing(v2=100)), ("c", routing(v1=50, v2=50))):
        states.client.create_state_machine_alias(name=name, routingConfiguration=configuration)

    def names(arn: str) -> list[str]:
        found = states.client.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
        return [version_of(alias["stateMachineAliasArn"]) for alias in found]

    assert names(two_versions) == ["c", "b", "a"]
    assert names(f"{two_versions}:1") == ["c", "a"]


def test_an_update_of_an_alias_says_what_to_change(states: States, two_versions: str) -> None:
    live = f"{two_versions}:live"
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    refused = states.refusal("update_state_machine_alias", stateMachineAliasArn=live)
    assert (refused["Code"], refused["reason"]) == ("ValidationException", "MISSING_REQUIRED_PARAMETER")
    states.client.update_state_machine_alias(stateMachineAliasArn=live, description="Stable")
    described = states.client.describe_state_machine_alias(stateMachineAliasArn=live)
    assert (described["description"], described["routingConfiguration"]) == ("Stable", routing(v1=100))
    assert described["updateDate"] > described["creationDate"]


def test_a_deleted_alias_starts_nothing(states: States, two_versions: str) -> None:
    live = f"{two_versions}:live"
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    states.client.delete_state_machine_alias(stateMachineAliasArn=live)
    assert states.refusal("start_execution", stateMachineArn=live)["Code"] == "StateMachineDoesNotExist"
    for operation in ("describe_state_machine_alias", "delete_state_machine_alias"):
        assert states.refusal(operation, stateMachineAliasArn=live)["Code"] == "ResourceNotFound"


def test_versions_and_aliases_go_with_their_state_machine(states: States, two_versions: str) -> None:
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    states.client.delete_state_machine(stateMachineArn=two_versions)
    states.cloud.clock.advance(60)
    assert states.client.list_state_machine_versions(stateMachineArn=two_versions)["stateMachineVersions"] == []
    states.machine()
    assert states.client.list_state_machine_aliases(stateMachineArn=two_versions)["stateMachineAliases"] == []


def test_describing_a_state_machine_by_an_alias_is_not_modelled(states: States, two_versions: str) -> None:
    states.client.create_state_machine_alias(name="live", routingConfiguration=routing(v1=100))
    with pytest.raises(NotModelled, match="alias"):
        states.client.describe_state_machine(stateMachineArn=f"{two_versions}:live")


def test_a_state_machine_has_100_aliases_and_1000_versions_at_most(states: States) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
    arn = states.machine(publish=True)
    for number in range(100):
        states.client.create_state_machine_alias(name=f"a{number}", routingConfiguration=routing(v1=100))
    refused = states.refusal("create_state_machine_alias", name="more", routingConfiguration=routing(v1=100))
    assert (refused["Code"], refused["status"]) == ("ServiceQuotaExceededException", 402)
    for _ in range(999):
        states.client.update_state_machine(stateMachineArn=arn, roleArn=states.role, publish=True)
    states.client.update_state_machine(stateMachineArn=arn, roleArn=states.role)
    refused = states.refusal("publish_state_machine_version", stateMachineArn=arn)
    assert (refused["Code"], refused["status"]) == ("ServiceQuotaExceededException", 402)
    definition = json.dumps(FAILING)
    refused = states.refusal("update_state_machine", stateMachineArn=arn, definition=definition, publish=True)
    assert refused["Code"] == "ServiceQuotaExceededException"
    assert states.client.describe_state_machine(stateMachineArn=arn)["definition"] == json.dumps(DONE)
