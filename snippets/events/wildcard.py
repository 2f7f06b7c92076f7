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


# --8<-- [start:path]
invoices = {"key": [{"wildcard": "invoices/*/total-*.pdf"}]}
for key in [
    "invoices/2026/total-1.pdf",
    "invoices/2026/may/total-.pdf",
    "invoices/total-1.pdf",
]:
    print(key, matches(invoices, {"key": key}))
# --8<-- [end:path]

# --8<-- [start:escape]
star = {"key": [{"wildcard": "5\\*"}]}
print("5*:", matches(star, {"key": "5*"}))
print("55:", matches(star, {"key": "55"}))
# --8<-- [end:escape]
