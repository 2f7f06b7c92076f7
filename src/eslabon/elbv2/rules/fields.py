"""What a condition may look at: the six fields, what their values may hold, how they compare; leaves out whole rules.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.rules import wildcards
from eslabon.elbv2.rules.errors import validation_error

HTTP_HEADER, QUERY_STRING, SOURCE_IP = "http-header", "query-string", "source-ip"
HOST_HEADER, PATH_PATTERN = "host-header", "path-pattern"


class Test(NamedTuple):
    """One match evaluation: how a person reads it, and whether something of a request meets it."""

    text: str
    holds: Callable[[Any], bool]
    verb: str = "matches"


NEGATED = {
    "matches": ("does not match", "matches none of"),
    "is": ("is not", "is none of"),
    "is in": ("is not in", "is in none of"),
}
"""A test's verb when it does not hold: of one test, of several."""


@dataclass(frozen=True)
class Field:
    """One kind of condition; `allowed` is what a value may hold, `rule` says it in words."""

    config: str
    subject: str
    read: Callable[[Request], Sequence[Any]]
    allowed: re.Pattern[str]
    rule: str
    length: int = 128
    wildcards: bool = True
    ignore_case: bool = True
    once: bool = True
    plain: bool = False  # the value may stand in Values of the condition itself
    read_for_regex: Callable[[Request], Sequence[str]] | None = None  # None: no regular expressions


def _host(request: Request) -> Sequence[str]:
    host = request.host
    return (host,) if host else ()


def _authority(request: Request) -> Sequence[str]:
    authority = request.authority
    return (authority,) if authority else ()


def _path(request: Request) -> Sequence[str]:
    return (request.path,)


@lru_cache(maxsize=1024)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text)


_VISIBLE = "must contain only visible ASCII characters and spaces"
FIELDS = {
    HOST_HEADER: Field(
        "HostHeaderConfig",
        "the host",
        _host,
        re.compile(r"[A-Za-z0-9_.*?-]*\.[A-Za-z]*"),
        "must contain only A-Z, a-z, 0-9, '-', '_', '.', '*' and '?', at least one '.', and letters after the last '.'",
        plain=True,
        read_for_regex=_authority,
    ),
    PATH_PATTERN: Field(
        "PathPatternConfig",
        "the path",
        _path,
        re.compile(r"""[A-Za-z0-9_.$/~"'@:+&*?-]*"""),
        "must contain only A-Z, a-z, 0-9, '*', '?' and the characters _-.$/~\"'@:+&",
        ignore_case=False,
        plain=True,
        read_for_regex=_path,
    ),
    "http-request-method": Field(
        "HttpRequestMethodConfig",
        "the method",
        lambda request: (request.method,),
        re.compile(r"[A-Z_-]*"),
        "must contain only A-Z, '-' and '_'",
        length=40,
        wildcards=False,
        ignore_case=False,
    ),
    HTTP_HEADER: Field(
        "HttpHeaderConfig",
        "the header",
        lambda request: (),
        re.compile(r"[ -~]*"),
        _VISIBLE,
        once=False,
        read_for_regex=lambda request: (),
    ),
    QUERY_STRING: Field(
        "QueryStringConfig",
        "the query string",
        lambda request: request.query,
        re.compile(r"[ -~]*"),
        _VISIBLE,
        once=False,
    ),
    SOURCE_IP: Field(
        "SourceIpConfig",
        "the client's address",
        lambda request: (request.client,),
        re.compile(r"[0-9A-Fa-f:./]*"),
        "must be an IPv4 or IPv6 address range in CIDR format",
        wildcards=False,
    ),
}
"""Names as the API has them; a header's readers are made for its name."""

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")
"""A token of RFC 7230, of at most 40 characters."""


def value_tests(name: str, values: Sequence[Any]) -> tuple[Test, ...]:
    """Check and compile the values of one condition of the field `name`.

    A query string's values are mappings with Value and perhaps Key, all others texts. Raises ServiceError.

    >>> [test.holds("/img/cat.png") for test in value_tests("path-pattern", ["/img/*", "/js/*"])]
    [True, False]
    >>> value_tests("source-ip", ["192.0.2.0/24"])[0].holds("192.0.2.7")
    True
    >>> value_tests("http-request-method", ["get"])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: The http-request-method value 'get' is not valid: it must contain ...
    """
    if name == QUERY_STRING:
        return tuple(_pair_test(pair) for pair in values)
    return tuple(_value_test(name, value) for value in values)


def _value_test(name: str, value: str) -> Test:
    _check(name, value)
    if name == SOURCE_IP:
        return _cidr_test(value)
    field = FIELDS[name]
    if not field.wildcards:
        return Test(f'"{value}"', value.__eq__, "is")
    return Test(f'"{value}"', wildcards.matcher(value, ignore_case=field.ignore_case))


def _pair_test(pair: Mapping[str, str]) -> Test:
    key, value = pair.get("Key"), pair.get("Value")
    for text in (key, value):
        if text is not None:
            _check(QUERY_STRING, text)
    if not value:
        raise validation_error("A condition value must be specified")
    value_matches = wildcards.matcher(value, ignore_case=True, escapes=True)
    if not key:
        return Test(f'any key with "{value}"', lambda found: value_matches(found[1]))
    key_matches = wildcards.matcher(key, ignore_case=True, escapes=True)
    return Test(f'"{key}={value}"', lambda found: key_matches(found[0]) and value_matches(found[1]))


def _cidr_test(value: str) -> Test:
    try:
        if "/" not in value or value == "255.255.255.255/32":
            raise ValueError
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise _not_valid(SOURCE_IP, value) from None
    return Test(value, lambda client: _address(client) in network, "is in")


def family_test(family: str) -> Test:
    """The condition of a Network Load Balancer's rule: clients that come over `ipv4`, or over `ipv6`.

    >>> family_test("ipv6").holds("2001:db8::1"), family_test("ipv4").holds("2001:db8::1")
    (True, False)
    """
    version = int(family.removeprefix("ipv"))
    return Test(f"an {family} address", lambda client: _address(client).version == version, "is")


def wildcard_count(name: str, values: Sequence[Any]) -> int:
    """How many wildcards the values of one condition have.

    >>> wildcard_count("host-header", ["*.example.com", "w??.example.com"])
    3
    >>> wildcard_count("query-string", [{"Key": "q", "Value": "what\\\\?"}])
    0
    """
    if name == QUERY_STRING:
        return sum(wildcards.count(text, escapes=True) for pair in values for text in pair.values())
    return sum(map(wildcards.count, values)) if FIELDS[name].wildcards else 0


def _check(name: str, value: str) -> None:
    field = FIELDS[name]
    if not value:
        raise validation_error("A condition value must be specified")
    if len(value) > field.length:
        raise validation_error(f"The {name} value '{value}' is too long; the limit is '{field.length}' characters")
    if not field.allowed.fullmatch(value):
        raise _not_valid(name, value)


def _not_valid(name: str, value: str) -> Exception:
    return validation_error(f"The {name} value '{value}' is not valid: it {FIELDS[name].rule}")
