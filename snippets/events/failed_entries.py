import boto3

# --8<-- [start:send]
events = boto3.client("events")
answer = events.put_events(Entries=[
    {"Source": "shop", "DetailType": "Order placed", "Detail": "{}"},
    {"Source": "shop", "DetailType": "Order placed", "Detail": "{"},
    {"Source": "shop", "Detail": "{}"},
])
# --8<-- [end:send]

# --8<-- [start:read]
print("HTTP", answer["ResponseMetadata"]["HTTPStatusCode"])
print("entries that failed:", answer["FailedEntryCount"])
for number, entry in enumerate(answer["Entries"]):
    print(number, entry.get("ErrorCode", "accepted"))
# --8<-- [end:read]
