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
other = {"state": [{"anything-but": ["cancelled", "refunded"]}]}
print("paid:", matches(other, {"state": "paid"}))
print("refunded:", matches(other, {"state": "refunded"}))
print("no state at all:", matches(other, {}))
# --8<-- [end:values]

# --8<-- [start:nested]
patterns = {
    "prefix": {"anything-but": {"prefix": "test-"}},
    "suffix": {"anything-but": {"suffix": ".tmp"}},
    "wildcard": {"anything-but": {"wildcard": "*/cache/*"}},
    "ignore case": {"anything-but": {"equals-ignore-case": "readme.md"}},
}
for file in ["test-1.txt", "a.tmp", "x/cache/y", "README.md", "note.txt"]:
    refused = [
        name for name, operator in patterns.items()
        if not matches({"file": [operator]}, {"file": file})
    ]
    print(file, "refused by", refused or "none")
# --8<-- [end:nested]
