import boto3

# --8<-- [start:make]
ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
balancer = elb.create_load_balancer(
    Name="inspection", Type="gateway",
    Subnets=[subnet["SubnetId"] for subnet in subnets],
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
appliances = elb.create_target_group(
    Name="appliances", Protocol="GENEVE", Port=6081,  # (1)
    VpcId=subnets[0]["VpcId"],
    HealthCheckProtocol="TCP", HealthCheckPort="80",
)["TargetGroups"][0]["TargetGroupArn"]
listener = elb.create_listener(  # (2)
    LoadBalancerArn=arn,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": appliances}],
)["Listeners"][0]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
# --8<-- [end:make]

# --8<-- [start:look]
for key in ("DNSName", "Scheme"):
    print(key, key in balancer)  # (3)
for key in ("Protocol", "Port"):
    print(key, key in listener)


def attributes(answer):
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


found = attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
print("cross-zone:", found["load_balancing.cross_zone.enabled"])
found = attributes(
    elb.describe_target_group_attributes(TargetGroupArn=appliances)
)
print("on failure:", found["target_failover.on_unhealthy"])  # (4)
# --8<-- [end:look]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
elb.delete_target_group(TargetGroupArn=appliances)
# --8<-- [end:clean-up]
