"""Health, choice, stickiness and zones: every case under tests/cases/elbv2 of these topics, and what holds always."""

from __future__ import annotations

import json
import random
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eslabon.clock import START
from eslabon.elbv2.balancing import checks, choosing, health, stickiness, zones
from eslabon.elbv2.balancing.examples import group, targets
from eslabon.elbv2.balancing.health import DESCRIPTIONS, TRANSITIONS, Health
from eslabon.elbv2.balancing.seal import Seal
from eslabon.elbv2.resources import HealthCheck, Target
from eslabon.errors import NotModelled, ServiceError
from eslabon.ids import Ids

FOLDER = Path(__file__).parents[1] / "cases" / "elbv2"
TOPICS = ("health", "health_checks", "health_matcher", "choosing", "zones", "stickiness")
CASES = {topic: json.loads((FOLDER / f"{topic}.json").read_text("utf-8")) for topic in TOPICS}
Case = dict[str, Any]


def cases(topic: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES[topic], ids=lambda case: case["id"])


def settings(case: Case) -> HealthCheck:
    return HealthCheck(
        enabled=case.get("enabled", True),
        protocol=case.get("check", "HTTP"),
        port="traffic-port",
        path="/",
        interval=30,
        timeout=case.get("timeout", 5),
        healthy=case.get("healthy", 5),
        unhealthy=case.get("unhealthy", 2),
        matcher=case.get("matcher"),
    )


def test_cases_are_many_and_each_names_its_source() -> None:
    every = [case for found in CASES.values() for case in found]
    assert len(every) >= 250
    assert len({case["id"] for case in every}) == len(every)
    for topic, found in CASES.items():
        for case in found:
            assert case["id"].startswith(f"{topic}/")
            assert case["source"].startswith("https://"), case["id"]


# --- health


@cases("health")
def test_the_state_after_each_step(case: Case) -> None:
    one = Health(settings(case))
    for step in case["steps"]:
        now = step["at"]
        if step["do"] == "use":
            one.use(now)
        elif step["do"] == "pass":
            one.passed(now)
        elif step["do"] == "fail":
            one.failed(now, health.reason(step["why"], step.get("status", "")), draining=case.get("draining", 0))
        elif step["do"] == "unuse":
            one.unuse(now, health.why_unused(**step["because"]))
        elif step["do"] == "deregister":
            one.deregister(now, step["delay"])
        else:
            assert step["do"] == "look"
        assert (one.at(now), one.reason) == (step["state"], step["reason"]), step
        assert one.description == step.get("description", one.description), step


@cases("health_checks")
def test_what_one_check_says(case: Case) -> None:
    found = checks.judge(
        settings(case),
        case["protocol"],
        elapsed=case["elapsed"],
        connected=case.get("connected", True),
        status=case.get("status"),
    )
    assert (found.code if found else "passed") == case["outcome"]
    if "description" in case:
        assert found and found.description == case["description"]


@cases("health_matcher")
def test_which_codes_a_matcher_has(case: Case) -> None:
    if "error" in case:
        with pytest.raises(ServiceError) as refused:
            checks.parse_matcher(case["matcher"], case["protocol"])
        assert refused.value.code == case["error"]
        assert refused.value.message == case.get("message", refused.value.message)
        return
    codes = checks.parse_matcher(case["matcher"], case["protocol"])
    assert [code for code in case["passes"] if not any(code in part for part in codes)] == []
    assert [code for code in case["fails"] if any(code in part for part in codes)] == []


def test_states_and_reasons_are_those_of_the_api() -> None:
    import botocore.loaders

    shapes = botocore.loaders.Loader().load_service_model("elbv2", "service-2")["shapes"]
    assert set(TRANSITIONS) == set(shapes["TargetHealthStateEnum"]["enum"])
    assert {becomes for row in TRANSITIONS.values() for becomes in row.values()} <= set(TRANSITIONS)
    assert set(DESCRIPTIONS) == set(shapes["TargetHealthReasonEnum"]["enum"])


@given(st.lists(st.booleans()), st.integers(2, 10), st.integers(2, 10))
def test_states_follow_from_the_last_results_alone(
    results: list[bool], enough_passes: int, enough_failures: int
) -> None:
    """A target turns unhealthy exactly at the nth failure in a row, and healthy at the nth pass, or its very first."""
    one = Health(settings({"healthy": enough_passes, "unhealthy": enough_failures}))
    one.use(0)
    expected = "initial"
    for number, passed in enumerate(results):
        if passed:
            one.passed(number)
        else:
            one.failed(number, health.reason("Target.Timeout"))
        last = results[: number + 1]
        if not any(last[-enough_failures:]) and len(last) >= enough_failures:
            expected = "unhealthy"
        elif passed and (expected == "initial" or (all(last[-enough_passes:]) and len(last) >= enough_passes)):
            expected = "healthy"
        assert one.state == expected


# --- choosing


@cases("choosing")
def test_what_is_chosen(case: Case) -> None:
    RUNNERS[case["kind"]](case)


def chooser(case: Case) -> choosing.Chooser:
    attributes = {} if case.get("algorithm") is None else {"load_balancing.algorithm.type": case["algorithm"]}
    attributes["slow_start.duration_seconds"] = str(case.get("slow_start", 0))
    return choosing.chooser_for(attributes, random.Random(1))


def counts(case: Case) -> None:
    """As many requests each target gets; those of `never_answers` keep theirs."""
    one, all_of_them = chooser(case), targets(len(case["counts"]))
    for target, number in zip(all_of_them, case.get("in_flight", ()), strict=False):
        one.in_flight[target.key] = number
    for index, since in case.get("warming", {}).items():
        all_of_them[int(index)].health.warming = since
    chosen: Counter[int] = Counter()
    for _ in range(case["requests"]):
        target = one.choose(all_of_them, case.get("now", 0))
        one.begin(target)
        index = all_of_them.index(target)
        chosen[index] += 1
        if index not in case.get("never_answers", ()):
            one.end(target)
    if case["kind"] == "shares":
        close(chosen, case["shares"], case["requests"])
    else:
        assert [chosen[index] for index in range(len(all_of_them))] == case["counts"]


def close(chosen: Counter[int], shares: list[float], requests: int) -> None:
    """Within four standard deviations of what chance gives; nothing where the share is nothing."""
    for index, share in enumerate(shares):
        assert abs(chosen[index] - share * requests) <= 4 * (requests * share * (1 - share)) ** 0.5, (index, chosen)


def the_next(case: Case) -> None:
    one, all_of_them = chooser(case), targets(len(case["in_flight"]))
    for target, number in zip(all_of_them, case["in_flight"], strict=True):
        for _ in range(number):
            one.begin(target)
    assert all_of_them.index(one.choose(all_of_them, 0)) in case["among"]


def by_chance(case: Case) -> None:
    counts({**case, "counts": case["shares"]})


def the_weight(case: Case) -> None:
    (target,) = targets(1)
    target.health.warming = 0
    assert choosing.weight(target, case["slow_start"], case["elapsed"]) == case["weight"]


def slow_start(case: Case) -> None:
    """What happens to targets of a group, checks counted; which of them are in slow start mode afterwards."""
    check, ill = settings({"healthy": 2, "unhealthy": 2}), health.reason("Target.Timeout")
    orders = group([])
    orders.attributes = {"slow_start.duration_seconds": str(case["slow_start"])}
    now = 0
    for now, what, index in case["happens"]:
        key = (f"i-{index}", 80)
        if what == "registered":
            orders.targets[key] = Target(*key, "us-east-1a", now, Health(check))
            orders.targets[key].health.use(now)
        elif what == "passed":
            while not checks.count(orders, orders.targets[key], None, now):
                pass
            assert orders.targets[key].health.state == "healthy"
        elif what == "failed twice":
            assert [checks.count(orders, orders.targets[key], ill, now) for _ in range(2)] == [False, True]
        else:
            orders.targets[key].health.deregister(now, 300)
    held = orders.targets.values()
    assert [target.id for target in held if target.health.warming is not None] == [f"i-{i}" for i in case["warming"]]
    for target in held:
        half, whole = (choosing.weight(target, case["slow_start"], target.health.since + part) for part in (30, 60))
        assert (half, whole) == ((0.5, 1) if target.health.warming is not None else (1, 1))


def not_modelled(case: Case) -> None:
    with pytest.raises(NotModelled):
        choosing.chooser_for(case["attributes"], random.Random(1))


def no_slow_start(case: Case) -> None:
    assert choosing.chooser_for(case["attributes"], random.Random(1)).slow_start == 0


def groups(case: Case) -> None:
    tuples = [
        {"TargetGroupArn": str(index), **({} if weight is None else {"Weight": weight})}
        for index, weight in enumerate(case["weights"])
    ]
    chance = random.Random(1)
    chosen = Counter(int(choosing.choose_group(tuples, chance) or -1) for _ in range(case["requests"]))
    close(chosen, case["shares"], case["requests"])


RUNNERS = {
    "counts": counts,
    "held": counts,
    "shares": by_chance,
    "next": the_next,
    "weight": the_weight,
    "slow start": slow_start,
    "not modelled": not_modelled,
    "no slow start": no_slow_start,
    "groups": groups,
}

WEIGHTS = st.lists(st.integers(0, 999), min_size=1, max_size=5).filter(any)


@given(WEIGHTS, st.integers())
def test_shares_of_target_groups_converge_to_their_weights(weights: list[int], seed: int) -> None:
    chance = random.Random(seed)
    tuples = [{"TargetGroupArn": str(index), "Weight": weight} for index, weight in enumerate(weights)]
    chosen = Counter(choosing.choose_group(tuples, chance) for _ in range(2000))
    for index, weight in enumerate(weights):
        share = weight / sum(weights)
        assert abs(chosen[str(index)] - 2000 * share) <= 1 + 6 * (2000 * share * (1 - share)) ** 0.5
        assert weight or not chosen[str(index)]


@given(st.lists(st.integers(0, 100), min_size=2, max_size=6).filter(any))
def test_round_robin_is_never_more_than_one_request_a_target_away_from_the_weights(elapsed: list[int]) -> None:
    one = choosing.Chooser(random.Random(1), slow_start=100)
    all_of_them = targets(len(elapsed))
    for target, seconds in zip(all_of_them, elapsed, strict=True):
        target.health.warming = 100.0 - seconds
    chosen = Counter(one.choose(all_of_them, now=100.0).id for _ in range(500))
    for target, seconds in zip(all_of_them, elapsed, strict=True):
        assert abs(chosen[target.id] - 500 * seconds / sum(elapsed)) <= len(elapsed)


@given(
    st.lists(st.sampled_from(sorted(TRANSITIONS)), max_size=8), st.sampled_from(sorted(choosing.ALGORITHMS)), st.data()
)
def test_no_unhealthy_or_draining_target_is_chosen_unless_the_node_fails_open(
    states: list[health.State], algorithm: str, data: st.DataObject
) -> None:
    held = [one for number, state in enumerate(states) for one in targets(1, state=state, first=number)]
    minimum = zones.Minimum(data.draw(st.integers(1, 9)), data.draw(st.none() | st.integers(1, 100)))
    found = zones.eligible("us-east-1a", held, True, minimum)
    assert {target.health.state for target in found.targets}.isdisjoint({"draining", "unused"})
    if not found.fail_open:
        assert {target.health.state for target in found.targets} <= {"healthy", "unavailable"}
    if found.targets:
        one = choosing.ALGORITHMS[algorithm](random.Random(1))
        assert all(one.choose(found.targets, now=0) in found.targets for _ in range(20))


def test_the_same_seed_chooses_the_same() -> None:
    runs = []
    for _ in range(2):
        one = choosing.WeightedRandom(Ids(7).random)
        runs.append([one.choose(targets(5), now=0).id for _ in range(50)])
    assert runs[0] == runs[1]


# --- zones


def registered(case_targets: list[list[Any]]) -> list[Target]:
    """[zone, state, how many] as targets."""
    held: list[Target] = []
    for zone, state, count in case_targets:
        held += targets(count, zone, state=state, first=len(held))
    return held


@cases("zones")
def test_nodes_and_names(case: Case) -> None:
    if case["kind"] == "cross zone":
        key = "load_balancing.cross_zone.enabled"
        assert zones.crosses_zones({key: case["balancer"]}, {key: case["group"]}) == case["crosses"]
    elif case["kind"] == "shares":
        shared = zones.shares(case["zones"], registered(case["targets"]), case["cross_zone"])
        parts: dict[str, set[Fraction]] = {}
        for target in registered(case["targets"]):
            part = sum((node.get(target.key, Fraction(0)) for node in shared.values()), Fraction(0))
            if part:
                parts.setdefault(str(target.zone), set()).add(part)
        assert parts == {zone: {Fraction(part)} for zone, part in case["shares"].items()}
    elif case["kind"] == "dns":
        used = [group(registered(members)) for members in case["groups"]]
        assert zones.resolved(case["zones"], used, case["balancer"], case["type"]) == case["dns"]
    else:
        one = group(registered(case["targets"]))
        one.attributes = case["group"]
        routing = zones.minimum(one.attributes, "unhealthy_state_routing")
        crosses = zones.crosses_zones(case["balancer"], one.attributes)
        for zone, (number, fail_open) in case.get("expect", {}).items():
            found = zones.eligible(zone, one.targets.values(), crosses, routing)
            assert (len(found.targets), found.fail_open) == (number, fail_open), zone
        if "dns" in case:
            assert zones.resolved(case["zones"], [one], case["balancer"], case["type"]) == case["dns"]


ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


@given(
    st.lists(st.tuples(st.sampled_from(ZONES), st.sampled_from(["healthy", "unhealthy"])), max_size=9), st.booleans()
)
def test_shares_add_up_and_are_equal_among_the_targets_of_a_node(
    held: list[tuple[str, health.State]], cross_zone: bool
) -> None:
    members = registered([[zone, state, 1] for zone, state in held])
    shared = zones.shares(ZONES, members, cross_zone)
    for zone, parts in shared.items():
        assert sum(parts.values()) == (Fraction(1, 3) if parts else 0)
        assert len(set(parts.values())) <= 1
        assert set(parts) == {target.key for target in zones.eligible(zone, members, cross_zone).targets}


# --- stickiness


class Browser:
    """Keeps the cookies that it is given, whatever their attributes."""

    def __init__(self) -> None:
        self.jar: dict[str, str] = {}

    def keep(self, lines: list[str]) -> None:
        for line in lines:
            name, _, rest = line.partition("=")
            self.jar[name] = rest.partition(";")[0]

    def sent(self, step: Case) -> dict[str, str]:
        """The cookies of this step's request: some forgotten, changed by one character, or URL-encoded."""
        cookies = {name: value for name, value in self.jar.items() if name not in step.get("forget", ())}
        for name in step.get("change", ()):
            value = cookies[name]
            cookies[name] = value[:20] + ("A" if value[20] != "A" else "B") + value[21:]
        for name in step.get("encode", ()):
            cookies[name] = quote(f"{cookies[name]}=", safe="")
        return stickiness.cookies_of(["; ".join(f"{name}={value}" for name, value in cookies.items())])


def came(step: Case, lines: list[str]) -> None:
    assert [line.partition("=")[0] for line in lines] == step["sets"]
    if "attributes" in step:
        assert [line.partition("; ")[2] for line in lines] == step["attributes"]
    for secret in step.get("hides", ()):
        assert not [line for line in lines if secret in line]


@cases("stickiness")
def test_who_is_bound_to_what(case: Case) -> None:
    seal, browser = Seal(Ids(1)), Browser()
    if case["kind"] == "source ip":
        held = targets(case["targets"])
        for client in case["clients"]:
            assert len({stickiness.by_source_ip(client, list(order)).id for order in (held, held[::-1], held)}) == 1
        return
    if case["kind"] == "group":
        tuples = [{"TargetGroupArn": arn, "Weight": 1} for arn in case["groups"]]
        for step in case["steps"]:
            now = START + step["at"]
            if "answers" in step:
                lines = stickiness.group_cookies(seal, step["answers"], case["config"], now)
                came(step, lines)
                browser.keep(lines)
            else:
                assert stickiness.bound_group(seal, tuples, case["config"], browser.sent(step), now) == step["bound"]
        return
    made = {
        arn: stickiness.stickiness(arn, case["attributes"], weighted=case.get("weighted", False))
        for arn in ("orders", "bills")
    }
    assert (made["orders"] is None) == case.get("off", False)
    for step in case["steps"]:
        now, sticky = START + step["at"], made[step.get("group", "orders")]
        assert sticky
        if "answers" in step:
            own = step.get("application", [])
            agent = step.get("user_agent", "")
            key = (f"i-{step['answers']}", 80)
            lines = stickiness.target_cookies(seal, sticky, key, browser.sent(step), own, now, agent)
            came(step, lines)
            browser.keep([*lines, *own])
        else:
            bound = stickiness.bound_target(seal, sticky, browser.sent(step), now)
            assert bound == (None if step["bound"] is None else (f"i-{step['bound']}", 80)), step


@given(st.text(max_size=60), st.integers(0, 10**6), st.characters())
def test_a_cookie_that_was_changed_is_not_read(value: str, place: int, other: str) -> None:
    seal = Seal(Ids(1))
    text = seal.close("AWSALB", value)
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    assert seal.open("AWSALB", text) == value
    assert seal.open("AWSALB", changed) in ((None, value) if place == len(text) - 1 else (None,)) or changed == text


def test_a_cookie_of_one_name_is_not_read_under_another() -> None:
    seal, sticky = Seal(Ids(1)), stickiness.Stickiness("orders", 60)
    (line, _) = stickiness.group_cookies(seal, "orders", {"Enabled": True, "DurationSeconds": 60}, now=0)
    value = line.partition("=")[2].partition(";")[0]
    assert stickiness.bound_target(seal, sticky, {"AWSALB": value}, now=0) is None


def test_of_both_cookies_the_one_for_other_origins_counts() -> None:
    """…/application/edit-target-group-attributes.html#sticky-sessions, considerations."""
    seal, sticky = Seal(Ids(1)), stickiness.Stickiness("orders", 60)
    jars = []
    for number in (0, 1):
        browser = Browser()
        browser.keep(stickiness.target_cookies(seal, sticky, (f"i-{number}", 80), {}, [], now=0))
        jars.append(browser.jar)
    both = {"AWSALB": jars[0]["AWSALB"], "AWSALBCORS": jars[1]["AWSALBCORS"]}
    assert stickiness.bound_target(seal, sticky, both, now=1) == ("i-1", 80)


def test_long_application_cookies_are_spread_over_up_to_four() -> None:
    seal, browser = Seal(Ids(1)), Browser()
    browser.keep(["cart=1"])
    for number in range(40):
        arn = f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/orders-{number:02}/0123456789abcdef"
        sticky = stickiness.Stickiness(arn, 60, "cart")
        lines = stickiness.target_cookies(seal, sticky, ("i-0", 80), browser.jar, ["cart=1"], now=0)
        browser.keep(lines)
        assert stickiness.bound_target(seal, sticky, browser.jar, now=0) == ("i-0", 80)
    assert [line.partition("=")[0] for line in lines] == [f"AWSALBAPP-{number}" for number in range(len(lines))]
    assert 1 < len(lines) <= 4
    assert all(len(line.partition("=")[2].partition(";")[0]) <= 4096 for line in lines)
    browser.keep(stickiness.target_cookies(seal, sticky, ("i-1", 80), browser.jar, [], now=60))  # the others are over
    assert stickiness.bound_target(seal, sticky, browser.jar, now=60) == ("i-1", 80)


@given(st.ip_addresses(), st.integers(2, 8), st.data())
def test_only_clients_of_a_target_that_goes_move(client: Any, count: int, data: st.DataObject) -> None:
    held = targets(count)
    bound = stickiness.by_source_ip(str(client), held)
    gone = data.draw(st.sampled_from(held))
    left = [target for target in held if target is not gone]
    moved = stickiness.by_source_ip(str(client), left)
    assert moved is bound if gone is not bound else moved in left


def test_source_addresses_are_spread_over_all_targets() -> None:
    held = targets(4)
    chosen = Counter(stickiness.by_source_ip(f"10.0.{i // 250}.{i % 250}", held).id for i in range(4000))
    close(Counter({index: chosen[f"i-{index}"] for index in range(4)}), [0.25] * 4, 4000)
