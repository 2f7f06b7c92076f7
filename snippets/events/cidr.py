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


# --8<-- [start:v4]
office = {"ip": [{"cidr": "10.0.0.0/24"}]}
for address in ["10.0.0.1", "10.0.0.255", "10.0.1.1"]:
    print(address, matches(office, {"ip": address}))
# --8<-- [end:v4]

# --8<-- [start:v6]
office = {"ip": [{"cidr": "2001:db8::/32"}]}
for address in ["2001:db8::1", "2001:db9::1"]:
    print(address, matches(office, {"ip": address}))
# --8<-- [end:v6]
