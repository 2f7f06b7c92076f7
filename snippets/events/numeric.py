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


# --8<-- [start:range]
medium = {"total": [{"numeric": [">=", 10, "<", 100]}]}
for total in [9.99, 10, 99.99, 100]:
    print(total, matches(medium, {"total": total}))
# --8<-- [end:range]

# --8<-- [start:equal]
exactly = {"total": [{"numeric": ["=", 300]}]}
print("300.0:", matches(exactly, {"total": 300.0}))
# --8<-- [end:equal]

# --8<-- [start:string]
print("the string '50':", matches(medium, {"total": "50"}))
# --8<-- [end:string]
