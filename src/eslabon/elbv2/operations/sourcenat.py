"""Source NAT over IPv6: each node of a dualstack Network Load Balancer that listens for UDP has a prefix for it.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SubnetMapping.html
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv6Address, IPv6Network
from random import Random

from eslabon.elbv2.attributes import invalid

AUTO = "auto_assigned"
LENGTH = 80  # of a prefix
# Protocols of listeners that need it, and IPv6 targets, on a dualstack balancer.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-target-group.html
NEEDS_IPV6 = ("UDP", "TCP_UDP")


def check_protocol(protocol: str | None, prefixed: bool) -> None:
    """Refuse a protocol for listeners of a dualstack balancer; prefixed: whether its nodes have prefixes.

    Raises InvalidConfigurationRequest.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html

    >>> check_protocol("TCP", prefixed=False); check_protocol("UDP", prefixed=True)
    >>> check_protocol("UDP", prefixed=False)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidConfigurationRequest: ...
    """
    if protocol in NEEDS_IPV6 and not prefixed:
        raise invalid(f"Dualstack load balancers with {protocol} listeners must have EnablePrefixForIpv6SourceNat 'on'")


def choose_prefix(wanted: str, subnet: IPv6Network, used: Collection[str], chance: Random) -> str:
    """A prefix of a subnet's block: the wanted one, or any in which nothing has an address yet.

    wanted: a prefix, or auto_assigned. used: addresses, and prefixes. Raises InvalidConfigurationRequest.

    >>> subnet = IPv6Network("2001:db8:0:1::/64")
    >>> choose_prefix("2001:db8:0:1:5::/80", subnet, (), Random(1))
    '2001:db8:0:1:5::/80'
    >>> choose_prefix("auto_assigned", subnet, (), Random(1))
    '2001:db8:0:1:2265::/80'
    >>> choose_prefix("2001:db8:0:2::/80", subnet, (), Random(1))
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidConfigurationRequest: ...
    """
    taken = [IPv6Address(one.split("/")[0]) for one in used]
    if wanted != AUTO:
        message = f"'{wanted}' must be an IPv6 prefix with a netmask of /{LENGTH} from the CIDR block {subnet}"
        try:
            network = IPv6Network(wanted)
        except ValueError:
            raise invalid(message) from None
        if network.prefixlen != LENGTH or not network.subnet_of(subnet):
            raise invalid(message)
        if any(address in network for address in taken):
            raise invalid(f"The IPv6 prefix '{wanted}' is in use")
        return str(network)
    while True:
        number = chance.getrandbits(LENGTH - subnet.prefixlen)
        network = IPv6Network((int(subnet[0]) | number << 128 - LENGTH, LENGTH))
        if not any(address in network for address in taken):
            return str(network)
