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


# --8<-- [start:present]
has_coupon = {"coupon": [{"exists": True}]}
print("a coupon:", matches(has_coupon, {"coupon": "SPRING"}))
print("a null coupon:", matches(has_coupon, {"coupon": None}))
print("no coupon:", matches(has_coupon, {}))
# --8<-- [end:present]

# --8<-- [start:absent]
no_coupon = {"coupon": [{"exists": False}]}
print("absent:", matches(no_coupon, {"total": 10}))
# --8<-- [end:absent]

# --8<-- [start:leaf]
has_customer = {"customer": [{"exists": True}]}
print("an object is no leaf:", matches(
    has_customer, {"customer": {"name": "Ada"}}
))
# --8<-- [end:leaf]
