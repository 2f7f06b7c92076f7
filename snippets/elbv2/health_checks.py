# --8<-- [start:servers]
import json
import time
from pathlib import Path
from urllib.request import Request, urlopen

import boto3

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
subnets, vpc = [one["SubnetId"] for one in found], found[0]["VpcId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
firewall = ec2.create_security_group(
    GroupName="health", Description="HTTP", VpcId=vpc
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[http])
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])
ids = []
for subnet in subnets:
    ids.append(ec2.run_instances(
        ImageId=newest["ImageId"], InstanceType="t3.micro",
        MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[firewall],
        UserData=Path(__file__).with_name("web.sh").read_text(),
    )["Instances"][0]["InstanceId"])
ec2.get_waiter("instance_running").wait(InstanceIds=ids)
# --8<-- [end:servers]

# --8<-- [start:balancer]
group = elb.create_target_group(
    Name="health", Protocol="HTTP", Port=80, VpcId=vpc,
    HealthCheckPath="/health", HealthCheckIntervalSeconds=10,  # (1)
    UnhealthyThresholdCount=3, HealthyThresholdCount=2,
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=group, Targets=[{"Id": i} for i in ids])
balancer = elb.create_load_balancer(
    Name="health", Subnets=subnets, SecurityGroups=[firewall]
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
forward = [{"Type": "forward", "TargetGroupArn": group}]
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
# --8<-- [end:balancer]


# --8<-- [start:fail]
def ask(path="/", **more):
    url = f"http://{balancer['DNSName']}{path}"
    with urlopen(Request(url, **more)) as answer:
        return json.load(answer)["instance"]


def health(*wanted):
    targets = [{"Id": one} for one in wanted]
    told = elb.describe_target_health(TargetGroupArn=group, Targets=targets)
    return [one["TargetHealth"] for one in told["TargetHealthDescriptions"]]


ill = ask("/health", method="PUT", data=b"503")  # (2)
began = time.time()
while health(ill)[0]["State"] == "healthy":
    time.sleep(1)
seconds = time.time() - began
print(health(ill)[0]["State"], health(ill)[0]["Reason"])
print("third failure, not the second:", 20 <= seconds < 60)  # (3)
time.sleep(20)
print("gets requests:", ill in [ask() for _ in range(20)])
# --8<-- [end:fail]

# --8<-- [start:open]
ask("/health", method="PUT", data=b"503")  # (4)
while "healthy" in [one["State"] for one in health(*ids)]:
    time.sleep(1)
time.sleep(20)
print("none healthy,", len({ask() for _ in range(20)}), "answer")
# --8<-- [end:open]

# --8<-- [start:return]
for _ in range(20):
    ask("/health", method="PUT", data=b"200")  # (5)
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
print([one["State"] for one in health(*ids)])
# --8<-- [end:return]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
elb.delete_target_group(TargetGroupArn=group)
ec2.terminate_instances(InstanceIds=ids)
ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
while True:
    try:
        ec2.delete_security_group(GroupId=firewall)
        break
    except ec2.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
