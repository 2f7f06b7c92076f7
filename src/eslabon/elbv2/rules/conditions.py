"""A rule's conditions: checked when a rule is made, compiled, explained; leaves out which rule of a listener wins.

Messages that users of AWS have reported are AWS's; the others are ours, in its manner.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.resources import NETWORK
from eslabon.elbv2.rules import wildcards
from eslabon.elbv2.rules.errors import validation_error
from eslabon.elbv2.rules.fields import (
    FIELDS,
    HEADER_NAME,
    HOST_HEADER,
    HTTP_HEADER,
    NEGATED,
    PATH_PATTERN,
    Test,
    family_test,
    value_tests,
    wildcard_count,
)
from eslabon.elbv2.rules.regexes import compile_regex
from eslabon.elbv2.rules.wildcards import Anchor

VALUES_LIMIT = 5
WILDCARDS_LIMIT = 5
REGEX_LENGTH = 128

Json = Mapping[str, Any]


class Checked(NamedTuple):
    """What an explanation says of one condition: itself in words, whether it holds, and why."""

    text: str
    held: bool
    why: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: it holds when one of its tests holds for one of the values that it reads."""

    field: str
    label: str  # the field, and of a header its name
    subject: str
    tests: tuple[Test, ...]
    read: Callable[[Request], Sequence[Any]]
    anchors: tuple[Anchor, ...] | None  # one of them every request has for which the condition holds

    def holds(self, request: Request) -> bool:
        """Whether a request meets the condition.

        >>> condition = compile_condition({"Field": "path-pattern", "Values": ["/img/*"]})
        >>> condition.holds(Request("GET", "/img/")), condition.holds(Request("GET", "/img"))
        (True, False)
        """
        for value in self.read(request):
            for test in self.tests:
                if test.holds(value):
                    return True
        return False

    def explain(self, request: Request) -> Checked:
        """The condition in words, whether it holds for a request, and why.

        >>> condition = compile_condition({"Field": "path-pattern", "Values": ["/img/*"]})
        >>> condition.explain(Request("GET", "/js/a.js"))
        Checked(text='path-pattern: "/img/*"', held=False, why='the path is "/js/a.js", which does not match "/img/*"')
        """
        tests = _or([test.text for test in self.tests])
        text = f"{self.label}: {tests}"
        values = self.read(request)
        for value in values:
            for test in self.tests:
                if test.holds(value):
                    return Checked(text, True, f"{self.subject} is {_shown(value)}, which {test.verb} {test.text}")
        if not values:
            return Checked(text, False, f"the request has no {self.subject.removeprefix('the ')}")
        found = " and ".join(map(_shown, values))
        reason = f"{NEGATED[self.tests[0].verb][len(self.tests) > 1]} {tests}"
        return Checked(text, False, f"{self.subject} is {found}, which {reason}")


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else f'"{value[0]}={value[1]}"'


def _or(texts: Sequence[str]) -> str:
    return ", ".join(texts[:-1]) + " or " + texts[-1] if len(texts) > 1 else texts[0]


def check_conditions(conditions: Sequence[Json], balancer: str = "application") -> list[dict[str, Any]]:
    """Check the conditions of a rule, and return them as DescribeRules shows them.

    `balancer` is the type of the load balancer: a Network Load Balancer's rules know only the family of the source
    address. Raises ServiceError with ValidationError.

    >>> check_conditions([{"Field": "path-pattern", "Values": ["/img/*"]}])
    [{'Field': 'path-pattern', 'Values': ['/img/*'], 'PathPatternConfig': {'Values': ['/img/*']}}]
    >>> check_conditions([{"Values": ["/img/*"]}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: A condition field must be specified
    >>> check_conditions([{"Field": "path-pattern", "PathPatternConfig": {"Values": list("abcdef")}}])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: A rule can only have '5' condition values
    """
    if not conditions:
        raise validation_error("A condition must be specified")
    seen: set[str] = set()
    evaluations = stars = 0
    for condition in conditions:
        _check_members(condition)
        compiled = compile_condition(condition)
        name = compiled.field
        if balancer == NETWORK and not _family(condition):
            raise validation_error("Rules of Network Load Balancers only support 'source-ip' with IpAddressType")
        if balancer != NETWORK and _family(condition):
            raise validation_error("IpAddressType is only supported by rules of Network Load Balancers")
        if name in seen and FIELDS[name].once:
            raise validation_error(f"A rule can only have one '{name}' condition")
        seen.add(name)
        evaluations += len(compiled.tests)
        stars += wildcard_count(name, _parts(condition)[0])
    if evaluations > VALUES_LIMIT:
        raise validation_error(f"A rule can only have '{VALUES_LIMIT}' condition values")
    if stars > WILDCARDS_LIMIT:
        raise validation_error(f"A rule can only have '{WILDCARDS_LIMIT}' condition wildcards")
    return [_complete(condition) for condition in conditions]


def _complete(condition: Json) -> dict[str, Any]:
    """A host or a path is shown in both forms, in whichever it was given."""
    name = condition["Field"]
    field = FIELDS[name]
    if not field.plain:
        return dict(condition)
    values, regexes = _parts(condition)
    given = {"Values": list(values)} if values else {"RegexValues": list(regexes)}
    return {"Field": name, **given, field.config: {key: list(value) for key, value in given.items()}}


def compile_condition(condition: Json) -> Condition:
    """Compile one condition as the API has it or as DescribeRules shows it; checks its values, not its members.

    Raises ServiceError with ValidationError, and NotModelled.

    >>> condition = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Canary", "Values": ["yes"]}}
    >>> compile_condition(condition).holds(Request("GET", "/", (("x-canary", "YES"),)))
    True
    >>> compile_condition({"Field": "path-pattern", "Values": ["/a b"]})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: The path-pattern value '/a b' is not valid: it must contain only ...
    """
    name = condition["Field"]
    field = FIELDS[name]
    family = _family(condition)
    label, subject, read, read_for_regex = name, field.subject, field.read, field.read_for_regex
    if name == HTTP_HEADER:
        header = _header_name(condition)
        label, subject = f"{name} {header}", f'the header "{header}"'
        read = read_for_regex = lambda request: request.header(header)
    if family:
        return Condition(name, label, subject, (family_test(family),), read, None)
    values, regexes = _parts(condition)
    if regexes and read_for_regex:
        return Condition(name, label, subject, tuple(map(_regex_test, regexes)), read_for_regex, None)
    return Condition(name, label, subject, value_tests(name, values), read, _anchors(name, values))


def _check_members(condition: Json) -> None:
    """Which members a condition has depends on its field, and its values stand in one place."""
    name = condition.get("Field")
    if not name:
        raise validation_error("A condition field must be specified")
    if name not in FIELDS:
        raise validation_error(f"Condition field '{name}' must be one of '[{', '.join(FIELDS)}]'")
    field = FIELDS[name]
    other = [member for member in condition if member.endswith("Config") and member != field.config]
    if other:
        raise validation_error(f"You cannot provide '{other[0]}' for a condition of type '{name}'")
    for member, allowed in (("Values", field.plain), ("RegexValues", field.read_for_regex is not None)):
        if condition.get(member) and not allowed:
            raise validation_error(f"You cannot provide {member} for a condition of type '{name}'")
        if condition.get(member) and field.config in condition and name != HTTP_HEADER:
            raise validation_error(
                f"You cannot provide both {member} and '{field.config}' for a condition of type '{name}'"
            )
    kinds = [*filter(None, (*_parts(condition), _family(condition)))]
    if not kinds:
        raise validation_error("A condition value must be specified")
    if len(kinds) > 1:
        raise validation_error(f"You can provide only one kind of values for a condition of type '{name}'")
    if len(condition.get("Values", ())) > 1:
        raise validation_error(f"Values can only have one value; provide several in '{field.config}'")


def _parts(condition: Json) -> tuple[Sequence[Any], Sequence[str]]:
    """Values and regular expressions, wherever they stand."""
    config = condition.get(FIELDS[condition["Field"]].config, {})
    values, regexes = (config.get(member) or condition.get(member, ()) for member in ("Values", "RegexValues"))
    return values, regexes


def _family(condition: Json) -> str | None:
    """The family of addresses that a rule of a Network Load Balancer is for."""
    family: str | None = condition.get("SourceIpConfig", {}).get("IpAddressType")
    return family


def _header_name(condition: Json) -> str:
    name: str = condition.get("HttpHeaderConfig", {}).get("HttpHeaderName") or ""
    if not HEADER_NAME.fullmatch(name):
        raise validation_error(
            f"The HTTP header name '{name}' is not valid: it must be a token of at most 40 characters"
        )
    if name.lower() == "host":
        raise validation_error("You cannot use an 'http-header' condition for the host header; use 'host-header'")
    return name


def _regex_test(regex: str) -> Test:
    pattern = compile_regex(regex, REGEX_LENGTH)
    return Test(f"the regular expression {regex}", lambda text: pattern.search(text) is not None)


def _anchors(name: str, values: Sequence[Any]) -> tuple[Anchor, ...] | None:
    """By which a listener finds the rules that may hold for a host or a path without asking every one."""
    if name not in (HOST_HEADER, PATH_PATTERN):
        return None
    found = [wildcards.anchor(wildcards.fold(value) if FIELDS[name].ignore_case else value) for value in values]
    anchors = tuple(anchor for anchor in found if anchor)
    return anchors if len(anchors) == len(found) else None
