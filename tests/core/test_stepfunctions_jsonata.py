"""Every case of tests/cases/stepfunctions/jsonata*.json; bounds, isolation and the library's side effects."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.clock import START
from eslabon.errors import NotModelled
from eslabon.ids import Ids
from eslabon.stepfunctions.language.jsonata.jsonata import compile_expression, compile_value, expect, expression_in
from eslabon.stepfunctions.language.jsonata.jsonata_engine import Engine
from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError, Scope, StateError

FILES = sorted((Path(__file__).parents[1] / "cases" / "stepfunctions").glob("jsonata*.json"))
CASES = [case for file in FILES for case in json.loads(file.read_text(encoding="utf-8"))]
FAILURE = "States.QueryEvaluationError"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8).filter(lambda text: "{%" not in text and "%}" not in text),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text("abc_ é", max_size=3), children, max_size=4)
    ),
    max_leaves=12,
)


def scope_of(case: dict[str, Any]) -> Scope:
    scope = Scope(case.get("input"), variables=case.get("variables"), context=lambda: case.get("context", {}))
    scope.result = case.get("result", ABSENT)
    scope.error_output = case.get("errorOutput", ABSENT)
    return scope


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    text = case["expression"]
    if case["outcome"] == "invalid":
        with pytest.raises(DefinitionError) as invalid:
            compile_expression(text, "Output")
        if "column" in case:
            assert invalid.value.column == case["column"]
        return
    before = copy.deepcopy(case)
    evaluate = compile_expression(text, "Output")
    if case["outcome"] == "value":
        value = evaluate(scope_of(case))
        assert json.dumps(value, sort_keys=True) == json.dumps(case["value"], sort_keys=True), case["source"]
        assert evaluate(scope_of(case)) == value, "the second evaluation differs"
    else:
        with pytest.raises(StateError) as failed:
            evaluate(scope_of(case))
        assert (failed.value.error, failed.value.location) == (case["outcome"], "Output")
        assert str(failed.value.cause).startswith(f"The JSONata expression '{text}' specified for the field 'Output' ")
        assert case.get("cause", "") in str(failed.value.cause)
    assert case == before, "the expression changed its input"


def test_cases_are_many_and_each_names_its_source() -> None:
    assert len(CASES) >= 500
    assert len({case["id"] for case in CASES}) == len(CASES)
    sources = ("https://docs.aws.amazon.com/", "https://docs.jsonata.org/", "https://states-language.net/")
    for case in CASES:
        assert case["source"].startswith((*sources, "https://github.com/jsonata-js/")), case["id"]


# --- what a definition and a state make of it ------------------------------------------------------------------------


def cause_of(text: str, scope: Scope | None = None) -> str:
    with pytest.raises(StateError) as failed:
        compile_expression(text, "Output/x")(scope or Scope({}))
    assert failed.value.error == FAILURE
    return str(failed.value.cause)


def test_an_error_of_the_language_has_its_code_and_message() -> None:
    described = "The JSONata expression '$x + 1' specified for the field 'Output/x' threw an error during evaluation."
    assert cause_of("$x + 1", Scope({}, variables={"x": "1"})) == (
        f'{described} T2001: The left side of the "+" operator must evaluate to a number'
    )
    assert cause_of("$abs('x')").endswith('T0410: Argument 1 of function "abs" does not match function signature')


def test_a_function_that_a_variable_holds_keeps_its_name() -> None:
    assert compile_expression("($up := $uppercase; $up('a'))", "Output")(Scope({})) == "A"
    assert '"uppercase"' in cause_of("$uppercase(1)")


def test_a_result_that_is_a_function_is_an_error() -> None:
    assert "function" in cause_of("$sum")
    assert "function" in cause_of("[function($x) { $x }]")


def test_a_number_out_of_range_is_an_error() -> None:
    assert "D1001" in cause_of("1 / 0")
    assert "D1001" in cause_of("1.5e300 * 1e300")


def test_an_expression_is_found_anywhere_in_a_value_and_its_error_says_where() -> None:
    evaluate = compile_value({"a": [{"b": "{% $n %}"}], "c": "$n"}, "Assign")
    assert evaluate(Scope({}, variables={"n": [1]})) == {"a": [{"b": [1]}], "c": "$n"}
    with pytest.raises(StateError) as failed:
        evaluate(Scope({}))
    assert failed.value.location == "Assign/a[0]/b"
    with pytest.raises(
        DefinitionError, match=r"Assign/a\[0\]/b: the JSONata expression '1 \+' is not valid at column 3"
    ):
        compile_value({"a": [{"b": "{% 1 + %}"}]}, "Assign")


@pytest.mark.parametrize("text", ["{% $a", "$a %}", " {% $a %}", "{% $a %} ", "{%}"])
def test_an_expression_badly_opened_or_closed_is_invalid(text: str) -> None:
    with pytest.raises(DefinitionError):
        expression_in(text)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("array", True, "but was 'boolean' for value: true"),
        ("array", None, "but was 'null' for value: null"),
        ("array", 1, "but was 'number' for value: 1"),
        ("array", {"foo": "bar"}, 'but was \'object\' for value: {"foo":"bar"}'),
        ("array", "string", "but was 'string' for value: \"string\""),
        ("boolean", 1, "but was 'number' for value: 1"),
        ("number", True, "but was 'boolean' for value: true"),
        ("string", ["á"], "but was 'array' for value: [\"á\"]"),
    ],
)
def test_a_field_of_one_type_refuses_another(kind: str, value: Any, shown: str) -> None:
    evaluate = expect(compile_expression("$v", "Items"), "$v", "Items", kind)
    with pytest.raises(StateError) as failed:
        evaluate(Scope({}, variables={"v": value}))
    described = "The JSONata expression '$v' specified for the field 'Items' returned an unexpected result type."
    assert (failed.value.error, failed.value.cause) == (FAILURE, f"{described} Expected '{kind}', {shown}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"$contains('aa', /^(?<letter>a)\k<letter>$/)", True),
        (r"$contains('a\n', /a$/)", False),
        (r"$contains('a\nb', /a$/m)", True),
        (r"$contains('ñ', /\w/)", False),
        (r"$contains('a/b', /a\/b/)", True),
        (r"$replace('1,5', /[$,]/, '.')", "1.5"),
    ],
)
def test_a_regular_expression_is_that_of_javascript(text: str, value: Any) -> None:
    assert compile_expression(text, "Output")(Scope({})) == value


def test_a_regular_expression_that_python_cannot_read_is_not_modelled() -> None:
    with pytest.raises(NotModelled, match=r"the regular expression /\\p\{L\}/ in JSONata"):
        compile_expression(r"$contains('a', /\p{L}/)", "Output")
    with pytest.raises(DefinitionError):
        compile_expression("$contains('a', /(/)", "Output")


# --- chance and time are the scope's ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["$uuid()", "$random()", "$shuffle([1..100])"])
def test_chance_comes_from_the_scope(text: str) -> None:
    evaluate = compile_expression(text, "Output")
    ids = Ids(5)
    first, second = evaluate(Scope({}, ids=ids)), evaluate(Scope({}, ids=ids))
    assert first == evaluate(Scope({}, ids=Ids(5))) != second


def test_time_comes_from_the_scope() -> None:
    later = Scope({}, now=lambda: START + 90.5)
    assert compile_expression("$now()", "Output")(later) == "2026-01-01T00:01:30.500Z"
    assert compile_expression("$millis()", "Output")(later) == int((START + 90.5) * 1000)
    assert compile_expression("$now('[Y]-[M01]', '+0100')", "Output")(Scope({})) == "2026-01"
    assert compile_expression("$fromMillis($toMillis('09:30', '[H01]:[m01]'))", "Output")(Scope({})) == (
        "2026-01-01T09:30:00.000Z"
    )


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "($f := function() { $f() }; $f())",
        "($f := function($n) { 1 + $f($n) }; $f(1))",
        "($f := function($n) { $map([$n], $f) }; $f(1))",
        "($f := function($n) { $n ~> $f ~> $string }; $f(1))",
        "true and ($f := function() { $f() }; $f())",
        "[1..10000000]",
        "[1..1000].([1..1000])",
        "$range(1, 100000000, 1)",
        "$pad('x', 1000000000)",
        "$reduce([1..60], function($text, $n) { $text & $text }, 'x')",
        "$reduce([1..60], function($list, $n) { $append($list, $list) }, [1])",
        "$reduce([1..100000], $append)",
        "$join([1..1000].$pad('x', 5000))",
    ],
)
def test_an_expression_that_never_ends_or_grows_ends_in_an_error(text: str) -> None:
    assert "threw an error during evaluation: " in cause_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100))",
        "($f := function($n) { $n = 0 ? 0 : 1 + $map([$n - 1], $f) }; $f(40)) + 60",
        "($f := function($n) { $n = 0 ? 100 : $f($n - 1) }; $f(5000))",
    ],
)
def test_a_function_may_call_itself_often(text: str) -> None:
    assert compile_expression(text, "Output")(Scope({})) == 100


@pytest.mark.parametrize("text", ["(" * 5000 + "1" + ")" * 5000, "[" * 5000, "1" + "+1" * 5000])
def test_an_expression_that_nests_too_deeply_is_invalid(text: str) -> None:
    with pytest.raises(DefinitionError):
        compile_expression(text, "Output")


def test_bounds_hold_for_each_evaluation_not_for_all() -> None:
    evaluate = compile_expression("$sum([1..15000].($ * 2))", "Output")
    assert [evaluate(Scope({})) for _ in range(4)] == [15000 * 15001] * 4


# --- isolation -------------------------------------------------------------------------------------------------------


@given(JSON)
def test_constants_pass_unchanged(value: Any) -> None:
    result = compile_value(value, "Output")(Scope({}))
    assert result is value


PASSING = [compile_expression(text, "Output") for text in ("$states.input.v", "$w", "[$states.input].v", "true ? $w")]
BUSY = [
    compile_expression(text, "Output")
    for text in (
        "$string($v)",
        "$v.**",
        "$append($v, 1)",
        "$v ~> |**|{'x': 1}, ['a']|",
        "[$v, $v.*]",
        "$count($v^($string($)))",
        "$merge([{}, {'v': $v}])",
    )
]


@settings(deadline=None)
@given(JSON)
def test_values_pass_through_expressions_unchanged(value: Any) -> None:
    for evaluate in PASSING:
        assert json.dumps(evaluate(Scope({"v": value}, variables={"w": value}))) == json.dumps(value)


@settings(deadline=None)
@given(JSON)
def test_inputs_are_never_changed(value: Any) -> None:
    before = json.dumps(value)
    for evaluate in BUSY:
        with suppress(StateError):
            evaluate(Scope(value, variables={"v": value}))
        assert json.dumps(value) == before


@settings(deadline=None)
@given(JSON, st.lists(st.sampled_from(["a", "b", "c_"]), max_size=3))
def test_a_name_is_looked_up_as_the_library_evaluates_it(value: Any, names: list[str]) -> None:
    text = ".".join(["$v", *names])
    scope = Scope({}, variables={"v": value})
    with suppress(StateError):
        assert json.dumps(compile_expression(text, "Output")(scope)) == json.dumps(Engine(text).evaluate(scope))
        return
    assert Engine(text).evaluate(scope) is ABSENT


def test_results_are_plain_lists() -> None:
    result = compile_expression("[1..3].{'a': [$]}", "Output")(Scope({}))
    assert type(result) is list and type(result[0]["a"]) is list


def test_the_library_leaves_the_process_as_it_was() -> None:
    program = (
        "import sys; limit = sys.getrecursionlimit()\n"
        "from eslabon.stepfunctions.language.jsonata.jsonata import compile_expression, compile_value\n"
        "from eslabon.stepfunctions.language.scope import Scope\n"
        "compile_value({'a': 1, 'b': '{% $states.input.b %}'}, 'Output')(Scope({'b': [1, None]}))\n"
        "assert 'jsonata' not in sys.modules, 'loaded without need'\n"
        "assert compile_expression('1 + 1', 'Output')(Scope({})) == 2\n"
        "assert 'jsonata' in sys.modules and sys.getrecursionlimit() == limit\n"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    )
