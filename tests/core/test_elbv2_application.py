"""The data plane of Application Load Balancers: every case of its topics, and what holds always."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eslabon.elbv2.application import lambdatargets
from eslabon.elbv2.application.answers import CAUSES, NOTES, page
from eslabon.elbv2.application.desync import MODES, REASONS, TIERS, classify, treatment
from eslabon.elbv2.application.examples import FORWARD, balancer
from eslabon.elbv2.application.exchange import Answer, Exchanges, Forward
from eslabon.elbv2.application.headers import for_client, for_target, set_by, trace_header
from eslabon.elbv2.application.messages import Headers, Request, Response
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.balancing.stickiness import cookies_of
from eslabon.elbv2.resources import LoadBalancer, Rule
from eslabon.elbv2.rules.decision import compile_rules

FOLDER = Path(__file__).parents[1] / "cases" / "elbv2"
TOPICS = ("desync", "headers", "answers", "lambda")
CASES = {topic: json.loads((FOLDER / f"{topic}.json").read_text("utf-8")) for topic in TOPICS}
Case = dict[str, Any]


def cases(topic: str, *kinds: str) -> pytest.MarkDecorator:
    chosen = [case for case in CASES[topic] if not kinds or case["kind"] in kinds]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case["id"])


def text(given: Any) -> str:
    """A text, or one that the case describes by what it repeats."""
    return given if isinstance(given, str) else given.get("prefix", "") + given["repeat"] * given["times"]


def request(case: Case, host: bool = True) -> Request:
    """The request of a case; what it does not say is usual."""
    headers = [(name, text(value)) for name, value in case.get("headers", ())]
    if host and not any(name == "Host" for name, _ in headers):
        headers.insert(0, ("Host", "shop.example.com"))
    more = {name: case[name] for name in ("client", "client_port", "scheme", "port", "version") if name in case}
    body = (
        bytes(case["size"])
        if "size" in case
        else case.get("body", "").encode() or case.get("latin", "").encode("latin-1")
    )
    return Request(case.get("method", "GET"), text(case.get("target", "/")), tuple(headers), body, **more)


def values(headers: tuple[tuple[str, str], ...], name: str) -> list[str]:
    return [value for found, value in headers if found == name]


def test_cases_are_many_and_each_names_its_source() -> None:
    every = [case for found in CASES.values() for case in found]
    assert len(every) >= 220
    assert len({case["id"] for case in every}) == len(every)
    for topic, found in CASES.items():
        for case in found:
            assert case["id"].startswith(f"{topic}/")
            assert case["source"].startswith("https://"), case["id"]


# --- desync


@cases("desync", "classify")
def test_requests_are_classified_as_aws_classifies_them(case: Case) -> None:
    assert classify(request(case, host=False)) == (case["tier"], case["reason"])


@cases("desync", "treatment")
def test_modes_treat_classes_as_awss_table_says(case: Case) -> None:
    assert treatment(case["mode"], case["tier"]) == case["treatment"]


def test_every_reason_that_access_logs_know_has_a_case() -> None:
    assert {case["reason"] for case in CASES["desync"] if case["kind"] == "classify"} - {""} == set(REASONS)


TEXT = st.text(st.characters(max_codepoint=255), max_size=20)
NAMES = (
    st.sampled_from(["Content-Length", "transfer-encoding", "Transfer-Encoding ", "X-Item", "Content_Length"]) | TEXT
)
VALUES = st.sampled_from(["10", "chunked", "gzip, chunked", "11"]) | TEXT


@given(st.sampled_from(["GET", "POST", "P\x01ST"]), TEXT, st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_a_header_more_never_makes_a_request_safer(method: str, target: str, headers: list[tuple[str, str]]) -> None:
    tiers = [
        TIERS.index(classify(Request(method, target, tuple(headers[:count]))).tier) for count in range(len(headers) + 1)
    ]
    assert tiers == sorted(tiers)


@given(st.sampled_from(list(MODES)), st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_a_stricter_mode_lets_nothing_more_pass(mode: str, headers: list[tuple[str, str]]) -> None:
    tier = classify(Request("POST", "/", tuple(headers))).tier
    order = ("allowed", "closed", "blocked")
    degrees = [order.index(treatment(one, tier)) for one in ("monitor", "defensive", "strictest")]
    assert degrees == sorted(degrees)


# --- headers


@cases("headers", "request")
def test_targets_get_the_headers_that_the_attributes_ask_for(case: Case) -> None:
    sent = request({**case["request"], "headers": case["headers"]})
    found = for_target(sent, case["attributes"], added=case["added"], listener=case["listener"])
    for name, expected in case["expect"].items():
        assert values(found, name) == expected


@cases("headers", "trace")
def test_traces_are_made_or_continued(case: Case) -> None:
    assert trace_header(request(case), case["new"]) == case["expect"]


@cases("headers", "response")
def test_clients_get_the_headers_that_the_listener_sets(case: Case) -> None:
    headers = for_client(Headers(tuple(one) for one in case["headers"]), set_by(case["listener"]), now=0)
    for name, expected in case["expect"].items():
        assert values(headers, name) == expected


# --- answers


def shop(setting: Case) -> tuple[LoadBalancer, Exchanges]:
    """A balancer as a case describes it."""
    kind = setting.get("type", "ip")
    states = setting.get("states", ["healthy"])
    targets = setting.get("targets", [f"172.31.0.{10 + number}" for number in range(len(states))])
    made, exchanges = balancer(type=kind, targets=targets, attributes=setting.get("attributes"))
    group, listener = exchanges.groups["group"], made.listeners["listener"]
    group.protocol_version = setting.get("version", "HTTP1")
    listener.protocol = setting.get("protocol", "HTTP")
    for target, state in zip(group.targets.values(), states, strict=False):
        target.health.state = state
    if "transforms" in setting:
        rule = Rule("rule", 1, [{"Field": "path-pattern", "Values": ["*"]}], [FORWARD], setting["transforms"])
        listener.decision = compile_rules(listener.default, [rule])
    if "weight" in setting:
        weighted = [{"TargetGroupArn": "group", "Weight": setting["weight"]}]
        forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}
        listener.decision = compile_rules(Rule("default", None, [], [forward]), [])
    return made, exchanges


def exchanged(case: Case) -> Answer:
    """The whole exchange of a case, and that it ended well."""
    made, exchanges = shop(case["setting"])
    ended: list[Outcome] = []
    exchanges.observers.append(ended.append)
    place = (made, made.listeners["listener"], made.nodes[0])
    begun = exchanges.begin(*place, request(case["request"]), 0.0)
    if isinstance(begun, Forward):
        behaviour = case["target"] or "answers"
        if behaviour.startswith("answers"):
            begun = exchanges.finish(begun, Response(int(behaviour[8:] or 200)), 0.5)
        else:
            begun = exchanges.fail(begun, behaviour, 0.5)
    else:
        assert not (case["target"] or "").startswith("answers"), f"it never came to the target: {begun.outcome.cause}"
    exchanges.end(begun, 1.0)
    assert ended == [begun.outcome]
    if begun.forward:
        assert begun.forward.chooser.in_flight == Counter()
    return begun


@pytest.mark.parametrize("name", ["malformed", "header_of_more_than_16_kb", "url_too_long", "plain_http_to_https"])
def test_after_what_is_malformed_the_connection_is_closed(name: str) -> None:
    (case,) = (case for case in CASES["answers"] if case["id"] == f"answers/{name}")
    assert exchanged(case).close


@cases("answers")
def test_the_balancer_answers_as_awss_guide_says(case: Case) -> None:
    answer = exchanged(case)
    assert answer.response.status == answer.outcome.status == case["status"]
    own = answer.outcome.cause != ""
    assert (values(answer.response.headers, "Server") == ["awselb/2.0"]) == own
    if own:
        assert answer.response.body == page(case["status"], NOTES.get(answer.outcome.cause, ""))
        assert values(answer.response.headers, "Content-Length") == [str(len(answer.response.body))]
    if "size" in case:
        assert len(answer.response.body) == case["size"]


@pytest.mark.parametrize(
    ("status", "phrase"), [("503", "Service Temporarily Unavailable"), ("404", "Not Found"), ("299", "")]
)
def test_a_fixed_response_has_the_phrase_of_its_status(status: str, phrase: str) -> None:
    """As users of AWS have published it; a status without a name has no phrase (RFC 9112, section 4)."""
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}
    shop, exchanges = balancer([fixed])
    answer = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], Request("GET", "/"), now=0.0)
    assert isinstance(answer, Answer)
    assert (answer.response.status, answer.response.reason) == (int(status), phrase)


def test_the_balancer_s_own_answer_has_the_phrase_that_users_of_aws_have_published() -> None:
    shop, exchanges = balancer(targets=())
    answer = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], Request("GET", "/"), now=0.0)
    assert isinstance(answer, Answer)
    assert (answer.response.status, answer.response.reason) == (503, "Service Temporarily Unavailable")


def test_every_modelled_status_has_a_case() -> None:
    wanted = {cause.status for cause in CAUSES.values() if cause.modelled}
    # 408 and an incomplete request come from connections: the servers' tests have them
    assert wanted - {408} <= {case["status"] for case in CASES["answers"]}


def test_what_is_not_modelled_says_so() -> None:
    assert {cause.status for cause in CAUSES.values() if not cause.modelled} == {401, 403, 561}


def test_a_redirect_has_a_page_of_134_bytes_as_aws_sends_it() -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    made, exchanges = balancer([{"Type": "redirect", "RedirectConfig": config}])
    answer = exchanges.begin(made, made.listeners["listener"], made.nodes[0], request({"target": "/version"}), 0.0)
    assert isinstance(answer, Answer)
    assert values(answer.response.headers, "Location") == ["https://shop.example.com:443/version"]
    assert values(answer.response.headers, "Content-Length") == ["134"]
    assert (answer.outcome.action, answer.outcome.status) == ("redirect", 301)


@pytest.mark.parametrize(
    ("config", "kind", "body"),
    [
        ({}, "text/plain; charset=utf-8", b""),
        ({"ContentType": "text/plain", "MessageBody": "nothing here"}, "text/plain; charset=utf-8", b"nothing here"),
        ({"ContentType": "application/json", "MessageBody": "{}"}, "application/json; charset=utf-8", b"{}"),
    ],
)
def test_a_fixed_response_has_its_text_and_type_as_aws_sends_them(config: Case, kind: str, body: bytes) -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", **config}}
    made, exchanges = balancer([fixed])
    answer = exchanges.begin(made, made.listeners["listener"], made.nodes[0], request({}), 0.0)
    assert isinstance(answer, Answer)
    assert (answer.response.status, answer.response.body) == (404, body)
    assert values(answer.response.headers, "Content-Type") == [kind]
    assert values(answer.response.headers, "Content-Length") == [str(len(body))]


def test_ambiguous_requests_close_both_connections_in_defensive_mode() -> None:
    made, exchanges = balancer()
    sent = request({"headers": [["Content-Length", "0010"]]})
    forward = exchanges.begin(made, made.listeners["listener"], made.nodes[0], sent, 0.0)
    assert isinstance(forward, Forward)
    assert forward.close
    assert exchanges.finish(forward, Response(200), 0.1).close


def test_a_session_stays_with_its_target_until_that_is_not_eligible() -> None:
    made, exchanges = balancer(targets=["172.31.0.10", "172.31.16.10"], group={"stickiness.enabled": "true"})
    place = (made, made.listeners["listener"], made.nodes[0])
    forward = exchanges.begin(*place, request({}), 0.0)
    assert isinstance(forward, Forward)
    answer = exchanges.finish(forward, Response(200), 0.1)
    cookie = values(answer.response.headers, "Set-Cookie")[0].partition(";")[0]
    assert list(cookies_of([cookie])) == ["AWSALB"]
    sent = request({"headers": [["Cookie", cookie]]})
    for _ in range(4):
        again = exchanges.begin(*place, sent, 1.0)
        assert isinstance(again, Forward)
        assert again.target is forward.target
        assert again.outcome.reused_target
    forward.target.health.state = "unhealthy"
    other = exchanges.begin(*place, sent, 2.0)
    assert isinstance(other, Forward)
    assert other.target is not forward.target


def test_the_least_busy_target_gets_the_next_request() -> None:
    algorithm = {"load_balancing.algorithm.type": "least_outstanding_requests"}
    made, exchanges = balancer(targets=["172.31.0.10", "172.31.16.10"], group=algorithm)
    place = (made, made.listeners["listener"], made.nodes[0])
    first, second = (exchanges.begin(*place, request({}), 0.0) for _ in range(2))
    assert isinstance(first, Forward)
    assert isinstance(second, Forward)
    assert first.target is not second.target
    exchanges.end(exchanges.finish(second, Response(200), 0.1), 0.1)
    third = exchanges.begin(*place, request({}), 0.2)
    assert isinstance(third, Forward)
    assert third.target is second.target  # the first one is still busy


def test_websockets_keep_what_asks_for_the_upgrade() -> None:
    made, exchanges = balancer()
    sent = request({"headers": [["Connection", "Upgrade"], ["Upgrade", "websocket"], ["Sec-WebSocket-Key", "x"]]})
    forward = exchanges.begin(made, made.listeners["listener"], made.nodes[0], sent, 0.0)
    assert isinstance(forward, Forward)
    assert forward.request.header("upgrade") == ["websocket"]
    answer = exchanges.finish(forward, Response(101, (("Upgrade", "websocket"), ("Connection", "Upgrade"))), 0.1)
    assert values(answer.response.headers, "Upgrade") == ["websocket"]


@given(
    st.lists(st.sampled_from(["healthy", "unhealthy", "initial", "draining", "unused"]), max_size=5),
    st.sampled_from(["GET", "TRACE", "POST"]),
    st.lists(st.tuples(NAMES, VALUES), max_size=3),
    st.sampled_from(["answers", "refused", "idle time-out"]),
)
def test_every_request_gets_exactly_one_answer_and_none_goes_to_the_unhealthy_unless_all_are(
    states: list[str], method: str, headers: list[tuple[str, str]], behaviour: str
) -> None:
    made, exchanges = shop({"states": states})
    told: list[Outcome] = []
    exchanges.observers.append(told.append)
    sent = Request(method, "/", (("Host", "shop.example.com"), *headers))
    begun = exchanges.begin(made, made.listeners["listener"], made.nodes[0], sent, 0.0)
    if isinstance(begun, Forward):
        assert begun.target.health.state == "healthy" or "healthy" not in states
        assert begun.target.health.state not in ("draining", "unused")
        begun = (
            exchanges.finish(begun, Response(200), 1.0)
            if behaviour == "answers"
            else exchanges.fail(begun, behaviour, 1.0)
        )
    exchanges.end(begun, 1.0)
    assert [outcome.status for outcome in told] == [begun.response.status]


# --- functions


@cases("lambda", "event")
def test_functions_get_the_event_of_awss_guide(case: Case) -> None:
    found = lambdatargets.event(request(case["request"]), "group", multi_value=case["multi_value"])
    for name, expected in case["expect"].items():
        if name in ("headers", "multiValueHeaders"):
            assert expected.items() <= found[name].items()
        else:
            assert found[name] == expected
    assert ("headers" in found) != case["multi_value"]


@cases("lambda", "refused")
def test_functions_do_not_get_what_they_cannot_take(case: Case) -> None:
    with pytest.raises(lambdatargets.Invalid) as refused:
        lambdatargets.event(request(case["request"]), "group")
    assert refused.value.cause == case["cause"]


@cases("lambda", "health")
def test_functions_are_checked_with_an_event_of_their_own(case: Case) -> None:
    found = lambdatargets.health_check("group", "/", multi_value=case["multi_value"])
    assert case["expect"].items() <= found.items()


@cases("lambda", "response")
def test_results_of_functions_are_responses_or_refused(case: Case) -> None:
    result = case["result"]
    if isinstance(result, dict) and isinstance(result.get("body"), dict) and "repeat" in result["body"]:
        result = {**result, "body": text(result["body"])}
    if "cause" in case:
        with pytest.raises(lambdatargets.Invalid) as refused:
            lambdatargets.response(json.dumps(result), multi_value=case["multi_value"])
        assert refused.value.cause == case["cause"]
        return
    found = lambdatargets.response(json.dumps(result), multi_value=case["multi_value"])
    expect = case["expect"]
    assert found.status == expect["status"]
    assert found.body.decode() == expect.get("body", found.body.decode())
    assert found.reason == expect.get("reason", found.reason)
    for name, expected in expect.get("headers", {}).items():
        assert values(found.headers, name) == expected
