import json
import time
from pathlib import Path
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

# --8<-- [start:instances]
ec2, elb, elbv2 = map(boto3.client, ["ec2", "elb", "elbv2"])  # (1)
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="classic", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
image = max(images, key=lambda one: one["CreationDate"])["ImageId"]
ids = [
    ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
        SubnetId=subnet["SubnetId"], SecurityGroupIds=[group],
        UserData=Path(__file__).with_name("web.sh").read_text(),
    )["Instances"][0]["InstanceId"]
    for subnet in subnets
]
ec2.get_waiter("instance_running").wait(InstanceIds=ids)
# --8<-- [end:instances]

# --8<-- [start:balancer]
shop = {"LoadBalancerName": "classic"}
name = elb.create_load_balancer(  # (2)
    Listeners=[{
        "Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80,
    }],
    Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group], **shop,
)["DNSName"]
elb.configure_health_check(HealthCheck={
    "Target": "HTTP:80/", "Interval": 10, "Timeout": 5,
    "UnhealthyThreshold": 2, "HealthyThreshold": 2,
}, **shop)
elb.register_instances_with_load_balancer(  # (3)
    Instances=[{"InstanceId": one} for one in ids], **shop
)
elb.get_waiter("instance_in_service").wait(**shop)
time.sleep(60)
# --8<-- [end:balancer]

# --8<-- [start:look]
states = elb.describe_instance_health(**shop)["InstanceStates"]
print([state["State"] for state in states])
answers = [json.load(urlopen(f"http://{name}/")) for _ in range(20)]
print(len({answer["instance"] for answer in answers}), "instances answer")
attributes = elb.describe_load_balancer_attributes(**shop)
cross_zone = attributes["LoadBalancerAttributes"]["CrossZoneLoadBalancing"]
print("cross-zone:", cross_zone["Enabled"])  # (4)
try:
    elbv2.describe_load_balancers(Names=["classic"])  # (5)
except elbv2.exceptions.LoadBalancerNotFoundException as error:
    print("elbv2:", error.response["Error"]["Code"])
# --8<-- [end:look]

# --8<-- [start:clean-up]
elb.delete_load_balancer(**shop)
ec2.terminate_instances(InstanceIds=ids)
ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
