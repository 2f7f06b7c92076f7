"""Who reaches whom: the way between two addresses, and what security groups let pass on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from eslabon.network import CLIENT, is_private
from eslabon.support.ec2.groups import permits
from eslabon.support.ec2.interfaces import Interface
from eslabon.support.ec2.state import State


class Reaching(State):
    """The ways between interfaces, the internet and other private networks."""

    def source_seen(self, source_ip: str, destination_ip: str, port: int, protocol: str = "tcp") -> str | None:
        """The address that what a source sends to a destination comes from; None: it does not get there.

        To a private address there is a way from private networks alone, and from no other VPC. To a public one an
        instance comes from its own public address, if it has one and its security groups let it out, and a machine on
        a private network from another, that of its own network. IPv6 comes from the internet by the route for ::/0.

        https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> place = (next(iter(ec2.subnets.values())), [ec2.default_group])
        >>> web = ec2.new_interface(*place, "i-1", public=True)
        >>> ec2.source_seen(web.address, "172.31.0.9", 80) == web.address
        True
        >>> ec2.source_seen(web.address, "198.18.0.9", 80) == web.public
        True
        >>> ec2.source_seen("203.0.113.7", "172.31.0.9", 80) is None
        True
        >>> ec2.source_seen(ec2.new_interface(*place, "i-2").address, "198.18.0.9", 80) is None  # nor a public address
        True
        """
        if ":" in destination_ip:  # no address is translated
            found = ":" in source_ip and (self.ipv6_route or self.in_vpc(source_ip))
            return source_ip if found else None
        interface = self.interfaces.get(source_ip)
        if is_private(destination_ip):
            elsewhere = interface is None and source_ip in self.cloud.network.taken
            return source_ip if is_private(source_ip) and not elsewhere else None
        if interface is None:
            return CLIENT if is_private(source_ip) else source_ip
        return interface.public if self._leaves(interface.groups, protocol, port, destination_ip) else None

    def _interface_at(self, address: str) -> Interface | None:
        if ":" in address:
            return next((one for one in self.interfaces.values() if one.ipv6 == address), None)
        return self.interfaces.get(address)

    def _leaves(
        self, groups: Sequence[str], protocol: str, port: int, destination_ip: str, receivers: Sequence[str] = ()
    ) -> bool:
        """Whether the outbound rules of a source's groups let something out."""
        rules = chain.from_iterable(self.groups[group].outbound for group in groups)
        return not groups or permits(rules, protocol, port, destination_ip, receivers)

    def reaches(
        self, destination_ip: str, port: int, protocol: str, source_ip: str, source_groups: Sequence[str] = ()
    ) -> bool:
        """Whether what a source begins to send arrives: where not, it is dropped without a word, and time runs out.

        protocol: tcp or udp. source_groups: ids of the security groups of the source's interface, whose outbound rules
        must let it leave; they are found by the source's address when they are not given. Nothing arrives in the VPC
        where no machine runs.

        https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> node = ec2.new_interface(next(iter(ec2.subnets.values())), [ec2.default_group], "ELB app/shop/1")
        >>> ec2.reaches(node.address, 80, "tcp", "203.0.113.7")  # the default group lets in only its own
        False
        >>> ec2.reaches(node.address, 80, "tcp", "172.31.9.9", [ec2.default_group])
        True
        """
        source, destination = self._interface_at(source_ip), self._interface_at(destination_ip)
        senders = source_groups or (source.groups if source else ())
        receivers = destination.groups if destination else ()
        if not self._leaves(senders, protocol, port, destination_ip, receivers):
            return False
        if destination is None:
            return not self.in_vpc(destination_ip) or self.cloud.network.at(destination_ip, port) is not None
        arriving = chain.from_iterable(self.groups[group].inbound for group in receivers)
        return destination.up and (not receivers or permits(arriving, protocol, port, source_ip, senders))
