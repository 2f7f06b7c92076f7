# --8<-- [start:instances]
import json
import time
from pathlib import Path
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]  # (1)
group = ec2.create_security_group(
    GroupName="first", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(  # (2)
    GroupId=group, IpPermissions=[http]
)
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])
ids = []
for subnet in subnets:
    launched = ec2.run_instances(
        ImageId=newest["ImageId"], InstanceType="t3.micro",
        MinCount=1, MaxCount=1,
        SubnetId=subnet["SubnetId"], SecurityGroupIds=[group],
        UserData=Path(__file__).with_name("web.sh").read_text(),  # (3)
    )
    ids.append(launched["Instances"][0]["InstanceId"])
ec2.get_waiter("instance_running").wait(InstanceIds=ids)
# --8<-- [end:instances]

# --8<-- [start:balancer]
balancer = elb.create_load_balancer(
    Name="first", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
web = elb.create_target_group(
    Name="first", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"]
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=web, Targets=[{"Id": i} for i in ids])
arn = balancer["LoadBalancerArn"]
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": web}],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
elb.get_waiter("target_in_service").wait(TargetGroupArn=web)  # (4)
# --8<-- [end:balancer]

# --8<-- [start:request]
answers = []
for _ in range(20):
    with urlopen(f"http://{balancer['DNSName']}/cart?item=7") as response:
        answers.append(json.load(response))
print(answers[0]["method"], answers[0]["path"])
print(len({answer["instance"] for answer in answers}), "instances")
print(len({answer["zone"] for answer in answers}), "zones")
# --8<-- [end:request]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
elb.delete_target_group(TargetGroupArn=web)
ec2.terminate_instances(InstanceIds=ids)
ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:  # (5)
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
