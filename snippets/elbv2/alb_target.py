# --8<-- [start:application]
import time
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
zones = [subnet["SubnetId"] for subnet in subnets]
group = ec2.create_security_group(
    GroupName="inner", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
inner = elb.create_load_balancer(
    Name="inner", Scheme="internal", Subnets=zones, SecurityGroups=[group]
)["LoadBalancers"][0]["LoadBalancerArn"]
fixed = {"StatusCode": "200", "ContentType": "text/plain"}
fixed["MessageBody"] = "the inner one"
elb.create_listener(
    LoadBalancerArn=inner, Protocol="HTTP", Port=80,
    DefaultActions=[
        {"Type": "fixed-response", "FixedResponseConfig": fixed}
    ],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[inner])
# --8<-- [end:application]

# --8<-- [start:network]
outer = elb.create_load_balancer(
    Name="outer", Type="network", Subnets=zones, SecurityGroups=[group]
)["LoadBalancers"][0]
targets = elb.create_target_group(
    Name="inner", TargetType="alb", Protocol="TCP", Port=80,  # (1)
    VpcId=subnets[0]["VpcId"],
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": inner}])
elb.create_listener(
    LoadBalancerArn=outer["LoadBalancerArn"], Protocol="TCP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
)
both = [inner, outer["LoadBalancerArn"]]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=both)
elb.get_waiter("target_in_service").wait(TargetGroupArn=targets)
# --8<-- [end:network]

# --8<-- [start:request]
with urlopen(f"http://{outer['DNSName']}/") as answer:
    print(answer.status, answer.read().decode())
# --8<-- [end:request]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=both[1])  # (2)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=both[1:])
elb.delete_target_group(TargetGroupArn=targets)
elb.delete_load_balancer(LoadBalancerArn=inner)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[inner])
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
