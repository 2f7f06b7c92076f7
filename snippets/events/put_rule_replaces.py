import boto3

# --8<-- [start:first]
events = boto3.client("events")
events.put_rule(
    Name="replaced", EventPattern='{"source": ["shop"]}',
    Description="Orders of the shop", State="DISABLED",
)
rule = events.describe_rule(Name="replaced")
print(rule["State"], "-", rule["Description"])
# --8<-- [end:first]

# --8<-- [start:second]
events.put_rule(Name="replaced", EventPattern='{"source": ["web"]}')
rule = events.describe_rule(Name="replaced")
print(rule["State"], "-", rule.get("Description", "no description"))
# --8<-- [end:second]

# --8<-- [start:clean-up]
events.delete_rule(Name="replaced")
# --8<-- [end:clean-up]
