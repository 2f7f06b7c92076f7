# --8<-- [start:servers]
import json
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import boto3

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
subnets, vpc = [one["SubnetId"] for one in found], found[0]["VpcId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
firewall = ec2.create_security_group(
    GroupName="sticky", Description="HTTP", VpcId=vpc
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
    Name="sticky", Protocol="HTTP", Port=80, VpcId=vpc
)["TargetGroups"][0]["TargetGroupArn"]
elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[
    {"Key": "stickiness.enabled", "Value": "true"},  # (1)
    {"Key": "stickiness.lb_cookie.duration_seconds", "Value": "600"},
    {"Key": "deregistration_delay.timeout_seconds", "Value": "60"},
])
elb.register_targets(TargetGroupArn=group, Targets=[{"Id": i} for i in ids])
balancer = elb.create_load_balancer(
    Name="sticky", Subnets=subnets, SecurityGroups=[firewall]
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
forward = [{"Type": "forward", "TargetGroupArn": group}]
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
# --8<-- [end:balancer]


# --8<-- [start:cookie]
def instances(client):
    seen = set()
    for _ in range(20):
        with client.open(f"http://{balancer['DNSName']}/") as response:
            seen.add(json.load(response)["instance"])
    return seen


jar = CookieJar()
forgetful = build_opener()
browser = build_opener(HTTPCookieProcessor(jar))  # (2)
print("without cookies:", len(instances(forgetful)))
bound = instances(browser)
print("with cookies:", len(bound), sorted(cookie.name for cookie in jar))
# --8<-- [end:cookie]

# --8<-- [start:drain]
leaves = bound.pop()
leaving = [{"Id": leaves}]
elb.deregister_targets(TargetGroupArn=group, Targets=leaving)
told = elb.describe_target_health(TargetGroupArn=group, Targets=leaving)
health = told["TargetHealthDescriptions"][0]["TargetHealth"]
print(health["State"], health["Reason"])
time.sleep(20)
print("still asked:", leaves in instances(forgetful))  # (3)
print("bound to another:", leaves not in instances(browser))  # (4)
elb.get_waiter("target_deregistered").wait(  # (5)
    TargetGroupArn=group, Targets=leaving
)
told = elb.describe_target_health(TargetGroupArn=group)
print("targets left:", len(told["TargetHealthDescriptions"]))
# --8<-- [end:drain]

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
