import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import boto3
from botocore.exceptions import ClientError

ec2, elb, acm = map(boto3.client, ["ec2", "elbv2", "acm"])

# --8<-- [start:certificates]
www = acm.import_certificate(
    Certificate=Path(__file__).with_name("www.crt").read_bytes(),
    PrivateKey=Path(__file__).with_name("www.key").read_bytes(),
)["CertificateArn"]
api = acm.import_certificate(
    Certificate=Path(__file__).with_name("api.crt").read_bytes(),
    PrivateKey=Path(__file__).with_name("api.key").read_bytes(),
)["CertificateArn"]
# --8<-- [end:certificates]

# --8<-- [start:make]
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
group = ec2.create_security_group(
    GroupName="tls", Description="HTTP and HTTPS", VpcId=subnets[0]["VpcId"]
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
    {"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
     "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    for port in (80, 443)
])
balancer = elb.create_load_balancer(
    Name="tls", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[group],
)["LoadBalancers"][0]
arn, url = balancer["LoadBalancerArn"], f"http://{balancer['DNSName']}"
hello = {"Type": "fixed-response"}
hello["FixedResponseConfig"] = {"StatusCode": "200"}
policy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
listener = elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTPS", Port=443, DefaultActions=[hello],
    Certificates=[{"CertificateArn": www}], SslPolicy=policy,  # (1)
)["Listeners"][0]["ListenerArn"]
elb.add_listener_certificates(  # (2)
    ListenerArn=listener, Certificates=[{"CertificateArn": api}]
)
safer = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "redirect", "RedirectConfig": safer}],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
# --8<-- [end:make]

# --8<-- [start:look]
for name in ("ELBSecurityPolicy-2016-08", policy):
    shown = elb.describe_ssl_policies(Names=[name])["SslPolicies"][0]
    print(name, *sorted(shown["SslProtocols"]))
held = elb.describe_listener_certificates(ListenerArn=listener)
for one in held["Certificates"]:
    found = acm.describe_certificate(CertificateArn=one["CertificateArn"])
    kind = "default" if one["IsDefault"] else "by SNI"
    print(found["Certificate"]["DomainName"], kind)
opener = build_opener(type("Stay", (HTTPRedirectHandler,), {
    "redirect_request": lambda *_: None,  # (3)
}))
try:
    opener.open(Request(url + "/cart", headers={"Host": "www.example.com"}))
except HTTPError as moved:
    print(moved.code, moved.headers["Location"])
# --8<-- [end:look]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
uses = [(acm.delete_certificate, {"CertificateArn": www}),
        (acm.delete_certificate, {"CertificateArn": api}),
        (ec2.delete_security_group, {"GroupId": group})]
while uses:
    delete, what = uses[0]
    try:
        delete(**what)
        uses.pop(0)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("DependencyViolation", "ResourceInUseException"):
            raise
        time.sleep(10)
# --8<-- [end:clean-up]
