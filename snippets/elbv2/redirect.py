# --8<-- [start:balancer]
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="redirect", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
balancer = elb.create_load_balancer(
    Name="redirect", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
# --8<-- [end:balancer]

# --8<-- [start:rules]
gone = {"Type": "fixed-response", "FixedResponseConfig": {}}
gone["FixedResponseConfig"] = {
    "StatusCode": "410", "ContentType": "text/plain", "MessageBody": "gone",
}
found = {"Type": "fixed-response", "FixedResponseConfig": {}}
found["FixedResponseConfig"] = {
    "StatusCode": "200", "ContentType": "text/plain", "MessageBody": "here",
}
moved = {"Type": "redirect", "RedirectConfig": {}}
moved["RedirectConfig"] = {
    "StatusCode": "HTTP_301", "Path": "/archive/#{path}",  # (1)
}
listener = elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[gone]
)["Listeners"][0]["ListenerArn"]
rules = {}
for priority, pattern, action in [
    (10, "/2025/*", moved), (20, "/archive/*", found),
]:
    rules[pattern] = elb.create_rule(
        ListenerArn=listener, Priority=priority, Actions=[action],
        Conditions=[{"Field": "path-pattern", "Values": [pattern]}],
    )["Rules"][0]["RuleArn"]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
time.sleep(60)
# --8<-- [end:rules]

# --8<-- [start:requests]
def visit(path):
    try:
        with urlopen(f"http://{balancer['DNSName']}{path}") as answer:
            end = answer.url.partition(".amazonaws.com")[2]
            print(path, "->", end, answer.status, answer.read().decode())
    except HTTPError as error:
        print(path, "->", error.code, error.read().decode())


visit("/2025/news?page=2")  # (2)
visit("/2024/news")
elb.set_rule_priorities(RulePriorities=[  # (3)
    {"RuleArn": rules["/2025/*"], "Priority": 30},
])
elb.modify_rule(  # (4)
    RuleArn=rules["/archive/*"],
    Conditions=[{"Field": "path-pattern", "Values": ["/20*"]}],
)
time.sleep(30)
visit("/2025/news?page=2")
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
