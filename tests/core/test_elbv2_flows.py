"""Flows through Network and Gateway Load Balancers: every case of flows*.json, what holds always, and the client."""

from __future__ import annotations

import json
import random
import ssl
import struct
import urllib.error
import urllib.request
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon import Cloud, activate
from eslabon.elbv2.balancing.examples import group, targets
from eslabon.elbv2.balancing.health import reason, why_unused
from eslabon.elbv2.balancing.zones import shares
from eslabon.elbv2.explain import explain
from eslabon.elbv2.flows import tlslog
from eslabon.elbv2.flows.client import BytesServer, Connection, connect
from eslabon.elbv2.flows.examples import echo, gateway, network
from eslabon.elbv2.flows.explaining import explain_flow
from eslabon.elbv2.flows.flows import Flow, Flows
from eslabon.elbv2.flows.gateway import MTU, OVERHEAD, geneve
from eslabon.elbv2.flows.hashing import FIELDS, Packet, flow_hash, pick, spread
from eslabon.elbv2.flows.proxyprotocol import crc32c, header, local_header
from eslabon.elbv2.flows.settings import address_seen
from eslabon.elbv2.flows.web import request
from eslabon.elbv2.resources import Rule
from eslabon.elbv2.rules.decision import compile_rules
from eslabon.errors import NotModelled
from eslabon.network import Call, Unreachable
from eslabon.support.acm.examples import CERTIFICATE as CERTIFICATE_PEM

FOLDER = Path(__file__).parents[1] / "cases" / "elbv2"
TOPICS = ("flows", "flows_hashing", "flows_addresses", "flows_proxyprotocol", "flows_gateway", "flows_tlslog")
CASES = {topic: json.loads((FOLDER / f"{topic}.json").read_text("utf-8")) for topic in TOPICS}
ZONE = "us-east-1a"
Case = dict[str, Any]


def cases(*topics: str) -> pytest.MarkDecorator:
    every = [case for topic in topics for case in CASES[topic]]
    return pytest.mark.parametrize("case", every, ids=lambda case: case["id"])


def test_cases_are_many_and_each_names_its_source() -> None:
    every = [case for found in CASES.values() for case in found]
    assert len(every) >= 110
    assert len({case["id"] for case in every}) == len(every)
    for topic, found in CASES.items():
        for case in found:
            assert case["id"].startswith(f"{topic}/")
            assert case["source"].startswith("https://"), case["id"]


# --- hashing


@cases("flows_hashing")
def test_which_fields_choose_the_target(case: Case) -> None:
    packet = Packet("tcp", "10.0.0.5", 50000, "198.51.100.1", 80, 7)
    other: Any = {"protocol": "udp", "source": "10.0.0.6", "destination": "198.51.100.2"}.get(case["changes"], 8)
    changed = packet._replace(**{case["changes"]: other})
    fields = FIELDS[case["hashes"]]
    assert (flow_hash(packet, fields) != flow_hash(changed, fields)) is case["counts"]


def test_hashed_flows_spread_as_the_multinomial_distribution_says() -> None:
    """The hash is good enough for `spread` to stand for it: chi-square over 20,000 connections of one client."""
    flows, count = network(10), 20_000
    chance = random.Random(3)
    got: Counter[str] = Counter()
    for number in range(count):
        packet = Packet("tcp", "203.0.113.7", 1024 + number, "198.51.100.1", 80, chance.getrandbits(32))
        flow = flows.arrive(packet, ZONE, 0, begins=True).flow
        assert flow
        got[flow.target.id] += 1
    assert len(got) == 10
    assert sum((seen - count / 10) ** 2 / (count / 10) for seen in got.values()) < 27.9  # 99.9 % of nine degrees


def test_weights_and_targets_are_chosen_independently() -> None:
    flows = weighted([1, 1])
    got: Counter[tuple[str, str]] = Counter()
    for port in range(10_000):
        flow = flows.arrive(Packet("udp", "203.0.113.7", port, "198.51.100.1", 80), ZONE, 0).flow
        assert flow
        got[flow.group.name, flow.target.id] += 1
    assert len(got) == 8
    assert all(abs(seen - 10_000 / 8) < 200 for seen in got.values())


def test_tls_listeners_have_no_stickiness() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#default-actions"""
    one_group, two_groups = network(9, "TLS", stickiness__enabled="true"), weighted([1, 1], "TLS", sticky=True)
    packets = [Packet("tcp", "203.0.113.7", port, "198.51.100.1", 443, port) for port in range(50)]
    arrivals = [one_group.arrive(packet, ZONE, 0, begins=True) for packet in packets]
    assert len({arrival.flow.target.id for arrival in arrivals if arrival.flow}) > 1
    arrivals = [two_groups.arrive(packet, ZONE, 0, begins=True) for packet in packets]
    assert {arrival.flow.group.name for arrival in arrivals if arrival.flow} == {"blue", "green"}


@given(st.lists(st.integers(0, 999), min_size=1, max_size=5), st.integers(0, 2**64 - 1))
def test_a_group_without_weight_is_never_picked(weights: list[int], number: int) -> None:
    picked = pick(number, list(enumerate(weights)))
    assert picked is None if not any(weights) else picked is not None and weights[picked] > 0


@settings(deadline=None)
@given(st.integers(0, 10_000_000), st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(any), st.integers())
def test_every_flow_gets_one_target(flows: int, weights: list[int], seed: int) -> None:
    found = spread(flows, dict(enumerate(weights)), random.Random(seed))
    assert sum(share.flows for share in found.values()) == flows
    assert all(share.flows == 0 for key, share in found.items() if not weights[key])
    assert all(share.flows >= 0 for share in found.values())


def test_counts_have_the_mean_and_the_variance_of_the_multinomial_distribution() -> None:
    chance, trials, draws = random.Random(11), 1000, 2000
    counts = [spread(trials, {"a": 1, "b": 3}, chance)["a"].flows for _ in range(draws)]
    mean = sum(counts) / draws
    variance = sum((count - mean) ** 2 for count in counts) / draws
    assert abs(mean - 250) < 1.5
    assert abs(variance - 1000 * 0.25 * 0.75) < 20


def test_few_trials_have_the_probabilities_of_the_binomial_distribution() -> None:
    """30 trials take both ways of drawing: halving, and one by one."""
    chance, draws = random.Random(5), 20_000
    got = Counter(spread(30, {"a": 1, "b": 9}, chance)["a"].flows for _ in range(draws))
    for successes, probability in ((0, 0.0424), (3, 0.2361), (6, 0.0474)):  # 30 over k, times 0.1^k 0.9^(30-k)
        assert abs(got[successes] / draws - probability) < 0.012


def test_ten_million_flows_lie_within_six_standard_deviations_of_the_expectation() -> None:
    parts = shares(["us-east-1a", "us-east-1b"], targets(3, "us-east-1a", "us-east-1b"), cross_zone=False)
    weights = {key: part for zone in parts.values() for key, part in zone.items()}
    found = spread(10_000_000, weights, random.Random(1))
    assert [share.expected for share in found.values()] == [2_500_000, 2_500_000, 5_000_000]
    assert all(abs(share.deviations) < 6 and share.deviations for share in found.values())
    assert weights["i-1", 80] == Fraction(1, 2)


# --- the flow table


def weighted(weights: list[int], protocol: str = "TCP", sticky: bool = False, ipv6: list[int] | None = None) -> Flows:
    """A listener that forwards to the target groups blue and green, by weight; ipv6: other weights for such clients."""
    flows = network(0, protocol)
    flows.groups = {}
    for name in ("blue", "green"):
        made = group(targets(4))
        made.name, made.arn, made.protocol = name, name, protocol
        flows.groups[name] = made
    set_weights(flows, weights, sticky)
    if ipv6:
        condition = {"Field": "source-ip", "SourceIpConfig": {"IpAddressType": "ipv6"}}
        flows.listener.rules["six"] = Rule("six", 1, [condition], forward(ipv6, sticky))
    return flows


def forward(weights: list[int], sticky: bool) -> list[dict[str, Any]]:
    tuples = [
        {"TargetGroupArn": name, "Weight": weight} for name, weight in zip(("blue", "green"), weights, strict=True)
    ]
    config = {"TargetGroups": tuples, "TargetGroupStickinessConfig": {"Enabled": sticky}}
    return [{"Type": "forward", "ForwardConfig": config}]


def set_weights(flows: Flows, weights: list[int], sticky: bool) -> None:
    flows.listener.default = Rule("default", None, [], forward(weights, sticky))


def flows_of(case: Case) -> Flows:
    attributes = {key.replace(".", "__"): value for key, value in case.get("group", {}).items()}
    if "weights" in case:
        flows = weighted(case["weights"], case["protocol"], case.get("sticky", False), case.get("ipv6"))
    elif case["kind"] == "gateway":
        flows = gateway(case.get("targets", 4), **attributes)
    else:
        flows = network(case.get("targets", 4), case["protocol"], **attributes)
    flows.listener.attributes.update(case.get("listener", {}))
    return flows


def happen(flows: Flows, flow: Flow | None, packet: Packet, step: Case, case: Case) -> None:
    """What happens between packets; most of it to the target of the first flow."""
    if step["do"] == "weights":
        set_weights(flows, step["weights"], case.get("sticky", False))
    elif step["do"] == "close":
        flows.close(packet)
    elif step["do"] == "all unhealthy":
        for target in next(iter(flows.groups.values())).targets.values():
            target.health.fire("failures", step["at"], reason("Target.FailedHealthChecks"))
    else:
        assert flow
        health = flow.target.health
        attributes = flow.group.attributes
        if step["do"] == "unhealthy":
            interval = float(attributes.get("target_health_state.unhealthy.draining_interval_seconds", 0))
            health.fire("failures", step["at"], reason("Target.FailedHealthChecks"), lasting=interval)
        elif step["do"] == "healthy":
            health.fire("passes", step["at"])
        elif step["do"] == "stopped":
            health.unuse(step["at"], why_unused(used=True, instance="stopped"))
        else:
            assert step["do"] == "deregister"
            health.deregister(step["at"], delay=300)


@cases("flows", "flows_gateway")
def test_what_becomes_of_each_packet(case: Case) -> None:
    flows, first = flows_of(case), None
    protocol = "udp" if case.get("protocol") == "UDP" or case.get("udp") else "tcp"
    usual = Packet(protocol, "203.0.113.7", 50000, "198.51.100.1", 80, 1 if protocol == "tcp" else 0)
    for step in case["steps"]:
        if "do" in step:
            happen(flows, first, usual, step, case)
            continue
        packet = usual._replace(**step.get("packet", {}))
        if step.get("reply"):
            packet = Packet(
                packet.protocol, packet.destination, packet.destination_port, packet.source, packet.source_port
            )
        arrival = flows.arrive(packet, ZONE, step["at"], begins=step.get("begins", False))
        assert arrival.outcome == step["expect"], step
        first = first or arrival.flow
        if "target" in step:
            assert arrival.flow and first
            assert (arrival.flow.target is first.target) is (step["target"] == "same"), step
        if "group" in step:
            assert arrival.flow and arrival.flow.group.name == step["group"], step


def test_compiled_rules_of_the_listener_are_used() -> None:
    flows = weighted([1, 0])
    flows.listener.decision = compile_rules(Rule("other", None, [], forward([0, 1], False)), [])
    flow = flows.arrive(Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80), ZONE, 0, begins=True).flow
    assert flow and flow.group.name == "green"


def test_a_node_uses_the_targets_of_its_zone_until_cross_zone_is_on() -> None:
    flows = network(0)
    [orders] = flows.groups.values()
    orders.targets.update({target.key: target for target in targets(2, "us-east-1a", "us-east-1b")})

    def chosen() -> set[str]:
        packets = [Packet("tcp", "203.0.113.7", port, "198.51.100.1", 80, port) for port in range(50)]
        arrivals = [flows.arrive(packet, "us-east-1b", 0, begins=True) for packet in packets]
        return {arrival.flow.target.id for arrival in arrivals if arrival.flow}

    assert chosen() == {"i-1"}
    flows.balancer.attributes["load_balancing.cross_zone.enabled"] = "true"
    assert chosen() == {"i-0", "i-1"}
    orders.attributes["load_balancing.cross_zone.enabled"] = "false"
    assert chosen() == {"i-1"}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(["syn", "data", "close", "ill", "well"])),
        max_size=40,
    ),
    st.sampled_from(["TCP", "UDP"]),
)
def test_a_flow_never_changes_its_target_and_new_ones_get_healthy_targets(steps: list[Any], protocol: str) -> None:
    flows, now = network(4, protocol), 0.0
    held: dict[int, Flow] = {}
    members = list(next(iter(flows.groups.values())).targets.values())
    for wait, number, what in steps:
        now += wait
        packet = Packet(protocol.lower(), "203.0.113.7", 50000 + number, "198.51.100.1", 80)
        health = members[number].health
        if what == "ill":
            health.fire("failures", now, reason("Target.FailedHealthChecks"))
        elif what == "well":
            health.fire("passes", now)
        elif what == "close":
            flows.close(packet)
        else:
            arrival = flows.arrive(packet, ZONE, now, begins=what == "syn")
            if arrival.outcome == "kept":
                assert arrival.flow is held[number]
            elif arrival.outcome == "new":
                assert arrival.flow
                ill = [member for member in members if member.health.state != "healthy"]
                assert arrival.flow.target not in ill or len(ill) == len(members)
                held[number] = arrival.flow
            else:
                assert protocol == "TCP" and what == "data"
    assert flows.active(now) <= 4


# --- what targets see


@cases("flows_addresses")
def test_which_source_address_a_target_sees(case: Case) -> None:
    orders = group(targets(1))
    orders.type, orders.protocol, orders.address_type = case["type"], case["protocol"], case["address_type"]
    orders.attributes.update(case["attributes"])
    client = {"ipv4": "203.0.113.7", "ipv6": "2001:db8::7"}[case["client"]]
    seen = address_seen(orders, client, "the node's", endpoint=case["endpoint"])
    assert seen == {"client": client, "node": "the node's"}[case["seen"]]


def fields(written: bytes, addresses: int) -> dict[str, bytes]:
    """The fields after the addresses of a proxy protocol header, by type in hexadecimal."""
    found, at = {}, 16 + addresses
    while at < len(written):
        kind, length = struct.unpack_from("!BH", written, at)
        found[f"{kind:02x}"] = written[at + 3 : at + 3 + length]
        at += 3 + length
    return found


@cases("flows_proxyprotocol")
def test_the_bytes_of_proxy_protocol(case: Case) -> None:
    written = local_header() if case.get("local") else header(*case["ends"], endpoint=case.get("endpoint"))
    assert struct.unpack_from("!H", written, 14)[0] == len(written) - 16
    if "whole" in case:
        assert written.hex() == case["whole"]
    if "bytes" in case:
        assert written[case["at"] :].hex().startswith(case["bytes"])
    if "ends" in case:
        found = fields(written, 36 if ":" in case["ends"][0] else 12)
        assert case.get("lacks") not in found
        assert {kind: found[kind].hex() for kind in case.get("has", {})} == case.get("has", {})


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 65535), st.booleans())
def test_the_checksum_is_that_of_the_header_without_it(source: Any, destination: Any, port: int, vpce: bool) -> None:
    written = header(str(source), port, str(destination), 80, endpoint="vpce-0123" if vpce else None)
    at = written.index(bytes.fromhex("030004"), 28) + 3
    assert int.from_bytes(written[at : at + 4]) == crc32c(written[:at] + bytes(4) + written[at + 4 :])


@pytest.mark.parametrize(("version", "ethertype"), [(4, 0x0800), (6, 0x86DD)])
def test_geneve_adds_68_bytes_with_both_headers_before_it(version: int, ethertype: int) -> None:
    """RFC 8926; class 0x0108: endpoint (type 1), attachment (2), flow cookie (3)."""
    packet = bytes((version << 4,)) + b"as it was"
    sent = geneve(packet, endpoint=0x0D2BF15FAC5001C9, cookie=0xCAFE, attachment=5)
    assert sent.endswith(packet)
    assert len(sent) - len(packet) + 20 + 8 == OVERHEAD == 68
    assert struct.unpack_from("!BBHI", sent) == (8, 0, ethertype, 0)
    assert struct.unpack_from("!HBBQ", sent, 8) == (0x0108, 1, 2, 0x0D2BF15FAC5001C9)
    assert struct.unpack_from("!HBBQ", sent, 20) == (0x0108, 2, 2, 5)
    assert struct.unpack_from("!HBBI", sent, 32) == (0x0108, 3, 1, 0xCAFE)
    assert MTU + OVERHEAD == 8568
    with pytest.raises(ValueError, match="first four bits"):
        geneve(b"\x00", endpoint=1, cookie=1)


def test_a_gateway_load_balancer_passes_packets_of_8500_bytes_and_drops_longer_ones() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html"""
    packet = bytes.fromhex("45") + bytes(8499)
    assert geneve(packet, endpoint=1, cookie=1).endswith(packet)
    with pytest.raises(ValueError, match="dropped"):
        geneve(packet + b"\x00", endpoint=1, cookie=1)


CERTIFICATE = "arn:aws:acm:us-east-2:123456789012:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99"


@cases("flows_tlslog")
def test_the_fields_of_a_line_in_the_access_log(case: Case) -> None:
    flows = network(1, "TLS")
    listener = flows.listener
    listener.balancer = "arn:…:loadbalancer/net/my-network-loadbalancer/c6e77e28c25b2234"
    listener.arn = "arn:…:listener/net/my-network-loadbalancer/c6e77e28c25b2234/g3d4b5e8bb8464cd"
    began = case.get("began", 1545274770.0)
    syn = Packet("tcp", "72.21.218.154", 51341, "172.100.100.185", 443)
    flow = flows.arrive(syn, ZONE, began, begins=True).flow
    assert flow
    flow.carry(began, received=98)
    flow.carry(began, sent=246)
    flow.ended = case.get("ended", began)
    handshake = {"cipher": "ECDHE-RSA-AES128-SHA", "protocol": "TLSv1.2", **case["handshake"]}
    found = tlslog.fields(listener, flow, tlslog.Handshake(CERTIFICATE, **handshake))
    assert len(found) == 22
    assert {name: found[name] for name in case["expect"]} == case["expect"]


# --- in process


def set_group(cloud: Cloud, key: str, value: str) -> None:
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[{"Key": key, "Value": value}])


def say_who(data: bytes, client: str) -> bytes:
    return f"{client}: ".encode() + data


def test_a_target_sees_the_node_or_the_client() -> None:
    cloud, name = echo("TCP")
    cloud.host("10.0.0.5", BytesServer(say_who))
    before = connect(cloud, name, 80)
    assert before.exchange(b"hello") == f"{before.node.address}: hello".encode()
    set_group(cloud, "preserve_client_ip.enabled", "true")
    assert connect(cloud, name, 80, source="198.51.100.9").exchange(b"hello") == b"198.51.100.9: hello"


def test_proxy_protocol_stands_before_the_first_bytes_alone() -> None:
    cloud, name = echo("TCP")
    cloud.host("10.0.0.5", BytesServer(lambda data, client: data))
    set_group(cloud, "proxy_protocol_v2.enabled", "true")
    connection = connect(cloud, name, 80, source_port=50000)
    expected = header("203.0.113.7", 50000, connection.node.address, 80)
    assert connection.exchange(b"one") == expected + b"one"
    assert connection.exchange(b"two") == b"two"
    assert request(cloud, Call("GET", "/", [], host=name)).status == 400  # no web server expects it


@pytest.mark.parametrize(("check", "state"), [("HTTP", "unhealthy"), ("TCP", "healthy")])
def test_a_web_server_that_does_not_expect_proxy_protocol_fails_health_checks(check: str, state: str) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#proxy-protocol"""
    cloud, _ = echo("TCP")
    cloud.host("10.0.0.5", web_server([]))
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckProtocol=check)
    cloud.clock.advance(120)
    assert health(cloud) == {"10.0.0.5": "healthy"}
    set_group(cloud, "proxy_protocol_v2.enabled", "true")
    cloud.clock.advance(120)
    assert health(cloud) == {"10.0.0.5": state}


def test_health_checks_name_the_balancers_node_and_the_listener_as_the_host() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html"""
    cloud, _ = echo("TCP")
    hosts: list[str] = []
    cloud.host("10.0.0.5", web_server(hosts), port=8080)
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckProtocol="HTTP", HealthCheckPort="8080")
    cloud.clock.advance(120)
    [balancer] = cloud.service("elbv2").balancers.values()
    assert set(hosts) == {f"{balancer.nodes[0].address}:80"}


def web_server(hosts: list[str]) -> Any:
    """An application that notes what host each request names."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        hosts.append(environ["HTTP_HOST"])
        start_response("200 OK", [])
        return []

    return application


def test_proxy_protocol_before_datagrams_is_not_modelled() -> None:
    cloud, name = echo("UDP")
    set_group(cloud, "proxy_protocol_v2.enabled", "true")
    with pytest.raises(NotModelled, match="datagrams"):
        connect(cloud, name, 80, "UDP").exchange(b"hello")


def test_an_idle_connection_is_reset_and_a_udp_socket_begins_a_new_flow() -> None:
    cloud, name = echo("TCP")
    connection = connect(cloud, name, 80)
    cloud.clock.advance(351)
    with pytest.raises(ConnectionResetError, match="idle"):
        connection.exchange(b"late")
    assert connection.target is None
    cloud, name = echo("UDP")
    socket = connect(cloud, name, 80, "UDP")
    for _ in range(3):
        socket.exchange(b"datagram")
        cloud.clock.advance(121)
    assert len(list(cloud.journal.of("flow"))) == 3


def test_the_journal_says_who_got_a_flow() -> None:
    cloud, name = echo("TCP")
    connection = connect(cloud, name, 80)
    connection.exchange(b"one")
    connection.exchange(b"two")
    [entry] = cloud.journal.of("flow")
    assert (entry["target"], entry["zone"], entry["protocol"]) == ("10.0.0.5:80", ZONE, "tcp")
    assert (entry["balancer"], entry["port"]) == (connection.balancer.arn, 80)


def test_the_journal_says_why_no_target_got_a_flow() -> None:
    cloud, name = echo("TCP")
    cloud.host("10.0.0.5", None, port=80)
    with pytest.raises(ConnectionRefusedError):
        connect(cloud, name, 80)
    target = {"Id": "10.0.0.5", "Port": 80}
    elbv2 = cloud.client("elbv2")
    group = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.deregister_targets(TargetGroupArn=group, Targets=[target])
    with pytest.raises(ConnectionResetError):
        connect(cloud, name, 80)
    told = [(entry["target"], entry["group"], entry["cause"]) for entry in cloud.journal.of("flow")]
    assert told == [("10.0.0.5:80", group, "nothing listens"), (None, None, "none available")]


@pytest.mark.parametrize(
    ("place", "protocol", "error"),
    [
        ({"refuse": True}, "TCP", ConnectionRefusedError),
        ({"silent": True}, "TCP", TimeoutError),
        ({"delay": 11}, "TCP", TimeoutError),
        ({"refuse": True}, "UDP", TimeoutError),
        ({"silent": True}, "UDP", TimeoutError),
    ],
)
def test_what_a_client_gets_from_a_target_that_does_not_answer(
    place: dict[str, Any], protocol: str, error: type[OSError]
) -> None:
    cloud, name = echo(protocol)
    cloud.host("10.0.0.5", BytesServer(say_who), **place)
    before = cloud.clock.now
    with pytest.raises(error):
        connect(cloud, name, 80, protocol).exchange(b"hello")
    assert cloud.clock.now - before == (0 if error is ConnectionRefusedError else 10)


def test_a_delay_passes_in_virtual_time() -> None:
    cloud, name = echo("TCP")
    cloud.host("10.0.0.5", BytesServer(say_who), delay=2.5)
    before = cloud.clock.now
    connect(cloud, name, 80).exchange(b"hello")
    assert cloud.clock.now - before == 2.5


def test_http_reaches_a_web_application_and_bytes_do_not() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    cloud, name = echo("TCP")
    cloud.host("10.0.0.5", application)
    set_group(cloud, "preserve_client_ip.enabled", "true")
    assert request(cloud, Call("GET", "/", [], host=name)).body == b"203.0.113.7"
    assert len(connect(cloud, name, 80).flows.table) == 1  # the connection of the request is closed
    with pytest.raises(NotModelled, match="web application"):
        connect(cloud, name, 80).exchange(b"hello")
    with pytest.raises(NotModelled, match="HTTPS"):
        request(cloud, Call("GET", "/", [], host=name, scheme="https"))
    cloud.host("10.0.0.5", None)
    with pytest.raises(Unreachable):
        request(cloud, Call("GET", "/", [], host=name))


def test_https_ends_at_a_tls_listener_and_the_target_gets_http() -> None:
    with activate(echo("TLS")[0]) as cloud:
        elbv2 = cloud.client("elbv2")
        name = elbv2.describe_load_balancers()["LoadBalancers"][0]["DNSName"]
        cloud.host("10.0.0.5", web_server([]))
        trusting = ssl.create_default_context(cadata=CERTIFICATE_PEM.decode())
        with pytest.raises(urllib.error.URLError, match="Hostname mismatch"):
            urllib.request.urlopen(f"https://{name}:80/", context=trusting)
        trusting.check_hostname = False
        with urllib.request.urlopen(f"https://{name}:80/", context=trusting) as response:
            assert response.status == 200
    cloud, name = echo("TCP")
    with activate(cloud), pytest.raises(NotModelled, match="HTTPS through a TCP listener"):
        urllib.request.urlopen(f"https://{name}:80/", context=trusting)


def test_http_reaches_an_application_load_balancer_whose_targets_see_the_client() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html"""
    cloud, seen = Cloud(), {}
    elbv2, ec2 = cloud.client("elbv2"), cloud.client("ec2")

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return [b"hello"]

    subnets = ec2.describe_subnets()["Subnets"][:2]
    web = ec2.create_security_group(GroupName="web", Description="the web", VpcId=subnets[0]["VpcId"])["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[permission])
    common = {"Subnets": [one["SubnetId"] for one in subnets], "SecurityGroups": [web]}
    inner = elbv2.create_load_balancer(Name="inner", Scheme="internal", **common)["LoadBalancers"][0]
    outer = elbv2.create_load_balancer(Name="outer", Type="network", **common)["LoadBalancers"][0]

    def forward(balancer: str, protocol: str, target: dict[str, str], kind: str) -> None:
        asked = {"Name": kind, "TargetType": kind, "Port": 80, "VpcId": subnets[0]["VpcId"], "Protocol": protocol}
        group = elbv2.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"]
        elbv2.register_targets(TargetGroupArn=group, Targets=[target])
        actions = [{"Type": "forward", "TargetGroupArn": group}]
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol=protocol, Port=80, DefaultActions=actions)

    cloud.host("10.0.0.5", application)
    forward(inner["LoadBalancerArn"], "HTTP", {"Id": "10.0.0.5", "AvailabilityZone": "all"}, "ip")
    forward(outer["LoadBalancerArn"], "TCP", {"Id": inner["LoadBalancerArn"]}, "alb")
    cloud.clock.advance(300)
    call = Call("GET", "/cart", [("Host", "shop.example.com")], host=outer["DNSName"])
    assert request(cloud, call).body == b"hello"
    assert (seen["HTTP_X_FORWARDED_FOR"], seen["HTTP_HOST"], seen["PATH_INFO"]) == (
        "203.0.113.7",
        "shop.example.com",
        "/cart",
    )
    with pytest.raises(NotModelled, match="bytes for a web application"):
        connect(cloud, outer["DNSName"], 80).exchange(b"hello")


@pytest.mark.parametrize("protocol", ["UDP", "TLS"])
def test_what_no_listener_hears_is_dropped(protocol: str) -> None:
    cloud, name = echo("TCP")
    with pytest.raises(TimeoutError, match=f"no {protocol} listener"):
        connect(cloud, name, 80, protocol, timeout=3)


def test_the_name_of_a_zone_leads_to_its_node() -> None:
    cloud, name = echo("TCP")
    assert connect(cloud, f"{ZONE}.{name}", 80).node.zone == ZONE
    with pytest.raises(OSError, match="no active Network Load Balancer"):
        connect(cloud, f"us-east-1f.{name}", 80)
    with pytest.raises(OSError, match="Network is unreachable"):  # it is not dual-stack
        connect(cloud, name, 80, source="2001:db8::7")
    with pytest.raises(NotModelled, match="QUIC"):
        connect(cloud, name, 80, "QUIC")


def made(cloud: Cloud, **more: Any) -> tuple[Any, str, str]:
    """The client, a network load balancer's name, and the security group web that may let clients in."""
    ec2, elbv2 = cloud.client("ec2"), cloud.client("elbv2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    web = ec2.create_security_group(GroupName="web", Description="web", VpcId=subnet["VpcId"])["GroupId"]
    balancer = elbv2.create_load_balancer(
        Name="shop", Type="network", Subnets=[subnet["SubnetId"]], SecurityGroups=[web], **more
    )["LoadBalancers"][0]
    asked = {"Name": "shop", "Protocol": "TCP", "Port": 7, "TargetType": "ip", "VpcId": subnet["VpcId"]}
    arn = elbv2.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.5", "AvailabilityZone": "all"}])
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TCP",
        Port=7,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    cloud.host("10.0.0.5", BytesServer(say_who), port=7)
    cloud.clock.advance(300)
    return ec2, balancer["DNSName"], web


def let_in(ec2: Any, web: str, cidr: str) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 7, "ToPort": 7, "IpRanges": [{"CidrIp": cidr}]}
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[permission])


def test_the_balancers_security_group_decides_who_gets_in() -> None:
    cloud = Cloud()
    ec2, name, web = made(cloud)
    with pytest.raises(TimeoutError, match="security groups"):
        connect(cloud, name, 7)
    let_in(ec2, web, "203.0.113.0/24")
    assert connect(cloud, name, 7).target == "10.0.0.5"
    with pytest.raises(TimeoutError, match="security groups"):
        connect(cloud, name, 7, source="198.51.100.9")


def test_an_instance_may_let_in_what_comes_through_the_balancer_alone() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html"""
    cloud = Cloud()
    ec2, name, web = made(cloud)
    let_in(ec2, web, "0.0.0.0/0")
    vpc = ec2.describe_subnets()["Subnets"][0]
    inside = ec2.create_security_group(GroupName="inside", Description="inside", VpcId=vpc["VpcId"])["GroupId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": vpc["SubnetId"]}
    instance = ec2.run_instances(**asked, SecurityGroupIds=[inside])["Instances"][0]["InstanceId"]
    cloud.clock.advance(60)
    cloud.host(instance, BytesServer(say_who), port=7)
    elbv2 = cloud.client("elbv2")
    arn = elbv2.create_target_group(Name="inside", Protocol="TCP", Port=7, VpcId=vpc["VpcId"])["TargetGroups"][0]
    elbv2.register_targets(TargetGroupArn=arn["TargetGroupArn"], Targets=[{"Id": instance}])
    listener = elbv2.describe_listeners(LoadBalancerArn=arn_of(cloud))["Listeners"][0]["ListenerArn"]
    forward_there = [{"Type": "forward", "TargetGroupArn": arn["TargetGroupArn"]}]
    elbv2.modify_listener(ListenerArn=listener, DefaultActions=forward_there)
    cloud.clock.advance(120)
    with pytest.raises(TimeoutError, match="nothing arrives"):
        connect(cloud, name, 7)
    pair = {"IpProtocol": "tcp", "FromPort": 7, "ToPort": 7, "UserIdGroupPairs": [{"GroupId": web}]}
    ec2.authorize_security_group_ingress(GroupId=inside, IpPermissions=[pair])
    connection = connect(cloud, name, 7)
    assert (connection.target, connection.exchange(b"hello")) == (instance, b"203.0.113.7: hello")
    ec2.terminate_instances(InstanceIds=[instance])
    cloud.clock.advance(60)
    with pytest.raises(OSError, match=r"nothing|no target"):
        connect(cloud, name, 7)


def arn_of(cloud: Cloud) -> str:
    return str(cloud.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])


def test_only_network_load_balancers_that_are_active_have_names_here() -> None:
    cloud = echo("TCP")[0]
    elbv2, subnets = cloud.client("elbv2"), cloud.client("ec2").describe_subnets()["Subnets"]
    ids = [subnet["SubnetId"] for subnet in subnets]
    for kind in ("network", "application"):
        other = elbv2.create_load_balancer(Name=kind, Type=kind, Subnets=ids[:2])["LoadBalancers"][0]["DNSName"]
        with pytest.raises(OSError, match="no active Network Load Balancer"):
            connect(cloud, other, 80)
        cloud.clock.advance(600)
        with pytest.raises(TimeoutError if kind == "network" else OSError, match="no "):
            connect(cloud, other, 80)


def test_a_datagram_that_does_not_arrive_makes_no_way_for_the_next() -> None:
    cloud, name = echo("UDP", "internal")
    socket = connect(cloud, name, 80, "UDP", source="10.0.0.5")  # the target itself, whose address it would see
    for _ in range(2):
        with pytest.raises(TimeoutError, match="nothing arrives"):
            socket.exchange(b"hello")


def test_a_connection_that_is_closed_leaves_the_table() -> None:
    connection = connect(*echo("TCP"), 80)
    assert len(connection.flows.table) == 1
    connection.close()
    assert not connection.flows.table


def test_an_internal_balancer_is_out_of_the_internets_reach() -> None:
    cloud = Cloud()
    ec2, name, web = made(cloud, Scheme="internal")
    let_in(ec2, web, "0.0.0.0/0")
    with pytest.raises(TimeoutError, match="internal"):
        connect(cloud, name, 7)
    assert connect(cloud, name, 7, source="172.31.9.9").target == "10.0.0.5"


def test_a_target_that_keeps_the_clients_address_does_not_reach_itself() -> None:
    cloud, name = echo("TCP", "internal")
    assert isinstance(connect(cloud, name, 80, source="10.0.0.5"), Connection)
    set_group(cloud, "preserve_client_ip.enabled", "true")
    with pytest.raises(TimeoutError):
        connect(cloud, name, 80, source="10.0.0.5")


def test_connections_of_one_balancer_share_its_table() -> None:
    """The same addresses and ports are the same UDP flow, whoever asks."""
    cloud, name = echo("UDP")
    for _ in range(2):
        connect(cloud, name, 80, "UDP", source_port=50000).exchange(b"hello")
    assert len(list(cloud.journal.of("flow"))) == 1


# --- what ends connections, and when


def end_of(cloud: Cloud, connection: Connection) -> str:
    with pytest.raises(ConnectionResetError) as reset:
        connection.exchange(b"late")
    return str(reset.value).rpartition(": ")[2]


def test_a_target_that_becomes_unhealthy_ends_its_connections_then_even_if_nothing_is_sent() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html

    "the load balancer terminates established connections": that the target recovers brings none of them back.
    """
    cloud, name = echo("TCP")
    register(cloud, "10.0.0.6")
    connections = [connect(cloud, name, 80, source_port=port) for port in range(50_000, 50_020)]
    cloud.host("10.0.0.5", BytesServer(say_who), refuse=True)
    cloud.clock.advance(90)
    cloud.host("10.0.0.5", BytesServer(say_who))
    cloud.clock.advance(240)
    assert health(cloud) == {"10.0.0.5": "healthy", "10.0.0.6": "healthy"}
    ended = [one for one in connections if one.flow and one.flow.target.id == "10.0.0.5"]
    assert ended and len(ended) < len(connections)
    assert {end_of(cloud, one) for one in ended} == {"unhealthy"}
    assert all(one.exchange(b"hello") for one in connections if one not in ended)


def test_connections_outlive_an_unhealthy_target_when_termination_is_off() -> None:
    cloud, name = echo("TCP")
    register(cloud, "10.0.0.6")
    set_group(cloud, "target_health_state.unhealthy.connection_termination.enabled", "false")
    connections = [connect(cloud, name, 80, source_port=port) for port in range(50_000, 50_020)]
    cloud.host("10.0.0.5", BytesServer(say_who), refuse=True)
    cloud.clock.advance(90)
    cloud.host("10.0.0.5", BytesServer(say_who))
    assert health(cloud)["10.0.0.5"] == "unhealthy"
    assert all(one.exchange(b"hello") for one in connections)
    assert {connect(cloud, name, 80).target for _ in range(20)} == {"10.0.0.6"}


@pytest.mark.parametrize(("terminates", "flows"), [("true", 0), ("false", 1)])
def test_after_the_deregistration_delay_connections_end_if_the_group_says_so(terminates: str, flows: int) -> None:
    """ "closed shortly after the end of the deregistration timeout": then, not when somebody sends."""
    cloud, name = echo("TCP")
    set_group(cloud, "deregistration_delay.connection_termination.enabled", terminates)
    set_group(cloud, "deregistration_delay.timeout_seconds", "120")
    connection = connect(cloud, name, 80)
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.5"}])
    cloud.clock.advance(119)
    assert len(connection.flows.table) == 1
    cloud.clock.advance(2)
    assert len(connection.flows.table) == flows
    if not flows:
        assert end_of(cloud, connection) == "deregistered"


def test_a_udp_flow_stays_with_an_unhealthy_target_until_nothing_has_come_for_120_seconds() -> None:
    """The attributes that end connections to unhealthy targets cannot be set for UDP."""
    cloud, name = echo("UDP")
    register(cloud, "10.0.0.6")
    sockets = [connect(cloud, name, 80, "UDP", source_port=port) for port in range(50_000, 50_020)]
    socket = next(one for one in sockets if one.exchange(b"hello") and one.target == "10.0.0.5")
    cloud.host("10.0.0.6", BytesServer(say_who), port=8080)
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckPort="8080")
    for _ in range(3):
        cloud.clock.advance(100)
        socket.exchange(b"hello")
    assert health(cloud) == {"10.0.0.5": "unhealthy", "10.0.0.6": "healthy"}
    assert socket.target == "10.0.0.5"
    cloud.clock.advance(121)
    socket.exchange(b"hello")
    assert socket.target == "10.0.0.6"


# --- which target, and why


def listener_of(cloud: Cloud) -> str:
    elbv2 = cloud.client("elbv2")
    return str(elbv2.describe_listeners(LoadBalancerArn=arn_of(cloud))["Listeners"][0]["ListenerArn"])


def test_a_tcp_connection_gets_any_of_the_targets_since_its_sequence_number_is_hashed() -> None:
    cloud, _ = echo("TCP")
    register(cloud, "10.0.0.6")
    told = explain_flow(cloud, listener_of(cloud))
    assert told.targets == [("10.0.0.5", 80), ("10.0.0.6", 80)]
    assert any("destination port and TCP sequence number" in one for one in told.sentences)
    assert any("each of them is as likely" in one for one in told.sentences)
    assert told.sentences[-2:] == [
        "The target sees the address of the node.",
        "A flow is over when nothing has come for 350 seconds.",
    ]
    assert not list(cloud.journal.of("flow"))


def test_what_is_explained_of_datagrams_and_of_sticky_clients_is_what_happens() -> None:
    for protocol, sticky in (("UDP", "false"), ("UDP", "true"), ("TCP", "true")):
        cloud, name = echo(protocol)
        register(cloud, "10.0.0.6")
        set_group(cloud, "stickiness.enabled", sticky)
        for port in range(50_000, 50_005):
            told = explain_flow(cloud, listener_of(cloud), client_port=port)
            connection = connect(cloud, name, 80, protocol, source_port=port)
            connection.exchange(b"hello")
            assert any(f"it chooses {connection.target}:80." in one for one in told.sentences)
            again = explain_flow(cloud, listener_of(cloud), client_port=port)
            assert again.sentences == [f"The flow is known: it stays with {connection.target}:80."]


def test_an_explanation_says_who_does_not_get_through_and_who_fails_open() -> None:
    cloud = Cloud()
    made(cloud)
    assert "no security group of the balancer lets it in on port 7" in explain(cloud, listener_of(cloud)).sentences[0]
    cloud, _ = echo("TCP")
    cloud.host("10.0.0.5", BytesServer(say_who), refuse=True)
    cloud.clock.advance(120)
    assert any("fails open: 10.0.0.5:80 may get it" in one for one in explain(cloud, listener_of(cloud)).sentences)
    with pytest.raises(ValueError, match="sees no requests"):
        explain(cloud, listener_of(cloud), "/cart")


def register(cloud: Cloud, address: str) -> None:
    """Another target for the balancer of `echo`, healthy."""
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": address, "AvailabilityZone": "all"}])
    cloud.host(address, BytesServer(lambda data, client: data))
    cloud.clock.advance(300)


def health(cloud: Cloud) -> dict[str, str]:
    elbv2 = cloud.client("elbv2")
    arn = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    told = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in told}
