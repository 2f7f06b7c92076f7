import boto3

# --8<-- [start:make]
ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
zones = [subnet["SubnetId"] for subnet in subnets]
arn = elb.create_load_balancer(Name="refused", Subnets=zones)[
    "LoadBalancers"
][0]["LoadBalancerArn"]
fixed = {"StatusCode": "200"}
answer = {"Type": "fixed-response", "FixedResponseConfig": fixed}
gone = {**answer, "FixedResponseConfig": {"StatusCode": "410"}}
http = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80}
listener = elb.create_listener(**http, DefaultActions=[answer])
listener = listener["Listeners"][0]["ListenerArn"]
# --8<-- [end:make]


# --8<-- [start:try]
def path(*values):
    return [{"Field": "path-pattern", "Values": list(values)}]


def attempt(what, operation, **parameters):
    try:
        operation(**parameters)
        print(what + ": accepted")
    except elb.exceptions.ClientError as error:
        print(what + ":", error.response["Error"]["Code"])


new, rule = elb.create_load_balancer, elb.create_rule
attempt("a name of 33", new, Name="x" * 33, Subnets=zones)
attempt("one zone", new, Name="one", Subnets=zones[:1])
attempt("the name again", new, Name="refused", Subnets=zones,
        Scheme="internal")
attempt("the port again", elb.create_listener, **http, DefaultActions=[gone])
rest = {"ListenerArn": listener, "Actions": [answer]}
attempt("priority 50,001", rule, Priority=50_001, Conditions=path("/"), **rest)
six = path(*"abcdef")
attempt("six values", rule, Priority=1, Conditions=six, **rest)
long = {**fixed, "ContentType": "text/plain", "MessageBody": "x" * 1025}
rest["Actions"] = [{**answer, "FixedResponseConfig": long}]
attempt("1,025 bytes", rule, Priority=1, Conditions=path("/"), **rest)
# --8<-- [end:try]

# --8<-- [start:clean-up]
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
# --8<-- [end:clean-up]
