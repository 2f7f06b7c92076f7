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


# --8<-- [start:equals]
spain = {"country": [{"equals-ignore-case": "es"}]}
for country in ["es", "ES", "eS", "est"]:
    print(country, matches(spain, {"country": country}))
# --8<-- [end:equals]

# --8<-- [start:prefix]
begins = {"service": [{"prefix": {"equals-ignore-case": "eventb"}}]}
print("EventBridge:", matches(begins, {"service": "EventBridge"}))
# --8<-- [end:prefix]

# --8<-- [start:suffix]
image = {"file": [{"suffix": {"equals-ignore-case": ".png"}}]}
print("logo.PNG:", matches(image, {"file": "logo.PNG"}))
# --8<-- [end:suffix]
