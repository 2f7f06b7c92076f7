# --8<-- [start:function]
import io
import json
import time
import zipfile
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
iam, aws_lambda, logs = map(boto3.client, ["iam", "lambda", "logs"])
trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="lambda-target", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
logs.create_log_group(logGroupName="/aws/lambda/lambda-target")
time.sleep(15)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as package:
    file = zipfile.ZipInfo("app.py")
    file.external_attr = 0o644 << 16
    package.writestr(file, """
import json

def handler(event, context):
    item = event["queryStringParameters"]["item"]
    told = json.dumps({"path": event["path"], "item": item})
    return {"statusCode": 200, "statusDescription": "200 OK", "headers": {},
            "isBase64Encoded": False, "body": told}
""")
function = aws_lambda.create_function(
    FunctionName="lambda-target", Runtime="python3.13",
    Handler="app.handler", Role=role, Code={"ZipFile": archive.getvalue()},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName=function)
# --8<-- [end:function]

# --8<-- [start:group]
targets = elb.create_target_group(
    Name="lambda-target", TargetType="lambda"  # (1)
)["TargetGroups"][0]["TargetGroupArn"]
try:
    elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": function}])
except ClientError as error:
    print(error.response["Error"]["Code"])  # (2)
aws_lambda.add_permission(
    FunctionName=function, StatementId="elb", SourceArn=targets,
    Action="lambda:InvokeFunction",
    Principal="elasticloadbalancing.amazonaws.com",
)
elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": function}])
# --8<-- [end:group]

# --8<-- [start:balancer]
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="lambda-target", Description="HTTP", VpcId=subnets[0]["VpcId"]
)["GroupId"]
http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
http["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
balancer = elb.create_load_balancer(
    Name="lambda-target", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
arn = balancer["LoadBalancerArn"]
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
time.sleep(60)
# --8<-- [end:balancer]

# --8<-- [start:requests]
for path in ["/cart?item=7", "/cart"]:
    try:
        with urlopen(f"http://{balancer['DNSName']}{path}") as answer:
            print(path, answer.status, answer.read().decode())
    except HTTPError as error:
        print(path, error.code)  # (3)
# --8<-- [end:requests]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
elb.delete_target_group(TargetGroupArn=targets)
aws_lambda.delete_function(FunctionName=function)
logs.delete_log_group(logGroupName="/aws/lambda/lambda-target")
iam.delete_role(RoleName="lambda-target")
while True:
    try:
        ec2.delete_security_group(GroupId=group)
        break
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
