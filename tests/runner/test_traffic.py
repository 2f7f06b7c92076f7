"""What is drawn of load balancers, from the journal alone: each target's requests or flows, own answers, health."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from driving import Pages, block_of, run
from eslabon.clock import Clock
from eslabon.journal import Journal
from example_page import block
from test_accessibility import AXE, COLOURS

WIDTHS = (310, 700, 1100)  # pixels that a page has for a block: on a telephone, on the site, anywhere
Entries = list[dict[str, Any]]
Draw = Callable[..., Locator]
ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
SHOP = f"{ELB}:loadbalancer/app/shop/50dc6c495c0c9188"
FLOWS = f"{ELB}:loadbalancer/net/flows/50dc6c495c0c9189"
WEB = f"{ELB}:targetgroup/web/73e2d6bc24d8a067"
LONG = f"{ELB}:targetgroup/every-page-of-the-whole-shop-web/73e2d6bc24d8a068"
A, B = "us-east-1a", "us-east-1b"
ONE, TWO, THREE, FOUR = (f"i-0000000000000000{number}:80" for number in range(1, 5))


def request(time: float, target: str | None = ONE, status: int = 200, **facts: Any) -> dict[str, Any]:
    """An entry as page.py sends it."""
    usual = {"zone": A, "port": 80, "rule": "default", "group": WEB, "cause": "", "began": time, "count": 1}
    entry = {"time": time, "kind": "request", "balancer": SHOP, "target": target, "status": status}
    return entry | usual | ({} if target else {"group": None}) | facts


def flow(time: float, target: str | None = ONE, **facts: Any) -> dict[str, Any]:
    usual = {"balancer": FLOWS, "zone": A, "port": 53, "group": WEB, "protocol": "udp", "began": time, "count": 1}
    return {"time": time, "kind": "flow", "target": target} | usual | facts


def health(time: float, target: str, state: str, reason: str = "", **facts: Any) -> dict[str, Any]:
    entry = {"time": time, "kind": "health", "group": WEB, "target": target, "state": state, "reason": reason}
    return entry | facts


def call(time: float, operation: str, service: str = "elbv2", error: str | None = None) -> dict[str, Any]:
    return {"time": time, "kind": "call", "service": service, "operation": operation, "error": error}


def lives(target: str, *states: str) -> Entries:
    """A state every 100 seconds."""
    reasons = {"unused": "Target.NotRegistered", "unhealthy": "Target.Timeout"}
    return [health(100.0 * place, target, one, reasons.get(one, "")) for place, one in enumerate(states)]


def in_order(*entries: dict[str, Any]) -> Entries:
    return sorted(entries, key=lambda entry: float(entry["time"]))


TARGETS = [f"10.0.{number // 250}.{number % 250}:80" for number in range(1, 31)]
HEALTHY = [health(0, target, "healthy", before=True) for target in (ONE, TWO, THREE, FOUR)]
# Each node keeps to its zone, then not.
ZONES = [
    *[request(10, ONE, count=60)],
    *[request(10, target, zone=B, count=20) for target in (TWO, THREE, FOUR)],
    call(20, "modify_target_group_attributes"),
    *[request(30, target, zone=zone, count=15) for target in (ONE, TWO, THREE, FOUR) for zone in (A, B)],
]
DRAWN: dict[str, Entries] = {
    "two zones": ZONES,
    "names longer than there is room for": [
        request(
            1, ONE, group=LONG, balancer=f"{ELB}:loadbalancer/app/the-balancer-of-the-whole-shop-1/50dc6c495c0c9188"
        ),
        request(2, "arn:aws:lambda:us-east-1:123456789012:function:" + "every-page-of-the-shop" * 2, group=LONG),
        request(3, ONE, 502, group=LONG, cause="function response too large", rule=50_000),
        *[
            request(4, ONE, group=LONG, rule=number, port=port, count=1000)
            for number in (10, 200, 3000)
            for port in (80, 8443)
        ],
        *[request(5, ONE, status, group=LONG) for status in (200, 201, 404, 500, 503)],
        *[health(number, ONE, state, group=LONG) for number, state in enumerate(["healthy", "unhealthy", "healthy"])],
    ],
    "a million requests": [request(1, ONE, count=999_999, zone=A), request(2, TWO, 503, count=1)],
    "many targets": [request(1, target) for target in TARGETS],
    "many groups": [request(1, ONE, group=f"{ELB}:targetgroup/web-{number}/73e2d6bc24d8a067") for number in range(20)],
    "many answers": [request(1, None, 200, rule=number) for number in range(1, 20)],
    "many changes": [
        entry
        for number in range(20)
        for entry in (request(number, ONE), call(number, "modify_listener"), call(number, "create_rule"))
    ],
    "every state": in_order(
        *lives(ONE, "initial", "healthy", "unhealthy", "unused", "healthy"),
        *lives(TWO, "initial", "healthy", "unhealthy.draining", "draining", "unused"),
        *lives(THREE, "initial", "unavailable", "initial", "unavailable"),
        *[request(float(time), ONE if time % 3 else TWO, 200 if time % 4 else 500) for time in range(50, 350, 7)],
    ),
    "many lanes": in_order(
        *[entry for target in TARGETS for entry in lives(target, "initial", "healthy", "unhealthy")]
    ),
    "no two lanes alike": in_order(
        *[health(100 + number, target, "healthy") for number, target in enumerate(TARGETS)],
        *[health(200 + number, target, "unhealthy") for number, target in enumerate(TARGETS)],
        call(300, "describe_rules"),
    ),
    "flows": [flow(1, ONE, count=70), flow(2, TWO, count=30, zone=B)],
}


def lines(figure: Locator) -> list[str]:
    """What a drawing writes, a text after the other."""
    return figure.get_by_role("img").first.locator("text").all_text_contents()


def rows(figure: Locator) -> list[list[str]]:
    """The table of a figure."""
    found = figure.locator("tbody tr").all()
    return [[cell.text_content() or "" for cell in row.locator("th, td").all()] for row in found]


def told(figure: Locator) -> list[str]:
    return figure.locator("details li").all_text_contents()


def periods(figure: Locator) -> list[str]:
    return [text.replace("\u00a0", " ").strip() for text in figure.locator("ol li").all_text_contents()]


# ---- how it is drawn ----


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_nor_covered(pictures: Page, width: int, language: str) -> None:
    pictures.set_viewport_size({"width": width, "height": 900})
    pictures.evaluate("([journals, language]) => show(journals, language)", [DRAWN, language])
    pictures.evaluate("unfold()")
    assert pictures.evaluate("amiss()") == []
    expect(pictures.locator(".eslabon-run:has(.eslabon-picture)")).to_have_count(len(DRAWN))


def test_no_letter_is_under_ten_pixels(pictures: Page, drawn: Draw) -> None:
    for name in ("two zones", "every state"):
        drawn(DRAWN[name], width=360)
        sizes = pictures.evaluate(
            """() => [...document.querySelectorAll(".eslabon-picture :is(text, p, li, td, th, summary, figcaption)")]
              .map((one) => parseFloat(getComputedStyle(one).fontSize) * (one.getScreenCTM?.().a ?? 1))"""
        )
        assert sizes
        assert min(sizes) >= 10


@pytest.mark.parametrize("scheme", COLOURS)
def test_axe_finds_nothing(pictures: Page, drawn: Draw, scheme: str) -> None:
    style = [scheme, COLOURS[scheme]]
    pictures.evaluate(
        "([scheme, style]) => { document.body.dataset.mdColorScheme = scheme; document.body.style.cssText = style }",
        style,
    )
    drawn([*DRAWN["every state"], *DRAWN["flows"], request(600, None, 503, cause="no targets")])
    pictures.evaluate("unfold()")
    pictures.evaluate(AXE.read_text("utf-8"))
    found = pictures.evaluate("axe.run(document.querySelector('main'))")
    pictures.evaluate("() => { document.body.dataset.mdColorScheme = 'default'; document.body.style.cssText = '' }")
    assert [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]] == []


def test_each_state_looks_different_without_colours(pictures: Page, drawn: Draw) -> None:
    drawn(DRAWN["every state"])
    pictures.evaluate("unfold()")
    looks = pictures.evaluate(
        """() => Object.fromEntries(
          [...document.querySelectorAll(".eslabon-health .eslabon-legend .eslabon-state")].map((area) => {
            const { strokeDasharray, fill } = getComputedStyle(area);
            const texture = ["lost", "ending", "none"].find((one) => fill.includes(one)) ?? "full";
            const look = [strokeDasharray, texture, area.getAttribute("height")];
            return [area.getAttribute("class").split(" ")[1], look.join()];
          }),
        )"""
    )
    assert len(looks) == 7
    # unhealthy.draining is draining for another reason; both have their names written in them
    assert len(set(looks.values())) == 6
    assert looks["eslabon-state-draining"] == looks["eslabon-state-unhealthy-draining"]


# ---- requests ----


def test_a_target_has_its_requests_their_share_and_their_statuses(drawn: Draw) -> None:
    figure = drawn([request(1, ONE, count=30), request(2, TWO, count=9), request(3, TWO, 500)])
    expect(figure.locator("figcaption")).to_have_text("Requests to load balancer shop · 2 s of virtual time")
    assert lines(figure)[-8:] == [
        "Target group web", "40 requests · listener 80, default rule",
        ONE, "200 × 30", "30 · 75%",
        TWO, "200 × 9 · 500 × 1", "10 · 25%",
    ]  # fmt: skip
    assert told(figure) == [
        "Load balancer shop received 40 requests. By node: us-east-1a, 40.",
        "Target group web: 40 requests; listener 80, default rule.",
        f"Target {ONE} got 30 requests (75%); 200 × 30.",
        f"Target {TWO} got 10 requests (25%); 200 × 9 · 500 × 1.",
    ]


def test_a_drawing_has_a_name_and_says_the_same_in_words(drawn: Draw) -> None:
    chart = drawn(ZONES, "es").get_by_role("img")
    expect(chart).to_have_accessible_name("Peticiones al balanceador shop")
    expect(chart).to_have_accessible_description(
        "El balanceador shop recibió 240 peticiones. Por nodo: us-east-1a, 120; us-east-1b, 120. "
        "Grupo de destinos web: 240 peticiones; listener 80, regla por defecto. "
        + " ".join(
            f"El destino {target} recibió {count} peticiones ({shares}); 200 × {count}."
            for target, count, shares in [
                (ONE, 90, "50\u00a0% → 25\u00a0%"),
                *[(target, 50, "17\u00a0% → 25\u00a0%") for target in (TWO, THREE, FOUR)],
            ]
        )
    )


def test_a_share_that_is_tiny_is_not_nothing(drawn: Draw) -> None:
    assert "1 · < 0.1%" in lines(drawn(DRAWN["a million requests"]))


def test_rules_and_listeners_that_lead_to_a_group_are_counted(drawn: Draw) -> None:
    figure = drawn([request(1, ONE, rule=10, count=3), request(2, ONE, port=8080), request(3, TWO, rule=2)])
    said = " · ".join(lines(figure))
    assert "5 requests · listener 80, rule 2 × 1 · listener 80, rule 10 × 3 · listener 8080, default rule × 1" in said


def test_of_many_rules_that_lead_to_a_group_five_lines_are_enough(drawn: Draw) -> None:
    said = " · ".join(lines(drawn([request(1, ONE, rule=rule) for rule in range(1, 101)])))
    assert "listener 80, rule 4 × 1 · and 96 more" in said


def test_what_the_balancer_answers_itself_has_a_row_for_each_rule_status_and_cause(drawn: Draw) -> None:
    answers = [
        request(1, None, 301, rule=20),
        request(2, None, 200, rule=10, count=2),
        request(3, None, 400, rule=None, cause="malformed request"),
        request(4, ONE, 502, cause="refused"),
    ]
    assert rows(drawn(answers)) == [
        ["200 · fixed response", "2", "2"],
        ["301 · redirect", "1", "1"],
        ["400 · malformed request", "1", "1"],
        ["502 · refused", "1", "1"],
    ]
    figure = drawn(answers, "es")
    assert {"El propio balanceador", "listener 80, regla 10", "400 · petición mal formada"} <= set(lines(figure))
    assert "El propio balanceador contestó 301 · redirección: 1 petición (20\u00a0%); listener 80, regla 20." in told(
        figure
    )


def test_every_cause_of_an_own_answer_is_told_in_spanish(drawn: Draw) -> None:
    from eslabon.elbv2.application.answers import CAUSES

    same = {"TRACE"}
    modelled = [(name, cause.status) for name, cause in CAUSES.items() if cause.modelled]
    for name, status in modelled:
        names = [row[0] for row in rows(drawn([request(1, None, status, cause=name)], "es"))]
        assert names == ["405 · método TRACE"] if name in same else names[0] != f"{status} · {name}"


def test_periods_end_with_what_may_change_where_requests_go(drawn: Draw) -> None:
    quiet = [call(2, "describe_rules"), call(2, "modify_rule", error="RuleNotFound"), call(2, "send_message", "sqs")]
    assert periods(drawn([request(1), *quiet, request(3)])) == []
    changed = drawn(
        [request(1), call(2, "modify_rule"), call(2, "modify_rule"), health(3, ONE, "healthy"), request(4, TWO)]
    )
    assert periods(changed) == [
        "From 0 s on: 1 request.",
        "From 3 s on: 1 request, after: ModifyRule, a change in a target's health.",
    ]
    assert rows(changed.first)[:2] == [[ONE, "1", "1", "1"], [ONE, "2", "0", "0"]]


def test_the_health_of_a_group_that_a_balancer_does_not_use_begins_no_period(drawn: Draw) -> None:
    other = health(2, ONE, "healthy", group=f"{ELB}:targetgroup/other/73e2d6bc24d8a067")
    expect(drawn([request(1), other, request(3)]).locator("ol")).to_have_count(0)


def test_more_than_six_periods_become_six(drawn: Draw) -> None:
    figure = drawn(DRAWN["many changes"])
    expect(figure.locator("ol li")).to_have_count(6)
    assert sum(int(row[-1]) for row in rows(figure)) == 20


def test_nodes_that_keep_to_some_targets_are_told(drawn: Draw) -> None:
    assert periods(drawn(ZONES)) == [
        "From 0 s on: 120 requests. "
        "Not every node used every target: the one in us-east-1a used 1 of 4; the one in us-east-1b used 3 of 4.",
        "From 20 s on: 120 requests, after: ModifyTargetGroupAttributes.",
    ]
    expect(drawn(ZONES[:4]).locator("p.eslabon-note")).to_contain_text("Not every node used every target")


def test_few_requests_say_nothing_about_nodes(drawn: Draw) -> None:
    figure = drawn([request(1, ONE, zone=A, count=2), request(2, TWO, zone=B, count=2)])
    expect(figure.get_by_text("Not every node")).to_have_count(0)


def test_a_registered_target_that_got_nothing_is_shown(drawn: Draw) -> None:
    gone = health(0, THREE, "unused", "Target.NotRegistered", before=True)
    figure = drawn(
        [health(0, ONE, "healthy", before=True), health(0, TWO, "unhealthy", before=True), gone, request(1, ONE)]
    )
    assert rows(figure) == [[ONE, "1", "1"], [TWO, "0", "0"]]


def test_an_instance_is_called_by_its_name_unless_another_has_the_same(drawn: Draw) -> None:
    named = [
        {
            "time": 0,
            "kind": "resource",
            "arn": f"arn:aws:ec2:us-east-1:123456789012:instance/{target[:-3]}",
            "type": "instance",
        }
        | {"state": "created", "name": name}
        for target, name in [(ONE, "front"), (TWO, "back"), (THREE, "back")]
    ]
    figure = drawn([*named, request(1, ONE), request(1, TWO)])
    assert [row[0] for row in rows(figure)] == ["front:80", TWO]


def test_what_there_is_no_room_for_is_summed_up_and_said(drawn: Draw) -> None:
    assert rows(drawn(DRAWN["many targets"]))[-1] == ["19 more targets together", "19", "19"]
    assert rows(drawn(DRAWN["many answers"]))[-1] == ["8 more answers together", "8", "8"]
    groups = drawn(DRAWN["many groups"], "es")
    assert rows(groups)[-1] == ["9 destinos más, juntos", "9", "9"]
    assert "9 grupos de destinos más, juntos" in lines(groups)
    several = [request(1, ONE, balancer=f"{SHOP}{number}") for number in range(6)]
    figures = drawn(several)
    expect(figures.locator("svg[role=img]")).to_have_count(4)
    expect(figures.last).to_have_text("Load balancers whose traffic is not drawn: 2.")


def test_flows_are_called_flows(drawn: Draw) -> None:
    figure = drawn(DRAWN["flows"])
    expect(figure.locator("strong")).to_have_text("Flows through load balancer flows")
    assert "100 flows · listener UDP 53" in lines(figure)
    assert "Network Load Balancer" in lines(figure)
    assert f"Target {ONE} got 70 flows (70%)." in told(figure)


def test_a_classic_balancers_instances_have_neither_group_nor_rule(drawn: Draw) -> None:
    classic = f"{ELB}:loadbalancer/old"
    figure = drawn([request(1, ONE, balancer=classic, group=f"{classic}/80", rule=None)])
    assert {"Classic Load Balancer", "Instances of old", ONE[:-3], "1 request · listener 80"} <= set(lines(figure))


def test_a_balancer_behind_another_comes_after_it(drawn: Draw) -> None:
    figures = drawn([request(1, None), flow(2, f"{SHOP}:80")])
    assert figures.locator("figcaption strong").all_text_contents() == [
        "Flows through load balancer flows",
        "Requests to load balancer shop",
    ]
    expect(figures.nth(1).locator("p.eslabon-note")).to_contain_text("health checks from there are requests")


def test_a_cell_that_does_nothing_but_ask_says_nothing_of_calls_and_time(drawn: Draw) -> None:
    expect(drawn([request(1)]).locator("figcaption")).to_have_text("Requests to load balancer shop")


def test_the_first_caption_alone_says_how_much_the_run_did(drawn: Draw) -> None:
    captions = drawn([call(0, "create_rule"), request(1), flow(2)], "es").locator("figcaption").all_text_contents()
    assert captions == [
        "Peticiones al balanceador shop · 1 llamada a la API en 2\u00a0s de tiempo virtual",
        "Flujos por el balanceador flows",
    ]


# ---- health over time ----


def test_a_lane_has_the_states_of_a_target_while_its_group_is_used(drawn: Draw) -> None:
    unused = health(0, ONE, "unused", "Target.NotInUse")
    lived = [health(10, ONE, "initial"), health(20, ONE, "healthy"), health(50, ONE, "unhealthy", "Target.Timeout")]
    figure = drawn([unused, *lived, health(80, ONE, "unused", "Target.NotInUse"), call(99, "delete_target_group")])
    assert rows(figure) == [
        [ONE, "10\u00a0s", "20\u00a0s", "initial", ""],
        [ONE, "20\u00a0s", "50\u00a0s", "healthy", ""],
        [ONE, "50\u00a0s", "80\u00a0s", "unhealthy", "Target.Timeout"],
    ]
    expect(figure.get_by_role("img")).to_have_accessible_description(
        f"Target group web, {ONE}: initial from 10\u00a0s to 20\u00a0s; healthy from 20\u00a0s to 50\u00a0s; "
        "unhealthy from 50\u00a0s to 80\u00a0s."
    )


def test_draining_ends_when_the_target_is_no_longer_registered(drawn: Draw) -> None:
    figure = drawn([*lives(ONE, "healthy", "draining", "unused"), call(900, "describe_rules")])
    assert rows(figure)[-1] == [ONE, "100\u00a0s", "3\u00a0min 20\u00a0s", "draining", ""]
    figure = drawn([*lives(ONE, "healthy", "draining", "unused"), *lives(TWO, *["healthy", "unhealthy"] * 4)])
    assert "no longer registered" in lines(figure)


def test_a_target_that_was_healthy_before_the_cell_is_healthy_from_its_beginning(drawn: Draw) -> None:
    figure = drawn([*HEALTHY, call(0, "describe_rules"), health(30, TWO, "unhealthy"), call(60, "describe_rules")])
    assert [row[:4] for row in rows(figure)][:3] == [
        [ONE, "0\u00a0s", "60\u00a0s", "healthy"],
        [TWO, "0\u00a0s", "30\u00a0s", "healthy"],
        [TWO, "30\u00a0s", "60\u00a0s", "unhealthy"],
    ]


def test_what_does_not_change_is_not_drawn(drawn: Draw) -> None:
    expect(drawn([*HEALTHY, call(60, "describe_rules")])).to_have_count(0)
    expect(drawn([health(0, ONE, "unavailable"), call(60, "describe_rules")])).to_have_count(0)
    gone = [health(60, target, "unused", "Target.NotInUse") for target in (ONE, TWO)]
    expect(drawn([*HEALTHY, *gone, call(70, "delete_target_group")])).to_have_count(0)


def test_health_stays_folded_when_all_are_well(drawn: Draw) -> None:
    over_time = "details.eslabon-over-time"
    well = drawn([*lives(ONE, "initial", "healthy"), call(300, "describe_rules")])
    expect(well.locator(over_time)).not_to_have_attribute("open", "")
    expect(drawn(DRAWN["every state"]).locator(over_time)).to_have_attribute("open", "")


def test_requests_that_failed_are_crosses(drawn: Draw) -> None:
    asked = [request(110, ONE), request(150, ONE, 503), request(160, ONE, 502, cause="refused")]
    chart = drawn(in_order(*lives(ONE, "healthy", "healthy", "unhealthy"), *asked)).last.get_by_role("img")
    assert (chart.locator(".eslabon-request-came").get_attribute("d") or "").count("v7") == 1
    assert (chart.locator(".eslabon-request-lost").get_attribute("d") or "").count("l6 6") == 2


def test_a_flow_that_reached_no_target_has_a_row_with_the_reason(drawn: Draw) -> None:
    why = [(None, "none available"), (None, "blocked"), (TWO, "nothing listens")]
    lost = [flow(2, target, group=target and WEB, cause=cause) for target, cause in why]
    figure = drawn([flow(1, ONE, cause="", count=7), *lost])
    reasons = ["none available", "security groups", "nothing listens"]
    assert rows(figure) == [[ONE, "7", "7"], *[[f"no target · {reason}", "1", "1"] for reason in reasons]]
    assert "Flows that reached no target" in lines(figure)
    expect(figure.locator(".eslabon-legend")).to_have_text("that reached no target")
    reasons = ["ninguno disponible", "grupos de seguridad", "no escucha nada"]
    figure = drawn(lost, "es")
    assert [row[0] for row in rows(figure)] == [f"sin destino · {reason}" for reason in reasons]
    assert f"Sin destino · {reasons[0]}: 1 flujo (33\u00a0%); listener UDP 53." in told(figure)


def test_marks_of_flows_are_called_flows(drawn: Draw) -> None:
    asked = [flow(110, ONE), flow(150, ONE)]
    legend = drawn(in_order(*lives(ONE, "healthy", "unhealthy", "healthy"), *asked)).last.locator(".eslabon-legend")
    expect(legend.locator("> span").last).to_have_text("flows")


def test_targets_that_did_the_same_share_a_lane_when_they_are_many(drawn: Draw) -> None:
    assert f"{TARGETS[0]} and 29 more" in lines(drawn(DRAWN["many lanes"]))


def test_lanes_for_which_there_is_no_room_are_counted(drawn: Draw) -> None:
    figure = drawn(DRAWN["no two lanes alike"])
    expect(figure.get_by_text("Targets that the drawing leaves out: 18.")).to_be_visible()
    assert len(rows(figure)) == 60


# ---- the journal on its way to the page ----


def recorded(*times: float, **facts: Any) -> Journal:
    """A journal with a request at each of these times."""
    clock = Clock()
    journal, began = Journal(clock), clock.now
    for time in times:
        clock.advance(began + time - clock.now)
        entry = {
            name: fact for name, fact in request(0, **facts).items() if name not in ("time", "kind", "count", "began")
        }
        journal.record("request", began=clock.now, **entry)
    return journal


def test_requests_alike_within_a_second_are_one_entry(page_side: ModuleType) -> None:
    entries = page_side.journal(recorded(0, 0.25, 0.5, 1.5, 9).entries)
    assert [entry["count"] for entry in entries] == [3, 1, 1]


def test_what_happens_between_two_requests_keeps_them_apart(page_side: ModuleType) -> None:
    journal = recorded(0)
    journal.record("log", group="/aws/lambda/web", stream="one", message="START")
    journal.entries += recorded(0).entries
    assert [entry.get("count") for entry in page_side.journal(journal.entries)] == [2, None]
    journal.record("call", service="elbv2", operation="modify_rule", error=None)
    journal.entries += recorded(0).entries
    assert [entry.get("count") for entry in page_side.journal(journal.entries)] == [2, None, None, 1]


def test_of_the_time_before_come_names_and_health_alone(page_side: ModuleType) -> None:
    before = Journal(Clock())
    before.record("call", service="elbv2", operation="modify_rule", error=None)
    for target, state in [(ONE, "initial"), (ONE, "healthy"), (TWO, "healthy"), (TWO, "unused")]:
        before.record("health", group=WEB, target=target, state=state, reason="")
    before.record("health", group=LONG, target=ONE, state="healthy", reason="")
    before.record("resource", arn=LONG, state="deleted", type="target-group", name="long")
    entries = page_side.journal(recorded(5).entries, before.entries)
    assert [(entry["kind"], entry.get("target"), entry.get("before", False)) for entry in entries] == [
        ("health", ONE, True),
        ("request", ONE, False),
    ]
    assert entries[0]["time"] == entries[1]["time"]
    assert page_side.journal([], before.entries) == []


def test_a_journal_that_is_cut_says_so(page_side: ModuleType, drawn: Draw, pictures: Page) -> None:
    journal = Journal(Clock())
    for _ in range(page_side.ENTRIES + 5):
        journal.record("call", service="sqs", operation="send_message", error=None)
    entries = page_side.journal(journal.entries)
    assert (len(entries), entries[0]["count"]) == (page_side.ENTRIES + 1, 5)
    drawn(json.loads(json.dumps(entries[:3])))
    expect(pictures.get_by_text("they leave out the first 5 entries")).to_be_visible()


# ---- in the page ----

BALANCED = """
import time
import urllib.request

import boto3

elb, ec2 = boto3.client("elbv2"), boto3.client("ec2")
subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]
elb.create_listener(
    LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[fixed]
)
elb.get_waiter("load_balancer_available").wait(Names=["shop"])
firewall = balancer["SecurityGroups"][0]
anywhere = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[anywhere])
urllib.request.urlopen(f"http://{balancer['DNSName']}/").close()
print("asked")
"""
QUIET = 'import boto3\n\nboto3.client("sqs").list_queues()\n'


def test_what_draws_balancers_is_fetched_when_there_is_something_of_them(first_visit: Pages) -> None:
    page = first_visit.show(block(QUIET), block(BALANCED))
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    run(page, 0)
    assert not [url for url in fetched if "balancing" in url]
    run(page, 1)
    expect(block_of(page, 1).get_by_role("img", name="Requests to load balancer shop")).to_be_visible()
    assert len([url for url in fetched if "balancing" in url]) == 1


def test_when_it_cannot_be_fetched_the_page_says_so_and_the_rest_is_there(pages: Pages) -> None:
    page = pages.show(block(BALANCED))
    page.route("**/balancing-*.js", lambda route: route.abort())
    ran = run(page)
    expect(ran.get_by_text("The drawing of the traffic could not be fetched.")).to_be_visible()
    page.unroute("**/balancing-*.js")
    run(page)
    expect(ran.get_by_role("img", name="Requests to load balancer shop")).to_be_visible()
