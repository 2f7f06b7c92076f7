import time
from urllib.error import URLError
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

# --8<-- [start:make]
ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="schemes", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
balancers = []
for name in ("internet-facing", "internal"):
    balancer = elb.create_load_balancer(
        Name="my-" + name, Scheme=name,  # (1)
        Subnets=[subnet["SubnetId"] for subnet in subnets],
        SecurityGroups=[group],
    )["LoadBalancers"][0]
    answer = {"ContentType": "text/plain", "MessageBody": "hello",
              "StatusCode": "200"}
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
        DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": answer},
        ],
    )
    balancers.append(balancer)
arns = [balancer["LoadBalancerArn"] for balancer in balancers]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=arns)
# --8<-- [end:make]

# --8<-- [start:try]
for balancer in balancers:
    name = balancer["DNSName"]
    print(balancer["Scheme"], name.startswith("internal-"))  # (2)
    try:
        print(urlopen(f"http://{name}/", timeout=10).read().decode())
    except (URLError, TimeoutError):
        print("no answer in ten seconds")  # (3)
# --8<-- [end:try]

# --8<-- [start:clean-up]
for arn in arns:
    elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=arns)
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
