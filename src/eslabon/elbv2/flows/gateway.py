"""How a Gateway Load Balancer treats flows, and what it sends to appliances. Endpoints and routes are left out.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from eslabon.elbv2.flows.flows import OTHER_IDLE, TCP_IDLE, Flow, Flows, Outcome, Trouble
from eslabon.elbv2.flows.hashing import FIELDS, FIVE_TUPLE, Packet, flow_hash
from eslabon.elbv2.flows.settings import setting
from eslabon.elbv2.resources import Target, TargetGroup

MTU = 8500  # bytes; longer packets are dropped
OVERHEAD = 68  # bytes: 20 of an IPv4 header, 8 of UDP, 40 of GENEVE
OPTION_CLASS = 0x0108
_ETHERTYPES = {4: 0x0800, 6: 0x86DD}

# A target in trouble: what rebalances its flows to others, and what ends those of TCP with a reset.
_SWITCHES: Mapping[Trouble, tuple[str, str]] = {
    "unhealthy": ("target_failover.on_unhealthy", "send_tcp_reset.on_unhealthy.enabled"),
    "deregistered": ("target_failover.on_deregistration", "send_tcp_reset.on_deregistration.enabled"),
}


class GatewayFlows(Flows):
    """The flows of a Gateway Load Balancer's listener: both directions of a flow go to the same appliance.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/edit-target-group-attributes.html#flow-stickiness

    >>> from eslabon.elbv2.flows.examples import gateway
    >>> flows = gateway(9)
    >>> there = Packet("tcp", "10.0.0.5", 50000, "198.51.100.1", 443)
    >>> back = Packet("tcp", "198.51.100.1", 443, "10.0.0.5", 50000)
    >>> target = flows.arrive(there, "us-east-1a", 0, begins=True).flow.target
    >>> flows.arrive(back, "us-east-1a", 1).flow.target is target
    True
    """

    def key(self, packet: Packet) -> Hashable:
        """What packets of one flow have in common: 5, 3 or 2 fields, in either direction."""
        fields = self._fields(self.group(packet))
        ports = (packet.source_port, packet.destination_port) if fields == FIVE_TUPLE else (0, 0)
        ends = sorted(zip((packet.source, packet.destination), ports, strict=True))
        return packet.protocol if "protocol" in fields else "", *ends

    def idle_timeout(self, flow: Flow) -> float:
        """For how many seconds a flow may be silent: what the listener says counts with 5-tuple stickiness only."""
        if self._fields(flow.group) == FIVE_TUPLE:
            return super().idle_timeout(flow)
        return TCP_IDLE if flow.packet.protocol == "tcp" else OTHER_IDLE

    def verdict(self, packet: Packet, flow: Flow | None, trouble: Trouble, begins: bool) -> Outcome:
        """What becomes of a packet: a flow goes on to a target in trouble, unless the group's attributes say otherwise.

        >>> from eslabon.elbv2.flows.examples import gateway
        >>> flows, packet = gateway(2), Packet("tcp", "10.0.0.5", 50000, "198.51.100.1", 443)
        >>> flows.verdict(packet, None, "unknown", begins=False)
        'dropped'
        >>> flow = flows.arrive(packet, "us-east-1a", 0, begins=True).flow
        >>> flows.verdict(packet, flow, "unhealthy", begins=False)
        'kept'
        """
        late = packet.protocol == "tcp" and not begins
        if flow is None or trouble == "idle":
            resets = self.listener.attributes.get("send_tcp_reset.on_idle_timeout.enabled") == "true"
            return ("reset" if resets else "dropped") if late else "new"
        failover, reset = _SWITCHES.get(trouble, ("", ""))
        if setting(flow.group, failover) == "rebalance":
            return "new"
        if packet.protocol == "tcp" and setting(flow.group, reset) == "true":
            return "reset" if late else "new"
        return "kept"

    def is_over(self, flow: Flow, now: float) -> bool:
        """Whether a flow was idle for too long; what else happens to it, its next packet decides."""
        return flow.ended is not None or self.trouble(flow, now) == "idle"

    def choose(self, packet: Packet, group: TargetGroup, targets: Sequence[Target]) -> Target:
        """The appliance for a new flow, one of these."""
        return targets[flow_hash(packet, self._fields(group)) % len(targets)]

    def _fields(self, group: TargetGroup | None) -> tuple[str, ...]:
        sticky = group is not None and setting(group, "stickiness.enabled") == "true"
        return FIELDS[setting(group, "stickiness.type")] if group and sticky else FIVE_TUPLE


def geneve(packet: bytes, *, endpoint: int, cookie: int, attachment: int = 0) -> bytes:
    """What is sent to port 6081 of an appliance: a GENEVE header with three options, and the packet as it was.

    packet: of IPv4 or IPv6. endpoint: the id of the VPC endpoint that it came through, a number of 64 bits. cookie: of
    the flow, 32 bits; the appliance sends all back. Raises ValueError for a packet longer than the MTU (AWS drops it),
    or for what is none.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/target-groups.html#target-group-routing-configuration

    >>> sent = geneve(bytes.fromhex("45") + bytes(19), endpoint=0x0123456789ABCDEF, cookie=7)
    >>> sent[:8].hex(" "), len(sent) - 20
    ('08 00 08 00 00 00 00 00', 40)
    >>> geneve(b"\\x45" + bytes(8500), endpoint=1, cookie=1)
    Traceback (most recent call last):
    ValueError: a packet of 8501 bytes is dropped: the MTU is 8500
    """
    if len(packet) > MTU:
        raise ValueError(f"a packet of {len(packet)} bytes is dropped: the MTU is {MTU}")
    version = packet[0] >> 4 if packet else 0
    if version not in _ETHERTYPES:
        raise ValueError("this is no packet of IPv4 or IPv6: its first four bits must be 4 or 6")
    options = b"".join(
        OPTION_CLASS.to_bytes(2) + bytes((kind, size // 4)) + value.to_bytes(size)
        for kind, size, value in ((1, 8, endpoint), (2, 8, attachment), (3, 4, cookie))
    )
    # Version 0 and the length of the options in words of 4 bytes; no flags; the network identifier is 0.
    return bytes((len(options) // 4, 0)) + _ETHERTYPES[version].to_bytes(2) + bytes(4) + options + packet
