"""Listener rules: every case under tests/cases/elbv2/rules_*.json, and compiled rules against a naive evaluation."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.resources import Rule
from eslabon.elbv2.rules.actions import FixedResponse, Forward, Redirect, check_actions
from eslabon.elbv2.rules.conditions import check_conditions
from eslabon.elbv2.rules.decision import compile_rules
from eslabon.elbv2.rules.transforms import TransformFailed, check_transforms
from eslabon.errors import NotModelled, ServiceError

FOLDER = Path(__file__).parents[1] / "cases" / "elbv2"
DEFAULT = Rule("default", None, [], [])


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"rules_{name}.json").read_text(encoding="utf-8"))
    return found


def request_of(case: Mapping[str, Any]) -> Request:
    given = case["request"]
    return Request(**(given | {"headers": tuple((name, value) for name, value in given["headers"])}))


def named(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases(name), ids=lambda case: case["id"])


@named("conditions")
def test_conditions_hold_for_a_request_or_do_not(case: dict[str, Any]) -> None:
    network = any("IpAddressType" in one.get("SourceIpConfig", {}) for one in case["conditions"])
    check_conditions(case["conditions"], "network" if network else "application")
    decision = compile_rules(DEFAULT, [Rule("rule", 1, case["conditions"], [])])
    request = request_of(case)
    assert (decision.decide(request).priority == 1) == case["held"], case["source"]
    explanation = decision.explain(request)
    assert all(checked.held for checked in explanation.rules[0][1]) == case["held"], "the explanation differs"


@named("decisions")
def test_the_first_rule_by_priority_that_holds_decides(case: dict[str, Any]) -> None:
    rules = [Rule(f"rule-{one['priority']}", one["priority"], one["conditions"], []) for one in case["rules"]]
    won = compile_rules(DEFAULT, rules).decide(request_of(case))
    assert (won.priority or "default") == case["wins"], case["source"]


def check(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    if case["check"] == "conditions":
        return check_conditions(case["given"], case.get("balancer", "application"))
    if case["check"] == "actions":
        return check_actions(case["given"], *case.get("listener", ["HTTP", 80]))
    return check_transforms(case["given"])


@named("checks")
def test_rules_are_accepted_or_refused_when_they_are_made(case: dict[str, Any]) -> None:
    if "code" not in case:
        shown = check(case)
        if case["check"] == "conditions":
            compile_rules(DEFAULT, [Rule("rule", 1, shown, [])])
        else:
            assert check(case | {"given": shown}) == shown, "what DescribeRules shows can be given to ModifyRule"
    elif case["code"] == "NotModelled":
        with pytest.raises(NotModelled):
            check(case)
    else:
        with pytest.raises(ServiceError) as refused:
            check(case)
        assert refused.value.code == case["code"], case["source"]
        assert refused.value.message == case.get("message", refused.value.message)


@named("answers")
def test_what_the_rule_that_decides_does(case: dict[str, Any]) -> None:
    listener = ("HTTPS", 8443) if case["request"].get("scheme") == "https" else ("HTTP", 80)
    actions = check_actions([case["action"]], *listener) if "action" in case else []
    rule = Rule("rule", 1, [], actions, check_transforms(case.get("transforms", [])))
    decision = compile_rules(DEFAULT, [rule])
    request, answer = request_of(case), case["answer"]
    if "transforms" in case:
        if answer.get("status") == 500:
            with pytest.raises(TransformFailed):
                decision.rewrite(rule, request)
        else:
            sent = decision.rewrite(rule, request)
            assert {"host": sent.host, "target": sent.target} == answer, case["source"]
        return
    action = decision.action(rule)
    if isinstance(action, Forward):
        assert {"groups": [list(group) for group in action.groups], "sticky": action.sticky} == answer, case["source"]
        return
    response = action.answer(request)
    headers = dict(response.headers)
    assert response.status == answer["status"]
    assert isinstance(action, Redirect | FixedResponse)
    assert headers.get("Location") == answer.get("location"), case["source"]
    assert headers.get("Content-Type") == answer.get("content_type")
    assert response.body.decode() == answer.get("body", "")


def test_cases_are_many_and_each_names_its_source() -> None:
    every = [(name, case) for name in ("conditions", "decisions", "checks", "answers") for case in cases(name)]
    assert len(every) >= 300
    assert len({(name, case["id"]) for name, case in every}) == len(every)
    for _, case in every:
        assert case["source"].startswith(("https://docs.aws.amazon.com/", "https://github.com/")), case["id"]


def test_the_model_has_the_constraints_that_are_left_to_the_gate() -> None:
    model = botocore.session.get_session().get_service_model("elbv2")

    def member(shape: str, name: str) -> Any:
        return model.shape_for(shape).members[name].metadata

    assert member("FixedResponseActionConfig", "MessageBody")["max"] == 1024
    assert member("FixedResponseActionConfig", "StatusCode")["pattern"] == r"^(2|4|5)\d\d$"
    assert member("RedirectActionConfig", "StatusCode")["enum"] == ["HTTP_301", "HTTP_302"]
    assert member("RedirectActionConfig", "Protocol")["pattern"] == r"^(HTTPS?|#\{protocol\})$"
    assert [member("RedirectActionConfig", name)["max"] for name in ("Host", "Path", "Query")] == [128] * 3
    assert member("Action", "Order") == {"min": 1, "max": 50000}
    assert member("SourceIpConditionConfig", "IpAddressType")["enum"] == ["ipv4", "ipv6"]
    assert set(member("RuleTransform", "Type")["enum"]) == {"host-header-rewrite", "url-rewrite"}


# --- DescribeRules ---------------------------------------------------------------------------------------------------


def test_a_host_or_a_path_is_shown_in_both_forms() -> None:
    given = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}
    assert check_conditions([given]) == [given | {"Values": ["a.example.com"]}]


def test_a_redirect_is_shown_with_its_defaults() -> None:
    (shown,) = check_actions([{"Type": "redirect", "RedirectConfig": {"Port": "8080", "StatusCode": "HTTP_302"}}])
    assert shown["RedirectConfig"] == {
        "Protocol": "#{protocol}",
        "Port": "8080",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_302",
    }


# --- explanations ----------------------------------------------------------------------------------------------------

SENTENCES: list[tuple[dict[str, Any], Request, str]] = [
    (
        {"Field": "path-pattern", "Values": ["/img/*"]},
        Request("GET", "/img/a.png"),
        'path-pattern: "/img/*" holds, because the path is "/img/a.png", which matches "/img/*".',
    ),
    (
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "HEAD"]}},
        Request("PUT", "/"),
        'http-request-method: "GET" or "HEAD" does not hold, because the method is "PUT", '
        'which is none of "GET" or "HEAD".',
    ),
    (
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Canary", "Values": ["yes"]}},
        Request("GET", "/"),
        'http-header X-Canary: "yes" does not hold, because the request has no header "X-Canary".',
    ),
    (
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}]}},
        Request("GET", "/?v=2"),
        'query-string: "v=1" does not hold, because the query string is "v=2", which does not match "v=1".',
    ),
    (
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}},
        Request("GET", "/", client="198.51.100.7"),
        'source-ip: 192.0.2.0/24 does not hold, because the client\'s address is "198.51.100.7", '
        "which is not in 192.0.2.0/24.",
    ),
]


@pytest.mark.parametrize(("condition", "request_", "sentence"), SENTENCES, ids=[one[0]["Field"] for one in SENTENCES])
def test_an_explanation_says_why(condition: dict[str, Any], request_: Request, sentence: str) -> None:
    decision = compile_rules(DEFAULT, [Rule("rule", 7, [condition], [])])
    assert decision.explain(request_).sentences()[0] == f"Priority 7: {sentence}"


# --- compiled = naive ------------------------------------------------------------------------------------------------


def naive_match(pattern: str, text: str, escapes: bool) -> bool:
    """Whether a text matches a value with wildcards, one character after the other."""
    if not pattern:
        return not text
    if escapes and pattern[0] == "\\" and pattern[1:2] in ("*", "?", "\\") and len(pattern) > 1:
        return text[:1] == pattern[1] and naive_match(pattern[2:], text[1:], escapes)
    if pattern[0] == "*":
        return naive_match(pattern[1:], text, escapes) or (bool(text) and naive_match(pattern, text[1:], escapes))
    return bool(text) and pattern[0] in ("?", text[0]) and naive_match(pattern[1:], text[1:], escapes)


def naive_holds(condition: Mapping[str, Any], request: Request) -> bool:
    """Whether a request meets a condition, read from the API's form each time."""
    (config,) = [value for name, value in condition.items() if name.endswith("Config")]
    values = config["Values"]
    match condition["Field"]:
        case "host-header":
            host = dict(request.headers)["Host"].lower()
            return any(naive_match(value.lower(), host, False) for value in values)
        case "path-pattern":
            return any(naive_match(value, request.target.split("?")[0], False) for value in values)
        case "http-request-method":
            return request.method in values
        case "http-header":
            wanted = config["HttpHeaderName"].lower()
            found = [value.lower() for name, value in request.headers if name.lower() == wanted]
            return any(naive_match(value.lower(), one, False) for value in values for one in found)
        case "query-string":
            text = request.target.partition("?")[2].lower()
            pairs = [[unquote(half) for half in (part + "=").split("=")[:2]] for part in text.split("&") if part]
            return any(
                naive_match(pair["Value"].lower(), value, True)
                and ("Key" not in pair or naive_match(pair["Key"].lower(), key, True))
                for pair in values
                for key, value in pairs
            )
        case _:
            address = ipaddress.ip_address(request.client)
            return any(address in ipaddress.ip_network(value) for value in values)


def naive_decide(rules: Sequence[Rule], request: Request) -> int | None:
    """The priority of the rule that decides: all rules in order, all conditions of each."""
    ordered = sorted(rules, key=lambda rule: rule.priority or 0)
    return next((rule.priority for rule in ordered if all(naive_holds(one, request) for one in rule.conditions)), None)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=1, max_size=3)


def text(alphabet: str, least: int = 0) -> st.SearchStrategy[str]:
    """Few letters, so that values and requests often meet."""
    return st.text(alphabet, min_size=least, max_size=5)


METHODS = st.sampled_from(["GET", "PUT", "HEAD"])
ADDRESSES = st.sampled_from(["192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8::1"])
RANGES = st.sampled_from(["192.0.2.0/25", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "198.51.100.1/32"])
CONDITIONS = st.one_of(
    some(text("aA.b*?").map(lambda value: f"{value}.com")).map(
        lambda values: {"Field": "host-header", "HostHeaderConfig": {"Values": values}}
    ),
    some(text("/aAb*?", 1)).map(lambda values: {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}),
    some(METHODS).map(lambda values: {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": values}}),
    some(text("aAb*?", 1)).map(
        lambda values: {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": values}}
    ),
    some(
        st.fixed_dictionaries({"Value": text("aA*?\\", 1)}, optional={"Key": text("kK*?", 1)}),
    ).map(lambda values: {"Field": "query-string", "QueryStringConfig": {"Values": values}}),
    some(RANGES).map(lambda values: {"Field": "source-ip", "SourceIpConfig": {"Values": values}}),
)
RULES = st.lists(st.lists(CONDITIONS, min_size=1, max_size=3), max_size=12).map(
    lambda found: [Rule(str(number), 50 - number, conditions, []) for number, conditions in enumerate(found)]
)
PAIRS = st.lists(st.tuples(text("kK"), text("aA*\\")).map("=".join), max_size=3).map("&".join)
REQUESTS = st.builds(
    lambda method, host, path, query, values, client: Request(
        method, f"/{path}?{query}", (("Host", f"{host}.com"), *(("x-a", value) for value in values)), client=client
    ),
    METHODS,
    text("aAb."),
    text("/aAb"),
    PAIRS,
    st.lists(text("aAb"), max_size=2),
    ADDRESSES,
)


@settings(max_examples=300, deadline=None)
@given(RULES, st.lists(REQUESTS, min_size=1, max_size=5))
def test_compiled_rules_decide_as_a_naive_evaluation_does(rules: list[Rule], requests: list[Request]) -> None:
    decision = compile_rules(DEFAULT, rules)
    for request in requests:
        won = decision.decide(request)
        assert won.priority == naive_decide(rules, request)
        explanation = decision.explain(request)
        met = [rule for rule, conditions in explanation.rules if all(checked.held for checked in conditions)]
        assert won is explanation.won is (met[0] if met else DEFAULT)


@settings(max_examples=300, deadline=None)
@given(st.lists(text("ab*?/", 1), min_size=1, max_size=20), st.lists(text("ab/"), min_size=1, max_size=5))
def test_many_paths_decide_as_a_naive_evaluation_does(patterns: list[str], paths: list[str]) -> None:
    """Prefixes within prefixes, suffixes within suffixes, and patterns that fix neither end."""
    rules = [
        Rule(str(number), number + 1, [{"Field": "path-pattern", "PathPatternConfig": {"Values": [pattern]}}], [])
        for number, pattern in enumerate(patterns)
    ]
    decision = compile_rules(DEFAULT, rules)
    for path in paths:
        request = Request("GET", f"/{path}", (("Host", "example.com"),))
        assert decision.decide(request).priority == naive_decide(rules, request)
