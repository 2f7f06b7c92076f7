# --8<-- [start:balancers]
import time

import boto3

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"][0]
subnet, vpc = found["SubnetId"], found["VpcId"]
firewalls = [
    ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
    for name in ("first", "second")
]
first, second = [firewall["GroupId"] for firewall in firewalls]
with_one = elb.create_load_balancer(
    Name="with-one", Type="network", Subnets=[subnet], SecurityGroups=[first]
)["LoadBalancers"][0]["LoadBalancerArn"]
with_none = elb.create_load_balancer(
    Name="with-none", Type="network", Subnets=[subnet]  # (1)
)["LoadBalancers"][0]["LoadBalancerArn"]
both = [with_one, with_none]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=both)
# --8<-- [end:balancers]

# --8<-- [start:change]
for arn in both:
    try:
        elb.set_security_groups(
            LoadBalancerArn=arn, SecurityGroups=[second]  # (2)
        )
        print("changed")
    except elb.exceptions.InvalidConfigurationRequestException:
        print("at creation or never")
# --8<-- [end:change]

# --8<-- [start:clean-up]
for arn in both:
    elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=both)
for firewall in (first, second):
    while True:
        try:
            ec2.delete_security_group(GroupId=firewall)
            break
        except ec2.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "DependencyViolation":
                raise
            time.sleep(10)
# --8<-- [end:clean-up]
