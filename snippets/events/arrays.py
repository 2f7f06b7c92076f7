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


# --8<-- [start:values]
has_fragile = {"tags": ["fragile"]}
print("one of them:", matches(has_fragile, {"tags": ["big", "fragile"]}))
print("none of them:", matches(has_fragile, {"tags": ["big"]}))
# --8<-- [end:values]

# --8<-- [start:objects]
big_box = {"items": {"kind": ["box"], "size": ["L"]}}
same_item = [{"kind": "box", "size": "L"}, {"kind": "bag", "size": "S"}]
two_items = [{"kind": "box", "size": "S"}, {"kind": "bag", "size": "L"}]
print("same item:", matches(big_box, {"items": same_item}))
print("two items:", matches(big_box, {"items": two_items}))
# --8<-- [end:objects]
