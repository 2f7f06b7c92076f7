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


# --8<-- [start:exact]
is_open = {"state": ["placed", "paid"]}
for state in ["placed", "paid", "Paid", "shipped"]:
    print(f"state {state!r}:", matches(is_open, {"state": state}))
# --8<-- [end:exact]

# --8<-- [start:and]
both = {"state": ["paid"], "country": ["ES"]}
print("paid in ES:", matches(both, {"state": "paid", "country": "ES"}))
print("paid in FR:", matches(both, {"state": "paid", "country": "FR"}))
# --8<-- [end:and]

# --8<-- [start:empty]
print("null:", matches({"coupon": [None]}, {"coupon": None}))
print("empty string:", matches({"coupon": [""]}, {"coupon": ""}))
print("null is not empty:", matches({"coupon": [None]}, {"coupon": ""}))
# --8<-- [end:empty]

# --8<-- [start:number]
print("number 300:", matches({"total": [300]}, {"total": 300}))
print("text 300:", matches({"total": [300]}, {"total": "300"}))
# --8<-- [end:number]
