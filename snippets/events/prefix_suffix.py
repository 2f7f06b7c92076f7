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


# --8<-- [start:prefix]
european = {"region": [{"prefix": "eu-"}]}
for region in ["eu-west-1", "us-east-1"]:
    print(region, matches(european, {"region": region}))
# --8<-- [end:prefix]

# --8<-- [start:suffix]
image = {"file": [{"suffix": ".png"}]}
for file in ["logo.png", "logo.PNG", "logo.svg"]:
    print(file, matches(image, {"file": file}))
# --8<-- [end:suffix]
