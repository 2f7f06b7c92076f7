import time
import urllib.error
import urllib.request

import boto3
from botocore.exceptions import ClientError

ec2, elb = map(boto3.client, ["ec2", "elbv2"])

# --8<-- [start:make]
default = [{"Name": "default-for-az", "Values": ["true"]}]
subnets = ec2.describe_subnets(Filters=default)["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="smuggling", Description="HTTP for everybody"
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
    "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}])
balancer = elb.create_load_balancer(
    Name="smuggling", SecurityGroups=[group],
    Subnets=[subnet["SubnetId"] for subnet in subnets],
)["LoadBalancers"][0]
arn, url = balancer["LoadBalancerArn"], f"http://{balancer['DNSName']}/"
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[{
        "Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"},
    }],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
# --8<-- [end:make]

# --8<-- [start:send]
chunked = b"5\r\nhello\r\n0\r\n\r\n"
both = {"Content-Length": "15", "Transfer-Encoding": "chunked"}
requests = {
    "compliant": (None, {}),
    "acceptable": (None, {"Content-Length": "0"}),  # (1)
    "ambiguous": (chunked, both),  # (2)
    "severe": (b"hello", {"Content-Length": "5, 6"}),  # (3)
}
for mode in ("defensive", "strictest"):
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
        {"Key": "routing.http.desync_mitigation_mode", "Value": mode},
    ])
    time.sleep(60)
    for name, (body, headers) in requests.items():
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            status = urllib.request.urlopen(request).status
        except urllib.error.HTTPError as refused:
            status = refused.code
        print(mode, name, status)
# --8<-- [end:send]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
