import time
from urllib.request import HTTPErrorProcessor, Request, build_opener

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="no-servers", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
balancer = elb.create_load_balancer(
    Name="no-servers", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]


# --8<-- [start:rules]
def text(status, body):
    fixed = {"StatusCode": status, "MessageBody": body}
    return [{"Type": "fixed-response", "FixedResponseConfig": fixed}]


def elsewhere(**parts):
    redirect = {"StatusCode": "HTTP_301", **parts}  # (1)
    return [{"Type": "redirect", "RedirectConfig": redirect}]


listener = elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=elsewhere(Protocol="HTTPS", Port="443"),  # (2)
)["Listeners"][0]["ListenerArn"]
old_name = {"Field": "host-header", "Values": ["old.example.com"]}
robots = {"Field": "path-pattern", "Values": ["/robots.txt"]}
bad_bot = {"Field": "http-header", "HttpHeaderConfig": {
    "HttpHeaderName": "User-Agent", "Values": ["*BadBot*"],
}}
version_1 = {"Field": "query-string", "QueryStringConfig": {
    "Values": [{"Key": "version", "Value": "1"}],
}}
rules = [
    (old_name, elsewhere(Host="www.example.com", Path="/moved/#{path}")),
    (robots, text("200", "User-agent: *")),
    (bad_bot, text("403", "no bots")),
    (version_1, text("410", "version 1 is gone")),
]
for number, (condition, actions) in enumerate(rules, 1):
    rule = {"Conditions": [condition], "Actions": actions}
    elb.create_rule(ListenerArn=listener, Priority=number, **rule)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
# --8<-- [end:rules]


# --8<-- [start:requests]
class AsItIs(HTTPErrorProcessor):
    def http_response(self, request, response):  # (3)
        return response


def ask(path, **headers):
    url = f"http://{balancer['DNSName']}{path}"
    request = Request(url, headers={"Host": "www.example.com", **headers})
    answer = build_opener(AsItIs).open(request)
    print(answer.status, answer.headers["Location"] or answer.read().decode())


ask("/cart", Host="old.example.com")
ask("/robots.txt")
ask("/cart", **{"User-Agent": "BadBot/1.0"})
ask("/cart?version=1")
ask("/cart?version=2")
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
