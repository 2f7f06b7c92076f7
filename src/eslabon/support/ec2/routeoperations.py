"""Operations on the default VPC's ways: its internet gateway, its route table, and the route that IPv6 needs.

Other gateways, tables and destinations are left out. For IPv4 a default VPC has the route to the internet.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Network

from eslabon.errors import NotModelled, ServiceError
from eslabon.support.ec2.finding import cidr, lookup
from eslabon.support.ec2.places import CIDR, Shown, fixed_id
from eslabon.support.ec2.state import Many, State

ALL_IPV6 = "::/0"
GATEWAY_FILTERS = "attachment.state=Attachments.State attachment.vpc-id=Attachments.VpcId internet-gateway-id owner-id"
TABLE_FILTERS = (
    "association.main=Associations.Main association.route-table-association-id=Associations.RouteTableAssociationId "
    "association.route-table-id=Associations.RouteTableId owner-id "
    "route.destination-cidr-block=Routes.DestinationCidrBlock "
    "route.destination-ipv6-cidr-block=Routes.DestinationIpv6CidrBlock route.gateway-id=Routes.GatewayId "
    "route.origin=Routes.Origin route.state=Routes.State route-table-id vpc-id"
)


class Routes(State):
    """The internet gateway and the main route table of the default VPC."""

    def describe_internet_gateways(self, InternetGatewayIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe internet gateways: there is that of the default VPC. Raises InvalidInternetGatewayID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> [gateway["Attachments"][0]["State"] for gateway in ec2.describe_internet_gateways()["InternetGateways"]]
        ['available']
        >>> ec2.describe_internet_gateways(InternetGatewayIds=["igw-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidInternetGatewayID.NotFound) ...
        """
        attached = [{"State": "available", "VpcId": self.vpc}]
        shown = {"InternetGatewayId": self.gateway, "Attachments": attached, "OwnerId": self.account}
        found = self.described("igw", InternetGatewayIds, {self.gateway: shown}, Filters, GATEWAY_FILTERS)
        return {"InternetGateways": found}

    def describe_route_tables(self, RouteTableIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe route tables: there is the main one of the default VPC. Raises InvalidRouteTableID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> [table] = ec2.describe_route_tables()["RouteTables"]
        >>> [route["DestinationCidrBlock"] for route in table["Routes"]]
        ['172.31.0.0/16', '0.0.0.0/0']
        >>> ec2.describe_route_tables(RouteTableIds=["rtb-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidRouteTableID.NotFound) ...
        """
        block = self.block(self.vpc)
        local = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
        internet = {"GatewayId": self.gateway, "Origin": "CreateRoute", "State": "active"}
        routes = [{"DestinationCidrBlock": CIDR, **local}, {"DestinationCidrBlock": "0.0.0.0/0", **internet}]
        if block:
            routes.append({"DestinationIpv6CidrBlock": str(block.network), **local})
        if self.ipv6_route:
            routes.append({"DestinationIpv6CidrBlock": ALL_IPV6, **internet})
        association = {
            "Main": True,
            "RouteTableId": self.route_table,
            "RouteTableAssociationId": fixed_id("rtbassoc", self.account, self.region),
            "AssociationState": {"State": "associated"},
        }
        shown = {
            "RouteTableId": self.route_table,
            "VpcId": self.vpc,
            "OwnerId": self.account,
            "Associations": [association],
            "PropagatingVgws": [],
            "Routes": routes,
        }
        return {"RouteTables": self.described("rtb", RouteTableIds, {self.route_table: shown}, Filters, TABLE_FILTERS)}

    def create_route(self, RouteTableId: str, DestinationIpv6CidrBlock: str, GatewayId: str) -> Shown:
        """Let IPv6 find its way between the VPC and the internet: ::/0 leads to the internet gateway.

        Raises InvalidRouteTableID.NotFound, InvalidInternetGatewayID.NotFound, InvalidParameterValue,
        RouteAlreadyExists.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> table = ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        >>> gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
        >>> route = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0"}
        >>> ec2.create_route(GatewayId=gateway, **route)["Return"]
        True
        >>> ec2.create_route(GatewayId=gateway, **route)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (RouteAlreadyExists) ... identified by ::/0 already exists.
        """
        destination = self._destination(RouteTableId, DestinationIpv6CidrBlock)
        lookup("igw", [GatewayId], {self.gateway: None})
        if self.ipv6_route:
            raise ServiceError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
        self.ipv6_route = True
        return {"Return": True}

    def delete_route(self, RouteTableId: str, DestinationIpv6CidrBlock: str) -> None:
        """Take the route for ::/0 away. Raises InvalidRouteTableID.NotFound, InvalidRoute.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> table = ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        >>> ec2.delete_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidRoute.NotFound) ...
        """
        destination = self._destination(RouteTableId, DestinationIpv6CidrBlock)
        if not self.ipv6_route:
            message = f"no route with destination-ipv6-cidr-block {destination} in route table {RouteTableId}"
            raise ServiceError("InvalidRoute.NotFound", message)
        self.ipv6_route = False

    def _destination(self, table: str, destination: str) -> str:
        lookup("rtb", [table], {self.route_table: None})
        if str(cidr(destination, IPv6Network)) != ALL_IPV6:
            raise NotModelled("ec2", f"routes to {destination}", [ALL_IPV6])
        return ALL_IPV6
