# --8<-- [start:instance]
import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnet = ec2.describe_subnets(Filters=[default])["Subnets"][0]
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])
instance = ec2.run_instances(
    ImageId=newest["ImageId"], InstanceType="t3.micro", MinCount=1,
    MaxCount=1, SubnetId=subnet["SubnetId"],
)["Instances"][0]
ids = [instance["InstanceId"]]
ec2.get_waiter("instance_running").wait(InstanceIds=ids)
# --8<-- [end:instance]

# --8<-- [start:groups]
settings = {"Protocol": "HTTP", "Port": 80, "VpcId": subnet["VpcId"]}
groups = {
    kind: elb.create_target_group(
        Name=f"by-{kind}", TargetType=kind, **settings
    )["TargetGroups"][0]["TargetGroupArn"]
    for kind in ["instance", "ip"]
}
elb.register_targets(TargetGroupArn=groups["instance"], Targets=[
    {"Id": ids[0]}, {"Id": ids[0], "Port": 8080},  # (1)
])
elb.register_targets(TargetGroupArn=groups["ip"], Targets=[
    {"Id": instance["PrivateIpAddress"]},
])
for kind, group in groups.items():
    health = elb.describe_target_health(TargetGroupArn=group)
    for found in health["TargetHealthDescriptions"]:
        state = found["TargetHealth"]
        print(kind, found["Target"]["Port"], state["State"], state["Reason"])
# --8<-- [end:groups]

# --8<-- [start:refused]
for kind, wrong in [
    ("instance", instance["PrivateIpAddress"]),
    ("ip", ids[0]),
    ("ip", "203.0.113.10"),  # (2)
]:
    try:
        elb.register_targets(
            TargetGroupArn=groups[kind], Targets=[{"Id": wrong}]
        )
    except ClientError as error:
        print(kind, error.response["Error"]["Code"])
# --8<-- [end:refused]

# --8<-- [start:clean-up]
for group in groups.values():
    elb.delete_target_group(TargetGroupArn=group)
ec2.terminate_instances(InstanceIds=ids)
ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
# --8<-- [end:clean-up]
