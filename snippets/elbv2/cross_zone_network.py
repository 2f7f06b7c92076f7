# --8<-- [start:servers]
import json
import time
from pathlib import Path
from urllib.request import urlopen

import boto3

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
subnets, vpc = [one["SubnetId"] for one in found], found[0]["VpcId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
firewall = ec2.create_security_group(
    GroupName="zonal", Description="HTTP", VpcId=vpc
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[http])
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])
ids = []
for subnet, count in (subnets[0], 1), (subnets[1], 3):
    launched = ec2.run_instances(
        ImageId=newest["ImageId"], InstanceType="t3.micro",
        MinCount=count, MaxCount=count,
        SubnetId=subnet, SecurityGroupIds=[firewall],
        UserData=Path(__file__).with_name("web.sh").read_text(),
    )["Instances"]
    ids += [instance["InstanceId"] for instance in launched]
ec2.get_waiter("instance_running").wait(InstanceIds=ids)
# --8<-- [end:servers]

# --8<-- [start:balancer]
group = elb.create_target_group(
    Name="zonal", Protocol="TCP", Port=80, VpcId=vpc
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=group, Targets=[{"Id": i} for i in ids])
balancer = elb.create_load_balancer(
    Name="zonal", Type="network", Subnets=subnets, SecurityGroups=[firewall]
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
forward = [{"Type": "forward", "TargetGroupArn": group}]
elb.create_listener(
    LoadBalancerArn=arn, Protocol="TCP", Port=80, DefaultActions=forward
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
# --8<-- [end:balancer]


# --8<-- [start:count]
def instances(zone):
    seen = set()
    for _ in range(60):
        with urlopen(f"http://{zone}.{balancer['DNSName']}/") as response:
            seen.add(json.load(response)["instance"])
    return len(seen)


key = "load_balancing.cross_zone.enabled"
zones = [one["AvailabilityZone"] for one in found]
held = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)
print({one["Key"]: one["Value"] for one in held["Attributes"]}[key])
print("behind each node:", [instances(zone) for zone in zones])  # (1)
# --8<-- [end:count]

# --8<-- [start:on]
elb.modify_load_balancer_attributes(
    LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": "true"}]
)
time.sleep(120)
print("behind each node:", [instances(zone) for zone in zones])
# --8<-- [end:on]

# --8<-- [start:group]
elb.modify_target_group_attributes(  # (2)
    TargetGroupArn=group, Attributes=[{"Key": key, "Value": "false"}]
)
time.sleep(120)
print("behind each node:", [instances(zone) for zone in zones])
# --8<-- [end:group]

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
