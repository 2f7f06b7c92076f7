"""What a boto3 call answered by eslabon costs, as ratios to the same call answered by a constant."""

from __future__ import annotations

import json
from typing import Any

from bench.ratios import constant, ratio
from eslabon import Cloud
from eslabon.events import service

ENTRY = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"order": 1, "total": 42})}
RULES = (1, 100, 1000)


def put_rules(events: Any, count: int) -> None:
    """Rules of which one matches the entry."""
    for number in range(count):
        source = "shop" if number == 0 else f"shop-{number}"
        events.put_rule(Name=f"rule-{number}", EventPattern=json.dumps({"source": [source]}))


def eslabon_ratios() -> dict[str, float]:
    """A trivial call, and put_events with ever more rules."""
    service.RULES_A_BUS = max(RULES)  # a quota that AWS raises on request
    found: dict[str, float] = {}
    listing = constant(Cloud().client("events"), "ListEventBuses", {"EventBuses": []})
    events = Cloud().client("events")
    found["list_event_buses"] = ratio(events.list_event_buses, listing.list_event_buses)
    putting = constant(Cloud().client("events"), "PutEvents", {"FailedEntryCount": 0, "Entries": []})
    for count in RULES:
        cloud = Cloud()
        events = cloud.client("events")
        put_rules(events, count)
        cloud.clock.advance(60)
        found[f"put_events, {count} rules"] = ratio(
            lambda events=events: events.put_events(Entries=[ENTRY]),
            lambda: putting.put_events(Entries=[ENTRY]),
        )
    return found
