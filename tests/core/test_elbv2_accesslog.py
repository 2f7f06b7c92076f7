"""Access logs of Application Load Balancers: lines, file names and the test file, as AWS's page shows them."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from eslabon.elbv2.application.accesslog import FIELDS, Pending, fields, file_name, interval_end, line, permission_file
from eslabon.elbv2.application.desync import Classification
from eslabon.elbv2.application.examples import balancer
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.resources import Rule

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "elbv2" / "accesslog.json").read_text("utf-8")
)
ARN = "arn:aws:elasticloadbalancing:us-east-2:123456789012:"
PLACE = {"account": "123456789012", "region": "us-east-2"}


def outcome_of(facts: dict[str, Any]) -> Outcome:
    """A request of which these facts are known; `times`: received, sent, answered, ended."""
    shop, exchanges = balancer(type=facts.get("type", "ip"), targets=[facts.get("target_id", "10.0.0.1")])
    shop.arn, shop.name = ARN + "loadbalancer/app/my-loadbalancer/50dc6c495c0c9188", "my-loadbalancer"
    group = exchanges.groups["group"]
    group.arn = ARN + "targetgroup/my-targets/73e2d6bc24d8a067"
    asked = request_of(facts)
    received, sent, answered, ended = facts.get("times", [0, None, None, 0])
    outcome = Outcome(shop, shop.listeners["listener"], shop.nodes[0], asked, received, facts.get("trace", "Root=1"))
    outcome.sent, outcome.answered, outcome.ended = sent, answered, ended
    outcome.started = facts.get("started")
    outcome.received, outcome.ended = facts.get("received_at", received), facts.get("ended_at", ended)
    outcome.status, outcome.target_status = facts["status"], facts.get("target_status")
    outcome.action, outcome.cause = facts.get("action", ""), facts.get("cause", "")
    outcome.redirect, outcome.certificate = facts.get("redirect", ""), facts.get("certificate")
    outcome.tls = tuple(facts["tls"]) if "tls" in facts else None
    outcome.classification = Classification(*facts.get("classification", ["Compliant"]))
    if "rule" in facts:
        transforms = [{"Type": kind} for kind in facts.get("transforms", [])]
        outcome.rule = Rule("rule", None if facts["rule"] == "default" else facts["rule"], [], [], transforms)
    if facts.get("target"):
        outcome.group, outcome.target = group, next(iter(group.targets.values()))
    if "forwarded" in facts:
        outcome.forwarded = request_of(facts | facts["forwarded"])
    return outcome


def request_of(facts: dict[str, Any]) -> Request:
    headers = [("Host", facts.get("host", "www.example.com"))]
    if "user_agent" in facts:
        headers.append(("User-Agent", facts["user_agent"]))
    return Request(
        "GET",
        facts.get("uri", "/"),
        tuple(headers),
        client=facts.get("client", "203.0.113.7"),
        client_port=facts.get("client_port", 50000),
        scheme=facts.get("scheme", "http"),
        port=facts.get("port", 80),
        server_name=facts.get("server_name"),
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_the_fields_of_a_line_are_those_of_the_page(case: dict[str, Any]) -> None:
    found = fields(outcome_of(case["outcome"]), case["outcome"].get("address", ""))
    assert {name: found[name] for name in case["fields"]} == case["fields"]


def test_a_line_reads_as_the_examples_do() -> None:
    """The page's example of an HTTP listener, but for the times, which contradict each other there, and the sizes."""
    example = (
        "http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 "
        'TIMES 200 200 SIZES "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - '
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "
        '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" '
        '"10.0.0.1:80" "200" "-" "-" TID "-" "-" "-"'
    )
    text = line(outcome_of(CASES[0]["outcome"]))
    times = r"-?[\d.]+ -?[\d.]+ -?[\d.]+"
    pattern = (
        re.escape(example).replace("TIMES", times).replace("SIZES", r"\d+\ \d+").replace("TID", "TID_[0-9a-f]{32}")
    )
    assert re.fullmatch(pattern + r" 172\.31\.0\.5", text)


def test_the_fields_stand_in_the_order_of_the_page_and_new_ones_at_the_end() -> None:
    found = shlex.split(line(outcome_of(CASES[0]["outcome"])))
    assert len(found) == len(FIELDS) == 34
    assert found == list(fields(outcome_of(CASES[0]["outcome"])).values())
    assert list(FIELDS)[29:33] == ["conn_trace_id", "transformed_host", "transformed_uri", "request_transform_status"]


def test_a_quotation_mark_in_a_user_agent_ends_no_field() -> None:
    facts = CASES[0]["outcome"] | {"user_agent": 'curl" "x\\ \t'}
    assert '"curl\\" \\"x\\\\ \\x09"' in line(outcome_of(facts))
    assert len(shlex.split(line(outcome_of(facts)))) == 34


def test_a_long_user_agent_is_cut_at_8_kb() -> None:
    assert len(fields(outcome_of(CASES[0]["outcome"] | {"user_agent": "x" * 9000}))["user_agent"]) == 8192


def test_requests_of_one_connection_have_its_trace_id_in_common() -> None:
    one, again = (fields(outcome_of(CASES[0]["outcome"]))["conn_trace_id"] for _ in range(2))
    other = fields(outcome_of(CASES[0]["outcome"] | {"client_port": 2818}))["conn_trace_id"]
    assert one == again != other


def test_a_file_is_named_as_in_the_example_of_the_page() -> None:
    outcome = outcome_of(CASES[0]["outcome"])
    balancer_, node = outcome.balancer, outcome.node
    node.public = "198.51.100.7"
    assert file_name(balancer_, node, 1644968400, "20sg8hgm", prefix="logging-prefix", **PLACE) == (
        "logging-prefix/AWSLogs/123456789012/elasticloadbalancing/us-east-2/2022/02/15/123456789012_elasticloadbalancing"
        "_us-east-2_app.my-loadbalancer.50dc6c495c0c9188_20220215T2340Z_198.51.100.7_20sg8hgm.log.gz"
    )
    assert file_name(balancer_, node, 1644968400, "20sg8hgm", **PLACE).startswith("AWSLogs/")


def test_the_end_of_2340_is_of_requests_from_2335_on() -> None:
    assert {interval_end(1644968100), interval_end(1644968399.9)} == {1644968400}


def test_the_test_file_is_outside_of_the_folders_of_logs() -> None:
    key, content = permission_file(outcome_of(CASES[0]["outcome"]).balancer, 0.0, account="123456789012", prefix="shop")
    assert key == "shop/AWSLogs/123456789012/ELBAccessLogTestFile"
    assert content.startswith(b"Enable AccessLog for ELB: my-loadbalancer at 1970-01-01T00:00:00.000Z")


def test_each_node_has_a_file_of_its_own_compressed() -> None:
    pending = Pending()
    for place in (0, 1, 1):
        outcome = outcome_of(CASES[0]["outcome"])
        outcome.node = outcome.balancer.nodes[place]
        pending.add(outcome)
    found = {node.zone: gzip.decompress(content).splitlines() for _, node, content in pending.take()}
    assert {zone: len(lines) for zone, lines in found.items()} == {"us-east-1a": 1, "us-east-1b": 2}
    assert list(pending.take()) == []
