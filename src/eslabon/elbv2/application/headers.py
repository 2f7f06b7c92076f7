"""The headers that a balancer changes, of requests on their way to targets and of responses on their way back.

What a client's certificate says comes from the server that has seen it. HTTP/2 is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from email.utils import formatdate
from functools import lru_cache

from eslabon.elbv2.application.messages import Headers, Pairs, Request

Attributes = Mapping[str, str]

SERVER = "awselb/2.0"
LARGEST_TRACED = 7 * 1024  # bytes of headers; beyond it the trace begins anew
DEFAULT_PORTS = {"http": 80, "https": 443}
HOP_BY_HOP = frozenset(  # RFC 9110, section 7.6.1: for the next server alone
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_REPLACED = frozenset({"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id", "host"})
_ENDING_HERE = _REPLACED | HOP_BY_HOP
_VALID_NAME = re.compile(r"[A-Za-z0-9-]+")
_USUAL = frozenset({"keep-alive", "close", "upgrade"})  # what Connection mostly says
_RESPONSE, _VALUE = "routing.http.response.", ".header_value"
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\n[\t -~\x80-\xff]*")  # RFC 9110, section 5.5


def for_target(
    request: Request,
    attributes: Attributes,
    *,
    added: Mapping[str, str] | None = None,
    listener: Attributes | None = None,
    function: bool = False,
) -> Headers:
    """The headers of a request as the target gets them, without the X-Amzn-Trace-Id.

    attributes, listener: of the balancer and of the listener. added: headers about TLS and the client's certificate by
    their usual names. function: whether a Lambda function gets them: then those for the next server alone are still
    among them.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html

    >>> sent = (("Host", "example.com"), ("Accept", "*/*"), ("Connection", "close"))
    >>> for name, value in for_target(Request("GET", "/", sent, port=8080), {}):
    ...     print(f"{name}: {value}")
    X-Forwarded-For: 203.0.113.7
    X-Forwarded-Proto: http
    X-Forwarded-Port: 8080
    Host: example.com:8080
    Accept: */*
    """
    host = host_for_target(request, attributes)
    made = (
        *_forwarded_for(request, attributes),
        ("X-Forwarded-Proto", request.scheme),
        ("X-Forwarded-Port", str(request.port)),
        *((("Host", host),) if host else ()),
    )
    passed_on = request.fields.once(_not_replaced if function else _not_ending_here)
    if added:
        renamed = {(listener or {}).get(_name_attribute(name)) or name: value for name, value in added.items()}
        made += tuple(renamed.items())
        passed_on = _without(passed_on, {name.lower() for name in renamed})
    if attributes.get("routing.http.drop_invalid_header_fields.enabled") == "true":
        return _valid(made + passed_on)
    return Headers(made + passed_on)


def _without(headers: Headers, names: Collection[str]) -> Headers:
    """The headers but these, which are in small letters."""
    return Headers([pair for pair in headers if pair[0].lower() not in names])


def _not_replaced(headers: Headers) -> Headers:
    return _without(headers, _REPLACED)


def _not_ending_here(headers: Headers) -> Headers:
    return _without(headers, _hop_by_hop(headers.by_name.get("connection", ()), _ENDING_HERE))


def _valid(headers: Pairs) -> Headers:
    return Headers([pair for pair in headers if _VALID_NAME.fullmatch(pair[0])])


def _name_attribute(name: str) -> str:
    return f"routing.http.request.{name.lower().replace('-', '_')}.header_name"


def _forwarded_for(request: Request, attributes: Attributes) -> Pairs:
    mode = attributes.get("routing.http.xff_header_processing.mode", "append")
    values = request.fields.by_name.get("x-forwarded-for", ())
    if mode == "remove":
        return ()
    if mode == "preserve":
        return tuple(("X-Forwarded-For", value) for value in values)
    client = request.client
    if attributes.get("routing.http.xff_client_port.enabled") == "true":
        client = f"[{client}]:{request.client_port}" if ":" in client else f"{client}:{request.client_port}"
    return (("X-Forwarded-For", ", ".join([*values, client])),)


def forwarded_addresses(headers: Headers) -> int:
    """How many addresses the X-Forwarded-For headers of a request have.

    >>> forwarded_addresses(Headers((("X-Forwarded-For", "192.0.2.1, 192.0.2.2"),))), forwarded_addresses(Headers())
    (2, 0)
    """
    return sum(len(value.split(",")) for value in headers.by_name.get("x-forwarded-for", ()))


def host_for_target(request: Request, attributes: Attributes) -> str:
    """The Host header that the target gets: with the listener's port, unless that is usual or the header is preserved.

    https://repost.aws/questions/QUbdKVqaj4TKSZJdPWPZG1Ow

    >>> request = Request("GET", "/", (("Host", "www.example.com"),), scheme="https", port=8443)
    >>> host_for_target(request, {})
    'www.example.com:8443'
    >>> host_for_target(request, {"routing.http.preserve_host_header.enabled": "true"})
    'www.example.com'
    """
    host = request.authority
    if not host or DEFAULT_PORTS.get(request.scheme) == request.port:
        return host
    preserved = attributes.get("routing.http.preserve_host_header.enabled") == "true"
    return host if preserved or host != request.host else f"{host}:{request.port}"


def trace_header(request: Request, new: str) -> str:
    """The X-Amzn-Trace-Id of a request on its way to a target; new: what the balancer would make, "1-time-id".

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html

    >>> trace_header(Request("GET", "/"), "1-67891233-abcdef012345678912345678")
    'Root=1-67891233-abcdef012345678912345678'
    >>> sent = (("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678;CalledFrom=app"),)
    >>> trace_header(Request("GET", "/", sent), "1-67891234-12456789abcdef012345678a")
    'Self=1-67891234-12456789abcdef012345678a;Root=1-67891233-abcdef012345678912345678;CalledFrom=app'
    """
    values = request.fields.by_name.get("x-amzn-trace-id")
    if not values:
        return f"Root={new}"
    fields = [field for field in values[-1].split(";") if field]
    if not fields or request.fields.size > LARGEST_TRACED:
        return f"Root={new}"
    kept = [field for field in fields if not field.startswith("Self=")]
    has_root = any(field.startswith("Root=") for field in kept)
    return ";".join([f"Self={new}" if has_root else f"Root={new}", *kept])


def new_trace(now: float, identifier: str) -> str:
    """A trace's version, time and identifier; now: seconds since 1970, identifier: 24 hexadecimal digits.

    >>> new_trace(1737036339, "abcdef012345678912345678")
    '1-67891233-abcdef012345678912345678'
    """
    return f"1-{int(now):08x}-{identifier}"


def without_hop_by_hop(headers: Headers) -> Headers:
    """The headers that are not for the next server alone; those that Connection names are.

    >>> without_hop_by_hop(Headers((("Connection", "close, X-Item"), ("X-Item", "1"), ("Accept", "*/*"))))
    (('Accept', '*/*'),)
    """
    return _without(headers, _hop_by_hop(headers.by_name.get("connection", ())))


def _hop_by_hop(connection: Iterable[str], names: frozenset[str] = HOP_BY_HOP) -> frozenset[str]:
    """These names, of headers that are for the next server alone, and those that Connection adds."""
    for value in connection:
        if value.lower() not in _USUAL:
            names = names.union(part.strip().lower() for part in value.split(","))
    return names


def is_header(name: str, value: str) -> bool:
    """Whether this can be a header of an answer: what has a line end in it would be two.

    >>> is_header("X-Item", "1"), is_header("X-Item", "1\\r\\nX-Other: 2"), is_header("X Item", "1")
    (True, False, False)
    """
    return _HEADER.fullmatch(f"{name}\n{value}") is not None


@lru_cache(maxsize=4)
def date(second: int) -> str:
    """A time in seconds since 1970 as the Date header has it.

    >>> date(0)
    'Thu, 01 Jan 1970 00:00:00 GMT'
    """
    return formatdate(second, usegmt=True)


def set_by(listener: Attributes) -> dict[str, str]:
    """The headers that a listener gives every response, by name.

    >>> set_by({"routing.http.response.x_frame_options.header_value": "DENY"}), set_by({})
    ({'X-Frame-Options': 'DENY'}, {})
    """
    return {
        key[len(_RESPONSE) : -len(_VALUE)].replace("_", "-").title(): value
        for key, value in listener.items()
        if value and key.endswith(_VALUE) and key.startswith(_RESPONSE)
    }


def for_client(headers: Headers, configured: Attributes, now: float, cookies: Collection[str] = ()) -> Headers:
    """The headers of a target's response as the client gets them: with those that the listener sets, and cookies.

    configured: as `set_by` gives them.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html

    >>> headers = Headers((("X-Frame-Options", "SAMEORIGIN"), ("Connection", "close")))
    >>> for_client(headers, {"X-Frame-Options": "DENY"}, now=0)
    (('Date', 'Thu, 01 Jan 1970 00:00:00 GMT'), ('X-Frame-Options', 'DENY'))
    """
    kept = headers.once(without_hop_by_hop)
    if "date" not in kept.by_name:
        kept = Headers((("Date", date(int(now))), *kept))
    if configured:
        kept = Headers((*_without(kept, {name.lower() for name in configured}), *configured.items()))
    return Headers((*kept, *[("Set-Cookie", cookie) for cookie in cookies])) if cookies else kept
