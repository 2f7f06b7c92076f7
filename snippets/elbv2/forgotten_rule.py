import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

# --8<-- [start:groups]
ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
vpc, zones = subnets[0]["VpcId"], [one["SubnetId"] for one in subnets]
outer, inner = [
    ec2.create_security_group(
        GroupName=name, Description="Forgotten rule", VpcId=vpc
    )["GroupId"]
    for name in ("outer", "inner")
]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
everybody = {**http, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ec2.authorize_security_group_ingress(GroupId=outer, IpPermissions=[everybody])
# --8<-- [end:groups]

# --8<-- [start:make]
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
instance = ec2.run_instances(
    ImageId=max(images, key=lambda one: one["CreationDate"])["ImageId"],
    InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=zones[0],
    SecurityGroupIds=[inner],
    UserData=Path(__file__).with_name("web.sh").read_text(),
)["Instances"][0]["InstanceId"]
ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
balancer = elb.create_load_balancer(
    Name="forgotten-rule", Subnets=zones, SecurityGroups=[outer]
)["LoadBalancers"][0]
arn, url = balancer["LoadBalancerArn"], f"http://{balancer['DNSName']}/"
group = elb.create_target_group(
    Name="forgotten-rule", Protocol="HTTP", Port=80, VpcId=vpc
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
time.sleep(180)
# --8<-- [end:make]

# --8<-- [start:try]
def look():
    health = elb.describe_target_health(TargetGroupArn=group)
    state = health["TargetHealthDescriptions"][0]["TargetHealth"]
    try:
        status = urlopen(url).status
    except HTTPError as error:
        status = error.code
    print(state["State"], state.get("Reason", "-"), status)


look()  # (1)
balancers = {**http, "UserIdGroupPairs": [{"GroupId": outer}]}
ec2.authorize_security_group_ingress(  # (2)
    GroupId=inner, IpPermissions=[balancers]
)
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
look()
# --8<-- [end:try]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
elb.delete_target_group(TargetGroupArn=group)
ec2.terminate_instances(InstanceIds=[instance])
ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance])
ec2.delete_security_group(GroupId=inner)  # (3)
while True:
    try:
        ec2.delete_security_group(GroupId=outer)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
