"""What load balancers report: metrics to CloudWatch every minute, access logs to S3 every five."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from eslabon.elbv2 import metrics
from eslabon.elbv2.application import accesslog
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.flows import tlslog
from eslabon.elbv2.flows.counting import Counted
from eslabon.elbv2.flows.flows import Flow, Flows
from eslabon.elbv2.resources import INSTANCE, NETWORK, LoadBalancer
from eslabon.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eslabon.elbv2.inprocess import InProcess

_ENABLED, _BUCKET, _PREFIX = (f"access_logs.s3.{name}" for name in ("enabled", "bucket", "prefix"))


class Reports:
    """Observes the requests of the balancers of one account and Region.

    >>> from eslabon.elbv2.application.messages import Request
    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> reports = Reports(shop.service)
    >>> shop.cloud.clock.advance(300)
    >>> shop.service.handle(shop.balancer, shop.balancer.nodes[0], Request("TRACE", "/")).status
    405
    >>> shop.cloud.clock.advance(960)
    >>> listed = shop.cloud.client("cloudwatch").list_metrics(MetricName="HTTPCode_ELB_4XX_Count")["Metrics"]
    >>> [len(metric["Dimensions"]) for metric in listed]
    [2, 1]
    """

    def __init__(self, service: InProcess) -> None:
        self._service = service
        self._tally = metrics.Tally()
        self._pending = accesslog.Pending()
        self._failed_handshakes: Counter[str] = Counter()  # by the balancer's ARN
        self._counting = self._logging = False  # whether what is due is in the clock
        service.exchanges.observers.append(self._add)

    def _add(self, outcome: Outcome) -> None:
        self._tally.add(outcome)
        if not self._counting:
            self.count()
        if outcome.balancer.attributes.get(_ENABLED) == "true":
            self._pending.add(outcome, self._address(outcome))
            if not self._logging:
                self._log()

    def watch(self, flows: Flows) -> None:
        """Write a line into the access log for each TLS connection that ends, if the balancer is to do so.

        >>> from eslabon.elbv2.flows.examples import echo
        >>> service = echo("TCP")[0].service("elbv2")
        >>> [balancer] = service.balancers.values()
        >>> flows = service.flows_of(balancer, next(iter(balancer.listeners.values())))  # this does it
        >>> len(flows.observers)
        1
        """

        def ended(flow: Flow) -> None:
            balancer, handshake = flows.balancer, flow.handshake
            if handshake is None or balancer.attributes.get(_ENABLED) != "true":
                return
            self._pending.keep(balancer, balancer.node_in(flow.zone), tlslog.line(flows.listener, flow, handshake))
            if not self._logging:
                self._log()

        flows.observers.append(ended)

    def handshake_failed(self, balancer: LoadBalancer) -> None:
        """Count a client with which there is no TLS session; in which zone, nobody knows. Classic ones have no metrics.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.reports.handshake_failed(shop.balancer)
        >>> shop.cloud.clock.advance(960)
        >>> [metric] = shop.cloud.client("cloudwatch").list_metrics(Namespace="AWS/ApplicationELB")["Metrics"][-1:]
        >>> metric["MetricName"]
        'UnHealthyHostCount'
        """
        if balancer.type in metrics.NAMESPACES:
            self._failed_handshakes[balancer.arn] += 1
            self.count()

    def _log(self) -> None:
        """See that files are written when their five minutes are over."""
        self._logging = True
        clock = self._service.clock
        clock.call_at(accesslog.interval_end(clock.now), self._write, background=True)

    def count(self) -> None:
        """See that metrics are sent when the minute is over: there are requests, or flows.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.reports.count()
        >>> shop.cloud.clock.advance(960)
        >>> listed = shop.cloud.client("cloudwatch").list_metrics(MetricName="HealthyHostCount")["Metrics"]
        >>> [len(metric["Dimensions"]) for metric in listed]
        [3, 3, 2]
        """
        if not self._counting:
            self._counting = True
            clock = self._service.clock
            clock.call_at(_next(clock.now), self._send, background=True)

    def _address(self, outcome: Outcome) -> str:
        group, target = outcome.group, outcome.target
        if group is None or group.type != INSTANCE or target is None:
            return ""
        return self._service.address_of(group, target)

    def _send(self) -> None:
        """The minute is over; as long as targets are checked, the next one reports too how many are healthy."""
        service = self._service
        cloudwatch: Any = service.cloud.service("cloudwatch", region=service.region, account=service.account)
        minute = service.clock.now - metrics.INTERVAL
        for record in self._tally.take():
            cloudwatch.record(*record, at=minute)
        failed, self._failed_handshakes = self._failed_handshakes, Counter()
        for balancer in service.balancers.values():
            times = failed[balancer.arn]
            for record in metrics.records(balancer, "ClientTLSNegotiationErrorCount", 1, times=times) if times else ():
                cloudwatch.record(*record, at=minute)
            flows = [listener.flows for listener in balancer.listeners.values() if listener.flows]
            counted: Counter[Counted] = sum((one.take(service.clock.now) for one in flows), Counter())
            for record in metrics.flow_records(balancer, counted) if flows else ():
                cloudwatch.record(*record, at=minute)
        used = [(balancer, group) for group in service.groups.values() for balancer in service.users(group)]
        for balancer, group in used:
            service.settle(group)
            for record in metrics.host_counts(balancer, group):
                cloudwatch.record(*record, at=minute)
        self._counting = bool(used)
        if used:
            service.clock.call_later(metrics.INTERVAL, self._send, background=True)

    def _write(self) -> None:
        """Five minutes are over: each node's file goes into the bucket; if it may not, the journal has the refusal."""
        self._logging = False
        end = self._service.clock.now
        for balancer, node, content in self._pending.take():
            place = {"account": self._service.account, "region": self._service.region}
            prefix = balancer.attributes.get(_PREFIX, "")
            key = accesslog.file_name(balancer, node, end, self._service.ids.token(8), prefix=prefix, **place)
            try:
                self._put(balancer, balancer.attributes.get(_BUCKET, ""), key, content)
            except ServiceError:
                continue  # what cannot be delivered is lost

    def check_bucket(self, balancer: LoadBalancer, attributes: Mapping[str, str]) -> None:
        """Write the test file into the bucket that these attributes name. Raises NoSuchBucket, AccessDenied.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> Reports(shop.service).check_bucket(shop.balancer, {"access_logs.s3.bucket": "logs-2026"})
        Traceback (most recent call last):
        eslabon.errors.ServiceError: NoSuchBucket: The specified bucket does not exist
        """
        prefix, account = attributes.get(_PREFIX, ""), self._service.account
        key, content = accesslog.permission_file(balancer, self._service.clock.now, account=account, prefix=prefix)
        self._put(balancer, attributes.get(_BUCKET, ""), key, content)

    def _put(self, balancer: LoadBalancer, bucket: str, key: str, content: bytes) -> None:
        service = self._service
        s3: Any = service.cloud.service("s3", region=service.region, account=service.account)
        # Those of Network Load Balancers are delivered by CloudWatch Logs.
        source = f"arn:aws:logs:{service.region}:{service.account}:*" if balancer.type == NETWORK else balancer.arn
        s3.write_for(accesslog.PRINCIPALS[balancer.type], bucket, key, content, source)


def _next(now: float) -> int:
    return (int(now) // metrics.INTERVAL + 1) * metrics.INTERVAL
