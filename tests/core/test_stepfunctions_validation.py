"""Every case of diagnostics: what AWS's pages and the specification say is wrong with a definition, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon import Cloud
from eslabon.stepfunctions.language.definition import compile_machine
from eslabon.stepfunctions.validation.validation import diagnose
from tests.core.test_stepfunctions_executions import CASES as EXECUTIONS

FILE = Path(__file__).parents[1] / "cases" / "stepfunctions" / "diagnostics.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))
SOURCES = ("https://docs.aws.amazon.com/step-functions/", "https://states-language.net/")
MACHINES = [case["definition"] for case in EXECUTIONS]
ONE = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def text_of(case: dict[str, Any]) -> str:
    return case["text"] if "text" in case else json.dumps(case["definition"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    found = diagnose(text_of(case), case.get("type", "STANDARD"))
    wanted = [(one["severity"], one["code"], one["location"]) for one in case["diagnostics"]]
    assert sorted((one.severity, one.code, one.location) for one in found) == sorted(wanted), case["source"]
    messages = {one["message"] for one in case["diagnostics"] if "message" in one}
    assert messages <= {one.message for one in found}


def test_cases_name_their_source_and_are_told_apart() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 90
    for case in CASES:
        assert case["source"].startswith(SOURCES), case["id"]


@pytest.mark.parametrize("case", EXECUTIONS, ids=lambda case: case["id"])
def test_what_runs_has_no_errors(case: dict[str, Any]) -> None:
    assert [str(one) for one in diagnose(json.dumps(case["definition"])) if one.severity == "ERROR"] == []


# --- The operation ----------------------------------------------------------------------------------------------------


def test_warnings_are_shown_when_asked_for_and_fail_nothing(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Fail", "Cause": "$.cause"}}})
    assert states.validate_state_machine_definition(definition=definition)["diagnostics"] == []
    answer = states.validate_state_machine_definition(definition=definition, severity="WARNING")
    assert (answer["result"], [one["severity"] for one in answer["diagnostics"]]) == ("OK", ["WARNING"])


def test_no_more_diagnostics_are_shown_than_asked_for(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    fields = {f"F{number}": 1 for number in range(120)}
    definition = json.dumps({**ONE, **fields})
    few = states.validate_state_machine_definition(definition=definition, maxResults=3)
    assert (few["result"], len(few["diagnostics"]), few["truncated"]) == ("FAIL", 3, True)
    most = states.validate_state_machine_definition(definition=definition)
    assert (len(most["diagnostics"]), most["truncated"]) == (100, True)


def test_create_and_update_refuse_what_fails_and_change_nothing(cloud: Cloud, states_role: str) -> None:
    states = cloud.client("stepfunctions")
    bad = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"}, "B": {"Type": "Succeed"}}})
    with pytest.raises(ClientError) as refused:
        states.create_state_machine(name="orders", definition=bad, roleArn=states_role)
    assert refused.value.response["Error"] == {
        "Code": "InvalidDefinition",
        "Message": "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: C at "
        '/States/A/Next, MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B\'',
    }
    assert states.list_state_machines()["stateMachines"] == []
    arn = states.create_state_machine(name="orders", definition=json.dumps(ONE), roleArn=states_role)["stateMachineArn"]
    with pytest.raises(ClientError, match="InvalidDefinition"):
        states.update_state_machine(stateMachineArn=arn, definition=bad)
    assert json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"]) == ONE


def test_the_type_of_the_state_machine_counts(cloud: Cloud, states_role: str) -> None:
    states = cloud.client("stepfunctions")
    job = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": job}})
    assert states.validate_state_machine_definition(definition=definition)["result"] == "OK"
    assert states.validate_state_machine_definition(definition=definition, type="EXPRESS")["result"] == "FAIL"
    with pytest.raises(ClientError, match="does not support '.sync'"):
        states.create_state_machine(name="orders", definition=definition, roleArn=states_role, type="EXPRESS")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_and_large_texts_are_diagnosed(opening: str) -> None:
    for text in (opening * 100_000, json.dumps({**ONE, "Comment": "x" * 1_048_576})):
        assert [one.severity for one in diagnose(text)] == ["ERROR"]


# --- Whatever the definition ------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "Next",
        "End",
        "Type",
        "Map",
        "States",
        "StartAt",
        "$.a",
        "$",
        "",
        "{% 1 %}",
        "{% a",
        "States.ALL",
        "x.$",
        "JSONata",
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value, with each of its keys or indexes."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_changed_definition_is_diagnosed_or_compiles(data: st.DataObject) -> None:
    """Nothing but diagnostics comes of it; and what has no error compiles."""
    definition = json.loads(json.dumps(data.draw(st.sampled_from(MACHINES))))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(definition))))
        change = data.draw(st.sampled_from(["replace", "remove", "rename"]))
        if change == "replace" or isinstance(container, list):
            container[key] = data.draw(VALUES)
        else:
            value = container.pop(key)
            if change == "rename":
                container[data.draw(WORDS)] = value
        if not isinstance(definition, dict) or not definition:
            break
    found = diagnose(json.dumps(definition), data.draw(st.sampled_from(["STANDARD", "EXPRESS"])))
    if not any(one.severity == "ERROR" for one in found):
        compile_machine(definition)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_json_is_diagnosed(value: Any) -> None:
    assert diagnose(json.dumps(value))[0].severity == "ERROR"


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_diagnosed(text: str) -> None:
    assert diagnose(text)[0].severity == "ERROR"
