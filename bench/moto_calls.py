"""The calls of calls.py answered by moto: a process of its own, since eslabon answers every client of its process."""

from __future__ import annotations

import json

import boto3
from moto import mock_aws

from bench.ratios import constant, ratio

ENTRY = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"order": 1, "total": 42})}
RULES = (1, 100, 1000)


@mock_aws
def moto_ratios() -> dict[str, float]:
    """A trivial call, and put_events with ever more rules."""

    def client() -> object:
        return boto3.client("events", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

    listing = constant(client(), "ListEventBuses", {"EventBuses": []})
    putting = constant(client(), "PutEvents", {"FailedEntryCount": 0, "Entries": []})
    events = client()
    found = {"list_event_buses": ratio(events.list_event_buses, listing.list_event_buses)}
    made = 0
    for count in RULES:
        for number in range(made, count):
            source = "shop" if number == 0 else f"shop-{number}"
            events.put_rule(Name=f"rule-{number}", EventPattern=json.dumps({"source": [source]}))
        made = count
        found[f"put_events, {count} rules"] = ratio(
            lambda: events.put_events(Entries=[ENTRY]), lambda: putting.put_events(Entries=[ENTRY])
        )
    return found


if __name__ == "__main__":
    print(json.dumps(moto_ratios()))
