"""The operation on network interfaces: they are described. Making, attaching and tagging them is left out."""

from __future__ import annotations

from collections.abc import Sequence

from eslabon.support.ec2.finding import lookup, select
from eslabon.support.ec2.interfaces import shown_interface
from eslabon.support.ec2.places import Shown
from eslabon.support.ec2.state import Many, State

FILTERS = (
    "addresses.private-ip-address=PrivateIpAddresses.PrivateIpAddress association.public-ip=Association.PublicIp "
    "attachment.instance-id=Attachment.InstanceId attachment.instance-owner-id=Attachment.InstanceOwnerId "
    "attachment.status=Attachment.Status availability-zone availability-zone-id description group-id=Groups.GroupId "
    "interface-type ipv6-addresses.ipv6-address=Ipv6Addresses.Ipv6Address network-interface-id owner-id "
    "private-dns-name private-ip-address requester-id requester-managed status subnet-id vpc-id"
)


class NetworkInterfaces(State):
    """Network interfaces of instances and of load balancers."""

    def describe_network_interfaces(self, NetworkInterfaceIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe network interfaces: those with the ids, or all, also those that load balancers have.

        A security group can be deleted when no interface has it, nor any other group's rule names it.

        Raises InvalidNetworkInterfaceID.NotFound, InvalidNetworkInterfaceId.Malformed, InvalidParameterValue.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> ec2 = shop.cloud.client("ec2")
        >>> used = [{"Name": "group-id", "Values": shop.balancer.security_groups}]
        >>> [one["Description"][:13] for one in ec2.describe_network_interfaces(Filters=used)["NetworkInterfaces"]]
        ['ELB app/shop/', 'ELB app/shop/']
        >>> _ = shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.balancer.arn)
        >>> ec2.describe_network_interfaces(Filters=used)["NetworkInterfaces"]
        []
        >>> ec2.describe_network_interfaces(NetworkInterfaceIds=["eni-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidNetworkInterfaceID.NotFound) ... does not exist
        """
        names = {group.id: group.name for group in self.groups.values()}
        there = {one.id: shown_interface(one, names, self.region) for one in self.interfaces.values()}
        wanted = lookup("eni", NetworkInterfaceIds or there, there)
        return {"NetworkInterfaces": select(wanted, Filters, FILTERS)}
