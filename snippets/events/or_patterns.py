import json

import boto3

# --8<-- [start:matches]
events = boto3.client("events")


def matches(pattern, detail):
    event = {
        "id": "1", "account": "123456789012", "region": "us-east-1",
        "time": "2026-01-01T00:00:00Z", "source": "shop",
        "resources": [], "detail-type": "Order placed", "detail": detail,
    }
    return events.test_event_pattern(
        EventPattern=json.dumps({"detail": pattern}), Event=json.dumps(event)
    )["Result"]
# --8<-- [end:matches]


# --8<-- [start:or]
urgent = {
    "state": ["paid"],
    "$or": [
        {"total": [{"numeric": [">", 1000]}]},
        {"customer": {"level": ["gold"]}},
    ],
}
small = {"state": "paid", "total": 20, "customer": {"level": "basic"}}
print("small:", matches(urgent, small))
print("large:", matches(urgent, {**small, "total": 2000}))
print("gold:", matches(urgent, {**small, "customer": {"level": "gold"}}))
print("gold, unpaid:", matches(
    urgent, {"state": "placed", "customer": {"level": "gold"}}
))
# --8<-- [end:or]
