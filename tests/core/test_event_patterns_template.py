"""Input transformation as the user guide has it: eb-transform-target-input.html and API_InputTransformer.html."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon.errors import NotModelled
from eslabon.events.template import InvalidTemplate, compile_path, compile_template

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111", "arn:second"],
    "detail": {
        "instance-id": "i-0123456789",
        "state": "RUNNING",
        "count": 3,
        "ok": True,
        "none": None,
        "tags": [{"key": "a", "value": 1}, {"key": "b", "value": 2}],
        "owner": {"name": "Ana"},
    },
}
RESERVED = {
    "aws.events.rule-arn": "arn:aws:events:us-east-1:123456789012:rule/example",
    "aws.events.rule-name": "example",
    "aws.events.event.ingestion-time": "2026-01-01T00:00:00Z",
}
PATHS = {"instance": "$.detail.instance-id", "state": "$.detail.state"}


def rendered(template: str, **paths: str) -> str:
    return compile_template({**PATHS, **paths}, template).render(EVENT, RESERVED)


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        (r'"instance \"<instance>\" is in <state>"', r'"instance \"i-0123456789\" is in RUNNING"'),
        ('{"instance": <instance>, "state": <state>}', '{"instance": "i-0123456789", "state": "RUNNING"}'),
        (
            r'{"instance": <instance>, "state": "<state>", "status": "instance \"<instance>\" is in <state>"}',
            r'{"instance": "i-0123456789", "state": "RUNNING", "status": "instance \"i-0123456789\" is in RUNNING"}',
        ),
        (
            '{"instance": <instance>, "state": [9, <state>, true], "Transformed": "Yes"}',
            '{"instance": "i-0123456789", "state": [9, "RUNNING", true], "Transformed": "Yes"}',
        ),
        (
            '{"ruleArn": <aws.events.rule-arn>, "ruleName": <aws.events.rule-name>}',
            '{"ruleArn": "arn:aws:events:us-east-1:123456789012:rule/example", "ruleName": "example"}',
        ),
        ('"<aws.events.rule-name> triggered"', '"example triggered"'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at": "2026-01-01T00:00:00Z"}'),
        ('"<instance> first"\n"<state> second"', '"i-0123456789 first"\n"RUNNING second"'),
    ],
)
def test_the_examples_of_the_guide(template: str, output: str) -> None:
    assert rendered(template) == output


def test_the_original_event_is_a_value_with_or_without_its_detail() -> None:
    without = json.loads(rendered('{"event": <aws.events.event>}'))["event"]
    assert without == {name: value for name, value in EVENT.items() if name != "detail"}
    assert json.loads(rendered('{"event": <aws.events.event.json>}'))["event"] == EVENT


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.detail.count", "3"),
        ("$.detail.ok", "true"),
        ("$.detail.none", "null"),
        ("$.detail.owner", '{"name":"Ana"}'),
        ("$.detail.tags", '[{"key":"a","value":1},{"key":"b","value":2}]'),
    ],
)
def test_a_value_outside_quotes_keeps_its_type(path: str, value: str) -> None:
    assert rendered('{"value": <x>}', x=path) == f'{{"value": {value}}}'


def test_an_object_inside_a_text_loses_its_quotes() -> None:
    assert rendered('"owner is <x>"', x="$.detail.owner") == '"owner is {name:Ana}"'


def test_a_variable_whose_path_is_not_in_the_event_does_not_appear() -> None:
    assert rendered('"state is <x>."', x="$.detail.nothing") == '"state is ."'
    assert json.loads(rendered('{"a": <x>, "b": <state>}', x="$.detail.nothing.deeper")) == {"a": "", "b": "RUNNING"}


def test_values_in_a_text_are_not_escaped() -> None:
    template = compile_template({"x": "$.detail.x"}, '"it says <x>"')
    assert template.render({"detail": {"x": 'a "b"'}}, {}) == '"it says a "b""'


def test_values_outside_quotes_become_json() -> None:
    template = compile_template({"x": "$.detail.x"}, '{"x": <x>}')
    assert json.loads(template.render({"detail": {"x": 'a "b"\n'}}, {})) == {"x": 'a "b"\n'}


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    template = compile_template({"x": "$.x", "y": "$.y"}, '"<x> <y>"')
    assert template.render({"x": "<y>", "y": "z"}, {}) == '"<y> z"'


@pytest.mark.parametrize(
    ("paths", "template"),
    [
        ({}, '"hello <name>"'),
        ({"name": "$.detail.name"}, "hello <name>"),
        ({"name": "$.detail.name"}, '{"a": <name>'),
        ({"name": "$.detail.name"}, '{"<name>": 1}'),
        ({"name": "$.detail.name"}, '{"x-<name>-y" : 1}'),
        ({"name": "$.detail.name"}, "{<name>: 1}"),
        ({"name": "detail.name"}, '"<name>"'),
        ({"aws.events.rule-name": "$.detail"}, '"<aws.events.rule-name>"'),
        ({"AWS.name": "$.detail"}, '"a"'),
        ({f"v{number}": "$.id" for number in range(101)}, '"<v1>"'),
        ({}, ""),
    ],
)
def test_what_is_no_template_is_refused(paths: dict[str, str], template: str) -> None:
    with pytest.raises(InvalidTemplate):
        compile_template(paths, template)


def test_a_hundred_variables_are_allowed() -> None:
    paths = {f"v{number}": "$.id" for number in range(100)}
    assert compile_template(paths, '"<v99>"').render({"id": "1"}, {}) == '"1"'


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.detail", EVENT["detail"]),
        ("$.detail-type", EVENT["detail-type"]),
        ("$['detail-type']", EVENT["detail-type"]),
        ('$["detail"]["state"]', "RUNNING"),
        ("$.resources[0]", EVENT["resources"][0]),
        ("$.resources[1]", "arn:second"),
        ("$.resources[2]", None),
        ("$.detail.tags[1].value", 2),
        ("$.detail.tags[*].key", ["a", "b"]),
        ("$.detail.owner.*", ["Ana"]),
        ("$.resources[*]", EVENT["resources"]),
        ("$.detail.tags.key", None),
        ("$.detail.state[0]", None),
        ("$.detail.tags[*].nothing", []),
    ],
)
def test_paths_find_names_indices_and_wildcards(path: str, value: Any) -> None:
    assert compile_path(path)(EVENT) == value


@pytest.mark.parametrize("path", ["$..state", "$.tags[?(@.a)]", "$.tags[0:1]", "$.tags[-1]", "$."])
def test_other_syntax_of_json_paths_is_not_modelled(path: str) -> None:
    with pytest.raises(NotModelled):
        compile_path(path)
