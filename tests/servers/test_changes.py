"""A connection that repeats its headers: what was found out for its last request holds until something changes."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.conftest import TIMEOUT, EchoServer, World

Headers = dict[str, str]


class Kept:
    """One connection to a served balancer with two targets, on which all requests go."""

    def __init__(self, world: World, balancer: str, group: str, listener: str, connection: http.client.HTTPConnection):
        self.elbv2 = world.elbv2
        self.balancer, self.group, self.listener = balancer, group, listener
        self.connection = connection

    def get(self, path: str = "/cart", **headers: str) -> tuple[int, dict[str, Any], Headers]:
        """Status, what the target got, and the response's headers."""
        self.connection.request("GET", path, headers={"Host": "shop.example.com", **headers})
        answer = self.connection.getresponse()
        content = answer.read()
        seen = json.loads(content) if answer.status == 200 else {}
        return answer.status, seen, dict(answer.headers.items())

    def header(self, name: str, **headers: str) -> str | None:
        """A header as the target got it."""
        return {key.lower(): value for key, value in self.get(**headers)[1]["headers"]}.get(name)


@pytest.fixture
def kept(world: World, echoes: Callable[[int], list[EchoServer]]) -> Iterator[Kept]:
    balancer, group = world.balancer(), world.group(*(target.place for target in echoes(2)))
    listener = world.listener(balancer, group)
    world.settle()
    with world.cloud.serve(grace=0.5) as server:
        connection = http.client.HTTPConnection(*server.address("shop", 80), timeout=TIMEOUT)
        yield Kept(world, balancer, group, listener, connection)
        connection.close()


def test_targets_take_turns_though_the_request_is_the_same(kept: Kept) -> None:
    assert {kept.get()[1]["server"] for _ in range(4)} == {"target-0", "target-1"}


def test_every_request_has_a_trace_of_its_own(kept: Kept) -> None:
    assert len({kept.header("x-amzn-trace-id") for _ in range(3)}) == 3


def test_other_headers_are_other_headers(kept: Kept) -> None:
    assert kept.header("x-item", **{"X-Item": "1"}) == "1"
    assert kept.header("x-item", **{"X-Item": "2"}) == "2"
    assert kept.header("x-item") is None


def test_a_url_with_another_host_leaves_none_behind(kept: Kept) -> None:
    """RFC 9112, section 3.2.2: the host of the target goes before the header's, for this one request."""
    kept.get()
    assert dict(kept.get("http://other.example.com/cart")[1]["headers"])["Host"] == "other.example.com"
    assert kept.header("host") == "shop.example.com"


def test_a_balancer_s_attribute_counts_from_the_next_request_on(kept: Kept) -> None:
    assert kept.header("x-forwarded-for") == "127.0.0.1"
    remove = [{"Key": "routing.http.xff_header_processing.mode", "Value": "remove"}]
    kept.elbv2.modify_load_balancer_attributes(LoadBalancerArn=kept.balancer, Attributes=remove)
    assert kept.header("x-forwarded-for") is None


def test_a_listener_s_attribute_counts_from_the_next_response_on(kept: Kept) -> None:
    assert "X-Frame-Options" not in kept.get()[2]
    deny = [{"Key": "routing.http.response.x_frame_options.header_value", "Value": "DENY"}]
    kept.elbv2.modify_listener_attributes(ListenerArn=kept.listener, Attributes=deny)
    assert kept.get()[2]["X-Frame-Options"] == "DENY"


def test_a_target_that_is_deregistered_gets_no_request_any_more(kept: Kept) -> None:
    assert {kept.get()[1]["server"] for _ in range(4)} == {"target-0", "target-1"}
    kept.elbv2.deregister_targets(TargetGroupArn=kept.group, Targets=[{"Id": "10.0.0.1"}])
    assert {kept.get()[1]["server"] for _ in range(4)} == {"target-1"}


def test_a_group_s_attribute_counts_from_the_next_request_on(kept: Kept) -> None:
    assert "Set-Cookie" not in kept.get()[2]
    on = [{"Key": "stickiness.enabled", "Value": "true"}]
    kept.elbv2.modify_target_group_attributes(TargetGroupArn=kept.group, Attributes=on)
    assert kept.get()[2]["Set-Cookie"].startswith("AWSALB")


def test_another_default_action_counts_from_the_next_request_on(kept: Kept) -> None:
    assert kept.get()[0] == 200
    gone = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
    kept.elbv2.modify_listener(ListenerArn=kept.listener, DefaultActions=gone)
    assert kept.get()[0] == 410
