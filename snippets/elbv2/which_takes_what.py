import boto3

# --8<-- [start:make]
ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
zones = [subnet["SubnetId"] for subnet in subnets]
balancers = {
    kind: elb.create_load_balancer(
        Name="takes-" + kind, Type=kind, Subnets=zones
    )["LoadBalancers"][0]["LoadBalancerArn"]
    for kind in ("application", "network", "gateway")
}
groups = {"lambda": elb.create_target_group(
    Name="takes-lambda", TargetType="lambda"
)["TargetGroups"][0]["TargetGroupArn"]}
ports = {"HTTP": 80, "TCP": 80, "UDP": 53, "GENEVE": 6081}
for protocol, port in ports.items():
    groups[protocol] = elb.create_target_group(
        Name="takes-" + protocol.lower(), Protocol=protocol, Port=port,
        VpcId=subnets[0]["VpcId"],
    )["TargetGroups"][0]["TargetGroupArn"]
# --8<-- [end:make]

# --8<-- [start:try]
for kind, balancer in balancers.items():
    taken = []
    for name, group in groups.items():
        listener = {"Protocol": name, "Port": 80}
        if name == "lambda":
            listener["Protocol"] = "HTTP" if kind == "application" else "TCP"
        if kind == "gateway":
            listener = {}
        try:
            made = elb.create_listener(
                LoadBalancerArn=balancer, **listener,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
            )["Listeners"][0]["ListenerArn"]
            elb.delete_listener(ListenerArn=made)
            taken.append(name)
        except elb.exceptions.ClientError:
            pass
    print(kind + ":", ", ".join(taken))
# --8<-- [end:try]

# --8<-- [start:clean-up]
for balancer in balancers.values():
    elb.delete_load_balancer(LoadBalancerArn=balancer)
elb.get_waiter("load_balancers_deleted").wait(
    LoadBalancerArns=list(balancers.values())
)
for group in groups.values():
    elb.delete_target_group(TargetGroupArn=group)
# --8<-- [end:clean-up]
