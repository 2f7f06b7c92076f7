"""What the nodes of a Network Load Balancer remember: every flow keeps its target until it ends. QUIC is left out.

Passive health checks are left out, and so is the limit of 55,000 connections to a target without the client's address.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.balancing.stickiness import by_source_ip
from eslabon.elbv2.balancing.zones import Eligible, usable
from eslabon.elbv2.flows.counting import MOST, Counted, Happening, headers_of, packets_of
from eslabon.elbv2.flows.hashing import FIELDS, FIVE_TUPLE, Packet, flow_hash, pick
from eslabon.elbv2.flows.settings import ends, setting
from eslabon.elbv2.flows.tlslog import Handshake
from eslabon.elbv2.resources import Listener, LoadBalancer, Target, TargetGroup
from eslabon.elbv2.rules.actions import Forward
from eslabon.elbv2.rules.decision import compile_rules

TCP_IDLE, OTHER_IDLE = 350.0, 120.0  # seconds
IDLE_TIMEOUT = "tcp.idle_timeout.seconds"
_HALF = 1 << 32  # of a hash

# What becomes of a packet: it goes to the target of a new flow, or of one that is known; its sender gets a TCP reset;
# it is dropped without a word.
Outcome = Literal["new", "kept", "reset", "dropped"]
# What is wrong with the flow that a packet belongs to; "": nothing is.
Trouble = Literal["", "unknown", "idle", "unhealthy", "deregistered", "weight 0", "no target"]


@dataclass(slots=True)
class Flow:
    """A TCP connection, or datagrams between the same two addresses and ports."""

    packet: Packet  # its first one
    zone: str  # of the node
    group: TargetGroup
    target: Target
    began: float
    seen: float  # when data last came from either side
    ended: float | None = None  # since when it is not in the table any more
    why: Trouble = ""  # for which the balancer has ended it
    received: int = 0  # bytes from the client
    sent: int = 0  # bytes to the client
    packets: int = 0  # of both
    told: int = 0  # bytes that metrics have counted
    handshake: Handshake | None = None  # with a TLS listener

    def carry(self, now: float, *, received: int = 0, sent: int = 0, times: int = 1) -> None:
        """Data has gone through, so many bytes from the client, or so many to it; times: so often.

        >>> from eslabon.elbv2.flows.examples import network
        >>> packet = Packet("udp", "203.0.113.7", 50000, "198.51.100.1", 53)
        >>> flow = network(1, "UDP").arrive(packet, "us-east-1a", 0).flow
        >>> flow.carry(1, received=100); flow.carry(2, sent=200)
        >>> flow.received, flow.sent, flow.processed, flow.seen
        (100, 200, 356, 2)
        """
        self.seen = now
        self.received += received * times
        self.sent += sent * times
        size = received + sent
        self.packets += times if size <= MOST else times * packets_of(size)

    @property
    def processed(self) -> int:
        """The bytes that have gone through, with the headers of their packets."""
        headers = headers_of(self.packet.protocol, ipv6=":" in self.packet.source)
        return self.received + self.sent + self.packets * headers


class Arrival(NamedTuple):
    """What becomes of a packet, the flow that it belongs to if it goes on, and what is wrong with the one before."""

    outcome: Outcome
    flow: Flow | None = None
    trouble: Trouble = ""


class Flows:
    """The flows of a listener.

    groups: the target groups, by ARN.

    >>> from eslabon.elbv2.flows.examples import network
    >>> flows = network(3)
    >>> syn = Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80, sequence=1)
    >>> flows.arrive(syn, "us-east-1a", now=0, begins=True).outcome
    'new'
    >>> [flows.arrive(syn, "us-east-1a", now).outcome for now in (1, 351, 702)]
    ['kept', 'kept', 'reset']
    """

    def __init__(self, balancer: LoadBalancer, listener: Listener, groups: Mapping[str, TargetGroup]) -> None:
        self.balancer = balancer
        self.listener = listener
        self.groups = groups
        self.table: dict[Hashable, Flow] = {}
        self.observers: list[Callable[[Flow], None]] = []  # they are told of flows that have ended
        self._counted: Counter[Counted] = Counter()
        self._bound: dict[str, str] = {}  # address of a client: ARN of its group, by target group stickiness

    def arrive(self, packet: Packet, zone: str, now: float, *, begins: bool = False) -> Arrival:
        """What becomes of a client's packet at the node of a zone.

        now: seconds. begins: whether it is a SYN, which begins a TCP connection.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#listener-configuration

        >>> from eslabon.elbv2.flows.examples import network
        >>> datagram = Packet("udp", "203.0.113.7", 50000, "198.51.100.1", 53)
        >>> flows = network(2, "UDP")
        >>> [flows.arrive(datagram, "us-east-1a", now).outcome for now in (0, 120, 241)]
        ['new', 'kept', 'new']
        >>> network(0, "UDP").arrive(datagram, "us-east-1a", 0)
        Arrival(outcome='dropped', flow=None, trouble='no target')
        """
        key = self.key(packet)
        flow = self.table.get(key)
        trouble = self.trouble(flow, now) if flow else "unknown"
        outcome = self.verdict(packet, flow, trouble, begins)
        if flow and outcome == "kept":
            flow.seen = now
            return Arrival("kept", flow, trouble)
        self._forget(key, now, trouble)
        if outcome != "new":
            if outcome == "reset":
                self.count("reset", packet, zone)
            return Arrival(outcome, None, trouble)
        group = self.group(packet)
        targets, fail_open = self.eligible(group, zone, now) if group else ((), False)
        if not group or not targets:
            self.count("rejected", packet, zone)
            if packet.protocol != "tcp":
                return Arrival("dropped", None, "no target")
            self.count("reset", packet, zone)
            return Arrival("reset", None, "no target")
        flow = Flow(packet, zone, group, self.choose(packet, group, targets), now, now)
        self.table[key] = flow
        self.count("new", packet, zone, group.arn)
        if fail_open:
            self.count("fail open", packet, zone, group.arn)
        return Arrival("new", flow, trouble)

    def close(self, packet: Packet, now: float | None = None) -> None:
        """Forget a flow: either side has closed the connection, or reset it; now: None is when data last came.

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(1)
        >>> syn = Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80)
        >>> _ = flows.arrive(syn, "us-east-1a", 0, begins=True); flows.close(syn)
        >>> flows.arrive(syn, "us-east-1a", 0).trouble
        'unknown'
        """
        self._forget(self.key(packet), now)

    def _forget(self, key: Hashable, now: float | None, why: Trouble = "") -> None:
        flow = self.table.pop(key, None)
        if flow is None:
            return
        flow.why, flow.ended = why, flow.seen if now is None else min(now, flow.seen + self.idle_timeout(flow))
        self._count_bytes(flow)
        for observer in self.observers:
            observer(flow)

    def active(self, now: float) -> int:
        """How many flows there are; those whose next packet would not reach their target any more are forgotten.

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(1)
        >>> _ = flows.arrive(Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80), "us-east-1a", 0, begins=True)
        >>> flows.active(350), flows.active(351)
        (1, 0)
        """
        for key, flow in [(key, flow) for key, flow in self.table.items() if self.is_over(flow, now)]:
            self._forget(key, now, self.trouble(flow, now))
        return len(self.table)

    def is_over(self, flow: Flow, now: float) -> bool:
        """Whether a flow has come to its end: it was idle for too long, or what has become of its target ends it.

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows, syn = network(1), Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80)
        >>> flow = flows.arrive(syn, "us-east-1a", 0, begins=True).flow
        >>> flows.is_over(flow, now=350), flows.is_over(flow, now=351)
        (False, True)
        """
        return flow.ended is not None or self.verdict(flow.packet, flow, self.trouble(flow, now), False) != "kept"

    # --- What metrics tell --------------------------------------------------------------------------------------------

    def protocol(self, packet: Packet) -> str:
        """The protocol by which a packet's flow is counted: of a TLS listener TLS, else its own.

        >>> from eslabon.elbv2.flows.examples import network
        >>> packet = Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 443)
        >>> network(1, "TLS").protocol(packet), network(1, "TCP_UDP").protocol(packet)
        ('TLS', 'TCP')
        """
        return "TLS" if self.listener.protocol == "TLS" else packet.protocol.upper()

    def count(self, what: Happening, packet: Packet, zone: str, group: str = "", times: int = 1) -> None:
        """Something has happened to a packet, or to its flow; group: the ARN of its target group, if it has one.

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(1)
        >>> flows.count("client reset", Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80), "us-east-1a")
        >>> flows.take(0)
        Counter({Counted(what='client reset', protocol='TCP', zone='us-east-1a', group=''): 1})
        """
        self._counted[Counted(what, self.protocol(packet), zone, group)] += times

    def take(self, now: float) -> Counter[Counted]:
        """What has happened since this was last asked, and how many flows are active; the first is forgotten.

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(1)
        >>> _ = flows.arrive(Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80), "us-east-1a", 0, begins=True)
        >>> [found.what for found in flows.take(60)], [found.what for found in flows.take(120)]
        (['new', 'active'], ['active'])
        """
        self.active(now)
        for flow in self.table.values():
            self._count_bytes(flow)
            self.count("active", flow.packet, flow.zone, flow.group.arn)
        counted, self._counted = self._counted, Counter()
        return counted

    def _count_bytes(self, flow: Flow) -> None:
        processed = flow.processed  # on sockets it grows meanwhile
        if processed > flow.told:
            self.count("bytes", flow.packet, flow.zone, flow.group.arn, processed - flow.told)
            flow.told = processed

    # --- What a Gateway Load Balancer does otherwise ------------------------------------------------------------------

    def key(self, packet: Packet) -> Hashable:
        """What packets of one flow have in common.

        >>> from eslabon.elbv2.flows.examples import network
        >>> network(1).key(Packet("udp", "203.0.113.7", 50000, "198.51.100.1", 53, sequence=9))
        ('udp', '203.0.113.7', 50000, '198.51.100.1', 53)
        """
        return packet[: len(FIVE_TUPLE)]

    def idle_timeout(self, flow: Flow) -> float:
        """For how many seconds a flow may be silent.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows, syn = network(1), Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80)
        >>> flow = flows.arrive(syn, "us-east-1a", 0, begins=True).flow
        >>> flows.listener.attributes[IDLE_TIMEOUT] = "6000"
        >>> flows.idle_timeout(flow)
        6000.0
        """
        return self.idle_seconds(flow.packet.protocol)

    def idle_seconds(self, protocol: str) -> float:
        """For how many seconds a flow of a protocol may be silent: of tcp, what the listener says.

        >>> from eslabon.elbv2.flows.examples import network
        >>> network(1).idle_seconds("tcp"), network(1).idle_seconds("udp")
        (350.0, 120.0)
        """
        return float(self.listener.attributes.get(IDLE_TIMEOUT, TCP_IDLE)) if protocol == "tcp" else OTHER_IDLE

    def verdict(self, packet: Packet, flow: Flow | None, trouble: Trouble, begins: bool) -> Outcome:
        """What becomes of a packet whose flow is in trouble, or in none.

        >>> from eslabon.elbv2.flows.examples import network
        >>> packet = Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80)
        >>> network(1).verdict(packet, None, "unknown", begins=False)
        'reset'
        """
        if begins:
            return "new"
        if flow and (not trouble or not ends(flow.group, trouble)):
            return "kept"
        return "reset" if packet.protocol == "tcp" else "new"

    def choose(self, packet: Packet, group: TargetGroup, targets: Sequence[Target]) -> Target:
        """The target for a new flow, one of these: by the client's address alone when the group is sticky.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#sticky-sessions

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(9, stickiness__enabled="true")
        >>> [group] = flows.groups.values()
        >>> packets = [Packet("tcp", "203.0.113.7", port, "198.51.100.1", 80) for port in range(50000, 50100)]
        >>> len({flows.choose(packet, group, list(group.targets.values())).id for packet in packets})
        1
        """
        if self.is_sticky(group):
            return by_source_ip(packet.source, targets)
        return targets[flow_hash(packet, FIELDS[packet.protocol]) % _HALF % len(targets)]

    def is_sticky(self, group: TargetGroup) -> bool:
        """Whether a client's address alone chooses among the targets of a group; not of TLS listeners.

        >>> from eslabon.elbv2.flows.examples import network
        >>> for protocol in ("TCP", "TLS"):
        ...     flows = network(1, protocol, stickiness__enabled="true")
        ...     print(flows.is_sticky(next(iter(flows.groups.values()))))
        True
        False
        """
        return setting(group, "stickiness.enabled") == "true" and self.listener.protocol != "TLS"

    # --- What both do -------------------------------------------------------------------------------------------------

    def group(self, packet: Packet) -> TargetGroup | None:
        """The target group for a new flow: by the rule for its client's kind of address, and by weight.

        With target group stickiness, a client's address stays with the group that it has had. None: no group has any
        weight.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#default-actions

        >>> from eslabon.elbv2.flows.examples import network
        >>> network(1).group(Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80)).name
        'orders'
        """
        weights, sticky = self.forwarding(packet.source)
        arn: str | None = self._bound.get(packet.source, "") if sticky else ""
        if not weights.get(arn or ""):
            # The other half of the hash chooses among the group's targets: the two choices know nothing of each other.
            fields = FIELDS.get(packet.protocol, FIVE_TUPLE)
            arn = pick(flow_hash(packet, fields) // _HALF, list(weights.items()))
        if arn and sticky:
            self._bound[packet.source] = arn
        return self.groups[arn] if arn else None

    def eligible(self, group: TargetGroup, zone: str, now: float) -> Eligible:
        """The targets of a group that the node of a zone may use now for new flows.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(2)
        >>> [group] = flows.groups.values()
        >>> for target in group.targets.values():
        ...     target.health.state = "unhealthy"
        >>> found = flows.eligible(group, "us-east-1a", now=0)
        >>> len(found.targets), found.fail_open
        (2, True)
        """
        for target in group.targets.values():
            target.health.at(now)
        return usable(zone, self.balancer.attributes, group)

    def trouble(self, flow: Flow, now: float) -> Trouble:
        """What is wrong with a flow now, whether or not it ends for that.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html

        >>> from eslabon.elbv2.flows.examples import network
        >>> flows = network(2)
        >>> flow = flows.arrive(Packet("udp", "203.0.113.7", 50000, "198.51.100.1", 53), "us-east-1a", 0).flow
        >>> flow.target.health.state = "unhealthy"
        >>> flows.trouble(flow, now=0), flows.trouble(flow, now=121)
        ('unhealthy', 'idle')
        """
        if now - flow.seen > self.idle_timeout(flow):
            return "idle"
        if self.forwarding(flow.packet.source)[0].get(flow.group.arn) == 0:
            return "weight 0"
        health = flow.target.health
        state = health.at(now)
        unhealthy = state == "unhealthy" or health.reason == "Target.InvalidState"
        if unhealthy and not self.eligible(flow.group, flow.zone, now).fail_open:
            return "unhealthy"
        return "deregistered" if state == "unused" and health.reason == "Target.NotRegistered" else ""

    def forwarding(self, client: str) -> tuple[dict[str, int], bool]:
        """The weights of the target groups for a client, by ARN; whether it stays with the group that it has had.

        >>> from eslabon.elbv2.flows.examples import network
        >>> weights, sticky = network(1).forwarding("203.0.113.7")
        >>> list(weights.values()), sticky
        ([1], False)
        """
        listener = self.listener
        decision = listener.decision or compile_rules(listener.default, listener.rules.values())
        rule = decision.decide(Request("", "", client=client))
        action = decision.action(rule)
        config = rule.actions[-1].get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})
        sticky = bool(config.get("Enabled")) and listener.protocol != "TLS"
        return dict(action.groups) if isinstance(action, Forward) else {}, sticky
