# --8<-- [start:balancer]
import time
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="rules", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
balancer = elb.create_load_balancer(
    Name="rules", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
# --8<-- [end:balancer]

# --8<-- [start:rules]
def says(text):  # (1)
    fixed = {"StatusCode": "200", "ContentType": "text/plain"}
    fixed["MessageBody"] = text
    return [{"Type": "fixed-response", "FixedResponseConfig": fixed}]


listener = elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=says("default"),
)["Listeners"][0]["ListenerArn"]
files = {"Field": "path-pattern"}
files["PathPatternConfig"] = {"Values": ["/img/*", "/css/*"]}  # (2)
beta = {"Field": "query-string"}
beta["QueryStringConfig"] = {"Values": [{"Key": "v", "Value": "beta"}]}
mobile = {"Field": "http-header"}
mobile["HttpHeaderConfig"] = {
    "HttpHeaderName": "User-Agent", "Values": ["*mobile*"],
}
shop = {"Field": "host-header", "Values": ["*.example.com"]}
post = {"Field": "http-request-method"}
post["HttpRequestMethodConfig"] = {"Values": ["POST"]}
for priority, text, conditions in [
    (10, "files", [files]), (20, "beta", [beta]),
    (30, "mobile", [mobile]), (40, "orders", [shop, post]),  # (3)
]:
    elb.create_rule(
        ListenerArn=listener, Priority=priority, Conditions=conditions,
        Actions=says(text),
    )
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
time.sleep(60)  # (4)
# --8<-- [end:rules]

# --8<-- [start:requests]
for method, path, headers in [
    ("GET", "/", {}),
    ("GET", "/img/a.png", {}),
    ("GET", "/IMG/a.png", {}),
    ("GET", "/cart?V=BETA", {}),
    ("GET", "/img/a.png?v=beta", {}),  # (5)
    ("GET", "/", {"User-Agent": "Example Mobile/1.0"}),
    ("POST", "/", {"Host": "shop.example.com"}),
    ("GET", "/", {"Host": "shop.example.com"}),
]:
    url = f"http://{balancer['DNSName']}{path}"
    with urlopen(Request(url, method=method, headers=headers)) as answer:
        print(method, path, *headers.values(), "->", answer.read().decode())
# --8<-- [end:requests]

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
