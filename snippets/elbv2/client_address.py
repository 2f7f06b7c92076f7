# --8<-- [start:servers]
import json
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import boto3

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"][0]
subnet, vpc = found["SubnetId"], found["VpcId"]
network = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": network}]
firewall = ec2.create_security_group(
    GroupName="client-address", Description="HTTP", VpcId=vpc
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[http])
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])
launched = ec2.run_instances(
    ImageId=newest["ImageId"], InstanceType="t3.micro", MinCount=2, MaxCount=2,
    SubnetId=subnet, SecurityGroupIds=[firewall],
    UserData=Path(__file__).with_name("web.sh").read_text(),
)["Instances"]
ids = [instance["InstanceId"] for instance in launched]
ec2.get_waiter("instance_running").wait(InstanceIds=ids)
# --8<-- [end:servers]

# --8<-- [start:balancer]
group = elb.create_target_group(
    Name="client-address", Protocol="TCP", Port=80, VpcId=vpc
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=group, Targets=[{"Id": i} for i in ids])
balancer = elb.create_load_balancer(
    Name="client-address", Type="network", Subnets=[subnet]  # (1)
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
forward = [{"Type": "forward", "TargetGroupArn": group}]
elb.create_listener(
    LoadBalancerArn=arn, Protocol="TCP", Port=80, DefaultActions=forward
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
health = elb.describe_target_health(TargetGroupArn=group)
told = health["TargetHealthDescriptions"]
print("targets:", [target["TargetHealth"]["State"] for target in told])
# --8<-- [end:balancer]


# --8<-- [start:ask]
def ask():
    with urlopen(f"http://{balancer['DNSName']}/", timeout=10) as answer:
        return json.load(answer)


try:
    ask()
except (URLError, TimeoutError):  # (2)
    print("no answer")
# --8<-- [end:ask]

# --8<-- [start:off]
key = "preserve_client_ip.enabled"
elb.modify_target_group_attributes(
    TargetGroupArn=group, Attributes=[{"Key": key, "Value": "false"}]  # (3)
)
time.sleep(60)
answers = [ask() for _ in range(40)]
print("instances that answer:", len({one["instance"] for one in answers}))
print("x-forwarded-for:", "x-forwarded-for" in answers[0]["headers"])  # (4)
# --8<-- [end:off]

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
