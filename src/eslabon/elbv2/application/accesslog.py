"""Access logs: the line for each request through an Application Load Balancer; files, the test file in the bucket.

Left out: connection logs, health check logs, and fields of a line that AWS has not described when this was written.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from eslabon.elbv2.application.answers import CAUSES
from eslabon.elbv2.application.outcome import Outcome
from eslabon.elbv2.resources import APPLICATION, LAMBDA, NETWORK, LoadBalancer, Node

INTERVAL = 300  # seconds: each node writes a file every five minutes
# Whom the bucket's policy must let in, by type of balancer.
PRINCIPALS = {APPLICATION: "logdelivery.elasticloadbalancing.amazonaws.com", NETWORK: "delivery.logs.amazonaws.com"}
LONGEST_USER_AGENT = 8192
_ESCAPES = {'"': '\\"', "\\": "\\\\"}
BATCH = 100  # requests whose lines are written one after the other: half the work of as many lines at their own times
LARGE = 64 * 1024  # bytes of a request that is not kept waiting for others
_NEVER_SENT = ("refused", "connection time-out", "handshake")  # causes: no request went to the target
# Transform: what the line says when it made something that cannot be sent.
_TRANSFORM_FAILURES = {"host-header-rewrite": "TransformInvalidHost", "url-rewrite": "TransformInvalidPath"}

# The fields of a line in order, and whether they stand between quotation marks.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-syntax
FIELDS: Mapping[str, bool] = {
    **dict.fromkeys(("type", "time", "elb", "client:port", "target:port"), False),
    **dict.fromkeys(("request_processing_time", "target_processing_time", "response_processing_time"), False),
    **dict.fromkeys(("elb_status_code", "target_status_code", "received_bytes", "sent_bytes"), False),
    **dict.fromkeys(("request", "user_agent"), True),
    **dict.fromkeys(("ssl_cipher", "ssl_protocol", "target_group_arn"), False),
    **dict.fromkeys(("trace_id", "domain_name", "chosen_cert_arn"), True),
    **dict.fromkeys(("matched_rule_priority", "request_creation_time"), False),
    **dict.fromkeys(("actions_executed", "redirect_url", "error_reason"), True),
    **dict.fromkeys(("target:port_list", "target_status_code_list", "classification", "classification_reason"), True),
    "conn_trace_id": False,
    **dict.fromkeys(("transformed_host", "transformed_uri", "request_transform_status"), True),
    "ip_address": False,  # of the node
}
# Those that differ between requests that are alike otherwise.
_VARYING = (
    *("time", "request_processing_time", "target_processing_time", "response_processing_time"),
    *("received_bytes", "sent_bytes", "request", "trace_id", "request_creation_time"),  # of the request: its URL
)


def fields(outcome: Outcome, address: str = "") -> dict[str, str]:
    """What the line of a request says, by field; what there is not is "-".

    address: of the target, when it is registered as an instance.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html

    >>> from eslabon.elbv2.application.examples import balancer, request
    >>> from eslabon.elbv2.application.messages import Response
    >>> shop, exchanges = balancer()
    >>> forward = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/cart"), now=0.0)
    >>> answer = exchanges.finish(forward, Response(200), now=0.25)
    >>> exchanges.end(answer, now=0.25)
    >>> found = fields(answer.outcome)
    >>> found["request"], found["target:port"], found["target_processing_time"], found["matched_rule_priority"]
    ('GET http://shop.example.com:80/cart HTTP/1.1', '172.31.0.10:80', '0.250', '0')
    >>> failed = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/", method="TRACE"), now=0.0)
    >>> fields(failed.outcome)["target_processing_time"], fields(failed.outcome)["actions_executed"]
    ('-1', '-')
    """
    constant = _constant(outcome, address)
    found = dict(zip(_VARYING, _varying(outcome), strict=True))
    before, after = _around_url(outcome)
    found["request"] = before + found["request"] + after
    return {name: found.get(name) or constant[name] or "-" for name in FIELDS}


def _varying(outcome: Outcome) -> tuple[str, ...]:
    """What _VARYING are, in their order: no two requests have them in common."""
    received, ended, sent, answered = outcome.received, outcome.ended, outcome.sent, outcome.answered
    if outcome.cause:
        sent, answered = _until(outcome)
    return (
        _time(received if ended is None else ended),
        _between(received, sent),
        _between(sent, answered),
        _between(answered, ended if outcome.started is None else outcome.started),
        str(outcome.received_bytes),
        str(outcome.sent_bytes),
        outcome.request.url,
        outcome.trace,
        _time(received),
    )


def _around_url(outcome: Outcome) -> tuple[str, str]:
    """What stands before and after the URL in the field that has the request."""
    request = outcome.request
    host = request.host or outcome.balancer.dns_name
    return f"{request.method} {request.scheme}://{host}:{request.port}", f" {request.version}"


def _constant(outcome: Outcome, address: str) -> dict[str, str]:
    """The other fields, "" where there is nothing to say."""
    request, rule, group, target, node = outcome.request, outcome.rule, outcome.group, outcome.target, outcome.node
    where = ""
    if target is not None and group is not None and group.type != LAMBDA:
        where = f"{address or target.id}:{target.port or group.port}"
    version, cipher = outcome.tls or ("", "")
    tier, why = outcome.classification if outcome.classification.reason else ("", "")
    host, uri, transformed = _transforms(outcome)
    agent = request.header("user-agent")
    return {
        "type": request.scheme.replace("http", "ws") if outcome.status == 101 else request.scheme,
        "elb": _id(outcome.balancer),
        "client:port": f"{request.client}:{request.client_port}",
        "target:port": where,
        "elb_status_code": str(outcome.status),
        "target_status_code": str(outcome.target_status or ""),
        "user_agent": agent[0][:LONGEST_USER_AGENT] if agent else "",
        "ssl_cipher": cipher,
        "ssl_protocol": version,
        "target_group_arn": group.arn if group else "",
        "domain_name": request.server_name or "",
        "chosen_cert_arn": outcome.certificate or "",
        "matched_rule_priority": str(rule.priority or 0) if rule else "",
        "actions_executed": outcome.action,
        "redirect_url": outcome.redirect,
        "error_reason": CAUSES[outcome.cause].error_reason if outcome.cause else "",
        "target:port_list": where,
        "target_status_code_list": str(outcome.target_status or ""),
        "classification": tier,
        "classification_reason": why,
        "conn_trace_id": _connection(node.address, request.port, request.client, request.client_port),
        "transformed_host": host,
        "transformed_uri": uri,
        "request_transform_status": transformed,
        "ip_address": node.public or node.address,
    }


def line(outcome: Outcome, address: str = "") -> str:
    r"""The line of a request, without its end.

    >>> from eslabon.elbv2.application.examples import balancer, request
    >>> shop, exchanges = balancer()
    >>> asked = request("/", ("User-Agent", 'a "quoted" name'), method="TRACE")
    >>> answer = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], asked, now=1767225600.25)
    >>> line(answer.outcome)[:76]
    'http 2026-01-01T00:00:00.250000Z shop 203.0.113.7:50000 - -1 -1 -1 405 - 73 '
    >>> "\"a \\\"quoted\\\" name\"" in line(answer.outcome)
    True
    """
    kept = outcome.kind.kept
    template: str | None = kept.get(line)
    if template is None:
        template = kept[line] = _template(outcome, address)
    varying = _varying(outcome)
    asked = outcome.request.target + outcome.trace  # what the client has written of it
    if _escaped(asked) is not asked:
        varying = tuple(map(_escaped, varying))
    return template % varying


def _template(outcome: Outcome, address: str) -> str:
    """The line of requests of this kind, with %s where they differ."""
    constant = _constant(outcome, address)
    values = {name: _escaped(value).replace("%", "%%") or "-" for name, value in constant.items()}
    values["request"] = "%s".join([_escaped(part).replace("%", "%%") for part in _around_url(outcome)])
    fields = [(values.get(name, "%s"), quoted) for name, quoted in FIELDS.items()]
    return " ".join([f'"{value}"' if quoted else value for value, quoted in fields])


def file_name(
    balancer: LoadBalancer, node: Node, end: float, random: str, *, account: str, region: str, prefix: str = ""
) -> str:
    """The key of a log file, in a folder for the day; a Network Load Balancer's does not name its node.

    end: of its five minutes, seconds since 1970. random: some letters and digits. prefix: access_logs.s3.prefix.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-file-format
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html#access-log-file-format

    >>> from eslabon.elbv2.application.examples import balancer
    >>> shop, _ = balancer()
    >>> shop.arn = "arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/app/shop/1234567890abcdef"
    >>> place = {"account": "123456789012", "region": "us-east-2", "prefix": "shop"}
    >>> file_name(shop, shop.nodes[0], 1767225900, "20sg8hgm", **place)[:75]
    'shop/AWSLogs/123456789012/elasticloadbalancing/us-east-2/2026/01/01/1234567'
    >>> file_name(shop, shop.nodes[0], 1767225900, "20sg8hgm", **place)[95:]
    'ancing_us-east-2_app.shop.1234567890abcdef_20260101T0005Z_172.31.0.5_20sg8hgm.log.gz'
    """
    when = datetime.fromtimestamp(end, UTC)
    address = "" if balancer.type == NETWORK else f"{node.public or node.address}_"
    of = f"{account}_elasticloadbalancing_{region}_{_id(balancer).replace('/', '.')}"
    name = f"{of}_{when:%Y%m%dT%H%MZ}_{address}{random}.log.gz"
    return f"{_folder(prefix, account)}/elasticloadbalancing/{region}/{when:%Y/%m/%d}/{name}"


def permission_file(balancer: LoadBalancer, now: float, *, account: str, prefix: str = "") -> tuple[str, bytes]:
    """The key and the content of what is written into the bucket when access logs are enabled, to see whether it can.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html#verify-bucket-permissions

    >>> from eslabon.elbv2.application.examples import balancer
    >>> permission_file(balancer()[0], 1767225600.0, account="123456789012")
    ('AWSLogs/123456789012/ELBAccessLogTestFile', b'Enable AccessLog for ELB: shop at 2026-01-01T00:00:00.000Z')
    """
    when = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = f"Enable AccessLog for ELB: {balancer.name} at {when}"
    return f"{_folder(prefix, account)}/ELBAccessLogTestFile", content.encode()


def interval_end(now: float) -> int:
    """When the five minutes end that a time is in.

    >>> interval_end(1767225601), interval_end(1767225900)
    (1767225900, 1767226200)
    """
    return (int(now) // INTERVAL + 1) * INTERVAL


class Pending:
    """The lines of five minutes, by balancer and node, until they are written.

    >>> from eslabon.elbv2.application.examples import balancer, request
    >>> shop, exchanges = balancer()
    >>> answer = exchanges.begin(shop, shop.listeners["listener"], shop.nodes[0], request("/", method="TRACE"), now=0.0)
    >>> pending = Pending()
    >>> pending.add(answer.outcome)
    >>> [(of.name, node.zone, gzip.decompress(content).count(b"\\n")) for of, node, content in pending.take()]
    [('shop', 'us-east-1a', 1)]
    """

    def __init__(self) -> None:
        self._ended: list[tuple[Outcome, str]] = []  # requests whose lines are still to be written
        self._lines: dict[tuple[str, str], tuple[LoadBalancer, Node, list[str]]] = {}

    def add(self, outcome: Outcome, address: str = "") -> None:
        """Keep the line of a request that has ended; address: as `fields` takes it.

        >>> from eslabon.elbv2.application.examples import balancer, request
        >>> shop, exchanges = balancer()
        >>> place = (shop, shop.listeners["listener"], shop.nodes[0])
        >>> pending = Pending()
        >>> for _ in range(2):
        ...     pending.add(exchanges.begin(*place, request("/", method="TRACE"), now=0.0).outcome)
        >>> len(list(pending.take()))
        1
        """
        self._ended.append((outcome, address))
        if len(self._ended) >= BATCH or outcome.received_bytes > LARGE:
            self._write()

    def _write(self) -> None:
        ended, self._ended = self._ended, []
        for outcome, address in ended:
            self.keep(outcome.balancer, outcome.node, line(outcome, address))

    def keep(self, balancer: LoadBalancer, node: Node, text: str) -> None:
        """Keep a line that is written already.

        >>> from eslabon.elbv2.application.examples import balancer
        >>> shop, _ = balancer()
        >>> pending = Pending(); pending.keep(shop, shop.nodes[0], "tls 2.0")
        >>> [gzip.decompress(content) for _, _, content in pending.take()]
        [b'tls 2.0\\n']
        """
        self._lines.setdefault((balancer.arn, node.zone), (balancer, node, []))[2].append(text)

    def take(self) -> Iterator[tuple[LoadBalancer, Node, bytes]]:
        """The files, compressed; their lines are forgotten.

        >>> list(Pending().take())
        []
        """
        self._write()
        pending, self._lines = self._lines, {}
        for balancer, node, lines in pending.values():
            yield balancer, node, gzip.compress("".join(f"{one}\n" for one in lines).encode(), mtime=0)


def _id(balancer: LoadBalancer) -> str:
    """app/shop/50dc6c495c0c9188: the resource id of a balancer."""
    return balancer.arn.rpartition(":loadbalancer/")[2]


def _folder(prefix: str, account: str) -> str:
    return f"{prefix}/AWSLogs/{account}" if prefix else f"AWSLogs/{account}"


def _time(seconds: float) -> str:
    whole, micros = divmod(int(seconds * 1_000_000 + 0.5), 1_000_000)
    return f"{_second(whole)}.{micros:06d}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _until(outcome: Outcome) -> tuple[float | None, float | None]:
    """When the request went to the target, and when the answer began; None: it came not to that."""
    sent = None if outcome.cause in _NEVER_SENT else outcome.sent
    answered = outcome.answered
    if answered is None and outcome.cause and CAUSES[outcome.cause].error_reason:
        answered = outcome.ended  # a function has answered, though with nothing that could go to the client
    return sent, answered


def _between(before: float | None, after: float | None) -> str:
    """Seconds from one to the other; -1: there was not both."""
    return "-1" if before is None or after is None else f"{after - before:.3f}"


@lru_cache(maxsize=1024)
def _connection(node: str, port: int, client: str, client_port: int) -> str:
    """The same for all requests of a connection, which its two ends tell from others."""
    return f"TID_{hashlib.sha256(f'{node}:{port}-{client}:{client_port}'.encode()).hexdigest()[:32]}"


def _transforms(outcome: Outcome) -> tuple[str, str, str]:
    """Host and URI as the transforms made them, if they are other ones, and what came of the transforms."""
    kinds = [transform["Type"] for transform in outcome.rule.transforms] if outcome.rule else []
    if not kinds or not outcome.action:
        return "", "", ""
    if outcome.cause == "transform failed" or outcome.forwarded is None:
        return "", "", _TRANSFORM_FAILURES[kinds[-1]]
    before, after = outcome.request, outcome.forwarded
    host = after.host if after.host != before.host else ""
    return host, after.url if after.url != before.url else "", "TransformSuccess"


def _escaped(value: str) -> str:
    """A field ends at a quotation mark, and a line at its end: neither may stand inside as it is."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return value
    return "".join([_ESCAPES.get(one) or (one if one.isprintable() else f"\\x{ord(one):02x}") for one in value])
