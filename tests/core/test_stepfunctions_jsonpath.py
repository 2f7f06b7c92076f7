"""JSONPath mode: every case under tests/cases/stepfunctions that gives a path, an intrinsic function or a template."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from eslabon.ids import Ids
from eslabon.stepfunctions.language.jsonpath.intrinsics import compile_intrinsic
from eslabon.stepfunctions.language.jsonpath.paths import compile_lookup, compile_path, compile_reference_path
from eslabon.stepfunctions.language.jsonpath.templates import compile_template
from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError, Evaluate, Scope, StateError

FOLDER = Path(__file__).parents[1] / "cases" / "stepfunctions"
FILES = ("jsonpath", "reference_paths", "intrinsics", "templates")
SOURCES = (
    "https://docs.aws.amazon.com/",
    "https://states-language.net/",
    "https://www.rfc-editor.org/rfc/rfc9535",  # JSONPath, to which AWS's page refers
    "https://github.com/json-path/JsonPath",  # to which the specification refers
    "https://repost.aws/",
    "https://000047.awsstudygroup.com/",  # a workshop that shows AWS's answer
)


def load(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return cases


CASES = {name: load(name) for name in FILES}


def scope_of(case: dict[str, Any]) -> Scope:
    text, times = case.get("input_repeats", ("", 0))
    return Scope(
        case.get("input", text * times),
        variables=case.get("variables", {}),
        context=lambda: case.get("context", {}),
        ids=Ids(7),
    )


def compile_case(case: dict[str, Any]) -> Evaluate:
    if "path" in case:
        return compile_path(case["path"], case.get("field", "InputPath"))
    if "intrinsic" in case:
        return compile_intrinsic(case["intrinsic"], "value.$")
    return compile_template(case["template"])


def same(left: Any, right: Any) -> bool:
    """Equal as JSON: Python takes true for 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


EVALUATED = [case for name in ("jsonpath", "intrinsics", "templates") for case in CASES[name]]


@pytest.mark.parametrize("case", EVALUATED, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    if case.get("outcome") == "invalid":
        with pytest.raises(DefinitionError):
            compile_case(case)
        return
    evaluate = compile_case(case)
    before = copy.deepcopy(case)
    if "error" in case:
        with pytest.raises(StateError) as failure:
            evaluate(scope_of(case))
        assert failure.value.error == case["error"], case["source"]
        if "cause" in case:
            assert failure.value.cause == case["cause"], case["source"]
    elif "within" in case:
        least, most = case["within"]
        scope = scope_of(case)
        numbers = {evaluate(scope) for _ in range(50)}
        assert all(isinstance(number, int) and least <= number <= most for number in numbers), case["source"]
    elif "repeats" in case:
        scope = scope_of(case)
        assert len({evaluate(scope) for _ in range(5)}) == 1, case["source"]
    elif "matches" in case:
        assert re.fullmatch(case["matches"], evaluate(scope_of(case))), case["source"]
    else:
        assert same(evaluate(scope_of(case)), case["result"]), case["source"]
    assert case == before, "the values it was given changed"


@pytest.mark.parametrize("case", CASES["reference_paths"], ids=lambda case: case["id"])
def test_reference_path(case: dict[str, Any]) -> None:
    if case.get("outcome") == "invalid":
        with pytest.raises(DefinitionError):
            compile_reference_path(case["path"])
        return
    reference = compile_reference_path(case["path"])
    document = copy.deepcopy(case["input"])
    if "error" in case:
        with pytest.raises(StateError) as failure:
            reference(document, case["value"])
        assert failure.value.error == case["error"], case["source"]
    else:
        assert same(reference(document, case["value"]), case["result"]), case["source"]
    assert document == case["input"], "the document changed"


@pytest.mark.parametrize("case", CASES["jsonpath"], ids=lambda case: case["id"])
def test_a_look_up_finds_what_the_path_finds_and_is_absent_where_it_fails(case: dict[str, Any]) -> None:
    if case.get("outcome") == "invalid":
        with pytest.raises(DefinitionError):
            compile_lookup(case["path"])
        return
    found = compile_lookup(case["path"])(scope_of(case))
    assert found is ABSENT if "error" in case else same(found, case["result"])


def test_cases_are_many_and_each_names_its_source() -> None:
    cases = [case for name in FILES for case in CASES[name]]
    assert len(cases) >= 250
    assert len({case["id"] for case in cases}) == len(cases)
    for name in FILES:
        for case in CASES[name]:
            assert case["source"].startswith(SOURCES), case["id"]
            assert case["id"].startswith(f"{name}/"), case["id"]
            expected = {"result", "error", "outcome", "within", "repeats", "matches"} & set(case)
            assert len(expected) == 1, case["id"]


@pytest.mark.parametrize("text", ["$.a", "$['a']", "$.a[0].b", "$"])
def test_a_field_for_a_reference_path_takes_a_path_to_one_node(text: str) -> None:
    compile_path(text, "SecondsPath", reference=True)


@pytest.mark.parametrize("text", ["$.a[*]", "$..a", "$.a[0,1]", "$.a[1:]", "$.a[?(@.b)]"])
def test_a_field_for_a_reference_path_refuses_a_path_to_several(text: str) -> None:
    with pytest.raises(DefinitionError, match="no reference path"):
        compile_path(text, "SecondsPath", reference=True)


def test_a_text_that_nests_without_end_is_refused() -> None:
    for text in ("$[?(" + "(" * 10_000, "$[?(" + "!" * 10_000, "$" + "[?(@" * 10_000):
        with pytest.raises(DefinitionError):
            compile_path(text)
    with pytest.raises(DefinitionError):
        compile_intrinsic("States.Array(" * 10_000, "value.$")
    deep: Any = {"a.$": "$"}
    for _ in range(5_000):
        deep = {"a": deep}
    with pytest.raises(DefinitionError):
        compile_template(deep)


def test_the_message_of_a_refused_path_names_the_place() -> None:
    with pytest.raises(DefinitionError) as refused:
        compile_template({"order": {"items": [{"id.$": "$.a["}]}}, "Parameters")
    assert refused.value.message.startswith("Parameters/order/items[0]/id.$: '$.a[' at position 4: ")
    assert refused.value.column == 4


def test_the_cause_of_a_missing_argument_shows_the_whole_invocation() -> None:
    evaluate = compile_intrinsic("States.Array(States.Format('{}', $.none))", "value.$")
    with pytest.raises(StateError) as failure:
        evaluate(Scope({"a": 1}))
    assert failure.value.error == "States.Runtime"
    assert failure.value.cause == (
        "The function 'States.Array(States.Format('{}', $.none))' had the following error: "
        "The JsonPath argument for the field '$.none' could not be found in the input '{\"a\":1}'"
    )


def test_the_cause_of_a_wrong_argument_names_the_function_that_got_it() -> None:
    evaluate = compile_intrinsic("States.Array(States.MathAdd($.a, 1))", "value.$")
    with pytest.raises(StateError) as failure:
        evaluate(Scope({"a": "1"}))
    assert "Invalid arguments in States.MathAdd: the first argument must be a number" in str(failure.value.cause)


@pytest.mark.parametrize("text", ["States.ArrayContains($, 1)", "States.ArrayPartition($, 2)"])
def test_an_array_larger_than_a_payload_is_refused(text: str) -> None:
    evaluate = compile_intrinsic(text, "value.$")
    evaluate(Scope(["x" * (256 * 1024 - 4)]))
    with pytest.raises(StateError, match="256 KiB"):
        evaluate(Scope(["x" * (256 * 1024 - 3)]))


def test_a_variable_that_is_not_there_is_named() -> None:
    with pytest.raises(StateError, match=r"There is no variable \$total"):
        compile_path("$total.sum")(Scope({}, variables={"sum": 1}))


def test_a_result_is_not_put_at_an_index_from_the_end() -> None:
    with pytest.raises(DefinitionError, match="from 0 up"):
        compile_reference_path("$.a[-1]")


def test_functions_that_draw_take_from_the_clouds_generator() -> None:
    drawn = compile_intrinsic("States.Array(States.UUID(), States.MathRandom(0, 1000000))", "value.$")
    assert drawn(Scope({}, ids=Ids(3))) == drawn(Scope({}, ids=Ids(3)))
    assert drawn(Scope({}, ids=Ids(3))) != drawn(Scope({}, ids=Ids(4)))


scalars = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text()
names = some.text(min_size=1)
json_values = some.recursive(
    scalars, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(names, inner, max_size=3), max_leaves=10
)


def in_brackets(keys: list[str]) -> str:
    """A path with the names in brackets, where every character can stand."""
    return "$" + "".join("['" + key.replace("\\", "\\\\").replace("'", "\\'") + "']" for key in keys)


@given(some.lists(names, min_size=1, max_size=4), json_values)
def test_what_is_put_at_a_path_is_read_there(keys: list[str], value: Any) -> None:
    path = in_brackets(keys)
    assert compile_path(path)(Scope(compile_reference_path(path)({}, value))) == value


@given(json_values, some.lists(names, min_size=1, max_size=3), json_values)
def test_a_put_changes_nothing_beside_the_path(document: Any, keys: list[str], value: Any) -> None:
    before = copy.deepcopy(document)
    reference = compile_reference_path(in_brackets(keys))
    try:
        changed = reference(document, value)
    except StateError as failure:
        assert failure.error == "States.ResultPathMatchFailure"
        return
    finally:
        assert document == before
    assert {name: member for name, member in changed.items() if name != keys[0]} == {
        name: member for name, member in document.items() if name != keys[0]
    }


@given(some.text(alphabet="$.@[]()?*:,'\"abλ01-!=<>&|\\ {}States.Format", max_size=30))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    for compile_text in (compile_path, lambda text: compile_intrinsic(text, "value.$"), compile_reference_path):
        try:
            compile_text(text)
        except DefinitionError as refused:
            assert 0 <= refused.column <= len(text)
