"""What the operations share: where balancers, listeners, rules and target groups are kept and found. No operation.

Messages that users of AWS have reported are AWS's; others are ours, in its manner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from eslabon.elbv2.balancing.health import Reason, why_unused
from eslabon.elbv2.resources import Listener, LoadBalancer, Rule, Target, TargetGroup
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

PAGE = 400
IN_ARNS = {"application": "app", "network": "net", "gateway": "gwy"}

_ARN = r"arn:aws[\w-]*:elasticloadbalancing:[\w-]+:\d{12}:"
_ARNS = {
    "load balancer": re.compile(_ARN + r"loadbalancer/(app|net|gwy)/[\w-]+/\w+"),
    "listener": re.compile(_ARN + r"listener/(app|net|gwy)/[\w-]+/\w+/\w+"),
    "listener rule": re.compile(_ARN + r"listener-rule/(app|net)/[\w-]+/\w+/\w+/\w+"),
    "target group": re.compile(_ARN + r"targetgroup/[\w-]+/\w+"),
    "trust store": re.compile(_ARN + r"truststore/[\w-]+/\w+"),
}
_NAME = re.compile(r"[A-Za-z0-9-]+")

Found = TypeVar("Found")


class Registry(Service):
    """The balancers and target groups of one account and Region."""

    name = "elbv2"
    prefix = "elasticloadbalancing"
    principal = "elasticloadbalancing.amazonaws.com"
    validation_code = "ValidationError"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.balancers: dict[str, LoadBalancer] = {}  # by ARN, oldest first
        self.groups: dict[str, TargetGroup] = {}  # by ARN, oldest first
        self._tags = Tags()

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call another service here, as Elastic Load Balancing does for its own ends.

        >>> from eslabon import Cloud
        >>> Cloud().service("elbv2").ask("sqs", "list_queues")
        {}
        """
        return self.cloud.call(service, operation, parameters, region=self.region, account=self.account)

    # --- What there is ------------------------------------------------------------------------------------------------

    def _balancer(self, arn: str) -> LoadBalancer:
        return find(self.balancers, arn, "load balancer", "LoadBalancerNotFound")

    def _group(self, arn: str) -> TargetGroup:
        return find(self.groups, arn, "target group", "TargetGroupNotFound")

    def _listener(self, arn: str) -> Listener:
        return find({one.arn: one for one in self._listeners()}, arn, "listener", "ListenerNotFound")

    def _rule(self, arn: str) -> tuple[Listener, Rule]:
        held = {rule.arn: (one, rule) for one in self._listeners() for rule in (*one.rules.values(), one.default)}
        return find(held, arn, "listener rule", "RuleNotFound")

    def _listeners(self) -> Iterator[Listener]:
        return (listener for balancer in self.balancers.values() for listener in balancer.listeners.values())

    def users(self, group: TargetGroup) -> list[LoadBalancer]:
        """The balancers that have a rule, a default one too, which forwards to a target group.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> [balancer.name for balancer in shop.service.users(shop.group)]
        ['shop']
        """
        return [one for one in self.balancers.values() if group.arn in forwarded_to(one)]

    # --- Whether targets are used -------------------------------------------------------------------------------------

    def settle(self, group: TargetGroup) -> None:
        """Bring the health of a group's targets up to date with who uses it, and forget those that have drained.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.settle(shop.group)
        >>> [target.health.state for target in shop.group.targets.values()]
        ['initial']
        """
        now = self.clock.now
        for key, target in list(group.targets.items()):
            state = target.health.at(now)
            if target.deregistered is not None:
                if state != "draining":
                    del group.targets[key]
                continue
            why = self._why_unused(group, target)
            if why.code:
                target.health.unuse(now, why)
            elif state == "unused":
                target.health.use(now)
        self.check_health(group)

    def _settle_all(self) -> None:
        for group in self.groups.values():
            self.settle(group)

    def check_health(self, group: TargetGroup) -> None:
        """See that health checks run while the targets of a group are used; nothing does here.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.check_health(shop.group)
        """

    def _why_unused(self, group: TargetGroup, target: Target) -> Reason:
        users = self.users(group)
        zones = {node.zone for balancer in users for node in balancer.nodes}
        taken = {node.address for balancer in self.balancers.values() for node in balancer.nodes}
        return why_unused(
            used=bool(users),
            zone_enabled=target.zone in (None, "all", *zones),
            instance=self._instance_state(group, target),
            ip_usable=target.id not in taken,
        )

    def _instance_state(self, group: TargetGroup, target: Target) -> str:
        """The state of the instance that a target is; targets that are none are as good as running."""
        return "running"

    # --- Tags, pages --------------------------------------------------------------------------------------------------

    def _check_tags(self, given: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
        """Tags by key. Raises DuplicateTagKeys, ValidationError, TooManyTags."""
        tags = {tag["Key"]: tag.get("Value", "") for tag in given or ()}
        if len(tags) < len(given or ()):
            raise ServiceError("DuplicateTagKeys", "Tag keys must be unique")
        self._put_tags("", tags)
        self._tags.remove("")
        return tags

    def _put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        try:
            self._tags.put(arn, tags)
        except ReservedTag as reserved:
            raise validation_error(
                f"Tag key '{reserved}' is not valid: keys that begin with 'aws:' are reserved"
            ) from None
        except TooManyTags:
            raise ServiceError("TooManyTags", "The maximum number of tags for a resource is 50") from None

    def _page(
        self, items: Sequence[Found], size: int, marker: str | None, *key: object
    ) -> tuple[list[Found], str | None]:
        try:
            return page(items, size, marker, ":".join(map(str, key)))
        except InvalidToken:
            raise validation_error(f"Marker '{marker}' is not valid") from None

    def _short_id(self) -> str:
        return self.ids.hex(16)


def find(held: Mapping[str, Found], arn: str, kind: str, code: str) -> Found:
    """What is held under an ARN; ServiceError: ValidationError for no ARN of this kind, else the code.

    >>> find({}, "shop", "trust store", "TrustStoreNotFound")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: 'shop' is not a valid trust store ARN
    >>> arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/partners/0123456789abcdef"
    >>> find({}, arn, "trust store", "TrustStoreNotFound")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: TrustStoreNotFound: One or more trust stores not found
    >>> find({arn: 1}, arn, "trust store", "TrustStoreNotFound")
    1
    """
    if arn in held:
        return held[arn]
    if not _ARNS[kind].fullmatch(arn):
        raise validation_error(f"'{arn}' is not a valid {kind} ARN")
    raise ServiceError(code, f"One or more {kind.removeprefix('listener ')}s not found")


def forward_groups(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ARNs of the target groups that actions forward to, in order, each once.

    >>> forward_groups([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "…/a"}]}}])
    ['…/a']
    >>> forward_groups([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    []
    """
    found: dict[str, None] = {}
    for action in actions:
        if action.get("TargetGroupArn"):
            found[action["TargetGroupArn"]] = None
        for one in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            found[one["TargetGroupArn"]] = None
    return list(found)


def forwarded_to(balancer: LoadBalancer) -> set[str]:
    """The ARNs of the target groups that any rule of a balancer forwards to.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> forwarded_to(shop.balancer) == {shop.group.arn}
    True
    """
    rules = [rule for one in balancer.listeners.values() for rule in (one.default, *one.rules.values())]
    return {arn for rule in rules for arn in forward_groups(rule.actions)}


def check_name(name: str, kind: str) -> None:
    """Refuse a name of a balancer ("The load balancer name") or of a target group that AWS does not take.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html

    >>> check_name("shop", "Target group name")
    >>> check_name("shop-", "Target group name")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: Target group name 'shop-' cannot begin or end with a hyphen(-)
    """
    if not name:
        raise validation_error(f"{kind} cannot be empty")
    if len(name) > 32:
        raise validation_error(f"{kind} '{name}' cannot be longer than '32' characters")
    if not _NAME.fullmatch(name):
        raise validation_error(
            f"{kind} '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        )
    if name[0] == "-" or name[-1] == "-":
        raise validation_error(f"{kind} '{name}' cannot begin or end with a hyphen(-)")
