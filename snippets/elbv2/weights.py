import io
import json
import time
import zipfile
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
iam, aws_lambda, logs = map(boto3.client, ["iam", "lambda", "logs"])

# --8<-- [start:groups]
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"}}}
role = iam.create_role(
    RoleName="weights", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
logs.create_log_group(logGroupName="/aws/lambda/weights")
time.sleep(15)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as package:
    file = zipfile.ZipInfo("app.py")
    file.external_attr = 0o644 << 16
    package.writestr(file, """
def handler(event, context):
    group = event["requestContext"]["elb"]["targetGroupArn"]
    return {"statusCode": 200, "statusDescription": "200 OK", "headers": {},
            "isBase64Encoded": False, "body": group.split("/")[1]}
""")
function = aws_lambda.create_function(
    FunctionName="weights", Runtime="python3.13", Handler="app.handler",
    Role=role, Code={"ZipFile": archive.getvalue()},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="weights")
groups = {}
for name in ["old", "new"]:
    groups[name] = elb.create_target_group(
        Name=name, TargetType="lambda"
    )["TargetGroups"][0]["TargetGroupArn"]
    aws_lambda.add_permission(
        FunctionName="weights", StatementId=name, SourceArn=groups[name],
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
    )
    elb.register_targets(
        TargetGroupArn=groups[name], Targets=[{"Id": function}]
    )
# --8<-- [end:groups]

# --8<-- [start:balancer]
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="weights", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
balancer = elb.create_load_balancer(
    Name="weights", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
# --8<-- [end:balancer]

# --8<-- [start:weights]
weighted = [
    {"TargetGroupArn": groups["old"], "Weight": 100},
    {"TargetGroupArn": groups["new"], "Weight": 0},
]
action = {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}
listener = elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action]
)["Listeners"][0]["ListenerArn"]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
for old, new in [(100, 0), (50, 50), (0, 100)]:  # (1)
    weighted[0]["Weight"], weighted[1]["Weight"] = old, new
    elb.modify_listener(ListenerArn=listener, DefaultActions=[action])
    time.sleep(60)
    seen = set()
    for _ in range(50):
        with urlopen(f"http://{balancer['DNSName']}/") as answer:
            seen.add(answer.read().decode())
    print(old, new, *sorted(seen))
# --8<-- [end:weights]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
for name in groups:
    elb.delete_target_group(TargetGroupArn=groups[name])
aws_lambda.delete_function(FunctionName="weights")
logs.delete_log_group(logGroupName="/aws/lambda/weights")
iam.delete_role(RoleName="weights")
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
