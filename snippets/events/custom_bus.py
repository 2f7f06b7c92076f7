import boto3

# --8<-- [start:make]
events = boto3.client("events")
events.create_event_bus(Name="orders", Description="What the shop sells")
# --8<-- [end:make]

# --8<-- [start:look]
bus = events.describe_event_bus(Name="orders")
print(bus["Name"], "-", bus["Description"])
names = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
print("default" in names, "orders" in names)
# --8<-- [end:look]

# --8<-- [start:missing]
try:
    events.describe_event_bus(Name="invoices")
except events.exceptions.ResourceNotFoundException as error:
    print(error.response["Error"]["Message"])
# --8<-- [end:missing]

# --8<-- [start:clean-up]
events.delete_event_bus(Name="orders")
# --8<-- [end:clean-up]
