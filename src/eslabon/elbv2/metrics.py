"""The metrics of load balancers: names, units, dimensions, and what counts as which.

Left out: capacity units, connections of Application Load Balancers, redirects to a URL over 8 KB, rule evaluations,
invalid headers, authentication, anomalies, target group health by zone, peaks, packets, and what security groups reject
of a balancer's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NamedTuple

from eslabon.elbv2.application.answers import CAUSES
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.flows.counting import Counted as CountedFlow
from eslabon.elbv2.flows.counting import Happening
from eslabon.elbv2.resources import ALB, APPLICATION, GATEWAY, LAMBDA, NETWORK, LoadBalancer, TargetGroup

APPLICATION_ELB, NETWORK_ELB, GATEWAY_ELB = "AWS/ApplicationELB", "AWS/NetworkELB", "AWS/GatewayELB"
INTERVAL = 60  # seconds: a balancer sends its metrics once a minute

BALANCER = (("LoadBalancer",), ("AvailabilityZone", "LoadBalancer"))
GROUP = (("LoadBalancer", "TargetGroup"), ("AvailabilityZone", "LoadBalancer", "TargetGroup"))
BOTH = BALANCER + GROUP
PER_TARGET = (*GROUP, ("TargetGroup",), ("AvailabilityZone", "TargetGroup"))
FUNCTION = (("TargetGroup",), ("LoadBalancer", "TargetGroup"))
WHOLE = (("LoadBalancer",),)
OR_GROUP = (*BALANCER, ("TargetGroup",))

Counted = Callable[[Outcome], float]
_MIN_MAX = "Average, Minimum, Maximum"


class Metric(NamedTuple):
    """One metric: `statistic` is the one that makes sense; `counted`: how much a request counts, None: none does.

    flows: what of flows it counts, of these protocols or of all. always: a balancer that has had flows tells zero too.
    """

    unit: str
    statistic: str
    dimensions: tuple[tuple[str, ...], ...]
    when: str  # it is counted
    counted: Counted | None = None
    flows: Happening | None = None
    protocols: tuple[str, ...] = ()
    always: bool = False


class Record(NamedTuple):
    """A value for one metric, so many times; dimensions are (name, value), sorted by name."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float
    unit: str
    times: int = 1


def _count(dimensions: tuple[tuple[str, ...], ...], when: str, counted: Counted | None = None) -> Metric:
    return Metric("Count", "Sum", dimensions, when, counted)


def _from_balancer(code: str) -> Counted:
    return lambda one: bool(one.target_status is None or one.cause) and str(one.status).startswith(code.rstrip("X"))


def _from_target(code: str) -> Counted:
    return lambda one: str(one.target_status).startswith(code.rstrip("X"))


def _acted(action: str) -> Counted:
    return lambda one: one.action == action


def _failed(*causes: str) -> Counted:
    return lambda one: one.cause in causes


def _per_target(one: Outcome) -> float:
    """A request's share of each target: of the healthy ones, or when there is none of all."""
    if one.target is None or one.group is None or one.group.type == LAMBDA:
        return 0
    targets = one.group.targets.values()
    return 1 / (sum(target.health.state == "healthy" for target in targets) or len(targets) or 1)


def _not_sticky(one: Outcome) -> bool:
    sticky = one.group is not None and one.group.attributes.get("stickiness.enabled") == "true"
    return sticky and one.target is not None and not one.reused_target


def _function_failed(one: Outcome) -> bool:
    return bool(one.cause and CAUSES[one.cause].error_reason)


def _bytes(one: Outcome) -> int:
    return one.received_bytes + one.sent_bytes


def _bytes_of_function(one: Outcome) -> int:
    return _bytes(one) if one.target is not None and one.group is not None and one.group.type == LAMBDA else 0


def _is_v6(one: Outcome) -> bool:
    return ":" in one.request.client


# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
APPLICATION_METRICS: Mapping[str, Metric] = {
    "RequestCount": _count(BOTH, "a target was chosen for the request", lambda one: one.target is not None),
    "RequestCountPerTarget": _count(PER_TARGET, "as RequestCount, divided by the healthy targets", _per_target),
    **{
        f"HTTPCode_ELB_{code}_Count": _count(BALANCER, f"the balancer itself answers {code}", _from_balancer(code))
        for code in ("3XX", "4XX", "5XX", "500", "502", "503", "504")
    },
    **{
        f"HTTPCode_Target_{code}_Count": _count(BOTH, f"the target answers {code}", _from_target(code))
        for code in ("2XX", "3XX", "4XX", "5XX")
    },
    "HTTP_Fixed_Response_Count": _count(BALANCER, "a rule answers with a fixed response", _acted("fixed-response")),
    "HTTP_Redirect_Count": _count(BALANCER, "a rule redirects", _acted("redirect")),
    "TargetConnectionErrorCount": _count(BOTH, "no connection is made", _failed("refused", "connection time-out")),
    "TargetTLSNegotiationErrorCount": _count(BOTH, "there is no TLS session with the target", _failed("handshake")),
    "UnhealthyRoutingRequestCount": _count(GROUP, "the request is routed by failing open", lambda one: one.fail_open),
    "NonStickyRequestCount": _count(BALANCER, "stickiness is on, and no cookie chose the target", _not_sticky),
    "DesyncMitigationMode_NonCompliant_Request_Count": _count(
        BALANCER, "the request does not comply with RFC 7230", lambda one: one.classification.tier != "Compliant"
    ),
    "IPv6RequestCount": _count(BALANCER, "the client has an IPv6 address", _is_v6),
    "LambdaUserError": _count(FUNCTION, "a function's request fails because of the function", _function_failed),
    "TargetResponseTime": Metric("Seconds", "Average, pNN", BOTH, "the target begins its answer"),
    "ProcessedBytes": Metric("Bytes", "Sum", BALANCER, "bytes come from clients and go to them", _bytes),
    "IPv6ProcessedBytes": Metric("Bytes", "Sum", BALANCER, "so, over IPv6", lambda one: _is_v6(one) and _bytes(one)),
    "LambdaTargetProcessedBytes": Metric("Bytes", "Sum", WHOLE, "so, with functions", _bytes_of_function),
    "ClientTLSNegotiationErrorCount": _count(BALANCER, "there is no TLS session with a client"),
    "HealthyHostCount": Metric("Count", _MIN_MAX, GROUP, "each minute: targets that are healthy"),
    "UnHealthyHostCount": Metric("Count", _MIN_MAX, GROUP, "each minute: targets that are unhealthy"),
}


def _flows(
    what: Happening,
    when: str,
    dimensions: tuple[tuple[str, ...], ...] = BALANCER,
    protocols: tuple[str, ...] = (),
    *,
    always: bool = False,
) -> Metric:
    unit, statistic = "Bytes" if what == "bytes" else "Count", _MIN_MAX if what == "active" else "Sum"
    return Metric(unit, statistic, dimensions, when, None, what, protocols, always)


_OF_TCP = ("TCP", "TLS")
_HOST_COUNTS = {
    "HealthyHostCount": Metric("Count", "Minimum, Maximum", GROUP, "each minute: targets that are healthy"),
    "UnHealthyHostCount": Metric("Count", "Minimum, Maximum", GROUP, "each minute: targets that are unhealthy"),
}
# Those that are counted by protocol too, as NewFlowCount_TCP.
_BY_PROTOCOL: Mapping[str, Metric] = {
    "NewFlowCount": _flows("new", "a flow begins", OR_GROUP, always=True),
    "ActiveFlowCount": _flows("active", "each minute: flows", OR_GROUP, always=True),
    "ProcessedBytes": _flows("bytes", "bytes go through, with TCP and IP headers", always=True),
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
NETWORK_METRICS: Mapping[str, Metric] = {
    **_BY_PROTOCOL,
    **{
        f"{name}_{protocol}": metric._replace(protocols=(protocol,), always=False)
        for name, metric in _BY_PROTOCOL.items()
        for protocol in ("TCP", "TLS", "UDP")
    },
    "TCP_Client_Reset_Count": _flows("client reset", "a client resets a connection", always=True),
    "TCP_Target_Reset_Count": _flows("target reset", "a target resets a connection", always=True),
    "TCP_ELB_Reset_Count": _flows("reset", "the balancer resets a connection", always=True),
    "RejectedFlowCount": _flows("rejected", "there is no target for a new flow", always=True),
    "RejectedFlowCount_TCP": _flows("rejected", "there is no target for a new connection", protocols=_OF_TCP),
    "SecurityGroupBlockedFlowCount_Inbound_TCP": _flows(
        "blocked", "no security group lets a connection in", protocols=_OF_TCP
    ),
    "SecurityGroupBlockedFlowCount_Inbound_UDP": _flows(
        "blocked", "no security group lets a datagram in", protocols=("UDP",)
    ),
    "ClientTLSNegotiationErrorCount": _count(WHOLE, "there is no TLS session with the client"),
    "TargetTLSNegotiationErrorCount": _count(WHOLE, "there is no TLS session with the target"),
    "UnhealthyRoutingFlowCount": _flows("fail open", "a flow is routed by failing open", protocols=("TCP", "UDP")),
    **_HOST_COUNTS,
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/cloudwatch-metrics.html
GATEWAY_METRICS: Mapping[str, Metric] = {
    "NewFlowCount": _flows("new", "a flow begins"),
    "ActiveFlowCount": _flows("active", "each minute: flows"),
    "ProcessedBytes": _flows("bytes", "bytes go through"),
    "RejectedFlowCount": _flows("rejected", "there is no target for a new flow", always=True),
    "RejectedFlowCount_TCP": _flows("rejected", "there is no target for a new connection", protocols=_OF_TCP),
    **_HOST_COUNTS,
}
METRICS = {APPLICATION_ELB: APPLICATION_METRICS, NETWORK_ELB: NETWORK_METRICS, GATEWAY_ELB: GATEWAY_METRICS}
NAMESPACES = {APPLICATION: APPLICATION_ELB, NETWORK: NETWORK_ELB, GATEWAY: GATEWAY_ELB}


def records(
    balancer: LoadBalancer,
    name: str,
    value: float,
    *,
    zone: str = "",
    group: str = "",
    times: int = 1,
) -> Iterator[Record]:
    """The records of a value: one for each combination of dimensions that the metric has.

    group: the ARN of a target group. Combinations with a zone or a target group are left out where there is none.
    Raises KeyError for what is no metric.

    >>> from eslabon.elbv2.application.examples import balancer
    >>> shop, _ = balancer()
    >>> [record.dimensions for record in records(shop, "HTTP_Redirect_Count", 1, zone="us-east-1a")]
    [(('LoadBalancer', 'shop'),), (('AvailabilityZone', 'us-east-1a'), ('LoadBalancer', 'shop'))]
    >>> list(records(shop, "NewFlowCount", 1))
    Traceback (most recent call last):
    KeyError: 'NewFlowCount'
    """
    namespace = NAMESPACES[balancer.type]
    metric = METRICS[namespace][name]
    for dimensions in _dimensions(metric.dimensions, balancer.arn, zone, group):
        yield Record(namespace, name, dimensions, float(value), metric.unit, times)


@lru_cache(maxsize=1024)
def _dimensions(
    kinds: tuple[tuple[str, ...], ...], balancer: str, zone: str, group: str
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The final portions of the ARNs stand for balancer and target group: app/shop/50dc…, targetgroup/shop/73e2…."""
    named = {
        "AvailabilityZone": zone,
        "LoadBalancer": balancer.rpartition(":loadbalancer/")[2],
        "TargetGroup": group.rpartition(":")[2],
    }
    found = (tuple((name, named[name]) for name in kind) for kind in kinds)
    return tuple(pairs for pairs in found if all(value for _, value in pairs))


def host_counts(balancer: LoadBalancer, group: TargetGroup) -> Iterator[Record]:
    """How many targets are healthy and how many unhealthy, in all and by zone; nothing of a group without targets.

    >>> from eslabon.elbv2.application.examples import balancer
    >>> shop, exchanges = balancer(targets=["172.31.0.10", "172.31.16.10"])
    >>> for record in host_counts(shop, exchanges.groups["group"]):
    ...     print(record.name, record.dimensions[0][1], record.value)
    HealthyHostCount shop 2.0
    HealthyHostCount us-east-1a 1.0
    HealthyHostCount us-east-1b 1.0
    UnHealthyHostCount shop 0.0
    UnHealthyHostCount us-east-1a 0.0
    UnHealthyHostCount us-east-1b 0.0
    """
    if not group.targets or group.type == ALB:  # other balancers are not counted
        return
    for name, state in (("HealthyHostCount", "healthy"), ("UnHealthyHostCount", "unhealthy")):
        zones = Counter({node.zone: 0 for node in balancer.nodes})
        zones.update(target.zone or "" for target in group.targets.values() if target.health.state.startswith(state))
        yield from _summed(balancer, name, {(zone, group.arn): count for zone, count in zones.items()})


def flow_records(balancer: LoadBalancer, counted: Mapping[CountedFlow, int]) -> Iterator[Record]:
    """The records of what a minute has brought to the flows of a balancer, and of its active flows.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html

    >>> from eslabon.elbv2.application.examples import balancer
    >>> shop, _ = balancer()
    >>> shop.type = NETWORK
    >>> found = flow_records(shop, {CountedFlow("new", "TCP", "us-east-1a", ""): 2})
    >>> [(record.name, record.value) for record in found if len(record.dimensions) == 1 and record.value]
    [('NewFlowCount', 2.0), ('NewFlowCount_TCP', 2.0)]
    >>> {record.name: record.value for record in flow_records(shop, {})}["TCP_ELB_Reset_Count"]
    0.0
    """
    for name, metric in METRICS[NAMESPACES[balancer.type]].items():
        places = Counter({(node.zone, ""): 0 for node in balancer.nodes} if metric.always else {})
        for (what, protocol, zone, group), times in counted.items():
            if what == metric.flows and (not metric.protocols or protocol in metric.protocols):
                places[zone, group] += times
        yield from _summed(balancer, name, places)


def _summed(balancer: LoadBalancer, name: str, places: Mapping[tuple[str, str], float]) -> Iterator[Record]:
    """One record for each combination of dimensions, of values by zone and target group."""
    sums: dict[Record, float] = {}
    for (zone, group), value in places.items():
        for record in records(balancer, name, 0, zone=zone, group=group):
            sums[record] = sums.get(record, 0.0) + value
    for record, total in sums.items():
        yield record._replace(value=total)


@dataclass(slots=True)
class _Like:
    """Requests that count alike: one of them, how many, and what differs."""

    one: Outcome
    times: int = 0
    bytes: int = 0
    milliseconds: dict[int, int] = field(default_factory=dict)  # until the target began its answer: how often
    taken: bool = False  # it is sent: others come after it


class Tally:
    """What has been requested in a minute, until it is sent to CloudWatch; a request costs one look-up.

    >>> from eslabon.elbv2.application.examples import balancer, request
    >>> from eslabon.elbv2.application.messages import Response
    >>> shop, exchanges = balancer()
    >>> tally = Tally()
    >>> exchanges.observers.append(tally.add)
    >>> for number in range(3):
    ...     forward = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/"), now=number)
    ...     exchanges.end(exchanges.finish(forward, Response(200), now=number + 0.25), now=number + 0.25)
    >>> taken = {record.name: record for record in tally.take() if len(record.dimensions) == 1}
    >>> taken["RequestCount"].times, taken["HTTPCode_Target_2XX_Count"].times, taken["TargetResponseTime"].value
    (3, 3, 0.25)
    >>> list(tally.take())
    []
    """

    def __init__(self) -> None:
        self._like: dict[tuple[object, ...], _Like] = {}

    def __bool__(self) -> bool:
        return bool(self._like)

    def add(self, outcome: Outcome) -> None:
        """Count a request that has ended.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> answer = exchanges.begin(*place, request("/", method="TRACE"), now=0)
        >>> tally = Tally(); tally.add(answer.outcome)
        >>> sorted({record.name for record in tally.take()})
        ['HTTPCode_ELB_4XX_Count', 'ProcessedBytes']
        """
        kept, answered, sent = outcome.kind.kept, outcome.answered, outcome.sent
        like: _Like | None = kept.get(self)
        if like is None or like.taken:
            like = kept[self] = self._find(outcome)
        like.times += 1
        like.bytes += outcome.received_bytes + outcome.sent_bytes
        if answered is not None and sent is not None:
            milliseconds = int((answered - sent) * 1000 + 0.5)
            like.milliseconds[milliseconds] = like.milliseconds.get(milliseconds, 0) + 1

    def _find(self, outcome: Outcome) -> _Like:
        group = outcome.group
        key = (
            outcome.balancer.arn,
            outcome.node.zone,
            group.arn if group else None,
            outcome.target is None,
            outcome.status,
            outcome.target_status,
            outcome.cause,
            outcome.action,
            outcome.fail_open,
            outcome.reused_target,
            outcome.classification.tier,
            ":" in outcome.request.client,
        )
        like = self._like.get(key)
        if like is None:
            like = self._like[key] = _Like(outcome)
        return like

    def take(self) -> Iterator[Record]:
        """The records of what has been counted, which is forgotten.

        >>> list(Tally().take())
        []
        """
        counted, self._like = self._like, {}
        for like in counted.values():
            like.taken = True
            group = like.one.group.arn if like.one.group else ""
            of = partial(records, like.one.balancer, zone=like.one.node.zone, group=group)
            for name, metric in APPLICATION_METRICS.items():
                value = metric.counted(like.one) if metric.counted else 0
                if value:
                    yield from of(name, like.bytes / like.times if metric.unit == "Bytes" else value, times=like.times)
            for milliseconds, times in like.milliseconds.items():
                yield from of("TargetResponseTime", milliseconds / 1000, times=times)
